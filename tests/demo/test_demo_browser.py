"""The self-check's browser keeps to the rules of browsers, so that a page which breaks one cannot pass."""

import pytest

from broker.demo.browser import Browser, NotHeld, Page
from broker.demo.document import forms, read
from broker.demo.material import prepare
from broker.demo.places import Places
from idp_adapters.simulators.serving import serve

HTML = ("Content-Type", "text/html")


class Site:
    """Answers by path; remembers what cookies and which methods came."""

    def __init__(self):
        self.answers, self.seen = {}, []

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("HTTP_COOKIE", ""), body))
        status, headers, content = self.answers.get(environ["PATH_INFO"], ("404 Not Found", [], ""))
        start_response(status, [*headers, ("Content-Length", str(len(content)))])
        return [content.encode()]


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    places = Places(tmp_path_factory.mktemp("browser"), 12440)
    prepare(places)
    return places


@pytest.fixture
def site(places):
    site = Site()
    running = serve(site, "127.0.0.1", 0, cert=places.certificate("server"), key=places.key("server"))
    site.here, site.there = f"https://127.0.0.1:{running.port}", f"https://localhost:{running.port}"
    yield site
    running.stop()


@pytest.fixture
def browser(places):
    return Browser(places.ca, places.cards)


def page_with_form(action, policy=None):
    headers = [HTML] + ([("Content-Security-Policy", policy)] if policy else [])
    return "200 OK", headers, f'<form method="post" action="{action}"><input name="a" value="1"></form>'


def test_a_lax_cookie_does_not_go_with_a_post_of_another_site_and_goes_with_a_redirect_by_get(site, browser):
    site.answers["/set"] = "200 OK", [("Set-Cookie", "a=1; Secure; SameSite=Lax")], ""
    site.answers["/form"] = page_with_form(f"{site.here}/end")
    site.answers["/end"] = "303 See Other", [("Location", "/landed")], ""
    site.answers["/landed"] = "200 OK", [HTML], ""
    browser.get(f"{site.here}/set")
    page = browser.get(f"{site.there}/form")

    browser.submit(page, page.forms[0])

    assert site.seen[-2] == ("POST", "/end", "", b"a=1")
    assert site.seen[-1] == ("GET", "/landed", "a=1", b"")


@pytest.mark.parametrize(
    "cookie",
    ["a=1; SameSite=Lax", "__Host-a=1; Secure; Path=/x", "__Host-a=1; Secure; Path=/; Domain=127.0.0.1"],
)
def test_a_cookie_that_a_browser_would_drop_is_told(site, browser, cookie):
    site.answers["/set"] = "200 OK", [("Set-Cookie", cookie)], ""

    with pytest.raises(NotHeld, match="cookie"):
        browser.get(f"{site.here}/set")


def test_a_form_and_its_redirects_are_held_to_form_action(site, browser):
    site.answers["/form"] = page_with_form("/end", "default-src 'none'; form-action 'self'")
    site.answers["/end"] = "303 See Other", [("Location", f"{site.there}/landed")], ""
    page = browser.get(f"{site.here}/form")

    with pytest.raises(NotHeld, match="form-action"):
        browser.submit(page, page.forms[0])


def test_a_redirect_that_repeats_a_post_is_told(site, browser):
    site.answers["/form"] = page_with_form("/end")
    site.answers["/end"] = "307 Temporary Redirect", [("Location", "/landed")], ""
    page = browser.get(f"{site.here}/form")

    with pytest.raises(NotHeld, match="307"):
        browser.submit(page, page.forms[0])


def test_a_circle_of_redirects_ends(site, browser):
    site.answers["/round"] = "303 See Other", [("Location", "/round")], ""

    with pytest.raises(NotHeld, match="redirects"):
        browser.get(f"{site.here}/round")


def test_an_address_without_tls_is_not_gone_to(site, browser):
    site.answers["/out"] = "303 See Other", [("Location", "http://127.0.0.1/")], ""

    with pytest.raises(NotHeld, match="not https"):
        browser.get(f"{site.here}/out")


def test_it_stops_before_an_address_when_asked_to(site, browser):
    site.answers["/out"] = "303 See Other", [("Location", "/callback?code=1")], ""

    page = browser.get(f"{site.here}/out", stop=f"{site.here}/callback")

    assert page.location == f"{site.here}/callback?code=1"
    assert len(site.seen) == 1


def test_a_form_carries_what_is_checked_and_its_buttons_from_anywhere():
    document = read(
        '<button form="f" name="way" value="card">Card</button><form id="f" method="post" action="/go">'
        '<input type="hidden" name="csrf" value="x"><input type="radio" name="who" value="a" checked>'
        '<input type="radio" name="who" value="b"><input type="checkbox" name="keep" value="yes"></form>'
    )

    (form,) = forms(document)

    assert (form.action, form.method) == ("/go", "post")
    assert form.fields == {"csrf": "x", "who": "a"}
    assert form.buttons == (("way", "card"),)


def test_a_page_tells_its_marks_and_details():
    page = Page(
        "https://x/",
        200,
        {},
        b'<body data-page="U10" data-cause="cert-none"><table><td data-field="sn">A  b</td></table>',
    )

    assert page.mark == "U10"
    assert page.marks["data-cause"] == "cert-none"
    assert page.field("sn") == "A b"
    assert "cause=cert-none" in str(page)
