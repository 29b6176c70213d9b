"""What the two simulated upstreams (OpenID Provider, SAML identity provider) have in common.

Owns the made-up persons, the script that makes the next answer a bad one, small HTTP values, and the page on which a
person says who they are. For tests and demo only: nobody is authenticated, and `/control` is open to all that reach it.
"""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from html import escape
from http import HTTPStatus
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIEnvironment

from metadata.wire.strict_json import BadJson, read_object

BODY_LIMIT: Final = 512 * 1024
LONGEST_PAUSE: Final = 30.0
KEPT: Final = 1000
"""Pending logins, codes and tokens; the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up person: attributes by the names that this upstream uses."""

    id: str
    name: str
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Fault(Enum):
    """What is wrong with the next answer. `DOWN` lasts until another is set."""

    NONE = "none"
    WRONG_ISSUER = "wrong-issuer"
    WRONG_KEY = "wrong-key"
    UNSIGNED = "unsigned"
    REPLAY = "replay"  # the answer given before, once more
    OLD = "old"
    OTHER_AUDIENCE = "other-audience"
    LOWER_LEVEL = "lower-level"
    ERROR = "error"
    CANCEL = "cancel"
    SLOW = "slow"
    DOWN = "down"


class Script:
    """What the simulator does next: a fault, and a person and level with which it answers without a page."""

    def __init__(self, person: str | None = None) -> None:
        self._lock = threading.Lock()
        self._fault, self.seconds = Fault.NONE, 3.0
        self.person: str | None = person
        self.level: str | None = None

    def take(self) -> Fault:
        """The fault of this answer; the next one is good again."""
        with self._lock:
            fault = self._fault
            if fault is not Fault.DOWN:
                self._fault = Fault.NONE
        return fault

    @property
    def down(self) -> bool:
        return self._fault is Fault.DOWN

    def set(self, fault: Fault, seconds: float = 3.0) -> None:
        """Make the next answer a bad one."""
        with self._lock:
            self._fault, self.seconds = fault, max(0.0, min(seconds, LONGEST_PAUSE))

    def control(self, call: "Call", persons: Mapping[str, Person]) -> "Answer":
        """`/control`: GET shows, POST of JSON sets `next` (a fault), `seconds`, `person`, `level` (null: ask)."""
        if call.method == "POST":
            try:
                wanted = read_object(call.body)
                fault, seconds = Fault(wanted.get("next", "none")), float(wanted.get("seconds", 3.0))
            except (BadJson, ValueError, TypeError) as error:
                return Answer.json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
            if wanted.get("person") not in {None, *persons}:
                return Answer.json({"error": "no such person"}, HTTPStatus.BAD_REQUEST)
            self.set(fault, seconds)
            self.person = wanted.get("person", self.person)
            self.level = wanted.get("level", self.level)
        shown = {"next": self._fault.value, "person": self.person, "level": self.level, "persons": list(persons)}
        return Answer.json(shown)


_T = TypeVar("_T")


class Kept(Generic[_T]):
    """Things that may be taken once, the oldest forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._things: OrderedDict[str, _T] = OrderedDict()

    def put(self, key: str, thing: _T) -> None:
        with self._lock:
            self._things[key] = thing
            while len(self._things) > KEPT:
                self._things.popitem(last=False)

    def take(self, key: str) -> _T | None:
        with self._lock:
            return self._things.pop(key, None)

    def look(self, key: str) -> _T | None:
        with self._lock:
            return self._things.get(key)


@dataclass(frozen=True, slots=True)
class Call:
    """What a simulator reads of a request."""

    method: str
    path: str
    query: bytes
    body: bytes
    authorization: str = ""

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def parameters(self) -> dict[str, str]:
        """Those of the query, joined by those of the body of a POST."""
        asked = dict(parse_qsl(self.query.decode("utf-8", "replace"), keep_blank_values=True))
        return asked | self.form if self.method == "POST" else asked


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def json(cls, content: Any, status: int = HTTPStatus.OK, *headers: tuple[str, str]) -> "Answer":
        return cls(status, json.dumps(content).encode(), "application/json", headers)

    @classmethod
    def redirect(cls, url: str) -> "Answer":
        return cls(HTTPStatus.SEE_OTHER, headers=(("Location", url),))


_HEADERS: Final = (
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)


class UpstreamSimulator:
    """The WSGI side: limits, `/control`, being down, and a table of what is answered where."""

    def __init__(self, persons: Iterable[Person], default_person: str | None) -> None:
        self.persons = {person.id: person for person in persons}
        self.script = Script(default_person)
        self.routes: dict[tuple[str, str], Callable[[Call], Answer]] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve it with `serving.serve`."""
        answer = self.answer(_call(environ))
        headers = [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body)))]
        status = HTTPStatus(answer.status)
        start_response(f"{status.value} {status.phrase}", [*headers, *_HEADERS, *answer.headers])
        return [answer.body]

    def answer(self, call: Call) -> Answer:
        """One request, as a value."""
        if call.path == "/control":
            return self.script.control(call, self.persons)
        if self.script.down:
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, b"<title>down</title>")
        if len(call.body) > BODY_LIMIT:
            return refused("too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if call.path == "/style.css":
            return Answer(HTTPStatus.OK, STYLE.encode(), "text/css")
        route = self.routes.get((call.method, call.path))
        return refused("no such page", HTTPStatus.NOT_FOUND) if route is None else route(call)

    def pause_if(self, fault: Fault) -> None:
        """Be slow when that is what is wrong."""
        if fault is Fault.SLOW:
            time.sleep(self.script.seconds)


def _call(environ: WSGIEnvironment) -> Call:
    length = environ.get("CONTENT_LENGTH") or "0"
    wanted = min(int(length), BODY_LIMIT + 1) if length.isascii() and length.isdigit() else 0
    return Call(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "/"),
        query=environ.get("QUERY_STRING", "").encode("latin-1"),
        body=environ["wsgi.input"].read(wanted) if wanted else b"",
        authorization=environ.get("HTTP_AUTHORIZATION", ""),
    )


