"""A login method that has left the federation stops every entry point: reuse of a sign-on, codes, refresh, userinfo."""

from dataclasses import replace

import pytest

from tests.support.world import client, federation

CLIENT = client(scope="openid profile offline_access")


@pytest.fixture
def world(worlds):
    return worlds.make(federation(CLIENT))


def without(world, method="test"):
    """The register of an operator who took a provider out of the file, instead of suspending it."""
    now = world.app.snapshots.federation
    world.app.snapshots.federation = replace(
        now,
        providers={name: terms for name, terms in now.providers.items() if name != method},
        methods={name: adapter for name, adapter in now.methods.items() if name != method},
    )


def test_a_sign_on_by_a_provider_that_is_gone_lets_nobody_in(world):
    browser = world.browser()
    world.code(browser)
    assert "code" in browser.get(world.authorize_url(login_hint=None, prompt="none")).sent_back
    without(world)
    answer = browser.get(world.authorize_url(login_hint=None, prompt="none"))
    assert answer.sent_back["error"] == "login_required"


def test_a_code_of_a_login_by_a_provider_that_is_gone_gives_no_tokens(world):
    code = world.code()
    without(world)
    answer = world.redeem(code)
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")


def test_tokens_of_a_login_by_a_provider_that_is_gone_give_nothing(world):
    tokens = world.tokens(scope="openid profile offline_access")
    without(world)
    refreshed = world.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (refreshed.status, refreshed.json["error"]) == (400, "invalid_grant")
    read = world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens['access_token']}")
    assert (read.status, read.json["error"]) == (401, "invalid_token")
