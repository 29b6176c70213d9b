"""Access tokens, and that a token of one kind is never taken for another (RFC 9068, RFC 8725 section 3.11)."""

import pytest

from metadata.wire.jose import issue
from tests.support.oidc import (
    KEY,
    active,
    asserting,
    assertion,
    error,
    header_of,
    introspect,
    keyed_client,
    refresh,
    revoke,
    userinfo,
    verified,
)
from tests.support.world import NOW, claims, client, federation

pytestmark = pytest.mark.spec("RFC 9068", "2.2")
SCOPE = "openid profile offline_access"


@pytest.fixture(scope="module")
def world(lasting_worlds):
    rp = client(scope=f"{SCOPE} api", userinfo_signed_response_alg="ES256")
    return lasting_worlds.make(federation(rp, client("api"), keyed_client("keyed")))


@pytest.fixture(scope="module")
def kinds(world):
    """One good token of each kind that is about."""
    tokens = world.tokens(scope=SCOPE)
    return {
        "access token": tokens["access_token"],
        "ID token": tokens["id_token"],
        "refresh token": tokens["refresh_token"],
        "signed userinfo": userinfo(world, tokens["access_token"]).text,
        "client's own access token": world.token(grant_type="client_credentials").json["access_token"],
        "client assertion": assertion(world, client_id="keyed"),
        "client assertion with a type": assertion(world, client_id="keyed", typ="client-authentication+jwt"),
        "code": world.code(scope=SCOPE),
        "secret": "a-secret-of-a-client-that-is-long-enough",
    }


def test_an_access_token_has_these_claims_and_no_other(world):
    token = world.tokens()["access_token"]
    got = verified(world, token)
    assert set(got) == {"iss", "aud", "sub", "client_id", "iat", "exp", "jti", "scope"}
    assert (got["iss"], got["aud"], got["client_id"]) == (world.base, world.base, "rp")
    assert (got["iat"], got["exp"], got["scope"]) == (NOW, NOW + 300, "openid profile")
    assert header_of(token)["typ"] == "at+jwt"


def test_its_sub_is_the_client_s_own_name_for_the_person(world):
    tokens = world.tokens()
    assert claims(tokens["access_token"])["sub"] == claims(tokens["id_token"])["sub"]


def test_a_client_s_own_token_has_the_client_as_sub(world):
    got = claims(world.token(grant_type="client_credentials").json["access_token"])
    assert (got["sub"], got["client_id"]) == ("rp", "rp")


@pytest.mark.spec("RFC 9068", "3")
@pytest.mark.parametrize(
    ("scope", "audience"),
    [("openid", "http://127.0.0.1:8440"), ("openid api", ["http://127.0.0.1:8440", "api"])],
)
def test_its_audience_is_the_broker_and_the_clients_named_in_the_scope(world, scope, audience):
    assert claims(world.tokens(scope=scope)["access_token"])["aud"] == audience


@pytest.mark.spec("RFC 9068", "3")
@pytest.mark.parametrize(("scope", "audience"), [("api", "api"), ("profile", "http://127.0.0.1:8440")])
def test_the_audience_of_a_client_s_own_token(world, scope, audience):
    token = world.token(grant_type="client_credentials", scope=scope).json["access_token"]
    assert claims(token)["aud"] == audience


def test_no_two_tokens_have_the_same_jti(world):
    assert len({claims(world.tokens()["access_token"])["jti"] for _ in range(10)}) == 10


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize("kind", ["ID token", "refresh token", "signed userinfo", "client's own access token",
                                  "client assertion", "client assertion with a type", "code", "secret"])  # fmt: skip
def test_no_other_token_opens_userinfo(world, kinds, kind):
    answer = userinfo(world, kinds[kind])
    assert (answer.status, error(answer)) == (401, "invalid_token")


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize("kind", ["ID token", "signed userinfo", "client assertion", "code", "secret"])
def test_no_other_token_is_active(world, kinds, kind):
    assert introspect(world, kinds[kind]).json == {"active": False}


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize("kind", ["access token", "ID token", "signed userinfo", "client assertion", "code", "secret"])
def test_no_other_token_refreshes(world, kinds, kind):
    assert error(refresh(world, kinds[kind])) == "invalid_grant"


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize(
    "kind", ["access token", "ID token", "refresh token", "signed userinfo", "client assertion", "secret"]
)
def test_no_other_token_is_a_code(world, kinds, kind):
    assert error(world.redeem(kinds[kind])) == "invalid_grant"


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize("kind", ["access token", "ID token", "refresh token", "signed userinfo", "client's own access token",
                                  "code", "secret"])  # fmt: skip
@pytest.mark.parametrize("named", [True, False])
def test_no_other_token_is_a_client_assertion(world, kinds, kind, named):
    form = {**asserting(kinds[kind]), "grant_type": "client_credentials", **({"client_id": "keyed"} if named else {})}
    answer = world.request("POST", "/oidc/token", form)
    assert (answer.status, error(answer)) == (401, "invalid_client")


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize("kind", ["access token", "refresh token", "signed userinfo", "client's own access token",
                                  "client assertion", "code", "secret"])  # fmt: skip
def test_no_other_token_is_an_id_token_hint(world, kinds, kind):
    answer = world.browser().get(world.authorize_url(id_token_hint=kinds[kind]))
    assert error(answer) == "invalid_request"
    out = world.browser().get(f"/oidc/logout?id_token_hint={kinds[kind]}")
    assert (out.status, out.cause) == (400, "request-signature")


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize("kind", ["ID token", "signed userinfo", "client assertion", "code", "secret"])
def test_revoking_another_token_ends_nothing(world, kinds, kind):
    assert revoke(world, kinds[kind]).status == 200
    assert active(world, kinds["access token"])


def test_a_token_signed_by_the_clients_own_key_is_no_token_of_ours(world):
    good = claims(world.tokens()["access_token"])
    assert userinfo(world, issue(good, KEY, typ="at+jwt")).status == 401
