"""What an operator takes away is gone at the next request: scope values of a client, in refreshed tokens and their audience."""

from tests.support.world import claims, client, federation


def test_a_scope_value_taken_from_a_client_is_in_no_token_refreshed_after_that(worlds):
    api = client("api")
    world = worlds.make(federation(client(scope="openid profile offline_access api"), api))
    tokens = world.tokens(scope="openid profile offline_access api")
    assert "api" in claims(tokens["access_token"])["aud"]

    world.reapply(federation(client(scope="openid offline_access"), api))

    refreshed = world.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed.status == 200
    access = claims(refreshed.json["access_token"])
    assert set(access["scope"].split(" ")) == {"openid", "offline_access"}
    assert "api" not in access["aud"]
    read = world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {refreshed.json['access_token']}")
    assert set(read.json) == {"sub"}


def test_a_client_that_may_no_longer_have_refresh_tokens_gets_no_more(worlds):
    scope = "openid profile offline_access"
    world = worlds.make(federation(client(scope=scope)))
    code = world.code(scope=scope)
    world.reapply(federation(client(scope="openid profile")))
    answer = world.redeem(code)
    assert answer.status == 200
    assert "refresh_token" not in answer.json
