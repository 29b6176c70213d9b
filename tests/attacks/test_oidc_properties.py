"""Whatever is sent, the OpenID Provider never fails, never redirects to an unproven address and never forgets `iss`."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.oidc import patient
from tests.support.world import CALLBACK, client, federation

NAMES = ["client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age",
         "acr_values", "claims", "id_token_hint", "login_hint", "ui_locales", "code_challenge", "code_challenge_method",
         "request", "request_uri"]  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
TREE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
ASKED = st.dictionaries(st.sampled_from(["given_name", "acr", "sub", "address"]), TREE)
CLAIMS = st.fixed_dictionaries({}, optional={"id_token": TREE, "userinfo": ASKED})
FIELDS = st.sampled_from(["grant_type", "code", "code_verifier", "redirect_uri", "refresh_token", "scope", "client_id",
                          "client_secret", "client_assertion", "client_assertion_type", "token"])  # fmt: skip


@pytest.fixture(scope="module")
def world(lasting_worlds):
    return lasting_worlds.make(federation(client()))


def assert_proven(world, answer):
    assert answer.status < 500
    if answer.location and not answer.location.startswith(("/login/", "/oidc/logout?")):
        assert answer.location.startswith(CALLBACK + "?")
        assert answer.sent_back["iss"] == world.base
        assert ("code" in answer.sent_back) != ("error" in answer.sent_back)


@settings(max_examples=60, deadline=None)
@given(changes=st.dictionaries(st.sampled_from(NAMES), TEXT | st.none(), max_size=4))
def test_any_authorization_request_is_answered_at_the_proven_address_or_by_a_page(world, changes):
    assert_proven(world, patient(world).browser().get(world.authorize_url(**changes)))


@settings(max_examples=60, deadline=None)
@given(tree=CLAIMS | TREE)
def test_any_claims_parameter_is_read_or_refused(world, tree):
    answer = patient(world).browser().get(world.authorize_url(claims=json.dumps(tree)[:8000]))
    assert_proven(world, answer)
    if "code" in answer.sent_back:
        assert world.redeem(answer.sent_back["code"]).status == 200


@settings(max_examples=60, deadline=None)
@given(
    form=st.dictionaries(FIELDS, TEXT, max_size=5),
    endpoint=st.sampled_from(["token", "introspect", "revoke", "userinfo"]),
)
def test_any_form_gets_a_protocol_answer(world, form, endpoint):
    answer = patient(world).request("POST", f"/oidc/{endpoint}", form)
    assert answer.status in {400, 401}
    assert endpoint == "userinfo" or answer.json["error"]


@settings(max_examples=60, deadline=None)
@given(
    octets=st.binary(max_size=200),
    endpoint=st.sampled_from(["authorize", "token", "introspect", "revoke", "userinfo", "logout"]),
)
def test_any_octets_are_no_crash(world, octets, endpoint):
    assert_proven(world, patient(world).request("POST", f"/oidc/{endpoint}", octets))


@settings(max_examples=60, deadline=None)
@given(header=st.binary(max_size=80))
def test_any_authorization_header_is_no_crash(world, header):
    value = header.decode("latin-1")
    for endpoint in ("token", "userinfo"):
        assert patient(world).request("POST", f"/oidc/{endpoint}", {}, Authorization=value).status in {400, 401}
        assert patient(world).request("POST", f"/oidc/{endpoint}", {}, Authorization="Basic " + value).status in {
            400,
            401,
        }


@settings(max_examples=60, deadline=None)
@given(state=TEXT, nonce=TEXT)
def test_any_state_comes_back_as_it_was_sent_or_not_at_all(world, state, nonce):
    sent = patient(world).browser().get(world.authorize_url(state=state, nonce=nonce)).sent_back
    assert sent.get("state") in {state, None}
    assert (sent.get("state") is None) == (state == "")
