"""Every spoiled JWT at every place of the OpenID Provider that reads one: client assertion, id_token_hint, access token."""

import hashlib
import hmac

import pytest

from metadata.wire.jose import issue, public_jwk
from metadata.wire.signing import Signer
from tests.support.jose_mutations import MUTATIONS, Case, b64, dump
from tests.support.oidc import KEY, STRANGER, asserting, assertion, assertion_claims, error, keyed_client, patient
from tests.support.world import claims, federation

pytestmark = pytest.mark.spec("RFC 8725", "3")


@pytest.fixture
def world(shared):
    return patient(shared)


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    return lasting_worlds.make(federation(keyed_client("rp")))


def text(token) -> str:
    return token.decode("latin-1") if isinstance(token, bytes) else token


def ours(world) -> Signer:
    return world.app.snapshots.keys.signer("oidc", "ES256")


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_spoiled_client_assertion_authenticates_nobody(world, name):
    case = Case({"alg": "ES256", "kid": "k1", "typ": "JWT"}, assertion_claims(world), KEY, STRANGER)
    form = {"grant_type": "client_credentials", "client_id": "rp", **asserting(text(MUTATIONS[name](case)))}
    for endpoint in ("/oidc/token", "/oidc/introspect", "/oidc/revoke"):
        answer = world.request("POST", endpoint, {**form, "token": "x"})
        assert (answer.status, error(answer)) == (401, "invalid_client")
        assert not answer.header("WWW-Authenticate")


def test_the_assertion_that_is_spoiled_was_good(world):
    case = Case({"alg": "ES256", "kid": "k1", "typ": "JWT"}, assertion_claims(world), KEY, STRANGER)
    form = {"grant_type": "client_credentials", **asserting(case.token())}
    assert world.request("POST", "/oidc/token", form).status == 200


@pytest.fixture(scope="module")
def id_token(shared):
    return shared.redeem(shared.code(), secret=None, **asserting(assertion(shared))).json


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_spoiled_id_token_hint_is_refused_at_both_doors(world, id_token, name):
    signer = ours(world)
    case = Case({"alg": "ES256", "kid": signer.kid}, claims(id_token["id_token"]), signer, STRANGER)
    hint = text(MUTATIONS[name](case))
    browser = world.browser()
    answer = browser.get(world.authorize_url(id_token_hint=hint))
    if hint:
        assert error(answer) == "invalid_request"
        out = browser.request("POST", "/oidc/logout", {"id_token_hint": hint})
        assert (out.status, out.cause) == (400, "request-signature")
    else:
        assert "code" in answer.sent_back, "an empty parameter is one left out"


def test_the_hint_that_is_spoiled_was_good(world, id_token):
    signer = ours(world)
    case = Case({"alg": "ES256", "kid": signer.kid}, claims(id_token["id_token"]), signer, STRANGER)
    assert "code" in world.browser().get(world.authorize_url(id_token_hint=case.token())).sent_back


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_spoiled_access_token_opens_nothing(world, id_token, name):
    signer = ours(world)
    case = Case(
        {"alg": "ES256", "kid": signer.kid, "typ": "at+jwt"}, claims(id_token["access_token"]), signer, STRANGER
    )
    access = text(MUTATIONS[name](case))
    if not access.strip():
        return
    answer = world.request("POST", "/oidc/userinfo", {"access_token": access})
    assert (answer.status, error(answer)) == (401, "invalid_token")


def test_the_access_token_that_is_spoiled_was_good(world, id_token):
    signer = ours(world)
    case = Case(
        {"alg": "ES256", "kid": signer.kid, "typ": "at+jwt"}, claims(id_token["access_token"]), signer, STRANGER
    )
    assert world.request("POST", "/oidc/userinfo", {"access_token": case.token()}).status == 200


WRONG_CLAIMS = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "the issuer with a slash": {"iss": "http://127.0.0.1:8440/"},
    "another client's": {"aud": "other"},
    "an audience that is no text": {"aud": 7},
    "no audience": {"aud": None},
    "no sub": {"sub": None},
    "no exp": {"exp": None},
    "no iat": {"iat": None},
    "no auth_time": {"auth_time": None},
}


@pytest.mark.parametrize("name", WRONG_CLAIMS)
def test_a_hint_that_we_signed_but_not_as_an_id_token_of_this_client_is_refused(world, id_token, name):
    told = {**claims(id_token["id_token"]), **WRONG_CLAIMS[name]}
    hint = issue({k: v for k, v in told.items() if v is not None}, ours(world))
    assert error(world.browser().get(world.authorize_url(id_token_hint=hint))) == "invalid_request"


@pytest.mark.parametrize(
    "changes", [{"iss": "https://evil.example"}, {"exp": None}, {"exp": "soon"}, {"jti": "no-grant.x"}]
)
def test_an_access_token_that_we_signed_with_other_claims_opens_nothing(world, id_token, changes):
    told = {**claims(id_token["access_token"]), **changes}
    access = issue({k: v for k, v in told.items() if v is not None}, ours(world), typ="at+jwt")
    assert world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {access}").status == 401


def test_the_published_keys_verify_nothing_by_hmac(world, id_token):
    """The confusion of a public key with a shared one, with the key just as it is published."""
    jwk = public_jwk(ours(world))
    head, body = (
        dump({"alg": "HS256", "kid": jwk["kid"], "typ": "at+jwt"}),
        dump(dict(claims(id_token["access_token"]))),
    )
    data = f"{b64(head)}.{b64(body)}"
    for secret in (dump(jwk), dump({"keys": [jwk]}), world.request("GET", "/oidc/jwks").body):
        token = f"{data}.{b64(hmac.digest(secret, data.encode(), hashlib.sha256))}"
        assert world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {token}").status == 401
