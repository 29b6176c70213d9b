"""Another broker beneath a path of this one's host: cuts the path off on the way in, puts it in front on the way out.

Within, everything believes that it stands at the root. Owns the one place where that is made true for browsers: addresses of
this site in `Location` and in the attributes of our own HTML. Templates escape every quotation mark that is not theirs, so
what looks like such an attribute is one. Addresses in protocol messages are whole ones, made from the issuer.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from broker.web.front import Environ, StartResponse

WSGI = Callable[[Environ, StartResponse], Iterable[bytes]]
METADATA: Final = "/.well-known/oauth-authorization-server"
_ATTRIBUTE: Final = re.compile(rb'(\s(?:href|src|action|formaction|data-status)=")/(?!/)')


@dataclass(frozen=True, slots=True)
class Mounted:
    """`beside`, and beneath `path` whatever `within` gives when it is first asked for."""

    path: str
    within: Callable[[], WSGI]
    beside: WSGI

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        inner = self._inner(environ["PATH_INFO"])
        if inner is None:
            return self.beside(environ, start_response)
        answer = _Answer()
        body = _whole(self.within()({**environ, "SCRIPT_NAME": self.path, "PATH_INFO": inner}, answer))
        return self._outward(answer, body, environ["REQUEST_METHOD"], start_response)

    def _inner(self, path: str) -> str | None:
        """The path within, or None when it is not beneath ours. RFC 8414 section 3.1 puts the issuer's path last."""
        if path == METADATA + self.path:
            return METADATA
        if path == self.path or path.startswith(f"{self.path}/"):
            return path.removeprefix(self.path) or "/"
        return None

    def _outward(self, answer: "_Answer", body: bytes, method: str, start_response: StartResponse) -> Iterable[bytes]:
        if any(name.lower() == "content-type" and value.startswith("text/html") for name, value in answer.headers):
            body = _ATTRIBUTE.sub(rb"\g<1>" + self.path.encode() + b"/", body)
        kept = [(name, self._placed(name, value)) for name, value in answer.headers if name.lower() != "content-length"]
        if method != "HEAD":  # its length would be another's
            kept.append(("Content-Length", str(len(body))))
        start_response(answer.status, kept)
        return [body]

    def _placed(self, name: str, value: str) -> str:
        inside = name.lower() == "location" and value.startswith("/") and not value.startswith("//")
        return self.path + value if inside else value


class _Answer:
    """What an application says before its body (PEP 3333's start_response)."""

    def __init__(self) -> None:
        self.status, self.headers = "", [("", "")][:0]

    def __call__(self, status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
        self.status, self.headers = status, headers


def _whole(pieces: Iterable[bytes]) -> bytes:
    try:
        return b"".join(pieces)
    finally:
        if (close := getattr(pieces, "close", None)) is not None:
            close()
