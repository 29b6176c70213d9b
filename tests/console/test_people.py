"""Roles: who has which, inviting, taking and ending one; and the first operator."""

import json
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from broker.cli import cli
from tests.console.test_every_route import token
from tests.support.console import OTHER, Console, answered, consoles, operator, owner
from tests.support.world import MEMBER, Answer, Browser, Worlds
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]
PEOPLE = f"/portal/{MEMBER}/personer"


@pytest.fixture
def console(worlds: Worlds) -> Console:
    return consoles(worlds)


def invited(browser: Browser, role: str = "technical", path: str = PEOPLE) -> str:
    """The path of an invitation that this browser makes."""
    page = browser.post(path, {"csrf": token(browser), "role": role})
    assert page.page == "invited", (page.status, page.page, page.cause)
    link = page.text.split("/portal/inbjudan?kod=")[1].split("<")[0].strip()
    return f"/portal/inbjudan?kod={link}"


def take(console: Console, path: str, name: str, browser: Browser | None = None) -> Answer:
    """Open an invitation as a persona, and take the role."""
    browser = browser or console.world.browser()
    page = answered(browser, browser.get(path), name)
    assert page.page == "invitation", (page.status, page.page, page.cause)
    return browser.follow(browser.post(*page.form("/portal/inbjudan")))


def test_an_owner_invites_and_the_invited_takes_the_role(console: Console):
    browser = owner(console)

    page = take(console, invited(browser), "carl")

    assert page.page == "M1"
    assert "Du har rollen nu." in page.text
    listed = browser.get(PEOPLE).text
    assert "Carl Andersson" in listed
    assert "Teknisk kontakt" in listed
    (given,) = console.world.events("role.given")
    assert (given["person"], given["by"], given["role"]) == (
        console.person("carl"),
        console.person("anna"),
        "technical",
    )


def test_an_invitation_serves_once(console: Console):
    path = invited(owner(console))
    take(console, path, "carl")

    browser = console.sign_on("eva")

    assert browser.get(path).status == 404


def test_an_invitation_of_which_two_windows_show_the_page_serves_once(console: Console):
    path = invited(owner(console))
    first, second = (console.sign_on(name) for name in ("carl", "eva"))
    form, other = first.get(path).form("/portal/inbjudan"), second.get(path).form("/portal/inbjudan")

    assert first.post(*form).status == 303
    assert second.post(*other).status == 404


def test_an_invitation_runs_out(console: Console):
    path = invited(owner(console))
    console.world.clock.now += 7 * 24 * 3600

    browser = console.world.browser()

    assert answered(browser, browser.get(path), "carl").status == 404


def test_an_invitation_falls_with_the_role_of_who_made_it(console: Console):
    console.grant("anna", (MEMBER, Role.OWNER), until=console.world.clock.now + 3600)
    path = invited(console.sign_on("anna"))
    console.world.clock.now += 3601

    browser = console.world.browser()

    assert answered(browser, browser.get(path), "carl").status == 404


@pytest.mark.spec("AD", "03")
def test_nobody_takes_an_invitation_of_their_own(console: Console):
    browser = owner(console)

    assert browser.get(invited(browser)).status == 404


@pytest.mark.parametrize("path", ["/portal/inbjudan", "/portal/inbjudan?kod=", "/portal/inbjudan?kod=x"])
def test_an_invitation_that_is_none_is_not_found(console: Console, path: str):
    assert console.sign_on("carl").get(path).status == 404


@pytest.mark.spec("AD", "03")
@pytest.mark.parametrize("role", ["operator", "king", "", "security-officer"])
def test_an_owner_gives_only_roles_of_the_organisation(console: Console, role: str):
    browser = owner(console)

    page = browser.post(PEOPLE, {"csrf": token(browser), "role": role})

    assert page.page == "people"
    assert 'role="alert"' in page.text
    assert not console.world.events("role.offered")


@pytest.mark.spec("AD", "03")
@pytest.mark.parametrize("role", [Role.TECHNICAL, Role.READER, Role.LOG_REVIEWER])
def test_who_may_not_give_roles_sees_them_and_gives_none(console: Console, role: Role):
    browser = console.browser("anna", (MEMBER, role))

    assert "Bjud in" not in browser.get(PEOPLE).text
    assert browser.post(PEOPLE, {"csrf": token(browser), "role": "reader"}).page == "not-allowed"


