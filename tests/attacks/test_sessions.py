"""Attacks on the browser binding: fixation, tossed cookies, handed-over addresses, forged forms, and records that fail."""

import json
import logging
import re
from urllib.parse import urlsplit

import pytest

from broker.login.effects import AlreadyUsed, Overtaken, StorageUnavailable
from broker.login.handles import new_secret
from broker.web.flask_app import PAGES
from broker.web.front import ROUTES
from tests.support.all_methods import everything
from tests.support.asking import asking  # noqa: F401  # the page asks
from tests.support.saml_peer import Peer
from tests.support.world import MEMBER, client, federation

SP = Peer()
ASKS = Peer("asks", key="asks", extra={"consent": "ask"})
STAFF = Peer("staff", key="staff", extra={"attributes": ["commissionHsaId"], "required": ["commissionHsaId"]})
COMMISSIONS = [
    {
        "hsa_id": f"SE2321000016-C{number}",
        "commissionName": f"Uppdrag {number}",
        "commissionPurpose": "Vård och behandling",
        "healthCareProviderHsaId": "SE2321000016-1000",
        "healthCareProviderName": "Region Exempel",
        "healthcareProviderId": MEMBER,
    }
    for number in (1, 2)
]
STAFF_ROWS = [{"person": "anna", "hsa_id": "SE2321000016-E1", "commissions": COMMISSIONS}]
SERVICES = (SP.entry(), ASKS.entry(), STAFF.entry(), client())


@pytest.fixture
def world(worlds):
    return worlds.make(federation(*SERVICES, staff=STAFF_ROWS))


@pytest.fixture
def outside(worlds, monkeypatch, tmp_path):
    return everything(worlds, monkeypatch, tmp_path, lambda o: federation(*SERVICES, staff=STAFF_ROWS, **o.parts()))


def at_test_page(world, browser, peer=SP):
    page = browser.follow(browser.get(peer.redirect(world, hint=None)))
    if page.page == "U1":
        page = browser.follow(browser.post(*page.form("/login/", method="test")))
    assert page.page == "test"
    return page


def id_of(page):
    return re.search(r"/login/([A-Za-z0-9_-]{43})", page.text)[1]


# --- SE-01: fixation


def test_a_planted_secret_and_handle_are_worth_nothing_after_the_login(world):
    planted = f"{new_secret()}.{new_secret()}"
    victim, attacker = world.browser(), world.browser()
    victim.cookies["tillit"] = attacker.cookies["tillit"] = planted

    answer = victim.follow(victim.post(*at_test_page(world, victim).form("/test", username="anna")))

    assert SP.read(world, answer).content is not None
    assert victim.cookies["tillit"].partition(".")[2] != planted.partition(".")[2]
    assert SP.login(world, attacker, passive=True, hint=None).content is None


def test_who_planted_the_secret_cannot_go_on_after_the_person_has_identified(world):
    planted = f"{new_secret()}."
    victim, attacker = world.browser(), world.browser()
    victim.cookies["tillit"] = attacker.cookies["tillit"] = planted
    question = victim.follow(victim.post(*at_test_page(world, victim, ASKS).form("/test", username="anna")))
    assert question.page == "U7"

    for part in ("", "/samtycke", "/fortsatt", "/uppdrag", "/test"):
        assert attacker.get(f"/login/{id_of(question)}{part}").cause == "other-browser", part
    assert attacker.post(*question.form("/samtycke", answer="yes")).cause == "other-browser"
    assert ASKS.read(world, victim.post(*question.form("/samtycke", answer="yes"))).content is not None


def test_the_attacker_s_own_sign_on_does_not_open_the_victim_s_login(world):
    planted = new_secret()
    victim, attacker = world.browser(), world.browser()
    victim.cookies["tillit"] = attacker.cookies["tillit"] = f"{planted}."
    SP.login(world, attacker, hint="test:bo")
    question = victim.follow(victim.post(*at_test_page(world, victim, ASKS).form("/test", username="anna")))

    assert attacker.get(f"/login/{id_of(question)}/samtycke").cause == "other-browser"


# --- SE-02: cookies


@pytest.mark.parametrize(
    ("base", "name", "secure"),
    [("http://127.0.0.1:8440", "tillit", False), ("https://login.example", "__Host-tillit", True)],
)
def test_the_cookie_is_bound_to_this_host_and_out_of_reach_of_scripts(worlds, base, name, secure):
    world = worlds.make(federation(SP.entry()), base_url=base)

    cookie = world.browser().get(SP.redirect(world)).header("Set-Cookie")

    value, *attributes = cookie.split("; ")
    assert value.startswith(f"{name}=")
    assert set(attributes) == {"Path=/", "HttpOnly", "SameSite=Lax", *(["Secure"] if secure else [])}


