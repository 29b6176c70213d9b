"""The trust declaration of who runs a login method runs out under logins: nothing more is let in by it, and it is told why."""

from dataclasses import replace

import pytest

from tests.support.world import LEVEL3, NOW, client, federation
from trust_framework.days import DAY
from trust_framework.members import Declaration

CLIENT = client(scope="openid profile offline_access")
METHOD = "test"


@pytest.fixture
def world(worlds):
    """A world whose method is carried by a declaration for ten more days."""
    made = worlds.make(federation(CLIENT))
    now = made.app.snapshots.federation
    declared = replace(now.providers[METHOD], declared=(Declaration(LEVEL3, NOW + 10 * DAY),))
    made.app.snapshots.federation = replace(now, providers={**now.providers, METHOD: declared})
    return made


def test_until_its_last_moment_it_carries_and_then_a_sign_on_lets_nobody_in(world):
    world.clock.now = NOW + 10 * DAY - 60
    browser = world.browser()
    world.code(browser)
    assert "code" in browser.get(world.authorize_url(login_hint=None, prompt="none")).sent_back

    world.clock.now = NOW + 10 * DAY
    assert browser.get(world.authorize_url(login_hint=None, prompt="none")).sent_back["error"] == "login_required"


def test_a_new_login_is_not_begun_by_it(world):
    world.clock.now = NOW + 10 * DAY
    answer = world.browser().get(world.authorize_url())
    assert (answer.cause, answer.status) == ("no-method", 403)


def test_the_service_of_who_was_on_the_way_when_it_ran_out_is_told_why(world):
    world.clock.now = NOW + 10 * DAY - 5
    browser = world.browser()
    page = browser.follow(browser.get(world.authorize_url(login_hint=None)))
    assert page.page == "test"

    world.clock.now = NOW + 10 * DAY
    answer = browser.post(*page.fields(username=f"test:anna;loa={LEVEL3}"))
    assert answer.sent_back["error"] == "unmet_authentication_requirements"
    assert "trust declaration" in answer.sent_back["error_description"]


def test_tokens_of_a_login_by_it_give_nothing_more(world):
    tokens = world.tokens(scope="openid profile offline_access")
    world.clock.now = NOW + 10 * DAY
    refreshed = world.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (refreshed.status, refreshed.json["error"]) == (400, "invalid_grant")


def test_a_clock_that_jumps_ahead_and_back_changes_nothing_for_good(world):
    world.clock.now = NOW + 400 * DAY
    assert world.browser().get(world.authorize_url()).cause == "no-method"
    world.clock.now = NOW
    assert world.code(world.browser())
