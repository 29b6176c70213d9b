"""A whole broker in process, for tests that look at it from outside: a federation file in, HTTP requests and replies out.

The database and keys are made once a run and copied for each world, since making RSA keys is slow. The clock stands still
until a test moves it.
"""

import base64
import copy
import hashlib
import html
import io
import json
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import yaml

from broker.app import Application, create_app
from broker.federation.outside import Outside
from broker.federation.reading import read_text
from broker.keys.kek import create_kek
from broker.keys.sealing import secret_hash
from broker.settings import Environment, Settings
from broker.storage.opening import create_storage, open_storage

NOW = 1_795_600_000
BASE = "http://127.0.0.1:8440"
LEVEL2 = "http://id.elegnamnden.se/loa/1.0/loa2"
LEVEL3 = "http://id.elegnamnden.se/loa/1.0/loa3"
LEVEL4 = "http://id.elegnamnden.se/loa/1.0/loa4"
SECRET = "a-secret-of-a-client-that-is-long-enough"
MEMBER = "5560360793"
CALLBACK = "https://rp.example.org/cb"


@dataclass
class Clock:
    """Epoch seconds that only a test moves."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def location(self) -> str:
        return self.header("Location")

    @property
    def sent_back(self) -> dict[str, str]:
        """The parameters that a redirect carries."""
        return dict(parse_qsl(urlsplit(self.location).query, keep_blank_values=True))

    @property
    def page(self) -> str:
        """The machine mark of the page."""
        found = re.search(r'<body[^>]*data-page="([^"]+)"', self.text)
        return found[1] if found else ""

    @property
    def cause(self) -> str:
        """The cause that an error page names."""
        found = re.search(r'data-cause="([^"]+)"', self.text)
        return found[1] if found else ""

    def fields(self, **press: str) -> tuple[str, dict[str, str]]:
        """Action and hidden fields of the first form, with what is pressed or typed."""
        return self.form("", **press)

    def form(self, action_part: str, **press: str) -> tuple[str, dict[str, str]]:
        """Action and hidden fields of the first form whose action contains a text."""
        for form in re.finditer(r"<form\b(?P<head>[^>]*)>(?P<inside>.*?)</form>", self.text, re.DOTALL):
            action = html.unescape(re.search(r'action="([^"]*)"', form["head"])[1])
            if action_part in action:
                hidden = {}
                for field_ in re.finditer(r"<input\b[^>]*>", form["inside"]):
                    if 'type="hidden"' in field_[0]:
                        name = re.search(r'name="([^"]*)"', field_[0])[1]
                        value = re.search(r'value="([^"]*)"', field_[0])
                        hidden[name] = html.unescape(value[1]) if value else ""
                return action, {**hidden, **press}
        raise AssertionError(f"no form with {action_part!r} in {self.text[:2000]}")


class Browser:
    """Cookies, and following redirects on this broker's own site."""

    def __init__(self, world: "World", **headers: str) -> None:
        self.world, self.headers = world, {"User-Agent": "Mozilla/5.0 (test)", **headers}
        self.cookies: dict[str, str] = {}

    def request(
        self, method: str, url: str, form: Mapping[str, str] | None = None, *, cookies: bool = True, **headers: str
    ) -> Answer:
        sent = {**self.headers, **headers}
        if cookies and self.cookies:
            sent["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        answer = self.world.request(method, url, form, **sent)
        if cookies:
            for name, value in answer.headers:
                if name == "Set-Cookie":
                    key, _, rest = value.partition("=")
                    self.cookies[key] = rest.partition(";")[0]
        return answer

    def get(self, url: str, **headers: str) -> Answer:
        return self.request("GET", url, **headers)

    def post(self, url: str, form: Mapping[str, str], **headers: str) -> Answer:
        return self.request("POST", url, form, **headers)

    def follow(self, answer: Answer) -> Answer:
        """Follow redirects as long as they stay on the broker."""
        for _ in range(10):
            if answer.status != 303 or not (answer.location.startswith(("/", self.world.base + "/"))):
                return answer
            answer = self.get(answer.location)
        raise AssertionError("too many redirects")


@dataclass
class Pkce:
    """A verifier and its challenge (RFC 7636 section 4)."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


class World:
    """One broker with one federation."""

    def __init__(self, app: Application, settings: Settings, clock: Clock, base: str = BASE) -> None:
        self.app, self.settings, self.clock, self.base = app, settings, clock, base
        self.pkce = Pkce()

    @property
    def store(self):
        return self.app.storage

    def browser(self, **headers: str) -> Browser:
        return Browser(self, **headers)

    def request(self, method: str, url: str, form: Mapping[str, str] | bytes | None = None, **headers: str) -> Answer:
        parts = urlsplit(url)
        body = (
            form if isinstance(form, bytes) else urlencode(form or {}, doseq=True).encode() if form is not None else b""
        )
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8440",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": urlsplit(self.base).scheme,
            "wsgi.version": (1, 0),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if form is not None and "Content-Type" not in headers:
            environ["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        seen: dict[str, Any] = {}

        def start_response(status: str, sent: list[tuple[str, str]], _: Any = None) -> None:
            seen.update(status=int(status[:3]), headers=sent)

        body = b"".join(self.app(environ, start_response))
        return Answer(seen["status"], seen["headers"], body)

    def reapply(self, document: Mapping[str, Any]) -> None:
        """Another federation file, taken up at once."""
        apply(self.settings, document, self.clock)
        self.app.snapshots.refresh()

    # --- OpenID Connect, as a client would

    def authorize_url(self, client_id: str = "rp", **changes: str | None) -> str:
        """A good authorization request; a parameter given as None is left out."""
        parameters: dict[str, str | None] = {
            "client_id": client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid profile",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": self.pkce.challenge,
            "code_challenge_method": "S256",
            "login_hint": "test:anna",
            **changes,
        }
        return "/oidc/authorize?" + urlencode({k: v for k, v in parameters.items() if v is not None})

    def code(self, browser: Browser | None = None, client_id: str = "rp", **changes: str | None) -> str:
        """A code, by the test method without any page."""
        answer = (browser or self.browser()).get(self.authorize_url(client_id, **changes))
        assert "code" in answer.sent_back, (answer.status, answer.location, answer.cause, answer.text[:500])
        return answer.sent_back["code"]

    def token(self, client_id: str = "rp", secret: str | None = SECRET, **form: str | None) -> Answer:
        """A token request with client_secret_basic; with `secret` None the form names the client and authenticates it."""
        headers = {}
        if secret is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        else:
            form.setdefault("client_id", client_id)
        return self.request("POST", "/oidc/token", {k: v for k, v in form.items() if v is not None}, **headers)

    def redeem(self, code: str, client_id: str = "rp", secret: str | None = SECRET, **changes: str | None) -> Answer:
        """Redeem a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.pkce.verifier,
            **changes,
        }
        return self.token(client_id, secret, **form)

    def tokens(self, browser: Browser | None = None, client_id: str = "rp", **changes: str | None) -> Any:
        """The token response of a whole login."""
        answer = self.redeem(self.code(browser, client_id, **changes), client_id)
        assert answer.status == 200, answer.text
        return answer.json

    def events(self, name: str) -> list[dict[str, Any]]:
        """The audit events of a name, sealed or not, oldest first."""
        leaves = [row.leaf for row in self.store.log_rows()] + list(self.store.log_pending())
        return [event for event in map(json.loads, leaves) if event.get("event") == name]


