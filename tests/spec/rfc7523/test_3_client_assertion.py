"""Client assertions: short, for us alone, used once (RFC 7523 section 3, OpenID Connect Core section 9)."""

import pytest

from tests.support.oidc import (
    ASSERTION_TYPE,
    KEY,
    STRANGER,
    asserting,
    assertion,
    error,
    header_of,
    key,
    keyed_client,
    patient,
)
from tests.support.world import CALLBACK, NOW, claims, client, federation

pytestmark = pytest.mark.spec("RFC 7523", "3")


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    swedish = keyed_client("swedish", assertion_audience="token_endpoint")
    return lasting_worlds.make(federation(keyed_client("rp"), keyed_client("other"), swedish, client("basic")))


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return patient(shared)


def ask(world, token, **form):
    return world.request("POST", "/oidc/token", {"grant_type": "client_credentials", **asserting(token), **form})


def assert_refused(answer):
    assert (answer.status, error(answer)) == (401, "invalid_client")


GOOD = {
    "the usual one": {},
    "with nbf": {"nbf": NOW},
    "nbf a minute ahead": {"nbf": NOW + 60},
    "iat a minute ahead": {"iat": NOW + 60},
    "expired less than a minute ago": {"exp": NOW - 59},
    "five minutes long": {"exp": NOW + 300},
    "a jti of 255 characters": {"jti": "j" * 255},
    "more claims": {"nonce": "x", "https://example.org/x": [1, 2]},
}


@pytest.mark.parametrize("name", GOOD)
def test_an_assertion_within_its_bounds_is_taken(world, name):
    assert ask(world, assertion(world, **GOOD[name])).status == 200


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "client-authentication+jwt"])
def test_types_of_the_field_and_of_the_draft_are_taken(world, typ):
    assert ask(world, assertion(world, typ=typ)).status == 200


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "", "x"])
def test_another_type_is_refused(world, typ):
    assert_refused(ask(world, assertion(world, typ=typ)))


BASE = "http://127.0.0.1:8440"
BAD = {
    "no iss": {"iss": None},
    "no sub": {"sub": None},
    "no aud": {"aud": None},
    "no exp": {"exp": None},
    "no iat": {"iat": None},
    "no jti": {"jti": None},
    "iss of another client": {"iss": "other"},
    "sub of another client": {"sub": "other"},
    "iss in another case": {"iss": "RP"},
    "iss the provider": {"iss": BASE},
    "iss a list": {"iss": ["rp"]},
    "sub a list": {"sub": ["rp"]},
    "sub a number": {"sub": 1},
    "aud an array with the issuer alone": {"aud": [BASE]},
    "aud an array with another": {"aud": [BASE, "https://evil.example"]},
    "aud an empty array": {"aud": []},
    "aud the token endpoint": {"aud": f"{BASE}/oidc/token"},
    "aud the introspection endpoint": {"aud": f"{BASE}/oidc/introspect"},
    "aud with a slash": {"aud": BASE + "/"},
    "aud in another case": {"aud": BASE.upper()},
    "aud another provider": {"aud": "https://evil.example"},
    "aud a prefix": {"aud": BASE[:-1]},
    "aud a number": {"aud": 1},
    "aud an object": {"aud": {BASE: 1}},
    "expired": {"exp": NOW - 60},
    "exp far ahead": {"exp": NOW + 361},
    "exp in a thousand years": {"exp": NOW + 10**10},
    "exp a fraction": {"exp": NOW + 60.5},
    "exp text": {"exp": str(NOW + 60)},
    "exp true": {"exp": True},
    "exp negative": {"exp": -1},
    "exp enormous": {"exp": 10**30},
    "iat ahead": {"iat": NOW + 61},
    "iat text": {"iat": str(NOW)},
    "nbf ahead": {"nbf": NOW + 61},
    "nbf null": {"nbf": [NOW]},
    "jti empty": {"jti": ""},
    "jti a number": {"jti": 7},
    "jti a list": {"jti": ["x"]},
    "jti too long": {"jti": "j" * 256},
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("named", [True, False])
def test_an_assertion_out_of_bounds_is_refused(world, name, named):
    form = {"client_id": "rp"} if named else {}
    assert_refused(ask(world, assertion(world, **BAD[name]), **form))


@pytest.mark.spec("OpenID Connect Core", "9")
def test_a_client_of_the_swedish_profile_may_name_the_token_endpoint(world):
    for audience in (BASE, f"{BASE}/oidc/token"):
        assert ask(world, assertion(world, client_id="swedish", aud=audience)).status == 200
    for audience in ([BASE], [f"{BASE}/oidc/token"], f"{BASE}/oidc/introspect", f"{BASE}/oidc/token/"):
        assert_refused(ask(world, assertion(world, client_id="swedish", aud=audience)))


@pytest.mark.parametrize("seconds", [0, 1, 59, 118])
def test_a_jti_is_taken_once(world, seconds):
    token = assertion(world)
    assert ask(world, token).status == 200
    world.clock.now += seconds
    assert_refused(ask(world, token))


def test_a_jti_is_remembered_across_the_endpoints(world):
    token = assertion(world)
    assert ask(world, token).status == 200
    for endpoint in ("/oidc/introspect", "/oidc/revoke"):
        assert_refused(world.request("POST", endpoint, {"token": "x", **asserting(token)}))


def test_two_clients_may_choose_the_same_jti(world):
    assert ask(world, assertion(world, jti="the-same")).status == 200
    assert ask(world, assertion(world, client_id="other", jti="the-same")).status == 200
    assert_refused(ask(world, assertion(world, jti="the-same")))


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK, "code_verifier": "v" * 43},
        {"grant_type": "refresh_token", "refresh_token": "x"},
        {"grant_type": "password"},
        {"scope": "unknown"},
    ],
)
def test_a_request_that_fails_uses_its_assertion_up(world, form):
    token = assertion(world)
    assert ask(world, token, **form).status == 400
    assert_refused(ask(world, token))


