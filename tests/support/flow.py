"""A person at a real browser in the demo: how they get from a service through a login, one step a function.

Pages are known by their machine marks and values of buttons, so that the same steps work in both languages.
"""

from base64 import b64encode
from html import escape
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Error, Page, Route, expect

from broker.demo import keys
from broker.demo.federation import CLIENTS
from broker.demo.places import Places
from metadata.wire.redirect import decode
from metadata.wire.saml_messages import AuthnRequestSpec, build_authn_request
from tests.support.qr_reader import read_path

TOLVAN = "191212121212"
BOOKING, RECORD = "booking", "saml"


TRIES = 3
INTERRUPTED = ("interrupted by another navigation", "ERR_ABORTED")


def go(page: Page, url: str) -> None:
    """Open an address. A page that reloads itself, as one that waits does, may break the navigation off: then once more."""
    for last in (False,) * (TRIES - 1) + (True,):
        try:
            page.goto(url)
        except Error as error:
            if last or not any(words in str(error) for words in INTERRUPTED):
                raise
        else:
            return


def leave(page: Page) -> None:
    """Leave the page that is there."""
    go(page, "about:blank")


def start_oidc(page: Page, places: Places, client: str = BOOKING, **asked: str) -> None:
    """Press the log in button of an OpenID Connect service."""
    leave(page)
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    go(page, f"{places.oidc_service}/{CLIENTS[client].name}/login?{query}")


def start_saml(page: Page, places: Places, **asked: str) -> None:
    """Press the log in button of the SAML service."""
    leave(page)
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    go(page, f"{places.saml_service}/login?{query}")


def start_saml_by_post(page: Page, places: Places) -> None:
    """The service's own request, moved from its address into a cross-site form: the HTTP-POST binding.

    The service remembers the request under its RelayState, so the answer is judged as any other.
    """
    answer = page.context.request.get(f"{places.saml_service}/login", max_redirects=0, ignore_https_errors=True)
    query = urlsplit(answer.headers["location"]).query
    xml, relay = decode(query.encode()).xml, parse_qs(query)["RelayState"][0]
    form = _as_form(places, xml, relay)
    page.route(f"{places.saml_service}/by-post", lambda route: _fulfil(route, form))
    page.goto(f"{places.saml_service}/by-post")
    page.locator("button").click()


def _fulfil(route: Route, html: str) -> None:
    route.fulfill(body=html, content_type="text/html; charset=utf-8")


def _as_form(places: Places, xml: bytes, relay: str) -> str:
    """The same request id in a request that is signed inside, as the POST binding has it."""
    from lxml import etree

    sent = etree.fromstring(xml)
    spec = AuthnRequestSpec(
        issuer=sent.findtext("{urn:oasis:names:tc:SAML:2.0:assertion}Issuer"),
        destination=sent.get("Destination"),
        acs_url=sent.get("AssertionConsumerServiceURL"),
        issue_instant=_instant(sent.get("IssueInstant")),
        id=sent.get("ID"),
    )
    signed = build_authn_request(spec, keys.signer(places, "saml-service"))
    fields = {"SAMLRequest": b64encode(signed).decode(), "RelayState": relay}
    inputs = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())
    return (
        '<!doctype html><html lang="en"><title>By POST</title>'
        f'<form method="post" action="{places.broker}/saml/sso">{inputs}<button>Log in</button></form></html>'
    )


def _instant(text: str) -> int:
    from datetime import datetime

    return int(datetime.fromisoformat(text).timestamp())


def choose(page: Page, method: str) -> None:
    """Press a method on the choice."""
    on_page(page, "U1", "U8")
    page.locator(f'button[name=method][value="{method}"]').click()


def use_card(page: Page) -> None:
    """Press Continue on the card's page: the browser shows its certificate to the card listener."""
    on_page(page, "U4")
    page.locator("main a.first, main a.button").first.click()


def qr_text(page: Page) -> str:
    """What a phone would read off the page just now, whether the script or the frame drew it."""
    scope = page.frame_locator("iframe.qr") if page.locator("iframe.qr").count() else page
    path = scope.locator("svg path.dark").first
    path.wait_for()
    return read_path(path.get_attribute("d") or "")


def scan_and_approve(login: Page, places: Places, number: str = TOLVAN) -> None:
    """Take the phone (another tab), read the code that the login shows, and identify."""
    phone = login.context.new_page()
    phone.goto(f"{places.phone}/phone")
    phone.locator("#qr").fill(qr_text(login))
    phone.locator("form[action^='/phone/scan'] button").click()
    approve(phone, number)
    expect(phone.locator("[role=status]")).to_be_visible()
    phone.close()


def open_app(page: Page, phone: Page) -> None:
    """What the device does with the page's link: the app opens with it."""
    phone.goto(page.locator("main a.first").get_attribute("href") or "")


def approve(phone: Page, number: str = TOLVAN) -> None:
    """Say who one is on the phone, and identify."""
    phone.locator(f"input[name=person][value='{number}']").check()
    phone.locator("button[value=approve]").click()
    phone.wait_for_load_state()


def first_logged_in(*tabs: Page) -> tuple[Page, ...]:
    """Wait until one of the tabs is back at the service; that one first, then the others."""
    for _ in range(150):
        for tab in tabs:
            if tab.locator('body[data-state="in"]').count():
                return tab, *(other for other in tabs if other is not tab)
        tabs[0].wait_for_timeout(100)
    raise AssertionError([tab.url for tab in tabs])


def log_in_upstream(page: Page, person: str = "tolvan") -> None:
    """Say who one is at the upstream provider."""
    page.locator(f"input[name=person][value={person}]").check()
    page.locator("form button:not([name])").first.click()


def on_page(page: Page, *marks: str) -> None:
    """Wait for a page with one of these machine marks."""
    page.locator(", ".join(f'body[data-page="{mark}"]' for mark in marks)).wait_for()


def logged_in(page: Page) -> str:
    """Wait until the service says so; the subject that it shows."""
    expect(page.locator("body")).to_have_attribute("data-state", "in")
    return page.locator("main").inner_text()
