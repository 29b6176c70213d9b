"""The code: short-lived, used once, bound to client, address and person (RFC 6749 sections 4.1.2 and 4.1.3)."""

import pytest

from tests.support.oidc import active, error, refresh, userinfo
from tests.support.world import CALLBACK, NOW, client, federation

pytestmark = pytest.mark.spec("RFC 6749", "4.1.2")
SECOND = "https://rp.example.org/other"
SCOPE = "openid profile offline_access"


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    return lasting_worlds.make(federation(client(redirect_uris=[CALLBACK, SECOND]), client("other")))


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return shared


def test_a_code_has_at_least_128_bits_and_no_two_are_alike(world):
    codes = {world.code() for _ in range(50)}
    assert len(codes) == 50
    assert all(len(code) >= 43 for code in codes)


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (59, 200), (60, 400), (61, 400), (3600, 400)])
def test_a_code_lives_sixty_seconds(world, seconds, status):
    code = world.code()
    world.clock.now += seconds
    assert world.redeem(code).status == status


@pytest.mark.parametrize("seconds", [0, 5, 59, 61, 299, 3600])
def test_a_code_used_twice_is_refused_and_ends_all_that_it_gave(world, seconds):
    code = world.code(scope=SCOPE)
    first = world.redeem(code).json
    assert active(world, first["access_token"])
    # when
    world.clock.now += seconds
    again = world.redeem(code)
    # then
    assert (again.status, error(again)) == (400, "invalid_grant")
    assert not active(world, first["access_token"])
    assert userinfo(world, first["access_token"]).status == 401
    assert not active(world, first["refresh_token"])
    assert error(refresh(world, first["refresh_token"])) == "invalid_grant"


def test_a_code_used_twice_ends_what_came_of_a_refresh_too(world):
    code = world.code(scope=SCOPE)
    renewed = refresh(world, world.redeem(code).json["refresh_token"]).json
    world.redeem(code)
    assert not active(world, renewed["access_token"])
    assert error(refresh(world, renewed["refresh_token"])) == "invalid_grant"


def test_a_replay_is_on_record(world):
    code = world.code()
    world.redeem(code)
    before = len(world.events("oidc.grant-ended"))
    world.redeem(code)
    ended = world.events("oidc.grant-ended")
    assert len(ended) == before + 1
    assert ended[-1]["cause"] == "code-used-again"


def test_an_expired_code_is_no_replay(world):
    code = world.code()
    before = len(world.events("oidc.grant-ended"))
    world.clock.now += 60
    assert "expired" in world.redeem(code).json["error_description"]
    assert len(world.events("oidc.grant-ended")) == before


def test_a_replay_ends_its_grant_and_no_other(world):
    code, bystander = world.code(scope=SCOPE), world.tokens(scope=SCOPE)
    world.redeem(code)
    world.redeem(code)
    assert active(world, bystander["access_token"])


def test_another_clients_code_is_unknown_and_stays_good_for_its_own(world):
    code = world.code()
    assert error(world.redeem(code, "other")) == "invalid_grant"
    assert world.redeem(code).status == 200


def test_another_client_cannot_end_a_grant_by_replaying_its_code(world):
    code = world.code(scope=SCOPE)
    tokens = world.redeem(code).json
    assert error(world.redeem(code, "other")) == "invalid_grant"
    assert active(world, tokens["access_token"])


@pytest.mark.parametrize("uri", [SECOND, CALLBACK + "/", CALLBACK + "?", "https://evil.example/", CALLBACK.upper()])
def test_the_redirect_uri_must_be_that_of_the_request(world, uri):
    code = world.code()
    assert error(world.redeem(code, redirect_uri=uri)) == "invalid_grant"
    assert world.redeem(code).status == 200


@pytest.mark.parametrize("form", ["{}x", "{}=", " {}", "{}\0", "{}\n"])
def test_a_code_altered_is_unknown(world, form):
    assert error(world.redeem(form.format(world.code()))) == "invalid_grant"


def test_a_code_in_another_case_is_unknown(world):
    assert error(world.redeem(world.code().swapcase())) == "invalid_grant"


def test_a_code_is_no_refresh_token_and_a_refresh_token_is_no_code(world):
    code = world.code(scope=SCOPE)
    assert error(refresh(world, code)) == "invalid_grant"
    tokens = world.redeem(code).json
    assert error(world.redeem(tokens["refresh_token"])) == "invalid_grant"
    assert active(world, tokens["access_token"])


def test_a_code_given_before_its_service_was_suspended_is_worth_nothing(worlds):
    world = worlds.make(federation(client()))
    code = world.code()
    world.reapply(federation(client(state="suspended")))
    assert error(world.redeem(code)) == "invalid_grant"


def test_a_code_dies_with_the_sign_on(worlds):
    world = worlds.make(federation(client()))
    browser = world.browser()
    hint = world.tokens(browser)["id_token"]
    code = world.code(browser)
    browser.get(f"/oidc/logout?id_token_hint={hint}")
    assert error(world.redeem(code)) == "invalid_grant"


def test_code_and_tokens_are_on_record_before_they_leave(world):
    codes, tokens = len(world.events("oidc.code-issued")), len(world.events("oidc.tokens-issued"))
    code = world.code()
    assert len(world.events("oidc.code-issued")) == codes + 1
    world.redeem(code)
    assert len(world.events("oidc.tokens-issued")) == tokens + 1
