"""The authorization request and its answers (OpenID Connect Core section 3.1.2, RFC 6749 sections 3.1 and 4.1)."""

import json
from urllib.parse import parse_qsl, urlencode

import pytest

from tests.support.oidc import error, verified
from tests.support.world import CALLBACK, claims, client, federation

pytestmark = pytest.mark.spec("OpenID Connect Core", "3.1.2")

ODD_TEXTS = {
    "everything that is reserved": "a b+c&d=e%f#g?h/i;j:k@l",
    "percent-encoded text": "%00%0d%0a%2f",
    "Swedish": "åäö ÅÄÖ",
    "other scripts and an emoji": "日本 עברית 👩🏽‍⚕️",
    "quotes and tags": "\"'><script>alert(1)</script>",
    "a URL": "https://rp.example.org/cb?code=x&state=y",
    "JSON": '{"a":[1,2]}',
    "2 KiB": "s" * 2048,
    "a dot": ".",
    "a line separator": "a\u2028b",
}


@pytest.fixture(scope="module")
def world(lasting_worlds):
    return lasting_worlds.make(federation(client()))


@pytest.mark.parametrize("name", ODD_TEXTS)
def test_state_and_nonce_come_back_as_they_were_sent(world, name):
    text = ODD_TEXTS[name]
    sent = world.browser().get(world.authorize_url(state=text, nonce=text)).sent_back
    assert sent["state"] == text
    assert claims(world.redeem(sent["code"]).json["id_token"])["nonce"] == text


@pytest.mark.parametrize("name", ODD_TEXTS)
def test_state_comes_back_with_errors_too(world, name):
    sent = world.browser().get(world.authorize_url(state=ODD_TEXTS[name], response_type="token")).sent_back
    assert (sent["error"], sent["state"]) == ("unsupported_response_type", ODD_TEXTS[name])


@pytest.mark.parametrize("empty", [None, ""])
def test_state_and_nonce_may_be_left_out(world, empty):
    sent = world.browser().get(world.authorize_url(state=empty, nonce=empty)).sent_back
    assert set(sent) == {"code", "iss"}
    assert "nonce" not in claims(world.redeem(sent["code"]).json["id_token"])


@pytest.mark.parametrize("empty", [None, ""])
def test_an_error_without_state_in_the_request_has_none_in_the_answer(world, empty):
    sent = world.browser().get(world.authorize_url(state=empty, prompt="bork")).sent_back
    assert set(sent) == {"error", "error_description", "iss"}


@pytest.mark.spec("RFC 6749", "4.1.2.1")
def test_an_error_has_a_sentence_and_a_reference_in_the_characters_that_are_allowed(world):
    sent = world.browser().get(world.authorize_url(prompt="bork", claims="å")).sent_back
    assert "(ref " in sent["error_description"]
    assert all(c == " " or ("!" <= c <= "~" and c not in '"\\') for c in sent["error_description"])


LONG = {
    "state": ("s", 2048),
    "nonce": ("n", 2048),
    "scope": ("openid" + " x" * 20 + "y", 1024),
    "login_hint": ("test:anna", 1024),
    "ui_locales": ("sv ", 8192),
    "unknown": ("u", 8192),
}


@pytest.mark.parametrize("name", LONG)
def test_a_value_longer_than_any_honest_request_needs_is_refused(world, name):
    text, longest = LONG[name]
    value = text + "x" * (longest + 1 - len(text))
    sent = world.browser().get(world.authorize_url(**{name: value})).sent_back
    assert sent["error"] == "invalid_request"
    assert len(str(sent)) < 4096, "what is too long is not sent on"


@pytest.mark.parametrize("name", ["state", "nonce"])
def test_length_is_counted_in_octets(world, name):
    fits, exceeds = "å" * 1024, "å" * 1025
    assert "code" in world.browser().get(world.authorize_url(**{name: fits})).sent_back
    assert error(world.browser().get(world.authorize_url(**{name: exceeds}))) == "invalid_request"


@pytest.mark.spec("RFC 6749", "3.3")
def test_fifty_scope_values_are_read_and_fifty_one_are_not(world):
    many = " ".join(f"s{n}" for n in range(49))
    assert "code" in world.browser().get(world.authorize_url(scope=f"openid {many}")).sent_back
    assert error(world.browser().get(world.authorize_url(scope=f"openid {many} more"))) == "invalid_scope"


@pytest.mark.spec("RFC 6749", "3.3")
def test_scope_values_that_are_not_registered_are_left_out_and_the_answer_says_so(world):
    tokens = world.tokens(scope="openid profile email urn:unknown other")
    assert tokens["scope"] == "openid profile"
    assert claims(tokens["access_token"])["scope"] == "openid profile"


@pytest.mark.spec("RFC 6749", "3.3")
def test_a_registered_scope_value_that_means_nothing_here_is_left_out(worlds):
    world = worlds.make(federation(client(scope="openid profile urn:nothing"), client("api")))
    assert world.tokens(scope="openid urn:nothing profile api")["scope"] == "openid profile"


