"""RP-Initiated Logout 1.0: whose sign-on ends, who is asked first, and where the browser may go afterwards."""

from urllib.parse import quote, urlencode

import pytest

from tests.support.oidc import active
from tests.support.world import CALLBACK, NOW, claims, client, federation

pytestmark = pytest.mark.spec("RP-Initiated Logout", "2")
AFTER = "https://rp.example.org/after"
WITH_QUERY = "https://rp.example.org/after?tenant=7"
OTHER_CALLBACK = "https://other.example.net/cb"

VARIANTS = [
    CALLBACK,
    AFTER + "/",
    AFTER + "?",
    AFTER + "?x=1",
    AFTER + "#x",
    AFTER + "/../after",
    AFTER.upper(),
    AFTER.replace("https", "http"),
    AFTER.replace("rp.", "x.rp."),
    AFTER.replace("rp.example.org", "rp.example.org@evil.example"),
    AFTER.replace("rp.example.org", "rp.example.org.evil.example"),
    AFTER.replace("org/", "org:443/"),
    AFTER.replace("org/", "org\\"),
    "https://evil.example/after",
    "//rp.example.org/after",
    "/after",
    "javascript:alert(1)",
    "data:text/html,x",
    " " + AFTER,
    AFTER + "\r\nX: y",
    AFTER + "\0",
    "https://other.example.net/after",
]


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    rp = client(post_logout_redirect_uris=[AFTER, WITH_QUERY])
    other = client(
        "other", redirect_uris=[OTHER_CALLBACK], post_logout_redirect_uris=["https://other.example.net/after"]
    )
    return lasting_worlds.make(federation(rp, other))


@pytest.fixture
def world(shared):
    shared.clock.now = NOW
    return shared


def logged_in(world):
    browser = world.browser()
    return browser, world.tokens(browser)


def logout(browser, **parameters):
    return browser.get("/oidc/logout?" + urlencode({k: v for k, v in parameters.items() if v is not None}))


def signed_on(world, browser):
    return "code" in browser.get(world.authorize_url(prompt="none", login_hint=None)).sent_back


@pytest.mark.parametrize("uri", [AFTER, WITH_QUERY])
@pytest.mark.parametrize("state", ["the-state", "a b&c=d#åäö", None])
def test_with_a_hint_it_ends_at_once_and_the_browser_goes_back_with_the_state(world, uri, state):
    browser, tokens = logged_in(world)
    answer = logout(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=uri, state=state)
    assert answer.status == 303
    assert answer.location.startswith(uri)
    assert answer.sent_back.get("state") == state
    assert not signed_on(world, browser)
    assert not active(world, tokens["access_token"])


def test_with_an_expired_hint_too(world):
    browser, tokens = logged_in(world)
    world.clock.now += 1000
    answer = logout(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTER)
    assert answer.location == AFTER
    assert not signed_on(world, browser)


def test_without_an_address_a_page_says_that_it_is_done(world):
    browser, tokens = logged_in(world)
    answer = logout(browser, id_token_hint=tokens["id_token"])
    assert (answer.status, answer.location) == (200, "")
    assert not signed_on(world, browser)


@pytest.mark.parametrize("client_id", [None, "rp"])
def test_without_a_hint_the_person_is_asked_first(world, client_id):
    browser, _ = logged_in(world)
    page = logout(browser, client_id=client_id, post_logout_redirect_uri=AFTER if client_id else None)
    assert (page.status, page.location) == (200, "")
    assert signed_on(world, browser)
    # when: the person says yes
    action, fields = page.form("logga-ut")
    done = browser.post(action, fields)
    # then
    assert done.status == 200
    assert not signed_on(world, browser)


def test_the_question_cannot_be_answered_from_another_site(world):
    browser, _ = logged_in(world)
    action, fields = logout(browser).form("logga-ut")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert browser.post(action, fields, **headers).status == 400 or signed_on(world, browser)
    assert browser.post(action, {**fields, "csrf": "x"}).location == ""
    assert signed_on(world, browser)


def test_another_persons_or_another_sessions_hint_asks_first(world):
    _, elsewhere = logged_in(world)
    browser, _ = logged_in(world)
    page = logout(browser, id_token_hint=elsewhere["id_token"], post_logout_redirect_uri=AFTER)
    assert (page.status, page.location) == (200, "")
    assert signed_on(world, browser)


def test_a_hint_in_a_browser_that_nobody_is_signed_on_in_goes_straight_back(world):
    _, tokens = logged_in(world)
    stranger = world.browser()
    answer = logout(stranger, id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTER, state="s")
    assert (answer.status, answer.sent_back) == (303, {"state": "s"})
    assert active(world, tokens["access_token"]), "the hint alone ends nothing anywhere"