def test_a_whole_request_replayed_is_refused_as_the_client_and_ends_nothing(world):
    # given: code and assertion both used
    code = world.code()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": world.pkce.verifier,
    }
    token = assertion(world)
    tokens = ask(world, token, **form)
    assert tokens.status == 200
    # when: the same octets come again
    again = ask(world, token, **form)
    # then: whoever sent them did not prove to be the client
    assert_refused(again)
    assert world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens.json['access_token']}").status == 200
    # but the client itself, with a new assertion, ends the grant
    assert ask(world, assertion(world), **form).status == 400
    assert world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens.json['access_token']}").status == 401


@pytest.mark.parametrize("type_", ["", "jwt-bearer", ASSERTION_TYPE.upper(), ASSERTION_TYPE.replace("jwt", "saml2")])
def test_another_assertion_type_is_refused(world, type_):
    assert_refused(ask(world, assertion(world), client_assertion_type=type_))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "null", "e30.e30.", "å.b.c"])
@pytest.mark.parametrize("named", [True, False])
def test_what_is_no_assertion_is_refused(world, token, named):
    assert_refused(ask(world, token, **({"client_id": "rp"} if named else {})))


@pytest.mark.parametrize("client_id", ["rp", "other", "basic", "nobody"])
def test_another_clients_key_proves_nothing(world, client_id):
    assert_refused(ask(world, assertion(world, STRANGER, client_id)))
    assert_refused(ask(world, assertion(world, STRANGER), client_id=client_id))


def test_a_key_is_found_by_name_or_by_kind_among_several(worlds):
    one, two = key(kid="one"), key("Ed25519", "two")
    world = worlds.make(federation(keyed_client("rp", one, two)))
    assert ask(world, assertion(world, one)).status == 200
    assert ask(world, assertion(world, two)).status == 200
    assert header_of(assertion(world, one))["kid"] == "one"


def test_a_code_is_redeemed_with_an_assertion(world):
    code = world.code()
    answer = world.redeem(code, secret=None, **asserting(assertion(world)))
    assert answer.status == 200
    assert claims(answer.json["id_token"])["aud"] == "rp"
    assert KEY.kid == "k1"