@pytest.mark.spec("RFC 6749", "3.3")
@pytest.mark.parametrize("scope", ["profile openid", "openid  profile", " openid profile ", "openid openid profile"])
def test_order_spaces_and_repetition_of_scope_values_do_not_matter(world, scope):
    assert sorted(world.tokens(scope=scope)["scope"].split(" ")) == ["openid", "profile"]


@pytest.mark.parametrize("scope", [None, "", " ", "profile", "OpenID", "openid\tprofile", "openid,profile", "xopenid"])
def test_without_openid_there_is_no_login(world, scope):
    assert error(world.browser().get(world.authorize_url(scope=scope))) in {"invalid_scope", "invalid_request"}


def test_a_client_not_registered_for_openid_gets_no_login(worlds):
    world = worlds.make(federation(client(scope="profile")))
    assert error(world.browser().get(world.authorize_url())) == "invalid_scope"


@pytest.mark.spec("RFC 6749", "4.1.2.1")
def test_a_client_not_registered_for_the_code_grant_gets_no_code(worlds):
    world = worlds.make(federation(client(grant_types=["client_credentials"])))
    answer = world.browser().get(world.authorize_url())
    assert error(answer) == "unauthorized_client"


@pytest.mark.spec("RFC 9700", "2.1.2")
@pytest.mark.parametrize(
    "response_type",
    [
        "token",
        "id_token",
        "id_token token",
        "code token",
        "code id_token",
        "code id_token token",
        "none",
        "CODE",
        "code ",
    ],
)
def test_no_token_leaves_the_authorization_endpoint(world, response_type):
    answer = world.browser().get(world.authorize_url(response_type=response_type))
    assert error(answer) == "unsupported_response_type"
    assert "#" not in answer.location


@pytest.mark.parametrize("response_type", [None, ""])
def test_response_type_is_required(world, response_type):
    assert error(world.browser().get(world.authorize_url(response_type=response_type))) == "invalid_request"


@pytest.mark.parametrize("mode", ["fragment", "form_post", "query.jwt", "jwt", "web_message", "QUERY"])
def test_a_response_mode_that_is_not_supported_is_said_in_the_query(world, mode):
    answer = world.browser().get(world.authorize_url(response_mode=mode))
    assert error(answer) == "invalid_request"
    assert answer.location.startswith(CALLBACK + "?")


@pytest.mark.parametrize("mode", ["query", "", None])
def test_the_query_mode_may_be_named(world, mode):
    assert "code" in world.browser().get(world.authorize_url(response_mode=mode)).sent_back


@pytest.mark.spec("OpenID Connect Core", "6")
@pytest.mark.parametrize("name", ["request", "request_uri", "registration"])
def test_request_objects_are_refused_by_name(world, name):
    answer = world.browser().get(world.authorize_url(**{name: "https://evil.example/object"}))
    assert error(answer) == f"{name}_not_supported"


REPEATABLE = ["state", "nonce", "scope", "response_type", "code_challenge", "prompt", "max_age", "acr_values", "claims",
              "login_hint", "id_token_hint", "ui_locales", "request", "unknown"]  # fmt: skip


@pytest.mark.spec("RFC 6749", "3.1")
@pytest.mark.parametrize("name", REPEATABLE)
def test_a_parameter_sent_twice_is_refused_even_with_the_same_value(world, name):
    value = {"state": "the-state", "scope": "openid", "response_type": "code"}.get(name, "1")
    asked = world.authorize_url(**{name: value}) + "&" + urlencode({name: value})
    answer = world.browser().get(asked)
    assert error(answer) == "invalid_request"
    assert answer.sent_back.get("state") == (None if name == "state" else "the-state")


@pytest.mark.spec("RFC 6749", "3.1")
def test_unknown_parameters_are_ignored(world):
    extra = {"display": "touch", "claims_locales": "sv", "unknown": "x\r\ny", "audience": "api", "resource": "urn:x"}
    assert "code" in world.browser().get(world.authorize_url(**extra)).sent_back


@pytest.mark.spec("RFC 6749", "3.1")
@pytest.mark.parametrize(
    "name", ["prompt", "max_age", "acr_values", "claims", "ui_locales", "id_token_hint", "request"]
)
def test_a_parameter_without_value_is_one_left_out(world, name):
    assert "code" in world.browser().get(world.authorize_url(**{name: ""})).sent_back


@pytest.mark.parametrize("name", ["state", "nonce", "scope", "login_hint", "ui_locales", "acr_values"])
@pytest.mark.parametrize("bad", ["a\r\nSet-Cookie: x=y", "a\0b", "a\tb", "\x7f"])
def test_control_characters_are_refused_and_reach_no_header(world, name, bad):
    answer = world.browser().get(world.authorize_url(**{name: bad}))
    assert error(answer) == "invalid_request"
    for header, value in answer.headers:
        assert value.isprintable(), header
        assert "Set-Cookie: x=y" not in value


