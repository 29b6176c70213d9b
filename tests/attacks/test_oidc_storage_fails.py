"""Record first: when nothing can be recorded or looked up, nothing leaves, and the client is told to come again (LO-01)."""

import pytest

from broker.login.effects import NOTHING, Once, StorageUnavailable
from broker.login.request import LoginRequest
from broker.login.steps import Tell
from broker.protocols.oidc import tokens as made
from broker.protocols.oidc.content import Content
from broker.protocols.oidc.front import OidcFront
from broker.protocols.oidc.grants.personal import ended
from metadata.register import Service, UnprovenAddress
from tests.support.oidc import active, error, introspect, refresh, revoke, userinfo
from tests.support.world import CALLBACK, LEVEL3, NOW, claims, client, federation
from trust_framework.decide import Wanted
from trust_framework.identity import Identity, Subject
from trust_framework.reasons import REASONS

SCOPE = "openid profile offline_access"


def failing(*_, **__):
    raise StorageUnavailable("disk full")


@pytest.fixture
def broken(world, monkeypatch):
    """Breaks one function of the store from now on; `undo` mends it."""

    def break_(name):
        monkeypatch.setattr(type(world.store), name, failing)
        return monkeypatch.undo

    return break_


def assert_later(answer):
    assert (answer.status, error(answer)) == (503, "temporarily_unavailable")
    assert set(answer.json) == {"error", "error_description"}
    assert "disk" not in answer.text


@pytest.mark.parametrize("name", ["commit", "once", "grant"])
def test_a_code_that_cannot_be_recorded_as_used_gives_nothing_and_stays_good(world, broken, name):
    code = world.code(scope=SCOPE)
    undo = broken(name)
    assert_later(world.redeem(code))
    undo()
    assert world.redeem(code).status == 200


@pytest.mark.parametrize("name", ["commit", "once", "grant", "person"])
def test_a_refresh_that_cannot_be_recorded_gives_nothing_and_uses_nothing_up(world, broken, name):
    token = world.tokens(scope=SCOPE)["refresh_token"]
    undo = broken(name)
    assert_later(refresh(world, token))
    undo()
    assert refresh(world, token).status == 200


def test_a_client_s_own_token_is_not_given_unrecorded(world, broken):
    broken("commit")
    assert_later(world.token(grant_type="client_credentials"))


@pytest.mark.parametrize("name", ["commit", "grant", "person"])
def test_userinfo_tells_nothing_that_cannot_be_recorded(world, broken, name):
    access = world.tokens()["access_token"]
    broken(name)
    answer = userinfo(world, access)
    assert_later(answer)
    assert "Anna" not in answer.text


@pytest.mark.parametrize("name", ["grant", "person"])
def test_introspection_does_not_guess(world, broken, name):
    access = world.tokens()["access_token"]
    broken(name)
    assert_later(introspect(world, access))


def test_a_revocation_that_is_not_recorded_is_not_confirmed(world, broken):
    access = world.tokens()["access_token"]
    undo = broken("commit")
    assert_later(revoke(world, access))
    undo()
    assert active(world, access)


@pytest.mark.parametrize("signed_on", [True, False])
def test_no_code_leaves_unrecorded(world, broken, signed_on):
    browser = world.browser()
    if signed_on:
        world.tokens(browser)
    broken("commit")
    answer = browser.get(world.authorize_url())
    assert (answer.status, answer.location, answer.cause) == (503, "", "maintenance")


@pytest.mark.parametrize("name", ["sign_on", "person"])
def test_no_code_leaves_while_the_sign_on_cannot_be_read(world, broken, name):
    browser = world.browser()
    world.tokens(browser)
    broken(name)
    answer = browser.get(world.authorize_url())
    assert (answer.status, answer.location, answer.cause) == (503, "", "maintenance")


def test_a_service_that_leaves_during_a_login_is_answered_nowhere(world):
    browser = world.browser()
    page = browser.follow(browser.get(world.authorize_url(login_hint=None)))
    world.reapply(federation(client("elsewhere", redirect_uris=["https://elsewhere.example.org/cb"])))
    action, fields = page.fields(username="anna")
    answer = browser.follow(browser.post(action, fields))
    assert answer.status < 500
    assert "code=" not in answer.location
    assert CALLBACK not in answer.location


def test_an_entry_without_a_client_is_no_client(world):
    register = world.app.snapshots.federation.register
    register._by_client_id = {**register._by_client_id, "odd": Service("odd")}
    assert world.browser().get(world.authorize_url("odd")).cause == "request-unknown-service"
    assert error(world.token("odd", grant_type="client_credentials")) == "invalid_client"


@pytest.mark.parametrize("code", ["login-required", "user-cancelled"])
def test_the_front_answers_no_service_that_the_register_does_not_know(world, code):
    request = LoginRequest("gone", "oidc", Wanted((), (), NOW), CALLBACK, front={"state": None})
    with pytest.raises(UnprovenAddress):
        OidcFront().tell(Tell(request, "ref", REASONS[code]), NOW, world.app.on.services)


def test_a_single_use_thing_of_no_grant_ends_none():
    assert ended(Once("code", "s", "rp", NOW), "code-used-again", NOW) == NOTHING


def test_an_identity_that_says_no_method_gives_no_amr(world):
    identity = Identity("test", Subject("test", "persona", "anna"), LEVEL3, NOW, {}, (), ())
    content = Content("s", "sid", "openid", identity, (), None, (), (), "ref")
    on = world.app.on.services
    entry = on.federation().register.services["rp"].oidc
    told = claims(made.id_token(content, entry, "a.b.c", {}, None, NOW, on))
    assert "amr" not in told
    assert "nonce" not in told
    assert told["acr"] == LEVEL3
