"""A small browser for the self-check: real HTTP over real TLS, with the rules of browsers that a login rests on.

Owns cookies (host, path, Secure, SameSite=Lax, the `__Host-` prefix), redirects, forms and their Content-Security-Policy,
client certificates, and the two scripts of this federation that send a form on. A rule broken by a page raises `NotHeld`:
a real browser would not have gone on either. Outbound calls of the product go through `metadata.wire.egress`, which
knows neither cookies nor redirects; this is the person's side.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPSConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

from broker.demo.document import Form, Node, forms, read

REDIRECTS: Final = 20
TIMEOUT: Final = 30
SCRIPTED: Final = ("/submit.js", "return")
"""Scripts that do nothing but send the page's form."""


class NotHeld(Exception):
    """Something was not as it must be; the text says what."""


@dataclass
class Page:
    """What came back. `url` is where it is; for a redirect that was not followed, `location` is where it leads."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def location(self) -> str:
        return urljoin(self.url, self.headers.get("location", ""))

    @cached_property
    def document(self) -> Node:
        return read(self.body.decode("utf-8", "replace"))

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        return forms(self.document)

    @property
    def marks(self) -> Mapping[str, str]:
        """Attributes of the body: `data-page`, `data-cause` and the like."""
        return next((body.attributes for body in self.document.find("body")), {})

    @property
    def mark(self) -> str:
        return self.marks.get("data-page", "")

    def field(self, name: str) -> str:
        """A detail shown by a sample service."""
        return next((cell.text for cell in self.document.find("td", data_field=name)), "")

    def raw(self, title: str) -> str:
        """A technical text shown by a sample service."""
        return next((block.raw for block in self.document.find("pre", data_raw=title)), "")

    def __str__(self) -> str:
        title = next((each.text for each in self.document.find("h1")), "")
        marks = " ".join(f"{name}={value}" for name, value in self.marks.items() if name.startswith("data-"))
        told = " ".join(f"{cell.attributes['data-field']}={cell.text}" for cell in self._told())
        return f"{self.status} {self.url.partition('?')[0]} [{marks}] {title} {told}".strip()[:600]

    def _told(self) -> list[Node]:
        return [cell for cell in self.document.find("td") if "data-field" in cell.attributes][:4]


@dataclass(frozen=True, slots=True)
class _Cookie:
    value: str
    path: str
    lax: bool


@dataclass(frozen=True, slots=True)
class _Request:
    """One request on its way, and the site that leads to it (None for an address that was typed)."""

    method: str
    url: str
    body: bytes | None = None
    content_type: str = ""
    origin: str | None = None
    may_go: tuple[str, ...] | None = None


class Browser:
    """One person's browser. `card` is a PEM file that is shown at `card_origin` alone, as a person would choose."""

    def __init__(self, ca: Path, card_origin: str, card: Path | None = None) -> None:
        self._plain = ssl.create_default_context(cafile=str(ca))
        self._ca, self._card_origin, self._with_card = ca, card_origin, self._plain
        self._cookies: dict[str, dict[str, _Cookie]] = {}
        self.insert(card)

    def insert(self, card: Path | None) -> None:
        """Put another card in, or take it out."""
        self._with_card = ssl.create_default_context(cafile=str(self._ca))
        if card is not None:
            self._with_card.load_cert_chain(card)

    def get(self, url: str, *, stop: str | None = None, origin: str | None = None) -> Page:
        """Go to an address, and on through redirects and sent-on forms; not into an address that begins with `stop`."""
        return self._go(_Request("GET", url, origin=origin), stop)

    def follow(self, page: Page, url: str, *, stop: str | None = None) -> Page:
        """Press a link on a page."""
        return self.get(urljoin(page.url, url), stop=stop, origin=_origin(page.url))

    def submit(
        self, page: Page, form: Form, press: tuple[str, str] = ("", ""), *, stop: str | None = None, **fields: str
    ) -> Page:
        """Send a form with a button pressed, and with fields filled in."""
        filled = {**form.fields, **fields, **({press[0]: press[1]} if press[0] else {})}
        url, body = urljoin(page.url, form.action or page.url), urlencode(filled).encode()
        if form.method == "get":
            return self.follow(page, f"{url}?{body.decode()}", stop=stop)
        request = _Request(
            "POST", url, body, "application/x-www-form-urlencoded", _origin(page.url), _form_action(page)
        )
        return self._go(request, stop)

    def call(self, method: str, url: str, body: bytes | None = None, content_type: str = "", **headers: str) -> Page:
        """One request without the ways of pages: no redirect is followed, no cookie sent."""
        return self._sent(_Request(method, url, body, content_type), headers)

    def _go(self, request: _Request, stop: str | None) -> Page:
        for _ in range(REDIRECTS):
            _check_form_action(request)
            page = self._sent(request, self._headers(request))
            self._keep_cookies(page)
            following = self._next(page, request)
            if following is None or (stop is not None and following.url.startswith(stop)):
                return page
            request = following
        raise NotHeld(f"more than {REDIRECTS} redirects, the last to {request.url}")

    def _next(self, page: Page, request: _Request) -> _Request | None:
        """Where a browser goes by itself from here."""
        if page.status in {301, 302, 303} and page.headers.get("location"):
            origin = _origin(page.url) if request.origin is None else request.origin
            return _Request("GET", page.location, origin=origin, may_go=request.may_go)
        if page.status in {307, 308}:
            raise NotHeld(f"{page.status} from {page.url} would send the form to another place")
        scripts = [script.attributes.get("src", "") for script in page.document.find("script")]
        if page.forms and any(sent_on in script for script in scripts for sent_on in SCRIPTED):
            form = page.forms[0]
            url, body = urljoin(page.url, form.action), urlencode(form.fields).encode()
            kind = "application/x-www-form-urlencoded"
            return _Request("POST", url, body, kind, _origin(page.url), _form_action(page))
        return None

    def _sent(self, request: _Request, headers: Mapping[str, str]) -> Page:
        parts = urlsplit(request.url)
        if parts.scheme != "https":
            raise NotHeld(f"led to {request.url}, which is not https")
        context = self._with_card if _origin(request.url) == self._card_origin else self._plain
        connection = HTTPSConnection(parts.hostname or "", parts.port, timeout=TIMEOUT, context=context)
        typed = {"Content-Type": request.content_type} if request.content_type else {}
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        try:
            connection.request(request.method, target, request.body, {**headers, **typed})
            answer = connection.getresponse()
            told: dict[str, Any] = {}
            for name, value in answer.getheaders():
                known = told.get(name.lower())
                told[name.lower()] = value if known is None else f"{known}\n{value}"
            return Page(request.url, answer.status, told, answer.read())
        finally:
            connection.close()

    def _headers(self, request: _Request) -> dict[str, str]:
        """What a browser says of itself, with the cookies that may go (RFC 6265bis section 5.8.3)."""
        same_site = request.origin is None or _host(request.origin) == _host(request.url)
        headers = {
            "Accept": "text/html,*/*;q=0.8",
            "Accept-Language": "en",
            "User-Agent": "tillit demo check",
            "Sec-Fetch-Site": _fetch_site(request, same_site=same_site),
        }
        if request.method == "POST":
            headers["Origin"] = "null"  # every page of ours has Referrer-Policy: no-referrer
        held = self._cookies.get(_host(request.url), {})
        path = urlsplit(request.url).path or "/"
        sent = [
            f"{name}={cookie.value}"
            for name, cookie in held.items()
            if path.startswith(cookie.path) and (same_site or not cookie.lax or request.method == "GET")
        ]
        return {**headers, "Cookie": "; ".join(sent)} if sent else headers

    def _keep_cookies(self, page: Page) -> None:
        held = self._cookies.setdefault(_host(page.url), {})
        for line in filter(None, page.headers.get("set-cookie", "").split("\n")):
            for name, morsel in SimpleCookie(line).items():
                _check_cookie(name, morsel)
                if morsel["max-age"] == "0":
                    held.pop(name, None)
                else:
                    lax = morsel["samesite"].lower() != "none"
                    held[name] = _Cookie(morsel.coded_value, morsel["path"] or "/", lax)


