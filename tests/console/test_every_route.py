"""Every route of the consoles, from their table: forged forms, other members' objects, roles that do not suffice.

A part of a path is filled with an object of the other member that is there, and with one that never was: what comes back
must be the same page. A new kind of part needs a line in `THEIRS`.
"""

import re
from pathlib import Path

import pytest

from broker.commands.reference import PAGES
from broker.login import own
from broker.web.console.routes import CONSOLE
from broker.web.console.row import Row
from tests.support.console import OTHER, Console, consoles
from tests.support.world import MEMBER, Answer, Browser
from trust_framework.roles import FEDERATION, IN_MEMBER, Action, Role

pytest_plugins = ["tests.support.worlds"]

THEIRS = {
    "service": "rp2",
    "host": "theirs.example.se",
    "agreement": "A-2",
    "policy": "none",
    "member": OTHER,
    "provider": "none",
    "kind": "service",
    "id": "rp2",
    "reference": "their-run",
    "version": "1",
    "person": "nobody",
    "role": "owner",
    "proposal": "their-proposal",
    "step": "om",
    "application": "their-application",
    "commission": "SE2120000142-U1",
    "patient": "their-patient",
    "block": "their-block",
    "lift": "their-lift",
    "consent": "their-consent",
    "relation": "their-relation",
    "emergency": "their-emergency",
    "case": "their-case",
    "deed": "take",
    "review": "their-review",
    "plan": "their-plan",
    "search": "their-search",
    "entry": "17",
    "request": "their-request",
    "breach": "their-breach",
    "letter": "authority",
    "language": "sv",
    "correction": "their-correction",
    "hold": "their-hold",
    "order": "their-order",
    "about": "their-representation",
    "representation": "their-representation",
}
"""By name of a part: an object of the other member."""

NEVER = "never-was"
MEMBERS = [row for row in CONSOLE if row.of_member]
OBJECTS = [row for row in MEMBERS if row.parts]
POSTS = [row for row in CONSOLE if row.method == "POST"]


def name(row: Row) -> str:
    return f"{row.method} {row.rule}"


def path(row: Row, org: str, fill: str | None = None) -> str:
    """The path of a row; parts are those of the other member, or `fill`."""
    filled = row.rule.replace("<org>", org)
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: fill or THEIRS[part[1]], filled)


@pytest.fixture(scope="module")
def console(lasting_worlds) -> Console:
    return consoles(lasting_worlds)


@pytest.fixture(scope="module")
def everything(console: Console) -> Browser:
    """A person who has every role in one organisation, and none elsewhere."""
    return console.browser("anna", *((MEMBER, role) for role in IN_MEMBER))


@pytest.fixture(scope="module")
def supreme(console: Console) -> Browser:
    """A person who has every role that there is."""
    roles = [(org, role) for org in (MEMBER, OTHER, FEDERATION) for role in Role]
    return console.browser("dora", *roles)


def token(browser: Browser) -> str:
    """The token of a form of the consoles in this browser."""
    world = browser.world
    from broker.exchange import Request
    from broker.web.console.turn import TOKEN_SCOPE
    from broker.web.turn import Turn

    cookies = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
    return Turn.of(Request("GET", "/portal", headers={"cookie": cookies}), world.app.on).csrf(TOKEN_SCOPE)


def sent(row: Row, at: str, browser: Browser) -> Answer:
    """The route asked, with a good token where it is a form."""
    return browser.get(at) if row.method == "GET" else browser.post(at, {"csrf": token(browser)})


