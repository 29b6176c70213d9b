"""Introspection: the service that a token is for, and the client it was given to (RFC 7662 section 2)."""

import pytest

from tests.support.oidc import (
    active,
    asserting,
    assertion,
    basic,
    error,
    introspect,
    keyed_client,
    public_client,
    refresh,
    userinfo,
)
from tests.support.world import LEVEL2, NOW, claims, client, federation

pytestmark = pytest.mark.spec("RFC 7662", "2.2")
SCOPE = "openid profile offline_access"


def services(**changes):
    rp = client(scope=f"{SCOPE} api", **changes)
    return rp, client("api"), client("bystander"), keyed_client("keyed"), public_client()


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    return lasting_worlds.make(federation(*services()))


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return shared


def test_the_client_sees_what_its_token_says(world):
    tokens = world.tokens(scope=f"{SCOPE} api")
    said = claims(tokens["access_token"])
    answer = introspect(world, tokens["access_token"])
    assert answer.header("Cache-Control") == "no-store"
    assert answer.json == {**said, "active": True, "token_type": "Bearer", "acr": LEVEL2, "auth_time": NOW}


ASKERS = ["rp", "api", "bystander"]
TOKENS = {
    "for the broker alone": ("openid", {"rp"}),
    "for the broker and the api": ("openid api", {"rp", "api"}),
}


@pytest.mark.parametrize("asker", ASKERS)
@pytest.mark.parametrize("kind", TOKENS)
def test_a_person_s_token_is_shown_to_its_client_and_its_audience(world, asker, kind):
    scope, seen_by = TOKENS[kind]
    token = world.tokens(scope=scope)["access_token"]
    assert active(world, token, asker) is (asker in seen_by)


@pytest.mark.parametrize("asker", ASKERS)
@pytest.mark.parametrize(("scope", "seen_by"), [("api", {"rp", "api"}), ("profile", {"rp"})])
def test_a_client_s_own_token_is_shown_to_it_and_its_audience(world, asker, scope, seen_by):
    token = world.token(grant_type="client_credentials", scope=scope).json["access_token"]
    answer = introspect(world, token, asker).json
    assert answer["active"] is (asker in seen_by)
    assert "acr" not in answer


@pytest.mark.parametrize("asker", ASKERS)
def test_a_refresh_token_is_shown_to_its_client_alone(world, asker):
    tokens = world.tokens(scope=f"{SCOPE} api")
    answer = introspect(world, tokens["refresh_token"], asker).json
    if asker == "rp":
        assert (answer["active"], answer["scope"], answer["exp"]) == (True, f"{SCOPE} api", NOW + 8 * 3600)
    else:
        assert answer == {"active": False}


def test_who_may_not_know_learns_no_more_than_of_a_token_that_never_was(world):
    token = world.tokens()["access_token"]
    assert introspect(world, token, "bystander").body == introspect(world, "nonsense", "bystander").body


@pytest.mark.parametrize("token", ["x", "a.b.c", "x" * 20000, "\0", "å", "..", "e30.e30.e30"])
def test_what_is_no_token_is_inactive(world, token):
    assert introspect(world, token).json == {"active": False}


@pytest.mark.parametrize(("seconds", "expected"), [(299, True), (300, False)])
def test_an_access_token_is_inactive_when_it_has_expired(world, seconds, expected):
    token = world.tokens()["access_token"]
    world.clock.now += seconds
    assert active(world, token) is expected


@pytest.mark.parametrize(("seconds", "expected"), [(8 * 3600 - 1, True), (8 * 3600, False)])
def test_a_refresh_token_is_inactive_when_its_grant_has_ended(world, seconds, expected):
    token = world.tokens(scope=SCOPE)["refresh_token"]
    world.clock.now += seconds
    assert active(world, token) is expected


def test_a_used_refresh_token_is_inactive(world):
    first = world.tokens(scope=SCOPE)["refresh_token"]
    second = refresh(world, first).json["refresh_token"]
    assert (active(world, first), active(world, second)) == (False, True)


@pytest.mark.spec("RFC 7662", "2.1")
def test_a_public_client_may_not_ask(world):
    answer = world.request("POST", "/oidc/introspect", {"token": "x", "client_id": "spa"})
    assert (answer.status, error(answer)) == (401, "invalid_client")


@pytest.mark.spec("RFC 7662", "2.1")
@pytest.mark.parametrize("form", [{}, {"token": ""}, {"token_type_hint": "access_token"}])
def test_a_token_is_required(world, form):
    answer = world.request("POST", "/oidc/introspect", form, **basic("rp"))
    assert (answer.status, error(answer)) == (400, "invalid_request")


@pytest.mark.spec("RFC 7662", "2.1")
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "urn:unknown"])
def test_a_hint_is_only_a_hint(world, hint):
    tokens = world.tokens(scope=SCOPE)
    for token in (tokens["access_token"], tokens["refresh_token"]):
        form = {"token": token, "token_type_hint": hint}
        assert world.request("POST", "/oidc/introspect", form, **basic("rp")).json["active"]


def test_an_assertion_used_to_ask_is_used_up(world):
    form = {"token": "x", **asserting(assertion(world, client_id="keyed"))}
    assert world.request("POST", "/oidc/introspect", form).status == 200
    again = world.request("POST", "/oidc/introspect", form)
    assert (again.status, error(again)) == (401, "invalid_client")


GONE = {
    "the service is suspended": lambda: services(state="suspended"),
    "the service has left": lambda: services()[1:],
    "consent is asked for from now on": lambda: services(consent="ask"),
}


@pytest.mark.parametrize("name", GONE)
def test_a_token_that_would_open_nothing_now_is_inactive(worlds, name):
    world = worlds.make(federation(*services()))
    tokens = world.tokens(scope=f"{SCOPE} api")
    own = world.token(grant_type="client_credentials", scope="api").json["access_token"]
    assert active(world, tokens["access_token"], "api")
    assert active(world, own, "api")
    # when
    world.reapply(federation(*GONE[name]()))
    # then
    assert not active(world, tokens["access_token"], "api")
    assert userinfo(world, tokens["access_token"]).status == 401
    assert active(world, own, "api") is (name == "consent is asked for from now on")
    if name != "the service has left":
        assert not active(world, tokens["refresh_token"])