def _check_cookie(name: str, morsel: Any) -> None:
    if not morsel["secure"]:
        raise NotHeld(f"cookie {name} without Secure")
    if name.startswith("__Host-") and (morsel["path"] != "/" or morsel["domain"]):
        raise NotHeld(f"cookie {name} with a path or a domain: a browser drops it")


def _form_action(page: Page) -> tuple[str, ...]:
    """Where the page's forms may lead by its Content-Security-Policy; everywhere when it does not say."""
    for directive in page.headers.get("content-security-policy", "").split(";"):
        name, *sources = directive.split()[:50] or [""]
        if name == "form-action":
            return tuple(_origin(page.url) if source == "'self'" else source for source in sources)
    return ("*",)


def _check_form_action(request: _Request) -> None:
    """Browsers hold a form, and the redirects that follow it, to `form-action` (CSP level 3 section 6.4.1)."""
    if request.may_go is None or "*" in request.may_go:
        return
    if _origin(request.url) not in request.may_go:
        raise NotHeld(f"form-action ({' '.join(request.may_go)}) stops a form on its way to {_origin(request.url)}")


def _fetch_site(request: _Request, *, same_site: bool) -> str:
    if request.origin is None:
        return "none"
    if request.origin == _origin(request.url):
        return "same-origin"
    return "same-site" if same_site else "cross-site"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