def stripped(answer: Answer, at: str) -> str:
    """The page without what may differ: its reference and its own address."""
    text = re.sub(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", "REFERENCE", answer.text)
    return text.replace(at, "HERE")


# --- one member's page is none to another -------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [row for row in CONSOLE if row.parts or row.of_member], ids=name)
def test_a_path_with_a_character_that_no_database_keeps_is_the_page_of_nothing(row: Row, supreme: Browser):
    answer = sent(row, path(row, f"{MEMBER}\0" if row.of_member else MEMBER, "a\0b"), supreme)

    assert (answer.status, answer.cause) == (404, "not-found")


@pytest.mark.parametrize("query", ["q=a%00b", "efter=%00", "%00=x", "q=%ff"])
def test_a_search_with_a_character_that_no_database_keeps_is_refused(query: str, supreme: Browser):
    for at in ("/admin/register/service", f"/portal/{MEMBER}/forslag", "/admin/forslag"):
        answer = supreme.get(f"{at}?{query}")

        assert (at, answer.status, answer.cause) == (at, 400, "request-malformed")


@pytest.mark.spec("FR", "04")
@pytest.mark.parametrize("row", MEMBERS, ids=name)
def test_another_organisations_page_is_the_page_of_an_organisation_that_is_none(row: Row, everything: Browser):
    theirs, never = path(row, OTHER), path(row, "9999999999")

    first, second = sent(row, theirs, everything), sent(row, never, everything)

    assert (first.status, first.cause) == (second.status, second.cause) == (404, "not-found")
    assert stripped(first, theirs) == stripped(second, never)


@pytest.mark.spec("FR", "04")
@pytest.mark.parametrize("row", OBJECTS or [None], ids=lambda row: name(row) if row else "none")
def test_another_organisations_object_is_the_page_of_an_object_that_is_none(row: Row, everything: Browser):
    if row is None:
        pytest.skip("no route has an object")
    theirs, never = path(row, MEMBER), path(row, MEMBER, NEVER)

    first, second = sent(row, theirs, everything), sent(row, never, everything)

    assert (first.status, first.cause) == (second.status, second.cause) == (404, "not-found")
    assert stripped(first, theirs) == stripped(second, never)


@pytest.mark.parametrize("row", OBJECTS or [None], ids=lambda row: name(row) if row else "none")
def test_not_even_who_may_see_both_sees_one_members_object_under_the_other(row: Row, supreme: Browser):
    if row is None:
        pytest.skip("no route has an object")
    assert sent(row, path(row, MEMBER), supreme).status == 404


# --- forms ------------------------------------------------------------------------------------------------------------


@pytest.mark.spec("AD", "01")
@pytest.mark.parametrize("row", POSTS, ids=name)
@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ({}, {}),
        ({"csrf": ""}, {}),
        ({"csrf": "YWJjZGVmZ2hpamtsbW5vcA"}, {}),
        (None, {"Origin": "https://evil.example"}),
        (None, {"Sec-Fetch-Site": "cross-site"}),
        (None, {"Sec-Fetch-Site": "same-site"}),
        (None, {"Content-Type": "text/plain"}),
        (None, {"Content-Type": "application/json"}),
    ],
    ids=["no token", "empty", "another", "origin", "cross-site", "same-site", "text", "json"],
)
def test_a_forged_form_is_refused_before_anything_else(row: Row, form, headers, supreme: Browser, console: Console):
    version = console.world.store.federation_version()
    at = path(row, MEMBER)

    answer = supreme.post(at, {"csrf": token(supreme)} if form is None else form, **headers)

    assert answer.status in {400, 403}
    assert answer.cause in {"form-stale", "request-malformed"}
    assert console.world.store.federation_version() == version


@pytest.mark.spec("AD", "01")
@pytest.mark.parametrize("row", POSTS, ids=name)
def test_another_browsers_token_is_refused(row: Row, supreme: Browser, everything: Browser):
    assert supreme.post(path(row, MEMBER), {"csrf": token(everything)}).cause == "form-stale"


@pytest.mark.spec("AD", "01")
@pytest.mark.parametrize("row", CONSOLE, ids=name)
def test_a_route_answers_its_own_method_and_no_other(row: Row, supreme: Browser):
    methods = {other.method for other in CONSOLE if other.rule == row.rule}
    for method in {"PUT", "DELETE", "PATCH", "OPTIONS", "POST"} - methods:
        answer = supreme.request(method, path(row, MEMBER), {"csrf": token(supreme)})
        assert (answer.status, answer.cause) == (404, "not-found")


# --- rights -----------------------------------------------------------------------------------------------------------


@pytest.mark.spec("AD", "03")
@pytest.mark.parametrize("row", [row for row in CONSOLE if row.action is not Action.ENTER], ids=name)
def test_a_person_without_a_role_gets_nowhere(row: Row, console: Console):
    browser = console.browser("carl")

    answer = sent(row, path(row, MEMBER), browser)

    assert (answer.status, answer.cause or answer.page) in {(404, "not-found"), (403, "no-role"), (403, "not-allowed")}


@pytest.mark.spec("AD", "03")
@pytest.mark.parametrize("row", CONSOLE, ids=name)
def test_nobody_is_let_in_without_a_sign_on(row: Row, console: Console):
    browser = console.world.browser()
    browser.get("/portal")  # to be given a cookie, and so a token

    answer = sent(row, path(row, MEMBER), browser)

    assert answer.status == 303
    assert answer.location.startswith("/login/")


def test_every_action_that_a_route_needs_is_one_that_some_role_has():
    from trust_framework.roles import IN_FEDERATION

    given = {action for table in (IN_MEMBER, IN_FEDERATION) for actions in table.values() for action in actions}
    assert {row.action for row in CONSOLE} <= given | {Action.ENTER}


def test_every_view_says_what_it_is_and_no_two_routes_are_one():
    assert all(row.view.__doc__ for row in CONSOLE)
    assert len({(row.rule, row.method) for row in CONSOLE}) == len(CONSOLE)
    assert all(row.method in {"GET", "POST"} and row.area in own.AREAS for row in CONSOLE)


@pytest.mark.spec("AD", "03")
def test_the_matrix_of_roles_and_routes_is_the_one_that_is_kept():
    kept = Path(__file__).parents[2] / "docs" / "routes.md"
    assert kept.read_text(encoding="utf-8") == PAGES["routes.md"]()