def claims(token: str) -> dict[str, Any]:
    """The payload of a JWT, unverified."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def client(client_id: str = "rp", **oidc: Any) -> dict[str, Any]:
    """A service entry of the federation file: a client that may do most things."""
    entry: dict[str, Any] = {"id": client_id, "member": MEMBER, "levels": [LEVEL2, LEVEL3], "attributes": NAMES}
    entry.update({k: oidc.pop(k) for k in list(oidc) if k in SERVICE_KEYS})
    entry["oidc"] = {
        "client_id": client_id,
        "client_secret": SECRET,
        "client_name": f"Service {client_id}",
        "token_endpoint_auth_method": "client_secret_basic",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "scope": "openid profile offline_access",
        "client_uri": f"https://{client_id}.example.org/",
        **oidc,
    }
    entry["oidc"] = {k: v for k, v in entry["oidc"].items() if v is not None}
    return entry


NAMES = ["givenName", "sn", "displayName"]
SERVICE_KEYS = {"levels", "methods", "attributes", "consent", "profile", "required", "member", "state"}
PERSONS = [
    {
        "id": "anna",
        "personalIdentityNumber": "191212121212",
        "givenName": "Anna",
        "sn": "Andersson",
        "displayName": "Anna Andersson",
    },
    {"id": "bo", "givenName": "Bo", "sn": "Bengtsson", "displayName": "Bo Bengtsson"},
]


def federation(*services: Mapping[str, Any], **parts: Any) -> dict[str, Any]:
    """A federation file."""
    return {
        "tillit": "1",
        "members": [{"org": MEMBER, "name": {"sv": "Region Exempel", "en": "Example Region"}}],
        "services": list(services) or [client()],
        "persons": PERSONS,
        **parts,
    }


class Worlds:
    """Makes worlds, each with a fresh copy of one prepared installation."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[World] = []
        self._count = 0
        self._template = folder / "template"
        self._template.mkdir()
        settings = self._settings(self._template)
        create_kek(settings)
        create_storage(settings, NOW)

    def _settings(self, data: Path, **changes: Any) -> Settings:
        given = {"base_url": BASE, "environment": Environment.TEST, "test_numbers": NOBODYS, **changes}
        given["TILLIT_ENV"] = given.pop("environment")
        return Settings(data_dir=data, **given)

    def apart(self) -> "Worlds":
        """The same installation, and worlds of its own that only its own `close` ends."""
        other = copy.copy(self)
        other._folder = Path(tempfile.mkdtemp(dir=self._folder))
        other._made = []
        return other

    def make(self, document: Mapping[str, Any] | None = None, **settings: Any) -> World:
        """A broker with this federation, at `NOW`."""
        self._count += 1
        data = self._folder / f"world{self._count}"
        shutil.copytree(self._template, data)
        made, clock = self._settings(data, **settings), Clock()
        world = opened(made, document or federation(), clock)
        self._made.append(world)
        return world

    def close(self) -> None:
        for world in self._made:
            world.app.close()
        self._made.clear()


NOBODYS = Path(__file__).with_name("nobodys.txt")
"""Numbers that tests use beside those of the official series."""


def opened(settings: Settings, document: Mapping[str, Any], clock: Clock) -> World:
    """A broker over a store that is there, with this federation. Whoever opens it closes its `app`."""
    apply(settings, document, clock)
    return World(create_app(settings, clock), settings, clock, settings.base_url)


def apply(settings: Settings, document: Mapping[str, Any], clock: Clock, folder: Path | None = None) -> int:
    """What `tillit apply` does."""
    storage = open_storage(settings, clock=clock)
    try:
        octets = yaml.safe_dump(dict(document), allow_unicode=True).encode()
        read = read_text(
            octets, Outside(folder or settings.data_dir), settings, lambda s: secret_hash(storage.vault, s), clock()
        )
        return storage.save_federation(read.content, read.digest, read.listed)
    finally:
        storage.close()


def pressed(answer: Answer) -> Iterable[str]:
    """The values of the buttons of a page."""
    return [html.unescape(m[1]) for m in re.finditer(r'<button[^>]*name="method"[^>]*value="([^"]*)"', answer.text)]


def query(url: str) -> dict[str, list[str]]:
    """The query of an address."""
    return parse_qs(urlsplit(url).query)
