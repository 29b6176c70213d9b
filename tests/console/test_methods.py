"""O7: login methods and upstream providers, a try of what somebody pasted, and the button that stops one."""

import json

import pytest

from metadata.published import Heard
from tests.console.test_every_route import token
from tests.support import saml_metadata as make
from tests.support.console import answered, consoles, document, operator
from tests.support.world import LEVEL2, LEVEL3, LEVEL4, MEMBER
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]

METHODS = "/admin/inloggningssatt"
SAML, OIDC = f"{METHODS}/region", f"{METHODS}/kommun"
ORG_AFFILIATION = "urn:oid:1.2.752.201.3.1"
PROVIDERS = [
    {
        "id": "region",
        "name": {"sv": "Regionens inloggning", "en": "The region"},
        "saml": {"metadata_xml": make.entity(make.idp_role(), entity_id="https://idp.example/metadata").decode()},
        "ceiling": LEVEL3,
        "levels": {"urn:high": LEVEL3, "urn:low": LEVEL2, "urn:higher": LEVEL4},
        "attributes": {"urn:oid:2.5.4.42": "givenName", "urn:oid:2.5.4.4": "sn", ORG_AFFILIATION: "orgAffiliation"},
        "scopes": ["2120000142"],
    },
    {
        "id": "kommun",
        "oidc": {"issuer": "https://op.example", "client_id": "tillit", "client_secret": "x" * 40},
        "ceiling": LEVEL3,
        "levels": {"": LEVEL2},
        "attributes": {"given_name": "givenName"},
    },
]


@pytest.fixture
def console(worlds):
    return consoles(worlds, document(identity_providers=PROVIDERS))


@pytest.fixture
def browser(console):
    return operator(console)


def post(browser, path, **fields):
    return browser.post(path, {"csrf": token(browser), **fields})


def tried(browser, path, pasted):
    answer = post(browser, path, pasted=pasted)
    assert (answer.status, answer.page) == (200, "O7-one"), answer.text
    return answer.text


# --- looking


def test_every_method_is_listed_with_its_state_and_levels(browser):
    answer = browser.get(METHODS)

    assert (answer.status, answer.page) == (200, "O7")
    assert all(text in answer.text for text in ("Regionens inloggning", SAML, OIDC, f"{METHODS}/test", LEVEL3))
    row = answer.text.partition(f'href="{SAML}"')[2].partition("</tr>")[0]
    assert LEVEL4 not in row, "above the ceiling, never given"


def test_one_method_shows_its_keys_its_words_and_what_is_held_back(browser):
    page = browser.get(SAML).text

    assert "https://idp.example/metadata" in page
    assert "RSA 2048" in page
    assert "urn:higher" in page
    assert "Över högsta nivån" in page
    assert "orgAffiliation" in page
    assert "Metadata hämtad" not in page


def test_a_provider_whose_documents_are_fetched_shows_how_that_went(console, browser):
    provider = console.world.app.snapshots.federation.methods["kommun"]._published
    assert "Inte än" in browser.get(OIDC).text

    provider.heard = Heard(console.world.clock.now - 60, console.world.clock.now, "EgressFailed: timeout <b>")
    page = browser.get(OIDC).text

    assert "EgressFailed: timeout &lt;b&gt;" in page
    assert "Svarade inte sist" in browser.get(METHODS).text


def test_the_test_method_has_no_entry_and_cannot_be_stopped(browser):
    assert "stoppa" not in browser.get(f"{METHODS}/test").text
    assert browser.get(f"{METHODS}/test/stoppa").status == 404


@pytest.mark.parametrize("part", ["", "/stoppa"])
def test_what_is_not_there_is_missing(browser, part):
    assert browser.get(f"{METHODS}/nobody{part}").status == 404


# --- a try


def test_pasted_words_become_what_a_login_would_make_of_them(browser):
    values = "".join(
        f'<s:Attribute Name="{name}"><s:AttributeValue>{value}</s:AttributeValue></s:Attribute>'
        for name, value in (
            ("urn:oid:2.5.4.42", "Anna"),
            (ORG_AFFILIATION, "anna@5560360793"),
            ("urn:oid:9.9.9", "secret"),
        )
    )
    page = tried(
        browser,
        SAML,
        f'<s:Assertion xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion"><s:AuthnContextClassRef>urn:high</s:AuthnContextClassRef>'
        f"{values}</s:Assertion>",
    )

    shown = page.partition("<h3>")[2]
    assert LEVEL3 in shown
    assert "Anna" in shown
    assert "Utanför dess områden" in shown
    assert "Översätts inte, tas inte emot" in shown
    assert "secret" not in shown


def test_a_level_that_is_refused_says_so_and_still_shows_the_details(browser):
    shown = tried(browser, OIDC, json.dumps({"acr": "urn:never", "given_name": "Anna"})).partition("<h3>")[2]
    assert "Inloggningen nekas" in shown
    assert "Anna" in shown


def test_a_level_above_the_ceiling_is_refused(browser):
    pasted = '<s:Assertion xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion"><s:AuthnContextClassRef>urn:higher'
    shown = tried(browser, SAML, f"{pasted}</s:AuthnContextClassRef></s:Assertion>").partition("<h3>")[2]
    assert "Inloggningen nekas" in shown