@pytest.mark.spec("RP-Initiated Logout", "3")
@pytest.mark.parametrize("uri", VARIANTS)
@pytest.mark.parametrize("hinted", [True, False])
def test_an_address_that_is_not_registered_gets_a_page_and_ends_nothing(world, uri, hinted):
    browser, tokens = logged_in(world)
    who = {"id_token_hint": tokens["id_token"]} if hinted else {"client_id": "rp"}
    answer = logout(browser, post_logout_redirect_uri=uri, state="s", **who)
    assert (answer.status, answer.location, answer.cause) == (400, "", "request-address")
    assert signed_on(world, browser)


@pytest.mark.spec("RP-Initiated Logout", "3")
def test_an_address_without_a_client_gets_a_page(world):
    browser, _ = logged_in(world)
    for seen in (browser, world.browser()):
        answer = logout(seen, post_logout_redirect_uri=AFTER)
        assert (answer.status, answer.cause) == (400, "request-address")


def test_client_id_and_hint_must_be_of_the_same_client(world):
    browser, tokens = logged_in(world)
    answer = logout(browser, id_token_hint=tokens["id_token"], client_id="other")
    assert (answer.status, answer.cause) == (400, "request-malformed")
    assert signed_on(world, browser)
    both = logout(browser, id_token_hint=tokens["id_token"], client_id="rp", post_logout_redirect_uri=AFTER)
    assert both.location == AFTER


@pytest.mark.parametrize("client_id", ["nobody", "x" * 3000, "' OR 1=1"])
def test_an_unknown_client_gets_a_page(world, client_id):
    browser, _ = logged_in(world)
    answer = logout(browser, client_id=client_id, post_logout_redirect_uri=AFTER)
    assert (answer.status, answer.location, answer.cause) == (400, "", "request-unknown-service")


@pytest.mark.parametrize("hint", ["x", "a.b.c", "..", "null", "x" * 7000])
def test_a_hint_that_is_not_ours_gets_a_page(world, hint):
    browser, _ = logged_in(world)
    answer = logout(browser, id_token_hint=hint, post_logout_redirect_uri=AFTER, client_id="rp")
    assert (answer.status, answer.location, answer.cause) == (400, "", "request-signature")
    assert signed_on(world, browser)


def test_other_services_of_the_sign_on_are_named_since_they_are_not_told(world):
    browser, tokens = logged_in(world)
    code = world.code(browser, "other", redirect_uri=OTHER_CALLBACK)
    world.redeem(code, "other", redirect_uri=OTHER_CALLBACK)
    page = logout(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTER, state="s")
    assert page.status == 200
    assert "Service other" in page.text
    assert f'href="{AFTER}?state=s"' in page.text
    assert not signed_on(world, browser)


def test_by_post_with_the_cookie_it_is_the_same(world):
    browser, tokens = logged_in(world)
    answer = browser.post("/oidc/logout", {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": AFTER})
    assert (answer.status, answer.location) == (303, AFTER)
    assert not signed_on(world, browser)


def test_a_post_from_another_site_comes_without_the_cookie_and_still_ends_the_sign_on(world):
    browser, tokens = logged_in(world)
    form = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": AFTER, "state": "a b&c"}
    landed = browser.request("POST", "/oidc/logout", form, cookies=False)
    assert landed.status == 303
    assert not landed.header("Set-Cookie")
    answer = browser.get(landed.location)
    assert (answer.status, answer.sent_back) == (303, {"state": "a b&c"})
    assert answer.location.startswith(AFTER)
    assert not signed_on(world, browser)


def test_a_parameter_sent_twice_counts_for_nothing(world):
    browser, tokens = logged_in(world)
    uri = quote("https://evil.example/", safe="")
    asked = f"/oidc/logout?id_token_hint={tokens['id_token']}&post_logout_redirect_uri={quote(AFTER, safe='')}"
    answer = browser.get(f"{asked}&post_logout_redirect_uri={uri}")
    assert answer.location == ""


def test_afterwards_the_old_cookie_finds_nothing(world):
    browser, tokens = logged_in(world)
    kept = dict(browser.cookies)
    logout(browser, id_token_hint=tokens["id_token"])
    browser.cookies = kept
    assert not signed_on(world, browser)


def test_a_logout_is_on_record(world):
    browser, tokens = logged_in(world)
    before = len(world.events("sign-on.ended"))
    logout(browser, id_token_hint=tokens["id_token"])
    ended = world.events("sign-on.ended")
    assert len(ended) == before + 1
    assert ended[-1]["served"] == ["rp"]
    assert claims(tokens["id_token"])["sid"] not in str(ended)


def test_an_unreadable_request_gets_a_page(world):
    browser, _ = logged_in(world)
    assert browser.get("/oidc/logout?x=%ff").cause == "request-malformed"
    assert browser.request("POST", "/oidc/logout", b"x=%ff").cause == "request-malformed"
