"""No dead end: late, lost, reloaded and bookmarked logins, and what changes in the middle of one."""

import re

import pytest

from tests.support.asking import asking  # noqa: F401  # the page asks
from tests.support.saml_peer import Peer
from tests.support.world import CALLBACK, LEVEL2, MEMBER, PERSONS, apply, client, federation

SP = Peer()
CANCEL = "http://id.elegnamnden.se/status/1.0/cancel"
PROTOCOLS = pytest.mark.parametrize("protocol", ["saml", "oidc"])
HOME = {"saml": f"{SP.host}/", "oidc": "https://rp.example.org/"}
IDS = {"saml": "sp", "oidc": "rp"}


def document(**changes):
    return federation(SP.entry(), client(), **changes)


@pytest.fixture
def world(worlds):
    return worlds.make(document())


@pytest.fixture
def browser(world):
    return world.browser()


def begun(world, browser, protocol, **given):
    url = (
        SP.redirect(world, hint=None, **given) if protocol == "saml" else world.authorize_url(login_hint=None, **given)
    )
    return browser.get(url)


def at_test_page(world, browser, protocol, **given):
    return browser.follow(begun(world, browser, protocol, **given))


def leads_home(answer, protocol):
    return f'href="{HOME[protocol]}"' in answer.text


@PROTOCOLS
@pytest.mark.parametrize(("seconds", "cause"), [(901, "login-expired"), (90_000, "bookmarked")])
def test_a_late_person_is_led_back_to_the_service(world, browser, protocol, seconds, cause):
    url = begun(world, browser, protocol).location
    world.clock.now += seconds

    late = browser.get(url)

    assert (late.status, late.cause) == (410, cause)
    assert leads_home(late, protocol)


@PROTOCOLS
def test_a_login_of_a_fresh_browser_leads_back_too(world, protocol):
    url = begun(world, world.browser(), protocol).location.replace("&ny=1", "")

    other = world.browser().get(url)

    assert (other.status, other.cause) == (403, "other-browser")
    assert leads_home(other, protocol)


@PROTOCOLS
def test_a_finished_login_opened_again_says_so_and_leads_back(world, browser, protocol):
    page = at_test_page(world, browser, protocol)
    url = begun(world, browser, protocol).location
    action, fields = page.form("/test", username="anna")
    browser.post(action, fields)
    page = browser.follow(browser.get(url))
    signed = url.partition("?")[2].replace("&ny=1", "")

    used = browser.get(f"{action}?{signed}")

    assert (used.status, used.cause) == (409, "login-used")
    assert leads_home(used, protocol)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s[:-1] + ("A" if s[-1] != "A" else "B"),
        lambda s: s.replace("sp.", "rp."),
        lambda _: "",
        lambda _: "x.y",
        lambda _: "å.1.z",
    ],
)
def test_a_way_back_that_we_did_not_sign_leads_nowhere(world, browser, change):
    url = begun(world, browser, "saml").location.replace("&ny=1", "")
    head, _, signed = url.partition("?s=")
    world.clock.now += 901

    late = browser.get(f"{head}?s={change(signed)}")

    assert late.cause in {"bookmarked", "login-expired", "request-malformed"}
    assert not leads_home(late, "saml")
    assert not leads_home(late, "oidc")


def test_cookies_that_are_off_are_explained_at_once(world):
    browser = world.browser()
    first = browser.request("GET", SP.redirect(world, hint=None), cookies=False)

    page = browser.request("GET", first.location, cookies=False)

    assert (page.status, page.cause) == (403, "cookies-off")
    assert leads_home(page, "saml")


def test_cookies_that_are_off_are_explained_after_a_landed_request(world):
    browser = world.browser()
    landed = browser.request("POST", "/saml/sso", SP.post(world, subject=None), cookies=False)
    begun_ = browser.request("GET", landed.location, cookies=False)

    page = browser.request("GET", begun_.location, cookies=False)

    assert (page.status, page.cause) == (403, "cookies-off")


def test_the_same_address_later_is_another_browser(world):
    first = world.browser().get(SP.redirect(world, hint=None))
    world.clock.now += 60

    assert world.browser().get(first.location).cause == "other-browser"


# --- back, reload, twice


@PROTOCOLS
def test_a_form_sent_twice_is_answered_once(world, browser, protocol):
    page = at_test_page(world, browser, protocol)
    form = page.form("/test", username="anna")

    first, second = browser.post(*form), browser.post(*form)

    assert first.status in {200, 303}
    assert (second.status, second.cause) == (409, "login-used")


def test_back_to_the_choice_and_on_again(world, browser):
    page = at_test_page(world, browser, "saml")
    choice = browser.follow(browser.post(*page.form("/annat"))) if "/annat" in page.text else None
    assert choice is None or choice.page == "U1"
    login = page.form("/test")[0].split("/")[2]

    back = browser.get(f"/login/{login}")
    again = browser.follow(browser.post(*back.form("/login/", method="test")))

    assert SP.read(world, browser.post(*again.form("/test", username="anna"))).content is not None


@PROTOCOLS
def test_turning_back_twice_tells_once(world, browser, protocol):
    page = at_test_page(world, browser, protocol)
    form = page.form("/avbryt")

    first, second = browser.post(*form), browser.post(*form)

    if protocol == "saml":
        assert SP.read(world, first).status == ("Requester", CANCEL)
    else:
        assert first.sent_back["error"] == "access_denied"
    assert second.cause == "login-used"


