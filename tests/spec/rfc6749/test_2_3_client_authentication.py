"""Client authentication: exactly one method, and the one that is registered (RFC 6749 section 2.3)."""

import base64
from urllib.parse import quote

import pytest

from tests.support.oidc import STRANGER, asserting, assertion, basic, error, key, keyed_client, patient, public_client
from tests.support.world import SECRET, client, federation

pytestmark = pytest.mark.spec("RFC 6749", "2.3")
CREDENTIALS = {"grant_type": "client_credentials"}
ODD_SECRET = "pass word+with%25:odd&signs=ååå/?"
POST_SECRET = "the-secret-of-the-client-that-posts"


@pytest.fixture
def world(shared):
    return patient(shared)


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    post = client("post", token_endpoint_auth_method="client_secret_post", client_secret=POST_SECRET)
    odd = client("odd", client_secret=ODD_SECRET)
    odd["oidc"]["client_id"] = "odd id"
    return lasting_worlds.make(federation(client(), post, odd, keyed_client("keyed"), public_client()))


def ask(world, form=None, endpoint="/oidc/token", **headers):
    return world.request("POST", endpoint, {**CREDENTIALS, **(form or {})}, **headers)


def own(world, method):
    """The right credentials of the client that is registered for a method, as form and headers."""
    return {
        "client_secret_basic": ({}, basic("rp")),
        "client_secret_post": ({"client_id": "post", "client_secret": POST_SECRET}, {}),
        "private_key_jwt": (asserting(assertion(world, client_id="keyed")), {}),
    }[method]


METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]


@pytest.mark.parametrize("method", METHODS)
def test_each_method_authenticates_the_client_registered_for_it(world, method):
    form, headers = own(world, method)
    assert ask(world, form, **headers).status == 200


@pytest.mark.parametrize(
    ("client_id", "way"),
    [
        ("rp", "post"), ("rp", "none"), ("rp", "jwt"),
        ("post", "basic"), ("post", "none"), ("post", "jwt"),
        ("keyed", "basic"), ("keyed", "post"), ("keyed", "none"),
        ("spa", "basic"), ("spa", "post"), ("spa", "jwt"),
    ],
)  # fmt: skip
def test_a_method_that_is_not_the_registered_one_is_refused_even_with_the_right_secret(world, client_id, way):
    secret = {"rp": SECRET, "post": POST_SECRET}.get(client_id, SECRET)
    form, headers = {
        "basic": ({}, basic(client_id, secret)),
        "post": ({"client_id": client_id, "client_secret": secret}, {}),
        "none": ({"client_id": client_id}, {}),
        "jwt": (asserting(assertion(world, client_id=client_id)), {}),
    }[way]
    answer = ask(world, form, **headers)
    assert (answer.status, error(answer)) == (401, "invalid_client")


@pytest.mark.parametrize("first", METHODS)
@pytest.mark.parametrize("second", METHODS)
def test_two_methods_in_one_request_are_refused(world, first, second):
    if first == second:
        return
    forms, headers = own(world, first), own(world, second)
    answer = ask(world, {**forms[0], **headers[0]}, **{**forms[1], **headers[1]})
    assert (answer.status, error(answer)) == (400, "invalid_request")


@pytest.mark.parametrize("endpoint", ["/oidc/token", "/oidc/introspect", "/oidc/revoke"])
def test_no_authentication_at_all_is_invalid_client(world, endpoint):
    answer = ask(world, {"token": "x"}, endpoint)
    assert (answer.status, error(answer)) == (401, "invalid_client")


@pytest.mark.parametrize("endpoint", ["/oidc/token", "/oidc/introspect", "/oidc/revoke"])
@pytest.mark.parametrize(
    "secret", ["", "wrong", SECRET[:-1], SECRET + "x", SECRET.upper(), " " + SECRET, SECRET + "\0"]
)
def test_a_wrong_secret_is_refused_with_the_challenge_of_the_scheme_that_was_tried(world, endpoint, secret):
    answer = ask(world, {"token": "x"}, endpoint, **basic("rp", secret))
    assert (answer.status, error(answer)) == (401, "invalid_client")
    assert answer.header("WWW-Authenticate").startswith("Basic ")


@pytest.mark.parametrize("secret", ["wrong", SECRET])
def test_a_wrong_posted_secret_is_refused(world, secret):
    answer = ask(world, {"client_id": "post", "client_secret": secret})
    assert (answer.status, error(answer)) == (401, "invalid_client")


