"""What CONTRIBUTING promises: a new thing is added in one place. Each is added here from outside, and used end to end."""

import sys
from types import SimpleNamespace

import pytest
from pydantic import BaseModel, ConfigDict

from broker.audit.events import TokensIssued
from broker.login.effects import Effects
from broker.protocols.oidc import client_auth, grants
from broker.protocols.oidc.grants.base import Granted
from idp_adapters import catalogue
from idp_adapters.base import Authenticated, Consume, Failed, Redirect
from tests.support import care_values as values
from tests.support.asking import asking  # noqa: F401  # the page asks
from tests.support.care_world import document
from tests.support.dated_facts import Register, staff
from tests.support.saml_peer import Peer
from tests.support.world import LEVEL3, SECRET, claims, client, federation
from trust_framework.access_facts import FactField, FactKind, FieldType
from trust_framework.attributes import CATALOGUE, Attribute, Names, Source
from trust_framework.care_access import Access, Asking, CareRule, RuleSet, more
from trust_framework.identity import Asserted, Subject
from trust_framework.providers import ProviderTerms
from trust_framework.reasons import REASONS, Kind, Reason, Sentences, Way
from trust_framework.rules import SETS
from trust_framework.rules.predicates import holds

SP = Peer()
KNOCK = "https://knock.example"


