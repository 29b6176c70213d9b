"""Requests of persons, breaches and corrections on the pages: what is shown, what is told to whom, and who may not."""

import re
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from broker.care.filings import SaveCorrection
from broker.login.effects import Effects, Overtaken
from broker.web.console.review import corrections
from tests.console.test_log_review import filled, main, part
from tests.support import agreements
from tests.support.console import NUMBERS, OTHER, consoles
from tests.support.world import MEMBER
from trust_framework.breaches import WITHIN
from trust_framework.corrections import Correction, Receipt
from trust_framework.roles import Role

pytest_plugins = ["tests.support.worlds"]

AT = f"/granskning/{MEMBER}"


class Office:
    """Two members, each with somebody who answers for its data."""

    def __init__(self, console) -> None:
        self.console, self.world = console, console.world
        self.dora = console.browser("dora", (MEMBER, Role.LOG_REVIEWER))
        self.eva = console.browser("eva", (OTHER, Role.LOG_REVIEWER))

    def send(self, path: str, action: str | None = None, browser=None, **typed):
        using = browser or self.dora
        at, fields = filled(using.get(path), action or path)
        return using.follow(using.post(at, urlencode({**fields, **typed}, doseq=True).encode()))


@pytest.fixture(scope="module")
def office(lasting_worlds):
    return Office(consoles(lasting_worlds))


def address(page) -> str:
    """Where the page's own forms or files lead: its path without the last part."""
    return re.search(r'href="(/granskning/[0-9]+/(?:begaran|incidenter|rattelser)/[0-9a-f]{16})', page.text)[1]


# --- requests


def received(office, **typed):
    return office.send(f"{AT}/begaran", **{"kind": "access", "who": NUMBERS["anna"], "asked": "Allt.", **typed})


@pytest.mark.spec("IS", "10")
def test_a_request_is_entered_sent_for_advice_answered_and_its_letter_drafted(office):
    page = received(office)
    assert part(page) == "G6-request"
    assert "Anna Andersson" in main(page)
    at = address(page)
    assert "Vi svarar senast" in office.dora.get(f"{at}/brev/sv").text
    office.send(at, f"{at}/gor", act="flag", about="Rör en annan person.")
    assert "måste svara först" in main(office.send(at, f"{at}/gor", act="answer", about="x"))
    assert "ingen annan medlem" in main(office.send(at, f"{at}/fraga", giver="5566778899", question="Får vi?"))
    office.send(at, f"{at}/fraga", giver=OTHER, question="Får vi?")

    theirs = at.replace(MEMBER, OTHER)
    assert "En annan organisation frågar" in main(office.eva.get(f"/granskning/{OTHER}"))
    assert office.eva.get(f"{theirs}/brev/sv").status == 404
    assert part(office.send(theirs, f"{theirs}/rad", office.eva, advice="Ja.")) == "G6-request"
    done = office.send(at, f"{at}/gor", act="answer", about="Skickat i brev.")

    assert "Besvarad" in main(done)
    assert "answer is with this letter" in office.dora.get(f"{at}/brev/en").text
    assert office.dora.get(f"{at}/brev/fi").status == 404
    assert [each["act"] for each in office.world.events("data.request-acted")] == [
        "received", "flagged", "consulted", "advised", "answered",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"who": "195006262546"}, "Ingen i registret"),
        ({"received": "2999-01-01"}, "framtiden"),
        ({"from_day": "2026-02-01", "to_day": "2026-01-01"}, "slutar innan"),
        ({"kind": "none"}, "Vad"),
    ],
)
def test_a_request_that_cannot_be_entered_says_why(office, typed, said):
    page = received(office, **typed)
    assert part(page) == "G6"
    assert said in main(page)


def test_an_extract_that_is_late_stands_first_and_is_said_to_be(office):
    day = {"kind": "log-extract", "received": "2026-01-01", "from_day": "2025-01-01", "to_day": "2025-12-31"}
    received(office, **day)
    assert "Försenad" in main(office.dora.get(f"{AT}/begaran?lage=open"))
    assert "inom en vecka" in main(office.dora.get(AT))
    assert "Försenad" not in main(office.dora.get(f"{AT}/begaran?lage=answered"))


