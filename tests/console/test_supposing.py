"""O5 for a team: it supposes logins to its own services, of itself or of somebody who has logged in there, and sees no value."""

import pytest

from tests.support.console import OTHER, Console, consoles, operator, owner
from tests.support.world import LEVEL3, MEMBER, Worlds
from trust_framework.roles import Role

pytest_plugins = ["tests.support.worlds"]
PAGE = f"/portal/{MEMBER}/forklara"


@pytest.fixture
def console(worlds: Worlds) -> Console:
    return consoles(worlds)


def supposed(browser, service: str = "rp", reference: str = "", **more: str):
    page = browser.get(PAGE)
    given = {"service": service, "reference": reference, "method": "test", "level": LEVEL3, **more}
    action, fields = page.form("/forklara")
    return browser.post(action, {**fields, **given})


def logged_in(console: Console, service: str = "rp", who: str = "carl") -> str:
    """The reference of a login of somebody at a service."""
    url = f"https://{service}.example.org/cb"
    console.world.code(console.world.browser(), service, redirect_uri=url, login_hint=f"test:{who}")
    return console.world.events("oidc.code-issued")[-1]["reference"]


def test_a_team_sees_what_itself_would_get_and_why_not_the_rest(console: Console):
    anna = owner(console)
    assert PAGE in anna.get(f"/portal/{MEMBER}/inloggningar").text
    page = supposed(anna)
    assert page.page == "O5-own"
    assert "Så skulle det gå hos" in page.text
    assert "Andersson" not in page.text.partition("<main")[2]
    (event,) = console.world.events("login.simulated")
    assert (event["person"], event["about"], event["org"], event["of"]) == (*[console.person("anna")] * 2, MEMBER, "rp")


def test_somebody_who_has_logged_in_there_is_supposed_by_the_reference(console: Console):
    reference = logged_in(console)
    page = supposed(owner(console), reference=reference.lower())
    assert "Så skulle det gå hos" in page.text
    assert console.world.events("login.simulated")[-1]["about"] == console.person("carl")
    assert "Carl" not in page.text


@pytest.mark.parametrize("reference", ["ABCD-EFGH", "x", "191212121212"])
def test_nobody_else_can_be_supposed(console: Console, reference: str):
    page = supposed(owner(console), reference=reference)
    assert "Det finns ingen sådan inloggning i tjänsten" in page.text
    assert console.world.events("login.simulated") == []


def test_a_reference_of_another_service_is_of_no_login_there(console: Console):
    reference = logged_in(console, "rp2")
    assert "Det finns ingen sådan inloggning" in supposed(owner(console), reference=reference).text


@pytest.mark.parametrize("service", ["rp2", "never", "tillit", "", "x" * 65])
def test_anothers_service_is_as_unknown_as_none(console: Console, service: str):
    page = supposed(owner(console), service)
    assert 'role="alert"' in page.text
    assert console.world.events("login.simulated") == []


@pytest.mark.parametrize(
    "more", [{"method": "pirate"}, {"level": "urn:x"}, {"person": "191212121212"}, {"commission": "x"}]
)
def test_what_the_form_does_not_ask_for_is_refused(console: Console, more):
    page = supposed(owner(console), **more)
    assert 'role="alert"' in page.text
    assert console.world.events("login.simulated") == []


@pytest.mark.parametrize("role", [Role.READER, Role.LOG_REVIEWER])
def test_who_only_reads_supposes_nothing(console: Console, role: Role):
    carl = console.browser("carl", (MEMBER, role))
    assert carl.get(PAGE).page == "not-allowed"


def test_another_members_page_is_missing(console: Console):
    assert owner(console).get(f"/portal/{OTHER}/forklara").status == 404
    assert operator(console).get(f"/portal/{OTHER}/forklara").page == "O5-own"
