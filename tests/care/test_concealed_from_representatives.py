"""While a court's order hides a patient (article 12), who acts for them on My page is told what is told when there is nothing.
The patient sees what is theirs.
"""

from dataclasses import replace

import pytest

from broker.care import blocks, concealed, consents, relations
from broker.care.calling import Caller, CallerKind, services_of
from broker.care.changes import SaveAccessFact
from broker.care.requests import SaveCareRequest
from broker.login.effects import Effects
from broker.web.console.mine import access
from tests.care.test_my_page import MINE, said
from tests.support import care_values as a
from tests.support.console import consoles
from tests.support.mine_world import Family, family
from trust_framework.care_requests import CareRequest, Wish

pytest_plugins = ["tests.support.worlds"]
pytestmark = pytest.mark.spec("Regulation on Personal Health Data", "12(1)")
PARTS = ("", "/sparrar", "/samtycken/vard", "/atkomst", "/atkomst?som=csv", "/atkomst?vardgivare=" + a.PROVIDER)
MAY = ["read", "ask", "block", "lift", "end-consent"]


@pytest.fixture
def home(worlds) -> Family:
    whole = family()
    whole["representations"] = [
        {**one, "may": MAY} if one["kind"] == "power" else one for one in whole["representations"]
    ]
    return Family(consoles(worlds, whole))


def order(home: Family, name: str, **changes) -> None:
    """The order of a court about somebody."""
    now = home.world.clock.now
    secret = a.fact(
        rules="tr", kind="secrecy-order", says={"order": "2026/1"}, patient=home.number(name), since=now, until=None
    )
    home.store.commit(Effects((SaveAccessFact(replace(secret, **changes), home.person(name)),)))


def something(home: Family, name: str) -> dict[str, str]:
    """Something of each kind about somebody; the addresses of each that are for who acts for them."""
    entry, block, consent = home.accessed(name), home.block(name), home.consent(name)
    home.emergency(name)
    asked = CareRequest("Q1", Wish.BLOCK, home.number(name), a.PROVIDER, a.new_id(), home.world.clock.now)
    home.store.commit(Effects((SaveCareRequest(asked, home.person(name)),)))
    return {
        "the access": f"/atkomst/{entry}",
        "its extract": f"/atkomst/{entry}?som=utdrag",
        "the block": f"/sparrar/hav/{block}",
        "the consent": f"/samtycken/vard/{consent}",
    }


def told(browser, path: str) -> list[str]:
    return [said(browser.get(f"{path}{part}")) for part in PARTS]


@pytest.mark.parametrize("name", ["alva", "bo"])
def test_pages_tell_what_they_tell_of_somebody_about_whom_there_is_nothing(home: Family, name: str, monkeypatch):
    browser, path = home.open(), f"{MINE}/for/{home.about(name)}"
    nothing = told(browser, path)
    something(home, name)
    assert all(one != other for one, other in zip(told(browser, path), nothing, strict=True))
    order(home, name)
    monkeypatch.setitem(access.LIMITS, "csv", 0)  # nor that there is too much for a file
    assert told(browser, path) == nothing


def test_each_thing_that_was_there_is_missing(home: Family):
    there, browser, path = something(home, "bo"), home.open(), f"{MINE}/for/{home.about('bo')}"
    token = browser.get(f"{path}/sparrar").form("/sparrar/begaran/Q1")[1]
    assert [name for name, part in there.items() if browser.get(f"{path}{part}").status != 200] == []
    order(home, "bo")
    assert [name for name, part in there.items() if browser.get(f"{path}{part}").cause != "not-found"] == []
    assert browser.post(f"{path}/sparrar/begaran/Q1", token).cause == "not-found"
    (waiting,) = home.store.care_requests_of(home.person("bo"))
    assert waiting.answered_at is None


@pytest.mark.parametrize("changes", [{"until": 1}, {"kind": "admission"}])
def test_an_order_that_is_over_and_another_fact_hide_nothing(home: Family, changes):
    something(home, "alva")
    browser, path = home.open(), f"{MINE}/for/{home.about('alva')}"
    before = told(browser, path)
    order(home, "alva", **changes)
    assert told(browser, path) == before


def test_the_patient_sees_what_is_theirs(home: Family):
    something(home, "anna")
    browser = home.open()
    before = told(browser, MINE)
    order(home, "anna")
    assert told(browser, MINE) == before


def test_lists_know_who_acts_for_the_patient_from_the_patient(home: Family):
    something(home, "anna")
    home.relation("anna")
    order(home, "anna")
    on, now, me = services_of(home.world.app.on.services), home.world.clock.now, home.person("anna")
    patient = Caller(CallerKind.PATIENT, person=me)
    other = replace(patient, representative=home.person("eva"))
    assert [concealed.hidden(me, who, on, now) for who in (patient, other)] == [False, True]
    for listed in (blocks.of_patient, consents.of_patient, relations.of_patient):
        assert [len(listed(home.number("anna"), who, on, now)) for who in (patient, other)] == [1, 0]