class KnockSettings(BaseModel):
    """A made-up method: who knocks three times at a door elsewhere is let in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def terms(self, method_id):
        names = {"sv": "Knackning", "en": "Knocking"}
        return ProviderTerms(
            id=method_id, names=names, ceiling=LEVEL3, levels={LEVEL3: LEVEL3}, attributes={"first": "givenName"}
        )

    def adapter(self, method_id, tools):
        return Knock(method_id)


class Knock:
    def __init__(self, method_id):
        self.id = method_id

    def leaves_to(self):
        return (KNOCK,)

    def start(self, ask, now):
        return Redirect(f"{KNOCK}/?state={ask.login}&back={ask.return_url}", ask.login.encode())

    def resume(self, state, inbound, now):
        if inbound.parameters.get("knocks") != "3":
            return Failed(REASONS[inbound.parameters.get("why", "login-failed")])
        subject = Subject(self.id, "knock", "door-1")
        asserted = Asserted(subject=subject, level=LEVEL3, authenticated_at=now, attributes={"first": ("Kim",)})
        return Authenticated(asserted, (Consume("knock", state.decode(), now + 60),))


@pytest.fixture
def knocking(monkeypatch):
    """The method, in one row."""
    monkeypatch.setitem(sys.modules, "made_up_knock", SimpleNamespace(KnockSettings=KnockSettings))
    monkeypatch.setitem(catalogue.METHODS, "knock", "made_up_knock:KnockSettings")


def knocked(world, browser, url, **answer):
    """A login with the method: chosen on the page, done elsewhere, back."""
    page = browser.follow(browser.get(url))
    assert "Knackning" in page.text
    assert KNOCK in page.header("Content-Security-Policy")
    sent = browser.post(*page.form("/login/", method="knock"))
    state = sent.location.partition("state=")[2].partition("&")[0]
    back = sent.location.partition("back=")[2]
    query = "&".join(f"{name}={value}" for name, value in answer.items())
    return browser.follow(browser.get(f"{back}?state={state}&{query}"))


def test_a_login_method_is_a_module_and_a_row(worlds, knocking):
    world = worlds.make(federation(SP.entry(), client(), methods={"knock": {}}))

    received = SP.read(world, knocked(world, world.browser(), SP.redirect(world, hint=None), knocks="3"))
    code = knocked(world, world.browser(), world.authorize_url(login_hint=None), knocks="3").sent_back["code"]

    assert received.attributes["givenName"] == ("Kim",)
    assert received.content.authn_context_class_ref == LEVEL3
    assert claims(world.redeem(code).json["id_token"])["acr"] == LEVEL3
    assert [event["method"] for event in world.events("login.identified")] == ["knock", "knock"]


def test_an_error_cause_is_a_row(worlds, knocking, monkeypatch):
    sentences = Sentences("Dörren var låst.", "Knacka på en annan."), Sentences("The door was locked.", "Try another.")
    row = Reason(
        "door-locked",
        Kind.NOT_AUTHENTICATED,
        "AUTHENTICATION_FAILURE",
        "The door was locked.",
        *sentences,
        (Way.RETRY, Way.SERVICE),
    )
    monkeypatch.setitem(REASONS, "door-locked", row)
    world = worlds.make(federation(SP.entry(), client(), methods={"knock": {}}))
    saml, oidc = world.browser(), world.browser(Accept_Language="en")

    page = knocked(world, saml, SP.redirect(world, hint=None), why="door-locked")
    told = SP.read(world, saml.post(*page.form("/avbryt")))

    assert (page.status, page.cause) == (403, "door-locked")
    assert "Dörren var låst." in page.text
    assert told.status == ("Requester", "AuthnFailed")
    assert told.message.startswith("The door was locked. (ref ")
    oidc.get(world.authorize_url(login_hint=None))
    english = saml.follow(saml.get(SP.redirect(world, hint=None)))
    assert english.page == "U1"
    assert {event["reason"] for event in world.events("login.failed")} == {"door-locked"}


def test_an_attribute_is_a_row(worlds, monkeypatch):
    row = Attribute(
        "shoeSize",
        "Skostorlek",
        "Shoe size",
        Source.PERSON,
        names={Names.SWEDEN_CONNECT: "urn:oid:1.2.752.0.1", Names.OIDC: "shoe_size"},
    )
    monkeypatch.setitem(CATALOGUE, "shoeSize", row)
    person = {"id": "anna", "givenName": "Anna", "shoeSize": "38"}
    services = (SP.entry(attributes=["shoeSize"], consent="ask"), client(attributes=["shoeSize"]))
    world = worlds.make(federation(*services, persons=[person]))
    browser = world.browser()

    page = browser.follow(browser.get(SP.redirect(world, hint=None)))
    page = browser.follow(browser.post(*page.form("/test", username="anna")))
    assert "Skostorlek" in page.text
    received = SP.read(world, browser.post(*page.form("/samtycke", answer="yes")))
    asked = '{"id_token":{"shoe_size":null}}'
    told = claims(world.tokens(world.browser(), claims=asked)["id_token"])

    (attribute,) = received.content.attributes
    assert (attribute.name, attribute.friendly_name, attribute.values) == ("urn:oid:1.2.752.0.1", "shoeSize", ("38",))
    assert told["shoe_size"] == "38"
    assert "shoe_size" in world.request("GET", "/.well-known/openid-configuration").json["claims_supported"]


def handle(form, service, client_, now, on):
    event = TokensIssued(at=now, service=service.id, grant_type="urn:example:knock", tokens=("access_token",))
    return Granted({"access_token": form["knocks"], "token_type": "N_A"}, Effects(events=(event,)))


def test_a_grant_is_a_module_and_a_row_beside_its_registered_name(worlds, monkeypatch):
    name = "urn:example:knock"
    monkeypatch.setitem(grants.GRANTS, name, SimpleNamespace(GRANT_TYPE=name, handle=handle))
    monkeypatch.setattr("metadata.oidc.GRANT_TYPES", (*grants.GRANTS,))
    world = worlds.make(federation(client(grant_types=[name], redirect_uris=None)))

    answer = world.token(grant_type=name, knocks="3")

    assert (answer.status, answer.json["access_token"]) == (200, "3")
    assert name in world.request("GET", "/.well-known/openid-configuration").json["grant_types_supported"]


def test_a_client_authentication_method_is_a_module_and_a_row_beside_its_registered_name(worlds, monkeypatch):
    method = SimpleNamespace(
        present=lambda request: "knocks" in request.form,
        client_id=lambda request: request.form["client_id"],
        prove=lambda request, client_, now, on: (),
    )
    monkeypatch.setitem(client_auth.METHODS, "knock", method)
    monkeypatch.setattr("metadata.oidc.AUTH_METHODS", (*client_auth.METHODS,))
    world = worlds.make(federation(client(token_endpoint_auth_method="knock", client_secret=None)))

    answer = world.token(secret=None, client_id="rp", grant_type="client_credentials", knocks="3")
    refused = world.token(secret=None, client_id="rp", grant_type="client_credentials", client_secret=SECRET)

    assert answer.status == 200, answer.text
    assert refused.status == 401
    supported = world.request("GET", "/.well-known/openid-configuration").json
    assert "knock" in supported["token_endpoint_auth_methods_supported"]


class Visiting(Asking):
    """A made-up jurisdiction: who is on the list of guests sees."""

    def __init__(self, question, facts, now):
        super().__init__(question, facts, now)
        self.guests = more(facts, "xx", frozenset())


def invited(visiting, resource):
    """Who is on the list."""
    return holds(visiting.actor.employee in visiting.guests)


def test_a_jurisdiction_of_care_with_facts_of_its_own_is_a_module_and_a_row(worlds, monkeypatch):
    guest = FactKind("guest", "Who may come in.", "House rules", (FactField("who", FieldType.EMPLOYEE),))
    rule = CareRule("invited", Access.PERMITTED, "invited", "House rules", invited)
    gather = lambda of, now: frozenset(fact.says["who"] for fact in of["guest"] if fact.holds(now))  # noqa: E731
    made_up = RuleSet("xx", {"sv": "Husregler", "en": "House rules"}, (rule,), Visiting, (guest,), gather)
    monkeypatch.setitem(SETS, "xx", made_up)
    whole = document()
    whole["care_providers"][0]["rules"] = "xx"
    register = Register(worlds.make(whole), {"oid": values.PERSONNUMMER, "value": values.PATIENT.value})

    asked = [register.asks(staff())]
    fact = register.entered("guest", {"who": values.DOCTOR})
    asked.append(register.asks(staff()))
    register.end(fact)
    asked.append(register.asks(staff()))

    assert asked == [("refused", {"not-permitted"}), ("permitted", {"invited"}), ("refused", {"not-permitted"})]
