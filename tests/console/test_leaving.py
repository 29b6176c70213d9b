"""A member leaves, or takes a service out: asked for by its own people, approved by two of the federation."""

import pytest

from broker.web.console.proposals import STOPPING
from tests.support.console import OTHER, Console, answered, consoles, document, operator, owner, service
from tests.support.world import MEMBER, Worlds
from trust_framework.members import State
from trust_framework.membership import STEPS
from trust_framework.roles import Role

pytest_plugins = ["tests.support.worlds"]
LEAVE, OUT = f"/portal/{MEMBER}/medlem/lamna", f"/portal/{MEMBER}/tjanster/rp/lamna"


@pytest.fixture
def console(worlds: Worlds) -> Console:
    whole = document()
    whole["services"] = [*whole["services"], {**service("trial"), "state": "test"}]
    return consoles(worlds, whole)


def asked(browser, path: str, reason: str = "Slås samman"):
    return browser.follow(browser.post(*browser.get(path).form("/lamna", reason=reason)))


def approved(console: Console, id: str) -> None:
    for name in ("dora", "eva"):
        browser = operator(console, name)
        browser.post(*browser.get(f"/admin/forslag/{id}").fields(act="approve", reason="Seen"))


def state(console: Console, kind: str, id: str) -> str:
    return console.world.store.register_entry(kind, id).content.get("state", "active")


def waiting(console: Console) -> str:
    (listed,) = console.world.store.proposal_page("waiting", MEMBER).proposals
    return listed.id


def test_an_owner_asks_to_leave_and_two_operators_make_it_so(console: Console):
    anna = owner(console)
    card = anna.get(f"/portal/{MEMBER}/medlem")
    assert LEAVE in card.text
    page = anna.get(LEAVE)
    assert page.page == "leave"
    for told in ("två i federationen godkänner", "Service rp", "A-1", "vilar ett år"):
        assert told in page.text

    sent = asked(anna, LEAVE)
    assert sent.page == "O2"
    assert state(console, "member", MEMBER) == "active"
    assert "Det är redan föreslaget" in anna.get(LEAVE).text

    approved(console, waiting(console))
    assert state(console, "member", MEMBER) == "left"
    assert "Det är redan gjort." in owner(console).get(LEAVE).text


def test_a_service_is_taken_out_by_its_technical_people_and_two_operators(console: Console):
    carl = console.browser("carl", (MEMBER, Role.TECHNICAL))
    assert OUT in carl.get(f"/portal/{MEMBER}/tjanster/rp").text
    asked(carl, OUT, "Ersatt")
    approved(console, waiting(console))
    assert state(console, "service", "rp") == "left"
    assert state(console, "member", MEMBER) == "active"
    assert OUT not in carl.get(f"/portal/{MEMBER}/tjanster/rp").text


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2001])
def test_it_is_not_asked_for_without_a_reason(console: Console, reason: str):
    page = asked(owner(console), LEAVE, reason)
    assert page.page == "leave"
    assert 'role="alert"' in page.text
    assert console.world.store.proposal_page("waiting").total == 0


@pytest.mark.parametrize("role", [Role.TECHNICAL, Role.READER, Role.LOG_REVIEWER])
def test_only_an_owner_lets_the_member_leave(console: Console, role: Role):
    carl = console.browser("carl", (MEMBER, role))
    assert carl.get(LEAVE).page == "not-allowed"
    assert LEAVE not in carl.get(f"/portal/{MEMBER}/medlem").text


def test_a_suspended_member_is_told_that_the_federation_must_look_first(console: Console):
    anna, dora = owner(console), operator(console)
    page = dora.get(f"/admin/register/member/{MEMBER}/stopp")
    dora.post(*page.fields(act="suspend", reason="Breach"))
    told = anna.get(LEAVE)
    assert "Organisationen är stoppad" in told.text
    assert "<textarea" not in told.text


def test_it_takes_an_identification_of_the_last_five_minutes_and_what_was_written_waits(console: Console):
    anna = owner(console)
    page = anna.get(LEAVE)
    console.world.clock.now += 301
    held = answered(anna, anna.post(*page.form("/lamna", reason="Slås samman")))
    assert held.page == "held"
    assert "Slås samman" in held.text


def test_another_members_service_is_as_missing_as_none(console: Console):
    anna = owner(console)
    foreign, never = (anna.get(f"/portal/{MEMBER}/tjanster/{each}/lamna").status for each in ("rp2", "never"))
    assert foreign == never == 404
    assert anna.get(f"/portal/{OTHER}/medlem/lamna").status == 404


def test_a_service_in_test_is_stopped_by_an_operator_or_taken_out(console: Console):
    dora = operator(console)
    page = dora.get("/admin/register/service/trial/stopp")
    assert all(f'value="{act}"' in page.text for act in ("suspend", "activate", "leave"))
    dora.post(*page.fields(act="suspend", reason="Prov med riktiga uppgifter"))
    assert state(console, "service", "trial") == "suspended"


@pytest.mark.parametrize("at", [State.APPROVED, State.ACTIVE, State.SUSPENDED])
def test_an_operator_is_offered_every_step_that_a_member_in_the_register_may_take(at: State):
    to = {"suspend": State.SUSPENDED, "activate": State.ACTIVE, "leave": State.LEFT}
    assert {to[act] for act in STOPPING[at.value]} == {after for before, after in STEPS if before is at}