def test_an_unknown_client_is_told_no_more_than_one_with_a_wrong_secret(world):
    unknown, wrong = ask(world, **basic("nobody", SECRET)), ask(world, **basic("rp", "wrong"))
    assert (unknown.status, unknown.headers, unknown.json) == (wrong.status, wrong.headers, wrong.json)


BAD_HEADERS = [
    "",
    "Basic",
    "Basic ",
    "Basic !!!!",
    "Basic " + base64.b64encode(b"no colon").decode(),
    "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
    "Basic " + base64.b64encode(b"rp:x").decode() + "=",
    "Basic cnA6\u0161",
    "Bearer " + base64.b64encode(f"rp:{SECRET}".encode()).decode(),
    "Digest username=rp",
    base64.b64encode(f"rp:{SECRET}".encode()).decode(),
    "Basic " + "A" * 20000,
]


@pytest.mark.parametrize("header", BAD_HEADERS)
def test_a_malformed_authorization_header_is_refused(world, header):
    answer = ask(world, Authorization=header)
    assert (answer.status, error(answer)) == (401, "invalid_client")


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_the_scheme_is_read_without_regard_to_case(world, scheme):
    header = basic("rp")["Authorization"].replace("Basic", scheme)
    assert ask(world, Authorization=header).status == 200


@pytest.mark.spec("RFC 6749", "2.3.1")
def test_both_parts_of_basic_are_percent_decoded(world):
    joined = f"{quote('odd id', safe='')}:{quote(ODD_SECRET, safe='')}"
    header = "Basic " + base64.b64encode(joined.encode()).decode()
    assert ask(world, Authorization=header).status == 200
    plain = "Basic " + base64.b64encode(f"odd id:{ODD_SECRET}".encode()).decode()
    assert ask(world, Authorization=plain).status == 401


def test_a_client_id_beside_the_authentication_must_be_the_same(world):
    assert ask(world, {"client_id": "rp"}, **basic("rp")).status == 200
    other = ask(world, {"client_id": "post"}, **basic("rp"))
    assert (other.status, error(other)) == (400, "invalid_request")
    form = {**asserting(assertion(world, client_id="keyed")), "client_id": "rp"}
    assert ask(world, form).status == 401


@pytest.mark.spec("RFC 6749", "2.3.1")
@pytest.mark.parametrize("endpoint", ["/oidc/token", "/oidc/introspect", "/oidc/revoke"])
@pytest.mark.parametrize(
    "name", ["client_secret", "client%5Fsecret", "client_assertion", "code", "refresh_token", "token"]
)
def test_a_secret_in_the_address_is_refused_though_all_else_is_right(world, endpoint, name):
    answer = ask(world, {"token": "x"}, f"{endpoint}?{name}=x", **basic("rp"))
    assert (answer.status, error(answer)) == (400, "invalid_request")


def test_credentials_in_the_address_alone_authenticate_nobody(world):
    answer = ask(world, None, f"/oidc/token?client_id=post&client_secret={POST_SECRET}")
    assert answer.status == 400


def test_an_unreadable_query_is_refused_and_a_harmless_one_is_not(world):
    assert ask(world, None, "/oidc/token?x=%ff", **basic("rp")).status == 400
    assert ask(world, None, "/oidc/token?tenant=7", **basic("rp")).status == 200


def test_a_public_client_names_itself_and_gets_no_tokens_of_its_own(world):
    answer = ask(world, {"client_id": "spa"})
    assert (answer.status, error(answer)) == (400, "unauthorized_client")


def test_a_stranger_s_key_authenticates_nobody(world):
    answer = ask(world, asserting(assertion(world, STRANGER, "keyed")))
    assert (answer.status, error(answer)) == (401, "invalid_client")


@pytest.mark.parametrize("alg", ["ES256", "ES384", "ES512", "Ed25519", "PS256", "RS256", "RS384", "RS512"])
def test_every_advertised_algorithm_authenticates(worlds, alg):
    signer = key(alg)
    world = worlds.make(federation(keyed_client("rp", signer)))
    assert (
        alg
        in world.request("GET", "/.well-known/openid-configuration").json[
            "token_endpoint_auth_signing_alg_values_supported"
        ]
    )
    for endpoint in ("/oidc/token", "/oidc/introspect", "/oidc/revoke"):
        assert ask(world, {"token": "x", **asserting(assertion(world, signer))}, endpoint).status == 200


def test_a_registered_algorithm_is_the_only_one(worlds):
    one, two = key("ES256", "one"), key("ES384", "two")
    world = worlds.make(federation(keyed_client("rp", one, two, token_endpoint_auth_signing_alg="ES384")))
    assert ask(world, asserting(assertion(world, one))).status == 401
    assert ask(world, asserting(assertion(world, two))).status == 200