@pytest.mark.spec("AD", "04")
def test_what_was_typed_is_kept_while_the_person_identifies_again(console: Console):
    browser = owner(console)
    console.world.clock.now += 5 * 60 + 1

    page = answered(browser, browser.post(PEOPLE, {"csrf": token(browser), "role": "reader"}))
    sent = browser.post(*page.form(PEOPLE))

    assert page.page == "held"
    assert sent.page == "invited"


def test_what_was_typed_is_shown_to_nobody_else_who_logs_in_there(console: Console):
    browser = owner(console)
    console.grant("carl", (MEMBER, Role.OWNER))
    console.world.clock.now += 5 * 60 + 1

    page = answered(browser, browser.post(PEOPLE, {"csrf": token(browser), "role": "reader"}), "carl")

    assert page.page != "held"
    assert not console.world.events("role.offered")


def test_what_was_typed_is_shown_once(console: Console):
    browser = owner(console)
    console.world.clock.now += 5 * 60 + 1
    step = browser.follow(browser.post(PEOPLE, {"csrf": token(browser), "role": "reader"}))
    back = browser.post(*step.fields(username="test:anna"))
    while "fortsatt?h=" not in back.location:
        back = browser.get(back.location)
    path = urlsplit(back.location).path + "?" + urlsplit(back.location).query

    assert browser.get(path).page == "held"
    assert browser.get(path).location == "/portal"


def test_a_role_is_taken_back_after_a_question(console: Console):
    browser = owner(console)
    console.grant("carl", (MEMBER, Role.READER))
    path = f"{PEOPLE}/{console.person('carl')}/reader"
    theirs = console.sign_on("carl")
    assert theirs.get(f"/portal/{MEMBER}").status == 200

    page = browser.get(path)
    done = browser.follow(browser.post(*page.form(path)))

    assert page.page == "confirm"
    assert "Rollen är tillbakatagen." in done.text
    assert theirs.get(f"/portal/{MEMBER}").status == 404
    (event,) = console.world.events("role.ended")
    assert (event["person"], event["by"]) == (console.person("carl"), console.person("anna"))


@pytest.mark.spec("FR", "04")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_role_of_another_organisation_is_as_missing_as_one_that_never_was(console: Console, method: str):
    browser = owner(console)
    console.grant("carl", (OTHER, Role.READER))
    form = {"csrf": token(browser)}

    for path in (f"{PEOPLE}/{console.person('carl')}/reader", f"{PEOPLE}/nobody/reader"):
        answer = browser.get(path) if method == "GET" else browser.post(path, form)
        assert answer.status == 404


@pytest.mark.spec("AD", "03")
def test_nobody_takes_back_a_role_of_their_own(console: Console):
    browser = owner(console)
    path = f"{PEOPLE}/{console.person('anna')}/owner"

    assert browser.get(path).status == 404
    assert path not in browser.get(PEOPLE).text


def test_an_operator_gives_roles_of_the_federation_and_a_members_first(console: Console):
    browser = operator(console)

    assert take(console, invited(browser, "reader", "/admin/personer"), "carl").page == "O1"
    assert take(console, invited(browser, "owner", f"/portal/{OTHER}/personer"), "eva").page == "M1"


@pytest.mark.spec("AD", "07")
def test_the_first_operator_comes_by_a_link_of_the_command_line(console: Console, monkeypatch: pytest.MonkeyPatch):
    settings = console.world.settings
    for name, value in (("BASE_URL", settings.base_url), ("ENV", "test"), ("DATA_DIR", str(settings.data_dir))):
        monkeypatch.setenv(f"TILLIT_{name}", value)
    made = CliRunner().invoke(cli, ["operator", "--json"])
    link = json.loads(made.output)
    console.world.clock.now = link["expires_at"] - 15 * 60

    page = take(console, urlsplit(link["link"])._replace(scheme="", netloc="").geturl(), "dora")

    assert page.page == "O1"
    assert [g.role for g in console.world.store.role_grants_of(FEDERATION)] == [Role.OPERATOR]
    assert [e["by"] for e in console.world.events("role.offered")] == ["command"]
    assert 'role="status"' in page.text


@pytest.mark.spec("AD", "07")
def test_a_link_of_the_command_line_is_good_for_a_quarter_of_an_hour(console: Console, monkeypatch: pytest.MonkeyPatch):
    settings = console.world.settings
    for name, value in (("BASE_URL", settings.base_url), ("ENV", "test"), ("DATA_DIR", str(settings.data_dir))):
        monkeypatch.setenv(f"TILLIT_{name}", value)
    link = json.loads(CliRunner().invoke(cli, ["operator", "--json"]).output)
    console.world.clock.now = link["expires_at"]
    browser = console.sign_on("dora")

    assert browser.get(link["link"]).status == 404
