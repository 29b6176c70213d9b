"""What the sample services refuse: answers that are not theirs, and tokens that are not good enough."""

import html
import json
import re
import time
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import pytest
from requests import RequestException as RequestsError

from broker.demo import api, keys, notes, oidc_service, record_viewer, saml_metadata, saml_service
from broker.demo.flows.care import CLINIC, EMERGENCY
from broker.demo.material import prepare
from broker.demo.people import PERSONAS
from broker.demo.places import LOA, Places
from broker.demo.sample import LoggedIn, Remembered
from broker.guard import Context, Guard
from metadata.register import REDIRECT, Endpoint, SamlProvider
from metadata.wire.redirect import decode, encode_post
from metadata.wire.saml_messages import (
    Attribute,
    ErrorSpec,
    NameId,
    ResponseSpec,
    build_error_response,
    build_response,
    read_authn_request,
)
from metadata.wire.saml_messages.vocabulary import NO_AUTHN_CONTEXT, REQUESTER
from metadata.wire.xmlenc import Recipient

BROKER = "https://broker.example"
HERE = {"base_url": "https://127.0.0.1:12545"}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    places = Places(tmp_path_factory.mktemp("services"), 12540)
    prepare(places)
    return places


class Peer:
    """A broker that signs with a key of the demo's, so that answers can be made here."""

    entity_id = f"{BROKER}/saml/metadata"

    def __init__(self, places):
        self.signer = keys.signer(places, "saml-idp")

    def provider(self):
        return SamlProvider(
            self.entity_id,
            (Endpoint(f"{BROKER}/saml/sso", REDIRECT, 0),),
            (self.signer.public_key,),
            single_logout_services=(Endpoint(f"{BROKER}/saml/slo", REDIRECT, 0),),
        )


@pytest.fixture
def peer(places):
    return Peer(places)


@pytest.fixture
def service(places, peer):
    return saml_service.make_app(places, peer)


@pytest.fixture
def browser(service):
    return service.test_client()


def asked(browser, query=""):
    """Press a login link; the request and its RelayState."""
    address = browser.get(f"/login{query}", **HERE).location
    message = decode(urlsplit(address).query.encode())
    return read_authn_request(message.xml), message.relay_state


def answer(places, peer, request, signer=None, **changes):
    spec = {
        "issuer": peer.entity_id,
        "audience": saml_metadata.entity_id(places),
        "acs_url": f"{places.saml_service}/acs",
        "in_response_to": request.id,
        "now": int(time.time()),
        "name_id": NameId("someone"),
        "authn_context_class_ref": f"{LOA}3",
        "authn_instant": int(time.time()),
        "session_index": "_1",
        "attributes": [Attribute("urn:oid:2.5.4.4", ("Provström",)), Attribute("urn:x", ("y",))],
    }
    key = keys.private_key(places, "saml-service-encryption").public_key()
    return build_response(ResponseSpec(**{**spec, **changes}), signer or peer.signer, recipient=Recipient(key))


def post(browser, xml, relay_state):
    form = {"SAMLResponse": encode_post(xml), "RelayState": relay_state}
    return browser.post("/acs", data=form, **HERE)


def test_a_request_is_signed_and_asks_for_what_was_pressed(browser, places):
    address = browser.get(f"/login?level={LOA}4&who=staff&force=1", **HERE).location
    message = decode(urlsplit(address).query.encode())
    message.verify([keys.signer(places, "saml-service").public_key])
    request = read_authn_request(message.xml)

    assert request.requested_authn_context.class_refs == (f"{LOA}4",)
    assert request.attribute_consuming_service_index == saml_metadata.AS_STAFF
    assert request.force_authn
    assert not request.is_passive


def test_a_good_answer_logs_in_the_browser_that_asked(browser, places, peer):
    request, relay_state = asked(browser)

    landed = post(browser, answer(places, peer, request), relay_state)
    page = browser.get(landed.location, follow_redirects=True, **HERE).text

    assert 'data-state="in"' in page
    assert '<td data-field="sn">Provström</td>' in page
    assert '<td data-field="urn:x">y</td>' in page


def test_an_answer_does_not_log_in_another_browser(service, browser, places, peer):
    request, relay_state = asked(browser)
    landed = post(browser, answer(places, peer, request), relay_state)

    other = service.test_client()
    page = other.get(landed.location, **HERE)

    assert page.status_code == 400
    assert 'data-what="not-here"' in page.text
    assert 'data-state="out"' in other.get("/", **HERE).text


def test_an_answer_that_nobody_asked_for_is_refused(browser, places, peer):
    request, _ = asked(browser)

    assert 'data-what="not-here"' in post(browser, answer(places, peer, request), "unknown").text


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"issuer": f"{BROKER}/other"}, "issuer"),
        ({"audience": "https://another.example"}, "audience"),
        ({"acs_url": "https://another.example/acs"}, "destination"),
        ({"in_response_to": "_another"}, "in-response-to"),
        ({"now": 1_700_000_000}, "issue-instant"),
    ],
)
def test_an_answer_for_another_place_request_or_time_is_refused(browser, places, peer, changes, reason):
    request, relay_state = asked(browser)

    page = post(browser, answer(places, peer, request, **changes), relay_state)

    assert 'data-what="not-accepted"' in page.text
    assert f'<td data-field="reason">{reason}</td>' in page.text


