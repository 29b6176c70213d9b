"""M5 and O5: a team sees how its own logins went and why, with its people masked; an operator sees all; reading is recorded."""

import re

import pytest

from broker.jobs.sealer import Sealer
from tests.support.console import NUMBERS, OTHER, consoles, document, operator, owner, service
from tests.support.world import LEVEL2, LEVEL3, MEMBER
from trust_framework.roles import FEDERATION, Role

LIST = f"/portal/{MEMBER}/inloggningar/rp"


def seal(world):
    Sealer(world.store, world.store.ring, world.store.log_origin(), None).run()


def reference(world, event="oidc.code-issued") -> str:
    return world.events(event)[-1]["reference"]


@pytest.fixture
def console(worlds):
    found = consoles(
        worlds, document(services=[service("rp", attributes=["givenName", "sn", "mail"]), service("rp2", OTHER)])
    )
    uri = "https://rp.example.org/cb"
    found.world.tokens = lambda **more: (
        found.world.redeem(found.world.code(redirect_uri=uri, **more), redirect_uri=uri).json
    )
    return found


def test_the_logins_of_a_service_are_listed_with_their_people_masked(console):
    world = console.world
    world.tokens()
    world.browser().get(
        world.authorize_url(redirect_uri="https://rp.example.org/cb", login_hint="test:bo;result=cancelled")
    )
    world.app.on.refusals.record(world.store.append)
    seal(world)

    page = owner(console).get(LIST)

    assert page.status == 200
    rows = re.findall(r'<tr><th scope="row"><time', page.text)
    assert len(rows) == 2
    assert "Anna" not in page.text.replace("Anna Andersson ·", "")
    assert console.person("anna") not in page.text
    assert "•••" in page.text
    assert reference(world) in page.text
    assert "Du avbröt inloggningen." in page.text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", 2),
        ("?lage=faults", 1),
        ("?lage=released", 1),
        ("?lage=user-cancelled", 1),
        ("?metod=card", 0),
        ("?fran=2020-01-01&till=2020-01-02", 0),
        ("?fran=x&till=9999-99-99", 2),
        ("?efter=0", 0),
        ("?efter=x", 2),
    ],
)
def test_the_list_is_narrowed(console, query, shown):
    world = console.world
    world.tokens()
    world.browser().get(
        world.authorize_url(redirect_uri="https://rp.example.org/cb", login_hint="test:bo;result=cancelled")
    )
    seal(world)
    page = owner(console).get(LIST + query)
    assert len(re.findall(r'<tr><th scope="row"><time', page.text)) == shown


def test_a_reference_leads_to_its_login_and_says_why(console):
    world = console.world
    world.tokens()
    browser = owner(console)
    page = browser.follow(browser.get(f"{LIST}?q={reference(world).lower()}"))
    assert page.page == "O5"
    assert "begärd och tillåten" in page.text
    assert "tjänsten bad inte om den" in page.text
    assert "inte förseglad än" in page.text
    assert "Anna Andersson" not in page.text.replace("<p>Anna Andersson", "")
    nothing = browser.get(f"{LIST}?q=XXXX-XXXX")
    assert "XXXX-XXXX" in nothing.text


@pytest.mark.spec("IS", "16")
def test_each_detail_that_went_is_told_with_its_purpose_and_legal_basis_as_they_stood(worlds):
    why = {"attributes": ["givenName", "sn", "mail"], "reasons": {"givenName": "Tilltal", "sn": "Tilltal"}}
    whole = document(services=[{**service("rp"), **why, "legal_basis": "GDPR 6.1 b"}, service("rp2", OTHER)])
    console = consoles(worlds, whole)
    world, uri = console.world, "https://rp.example.org/cb"
    world.redeem(world.code(redirect_uri=uri), redirect_uri=uri)
    whole["services"][0]["legal_basis"] = "GDPR 6.1 a"
    world.reapply(whole)
    seal(world)
    found = reference(world)
    person = console.sign_on("anna", path="/min-sida")
    for page in (
        owner(console).get(f"{LIST}/{found}"),
        operator(console).get(f"/admin/forklara?referens={found}"),
        person.get(f"/min-sida/inloggningar/{found}"),
    ):
        assert page.status == 200
        assert page.text.count("Ändamål: Tilltal") == 2
        assert "Rättslig grund: GDPR 6.1 b" in page.text
        assert "GDPR 6.1 a" not in page.text


def test_a_refused_request_is_found_at_once_with_its_cause_and_remedy(console):
    world = console.world
    world.browser().get(world.authorize_url(redirect_uri="https://evil.example/"))
    browser = owner(console)
    (waiting,) = world.app.on.refusals._waiting
    page = browser.get(f"{LIST}/{waiting.reference}")
    assert page.status == 200
    assert "okänd adress" in page.text


