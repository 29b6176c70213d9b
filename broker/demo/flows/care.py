"""Flows: care: a block stands in the way of another unit, and opens in an emergency that somebody then reviews."""

import json
import subprocess
import sys
import time
from base64 import b64encode
from importlib.resources import files
from typing import Final
from urllib.parse import urlencode
from uuid import uuid4

from broker.demo import keys
from broker.demo.browser import Page
from broker.demo.federation import API
from broker.demo.flows import Stage
from broker.demo.people import CARE_PROVIDERS, PERSONAS, REGION, STAFF
from broker.demo.person import Person, expect, hold
from trust_framework.identifiers import KINDS

PATIENT: Final = PERSONAS["cecilia"].number
_OURS, _UNITS = CARE_PROVIDERS[0]
PROVIDER, CLINIC, EMERGENCY = _OURS[0], _UNITS[0][0], _UNITS[1][0]
OK: Final = 200
SEALED_WITHIN: Final = 10.0


def block_and_emergency(stage: Stage) -> None:
    """A registrar blocks a patient's information at the clinic; a nurse at another unit is told so, opens it, and ends that. A
    record system that asks the API is told the same each time.
    """
    _block(stage)
    nurse = Person(stage.places, "astrid")
    page = with_patient(nurse)
    hold(_has(page, "span", "state err"), "the nurse is not told that something is blocked")
    hold("Medicinmottagningen" not in page.document.text, "the nurse is told where before an emergency")
    page = _asked(nurse, page)
    hold(_has(page, "span", "state err", "table"), f"expected blocked, got {page}")
    hold(_decided(stage) == "blocked", f"the API says {_decided(stage)} of what is blocked")
    page = _asked(nurse, emergency_begun(nurse, page))
    hold(not _has(page, "span", "state err", "table"), f"still blocked in the emergency: {page}")
    hold(_decided(stage) == "permitted", f"the API says {_decided(stage)} in the emergency")
    page = nurse.press(page, "/avsluta")
    hold(not _has(page, "section", "opened"), f"the emergency access did not end: {page}")


def reviewed_and_seen(stage: Stage) -> None:
    """A reviewer closes the case of the emergency; the patient sees it on My page, and takes along what the stand-alone script
    verifies against the published checkpoint.
    """
    reviewer = Person(stage.places, "bo")
    page = reviewer.log_in_with_card(reviewer.browser.get(f"{stage.places.broker}/granskning/{REGION}/arenden"))
    cases = [link.attributes["href"] for link in page.document.find("a") if "/arenden/" in link.attributes["href"]]
    hold(bool(cases), f"no case waits for the reviewer: {page}")
    case = reviewer.browser.get(f"{stage.places.broker}{cases[0]}")
    taken = reviewer.press(case, "/take")
    closed = reviewer.press(taken, "/assess", outcome="justified", finding="Nödläget är styrkt")
    hold(any(closed.document.find("div", **{"class": "notice"})), f"the case was not closed: {closed}")
    patient = Person(stage.places, "cecilia-id")
    page = patient.log_in_with_card(patient.browser.get(f"{stage.places.broker}/min-sida/atkomst"))
    hold(_has(page, "span", "state err", "table"), f"the patient does not see the emergency: {page}")
    _verified(stage, patient)


def _verified(stage: Stage, patient: Person) -> None:
    """The extract against what is published. What was just recorded is in it when it is sealed, within a second or two."""
    base, deadline = stage.places.broker, time.monotonic() + SEALED_WITHIN
    extract = stage.places.folder / "extract.jsonl"
    while True:
        extract.write_bytes(patient.browser.get(f"{base}/min-sida/atkomst?som=utdrag").body)
        if len(extract.read_text().splitlines()) > 1:
            break
        hold(time.monotonic() < deadline, "the entry was not sealed in time")
        time.sleep(0.2)
    published = stage.places.folder / "published"
    published.write_bytes(patient.browser.get(f"{base}/log/checkpoint").body)
    key = patient.browser.get(f"{base}/log/keys").body.decode().splitlines()[0]
    arguments = [str(extract), "--key", key, "--checkpoint", str(published)]
    script = str(files("broker.audit") / "standalone.py")
    done = subprocess.run([sys.executable, "-I", script, *arguments], capture_output=True, text=True, check=False)
    hold(done.returncode == 0, f"the script says {done.returncode}: {done.stdout[-300:]} {done.stderr[-300:]}")