# --- breaches


def entered(office, **typed):
    return office.send(f"{AT}/incidenter", **{"what": "Fel mottagare.", **typed})


@pytest.mark.spec("GDPR", "33.1")
def test_a_breach_has_its_clock_its_drafts_and_an_end(office):
    page = entered(office)
    assert part(page) == "breach"
    at = address(page)
    assert "72 timmar" in main(page)
    assert "Risken är inte bedömd." in main(page)
    assert "[saknas ännu]" in office.dora.get(f"{at}/utkast/authority/sv").text
    whole = {"kinds": "patienter", "about": "1", "records": "2", "consequences": "Oro.", "measures": "Återkallat.",
             "contact": "d@example.org", "risk": "high", "happened_at": "2026-01-02T03:04"}  # fmt: skip
    office.send(at, f"{at}/beskriv", **whole)
    office.send(at, f"{at}/gor", deed="notify", told="")
    assert "måste underrättas först" in main(office.send(at, f"{at}/gor", deed="close", told="x"))
    office.send(at, f"{at}/gor", deed="inform", told="Brev.")
    done = office.send(at, f"{at}/gor", deed="close", told="Klart.")

    assert "Avslutad" in main(done)
    draft = office.dora.get(f"{at}/utkast/persons/en").text
    assert "Återkallat." in draft
    assert "[" not in draft
    assert office.dora.get(f"{at}/utkast/persons/fi").status == 404
    assert office.dora.get(f"{at}/utkast/press/sv").status == 404


def test_a_breach_that_is_late_says_so_and_wants_a_reason(office):
    at = address(entered(office))
    office.world.clock.now += WITHIN + 7200
    office.dora = office.console.sign_on("dora", browser=office.dora)
    office.eva = office.console.sign_on("eva", browser=office.eva)
    assert "gick ut för" in main(office.dora.get(AT))
    assert "försenad" in main(office.dora.get(f"{AT}/incidenter"))
    assert "Skriv ett skäl." in main(office.send(at, f"{at}/gor", deed="notify", told=""))
    assert "Anmäld" in main(office.send(at, f"{at}/gor", deed="notify", told="Helg."))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"what": " "}, "Vad som har hänt"),
        ({"known_at": "2999-01-01T00:00"}, "framtiden"),
        ({"about": "-1"}, "Ungefär"),
        ({"members": "5566778899"}, "ingen annan medlem"),
        ({"members": MEMBER}, "ingen annan medlem"),
    ],
)
def test_a_breach_that_cannot_be_entered_says_why(office, typed, said):
    page = entered(office, **typed)
    assert part(page) == "breaches"
    assert said in main(page)


@pytest.mark.spec("GDPR", "33.2")
def test_the_members_that_a_breach_touches_are_told_once_and_stand_on_its_page(office):
    page = entered(office)
    at = address(page)
    id_ = at.rpartition("/")[2]
    typed = {"what": "Fel mottagare.", "members": f"{OTHER[:6]}-{OTHER[6:]}, {OTHER}"}
    for _ in range(2):
        page = office.send(at, f"{at}/beskriv", **typed)
    assert f"Exempelkommunen ({OTHER})" in main(page)
    told = [each["org"] for each in office.world.events("data.breach-told") if each["breach"] == id_]
    assert told == [MEMBER, OTHER]
    assert "ingen annan medlem" in main(office.send(at, f"{at}/beskriv", **{**typed, "members": "x"}))


def test_a_breach_remembers_the_case_that_it_came_of(office):
    page = office.dora.get(f"{AT}/incidenter?arende=abc123")
    assert 'name="case" value="abc123"' in page.text
    at, fields = filled(page, "/incidenter")
    made = office.dora.follow(office.dora.post(at, urlencode({**fields, "what": "Något."}).encode()))
    id_ = address(made).rpartition("/")[2]
    assert office.world.store.breach(id_).case == "abc123"


# --- corrections


