"""Revocation ends the grant, for the client it belongs to and for nobody else (RFC 7009 section 2)."""

import pytest

from tests.support.oidc import (
    active,
    asserting,
    assertion,
    basic,
    error,
    keyed_client,
    public_client,
    refresh,
    revoke,
    userinfo,
)
from tests.support.world import NOW, client, federation

pytestmark = pytest.mark.spec("RFC 7009", "2.1")
SCOPE = "openid profile offline_access"


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    return lasting_worlds.make(federation(client(), client("other"), keyed_client("keyed"), public_client()))


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return shared


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_both(world, kind):
    tokens = world.tokens(scope=SCOPE)
    answer = revoke(world, tokens[kind])
    assert (answer.status, answer.header("Cache-Control")) == (200, "no-store")
    assert not active(world, tokens["access_token"])
    assert not active(world, tokens["refresh_token"])
    assert userinfo(world, tokens["access_token"]).status == 401
    assert error(refresh(world, tokens["refresh_token"])) == "invalid_grant"


def test_a_revocation_is_on_record_once(world):
    tokens = world.tokens(scope=SCOPE)
    before = len(world.events("oidc.grant-ended"))
    for _ in range(3):
        assert revoke(world, tokens["access_token"]).status == 200
    ended = world.events("oidc.grant-ended")
    assert len(ended) == before + 1
    assert (ended[-1]["cause"], ended[-1]["service"]) == ("revoked", "rp")


def test_a_used_refresh_token_still_names_its_grant(world):
    first = world.tokens(scope=SCOPE)
    second = refresh(world, first["refresh_token"]).json
    revoke(world, first["refresh_token"])
    assert not active(world, second["access_token"])


def test_a_client_s_own_token_can_be_revoked(world):
    token = world.token(grant_type="client_credentials").json["access_token"]
    assert active(world, token)
    revoke(world, token)
    assert not active(world, token)


@pytest.mark.spec("RFC 7009", "2.2")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_another_client_s_revocation_looks_the_same_and_does_nothing(world, kind):
    tokens = world.tokens(scope=SCOPE)
    theirs, unknown = revoke(world, tokens[kind], "other"), revoke(world, "never-was", "other")
    assert (theirs.status, theirs.body) == (unknown.status, unknown.body) == (200, b"{}")
    assert active(world, tokens["access_token"])
    assert refresh(world, tokens["refresh_token"]).status == 200


@pytest.mark.spec("RFC 7009", "2.2")
@pytest.mark.parametrize("token", ["x", "a.b.c", "x" * 20000, "\0", "å", ".."])
def test_an_unknown_token_is_as_good_as_revoked(world, token):
    assert revoke(world, token).status == 200


def test_an_expired_access_token_ends_nothing(world):
    tokens = world.tokens(scope=SCOPE)
    world.clock.now += 301
    assert revoke(world, tokens["access_token"]).status == 200
    assert refresh(world, tokens["refresh_token"]).status == 200


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "urn:unknown"])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_hint_is_only_a_hint(world, hint, kind):
    tokens = world.tokens(scope=SCOPE)
    world.request("POST", "/oidc/revoke", {"token": tokens[kind], "token_type_hint": hint}, **basic("rp"))
    assert not active(world, tokens["access_token"])


@pytest.mark.parametrize("form", [{}, {"token": ""}])
def test_a_token_is_required(world, form):
    answer = world.request("POST", "/oidc/revoke", form, **basic("rp"))
    assert (answer.status, error(answer)) == (400, "invalid_request")


def test_a_public_client_revokes_its_own(world):
    tokens = world.redeem(world.code(client_id="spa", scope=SCOPE), "spa", None).json
    assert world.request("POST", "/oidc/revoke", {"token": tokens["refresh_token"], "client_id": "spa"}).status == 200
    assert userinfo(world, tokens["access_token"]).status == 401


def test_an_assertion_is_used_up_whatever_is_revoked(world):
    for token in ("unknown", world.token("keyed", None, grant_type="client_credentials",
                                         **asserting(assertion(world, client_id="keyed"))).json["access_token"]):  # fmt: skip
        form = {"token": token, **asserting(assertion(world, client_id="keyed"))}
        assert world.request("POST", "/oidc/revoke", form).status == 200
        again = world.request("POST", "/oidc/revoke", form)
        assert (again.status, error(again)) == (401, "invalid_client")
