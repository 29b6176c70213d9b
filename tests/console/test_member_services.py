"""M1: how far each service of a member has come, and whose certificate runs out; what the details of a test login rest on."""

import datetime as dt
import re

import pytest

from tests.support import saml_metadata as make
from tests.support.connecting import at, begun, draft, sent
from tests.support.console import Console, consoles, document, owner, service
from tests.support.saml import rsa_key
from tests.support.test_issuer import InTest
from tests.support.world import LEVEL3, MEMBER, NOW, Browser

pytest_plugins = ["tests.support.worlds"]
PORTAL = f"/portal/{MEMBER}"
DAY = 86_400
OIDC = {"protocol": "oidc", "redirect_uris": "https://rp.example.org/cb", "jwks_uri": "https://bok.example/jwks",
        "scope": "openid profile"}  # fmt: skip


@pytest.fixture
def console(worlds) -> Console:
    return consoles(worlds)


@pytest.fixture
def anna(console: Console) -> Browser:
    return owner(console, "anna")


def rows(page: str) -> dict[str, list[str]]:
    """The rows of the list by name, as words."""
    found = [
        [
            " ".join(re.sub(r"<[^>]*>", " ", cell).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    ]
    return {row[0]: row[1:] for row in found}


def shown(browser: Browser, query: str = "") -> dict[str, list[str]]:
    return rows(browser.get(f"{PORTAL}{query}").text)


def test_a_service_is_listed_from_its_first_word_until_it_is_published(console, anna):
    begun(anna)
    assert shown(anna)["Tidbokning för hälsa"][:3] == ["test", "–", "utkast"]
    sent(anna, anna.get(at(console, "teknik")), **OIDC)
    sent(anna, anna.get(at(console, "uppgifter")), attributes="sn", why="Kallelser")
    sent(anna, anna.get(at(console, "niva")), levels=LEVEL3)
    proposal = draft(console)
    tested = InTest(console.world)
    tested.made.snapshot.refresh()
    tested.logged_in(client_id=proposal.object, level=LEVEL3)
    sent(anna, anna.get(at(console, "skicka")))
    assert shown(anna)["Tidbokning för hälsa"][:3] == ["test", "–", "väntar på godkännande"]
    assert f'href="{PORTAL}/forslag/{proposal.id}"' in anna.get(PORTAL).text


def test_what_is_under_work_can_be_looked_for(console, anna):
    begun(anna)
    assert "Tidbokning för hälsa" in shown(anna, "?lage=draft")
    assert "Service rp" not in shown(anna, "?lage=draft")
    assert "Tidbokning för hälsa" not in shown(anna, "?lage=waiting")
    assert "Tidbokning för hälsa" not in shown(anna, "?lage=active")
    assert "Tidbokning för hälsa" in shown(anna, "?q=tidbok")
    assert "Tidbokning för hälsa" not in shown(anna, "?q=service")
    assert "Service rp2" not in anna.get(PORTAL).text


def test_a_change_of_what_stands_is_told_beside_it(console, anna):
    action, fields = anna.get(f"{PORTAL}/tjanster/rp").form("/andra")
    anna.post(action, fields)
    assert shown(anna)["Service rp"][:3] == ["produktion", "OpenID Connect", "publicerad ändring: utkast"]


@pytest.mark.parametrize(
    ("state", "said"), [("test", ["test", "inte testad"]), ("suspended", ["produktion", "stoppad"])]
)
def test_what_is_in_test_or_stopped_says_so(worlds, state, said):
    browser = owner(consoles(worlds, document(services=[{**service("rp"), "state": state}, service("rp2")])))
    row = shown(browser)["Service rp"]
    assert [row[0], row[2]] == said


def test_the_list_is_shown_whatever_becomes_of_the_test_issuer(console, anna, monkeypatch):
    begun(anna)

    def broken():
        raise OSError("no disk")

    object.__setattr__(console.world.app.on, "bench", broken)
    assert "Tidbokning för hälsa" in shown(anna)


# --- what runs out


def saml(id: str, days: int) -> dict[str, object]:
    """A service whose certificate ends in so many days."""
    ends = dt.datetime.fromtimestamp(NOW + days * DAY + 60, dt.UTC)
    key = make.key("signing", make.certificate(rsa_key("peer-sp"), ends=ends))
    xml = make.entity(
        make.sp_role(make.acs(f"https://{id}.example.org/acs"), keys=key), entity_id=f"https://{id}.example.org/m"
    )
    names = {"sv": f"Tjänsten {id}", "en": f"Service {id}"}
    return {"id": id, "member": MEMBER, "names": names, "levels": [LEVEL3], "saml": {"metadata_xml": xml.decode()}}


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (14, "Certifikatet för Tjänsten sp går ut om 14 dagar."),
        (1, "Certifikatet för Tjänsten sp går ut om 1 dag."),
        (0, "Certifikatet för Tjänsten sp går ut inom ett dygn."),
    ],
)
def test_a_certificate_that_runs_out_is_told_by_the_name_of_its_service(worlds, days, said):
    browser = owner(consoles(worlds, document(services=[saml("sp", days), service("rp"), service("rp2")])))
    page = browser.get(PORTAL).text
    assert said in page
    assert f'href="{PORTAL}/nycklar/tjanst/sp">Byt certifikat</a>' in page


def test_one_that_lasts_is_not_told(worlds):
    browser = owner(consoles(worlds, document(services=[saml("sp", 91), service("rp"), service("rp2")])))
    assert "Certifikatet för" not in browser.get(PORTAL).text


def test_of_many_the_soonest_are_named_and_the_rest_counted(worlds):
    services = [saml(f"sp{n}", 10 + n) for n in range(6)]
    console = consoles(worlds, document(services=[*services, service("rp"), service("rp2")]))
    browser = owner(console)
    page = browser.get(PORTAL).text
    assert [f"Tjänsten sp{n} går" in page for n in range(6)] == [True] * 4 + [False] * 2
    assert "eller har gått ut: 2." in page
    console.world.clock.now += 12 * DAY + 120
    later = owner(console, "carl").get(PORTAL).text
    assert "Certifikatet för Tjänsten sp0 har gått ut." in later


# --- what a test login rests on


def test_a_test_login_tells_for_what_and_on_what_ground_each_detail_would_go(console, anna):
    begun(anna)
    sent(anna, anna.get(at(console, "teknik")), **OIDC)
    sent(
        anna,
        anna.get(at(console, "uppgifter")),
        attributes="sn",
        why="Kallelser adresseras",
        legal_basis="Patientdatalagen",
    )
    sent(anna, anna.get(at(console, "niva")), levels=LEVEL3)
    proposal = draft(console)
    tested = InTest(console.world)
    tested.made.snapshot.refresh()
    tested.logged_in(client_id=proposal.object, level=LEVEL3)
    listed = anna.get(f"{PORTAL}/prova/{proposal.object}").text
    (reference, *_) = re.findall(rf"/prova/{proposal.object}/([A-Z0-9-]+)", listed)
    page = anna.get(f"{PORTAL}/prova/{proposal.object}/{reference}?flik=uppgifter").text
    assert "Kallelser adresseras" in page
    assert "Patientdatalagen" in page

    sent(anna, anna.get(at(console, "uppgifter")), attributes="sn", why="Något annat", legal_basis="")
    again = anna.get(f"{PORTAL}/prova/{proposal.object}/{reference}?flik=uppgifter").text
    assert "Något annat" not in again
