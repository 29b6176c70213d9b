"""Request objects by value: what one must be, what of it counts, and that it serves once (RFC 9101, Core section 6.1)."""

import secrets

import pytest

from metadata.wire.jose import issue
from tests.support.oidc import KEY, STRANGER, error, key, keyed_client
from tests.support.world import CALLBACK, NOW, claims, client, federation

pytestmark = pytest.mark.spec("RFC 9101", "6")

OTHER = "https://rp.example.org/other"


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    return lasting_worlds.make(
        federation(
            keyed_client("rp", redirect_uris=[CALLBACK, OTHER]),
            keyed_client("only", require_signed_request_object="true"),
            keyed_client("rs", request_object_signing_alg="RS256"),
            client("basic"),
        )
    )


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return shared


def request_object(world, by=KEY, typ="oauth-authz-req+jwt", client_id="rp", **changes):
    made = {
        "iss": client_id,
        "aud": world.base,
        "exp": world.clock.now + 300,
        "iat": world.clock.now,
        "jti": secrets.token_urlsafe(),
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid profile",
        "state": "inner",
        "nonce": "the-nonce",
        "code_challenge": world.pkce.challenge,
        "code_challenge_method": "S256",
        "login_hint": "test:anna",
        **changes,
    }
    return issue({name: value for name, value in made.items() if value is not None}, by, typ=typ)


BARE = dict.fromkeys(
    (
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "login_hint",
    )
)


def ask(world, token, client_id="rp", **outer):
    """The request with nothing but the client and the object, unless the test adds to it."""
    return world.browser().get(world.authorize_url(client_id, **{**BARE, "request": token, **outer}))


def refused(world, token, **outer):
    """The error at the address that is sent outside, and its description."""
    answer = ask(world, token, redirect_uri=CALLBACK, state="outer", **outer)
    assert answer.sent_back["state"] == "outer"
    assert "code" not in answer.sent_back
    return answer.sent_back["error"]


def test_a_request_that_is_all_in_its_object_is_served(world):
    answer = ask(world, request_object(world))
    assert answer.location.startswith(CALLBACK)
    assert answer.sent_back["state"] == "inner"
    assert "code" in answer.sent_back


def test_what_stands_outside_counts_for_nothing(world):
    answer = ask(
        world, request_object(world), redirect_uri=OTHER, state="outer", scope="nothing", max_age="x", prompt="x"
    )
    assert answer.location.startswith(CALLBACK)
    assert answer.sent_back["state"] == "inner"
    assert "code" in answer.sent_back


@pytest.mark.parametrize("typ", [None, "JWT", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt"])
def test_its_type_may_be_left_out_or_said(world, typ):
    assert "code" in ask(world, request_object(world, typ=typ)).sent_back


def test_numbers_and_objects_are_parameters_too(world):
    asked = {"id_token": {"acr": {"essential": True, "values": ["http://id.elegnamnden.se/loa/1.0/loa3"]}}}
    answer = ask(world, request_object(world, max_age=300, claims=asked))
    assert claims(world.redeem(answer.sent_back["code"], secret=None, **_asserted(world)).json["id_token"])["acr"]


def _asserted(world):
    from tests.support.oidc import asserting, assertion

    return asserting(assertion(world))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"by": STRANGER}, "another key"),
        ({"typ": "client-authentication+jwt"}, "another type"),
        ({"typ": "entity-statement+jwt"}, "another type"),
        ({"iss": "only"}, "another issuer"),
        ({"iss": None}, "no issuer"),
        ({"client_id": "rp", "iss": "rp", "sub": "rp"}, "could be a client assertion"),
        ({"aud": "https://other.example"}, "another audience"),
        ({"aud": None}, "no audience"),
        ({"aud": []}, "no audience"),
        ({"exp": None}, "no end"),
        ({"exp": NOW - 61}, "expired"),
        ({"exp": NOW + 2 * 3600}, "lives too long"),
        ({"nbf": NOW + 120}, "not yet"),
        ({"iat": NOW + 120}, "from the future"),
        ({"jti": 7}, "jti is no text"),
        ({"jti": ""}, "jti is empty"),
        ({"jti": "x" * 256}, "jti is too long"),
        ({"request": "x.y.z"}, "an object in an object"),
        ({"request_uri": "https://rp.example.org/r"}, "an address in an object"),
        ({"scope": ["openid"]}, "a list"),
        ({"max_age": 1.5}, "a fraction"),
        ({"prompt": True}, "a boolean"),
        ({"state": None, "nonce": [1]}, "a list"),
    ],
)
def test_an_object_that_is_not_what_it_must_be_is_refused(world, changes, why):
    assert refused(world, request_object(world, **changes)) == "invalid_request_object", why


