"""What must stay secret is in no log line, no event and no row; what strangers plant comes out of no header (LO, OA-12)."""

import logging
import re

import pytest

from tests.support.oidc import asserting, assertion, basic, introspect, keyed_client, patient, refresh, revoke, userinfo
from tests.support.world import CALLBACK, claims, client, federation

SCOPE = "openid profile offline_access"
CANARY = "canary-7f3e9b1c"
ENDPOINTS = ["/oidc/authorize", "/oidc/token", "/oidc/userinfo", "/oidc/introspect", "/oidc/revoke", "/oidc/logout"]


@pytest.fixture(scope="module")
def shared(lasting_worlds):
    return lasting_worlds.make(federation(client()))


@pytest.fixture
def world(shared):
    return patient(shared)


def files_of(world):
    return b"".join(path.read_bytes() for path in sorted(world.settings.data_dir.rglob("tillit.db*")))


def events_of(world):
    return "\n".join([*(str(row.leaf) for row in world.store.log_rows()), *map(str, world.store.log_pending())])


def test_no_secret_of_a_login_is_in_the_database_the_log_or_the_events(worlds, caplog):
    caplog.set_level(logging.DEBUG)
    secret = "the-client-secret-" + CANARY
    world = worlds.make(federation(client(client_secret=secret), keyed_client("keyed")))
    browser = world.browser()
    # when: everything is used, rightly and wrongly
    code = world.code(browser, scope=SCOPE)
    tokens = world.redeem(code, "rp", secret).json
    world.redeem(code, "rp", secret)
    tokens2 = world.redeem(world.code(browser, scope=SCOPE), "rp", secret).json
    renewed = world.token("rp", secret, grant_type="refresh_token", refresh_token=tokens2["refresh_token"]).json
    proof = assertion(world, client_id="keyed")
    world.token("keyed", None, grant_type="client_credentials", **asserting(proof))
    world.token("rp", secret + "x", grant_type="client_credentials")
    browser.get(f"/oidc/logout?id_token_hint={tokens['id_token']}")
    # then
    handles = [part for value in browser.cookies.values() for part in value.split(".") if part]
    secrets = {
        "client secret": secret,
        "code": code,
        "verifier": world.pkce.verifier,
        "state": "the-state",
        "refresh token": tokens2["refresh_token"],
        "next refresh token": renewed["refresh_token"],
        "access token": tokens["access_token"],
        "ID token": tokens["id_token"],
        "assertion": proof,
        "sub": claims(tokens["id_token"])["sub"],
        "personal number": "191212121212",
        **{f"cookie {n}": part for n, part in enumerate(handles)},
    }
    stored, logged, recorded = files_of(world), caplog.text, events_of(world)
    assert stored
    for name, value in secrets.items():
        assert value.encode() not in stored, f"{name} in the database"
        assert value not in logged, f"{name} in the log"
        assert value not in recorded, f"{name} in the events"


@pytest.mark.parametrize("name", ["state", "nonce", "login_hint", "acr_values", "ui_locales", "scope", "id_token_hint",
                                  "client_id", "redirect_uri", "code_challenge", "request", "claims", "unknown"])  # fmt: skip
def test_what_is_planted_in_a_request_is_in_no_log_line(world, caplog, name):
    caplog.set_level(logging.DEBUG)
    world.browser().get(world.authorize_url(**{name: CANARY}))
    assert CANARY not in caplog.text
    assert CANARY not in events_of(world)


@pytest.mark.parametrize(
    "name", ["code", "code_verifier", "refresh_token", "client_secret", "client_assertion", "token", "scope"]
)
@pytest.mark.parametrize("endpoint", ["/oidc/token", "/oidc/introspect", "/oidc/revoke"])
def test_what_is_planted_in_a_form_is_in_no_log_line_and_no_answer(world, caplog, name, endpoint):
    caplog.set_level(logging.DEBUG)
    for grant_type in ("authorization_code", "refresh_token", "client_credentials"):
        form = {
            "grant_type": grant_type,
            "redirect_uri": CALLBACK,
            "code": "c",
            "code_verifier": "v",
            "token": "t",
            name: CANARY,
        }
        answer = world.request("POST", endpoint, form, **basic("rp"))
        assert CANARY not in answer.text
        assert CANARY not in str(answer.headers)
    assert CANARY not in caplog.text


INJECTIONS = [
    "\r\nX-Evil: 1",
    "\nX-Evil: 1",
    "\rX-Evil: 1",
    "\0",
    "\u2028X-Evil: 1",
    "%0d%0aX-Evil: 1",
    "<script>",
    "\x1b[31m",
]
PLACES = [
    "state",
    "nonce",
    "redirect_uri",
    "client_id",
    "login_hint",
    "scope",
    "prompt",
    "claims",
    "acr_values",
    "error",
]


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("name", PLACES)
def test_nothing_planted_splits_a_header_or_runs_in_a_page(world, name, text):
    answer = world.browser().get(world.authorize_url(**{name: "a" + text}))
    assert answer.status < 500
    for header, value in answer.headers:
        assert "x-evil" not in header.lower()
        assert not re.search(r"[\x00-\x1f\x7f]", value)
    assert "<script>" not in answer.text.replace("<script>alert", "")