TOSSED = {
    "twice": lambda c: f"{c}; tillit=x.y",
    "twice, the other first": lambda c: f"tillit={'A' * 43}.{'B' * 43}; {c}",
    "twice the same": lambda c: f"{c}; {c}",
    "malformed": lambda _: "tillit=not-a-secret",
    "nameless": lambda c: "=" + c,
    "another case": lambda c: c.replace("tillit", "Tillit"),
    "too long": lambda c: c + "A" * 5000,
    "with the prefix": lambda c: "__Host-" + c,
}


@pytest.mark.parametrize("toss", TOSSED, ids=str)
def test_a_tossed_cookie_counts_as_none(world, toss):
    browser = world.browser()
    SP.login(world, browser)
    sent = TOSSED[toss](f"tillit={browser.cookies['tillit']}")

    received = SP.read(world, world.request("GET", SP.redirect(world, passive=True, hint=None), Cookie=sent))

    assert received.status == ("Responder", "NoPassive")


@pytest.mark.parametrize("beside", ["a=b; {}", "{}; lang=sv", "x; {}; =y", " {} "])
def test_other_cookies_do_no_harm(world, beside):
    browser = world.browser()
    SP.login(world, browser)
    sent = beside.format(f"tillit={browser.cookies['tillit']}")

    assert SP.read(world, world.request("GET", SP.redirect(world, passive=True, hint=None), Cookie=sent)).content


# --- SE-03, SE-04, SE-05: addresses handed to another browser


LOGIN_PAGES = [(rule, methods[0]) for rule, _, methods in PAGES if rule.startswith("/login/<id>")]


def steps(outside, browser):
    """A login at each of its stages, as (page, what finishes it)."""
    world = outside.world
    choice = browser.follow(browser.get(SP.redirect(world, hint=None)))
    yield "choice", choice
    for method in ("bankid:elsewhere", "card", "test"):
        yield method, browser.follow(browser.post(*choice.form("/login/", method=method)))
    page = at_test_page(world, browser, ASKS)
    yield ASKS.id, browser.follow(browser.post(*page.form("/test", username="anna")))
    yield STAFF.id, browser.follow(browser.get(STAFF.redirect(world, hint=None)))


FINISHED = {
    "choice": lambda o, b, p: b.follow(b.post(*p.form("/login/", method="test"))).page == "test",
    "bankid:elsewhere": lambda o, b, p: b.get(p.form("/annat")[0].replace("/annat", "/mobil")).status == 200,
    "card": lambda o, b, p: b.get(f"/login/{id_of(p)}/kort").status in {200, 303},
    "test": lambda o, b, p: SP.read(o.world, b.post(*p.form("/test", username="anna"))).content is not None,
    "asks": lambda o, b, p: ASKS.read(o.world, b.post(*p.form("/samtycke", answer="yes"))).content is not None,
    "staff": lambda o, b, p: (
        STAFF.read(o.world, b.post(*p.form("/uppdrag", commission="SE2321000016-C1"))).content is not None
    ),
}


@pytest.mark.parametrize("stage", FINISHED)
@pytest.mark.parametrize("thief_has", ["nothing", "a login of its own", "a sign-on"])
def test_no_address_of_a_login_works_in_another_browser_and_the_first_still_completes(outside, stage, thief_has):
    world, browser, thief = outside.world, outside.world.browser(), outside.world.browser()
    if thief_has == "a login of its own":
        thief.get(SP.redirect(world, hint=None))
    if thief_has == "a sign-on":
        SP.login(world, thief, hint="test:bo")
    page = next(p for name, p in steps(outside, browser) if name == stage)
    csrf = page.form("/login/")[1]["csrf"]
    identified = len(world.events("login.identified"))

    for rule, method in LOGIN_PAGES:
        url = rule.replace("<id>", id_of(page))
        answer = thief.request(
            method, url, {"csrf": csrf, "answer": "yes", "method": "test"} if method == "POST" else None
        )
        if rule.endswith(("/borja", "/mobil/status")):
            answer = thief.follow(answer if answer.location else thief.get(answer.json["go"]))
        assert (answer.status, answer.cause) == (403, "other-browser"), (rule, method, answer.text[:200])
    assert len(world.events("login.identified")) == identified
    assert not world.events("saml.assertion-issued")[1:]

    assert FINISHED[stage](outside, browser, page)


