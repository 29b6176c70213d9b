"""HTTP of the card listener: one request head, strictly read, and the certificate headers that must not be believed.

Pure functions over octets; sockets and TLS are `broker.web.card`. The listener knows three addresses and reads no body, so
everything that a larger server would have to interpret (framing, upgrades, folded lines) is refused here.
"""

import re
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote

from broker.exchange import Reply

MAXIMUM_HEAD: Final = 16 * 1024
MAXIMUM_FIELDS: Final = 100
CERTIFICATE: Final = "x-tillit-client-cert"
VERIFY: Final = "x-tillit-client-verify"
FORWARDED_FOR: Final = "x-forwarded-for"

_REQUEST_LINE: Final = re.compile(r"([A-Z]{1,16}) (/[!-~]*) HTTP/1\.[01]")
_FIELD_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_NOT_IN_FIELD: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_HANDOFF: Final = re.compile(r"/card/([A-Za-z0-9_-]{8,256})")
# RFC 9440 (Client-Cert, Client-Cert-Chain) and what terminators and frameworks use: X-SSL-Client-Cert, SSL_CLIENT_CERT,
# X-Forwarded-Client-Cert, X-Forwarded-Tls-Client-Cert, X-ARR-ClientCert, X-Amzn-Mtls-Clientcert, our own, and kin
_CERTIFICATE_HEADER: Final = re.compile(r"client-?cert|client-?verify|ssl-client|ssl-cert|tls-client|mtls")

_ALWAYS: Final = (
    ("Connection", "close"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)


class BadHead(Exception):
    """The request is answered with `status` and nothing else. `header` names a certificate header that was sent."""

    def __init__(self, status: int, detail: str, header: str = "") -> None:
        super().__init__(detail)
        self.status, self.header = status, header


@dataclass(frozen=True, slots=True)
class Head:
    """A request head; field names in lower case, repetitions kept."""

    method: str
    path: str
    fields: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]


@dataclass(frozen=True, slots=True)
class Presented:
    """What came with a request: DER certificates, the person's first, and where from."""

    certificates: tuple[bytes, ...]
    remote: str


def parse_head(octets: bytes) -> Head:
    """The head of a request that may have no body. Raises BadHead."""
    head = any_head(octets)
    if head.all("transfer-encoding") or any(length != "0" for length in head.all("content-length")):
        raise BadHead(400, "a body")
    return head


def any_head(octets: bytes) -> Head:
    """The head before the blank line (RFC 9112 sections 3 and 5), without anything that two readers could read
    differently. Raises BadHead.
    """
    lines = octets.decode("latin-1").split("\r\n")
    request = _REQUEST_LINE.fullmatch(lines[0])
    if request is None:
        raise BadHead(400, "request line")
    if len(lines) > MAXIMUM_FIELDS:
        raise BadHead(431, "too many fields")
    head = Head(request[1], request[2], tuple(_field(line) for line in lines[1:]))
    if len(head.all("host")) != 1:
        raise BadHead(400, "Host")
    return head


def _field(line: str) -> tuple[str, str]:
    """Read in steps that each go over the line once: one pattern for all of it takes hours over a line of spaces."""
    name, colon, value = line.partition(":")
    if not colon or not _FIELD_NAME.fullmatch(name) or _NOT_IN_FIELD.search(value):
        raise BadHead(400, "field line")
    return name.lower(), value.strip(" \t")


def route(head: Head) -> str:
    """The handoff of `GET /card/{handoff}`, or the health path itself. Raises BadHead."""
    handoff = _HANDOFF.fullmatch(head.path)
    if handoff is None and head.path not in {"/healthz", "/readyz"}:
        raise BadHead(404, "address")
    if head.method != "GET":
        raise BadHead(405, "method")
    return handoff[1] if handoff else head.path


def direct(head: Head) -> None:
    """On a listener that browsers reach: no certificate header in any spelling. Raises BadHead."""
    _refuse(_certificate_headers(head))


def forwarded(head: Head) -> Presented:
    """What an authenticated proxy says: its three headers, each once, and no other certificate header. Raises BadHead.

    nginx leaves out a header whose value is empty, so a person without a certificate has none; `VERIFY` is there
    always, and shows that the proxy is configured for us.
    """
    _refuse([name for name in _certificate_headers(head) if name not in {CERTIFICATE, VERIFY}])
    verify, certificates, remotes = head.all(VERIFY), head.all(CERTIFICATE), head.all(FORWARDED_FOR)
    if len(verify) != 1 or len(remotes) != 1 or len(certificates) > 1:
        raise BadHead(400, "the proxy's headers, each once", CERTIFICATE if len(certificates) > 1 else "")
    if (verify[0] == "NONE") != (not certificates):
        raise BadHead(400, "the proxy contradicts itself", CERTIFICATE)
    return Presented(tuple(_der(each) for each in certificates), _address(remotes[0]))


def _certificate_headers(head: Head) -> list[str]:
    """Every name like a certificate header, also one that Connection would have a hop remove (RFC 9110 section 7.6.1)."""
    nominated = [word.strip() for value in head.all("connection") for word in value.lower().split(",")]
    names = [*(name for name, _ in head.fields), *nominated]
    return [name for name in names if _CERTIFICATE_HEADER.search(name.replace("_", "-"))]


def _refuse(names: list[str]) -> None:
    if names:
        raise BadHead(400, "a certificate header", names[0][:64])


def _der(escaped: str) -> bytes:
    """`$ssl_client_escaped_cert`: PEM, percent-encoded."""
    try:
        return ssl.PEM_cert_to_DER_cert(unquote(escaped, "ascii", "strict"))
    except ValueError as error:
        raise BadHead(400, "the proxy's certificate cannot be read", CERTIFICATE) from error


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise BadHead(400, "the proxy's client address") from error


def written(reply: Reply) -> bytes:
    """The reply on the wire. Raises ValueError for a header that would break the line."""
    fields = [*reply.headers, ("Content-Length", str(len(reply.body)))]
    given = {name.lower() for name, _ in fields}
    fields += [(name, value) for name, value in _ALWAYS if name == "Connection" or name.lower() not in given]
    lines = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        *(f"{name}: {value}" for name, value in fields),
    ]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header with a line break")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + reply.body


def plain_reply(status: int) -> Reply:
    """An answer that says no more than its status: those who get it did not come by the login pages."""
    more = (("Allow", "GET"),) if status == HTTPStatus.METHOD_NOT_ALLOWED else ()
    text = f"{status} {HTTPStatus(status).phrase}\n".encode()
    return Reply(status, (("Content-Type", "text/plain; charset=utf-8"), *more), text)