UNREADABLE = {
    "not UTF-8": b"&x=%ff",
    "an overlong encoding": b"&x=%c0%af",
    "a lone surrogate": b"&x=%ed%a0%80",
    "octets outside ASCII": "&x=å".encode(),
    "over a hundred fields": b"&a=1" * 101,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_request_gets_a_page(world, name):
    good = world.authorize_url().partition("?")[2].encode()
    answer = world.browser().request("POST", "/oidc/authorize", good + UNREADABLE[name])
    assert (answer.status, answer.cause, answer.location) == (400, "request-malformed", "")


@pytest.mark.parametrize("media_type", ["application/json", "multipart/form-data", "text/plain", ""])
def test_a_post_of_another_media_type_gets_a_page(world, media_type):
    body = json.dumps({"client_id": "rp"}).encode()
    answer = world.request("POST", "/oidc/authorize", body, **{"Content-Type": media_type})
    assert (answer.status, answer.cause) == (400, "request-malformed")


def test_a_body_over_64_kib_is_refused(world):
    answer = world.request("POST", "/oidc/authorize", b"a=" + b"b" * 65536)
    assert (answer.status, answer.location) == (413, "")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_not_allowed(world, method):
    assert world.request(method, world.authorize_url()).status == 405


# --- by POST --------------------------------------------------------------------------------------------------------


def fields(world, **changes):
    return dict(parse_qsl(world.authorize_url(**changes).partition("?")[2]))


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_a_post_from_another_site_is_landed_without_a_cookie_and_goes_on_by_get(world):
    browser = world.browser()
    world.tokens(browser)
    cookie = dict(browser.cookies)
    # when: the browser sends its cookie with no cross-site POST
    landed = browser.request("POST", "/oidc/authorize", fields(world, prompt="none"), cookies=False)
    # then
    assert landed.status == 303
    assert not landed.header("Set-Cookie")
    answer = browser.follow(browser.get(landed.location))
    assert "code" in answer.sent_back, "the sign-on was found by the GET that followed"
    assert browser.cookies == cookie


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_a_post_from_a_browser_never_seen_gets_its_cookie_by_the_get_that_follows(world):
    browser = world.browser()
    landed = browser.post("/oidc/authorize", fields(world))
    assert browser.cookies == {}
    answer = browser.follow(browser.get(landed.location))
    assert world.redeem(answer.sent_back["code"]).status == 200
    assert browser.cookies


def test_a_landed_post_is_answered_once(world):
    browser = world.browser()
    landed = browser.post("/oidc/authorize", fields(world))
    assert "code" in browser.follow(browser.get(landed.location)).sent_back
    again = browser.follow(browser.get(landed.location))
    assert (again.location, again.cause) == ("", "login-used")


def test_a_post_with_the_cookie_is_answered_at_once(world):
    browser = world.browser()
    world.tokens(browser)
    assert "code" in browser.post("/oidc/authorize", fields(world)).sent_back


def test_a_fault_in_a_post_goes_to_the_address_at_once(world):
    answer = world.browser().post("/oidc/authorize", fields(world, prompt="bork"))
    assert error(answer) == "invalid_request"


@pytest.mark.spec("RFC 6749", "3.1")
def test_the_query_of_a_post_is_not_mixed_with_its_body(world):
    answer = world.browser().post(
        "/oidc/authorize?state=from-the-query&prompt=bork", fields(world, state="body", prompt="none")
    )
    landed = world.browser().get(answer.location)
    assert landed.sent_back["state"] == "body"


# --- headers --------------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 9700", "4.12")
@pytest.mark.parametrize("changes", [{}, {"prompt": "bork"}, {"login_hint": None}])
def test_redirects_are_303_and_kept_nowhere(world, changes):
    answer = world.browser().get(world.authorize_url(**changes))
    assert answer.status == 303
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Referrer-Policy") == "no-referrer"


@pytest.mark.spec("RFC 9700", "4.16")
def test_pages_of_the_login_cannot_be_framed_kept_or_leak_their_address(world):
    browser = world.browser()
    page = browser.follow(browser.get(world.authorize_url(login_hint=None)))
    assert page.status == 200
    assert "frame-ancestors 'none'" in page.header("Content-Security-Policy")
    assert page.header("Referrer-Policy") == "no-referrer"
    assert page.header("Cache-Control") == "no-store"


def test_a_query_in_another_order_is_the_same_request(world):
    pairs = list(fields(world).items())
    asked = "/oidc/authorize?" + urlencode(pairs[::-1])
    assert "code" in world.browser().get(asked).sent_back


def test_the_page_speaks_the_language_that_the_client_asked_for(world):
    def language(value):
        browser = world.browser()
        page = browser.follow(browser.get(world.authorize_url(login_hint=None, ui_locales=value)))
        return page.header("Content-Language")

    assert language("en") == "en"
    assert language("sv en") == "sv"
    assert language("xx zz-ZZ en-GB sv") == "en"
    assert language("not!a!tag") == "sv"


@pytest.mark.spec("OpenID Connect Core", "3.1.3.7")
def test_the_id_token_of_a_login_is_verified_by_the_published_keys(world):
    got = verified(world, world.tokens()["id_token"])
    assert (got["iss"], got["aud"], got["nonce"]) == (world.base, "rp", "the-nonce")
