"""Request and reply of HTTP as values, so that protocol functions run without a web framework.

Owns parsing of query strings, forms and cookies. Repeated parameters are kept: whether they are an error is the
protocol's business (RFC 6749 section 3.1 says yes; a form's check boxes say no).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

MAX_FIELDS = 100
NUL = "\x00"
"""What no name, value or identifier holds: PostgreSQL keeps no text with it."""


class BadRequest(Exception):
    """The octets are no HTTP form or query: too many fields, not UTF-8, wrong media type."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `headers` has lower-case names; `query` and `body` are the octets received."""

    method: str
    path: str
    query: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    remote: str = ""

    def parameters(self) -> list[tuple[str, str]]:
        """The query's pairs in order, blank values kept. Raises BadRequest."""
        return pairs(self.query)

    def form(self) -> list[tuple[str, str]]:
        """The body's pairs. Raises BadRequest unless the body is application/x-www-form-urlencoded."""
        if self.headers.get("content-type", "").split(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            raise BadRequest("expected application/x-www-form-urlencoded")
        return pairs(self.body)

    def cookie(self, name: str) -> str | None:
        """The cookie's value, or None when it is absent or sent twice (a tossed cookie must not win)."""
        header = self.headers.get("cookie", "")
        if name not in header:
            return None
        found = [
            value
            for part in header.split(";")
            for key, sign, value in [part.strip().partition("=")]
            if sign and key == name
        ]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Pieces:
    """A long body that is sent piece by piece and is never whole in memory. `walk` begins anew each time."""

    length: int
    walk: Callable[[], Iterator[bytes]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer. Content-Length is added by whoever writes it to the socket. With `pieces` there is no `body`."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    pieces: Pieces | None = None

    def adding(self, *headers: tuple[str, str]) -> "Reply":
        """The same answer with more headers."""
        return Reply(self.status, (*self.headers, *headers), self.body, self.pieces)


def pairs(octets: bytes) -> list[tuple[str, str]]:
    """application/x-www-form-urlencoded octets as pairs. Raises BadRequest."""
    if octets.count(b"&") >= MAX_FIELDS:
        raise BadRequest("too many fields")
    try:
        split = (field.partition("=") for field in octets.decode("ascii").split("&") if field)
        return [(_unquoted(name), _unquoted(value)) for name, _, value in split]
    except UnicodeDecodeError as error:
        raise BadRequest("not a readable form") from error


def _unquoted(text: str) -> str:
    """Decode what is encoded; most names and values are not. Raises UnicodeDecodeError."""
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text


def single(parameters: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The parameters as a mapping. Raises BadRequest when one is repeated (RFC 6749 section 3.1)."""
    once = dict(parameters)
    if len(once) != len(parameters):
        raise BadRequest("a parameter is repeated")
    return once
