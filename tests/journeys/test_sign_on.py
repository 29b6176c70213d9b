"""One sign-on over both protocols: reuse, levels, limits, who is signed on, and many tabs."""

import pytest

from tests.support.asking import asking  # noqa: F401  # the page asks
from tests.support.saml_peer import Peer
from tests.support.world import LEVEL2, LEVEL3, NOW, SECRET, World, claims, client, federation

SP = Peer()
SP2 = Peer("sp2", key="sp2")


@pytest.fixture
def world(worlds):
    return worlds.make(federation(SP.entry(), SP2.entry(), client(), client("rp2")))


@pytest.fixture
def browser(world):
    return world.browser()


def code(world: World, browser, **given):
    """The parameters that the client gets back without the person being asked."""
    return browser.get(world.authorize_url(login_hint=None, **given)).sent_back


def test_saml_then_oidc_asks_nothing(world, browser):
    first = SP.login(world, browser).content
    world.clock.now += 60

    tokens = world.tokens(browser, login_hint=None)

    told = claims(tokens["id_token"])
    assert told["auth_time"] == first.authn_instant == NOW
    assert told["acr"] == first.authn_context_class_ref


def test_oidc_then_saml_asks_nothing(world, browser):
    told = claims(world.tokens(browser)["id_token"])
    world.clock.now += 60

    received = SP.login(world, browser, hint=None)

    assert received.content.authn_instant == told["auth_time"]
    assert received.attributes["givenName"] == ("Anna",)


def test_one_commit_answers_from_a_sign_on(world, browser):
    SP.login(world, browser)
    before = world.store.commits

    SP2.login(world, browser, hint=None)

    assert world.store.commits == before + 1


# --- levels


@pytest.mark.parametrize(("first", "second"), [(LEVEL2, LEVEL3), (LEVEL3, LEVEL2)])
def test_levels_match_exactly_so_each_is_asked_for_once_and_both_are_kept(world, browser, first, second):
    one = SP.login(world, browser, levels=(first,)).content
    handle = dict(browser.cookies)
    world.clock.now += 60

    step = browser.follow(browser.get(SP.redirect(world, levels=(second,), hint=None)))
    assert step.page == "test"
    other = SP.read(world, browser.post(*step.form("/test", username="anna"))).content

    assert (one.authn_context_class_ref, other.authn_context_class_ref) == (first, second)
    assert one.name_id == other.name_id
    assert one.session_index == other.session_index
    assert browser.cookies != handle
    for level, instant in ((first, NOW), (second, NOW + 60)):
        again = SP2.login(world, browser, levels=(level,), hint=None).content
        assert (again.authn_context_class_ref, again.authn_instant) == (level, instant)


def test_the_handle_before_a_higher_level_dies(world, browser):
    SP.login(world, browser, levels=(LEVEL2,))
    thief = world.browser()
    thief.cookies = dict(browser.cookies)
    SP.login(world, browser, levels=(LEVEL3,))

    assert SP.login(world, thief, levels=(LEVEL3,), hint=None, passive=True).status == ("Responder", "NoPassive")
    assert SP.login(world, thief, levels=(LEVEL2,), hint=None, passive=True).status == ("Responder", "NoPassive")


def test_several_levels_are_answered_by_the_one_that_is_there(world, browser):
    SP.login(world, browser, levels=(LEVEL2,))

    assert SP2.login(world, browser, levels=(LEVEL3, LEVEL2), hint=None).content.authn_context_class_ref == LEVEL2


def test_a_passive_request_looks_at_every_level_that_would_do(world, browser):
    SP.login(world, browser, levels=(LEVEL3,))
    world.clock.now += 900
    SP.login(world, browser, levels=(LEVEL2,))

    given = code(world, browser, prompt="none", max_age="600", acr_values=f"{LEVEL3} {LEVEL2}")

    assert "code" in given, given


# --- limits


@pytest.mark.parametrize(("seconds", "counts"), [(1800, True), (1801, False)])
def test_without_use_a_sign_on_ends_after_half_an_hour(world, browser, seconds, counts):
    SP.login(world, browser)
    world.clock.now += seconds

    assert (SP.login(world, browser, passive=True, hint=None).content is not None) is counts


@pytest.mark.parametrize(("seconds", "counts"), [(3600, True), (3601, False)])
def test_with_use_a_sign_on_ends_an_hour_after_identification(world, browser, seconds, counts):
    SP.login(world, browser)
    for _ in range(2):
        world.clock.now += 1700
        assert SP2.login(world, browser, passive=True, hint=None).content is not None
    world.clock.now = NOW + seconds

    assert (SP.login(world, browser, passive=True, hint=None).content is not None) is counts