def test_polling_from_another_browser_gets_neither_code_nor_cookie(outside):
    browser, thief = outside.world.browser(), outside.world.browser()
    thief.get("/")
    page = next(p for name, p in steps(outside, browser) if name == "bankid:elsewhere")
    url = page.text.partition('data-status="')[2].partition('"')[0].replace("&amp;", "&")

    answer = thief.get(url)

    assert answer.json["qr"] is None
    assert not answer.header("Set-Cookie")


# --- AD-01: forged forms


POSTS = [rule for rule, _, methods in PAGES if methods == ("POST",)]
FORGERIES = {
    "no token": ({}, {}),
    "another token": ({"csrf": "A" * 22}, {}),
    "a token that is no text": ({"csrf": "å"}, {}),
    "another site": ("own", {"Origin": "https://evil.example"}),
    "another port": ("own", {"Origin": "http://127.0.0.1:8441"}),
    "sent across sites": ("own", {"Sec_Fetch_Site": "cross-site"}),
    "sent across a site": ("own", {"Sec_Fetch_Site": "same-site"}),
    "another login's token": ("other", {}),
    "plain text": ("own", {"Content_Type": "text/plain"}),
}


@pytest.mark.parametrize("rule", POSTS)
@pytest.mark.parametrize("forgery", FORGERIES, ids=str)
def test_no_form_is_taken_that_this_site_did_not_give_this_browser(world, rule, forgery):
    browser = world.browser()
    page, other = at_test_page(world, browser), at_test_page(world, browser)
    if rule == "/login/logga-ut":
        SP.login(world, browser)
        page = browser.get("/login/logga-ut")
    form, headers = FORGERIES[forgery]
    own = page.form("/login/")[1]
    sent = form if isinstance(form, dict) else {"own": own, "other": other.form("/login/")[1]}[form]
    fields = {**sent, "method": "test", "username": "anna"}
    before = world.store.commits
    url = rule.replace("<id>", id_of(page)) if "<id>" in rule else rule

    answer = browser.post(url, fields, **headers)

    assert answer.status in {400, 403}
    assert answer.cause in {"form-stale", "request-malformed"}
    assert world.store.commits == before


@pytest.mark.parametrize("rule", POSTS)
def test_the_token_of_another_browser_is_none(world, rule):
    browser, attacker = world.browser(), world.browser()
    page, theirs = at_test_page(world, browser), at_test_page(world, attacker)

    answer = browser.post(rule.replace("<id>", id_of(page)), theirs.form("/login/")[1])

    assert answer.cause == "form-stale"


def test_a_referrer_that_is_kept_back_is_no_harm(world):
    browser = world.browser()
    page = at_test_page(world, browser)

    answer = browser.post(*page.form("/test", username="anna"), Origin="null", Sec_Fetch_Site="same-origin")

    assert SP.read(world, answer).content is not None


LANDINGS = {"/login/upstream/saml/landed", "/login/upstream/<method>/callback", "/login/<id>/kort/svar"}
"""What comes back from elsewhere by GET, and carries a secret of its own."""


def test_looking_at_a_page_changes_nothing(world):
    browser = world.browser()
    page = at_test_page(world, browser)
    before = world.store.commits

    for rule, _, methods in PAGES:
        if methods == ("GET",) and rule not in LANDINGS:
            browser.get(re.sub("<[a-z]+>", id_of(page), rule))

    assert world.store.commits == before


def test_logging_out_by_an_address_asks_first(world):
    browser = world.browser()
    SP.login(world, browser)

    asked = browser.get("/login/logga-ut")

    assert asked.page == "U12-ask"
    assert SP.login(world, browser, passive=True, hint=None).content is not None
    done = browser.post(*asked.form("/login/logga-ut"))
    assert done.page == "U12"
    assert SP.login(world, browser, passive=True, hint=None).content is None
    assert world.events("sign-on.ended")[0]["cause"] == "person"
    assert browser.get("/login/logga-ut").page == "U12"
    assert browser.post(*asked.form("/login/logga-ut")).page == "U12"


# --- OA-24: headers


def all_pages(outside):
    browser = outside.world.browser()
    yield from (page for _, page in steps(outside, browser))
    for url in (
        "/",
        "/tillganglighet",
        "/error",
        "/nowhere",
        "/login/unknown",
        "/login/logga-ut",
        "/saml/sso",
        "/oidc/authorize",
    ):
        yield browser.get(url)
    yield browser.get(SP.redirect(outside.world))


