"""SAML profiles section 4.4: a service asks us to end the sign-on, by either binding."""

from dataclasses import replace

import pytest

from metadata.wire.saml_messages import NameId
from metadata.wire.saml_messages.vocabulary import TRANSIENT
from tests.support import saml as s
from tests.support import saml_metadata as md
from tests.support.saml_peer import Peer
from tests.support.world import LEVEL2, LEVEL3, client, federation

SP = Peer()
OTHER = Peer("other", key="other-sp")
UNSIGNED = Peer("unsigned", signed=False, key="unsigned-sp")
ONLY_POST = Peer("onlypost", logout=(md.POST,))
NOWHERE = Peer("nowhere", logout=())
PREFIX = "urn:oasis:names:tc:SAML:2.0:status:"


@pytest.fixture
def world(worlds):
    peers = (SP, OTHER, UNSIGNED, ONLY_POST, NOWHERE)
    return worlds.make(federation(*(peer.entry() for peer in peers), client()))


def by_redirect(world, browser, peer, content, **changes):
    return browser.get(peer.logout_url(world, content, **changes))


def by_post(world, browser, peer, content, **changes):
    """Cross-site, so without the cookie; then what the browser does."""
    answer = browser.request("POST", "/saml/slo", peer.logout_form(world, content, **changes), cookies=False)
    return browser.follow(answer)


BINDINGS = pytest.mark.parametrize("send", [by_redirect, by_post])


def status(world, peer, answer):
    read, relay, url = peer.read_logout(world, answer)
    assert relay == "bye"
    assert url == f"{peer.host}/slo"
    return read.status.removeprefix(PREFIX), read.second_status and read.second_status.removeprefix(PREFIX)


def signed_on(world, browser, peer=SP):
    return peer.login(world, browser, passive=True, hint=None).content is not None


@BINDINGS
@pytest.mark.spec("SAML core", "3.7.3.2")
def test_the_only_service_of_a_sign_on_ends_it_with_success(world, send):
    browser = world.browser()
    content = SP.login(world, browser).content

    answer = send(world, browser, SP, content)

    assert status(world, SP, answer) == ("Success", None)
    assert not signed_on(world, browser)
    (event,) = world.events("sign-on.ended")
    assert (event["cause"], event["served"]) == ("service", ["sp"])


@BINDINGS
@pytest.mark.spec("SAML core", "3.7.3.2")
def test_with_other_services_in_the_sign_on_it_ends_and_the_answer_is_partial(world, send):
    browser = world.browser()
    content = SP.login(world, browser).content
    OTHER.login(world, browser, hint=None)
    world.code(browser, login_hint=None)

    answer = send(world, browser, SP, content)

    assert status(world, SP, answer) == ("Success", "PartialLogout")
    assert not signed_on(world, browser, OTHER)
    assert "login_required" in browser.get(world.authorize_url(prompt="none", login_hint=None)).location


def test_the_old_cookie_is_worth_nothing_afterwards(world):
    browser = world.browser()
    content = SP.login(world, browser).content
    thief = world.browser()
    thief.cookies = dict(browser.cookies)

    by_redirect(world, browser, SP, content)

    assert not signed_on(world, thief)


def test_what_came_of_the_sign_on_ends_with_it(world):
    browser = world.browser()
    tokens = world.tokens(browser)
    content = SP.login(world, browser, hint=None).content

    by_redirect(world, browser, SP, content)

    userinfo = world.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens['access_token']}")
    assert userinfo.status == 401


@pytest.mark.parametrize("indexes", [(), ("_unknown", "own"), ("own",)])
@pytest.mark.spec("SAML core", "3.7.1")
def test_no_index_or_one_of_several_names_the_session(world, indexes):
    browser = world.browser()
    content = SP.login(world, browser).content
    named = tuple(content.session_index if index == "own" else index for index in indexes)

    answer = by_redirect(world, browser, SP, content, session_indexes=named)

    assert status(world, SP, answer) == ("Success", None)
    assert not signed_on(world, browser)


def test_each_transient_name_of_the_sign_on_names_it(world):
    browser = world.browser()
    SP.login(world, browser)
    transient = SP.login(world, browser, name_id={"Format": TRANSIENT}, hint=None).content

    assert status(world, SP, by_redirect(world, browser, SP, transient)) == ("Success", None)
    assert not signed_on(world, browser)


def wrong_name(content):
    return {"name_id": replace(content.name_id, value="somebody-else")}


WRONG = {
    "another name": wrong_name,
    "another format": lambda c: {"name_id": replace(c.name_id, format=TRANSIENT)},
    "another qualifier": lambda c: {"name_id": replace(c.name_id, name_qualifier="https://idp.example")},
    "another service's qualifier": lambda c: {"name_id": replace(c.name_id, sp_name_qualifier=OTHER.entity_id)},
    "another session": lambda _: {"session_indexes": ("_another",)},
}


@BINDINGS
@pytest.mark.parametrize("fault", WRONG, ids=str)
@pytest.mark.spec("SAML core", "3.3.4")
def test_a_request_that_does_not_name_this_login_ends_nothing_and_is_told_so(world, send, fault):
    browser = world.browser()
    content = SP.login(world, browser).content

    answer = send(world, browser, SP, content, **WRONG[fault](content))

    assert status(world, SP, answer) == ("Requester", "UnknownPrincipal")
    assert signed_on(world, browser)
    assert not world.events("sign-on.ended")


def test_a_service_outside_the_sign_on_cannot_end_it(world):
    browser = world.browser()
    SP.login(world, browser)
    elsewhere = OTHER.login(world).content

    answer = by_redirect(world, browser, OTHER, elsewhere)

    assert status(world, OTHER, answer) == ("Requester", "UnknownPrincipal")
    assert signed_on(world, browser)


