"""What the sample services have in common: a Flask application with safe headers, two languages, and pages.

Owns words, templates and headers. A service adds its own routes. Sessions are a signed cookie that holds an id; what is
known of the person is kept in the process, as in any small service.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from flask import Flask, Response, g, render_template, request, session

from broker.demo import keys
from broker.demo.guide import guide
from broker.demo.places import LOA, MOBILE_LEVEL, Places
from broker.demo.words import WORDS

MOST: Final = 1000
BODY_LIMIT: Final = 512 * 1024

_T = TypeVar("_T")


class Remembered(Generic[_T]):
    """Things by a key that cannot be guessed; the oldest are forgotten."""

    def __init__(self) -> None:
        self._lock, self._things = threading.Lock(), OrderedDict[str, _T]()

    def put(self, key: str, thing: _T) -> None:
        with self._lock:
            self._things[key] = thing
            while len(self._things) > MOST:
                self._things.popitem(last=False)

    def get(self, key: str) -> _T | None:
        with self._lock:
            return self._things.get(key)

    def take(self, key: str) -> _T | None:
        """The thing, once."""
        with self._lock:
            return self._things.pop(key, None)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who is logged in, as the page shows it. `raw` are the originals, by title."""

    subject: str
    level: str
    details: Mapping[str, Any]
    raw: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, Any] = field(default_factory=dict, repr=False)


LEVELS: Final = (("", "any"), (f"{LOA}2", "2"), (f"{LOA}3", "3"), (f"{LOA}4", "4"), (MOBILE_LEVEL, "mobile"))
"""What the login links ask for, and the word for it."""


def sample_app(name: str, places: Places) -> Flask:
    """An application whose pages are `templates/NAME….html`."""
    app = Flask(f"broker.demo.{name}", root_path=str(Path(__file__).parent), static_folder=None)
    app.config.update(
        SECRET_KEY=keys.secret(places, "session"),
        SESSION_COOKIE_NAME=f"demo_{name}",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=BODY_LIMIT,
    )
    app.before_request(_begin)
    app.after_request(lambda response: _with_headers(response, places))
    app.context_processor(lambda: {"t": WORDS[g.language], "language": g.language, "levels": LEVELS})
    app.add_url_rule("/style.css", view_func=_style)
    app.add_url_rule("/help", view_func=lambda: render_template("help.html", guide=guide(places)))
    app.register_error_handler(404, lambda _: failed("no-page", status=404))
    app.register_error_handler(405, lambda _: failed("no-page", status=405))
    return app


def _begin() -> None:
    """The language asked for in the address, else the one of before, else the browser's; and a session, by GET only: a
    cross-site POST comes without the cookie, and must not replace it.
    """
    before = session.get("language") or request.accept_languages.best_match(["sv", "en"])
    g.language = "en" if (request.args.get("lang") or before) == "en" else "sv"
    if request.method == "GET":
        session["language"] = g.language
        session.setdefault("id", secrets.token_urlsafe(24))


def who_asks() -> str:
    """The id of this browser's session; of a browser without one, nobody's."""
    return str(session.get("id", ""))


def _with_headers(response: Response, places: Places) -> Response:
    """No script, no other site's content; forms lead here and to the broker."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {places.broker}"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _style() -> Response:
    return Response(STYLE, mimetype="text/css")


def failed(what: str, *, status: int = 400, **told: str | None) -> tuple[str, int]:
    """The page for a login that came to nothing: one sentence, and what the broker said."""
    shown = {name: value for name, value in told.items() if value}
    return render_template("failed.html", what=what, told=shown), status


STYLE: Final = """
:root{color-scheme:light dark;--line:#767676;background:Canvas;color:CanvasText}
a{color:LinkText}
body{font:1.05rem/1.5 system-ui,sans-serif;max-width:48rem;margin:0 auto;padding:1rem}
h1{font-size:clamp(1.4rem,7vw,2rem)}h2{font-size:clamp(1.2rem,5vw,1.5rem)}h1,h2{overflow-wrap:anywhere}
header,footer{display:flex;gap:1rem;flex-wrap:wrap;border-bottom:1px solid var(--line);padding-bottom:.5rem}
footer{border:0;border-top:1px solid var(--line);padding-top:.5rem;margin-top:2rem}
.note{border:2px dashed var(--line);padding:.5rem 1rem}
.buttons{display:flex;flex-wrap:wrap;gap:.5rem;margin:1rem 0;padding:0;list-style:none}
.button,button{display:inline-block;font:inherit;min-height:2.75rem;padding:.5rem 1rem;border:2px solid var(--line);
border-radius:.4rem;text-decoration:none;color:inherit;background:transparent;cursor:pointer;box-sizing:border-box}
.first{font-weight:600}
select{font:inherit;min-height:2.75rem;max-width:100%}label{align-self:center}details{margin-top:1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:start;vertical-align:top;padding:.35rem .5rem;
border-bottom:1px solid var(--line);overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid var(--line);padding:.5rem}
:focus-visible{outline:3px solid;outline-offset:2px}
"""