@PROTOCOLS
def test_a_wrong_name_is_explained_retried_and_done(world, browser, protocol):
    page = at_test_page(world, browser, protocol)
    failed = browser.follow(browser.post(*page.form("/test", username="nobody")))
    assert failed.cause == "login-failed"

    again = browser.follow(browser.post(*failed.form("/login/", method="test")))
    answer = browser.post(*again.form("/test", username="anna"))

    assert answer.page == "U9" or "code" in answer.sent_back


def test_a_failure_reloaded_is_the_same_failure(world, browser):
    page = at_test_page(world, browser, "saml")
    action, fields = page.form("/test", username="nobody")
    browser.post(action, fields)

    again = browser.get(action.replace("/test", "/fortsatt"))

    assert again.cause == "login-failed"
    assert SP.read(world, browser.post(*again.form("/avbryt"))).status == ("Requester", "AuthnFailed")


def test_a_form_of_a_method_that_has_ended_goes_nowhere_by_itself(world, browser):
    page = at_test_page(world, browser, "saml")
    action, fields = page.form("/test", username="nobody")
    browser.post(action, fields)

    again = browser.follow(browser.post(action, {**fields, "username": "anna"}))

    assert again.cause == "login-failed"
    assert not world.events("login.identified")


def test_the_reference_is_one_from_page_to_log_to_service(world, browser):
    page = at_test_page(world, browser, "saml")
    failed = browser.follow(browser.post(*page.form("/test", username="nobody")))
    reference = re.search(r'data-reference="([^"]+)"', failed.text)[1]

    told = SP.read(world, browser.post(*failed.form("/avbryt")))

    assert reference in page.text
    assert reference in told.message
    assert {e["reference"] for e in world.events("login.failed")} == {reference}
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", reference)


# --- what changes in the middle


def changed(world, **changes):
    apply(world.settings, {**document(), **changes}, world.clock)
    world.app.snapshots.refresh()


SUSPENDED_MEMBER = {"members": [{"org": MEMBER, "name": {"sv": "Region Exempel"}, "state": "suspended"}]}
SUSPENDED_SERVICE = {"services": [SP.entry(state="suspended"), client(state="suspended")]}


@PROTOCOLS
@pytest.mark.parametrize(
    ("change", "cause"),
    [(SUSPENDED_MEMBER, "blocked-member"), (SUSPENDED_SERVICE, "blocked-service")],
    ids=["member", "service"],
)
def test_a_stop_in_the_middle_of_a_login_stops_it(world, browser, protocol, change, cause):
    page = at_test_page(world, browser, protocol)
    changed(world, **change)

    stopped = browser.follow(browser.post(*page.form("/test", username="anna")))

    assert (stopped.status, stopped.cause) == (403, cause)
    assert not world.events("saml.assertion-issued")
    assert not world.events("oidc.code-issued")


@PROTOCOLS
@pytest.mark.parametrize("change", [SUSPENDED_MEMBER, SUSPENDED_SERVICE], ids=["member", "service"])
def test_a_stop_holds_with_a_sign_on_and_without(world, browser, protocol, change):
    SP.login(world, browser)
    changed(world, **change)

    for person in (browser, world.browser()):
        answer = begun(world, person, protocol)
        if protocol == "saml":
            assert SP.read(world, answer).status == ("Requester", "RequestDenied")
        else:
            assert answer.sent_back["error"] == "access_denied"
            assert answer.location.startswith(CALLBACK)


@PROTOCOLS
@pytest.mark.parametrize("part", ["", "/test", "/fortsatt", "/uppdrag", "/samtycke", "/borja"])
def test_a_service_that_left_the_register_in_the_middle_gets_a_page(world, browser, protocol, part):
    page = at_test_page(world, browser, protocol)
    login = page.form("/test")[0].split("/")[2]
    changed(world, services=[client("third")])

    answer = browser.get(f"/login/{login}{part}")

    assert (answer.status, answer.cause) == (403, "not-member")


@PROTOCOLS
def test_an_address_that_left_the_register_in_the_middle_is_not_answered(world, browser, protocol):
    page = at_test_page(world, browser, protocol)
    moved = Peer(acs=((f"{SP.host}/elsewhere", 0, True),)).entry()
    changed(world, services=[moved, client(redirect_uris=["https://rp.example.org/elsewhere"])])

    answer = browser.follow(browser.post(*page.form("/test", username="anna")))

    assert (answer.status, answer.cause) == (400, "request-address")
    assert b"SAMLResponse" not in answer.body
    assert not world.events("saml.assertion-issued") + world.events("oidc.code-issued")


def test_a_person_who_is_blocked_is_let_in_nowhere(world, browser):
    changed(world, persons=[{**PERSONS[0], "blocked": "true"}, PERSONS[1]])
    page = at_test_page(world, browser, "saml")

    blocked = browser.follow(browser.post(*page.form("/test", username="anna")))

    assert (blocked.status, blocked.cause) == (403, "blocked-user")
    assert SP.read(world, browser.post(*blocked.form("/avbryt"))).status == ("Requester", "RequestDenied")


def test_a_person_who_is_blocked_later_is_not_let_in_by_the_sign_on(world, browser):
    SP.login(world, browser)
    changed(world, persons=[{**PERSONS[0], "blocked": "true"}, PERSONS[1]])

    assert browser.follow(begun(world, browser, "saml")).cause == "blocked-user"


def test_a_level_that_was_taken_from_the_service_is_not_given(world, browser):
    page = at_test_page(world, browser, "saml", levels=(LEVEL2,))
    changed(world, services=[SP.entry(levels=["http://id.elegnamnden.se/loa/1.0/loa3"]), client()])

    answer = browser.follow(browser.post(*page.form("/test", username="anna")))

    assert answer.page == "U10"
    assert not world.events("saml.assertion-issued")
