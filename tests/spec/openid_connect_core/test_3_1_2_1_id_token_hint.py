"""`id_token_hint` and `login_hint`: whom the client expects (OpenID Connect Core section 3.1.2.1)."""

import pytest

from tests.support.oidc import error
from tests.support.world import NOW, claims, client, federation

pytestmark = pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
OTHER = "https://other.example.org/cb"


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    return lasting_worlds.make(federation(client(), client("other", redirect_uris=[OTHER])))


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return shared


@pytest.mark.parametrize("prompt", ["none", None])
def test_the_person_named_by_the_hint_is_answered(world, prompt):
    browser = world.browser()
    hint = world.tokens(browser)["id_token"]
    answer = browser.get(world.authorize_url(id_token_hint=hint, prompt=prompt, login_hint=None))
    assert "code" in answer.sent_back


@pytest.mark.parametrize("prompt", ["none", None])
def test_another_person_than_the_one_named_by_the_hint_is_login_required(world, prompt):
    hint = world.tokens()["id_token"]
    browser = world.browser()
    world.tokens(browser, login_hint="test:bo")
    answer = browser.get(world.authorize_url(id_token_hint=hint, prompt=prompt, login_hint=None))
    assert error(answer) == "login_required"
    assert "code" not in answer.sent_back


def test_a_person_who_logs_in_as_another_than_the_hint_names_gets_no_code(world):
    hint = world.tokens()["id_token"]
    answer = world.browser().get(world.authorize_url(id_token_hint=hint, login_hint="test:bo"))
    assert error(answer) == "login_required"


def test_an_expired_hint_is_still_a_hint(world):
    browser = world.browser()
    hint = world.tokens(browser)["id_token"]
    world.clock.now = claims(hint)["exp"] + 600
    answer = browser.get(world.authorize_url(id_token_hint=hint, prompt="none", login_hint=None))
    assert "code" in answer.sent_back


def test_the_id_token_of_another_client_is_no_hint(world):
    browser = world.browser()
    code = world.code(browser, "other", redirect_uri=OTHER)
    hint = world.redeem(code, "other", redirect_uri=OTHER).json["id_token"]
    assert error(browser.get(world.authorize_url(id_token_hint=hint))) == "invalid_request"


@pytest.mark.parametrize("hint", ["x", "a.b.c", "null", "e30.e30.", "." * 300])
def test_a_hint_that_is_no_token_of_ours_is_refused(world, hint):
    assert error(world.browser().get(world.authorize_url(id_token_hint=hint))) == "invalid_request"


def test_a_login_hint_that_no_method_knows_changes_nothing(world):
    browser = world.browser()
    for hint in ("anna@example.org", "191212121212", "{}", "' OR 1=1", "https://evil.example/"):
        page = browser.follow(browser.get(world.authorize_url(login_hint=hint)))
        assert page.status == 200
        assert page.page