def test_an_answer_signed_by_a_stranger_is_refused(browser, places, peer):
    request, relay_state = asked(browser)

    page = post(browser, answer(places, peer, request, keys.signer(places, "saml-idp-stranger")), relay_state)

    assert 'data-what="not-accepted"' in page.text


def test_an_answer_counts_once(browser, places, peer):
    request, relay_state = asked(browser)
    xml = answer(places, peer, request)
    post(browser, xml, relay_state)

    assert 'data-what="not-here"' in post(browser, xml, relay_state).text


def test_a_refusal_of_the_broker_is_shown_with_its_reference(browser, places, peer):
    request, relay_state = asked(browser)
    spec = ErrorSpec(
        peer.entity_id, f"{places.saml_service}/acs", request.id, int(time.time()), REQUESTER, NO_AUTHN_CONTEXT,
        "The level is too low. (ref 7K3M-Q9TD)",
    )  # fmt: skip

    page = post(browser, build_error_response(spec, peer.signer), relay_state)

    assert page.status_code == 403
    assert "(ref 7K3M-Q9TD)" in page.text
    assert NO_AUTHN_CONTEXT in page.text


def test_pages_speak_both_languages_and_allow_no_script(browser):
    for language, words in (("sv", "Du är inte inloggad."), ("en", "You are not logged in.")):
        page = browser.get(f"/?lang={language}", **HERE)
        assert words in page.text
        assert f'<html lang="{language}">' in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "script-src" not in page.headers["Content-Security-Policy"]


# --- OpenID Connect ---------------------------------------------------------------------------------------------------


@pytest.fixture
def relying_party(places):
    return oidc_service.make_app(places).test_client()


@pytest.mark.parametrize("iss", ["", "&iss=https://another.example"])
def test_an_answer_of_another_issuer_is_refused(relying_party, iss):
    page = relying_party.get(f"/booking/callback?code=x&state=y{iss}", **HERE)

    assert page.status_code == 400
    assert 'data-what="not-accepted"' in page.text


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(relying_party, places):
    page = relying_party.get(f"/booking/callback?code=x&state=y&iss={places.broker}", **HERE)

    assert page.status_code == 403
    assert "mismatching_state" in page.text


def test_an_error_is_shown_with_its_description(relying_party, places):
    told = "error=access_denied&error_description=The+person+cancelled.+%28ref+7K3M-Q9TD%29"

    page = relying_party.get(f"/booking/callback?{told}&iss={places.broker}", **HERE)

    assert page.status_code == 403
    assert "access_denied" in page.text
    assert "The person cancelled. (ref 7K3M-Q9TD)" in page.text


def test_what_a_broker_sends_is_text_and_not_markup(relying_party, places):
    page = relying_party.get(f"/booking/callback?error=%3Cb%3E&iss={places.broker}", **HERE)

    assert "<b>" not in page.text
    assert "&lt;b&gt;" in page.text


def test_a_service_that_does_not_exist_gets_a_page(relying_party):
    for path in ("/nothing", "/nothing/login", "/nothing/callback"):
        assert relying_party.get(path, **HERE).status_code == 404


@pytest.mark.parametrize("action", ["refresh", "userinfo", "api", "revoke", "logout"])
def test_without_a_login_there_is_nothing_to_do(relying_party, action):
    answer = relying_party.post(f"/booking/{action}", **HERE)

    assert (answer.status_code, answer.location) == (303, "/booking")


# --- the API ----------------------------------------------------------------------------------------------------------


NURSE = Context(
    "s",
    "demo-record",
    frozenset({"openid"}),
    (notes.NUMBER, PERSONAS["cecilia"].number),
    frozenset({"read"}),
    {unit: {"id": unit, "unit": unit} for unit in (CLINIC, "SE2329999912-OTHER")},
)


@pytest.fixture
def let_in(places, monkeypatch):
    """The API, asked by whoever the guard says that it is; and what it entered in the log."""

    def asked(context, path, entered=lambda *_: None):
        monkeypatch.setattr(Guard, "context", lambda *_: context)
        monkeypatch.setattr(api, "_entered", entered)
        return api.make_app(places).test_client().get(path)

    return asked


@pytest.mark.parametrize("path", ["/results", "/notes", "/nothing"])
@pytest.mark.parametrize(("header", "status"), [("", 401), ("Basic abc", 401), ("Bearer ", 401), ("Bearer t", 503)])
def test_the_api_answers_nobody_whom_the_broker_does_not_vouch_for(places, path, header, status):
    """No broker runs here."""
    answer = api.make_app(places).test_client().get(path, headers={"Authorization": header} if header else {})

    assert (answer.status_code, answer.data) == (status, b"")


