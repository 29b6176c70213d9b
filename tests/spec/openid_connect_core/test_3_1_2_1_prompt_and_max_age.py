"""How fresh a login is, and whether anything may be shown: `prompt` and `max_age` (OpenID Connect Core section 3.1.2.1)."""

import pytest

from tests.support.oidc import error
from tests.support.world import LEVEL2, LEVEL3, NOW, claims, client, federation

pytestmark = pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
OTHER = "https://other.example.org/cb"


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    second = client("other", redirect_uris=[OTHER])
    fussy = client("fussy", default_max_age=60)
    high = client("high", levels=[LEVEL3])
    strict = client("strict", profile="sweden-connect")
    asking = client("asking", consent="ask")
    return lasting_worlds.make(federation(client(), second, fussy, high, strict, asking))


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return shared


def auth_time(world, browser, **changes):
    client_id = changes.pop("client_id", "rp")
    return claims(world.tokens(browser, client_id, **changes)["id_token"])["auth_time"]


def test_a_second_service_is_answered_from_the_sign_on(world):
    browser = world.browser()
    first = auth_time(world, browser)
    world.clock.now += 100
    code = world.code(browser, "other", redirect_uri=OTHER, login_hint=None)
    token = world.redeem(code, "other", redirect_uri=OTHER).json["id_token"]
    assert (claims(token)["auth_time"], claims(token)["iat"]) == (first, world.clock.now)


def test_none_without_a_sign_on_is_login_required(world):
    assert error(world.browser().get(world.authorize_url(prompt="none", login_hint=None))) == "login_required"


def test_none_with_a_sign_on_is_answered(world):
    browser = world.browser()
    world.tokens(browser)
    assert "code" in browser.get(world.authorize_url(prompt="none", login_hint=None)).sent_back


def test_none_does_not_log_anybody_in_though_a_hint_could(world):
    answer = world.browser().get(world.authorize_url(prompt="none", login_hint="test:anna"))
    assert error(answer) == "login_required"


@pytest.mark.parametrize("seconds", [30 * 60 + 1, 60 * 60 + 1])
def test_none_after_the_sign_on_has_ended_is_login_required(world, seconds):
    browser = world.browser()
    world.tokens(browser)
    world.clock.now += seconds
    assert error(browser.get(world.authorize_url(prompt="none", login_hint=None))) == "login_required"


def test_the_absolute_limit_holds_however_often_the_sign_on_is_used(world):
    browser = world.browser()
    world.tokens(browser)
    for _ in range(3):
        world.clock.now += 20 * 60
        last = browser.get(world.authorize_url(prompt="none", login_hint=None))
    assert "code" in last.sent_back
    world.clock.now += 1
    assert error(browser.get(world.authorize_url(prompt="none", login_hint=None))) == "login_required"


def test_none_with_another_level_than_the_sign_on_has_is_not_lowered(world):
    browser = world.browser()
    world.tokens(browser, login_hint=f"test:anna;loa={LEVEL2}")
    answer = browser.get(world.authorize_url("high", prompt="none", login_hint=None))
    assert error(answer) in {"login_required", "unmet_authentication_requirements"}


@pytest.mark.parametrize("prompt", ["login", "select_account", "login consent", "select_account login"])
def test_login_identifies_anew_though_there_is_a_sign_on(world, prompt):
    browser = world.browser()
    first = auth_time(world, browser)
    world.clock.now += 7
    assert auth_time(world, browser, prompt=prompt) == first + 7


@pytest.mark.parametrize("prompt", ["login", "select_account"])
def test_login_without_a_hint_shows_a_page_though_there_is_a_sign_on(world, prompt):
    browser = world.browser()
    world.tokens(browser)
    world.clock.now += 1
    page = browser.follow(browser.get(world.authorize_url(prompt=prompt, login_hint=None)))
    assert page.page != ""


