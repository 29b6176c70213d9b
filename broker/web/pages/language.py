"""Which language and which look a reader gets, and the two links that choose them.

Order: the reader's own choice (cookie), the request's languages (`ui_locales`), the browser's, the default. The links
set a cookie and lead back to a path of this site, never elsewhere.
"""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

from broker.exchange import BadRequest, Reply, Request
from broker.web.pages.texts import LANGUAGES

THEMES = ("light", "dark", "system")
LANGUAGE_PATH = "/sprak/"
THEME_PATH = "/utseende/"
_YEAR = 365 * 24 * 3600
_PATH_SAFE = "/?&=%-._~!$'()*+,;:@"


def language_of(request: Request, asked: Iterable[str] = (), default: str = "sv") -> str:
    """The language of a reply to this request. `asked` are the service's wishes in order (RFC 5646 tags)."""
    chosen = _cookie(request, "lang")
    wishes = ([chosen] if chosen else []) + [*asked, *accepted(request.headers.get("accept-language", "")[:500])]
    for wish in wishes:
        language = wish.split("-")[0].split("_")[0].lower()
        if language in LANGUAGES:
            return language
    return default if default in LANGUAGES else "sv"


def theme_of(request: Request) -> str:
    """The look that the reader chose: light, dark, or as the system says."""
    chosen = _cookie(request, "theme")
    return chosen if chosen in THEMES else "system"


@lru_cache(maxsize=256)
def accepted(header: str) -> tuple[str, ...]:
    """The language tags of an Accept-Language header, the most wanted first (RFC 9110 section 12.5.4)."""
    weighed: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, parameter = part.partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if weight > 0 and tag.strip():
            weighed.append((weight, tag.strip()))
    return tuple(tag for _, tag in sorted(weighed, key=lambda pair: -pair[0]))


def choose_language(request: Request, *, secure: bool) -> Reply:
    """GET `/sprak/<language>?next=<path>`: remember the language and go back."""
    return _chosen(request, LANGUAGE_PATH, LANGUAGES, "lang", secure=secure)


def choose_theme(request: Request, *, secure: bool) -> Reply:
    """GET `/utseende/<theme>?next=<path>`: remember the look and go back."""
    return _chosen(request, THEME_PATH, THEMES, "theme", secure=secure)


def same_site(path: str) -> str:
    """The path when it leads to this site, else `/`: browsers read two slashes, of either kind, as another host."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\"))
    return quote(path, safe=_PATH_SAFE) if inside and path.isprintable() and "\\" not in path else "/"


def _chosen(request: Request, prefix: str, known: Iterable[str], name: str, *, secure: bool) -> Reply:
    choice = request.path.removeprefix(prefix)
    try:
        following = dict(request.parameters()).get("next", "/")
    except BadRequest:
        following = "/"
    headers = (("Location", same_site(following)), ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"))
    if choice not in known:
        return Reply(303, headers)
    attributes = f"Path=/; Max-Age={_YEAR}; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"
    return Reply(303, (*headers, ("Set-Cookie", f"{cookie_name(name, secure=secure)}={choice}; {attributes}")))


def cookie_name(name: str, *, secure: bool) -> str:
    """The cookie of a choice; over https no other host can set it."""
    return f"__Host-tillit-{name}" if secure else f"tillit-{name}"


def _cookie(request: Request, name: str) -> str | None:
    return request.cookie(cookie_name(name, secure=True)) or request.cookie(cookie_name(name, secure=False))