def test_another_members_service_and_reference_are_as_missing_as_none(console):
    world = console.world
    world.tokens()
    theirs = console.browser("carl", (OTHER, Role.OWNER))
    ours = reference(world)
    answers = [
        theirs.get(f"/portal/{OTHER}/inloggningar/{path}")
        for path in (f"rp2/{ours}", "rp", f"rp/{ours}", "never", "rp2/XXXX-XXXX")
    ]
    assert {answer.status for answer in answers} == {404}


def test_reading_is_recorded(console):
    world = console.world
    world.tokens()
    browser = owner(console)
    browser.get(LIST)
    browser.get(f"{LIST}/{reference(world)}")
    read = world.events("log.read")
    assert [(e["person"], e["org"], e["of"], e.get("sought")) for e in read] == [
        (console.person("anna"), MEMBER, "rp", None),
        (console.person("anna"), MEMBER, "rp", reference(world)),
    ]


def test_the_list_is_saved_as_a_file_with_the_same_rows(console):
    world = console.world
    world.tokens()
    seal(world)
    file = owner(console).get(f"{LIST}?som=csv")
    assert file.header("Content-Type").startswith("text/csv")
    assert reference(world) in file.text
    assert console.person("anna") not in file.text


def test_more_than_a_page_goes_on(console):
    world = console.world
    for _ in range(51):
        world.app.on.refusals.note(refused(world))
    world.app.on.refusals.record(world.store.append)
    seal(world)
    browser = owner(console)
    first = browser.get(LIST)
    following = re.search(r'href="([^"]*efter=\d+)"', first.text)[1]
    assert len(re.findall(r'<tr><th scope="row"><time', browser.get(following).text)) == 1


def refused(world):
    from broker.audit.events import RequestRefused

    return RequestRefused(at=world.clock.now, reference="R", service="rp", reason="request-address")


def test_the_days_of_the_chart_add_up(console):
    world = console.world
    world.tokens()
    seal(world)
    page = owner(console).get(LIST)
    assert page.text.count("<rect") == 28
    assert re.findall(r'data-label="Inloggningar">(\d+)<', page.text)[-1] == "1"


def test_only_services_of_the_member_are_offered(console):
    page = owner(console).get(f"/portal/{MEMBER}/inloggningar")
    assert f'href="/portal/{MEMBER}/inloggningar/rp"' in page.text
    assert "rp2" not in page.text


# --- O5


def test_an_operator_finds_any_login_by_its_reference_and_sees_who_and_by_which_rules(console):
    world = console.world
    world.tokens()
    page = operator(console).get(f"/admin/forklara?referens={reference(world)}")
    assert page.page == "O5"
    assert "Anna Andersson" in page.text
    assert "nivån är nådd" in page.text
    assert world.events("log.read")[-1]["org"] == FEDERATION


def test_a_reference_that_nobody_has_says_so(console):
    page = operator(console).get("/admin/forklara?referens=XXXX-XXXX")
    assert page.page == "O5-search"
    assert "XXXX-XXXX" in page.text


def supposed(console, **typed):
    browser = operator(console)
    page = browser.get("/admin/forklara")
    given = {"service": "rp", "person": NUMBERS["eva"], "method": "test", "level": LEVEL3, "commission": "", **typed}
    csrf = re.search(r'name="csrf" value="([^"]*)"', page.text)[1]
    return browser.post("/admin/forklara", {**given, "csrf": csrf})


def test_a_login_is_supposed_and_recorded(console):
    page = supposed(console)
    assert "Inloggningen gick bra." in page.text
    assert "begärd och tillåten" in page.text
    (event,) = console.world.events("login.simulated")
    assert (event["of"], event["about"]) == ("rp", console.person("eva"))
    assert (event["person"], event["org"]) == (console.person("dora"), FEDERATION)


@pytest.mark.parametrize(
    "typed",
    [{"service": "nothing"}, {"service": "tillit"}, {"person": "190001010000"}, {"service": ""}, {"level": "x"}],
)
def test_what_is_not_known_cannot_be_supposed(console, typed):
    page = supposed(console, **typed)
    assert 'role="alert"' in page.text
    assert console.world.events("login.simulated") == []


def test_a_supposed_login_of_too_low_a_level_says_so(console):
    console.world.reapply(document(services=[service("rp", levels=[LEVEL3]), service("rp2", OTHER)]))
    page = supposed(console, level=LEVEL2)
    assert "inte säker" in page.text