def corrected(office, id_: str) -> Correction:
    """A correction that the other member made of what our service got."""
    receipts = (Receipt("rp", MEMBER, ("sn",), ("AAAA-BBBB",)), Receipt("rp2", OTHER, ("sn",), ("CCCC-DDDD",)))
    made = Correction(id_, OTHER, office.console.person("anna"), ("sn",), "Fel.", "p", office.world.clock.now, receipts)
    office.world.store.commit(Effects((SaveCorrection(made),)))
    return made


def test_an_acknowledgement_that_another_change_overtook_is_made_anew_and_not_only_said(office, monkeypatch):
    made = corrected(office, "0000000000000001")
    owner = office.console.browser("anna", (MEMBER, Role.OWNER))
    store, overtaken = office.world.store, []
    commit = type(store).commit

    def late(self, effects):
        if not overtaken and any(isinstance(change, SaveCorrection) for change in effects.changes):
            overtaken.append(True)
            raise Overtaken("correction")
        commit(self, effects)

    monkeypatch.setattr(type(store), "commit", late)
    office.send(f"/portal/{MEMBER}/rattelser/{made.id}/rp", browser=owner)
    assert overtaken
    assert "Kvitterad" in main(owner.get(f"/portal/{MEMBER}/rattelser/{made.id}/rp"))


@pytest.mark.spec("IS", "07")
def test_a_correction_waits_in_the_portal_of_each_receiver_until_it_is_acknowledged(office):
    made = corrected(office, "0000000000000002")
    owner = office.console.browser("anna", (MEMBER, Role.OWNER))
    assert "är rättad" in main(owner.get(f"/portal/{MEMBER}"))
    at = f"/portal/{MEMBER}/rattelser/{made.id}/rp"
    assert f'href="{at}"' in owner.get(f"/portal/{MEMBER}/rattelser").text
    page = owner.get(at)
    assert "AAAA-BBBB" in main(page)
    assert "CCCC-DDDD" not in main(page)
    assert "Fel." not in main(page)
    assert owner.get(f"/portal/{MEMBER}/rattelser/{made.id}/rp2").status == 404

    reader = office.console.browser("carl", (MEMBER, Role.READER))
    assert '<form method="post"' not in reader.get(at).text.partition("<main")[2]
    assert "Det finns inget att kvittera." in main(office.send(at, browser=owner))

    assert "Kvitterad" in main(owner.get(at))
    shown = office.eva.get(f"/granskning/{OTHER}/rattelser/{made.id}")
    assert "Kvitterad" in main(shown)
    assert "Väntar på kvittens" in main(shown)
    assert office.dora.get(f"{AT}/rattelser/{made.id}").status == 404
    assert office.world.events("data.correction-told")[-1]["act"] == "acknowledged"


def test_who_corrects_learns_of_the_receivers_of_what_it_gave_and_of_no_others(office):
    page = office.send(f"{AT}/rattelser", whose=NUMBERS["anna"], attributes=["sn"], why="Bytt namn.")
    assert part(page) == "correction"
    assert "Ingen tjänst har fått uppgiften av er." in main(page)
    assert "Anna Andersson" in main(office.dora.get(f"{AT}/rattelser"))
    wrong = office.send(f"{AT}/rattelser", whose="195006262546", attributes=["sn"], why="x")
    assert "Ingen i registret" in main(wrong)
    assert "Uppgifter:" in main(office.send(f"{AT}/rattelser", whose=NUMBERS["anna"], why="x"))


def test_what_a_member_gives_is_what_its_signed_agreements_say():
    held = agreements.agreement()
    unsigned = agreements.agreement(agreements.terms())

    def given(org: str, *found) -> frozenset:
        federation = SimpleNamespace(agreements=found)
        return corrections._given(
            SimpleNamespace(org=org, on=SimpleNamespace(services=SimpleNamespace(federation=lambda: federation)))
        )

    assert given(agreements.GIVER, held) == {(agreements.SERVICE, "sn")}
    assert given(agreements.RECEIVER, held) == frozenset()
    assert given(agreements.GIVER, unsigned) == frozenset()