def emergency_begun(nurse: Person, page: Page) -> Page:
    """From a page with the patient, to one that says that their information is open."""
    links = [link.attributes["href"] for link in page.document.find("a")]
    address = next(address for address in links if address.startswith("/vard/") and address.endswith("/nod"))
    form = nurse.browser.get(f"{nurse.places.broker}{address}")
    page = nurse.press(expect(form, "care-form"), "/nod", reason="Medvetslös", hours="1", understood="y")
    hold(_has(page, "section", "opened"), f"the emergency access did not begin: {page}")
    return page


def _block(stage: Stage) -> None:
    registrar = Person(stage.places, "gunnel")
    page = with_patient(registrar)
    registered(registrar, page, "/sparrar/ny", type="Inner", unit=CLINIC, id=str(uuid4()))


def registered(person: Person, page: Page, part: str, **typed: str) -> None:
    """Fill in a form of the patient's page, read what it says in words, and confirm."""
    form = expect(person.browser.get(f"{page.url}{part}"), "care-form")
    review = person.press(form, part, ("", ""), **typed)
    page = person.press(expect(review, "care-review"), part)
    hold(_has(expect(page, "care-entries"), "div", "notice"), f"nothing was registered: {page}")


def with_patient(person: Person) -> Page:
    """Logged in to the pages of care staff with a card, where that is asked for, the patient found."""
    page = person.browser.get(f"{person.places.broker}/vard")
    page = page if page.mark == "care-search" else person.log_in_with_card(page)
    commission = expect(page, "care-search").url.partition("/vard/")[2]
    return expect(person.press(page, f"/vard/{commission}", number=PATIENT), "care-patient")


def _asked(person: Person, page: Page) -> Page:
    """What may be seen, in the table of the page."""
    answered = expect(person.press(page, "/svar", type=""), "care-patient")
    hold(any(answered.document.find("table")), f"no answer: {answered}")
    return answered


def _has(page: Page, tag: str, kind: str, within: str = "main") -> bool:
    return any(any(part.find(tag, **{"class": kind})) for part in page.document.find(within))


def _decided(stage: Stage) -> str:
    """What a record system is told by the API of what the clinic has recorded, asking for the nurse."""
    browser, token = Person(stage.places).browser, _token(stage)
    nurse = next(employment for employment in STAFF if employment.person == "astrid")
    actor = {
        "employee": nurse.hsa_id,
        "unit": EMERGENCY,
        "provider": PROVIDER,
        "commission": nurse.commissions[0].hsa_id,
    }
    patient = {"oid": KINDS["personnummer"].oid, "value": PATIENT}
    resource = {"id": "1", "provider": PROVIDER, "unit": CLINIC}
    asked = {"questions": [{"patient": patient, "actor": actor, "resources": [resource]}]}
    answer = browser.call(
        "POST", f"{stage.places.broker}/api/v1/care/decisions", json.dumps(asked).encode(), "application/json",
        Authorization=f"Bearer {token}",
    )  # fmt: skip
    hold(answer.status == OK, f"the API said {answer.status}: {answer.body[:200]!r}")
    return str(json.loads(answer.body)["decisions"][0]["rulings"][0]["access"])


def _token(stage: Stage) -> str:
    """The record system's own token (RFC 6749 section 4.4)."""
    basic = b64encode(f"{API}:{keys.secret(stage.places, 'api')}".encode()).decode()
    form = urlencode({"grant_type": "client_credentials", "scope": "care:read"}).encode()
    answer = Person(stage.places).browser.call(
        "POST", f"{stage.places.broker}/oidc/token", form, "application/x-www-form-urlencoded",
        Authorization=f"Basic {basic}",
    )  # fmt: skip
    hold(answer.status == OK, f"no token: {answer.status} {answer.body[:200]!r}")
    return str(json.loads(answer.body)["access_token"])