def test_the_api_gives_results_to_a_token_that_has_its_scope(let_in):
    assert let_in(replace(NURSE, scope=frozenset({"demo-api"})), "/results").json["subject"] == "s"
    assert let_in(NURSE, "/results").status_code == 403


def test_the_api_shows_the_notes_that_the_token_opens_once_that_is_in_the_log(let_in):
    entered = []
    answer = let_in(NURSE, "/notes", lambda _context, units, _places: entered.append(units))

    assert answer.json["notes"].keys() == {CLINIC}
    assert entered == [[CLINIC]]


def test_the_api_shows_no_note_that_could_not_be_entered_in_the_log(let_in):
    def down(*_):
        raise RequestsError("down")

    answer = let_in(NURSE, "/notes", down)

    assert (answer.status_code, answer.data) == (503, b"")


@pytest.mark.parametrize("changes", [{"actions": frozenset()}, {"patient": None, "actions": frozenset()}])
def test_the_api_shows_no_note_to_a_token_that_does_not_open_reading(let_in, changes):
    assert let_in(replace(NURSE, **changes), "/notes").status_code == 403


# --- the record viewer


@pytest.fixture
def viewing(relying_party, monkeypatch):
    """A browser logged in to the record viewer, with what the token response said; and what the API answers."""

    def logged_in(found, **granted):
        with relying_party.session_transaction(**HERE) as session:
            session["id"] = "nurse"
        told = {**notes.asked("cecilia"), **granted}
        who = LoggedIn(
            "s", "", {"name": "Astrid"}, secret={"token": {"access_token": "t", "authorization_details": [told]}}
        )
        monkeypatch.setattr(Remembered, "get", lambda _, key: who if key == "nurse.record" else None)
        answer = SimpleNamespace(status_code=200 if found is not None else 401, json=lambda: {"notes": found})
        monkeypatch.setattr(record_viewer.requests, "get", lambda *_, **__: answer)
        return relying_party.get("/record?lang=en", **HERE).text

    return logged_in


def test_the_record_viewer_shows_each_note_or_why_it_is_not_shown(viewing):
    page = viewing({CLINIC: {"sv": "å", "en": "<b>fine"}}, withheld=[{"id": EMERGENCY, "access": "blocked"}])

    assert "&lt;b&gt;fine" in page
    assert re.findall(r'data-why="([a-z-]+)"', page) == ["blocked", "closed"]
    assert "Blocked by the patient." in page
    assert "Notes about Cecilia Testlund" in page


def test_the_record_viewer_shows_nothing_for_a_token_that_is_dead_and_no_word_of_a_program(viewing):
    page = viewing(None, withheld=[{"id": CLINIC, "access": "refused"}])

    assert re.findall(r'data-why="([a-z-]+)"', page) == ["refused", "closed", "closed"]
    assert "May not be shown." in page


def test_the_record_viewer_asks_by_post_and_no_address_names_the_patient(relying_party, places, monkeypatch):
    endpoint = f"{places.broker}/oidc/authorize"
    documents = {"authorization_endpoint": endpoint}
    monkeypatch.setattr("authlib.integrations.flask_client.FlaskOAuth2App.load_server_metadata", lambda _: documents)

    page = relying_party.get("/record/login?patient=cecilia", **HERE)

    assert f'<form method="post" action="{endpoint}">' in page.text
    sent = {name: html.unescape(value) for name, value in re.findall(r'name="([a-z_]+)" value="([^"]*)"', page.text)}
    assert json.loads(sent["authorization_details"]) == [notes.asked("cecilia")]
    assert {"state", "nonce", "code_challenge"} <= sent.keys()
    assert PERSONAS["cecilia"].number not in "".join(re.findall(r'(?:href|action)="([^"]*)"', page.text))


@pytest.mark.parametrize("patient", ["", "astrid", "191212121212", "../x"])
def test_the_record_viewer_asks_about_nobody_else(relying_party, patient):
    assert relying_party.get("/record/login", query_string={"patient": patient}, **HERE).status_code == 404


def test_a_login_link_asks_for_a_code_with_a_challenge(relying_party, places, monkeypatch):
    endpoint = f"{places.broker}/oidc/authorize"
    documents = {"authorization_endpoint": endpoint}
    monkeypatch.setattr("authlib.integrations.flask_client.FlaskOAuth2App.load_server_metadata", lambda _: documents)

    address = relying_party.get(f"/booking/login?level={LOA}3&prompt=login", **HERE).location

    sent = dict(parse_qsl(urlsplit(address).query))
    assert address.startswith(endpoint)
    assert sent["code_challenge_method"] == "S256"
    assert sent["acr_values"] == f"{LOA}3"
    assert sent["prompt"] == "login"
    assert {"state", "nonce", "code_challenge"} <= sent.keys()