def test_a_name_without_qualifiers_is_the_service_s_own(world):
    browser = world.browser()
    content = SP.login(world, browser).content

    answer = by_redirect(world, browser, SP, content, name_id=NameId(content.name_id.value))

    assert status(world, SP, answer) == ("Success", None)


@BINDINGS
@pytest.mark.spec("SAML profiles", "4.4.4.1")
def test_an_unsigned_request_is_refused_also_from_a_service_that_need_not_sign(world, send):
    browser = world.browser()
    content = UNSIGNED.login(world, browser, by=None).content

    answer = send(world, browser, UNSIGNED, content, by=None)

    assert (answer.status, answer.cause) == (400, "request-signature")
    assert signed_on(world, browser, UNSIGNED)


@BINDINGS
@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"by": s.rsa_signer("stranger")}, "request-signature"),
        ({"issuer": OTHER.entity_id}, "request-signature"),
        ({"issuer": "https://stranger.example"}, "request-unknown-service"),
        ({"now": 1_795_000_000}, "request-malformed"),
        ({"now": 1_795_000_000, "lifetime": 10_000_000}, "request-expired"),
        ({"lifetime": -61}, "request-malformed"),
        ({"destination": "https://elsewhere.example/slo"}, "request-malformed"),
        ({"destination": "http://127.0.0.1:8440/saml/sso"}, "request-malformed"),
    ],
    ids=lambda told: told if isinstance(told, str) else "-".join(told),
)
@pytest.mark.spec("SAML profiles", "4.4.4.1")
def test_a_request_that_is_not_proven_fresh_and_ours_gets_a_page_and_ends_nothing(world, send, changes, cause):
    browser = world.browser()
    content = SP.login(world, browser).content

    answer = send(world, browser, SP, content, **changes)

    assert (answer.status, answer.page, answer.cause) == (400, "U10", cause)
    assert signed_on(world, browser)


@pytest.mark.parametrize("first", [by_redirect, by_post])
@BINDINGS
def test_a_request_is_used_once(world, first, send):
    browser = world.browser()
    content = SP.login(world, browser).content
    first(world, browser, SP, content, id="_once")
    again = SP.login(world, browser, levels=(LEVEL2,)).content

    answer = send(world, browser, SP, again, id="_once")

    assert (answer.status, answer.cause) == (400, "request-replayed")
    assert signed_on(world, browser)


def test_a_landed_request_is_fetched_once_and_not_after_its_time(world):
    browser = world.browser()
    content = SP.login(world, browser).content
    landed = [
        browser.request("POST", "/saml/slo", SP.logout_form(world, content), cookies=False).location for _ in range(2)
    ]
    assert browser.get(landed[0]).status == 200
    world.clock.now += 121

    assert browser.get(landed[0]).cause == "login-expired"
    assert browser.get(landed[1]).cause == "login-expired"
    assert browser.get("/login/logga-ut/svar?h=guess").cause == "login-expired"


def test_a_landed_request_used_again_is_refused(world):
    browser = world.browser()
    content = SP.login(world, browser).content
    landed = browser.request("POST", "/saml/slo", SP.logout_form(world, content), cookies=False).location
    browser.get(landed)

    assert browser.get(landed).cause == "login-used"


def test_a_landed_request_in_another_browser_ends_nothing_there(world):
    browser, other = world.browser(), world.browser()
    content = SP.login(world, browser).content
    SP.login(world, other, hint="test:bo")
    landed = browser.request("POST", "/saml/slo", SP.logout_form(world, content), cookies=False).location

    answer = other.get(landed)

    assert status(world, SP, answer) == ("Requester", "UnknownPrincipal")
    assert signed_on(world, browser)
    assert signed_on(world, other)


@BINDINGS
def test_nobody_signed_on_is_what_was_wanted(world, send):
    content = SP.login(world).content

    assert status(world, SP, send(world, world.browser(), SP, content)) == ("Success", None)


def test_a_frame_without_cookies_cannot_know_and_says_so(world):
    content = SP.login(world).content

    answer = world.browser().get(SP.logout_url(world, content), Sec_Fetch_Dest="iframe")

    assert status(world, SP, answer) == ("Responder", "RequestDenied")


def test_the_answer_goes_by_the_binding_that_the_service_has(world):
    browser = world.browser()
    content = ONLY_POST.login(world, browser).content

    answer = by_redirect(world, browser, ONLY_POST, content)

    assert answer.page == "U9"
    assert status(world, ONLY_POST, answer) == ("Success", None)


def test_a_service_without_an_address_for_the_answer_gets_a_page(world):
    browser = world.browser()
    content = NOWHERE.login(world, browser).content

    answer = by_redirect(world, browser, NOWHERE, content)

    assert (answer.status, answer.cause) == (400, "request-address")


def test_a_relay_state_that_was_not_sent_does_not_come_back(world):
    browser = world.browser()
    content = SP.login(world, browser).content
    form = SP.logout_form(world, content)
    del form["RelayState"]

    answer = browser.post("/saml/slo", form)

    assert SP.read_logout(world, answer)[1] is None


def test_an_oidc_client_is_no_sender_of_saml(world):
    content = SP.login(world).content

    answer = world.browser().get(SP.logout_url(world, content, issuer="rp"))

    assert (answer.status, answer.cause) == (400, "request-unknown-service")


def test_the_same_person_at_two_levels_is_one_sign_on_for_logout(world):
    browser = world.browser()
    SP.login(world, browser, levels=(LEVEL2,))
    content = SP.login(world, browser, levels=(LEVEL3,)).content

    by_redirect(world, browser, SP, content)

    assert not SP.login(world, browser, levels=(LEVEL2,), passive=True, hint=None).content