def test_each_identification_has_its_own_hour(world, browser):
    SP.login(world, browser, levels=(LEVEL2,))
    world.clock.now += 1700
    SP.login(world, browser, levels=(LEVEL3,))
    world.clock.now += 1700
    SP.login(world, browser, levels=(LEVEL3,), passive=True, hint=None)
    world.clock.now += 400

    assert SP.login(world, browser, levels=(LEVEL2,), passive=True, hint=None).content is None
    assert SP.login(world, browser, levels=(LEVEL3,), passive=True, hint=None).content is not None


def test_a_new_identification_brings_no_lapsed_one_back(world, browser):
    SP.login(world, browser, levels=(LEVEL3,))
    world.clock.now += 1801

    SP.login(world, browser, levels=(LEVEL2,))

    assert SP.login(world, browser, levels=(LEVEL3,), passive=True, hint=None).content is None
    assert [event["cause"] for event in world.events("sign-on.ended")] == ["replaced"]


def test_the_limits_are_settings(worlds):
    world = worlds.make(federation(SP.entry()), sign_on_idle=60, sign_on_absolute=120)
    browser = world.browser()
    assert SP.login(world, browser).content.session_not_on_or_after == NOW + 120
    world.clock.now += 61

    assert SP.login(world, browser, passive=True, hint=None).content is None


# --- another person


def test_another_person_in_the_same_browser_ends_the_first_one_s_sign_on(world, browser):
    SP.login(world, browser)
    tokens = world.tokens(browser, login_hint=None)
    thief = world.browser()
    thief.cookies = dict(browser.cookies)
    world.clock.now += 1

    received = SP.login(world, browser, force=True, hint="test:bo")

    assert received.attributes["givenName"] == ("Bo",)
    assert SP2.login(world, browser, hint=None).attributes["givenName"] == ("Bo",)
    assert SP.login(world, thief, passive=True, hint=None).content is None
    assert world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens['access_token']}").status == 401


def test_the_same_person_by_force_keeps_the_session_and_the_services_in_it(world, browser):
    first = SP.login(world, browser).content
    SP2.login(world, browser, hint=None)
    world.clock.now += 5

    forced = SP.login(world, browser, force=True).content

    assert forced.authn_instant == NOW + 5
    assert forced.session_index == first.session_index
    answer = browser.get(SP.logout_url(world, forced))
    assert SP.read_logout(world, answer)[0].second_status.endswith("PartialLogout")


@pytest.mark.parametrize("given", [{"prompt": "login"}, {"max_age": "0"}])
def test_prompt_and_max_age_ask_again_after_saml(world, browser, given):
    SP.login(world, browser)
    world.clock.now += 5

    page = browser.follow(browser.get(world.authorize_url(login_hint=None, **given)))

    assert page.page == "test"


# --- tabs


def begun(world, browser, **given):
    return browser.follow(browser.get(SP.redirect(world, hint=None, **given)))


def test_tabs_are_logins_of_their_own(world, browser):
    pages = [begun(world, browser, relay=f"tab{i}") for i in range(4)]

    for i in (2, 0, 3, 1):
        answer = browser.follow(browser.post(*pages[i].form("/test", username="anna")))
        assert SP.read(world, answer).relay_state == f"tab{i}"


def test_a_tab_of_each_protocol(world, browser):
    saml, oidc = begun(world, browser), browser.follow(browser.get(world.authorize_url(login_hint=None)))

    assert "code" in browser.post(*oidc.form("/test", username="anna")).sent_back
    assert SP.read(world, browser.post(*saml.form("/test", username="anna"))).content is not None


def test_a_tab_that_another_person_s_login_overtook_cannot_go_on_with_it(world, browser):
    asks = Peer("asks", key="asks", extra={"consent": "ask"})
    world = with_services(world, asks)
    browser = world.browser()
    page = browser.follow(browser.get(asks.redirect(world, hint=None)))
    consent = browser.follow(browser.post(*page.form("/test", username="anna")))
    assert consent.page == "U7"
    world.clock.now += 1
    SP.login(world, browser, force=True, hint="test:bo")

    answer = browser.post(*consent.form("/samtycke", answer="yes"))

    assert (answer.status, answer.cause) == (403, "other-browser")


def with_services(world, *peers):
    """The same broker with more services, by a new version of the file."""
    from tests.support.world import apply

    apply(world.settings, federation(SP.entry(), SP2.entry(), client(), *(p.entry() for p in peers)), world.clock)
    world.app.snapshots.refresh()
    return world


def test_fifty_logins_of_one_browser_are_kept(world, browser):
    first = begun(world, browser)
    for _ in range(49):
        begun(world, browser)
    assert SP.read(world, browser.post(*first.form("/test", username="anna"))).content is not None


def test_a_secret_of_a_client_is_no_secret_of_a_browser(world):
    browser = world.browser()
    browser.cookies["tillit"] = f"{SECRET}.{SECRET}"

    assert begun(world, browser).page == "test"
    assert SECRET not in browser.cookies["tillit"]