@pytest.mark.parametrize("text", INJECTIONS)
def test_nothing_planted_in_a_logout_splits_a_header(worlds, text):
    after = "https://rp.example.org/after"
    world = worlds.make(federation(client(post_logout_redirect_uris=[after])))
    form = {"client_id": "rp", "post_logout_redirect_uri": after, "state": "a" + text}
    browser = world.browser()
    answer = browser.follow(browser.post("/oidc/logout", form))
    assert answer.location.startswith(after + "?state=a")
    assert answer.sent_back == {"state": "a" + text}
    assert all(not re.search(r"[\x00-\x1f\x7f]", value) for _, value in answer.headers)


COOKIES = {
    "empty": "",
    "a dot": ".",
    "no dot": "A" * 43,
    "short": "A" * 42 + ".",
    "long": "A" * 44 + ".",
    "an unknown browser": "A" * 43 + ".",
    "an unknown handle": "A" * 43 + "." + "B" * 43,
    "three parts": ".".join(["A" * 43] * 3),
    "huge": "A" * 8000,
    "quoted": '"' + "A" * 43 + '."',
    "percent": "%41" * 43,
    "a path": "../../etc/passwd",
    "not ASCII": "å" * 43 + ".",
}


@pytest.mark.spec("RFC 6265", "5.4")
@pytest.mark.parametrize("name", COOKIES)
def test_a_malformed_or_unknown_cookie_is_no_cookie(world, name):
    for path in (world.authorize_url(prompt="none", login_hint=None), "/oidc/logout"):
        plain = world.request("GET", path)
        answer = world.request("GET", path, Cookie=f"tillit={COOKIES[name]}")
        assert answer.status == plain.status
        assert answer.sent_back.get("error") == plain.sent_back.get("error")


def test_a_good_cookie_sent_twice_is_no_cookie(world):
    browser = world.browser()
    world.tokens(browser)
    good = browser.cookies["tillit"]
    for both in (f"tillit={good}; tillit={good}", f"tillit=x; tillit={good}", f"tillit={good}; tillit=x"):
        answer = world.request("GET", world.authorize_url(prompt="none", login_hint=None), Cookie=both)
        assert answer.sent_back["error"] == "login_required"
    for spaced in (f"a=b; tillit={good}; c=d", f" tillit={good} ;", f"tillit={good};tillit2=x"):
        answer = world.request("GET", world.authorize_url(prompt="none", login_hint=None), Cookie=spaced)
        assert "code" in answer.sent_back


def test_the_cookie_is_bound_to_its_site_and_hidden_from_scripts(world):
    answer = world.browser().get(world.authorize_url())
    cookie = answer.header("Set-Cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


BODIES = {
    "nothing": b"",
    "one octet": b"\0",
    "not UTF-8": b"a=%ff&b=\xff",
    "huge name": b"a" * 60000 + b"=1",
    "thousands of fields": b"a=1&" * 16000,
    "thousands of names": "&".join(f"p{n}=1" for n in range(5000)).encode(),
    "only separators": b"&" * 60000,
    "only signs": b"=" * 60000,
    "64 KiB": b"a=" + b"b" * 65534,
    "over 64 KiB": b"a=" + b"b" * 65535,
    "a megabyte": b"a" * 10**6,
    "deep JSON": b"[" * 60000,
    "XML": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "bad escapes": b"a=%zz&%=%&b=%u0041",
}
TYPES = [
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=x",
    "",
    "x/\xff",
    "a" * 9000,
]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("name", BODIES)
def test_no_body_whatever_makes_the_server_fail(world, endpoint, name):
    for media_type in TYPES:
        for headers in ({}, basic("rp")):
            answer = world.request("POST", endpoint, BODIES[name], **{"Content-Type": media_type, **headers})
            assert answer.status < 500
            assert not answer.location.startswith("https://evil")
            if len(BODIES[name]) > 65536:
                assert answer.status == 413


QUERIES = [
    "%",
    "%zz",
    "a=%ff",
    "=",
    "&&&",
    "a" * 30000,
    "a=1&" * 5000,
    "a;b;c",
    "client_id",
    "client_id=rp&redirect_uri",
    "[]=1",
]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("query", QUERIES)
def test_no_query_whatever_makes_the_server_fail(world, endpoint, query):
    for method in ("GET", "HEAD", "POST", "OPTIONS", "TRACE"):
        answer = world.request(method, f"{endpoint}?{query}", **basic("rp"))
        assert answer.status < 500
        assert answer.location == ""


AUTHORIZATIONS = [
    "Bearer " + "a" * 70000,
    "Bearer a b c",
    "Bearer \xff",
    "\xff\xfe",
    "Bearer,Bearer",
    "Bearer a, Basic b",
]


@pytest.mark.parametrize("value", AUTHORIZATIONS)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_no_authorization_header_whatever_makes_the_server_fail(world, endpoint, value):
    for method in ("GET", "POST"):
        form = {"token": "x"} if method == "POST" else None
        assert world.request(method, endpoint, form, Authorization=value).status < 500


def test_the_neighbours_of_a_good_login_work_here_too(world):
    """So that the tables above are refused for what is wrong with them."""
    tokens = world.tokens(scope=SCOPE)
    assert userinfo(world, tokens["access_token"]).status == 200
    assert introspect(world, tokens["access_token"]).json["active"]
    assert refresh(world, tokens["refresh_token"]).status == 200
    assert revoke(world, tokens["access_token"]).status == 200
