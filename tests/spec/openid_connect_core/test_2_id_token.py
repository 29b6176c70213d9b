"""The ID token, and what a client calls a person and a session (OpenID Connect Core sections 2, 3.1.3.6 and 8)."""

import base64
import hashlib

import pytest

from tests.support.oidc import header_of, userinfo, verified
from tests.support.world import CALLBACK, NOW, PERSONS, SECRET, claims, client, federation

pytestmark = pytest.mark.spec("OpenID Connect Core", "2")
ADDRESSES = {
    "rp": CALLBACK,
    "sister": "https://rp.example.org/sister",
    "stranger": "https://stranger.example.net/cb",
    "open": "https://open.example.net/cb",
    "open2": "https://open2.example.net/cb",
}


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    more = {
        "sister": {"id_token_signed_response_alg": "RS256"},
        "open": {"subject_type": "public"},
        "open2": {"subject_type": "public"},
    }
    services = [client(name, redirect_uris=[uri], **more.get(name, {})) for name, uri in ADDRESSES.items()]
    return lasting_worlds.make(federation(*services))


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return shared


def tokens(world, name="rp", browser=None, **changes):
    code = world.code(browser, name, redirect_uri=ADDRESSES[name], **changes)
    return world.redeem(code, name, redirect_uri=ADDRESSES[name]).json


def sub(world, name, browser=None, **changes):
    return claims(tokens(world, name, browser, **changes)["id_token"])["sub"]


def test_an_id_token_has_these_claims_and_no_other(world):
    got = verified(world, tokens(world)["id_token"])
    assert set(got) == {"iss", "sub", "aud", "iat", "exp", "auth_time", "acr", "amr", "sid", "at_hash", "nonce"}
    assert (got["iss"], got["aud"], got["nonce"]) == (world.base, "rp", "the-nonce")
    assert (got["iat"], got["exp"], got["auth_time"]) == (NOW, NOW + 300, NOW)
    assert got["amr"] == ["test"]


def test_auth_time_is_when_the_person_identified_and_never_now(world):
    browser = world.browser()
    tokens(world, browser=browser)
    world.clock.now += 1234
    got = claims(tokens(world, browser=browser)["id_token"])
    assert (got["auth_time"], got["iat"]) == (NOW, NOW + 1234)


def test_the_code_may_wait_and_the_token_counts_from_its_making(world):
    code = world.code()
    world.clock.now += 59
    got = claims(world.redeem(code).json["id_token"])
    assert (got["auth_time"], got["iat"], got["exp"]) == (NOW, NOW + 59, NOW + 359)


@pytest.mark.spec("OpenID Connect Core", "15.1")
@pytest.mark.parametrize(("name", "alg"), [("rp", "ES256"), ("sister", "RS256")])
def test_it_is_signed_as_the_client_registered(world, name, alg):
    token = tokens(world, name)["id_token"]
    assert header_of(token)["alg"] == alg
    assert verified(world, token, alg)["aud"] == name


def test_its_key_is_named_and_published(world):
    published = {key["kid"] for key in world.request("GET", "/oidc/jwks").json["keys"]}
    for name in ("rp", "sister"):
        header = header_of(tokens(world, name)["id_token"])
        assert header["kid"] in published
        assert {"jwk", "jku", "x5c", "x5u"}.isdisjoint(header)


@pytest.mark.spec("OpenID Connect Core", "3.1.3.6")
@pytest.mark.parametrize("name", ["rp", "sister"])
def test_at_hash_is_the_left_half_of_the_hash_of_the_access_token(world, name):
    got = tokens(world, name)
    digest = hashlib.sha256(got["access_token"].encode()).digest()[:16]
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert claims(got["id_token"])["at_hash"] == expected


@pytest.mark.spec("OpenID Connect Core", "8.1")
def test_a_person_has_one_sub_in_a_sector_and_others_elsewhere(world):
    here, again, sister, stranger = (sub(world, name) for name in ("rp", "rp", "sister", "stranger"))
    assert here == again == sister
    assert stranger != here


@pytest.mark.spec("OpenID Connect Core", "8")
def test_a_public_sub_is_the_same_everywhere_and_is_no_pairwise_one(world):
    assert sub(world, "open") == sub(world, "open2")
    assert sub(world, "open") not in {sub(world, "rp"), sub(world, "stranger")}


def test_two_persons_never_share_a_sub(world):
    for name in ADDRESSES:
        assert sub(world, name) != sub(world, name, login_hint="test:bo")


def test_a_sub_is_opaque_and_short(world):
    for name in ADDRESSES:
        text = sub(world, name)
        assert len(text) <= 255
        assert text.isascii()
        for person in PERSONS:
            assert not any(str(value) in text for value in person.values() if len(str(value)) > 4)


def test_the_sub_outlives_the_level_and_the_session(worlds):
    world = worlds.make(federation(client()))
    first = claims(world.tokens()["id_token"])
    world.clock.now += 10**6
    second = claims(world.tokens()["id_token"])
    assert first["sub"] == second["sub"]
    assert first["sid"] != second["sid"]


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.1")
def test_a_sid_is_one_for_a_sign_on_and_a_service(world):
    browser = world.browser()
    one = claims(tokens(world, "rp", browser)["id_token"])["sid"]
    two = claims(tokens(world, "rp", browser)["id_token"])["sid"]
    other_service = claims(tokens(world, "sister", browser)["id_token"])["sid"]
    other_browser = claims(tokens(world, "rp")["id_token"])["sid"]
    assert one == two
    assert len({one, other_service, other_browser}) == 3


def test_nothing_that_two_clients_see_of_one_person_is_the_same_but_what_was_released(world):
    """Pairwise identifiers are worth nothing when another value links them."""
    browser = world.browser()
    seen = {}
    for name in ("rp", "stranger"):
        got = tokens(world, name, browser, scope="openid profile")
        texts = {**claims(got["access_token"]), **claims(got["id_token"])}
        told = {*userinfo(world, got["access_token"]).json.values()} - {texts["sub"]}
        shared = {"iss", "acr", "auth_time", "iat", "exp", "amr", "nonce", "scope"}
        seen[name] = {str(v) for k, v in texts.items() if k not in shared} | {got["access_token"], got["id_token"]}
        assert told == {"Anna", "Andersson", "Anna Andersson"}
    common = seen["rp"] & seen["stranger"]
    assert common <= {world.base}, "the audience is the broker itself"


def test_no_secret_of_a_client_is_in_what_it_gets(world):
    assert SECRET not in str(tokens(world))