def test_another_person_may_log_in_with_select_account(world):
    browser = world.browser()
    anna = claims(world.tokens(browser)["id_token"])["sub"]
    world.clock.now += 1
    bo = claims(world.tokens(browser, prompt="select_account", login_hint="test:bo")["id_token"])["sub"]
    assert anna != bo


def test_consent_alone_reuses_the_sign_on(world):
    browser = world.browser()
    first = auth_time(world, browser)
    world.clock.now += 7
    assert auth_time(world, browser, prompt="consent") == first


def test_none_where_consent_is_lacking_is_consent_required(world):
    browser = world.browser()
    world.tokens(browser)
    answer = browser.get(world.authorize_url("asking", prompt="none", login_hint=None))
    assert error(answer) == "consent_required"


@pytest.mark.parametrize(
    "prompt", ["none login", "none consent", "login none", "none none login", "none select_account"]
)
def test_none_goes_with_no_other_value(world, prompt):
    assert error(world.browser().get(world.authorize_url(prompt=prompt))) == "invalid_request"


@pytest.mark.parametrize("prompt", ["create", "NONE", "login,consent", "none;", "logi", "login create"])
def test_an_unknown_prompt_is_refused(world, prompt):
    assert error(world.browser().get(world.authorize_url(prompt=prompt))) == "invalid_request"


def test_max_age_zero_always_identifies_anew(world):
    browser = world.browser()
    first = auth_time(world, browser)
    world.clock.now += 1
    assert auth_time(world, browser, max_age="0") == first + 1


def test_a_login_as_old_as_max_age_will_do_and_an_older_one_will_not(world):
    browser = world.browser()
    first = auth_time(world, browser)
    world.clock.now += 60
    assert auth_time(world, browser, max_age="60") == first
    world.clock.now += 1
    assert auth_time(world, browser, max_age="60") == first + 61


def test_a_login_too_old_with_prompt_none_is_login_required(world):
    browser = world.browser()
    world.tokens(browser)
    world.clock.now += 61
    answer = browser.get(world.authorize_url(max_age="60", prompt="none", login_hint=None))
    assert error(answer) == "login_required"


def test_the_registered_default_max_age_holds_and_the_request_may_change_it(world):
    browser = world.browser()
    first = auth_time(world, browser, client_id="fussy")
    world.clock.now += 61
    assert auth_time(world, browser, client_id="fussy", max_age="61") == first
    assert auth_time(world, browser, client_id="fussy") == first + 61


@pytest.mark.parametrize(
    "age", ["-1", "1.5", "soon", "1e3", "0x10", "+5", " 5", "5 ", "٥", "²", "9" * 10, "9" * 5000, "1_000", "00:10"]
)
def test_a_max_age_that_is_no_number_of_seconds_is_refused(world, age):
    assert error(world.browser().get(world.authorize_url(max_age=age))) == "invalid_request"


@pytest.mark.parametrize("age", ["999999999", "0000060"])
def test_a_large_max_age_is_taken(world, age):
    assert "code" in world.browser().get(world.authorize_url(max_age=age)).sent_back


@pytest.mark.spec("Sweden Connect OpenID Connect profile", "2.1")
def test_sweden_connect_reads_a_missing_prompt_as_login(world):
    browser = world.browser()
    first = auth_time(world, browser)
    world.clock.now += 5
    assert auth_time(world, browser, client_id="strict") == first + 5
    world.clock.now += 5
    assert auth_time(world, browser, client_id="strict", prompt="consent") == first + 5


def test_several_tabs_are_answered_each_with_its_own_state(world):
    browser = world.browser()
    pages = [browser.follow(browser.get(world.authorize_url(state=f"tab{n}", login_hint=None))) for n in range(3)]
    for n, page in reversed(list(enumerate(pages))):
        action, fields = page.fields(username="anna")
        answer = browser.follow(browser.post(action, fields))
        assert answer.sent_back["state"] == f"tab{n}"
