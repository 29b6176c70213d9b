"""Calls to others as values: what is asked, what comes back, what a call may cost, and how it fails.

Owns `PURPOSES`, the one table of limits, and what may stand in the head of a request. Making the calls is
`metadata.wire.egress`, which offers these names too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from metadata.wire.addresses import IpNetwork
from metadata.wire.connections import TlsIdentity

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a call is for decides what it may cost: bytes of the body, and seconds from resolving to the last byte."""

    name: str
    max_bytes: int = 512 * KIB
    seconds: float = 5.0
    schemes: tuple[str, ...] = ("https",)


PURPOSES: Mapping[str, Purpose] = MappingProxyType(
    {
        row.name: row
        for row in (
            Purpose("default"),
            Purpose("reach", seconds=3.0),
            Purpose("ocsp", max_bytes=64 * KIB, schemes=("https", "http")),
            Purpose("crl", max_bytes=20 * MIB, seconds=20.0, schemes=("https", "http")),
            Purpose("federation", max_bytes=256 * KIB),
            Purpose("care", max_bytes=32 * MIB, seconds=30.0),
            Purpose("aggregate", max_bytes=150 * MIB, seconds=120.0),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Outbound:
    """A call to make. `tls` brings a client certificate, or a CA that alone counts for this call."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    purpose: str = "default"
    tls: TlsIdentity | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. Header names are in lower case; of a header sent twice the values are joined by a comma."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer whose body is still coming. `chunks` raises EgressFailed when it is too long, too late, or cut off."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


class EgressRefused(Exception):
    """The call may not be made at all. Nothing was sent."""

    def __init__(self, reason: str, where: str = "") -> None:
        super().__init__(f"{reason}: {where}" if where else reason)
        self.reason = reason


class EgressFailed(Exception):
    """The call was allowed and did not succeed: name, connection, TLS, time, size or form. Trying later may help."""

    def __init__(self, reason: str, where: str = "") -> None:
        super().__init__(f"{reason}: {where}" if where else reason)
        self.reason = reason


class Fetches(Protocol):
    """What callers need of an egress client; tests give their own."""

    def fetch(self, outbound: Outbound) -> Response: ...


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """What this installation allows. `loopback` in test and demo only; `plain_loopback` (http there) in test only.

    `networks` are an operator's own (a sectoral network's private addresses). `ca_file` holds roots beside the system's.
    """

    loopback: bool = False
    plain_loopback: bool = False
    networks: tuple[IpNetwork, ...] = ()
    ca_file: str | None = None
    concurrent: int = 8
    kept: int = 4
    failures: int = 5
    rest: float = 15.0
    origins: int = 256


_OWN_HEADERS = frozenset({
    "host", "cookie", "connection", "content-length", "transfer-encoding", "accept-encoding", "proxy-authorization",
    "expect", "te", "upgrade",
})  # fmt: skip


def check_head(outbound: Outbound) -> None:
    """Raises EgressRefused for a method that is no word, and for headers that are ours alone or would become two."""
    if not outbound.method.isalpha() or not outbound.method.isupper() or not outbound.method.isascii():
        raise EgressRefused("method")
    for name, value in outbound.headers.items():
        if name.lower() in _OWN_HEADERS or not name.replace("-", "").isalnum() or not name.isascii():
            raise EgressRefused("header name")
        if not value.isascii() or not value.isprintable():
            raise EgressRefused("header value")
