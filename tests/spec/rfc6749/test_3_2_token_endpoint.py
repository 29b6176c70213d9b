"""The token endpoint: what it reads, and what it answers (RFC 6749 sections 3.2, 5.1 and 5.2)."""

from urllib.parse import urlencode

import pytest

from tests.support.oidc import basic, error, public_client
from tests.support.world import CALLBACK, client, federation

pytestmark = pytest.mark.spec("RFC 6749", "3.2")


@pytest.fixture(scope="module")
def world(lasting_worlds):
    narrow = client("narrow", grant_types=["authorization_code"], redirect_uris=["https://n.example.org/cb"])
    return lasting_worlds.make(federation(client(), narrow, public_client()))


def raw(world, body, **headers):
    sent = {"Content-Type": "application/x-www-form-urlencoded", **basic("rp"), **headers}
    return world.request("POST", "/oidc/token", body, **sent)


@pytest.mark.spec("RFC 6749", "5.1")
def test_tokens_are_kept_by_no_cache(world):
    answer = world.redeem(world.code())
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Content-Type") == "application/json"
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 300)


@pytest.mark.spec("RFC 6749", "5.2")
def test_errors_are_kept_by_no_cache_either(world):
    answer = world.redeem("nothing")
    assert answer.header("Cache-Control") == "no-store"
    assert set(answer.json) == {"error", "error_description"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize("endpoint", ["/oidc/token", "/oidc/introspect", "/oidc/revoke"])
def test_only_post_is_allowed(world, method, endpoint):
    answer = world.request(method, endpoint + "?grant_type=client_credentials", **basic("rp"))
    assert (answer.status, answer.header("Allow")) == (405, "POST")


@pytest.mark.parametrize(
    "grant_type",
    ["password", "implicit", "urn:ietf:params:oauth:grant-type:token-exchange", "AUTHORIZATION_CODE", "x\0"],
)
def test_other_grants_are_unsupported(world, grant_type):
    answer = world.token(grant_type=grant_type, username="anna", password="x")
    assert (answer.status, error(answer)) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("grant_type", [None, ""])
def test_a_grant_type_is_required(world, grant_type):
    assert error(world.token(grant_type=grant_type)) == "invalid_request"


@pytest.mark.parametrize("grant_type", ["refresh_token", "client_credentials"])
def test_a_grant_that_the_client_is_not_registered_for_is_refused(world, grant_type):
    assert error(world.token("narrow", grant_type=grant_type, refresh_token="x")) == "unauthorized_client"


@pytest.mark.parametrize("left_out", ["code", "redirect_uri", "code_verifier"])
@pytest.mark.parametrize("empty", [None, ""])
def test_every_parameter_of_a_code_is_required(world, left_out, empty):
    form = {
        "grant_type": "authorization_code",
        "code": world.code(),
        "redirect_uri": CALLBACK,
        "code_verifier": world.pkce.verifier,
    }
    assert error(world.token(**{**form, left_out: empty})) == "invalid_request"
    assert world.token(**form).status == 200


def test_a_refresh_token_is_required(world):
    assert error(world.token(grant_type="refresh_token")) == "invalid_request"


@pytest.mark.parametrize("name", ["grant_type", "client_id", "scope", "code", "unknown"])
def test_a_parameter_sent_twice_is_refused(world, name):
    body = urlencode([("grant_type", "client_credentials"), (name, "x"), (name, "x")]).encode()
    assert error(raw(world, body)) == "invalid_request"


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "x"])
def test_another_media_type_is_refused(world, media_type):
    answer = raw(world, b'{"grant_type":"client_credentials"}', **{"Content-Type": media_type})
    assert (answer.status, error(answer)) == (400, "invalid_request")


@pytest.mark.parametrize(
    "media_type", ["application/x-www-form-urlencoded; charset=UTF-8", "APPLICATION/X-WWW-FORM-URLENCODED"]
)
def test_the_media_type_is_read_without_parameters_and_case(world, media_type):
    assert raw(world, b"grant_type=client_credentials", **{"Content-Type": media_type}).status == 200


@pytest.mark.parametrize(
    "body", [b"grant_type=%ff", b"grant_type=%c0%af", "grant_type=å".encode(), b"a=1&" * 101, b"\xff\xfe"]
)
def test_an_unreadable_form_is_refused(world, body):
    answer = raw(world, body)
    assert (answer.status, error(answer)) == (400, "invalid_request")


@pytest.mark.parametrize("endpoint", ["/oidc/token", "/oidc/introspect", "/oidc/revoke", "/oidc/userinfo"])
def test_a_body_over_64_kib_is_refused(world, endpoint):
    answer = world.request("POST", endpoint, b"a=" + b"b" * 65536, **basic("rp"))
    assert answer.status == 413


@pytest.mark.spec("RFC 6749", "4.4")
def test_a_client_gets_a_token_of_its_own_and_no_refresh_token(world):
    answer = world.token(grant_type="client_credentials", scope="profile")
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "scope"}
    assert answer.json["scope"] == "profile"


@pytest.mark.spec("RFC 6749", "4.4")
@pytest.mark.parametrize("scope", ["openid", "offline_access", "profile openid", "email", "profile  x", "x" * 5000])
def test_a_client_gets_no_scope_that_is_not_its_own(world, scope):
    assert error(world.token(grant_type="client_credentials", scope=scope)) == "invalid_scope"


@pytest.mark.spec("RFC 6749", "4.4")
def test_without_scope_a_client_gets_all_that_is_its_own(worlds):
    bare = client("bare", scope=None, grant_types=["client_credentials"])
    world = worlds.make(federation(client(scope="openid profile api"), bare))
    assert world.token(grant_type="client_credentials").json["scope"] == "api profile"
    answer = world.token("bare", grant_type="client_credentials")
    assert answer.status == 200
    assert "scope" not in answer.json, "an empty scope is no scope (section 3.3)"


@pytest.mark.spec("RFC 6749", "4.4")
def test_a_suspended_service_gets_no_token_of_its_own(worlds):
    world = worlds.make(federation(client(state="suspended")))
    assert error(world.token(grant_type="client_credentials")) == "unauthorized_client"
