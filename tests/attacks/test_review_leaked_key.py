"""A signing key that has leaked: from the command on, nothing that it signs is believed here or published elsewhere."""

import pytest

from broker.keys.making import NoSuchKey
from broker.keys.ring import KeyState
from broker.keys.rotation import Naming, replace_leaked, rotate
from tests.support.command_line import tillit
from tests.support.world import claims

__all__ = ["tillit"]


def test_a_leaked_key_is_neither_published_nor_believed(world):
    tokens = world.tokens()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert world.request("GET", "/oidc/userinfo", **bearer).status == 200
    published = {key["kid"] for key in world.request("GET", "/oidc/jwks").json["keys"]}

    store, naming = world.store, Naming("n", world.store.vault)
    store.save_ring(rotate(store.ring_rows(), "oidc", "ES256", world.clock(), naming))  # a next key waits
    store.save_ring(replace_leaked(store.ring_rows(), "oidc", "ES256", world.clock(), naming))
    world.app.snapshots.refresh()

    assert world.request("GET", "/oidc/userinfo", **bearer).status == 401
    hinted = world.browser().get(world.authorize_url(id_token_hint=tokens["id_token"]))
    assert hinted.sent_back["error"] == "invalid_request"
    now_published = {key["kid"] for key in world.request("GET", "/oidc/jwks").json["keys"]}
    assert len(now_published) == len(published)
    assert len(now_published & published) == len(published) - 1
    states = [row.state for row in store.ring_rows() if (row.use, row.alg) == ("oidc", "ES256")]
    assert sorted(state.value for state in states) == ["active", "removed", "removed"]
    assert claims(world.tokens()["id_token"])["iss"] == world.base


def test_keys_of_other_uses_stay(world):
    store = world.store
    changed = replace_leaked(store.ring_rows(), "saml", "RS256", world.clock(), Naming("n", store.vault))
    assert {(row.use, row.alg) for row in changed} == {("saml", "RS256")}
    assert [row.state for row in changed] == [KeyState.REMOVED, KeyState.ACTIVE]


def test_a_use_that_there_is_not_is_refused(world):
    with pytest.raises(NoSuchKey):
        replace_leaked(world.store.ring_rows(), "oidc", "HS256", world.clock(), Naming("n", world.store.vault))


def test_the_command_does_it_and_records_it(tillit):
    old = [row["kid"] for row in tillit.json("key", "list") if (row["use"], row["alg"]) == ("oidc", "ES256")]
    moved = tillit.json("key", "rotate", "oidc", "ES256", "--leaked")
    left = [row["kid"] for row in tillit.json("key", "list") if (row["use"], row["alg"]) == ("oidc", "ES256")]
    assert left == [moved[0]["kid"]]
    states = {row["kid"]: row["state"] for row in tillit.json("key", "list", "--all")}
    assert [states[kid] for kid in old] == ["removed"]
    assert "signs now" in moved[0]["result"]
