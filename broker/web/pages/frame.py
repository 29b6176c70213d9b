"""What stands around every page, and the small values that pages share: names, services, ways to go on.

Texts that come from metadata, settings or people are cleaned here, once, of what could disturb a line of text.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar
from urllib.parse import urlsplit

Names = Mapping[str, str]
"""A name by language. Which one a reader gets is decided by `in_language`."""

MAX_NAME = 500
_DIRECTING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_NO_LINK = frozenset({"javascript", "data", "vbscript", "blob", "file", "about", "filesystem", "view-source"})


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """The text on one line, without control and direction characters, isolated when it runs from right to left."""
    if text.isascii() and text.isprintable() and len(text) <= MAX_NAME:
        return text
    kept = "".join(
        c for c in text if (c not in _DIRECTING and unicodedata.category(c) not in {"Cc", "Cs"}) or c in "\t\n"
    )
    line = " ".join(kept.split())
    line = line if len(line) <= MAX_NAME else f"{line[: MAX_NAME - 1]}…"
    if any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in line):
        return f"\u2068{line}\u2069"
    return line


def in_language(names: Names, language: str) -> str:
    """The name in the reader's language, else Swedish, English, or any; empty when there is none."""
    for wanted in (language, "sv", "en"):
        if names.get(wanted):
            return clean(names[wanted])
    return clean(next((name for name in names.values() if name), ""))


def web_link(url: str | None) -> str | None:
    """The address when it may stand in a link to another site: http and https only."""
    if not url or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def app_link(url: str) -> str | None:
    """The address when it may start an app: any scheme but those that a browser runs or reads itself."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return None
    return url if url.isprintable() and scheme and scheme not in _NO_LINK else None


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a page. `here` is a path of this site that shows the page again (the language links lead back to
    it); empty when there is none. `form_action` are the origins that forms of this login may end at (see `headers`).
    """

    federation: Names
    language: str = "sv"
    theme: str = "system"
    reference: str | None = None
    here: str = "/"
    form_action: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """Somewhere to go: a link, or with `csrf` a form of one button that posts it with `fields`."""

    url: str
    csrf: str | None = None
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceView:
    """The service that the person came from. `back` leads there and outlives the login; `logo` is a path of ours."""

    names: Names
    owner: Names = field(default_factory=dict)
    back: str | None = None
    logo: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask, as metadata says: a web page, a mail address, a telephone number; each may be missing."""

    names: Names
    url: str | None = None
    mail: str | None = None
    phone: str | None = None

    @property
    def empty(self) -> bool:
        return not (web_link(self.url) or self.mail or self.phone)


class Page:
    """The base of all pages: which template draws it, its machine mark (`data-page`), what it may do (CSP).

    A page that is shown once only is not `repeatable`: it offers no links that would come back to it.
    """

    __slots__ = ()
    template: ClassVar[str]
    mark: ClassVar[str]
    scripted: ClassVar[bool] = False
    connected: ClassVar[bool] = False
    framing: ClassVar[bool] = False
    framed: ClassVar[bool] = False
    repeatable: ClassVar[bool] = True

    @property
    def status(self) -> int:
        """HTTP status of the reply."""
        return 200

    @property
    def posts_to(self) -> tuple[str, ...]:
        """Addresses that this page's own forms post to, beyond this site."""
        return ()

    @property
    def extra_headers(self) -> tuple[tuple[str, str], ...]:
        """Headers that only this page has."""
        return ()
