"""A person at a browser: how they find their way through the pages of the services, the broker and the phone.

Owns what is pressed on which page. What must come of it is for the flows to say.
"""

import json
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

from broker.demo.browser import Browser, NotHeld, Page
from broker.demo.document import Form
from broker.demo.people import PERSONAS
from broker.demo.places import Places

PATIENCE: Final = 25.0
STATUS_PERIOD: Final = 0.7


def expect(page: Page, mark: str, **marks: str) -> Page:
    """The page, when it is the one that it must be. Raises NotHeld."""
    for name, value in {"page": mark, **marks}.items():
        if page.marks.get(f"data-{name}") != value:
            raise NotHeld(f"expected {name}={value}, got {page}")
    return page


def hold(held: bool, what: str) -> None:  # reads as a sentence
    """Raises NotHeld with `what` unless it held."""
    if not held:
        raise NotHeld(what)


class Person:
    """Somebody with a browser of their own, and perhaps a card in its reader."""

    def __init__(self, places: Places, card: str | None = None) -> None:
        self.places = places
        self.browser = Browser(places.ca, places.cards, self._card(card))

    def _card(self, name: str | None) -> Path | None:
        return None if name is None else self.places.card_pem(name)

    def insert(self, card: str | None) -> None:
        """Change cards."""
        self.browser.insert(self._card(card))

    # --- at the services

    def at_saml(self, **asked: str) -> Page:
        """Press a login link of The record."""
        return self.browser.get(f"{self.places.saml_service}/login{_query(asked)}")

    def at_oidc(self, service: str, **asked: str) -> Page:
        """Press a login link of one of the company's services."""
        return self.browser.get(f"{self.places.oidc_service}/{service}/login{_query(asked)}")

    def press_at(self, service: str, action: str) -> Page:
        """Press a button at a service where one is logged in (`saml`, or a client's name)."""
        if service == "saml":
            page = self.browser.get(f"{self.places.saml_service}/")
            return self.browser.submit(page, _form(page, f"/{action}"))
        page = self.browser.get(f"{self.places.oidc_service}/{service}")
        return self.browser.submit(page, _form(page, f"/{service}/{action}"))

    # --- at the broker

    def choose(self, page: Page, method: str, *, stop: str | None = None) -> Page:
        """Press a login method."""
        if page.mark not in {"U1", "U8"}:
            raise NotHeld(f"expected a choice of methods, got {page}")
        for form in page.forms:
            if ("method", method) in form.buttons:
                return self.browser.submit(page, form, ("method", method), stop=stop)
        raise NotHeld(f"{method} is not offered at {page}")

    def offered(self, page: Page) -> set[str]:
        """The methods on a page of choice."""
        return {value.partition(":")[0] for form in page.forms for name, value in form.buttons if name == "method"}

    def use_card(self, page: Page, *, stop: str | None = None) -> Page:
        """Press Continue at the card page: the browser shows the card to the card listener."""
        expect(page, "U4")
        links = [link.attributes["href"] for link in page.document.find("a") if "/card/" in link.attributes["href"]]
        return self.browser.follow(page, links[0], stop=stop)

    def log_in_with_card(self, page: Page, *, stop: str | None = None) -> Page:
        """From the choice of methods, or straight from the card page."""
        return self.use_card(page if page.mark == "U4" else self.choose(page, "card"), stop=stop)

    def press(self, page: Page, action: str, press: tuple[str, str] = ("", ""), **fields: str) -> Page:
        """Press a button whose form's address ends so."""
        return self.browser.submit(page, _form(page, action), press, **fields)

    def log_in_upstream(self, page: Page, method: str, who: str, level: str) -> Page:
        """At the home organisation's login: choose who one is and a level."""
        asked = self.choose(page, method)
        forms = [form for form in asked.forms if form.action.endswith("/choose")]
        hold(bool(forms), f"expected the provider's page, got {asked}")
        return self.browser.submit(asked, forms[0], person=who, level=level)

    def trouble(self, **where: str) -> None:
        """Make the card CA's responder misbehave (`ocsp`, `crl`); without words it is well again."""
        parts = urlsplit(self.places.status)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        connection.request("POST", "/control", json.dumps(where))
        status = connection.getresponse().status
        connection.close()
        hold(status == 204, f"the card CA said {status}")  # noqa: PLR2004

    # --- with a phone

    def scan(self, page: Page) -> str:
        """Read the code from the screen with the phone; returns the phone's name for the order."""
        expect(page, "U2")
        news = self.news(page)
        hold(bool(news.get("qr")), f"no code to scan: {news}")
        return str(self.phone("open", qr=news["qr"])["handle"])

    def phone(self, action: str, **body: Any) -> dict[str, Any]:
        """Act on the phone through its control address."""
        answer = self.browser.call(
            "POST", f"{self.places.phone}/control/{action}", json.dumps(body).encode(), "application/json"
        )
        content: dict[str, Any] = json.loads(answer.body)
        hold(answer.status == 200, f"the phone said {answer.status}: {content}")  # noqa: PLR2004
        return content

    def approve(self, handle: str, who: str) -> None:
        """Identify on the phone."""
        self.phone("approve", handle=handle, personalNumber=PERSONAS[who].number)

    def news(self, page: Page) -> dict[str, Any]:
        """What the page's script hears."""
        address = next(box.attributes["data-status"] for box in page.document.walk() if "data-status" in box.attributes)
        heard: dict[str, Any] = json.loads(self.browser.get(urljoin(page.url, address), origin=page.url).body)
        return heard

    def wait(self, page: Page) -> Page:
        """Wait, as the page's script does, and go where it goes."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if go := self.news(page).get("go"):
                return self.browser.follow(page, go)
            time.sleep(STATUS_PERIOD)
        raise NotHeld(f"nothing happened within {PATIENCE:.0f} s at {page}")

    def log_in_with_phone(self, page: Page, who: str) -> Page:
        """Scan the code, identify, wait."""
        waiting = self.choose(page, "bankid:elsewhere")
        self.approve(self.scan(waiting), who)
        return self.wait(waiting)


def _form(page: Page, action: str) -> Form:
    for form in page.forms:
        if form.action.partition("?")[0].endswith(action):
            return form
    raise NotHeld(f"no form to {action} at {page}")


def _query(asked: dict[str, str]) -> str:
    return f"?{urlencode(asked)}" if asked else ""