STYLE: Final = """
:root{color-scheme:light dark}
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:0 auto;padding:1rem}
.note{border:2px dashed;padding:.5rem 1rem}
fieldset{margin:1rem 0}label{display:block;padding:.4rem 0}
button{font:inherit;min-height:2.75rem;padding:.5rem 1rem;margin:.25rem 0;width:100%;cursor:pointer}
:focus-visible{outline:3px solid;outline-offset:2px}
"""

_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "sv": {
        "note": "Det här är en simulator. Personerna är påhittade och ingen legitimerar sig på riktigt.",
        "for": "Du ska till",
        "person": "Vem är du?",
        "level": "Tillitsnivå",
        "log-in": "Logga in",
        "cancel": "Avbryt",
        "continue": "Fortsätt",
    },
    "en": {
        "note": "This is a simulator. The persons are made up, and nobody really identifies.",
        "for": "You are on your way to",
        "person": "Who are you?",
        "level": "Level of assurance",
        "log-in": "Log in",
        "cancel": "Cancel",
        "continue": "Continue",
    },
}


def choice_page(
    title: str, language: str, target: str, login: str, persons: Iterable[Person], levels: Sequence[str], action: str
) -> Answer:
    """Choose a person and a level, or cancel. `login` is the handle of the pending login."""
    texts = _TEXTS["sv" if language.startswith("sv") else "en"]
    people = "".join(_radio("person", p.id, p.name, checked=i == 0) for i, p in enumerate(persons))
    choices = "".join(_radio("level", level, level, checked=i == 0) for i, level in enumerate(levels))
    body = (
        f"<p>{texts['for']} {escape(target)}</p>"
        f'<form method="post" action="{escape(action)}"><input type="hidden" name="login" value="{escape(login)}">'
        f"<fieldset><legend>{texts['person']}</legend>{people}</fieldset>"
        f"<fieldset><legend>{texts['level']}</legend>{choices}</fieldset>"
        f"<button>{texts['log-in']}</button>"
        f'<button name="cancel" value="1">{texts["cancel"]}</button></form>'
    )
    return _page(title, language, body)


def _radio(name: str, value: str, label: str, *, checked: bool) -> str:
    mark = " checked" if checked else ""
    return f'<label><input type="radio" name="{name}" value="{escape(value)}"{mark}> {escape(label)}</label>'


def post_page(title: str, language: str, url: str, fields: Mapping[str, str]) -> Answer:
    """A form on its way to another site, sent by a script where there is one, else by the person."""
    texts = _TEXTS["sv" if language.startswith("sv") else "en"]
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
    form = f'<form method="post" action="{escape(url)}">{inputs}<button>{texts["continue"]}</button></form>'
    return _page(title, language, form + '<script src="/submit.js"></script>')


SUBMIT: Final = b"document.forms[0].submit()\n"


def refused(why: str, status: int = HTTPStatus.BAD_REQUEST) -> Answer:
    """A page for what cannot be answered elsewhere."""
    return _page(why, "en", "", status)


def _page(title: str, language: str, body: str, status: int = HTTPStatus.OK) -> Answer:
    lang = "sv" if language.startswith("sv") else "en"
    html = (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css"></head>'
        f'<body><main><h1>{escape(title)}</h1><p class="note">{_TEXTS[lang]["note"]}</p>{body}</main></body></html>'
    )
    return Answer(status, html.encode())