def test_every_page_keeps_frames_caches_and_referrers_out(outside):
    pages = list(all_pages(outside))
    assert {page.page for page in pages} >= {"U1", "U2", "U4", "U5", "U7", "U9", "U10", "U12", "U12-ask", "test"} - {
        "U12"
    }

    for page in pages:
        policy = dict(p.strip().partition(" ")[::2] for p in page.header("Content-Security-Policy").split(";"))
        assert policy["default-src"] == "'none'", page.page
        assert policy["frame-ancestors"] == "'none'", page.page
        assert policy["base-uri"] == "'none'", page.page
        assert "unsafe" not in page.header("Content-Security-Policy")
        assert page.header("X-Content-Type-Options") == "nosniff", page.page
        assert page.header("Referrer-Policy") == "no-referrer", page.page
        assert "no-store" in page.header("Cache-Control"), page.page
        assert not re.search(r"<script(?![^>]*\bsrc=)", page.text), page.page
        assert not re.search(r"\son[a-z]+=|style=", page.text), page.page


def test_redirects_are_303_and_are_not_kept(world):
    answer = world.browser().get(SP.redirect(world, hint=None))

    assert answer.status == 303
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Referrer-Policy") == "no-referrer"


# --- LO-01: no answer without its record


SECRETS = re.compile(rb"SAMLResponse|[?&]code=|access_token|id_token")


def journeys(world):  # noqa: C901  # a list of steps, not a flow
    """Steps that record, each as a function that makes it ready and gives the request."""

    def first(browser):
        return ("GET", SP.redirect(world, hint=None), None)

    def at_once(browser):
        return ("GET", SP.redirect(world), None)

    def code_at_once(browser):
        return ("GET", world.authorize_url(), None)

    def with_sign_on(browser):
        SP.login(world, browser)
        return ("GET", SP.redirect(world, hint=None), None)

    def landed(browser):
        return ("POST", "/saml/sso", SP.post(world))

    def fetched(browser):
        return ("GET", browser.request("POST", "/saml/sso", SP.post(world), cookies=False).location, None)

    def typed(browser):
        return ("POST", *at_test_page(world, browser).form("/test", username="anna"))

    def cancelled(browser):
        return ("POST", *at_test_page(world, browser).form("/avbryt"))

    def consented(browser):
        page = browser.follow(browser.post(*at_test_page(world, browser, ASKS).form("/test", username="anna")))
        return ("POST", *page.form("/samtycke", answer="yes"))

    def refused(browser):
        page = browser.follow(browser.post(*at_test_page(world, browser, ASKS).form("/test", username="anna")))
        return ("POST", *page.form("/samtycke", answer="no"))

    def commission(browser):
        page = browser.follow(browser.post(*at_test_page(world, browser, STAFF).form("/test", username="anna")))
        return ("POST", *page.form("/uppdrag", commission="SE2321000016-C1"))

    def logout(browser):
        return ("GET", SP.logout_url(world, SP.login(world, browser).content), None)

    def logout_landed(browser):
        return ("POST", "/saml/slo", SP.logout_form(world, SP.login(world).content))

    def logout_asked(browser):
        SP.login(world, browser)
        return ("POST", *browser.get("/login/logga-ut").form("/login/logga-ut"))

    return {f.__name__: f for f in locals().values() if callable(f)}


NAMES = list(journeys(None))


@pytest.mark.parametrize("step", NAMES)
@pytest.mark.parametrize(
    ("error", "status"),
    [(StorageUnavailable("full"), 503), (RuntimeError("text-of-the-error"), 500)],
    ids=["full", "bug"],
)
def test_when_nothing_can_be_recorded_nothing_leaves(world, monkeypatch, step, error, status):
    browser = world.browser()
    method, url, form = journeys(world)[step](browser)
    cookies = dict(browser.cookies)

    def fails(_effects):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "commit", fails)
        answer = browser.request(method, url, form)

    assert (answer.status, answer.page) == (status, "U10")
    assert not SECRETS.search(answer.body.split(b"<main")[1])
    assert not answer.location
    assert browser.cookies == cookies
    assert b"text-of-the-error" not in answer.body
    assert not (status == 503 and not answer.header("Retry-After"))


@pytest.mark.parametrize("step", [name for name in NAMES if name not in {"landed", "logout_landed"}])
def test_after_the_fault_the_same_step_succeeds(world, monkeypatch, step):
    browser = world.browser()
    method, url, form = journeys(world)[step](browser)

    def fails(_effects):
        raise StorageUnavailable("full")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "commit", fails)
        browser.request(method, url, form)
    answer = browser.follow(browser.request(method, url, form))

    assert answer.status in {200, 303}
    assert answer.page != "U10"


