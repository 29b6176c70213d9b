"""A service or member that is stopped, or has not become active, is stopped everywhere at once, whatever it holds already."""

import pytest

from tests.support.asking import asking  # noqa: F401  # the page asks
from tests.support.oidc import active, introspect, refresh, userinfo
from tests.support.saml_peer import Peer
from tests.support.world import LEVEL2, MEMBER, client, federation

SP = Peer()
SCOPE = "openid profile offline_access"
STOPPED = {
    "member suspended": ({"state": "suspended"}, {}, "blocked-member"),
    "member left": ({"state": "left"}, {}, "not-member"),
    "member only approved": ({"state": "approved"}, {}, "not-member"),
    "service suspended": ({}, {"state": "suspended"}, "blocked-service"),
    "service left": ({}, {"state": "left"}, "not-member"),
}
EACH = pytest.mark.parametrize("stopped", STOPPED)
FR_04 = pytest.mark.spec("issue", "suspension stops every entry point at once")


def document(member=None, service=None):
    named = {"org": MEMBER, "name": {"sv": "Region Exempel", "en": "Example Region"}, **(member or {})}
    return federation(
        SP.entry(**(service or {})), client(**(service or {})), client("other", levels=[LEVEL2]), members=[named]
    )


@pytest.fixture
def world(worlds):
    return worlds.make(document())


def stop(world, stopped):
    member, service, code = STOPPED[stopped]
    world.reapply(document(member, service))
    return code


def refused(answer):
    """The words in which an answer to a client refuses."""
    return answer.sent_back.get("error") or answer.json.get("error")


@FR_04
@EACH
def test_a_new_login(world, stopped):
    code = stop(world, stopped)
    browser = world.browser()
    assert browser.get(world.authorize_url()).sent_back["error"] in {"access_denied", "unauthorized_client"}, code
    assert SP.login(world).content is None
    assert not world.events("oidc.code-issued")
    assert not world.events("saml.assertion-issued")


@FR_04
@EACH
def test_reuse_of_a_sign_on(world, stopped):
    browser = world.browser()
    assert "code" in browser.get(world.authorize_url()).sent_back
    assert SP.login(world, browser).content is not None
    stop(world, stopped)
    assert "code" not in browser.get(world.authorize_url(login_hint=None)).sent_back
    assert SP.login(world, browser, hint=None, passive=True).content is None


@FR_04
@EACH
def test_redeeming_a_code_and_using_a_refresh_token(world, stopped):
    code, token = world.code(scope=SCOPE), world.tokens(scope=SCOPE)["refresh_token"]
    stop(world, stopped)
    assert refused(world.redeem(code)) == "invalid_grant"
    assert refused(refresh(world, token)) == "invalid_grant"


@FR_04
@EACH
def test_userinfo_introspection_and_tokens_for_the_client_itself(world, stopped):
    tokens = world.tokens(scope=SCOPE)
    own = world.token(grant_type="client_credentials").json["access_token"]
    stop(world, stopped)
    assert userinfo(world, tokens["access_token"]).status == 401
    assert not active(world, tokens["access_token"])
    assert not active(world, tokens["refresh_token"])
    assert introspect(world, own).json == {"active": False}
    assert refused(world.token(grant_type="client_credentials")) == "unauthorized_client"


@FR_04
@EACH
@pytest.mark.parametrize("protocol", ["oidc", "saml"])
def test_a_login_in_flight_at_the_choice_or_at_a_method(world, stopped, protocol):
    browser = world.browser()
    url = world.authorize_url(login_hint=None) if protocol == "oidc" else SP.redirect(world, hint=None)
    page = browser.follow(browser.get(url))
    code = stop(world, stopped)
    answer = browser.follow(browser.post(*page.form("/test", username="anna")))
    assert answer.cause == code
    assert not world.events("identified")
    back = browser.post(*answer.form("/avbryt"))
    assert "code" not in back.sent_back
    assert not world.events("oidc.code-issued") + world.events("saml.assertion-issued")


@FR_04
@EACH
def test_a_login_in_flight_at_a_question(worlds, stopped):
    asks = {"consent": "ask"}
    world = worlds.make(document(service=asks))
    browser = world.browser()
    page = browser.follow(browser.get(world.authorize_url(login_hint=None)))
    page = browser.follow(browser.post(*page.form("/test", username="anna")))
    assert page.page == "U7"
    member, service, code = STOPPED[stopped]
    world.reapply(document(member, {**asks, **service}))
    answer = browser.follow(browser.post(*page.form("/", answer="yes")))
    assert "code" not in answer.sent_back
    assert answer.cause == code


@FR_04
@EACH
def test_another_service_of_an_active_member_goes_on_and_so_does_the_stopped_one_once_it_is_active_again(
    world, stopped
):
    browser, token = world.browser(), world.tokens(scope=SCOPE)["refresh_token"]
    code = stop(world, stopped)
    answer = browser.get(world.authorize_url("other", login_hint="test:anna"))
    assert ("code" in answer.sent_back) is stopped.startswith("service"), code
    world.reapply(document())
    assert "code" in browser.get(world.authorize_url()).sent_back
    assert refresh(world, token).status == 200


@FR_04
@pytest.mark.parametrize("services", [(), (client(state="test"),)], ids=["gone", "in test"])
def test_a_service_that_is_gone_or_in_test_again_is_answered_nothing(world, services):
    browser = world.browser()
    tokens, page = world.tokens(scope=SCOPE), browser.follow(browser.get(world.authorize_url(login_hint=None)))
    world.reapply(federation(SP.entry(), client("other"), *services))
    assert browser.follow(browser.post(*page.form("/test", username="anna"))).status in {400, 403, 404}
    assert userinfo(world, tokens["access_token"]).status == 401
    assert refresh(world, tokens["refresh_token"]).json["error"] == "invalid_client"
    assert introspect(world, tokens["access_token"], "other").json == {"active": False}