def test_an_object_for_another_client_is_refused(world):
    assert refused(world, request_object(world, client_id="only", iss="rp")) == "invalid_request_object"


@pytest.mark.parametrize("token", ["x", "x.y.z", "a.b.c.d.e", "é.y.z"])
def test_what_is_no_signed_object_is_refused(world, token):
    assert refused(world, token) == "invalid_request_object"


def test_an_unsigned_object_is_refused(world):
    head = "eyJhbGciOiJub25lIn0"
    assert refused(world, head + "." + request_object(world).split(".")[1] + ".") == "invalid_request_object"
    assert refused(world, head + "." + request_object(world).split(".")[1] + ".AA") == "invalid_request_object"


def test_an_algorithm_that_the_client_is_not_registered_for_is_refused(world):
    assert refused(world, request_object(world, client_id="rs"), client_id="rs") == "invalid_request_object"


def test_a_refused_object_without_a_proven_address_gets_a_page(world):
    answer = ask(world, request_object(world, by=STRANGER))
    assert (answer.status, answer.cause) == (400, "request-address")
    answer = ask(world, request_object(world, by=STRANGER), redirect_uri="https://evil.example/")
    assert answer.cause == "request-address"


def test_the_address_in_the_object_must_be_registered_too(world):
    assert ask(world, request_object(world, redirect_uri="https://evil.example/")).cause == "request-address"
    assert ask(world, request_object(world, redirect_uri=None)).cause == "request-address"


def test_an_object_serves_once(world):
    token = request_object(world)
    assert "code" in ask(world, token).sent_back
    again = ask(world, token)
    assert (again.status, again.cause) == (400, "request-replayed")


def test_an_object_without_jti_serves_once_too(world):
    token = request_object(world, jti=None)
    assert "code" in ask(world, token).sent_back
    assert ask(world, token).cause == "request-replayed"


@pytest.mark.parametrize("changes", [{"code_challenge": None}, {"response_type": "token"}, {"prompt": "none login"}])
def test_the_parameters_within_are_checked_like_all_others(world, changes):
    answer = ask(world, request_object(world, **changes))
    assert answer.sent_back["state"] == "inner"
    assert answer.sent_back["error"] in {"invalid_request", "unsupported_response_type"}


@pytest.mark.spec("RFC 9101", "10.5")
def test_a_client_registered_to_sign_always_does(world):
    assert error(world.browser().get(world.authorize_url("only"))) == "invalid_request"
    assert "code" in ask(world, request_object(world, client_id="only"), client_id="only").sent_back
    one = request_object(world, client_id="only", aud=[world.base])
    assert "code" in ask(world, one, client_id="only").sent_back


@pytest.mark.parametrize(
    "changes",
    [{"aud": ["http://127.0.0.1:8440", "https://other.example"]}, {"aud": "http://127.0.0.1:8440/oidc/authorize"}],
)
def test_such_a_client_names_nobody_else_than_us(world, changes):
    token = request_object(world, client_id="only", **changes)
    assert refused(world, token, client_id="only") == "invalid_request_object"
    assert "code" in ask(world, request_object(world, **changes)).sent_back


def test_such_a_client_always_gives_a_jti(world):
    token = request_object(world, client_id="only", jti=None)
    assert refused(world, token, client_id="only") == "invalid_request_object"


@pytest.mark.spec("OpenID Connect Core 1.0", "6")
def test_from_a_client_without_keys_an_object_is_not_supported(world):
    answer = world.browser().get(world.authorize_url("basic", request=request_object(world, client_id="basic")))
    assert error(answer) == "request_not_supported"


def test_an_object_sent_twice_is_no_object(world):
    answer = world.browser().get(world.authorize_url("rp") + "&request=x&request=y")
    assert error(answer) == "invalid_request"


def test_a_key_that_came_later_is_no_key(world):
    assert refused(world, request_object(world, by=key(kid="k2"))) == "invalid_request_object"