@pytest.mark.parametrize("step", [name for name in NAMES if name not in {"logout", "logout_landed", "logout_asked"}])
def test_a_step_that_another_request_overtook_shows_where_the_login_stands(world, monkeypatch, step):
    browser = world.browser()
    method, url, form = journeys(world)[step](browser)

    def overtaken(_effects):
        raise Overtaken("login")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "commit", overtaken)
        answer = browser.request(method, url, form)

    assert answer.location.partition("?")[0].endswith("/fortsatt") or answer.cause == "login-used"
    assert not SECRETS.search(answer.body)


@pytest.mark.parametrize(
    ("kind", "cause"), [("login", "login-used"), ("saml-request", "request-replayed"), ("assertion", "upstream-used")]
)
def test_what_was_used_before_has_its_own_cause(world, monkeypatch, kind, cause):
    def used(_effects):
        raise AlreadyUsed(kind)

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "commit", used)
        answer = world.browser().get(SP.redirect(world))

    assert answer.cause == cause
    assert not SECRETS.search(answer.body.split(b"<main")[1])


@pytest.mark.parametrize("read", ["login", "sign_on", "person", "participants"])
def test_a_database_that_cannot_be_read_is_a_page(world, monkeypatch, read):
    browser = world.browser()
    content = SP.login(world, browser).content
    page = at_test_page(world, world.browser())

    def fails(*_):
        raise StorageUnavailable("gone")

    monkeypatch.setattr(world.store, read, fails)
    url = {"login": f"/login/{id_of(page)}", "participants": SP.logout_url(world, content)}.get(
        read, SP.redirect(world, hint=None)
    )

    assert (browser.get(url).status, browser.get(url).cause) == (503, "maintenance")


def test_an_unknown_fault_has_a_reference_in_page_and_log_and_no_text(world, monkeypatch, caplog):
    caplog.set_level(logging.ERROR, logger="tillit.web")

    def broken(*_args, **_named):
        raise ZeroDivisionError("secret-text")

    monkeypatch.setattr("broker.login.journey.begin", broken)
    answer = world.browser().get(SP.redirect(world))

    reference = re.search(r'data-reference="([^"]+)"', answer.text)[1]
    assert (answer.status, answer.cause) == (500, "internal")
    assert "secret-text" not in answer.text
    assert "ZeroDivision" not in answer.text
    assert [record.reference for record in caplog.records] == [reference]


# --- LO-04: what people are called


EVIL = "\u202eevil\u2066 <img src=x onerror=alert(1)> \"'&"


def test_names_from_elsewhere_are_text_on_one_line(worlds):
    person = {"id": "eve", "givenName": EVIL, "sn": EVIL, "displayName": EVIL}
    asks = Peer(extra={"consent": "ask", "names": {"sv": "A <b>B</b>", "en": "A"}})
    world = worlds.make(federation(asks.entry(), persons=[person]))
    browser = world.browser()

    page = browser.follow(browser.post(*at_test_page(world, browser, asks).form("/test", username="eve")))

    assert page.page == "U7"
    assert "<img" not in page.text
    assert "<b>B" not in page.text
    assert "\u202e" not in page.text
    assert "\u2066" not in page.text


def test_events_hold_no_secret_and_no_value(world):
    browser = world.browser()
    SP.login(world, browser)
    world.tokens(browser, login_hint=None)

    leaves = [*(row.leaf for row in world.store.log_rows()), *world.store.log_pending()]
    for leaf in leaves:
        text = leaf.decode()
        for secret in ("Andersson", "191212121212", *browser.cookies["tillit"].split(".")):
            assert secret not in text
        assert json.loads(text)["event"]


def test_every_route_that_changes_something_is_known_here():
    changing = {path for path, route in ROUTES.items() if "POST" in route.methods}

    assert changing == {
        "/oidc/authorize", "/oidc/token", "/oidc/userinfo", "/oidc/introspect", "/oidc/revoke", "/oidc/logout",
        "/saml/sso", "/saml/acs", "/saml/slo",
        # by a token, a signature or nothing at all, and never by a cookie
        "/api/v1/", "/api/v1/validate", "/federation/register", "/federation/trust-mark-status", "/oidc/register",
        "/log/witness/add-checkpoint",
    }  # fmt: skip
    assert all(urlsplit(path).path == path for path in ROUTES)
