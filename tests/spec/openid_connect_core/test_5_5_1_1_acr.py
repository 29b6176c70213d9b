"""Levels of assurance: asked for by `acr_values` or `claims`, never raised and never silently lowered (Core 5.5.1.1)."""

import json

import pytest

from tests.support.oidc import error
from tests.support.world import LEVEL2, LEVEL3, LEVEL4, NOW, claims, client, federation

pytestmark = pytest.mark.spec("OpenID Connect Core", "5.5.1.1")
UNMET = "unmet_authentication_requirements"
NOBODY_HAS = "urn:example:loa9"


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    defaulting = client("defaulting", default_acr_values=[LEVEL3])
    return lasting_worlds.make(federation(client(), defaulting, client("four", levels=[LEVEL4])))


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return shared


def essential(*values, **more):
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values), **more}}})


def acr(world, client_id="rp", **changes):
    return claims(world.tokens(client_id=client_id, **changes)["id_token"])["acr"]


ASKED = {
    "acr_values": lambda *levels: {"acr_values": " ".join(levels)},
    "an essential acr": lambda *levels: {"claims": essential(*levels)},
    "a voluntary acr": lambda *levels: {"claims": json.dumps({"id_token": {"acr": {"values": list(levels)}}})},
}


@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize("level", [LEVEL2, LEVEL3])
def test_a_level_that_can_be_given_is_given(world, way, level):
    assert acr(world, **ASKED[way](level)) == level


@pytest.mark.parametrize("way", ASKED)
def test_of_several_levels_the_first_that_the_service_may_have_is_tried(world, way):
    assert acr(world, **ASKED[way](NOBODY_HAS, LEVEL4, LEVEL3, LEVEL2)) == LEVEL3


@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize("levels", [(NOBODY_HAS,), (LEVEL4,), (NOBODY_HAS, LEVEL4), ("loa3",), (LEVEL3.upper(),)])
def test_levels_that_the_service_may_not_have_are_refused_before_anybody_logs_in(world, way, levels):
    answer = world.browser().get(world.authorize_url(login_hint=None, **ASKED[way](*levels)))
    assert error(answer) == UNMET


@pytest.mark.parametrize("way", ASKED)
def test_a_login_at_another_level_than_asked_for_is_never_answered_with_a_code(world, way):
    browser = world.browser()
    hint = f"test:anna;loa={LEVEL2}"
    answer = browser.follow(browser.get(world.authorize_url(login_hint=hint, **ASKED[way](LEVEL3))))
    assert "code" not in answer.sent_back


@pytest.mark.parametrize("way", ASKED)
def test_a_sign_on_of_another_level_is_not_enough_when_nothing_may_be_shown(world, way):
    browser = world.browser()
    world.tokens(browser, login_hint=f"test:anna;loa={LEVEL2}")
    answer = browser.get(world.authorize_url(prompt="none", login_hint=None, **ASKED[way](LEVEL3)))
    assert error(answer) in {UNMET, "login_required"}


def test_a_sign_on_steps_up_and_keeps_both_levels(world):
    browser = world.browser()
    low = claims(world.tokens(browser, acr_values=LEVEL2)["id_token"])
    world.clock.now += 10
    high = claims(world.tokens(browser, acr_values=LEVEL3)["id_token"])
    assert (high["acr"], high["auth_time"]) == (LEVEL3, NOW + 10)
    assert (high["sid"], high["sub"]) == (low["sid"], low["sub"])
    world.clock.now += 10
    again = claims(world.tokens(browser, acr_values=LEVEL2)["id_token"])
    assert (again["acr"], again["auth_time"]) == (LEVEL2, NOW)


def test_an_essential_acr_goes_before_acr_values(world):
    assert acr(world, acr_values=LEVEL2, claims=essential(LEVEL3)) == LEVEL3


def test_the_registered_default_holds_and_the_request_may_change_it(world):
    assert acr(world, "defaulting") == LEVEL3
    assert acr(world, "defaulting", acr_values=LEVEL2) == LEVEL2


def test_an_essential_acr_without_values_asks_only_to_be_told(world):
    assert acr(world, claims=essential()) in {LEVEL2, LEVEL3}
    assert acr(world, claims=json.dumps({"id_token": {"acr": {"essential": True}}})) in {LEVEL2, LEVEL3}
    assert acr(world, claims=json.dumps({"id_token": {"acr": None}})) in {LEVEL2, LEVEL3}


def test_one_value_is_read_like_a_list_of_one(world):
    assert acr(world, claims=json.dumps({"id_token": {"acr": {"value": LEVEL3, "essential": True}}})) == LEVEL3


def test_a_level_comes_from_the_login_and_never_from_the_request(world):
    # given: a service that takes level 4 only, and a login of level 2
    browser = world.browser()
    answer = browser.follow(
        browser.get(world.authorize_url("four", login_hint=f"test:anna;loa={LEVEL2}", acr_values=LEVEL4))
    )
    assert "code" not in answer.sent_back


def test_a_level_taken_from_the_service_stops_what_was_granted_at_it(worlds):
    world = worlds.make(federation(client()))
    tokens = world.tokens(scope="openid offline_access", acr_values=LEVEL2)
    world.reapply(federation(client(levels=[LEVEL3])))
    answer = world.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")