@pytest.mark.parametrize(
    ("pasted", "says"),
    [
        ("", "form.required"),
        ("hello", "går inte att läsa"),
        ("<a/>", "inte precis ett intyg"),
        ('<s:EncryptedAssertion xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion"/>', "krypterat"),
        ("<script>alert(1)</script>", "inte precis ett intyg"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a/>', "går inte att läsa"),
    ],
)
def test_what_is_no_assertion_is_said_to_be_none(browser, pasted, says):
    page = tried(browser, SAML, pasted)
    assert says in page or says == "form.required"
    assert 'id="wrong"' in page
    assert "<script>alert" not in page


def test_a_try_leaves_nothing_behind(console, browser):
    before = len(console.world.store.log_pending()) + console.world.store.log_waiting()
    tried(browser, OIDC, json.dumps({"given_name": "Anna"}))
    assert len(console.world.store.log_pending()) + console.world.store.log_waiting() == before


# --- stopping


def refresh(console):
    console.world.app.jobs.tick()


@pytest.mark.parametrize("provider", ["region", "kommun"])
def test_a_method_is_stopped_at_once_with_a_reason_that_the_register_keeps(console, browser, provider):
    path = f"{METHODS}/{provider}/stoppa"
    assert browser.get(path).page == "O7-stop"

    answer = post(browser, path, reason="Nyckeln har läckt")
    assert answer.status == 303
    refresh(console)

    assert "Inloggningssättet är stoppat" in browser.get(answer.location).text
    entry = console.world.store.register_entry("identity_provider", provider)
    assert (entry.content["state"], entry.reason, entry.origin) == ("suspended", "Nyckeln har läckt", "portal")
    assert entry.actor == console.person("dora")
    assert console.world.app.snapshots.federation.providers[provider].state.value == "suspended"
    assert f"{provider}/stoppa" not in browser.get(f"{METHODS}/{provider}").text


def test_an_own_method_can_be_stopped_too(worlds):
    card = {"anchors": [pem()], "policies": {"1.2.3": LEVEL3}}
    console = consoles(
        worlds, document(methods={"kort": {"kind": "card", **card}}), card_url="https://kort.example.org"
    )
    browser = operator(console)

    post(browser, f"{METHODS}/kort/stoppa", reason="Prov")
    refresh(console)

    assert console.world.app.snapshots.federation.providers["kort"].state.value == "suspended"
    row = browser.get(METHODS).text.partition(f'href="{METHODS}/kort"')[2].partition("</tr>")[0]
    assert "stoppad" in row


def pem() -> str:
    from tests.support import pki

    return pki.Authority.root("issuer").pem.decode()


def test_without_a_reason_nothing_stops(console, browser):
    answer = post(browser, f"{METHODS}/region/stoppa", reason=" ")
    assert (answer.status, answer.page) == (200, "O7-stop")
    assert "state" not in console.world.store.register_entry("identity_provider", "region").content


def test_two_who_stop_at_once_are_told_apart(console, browser, monkeypatch):
    from broker.web.console import methods

    real = methods.suspend

    def late(kind, id, reason, actor, desk):
        effects = real(kind, id, reason, actor, desk)
        console.world.store.commit(real(kind, id, "den andra", actor, desk))
        return effects

    monkeypatch.setattr(methods, "suspend", late)
    answer = post(browser, f"{METHODS}/region/stoppa", reason="den ena")

    assert (answer.status, answer.page) == (200, "O7-stop")
    assert 'id="wrong"' in answer.text
    assert console.world.store.register_entry("identity_provider", "region").reason == "den andra"


def test_one_that_is_stopped_already_is_not_stopped_again(console, browser):
    post(browser, f"{METHODS}/region/stoppa", reason="en gång")
    answer = post(browser, f"{METHODS}/region/stoppa", reason="en gång till")
    assert (answer.status, answer.page) == (200, "O7-stop")
    assert console.world.store.register_entry("identity_provider", "region").reason == "en gång"


def test_starting_again_is_proposed_and_does_nothing_alone(console, browser):
    post(browser, f"{METHODS}/region/stoppa", reason="Prov")
    refresh(console)
    start = "/admin/register/identity_provider/region/stopp"
    assert f'href="{start}"' in browser.get(SAML).text

    answer = post(browser, start, act="activate", reason="Nyckeln är bytt")
    refresh(console)

    assert "/admin/forslag/" in answer.location
    assert console.world.app.snapshots.federation.providers["region"].state.value == "suspended"


def test_a_provider_that_does_not_answer_waits_on_the_first_page(console, browser):
    provider = console.world.app.snapshots.federation.methods["kommun"]._published
    assert OIDC not in browser.get("/admin").text
    provider.heard = Heard(None, console.world.clock.now, "EgressFailed: timeout")
    assert OIDC in browser.get("/admin").text


def test_stopping_needs_a_fresh_login(console, browser):
    console.world.clock.now += 6 * 60
    answer = post(browser, f"{METHODS}/region/stoppa", reason="Prov")
    assert answer.page != "O7"
    assert "state" not in console.world.store.register_entry("identity_provider", "region").content
    held = answered(browser, answer, "dora")
    assert held.status == 200


@pytest.mark.parametrize("role", [Role.READER, Role.SECURITY_OFFICER])
def test_who_may_only_look_is_offered_no_button_they_may_not_press(console, role):
    from trust_framework.roles import IN_FEDERATION, Action

    browser = console.browser("eva", (FEDERATION, role))
    page = browser.get(SAML)
    if Action.VIEW_FEDERATION not in IN_FEDERATION.get(role, frozenset()):
        assert page.status == 403
    else:
        assert ("region/stoppa" in page.text) == (Action.SUSPEND in IN_FEDERATION[role])


def test_a_members_owner_does_not_see_it(console):
    browser = console.browser("anna", (MEMBER, Role.OWNER))
    assert browser.get(METHODS).status == 403
