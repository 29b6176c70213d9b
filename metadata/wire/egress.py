"""The only outbound HTTP client.

Owns where a call may go, how long it may take, how much may come back, and which certificates count; every call is one
row of `PURPOSES` and one total deadline. Connections are kept for the next call to the same place. It follows no redirect,
reads no proxy variable, keeps no cookie and knows no credentials: what an answer means, 302 and 500 included, is the
caller's. Connections to judged addresses are `metadata.wire.connections`.
"""

import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from typing import Self

from urllib3.exceptions import HTTPError, SSLError
from urllib3.exceptions import TimeoutError as Urllib3TimeoutError
from urllib3.response import HTTPResponse

from metadata.wire.addresses import BadUrl, IpAddress, Target, is_loopback, may_be_reached, read_url
from metadata.wire.connections import (
    BadTlsIdentity,
    Connection,
    Lookups,
    NotAllowed,
    Resolve,
    TlsConnection,
    TlsIdentity,
    TooMuch,
    system_addresses,
    tls_context,
)
from metadata.wire.outbound import (
    PURPOSES,
    EgressFailed,
    EgressPolicy,
    EgressRefused,
    Fetches,
    Outbound,
    Purpose,
    Response,
    Streamed,
    check_head,
)

__all__ = [
    "PURPOSES",
    "Egress",
    "EgressFailed",
    "EgressPolicy",
    "EgressRefused",
    "Fetches",
    "Outbound",
    "Purpose",
    "Response",
    "Streamed",
    "TlsIdentity",
]

CHUNK = 64 * 1024
HEAD_ROOM = 64 * 1024
"""Status line, headers and framing of an answer, beside its body."""


@dataclass(slots=True)
class _Origin:
    """One place and one identity towards it: its kept connections, its running calls, and how it has fared."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    idle: list[Connection] = field(default_factory=list)
    running: int = 0
    failures: int = 0
    resting_until: float = 0.0
    forgotten: bool = False


_OriginKey = tuple[str, str, int, TlsIdentity | None]


class Egress:
    """The client of one process; safe to share among threads. `resolve` and `clock` are for tests."""

    def __init__(
        self,
        policy: EgressPolicy | None = None,
        *,
        resolve: Resolve = system_addresses,
        clock: Callable[[], float] = time.monotonic,
        purposes: Mapping[str, Purpose] = PURPOSES,
    ) -> None:
        self._policy = policy or EgressPolicy()
        self._lookups = Lookups(resolve)
        self._clock = clock
        self._purposes = purposes
        self._lock = threading.Lock()
        self._origins: OrderedDict[_OriginKey, _Origin] = OrderedDict()
        self._contexts: dict[TlsIdentity | None, ssl.SSLContext] = {}

    def fetch(self, outbound: Outbound) -> Response:
        """Make the call and read the whole answer. Raises EgressRefused and EgressFailed."""
        with self.stream(outbound) as answer:
            return Response(answer.status, answer.headers, b"".join(answer.chunks))

    @contextmanager
    def stream(self, outbound: Outbound) -> Iterator[Streamed]:
        """Make the call and read its answer piece by piece, within the same limits. Raises as `fetch` does."""
        purpose = self._purposes[outbound.purpose]
        target = self._allowed(outbound, purpose)
        deadline = self._clock() + purpose.seconds
        origin = self._origin((target.scheme, target.host, target.port, outbound.tls))
        self._enter(origin, target)
        connection: Connection | None = None
        answer: HTTPResponse | None = None
        try:
            with _failures(target):
                connection, answer = self._answer(origin, outbound, target, purpose, deadline)
                _check_head(answer, purpose)
            yield Streamed(answer.status, _headers(answer), _chunks(answer, purpose, target))
            self._fared(origin, well=True)
            connection = self._keep(origin, connection, answer)
        except EgressFailed:
            self._fared(origin, well=False)
            raise
        finally:
            if connection is not None and answer is not None:
                answer.close()  # an answer that ends with its connection owns the socket
                connection.close()
            with origin.lock:
                origin.running -= 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connections. The client can still be used; it starts afresh."""
        with self._lock:
            origins, self._origins = list(self._origins.values()), OrderedDict()
        for origin in origins:
            _close_idle(origin)

    def _allowed(self, outbound: Outbound, purpose: Purpose) -> Target:
        try:
            target = read_url(outbound.url)
        except BadUrl as error:
            raise EgressRefused(f"url ({error})") from error
        check_head(outbound)
        policy = self._policy
        if target.literal is not None and not self._may_reach(target.literal):
            raise EgressRefused("address", str(target))
        plain_here = policy.plain_loopback and (
            target.host == "localhost" or (target.literal is not None and is_loopback(target.literal))
        )
        if target.scheme not in purpose.schemes and not plain_here:
            raise EgressRefused("scheme", str(target))
        return target

    def _may_reach(self, address: IpAddress) -> bool:
        policy = self._policy
        return may_be_reached(address, loopback=policy.loopback, networks=policy.networks)

    def _origin(self, key: _OriginKey) -> _Origin:
        """The record of a place. Their number is bounded: hosts may come from what others registered."""
        with self._lock:
            origin = self._origins.setdefault(key, _Origin())
            self._origins.move_to_end(key)
            forgotten = []
            while len(self._origins) > self._policy.origins:
                forgotten.append(self._origins.popitem(last=False)[1])
        for old in forgotten:
            _close_idle(old)
        return origin

    def _enter(self, origin: _Origin, target: Target) -> None:
        """A bulkhead and a breaker: a dead or slow peer holds few of our threads, and each of them briefly."""
        with origin.lock:
            now = self._clock()
            if origin.failures >= self._policy.failures:
                if now < origin.resting_until:
                    raise EgressFailed("resting after failures", str(target))
                origin.resting_until = now + self._policy.rest  # this call tries; the others go on resting
            if origin.running >= self._policy.concurrent:
                raise EgressFailed("too many calls at once", str(target))
            origin.running += 1

    def _fared(self, origin: _Origin, *, well: bool) -> None:
        with origin.lock:
            origin.failures = 0 if well else origin.failures + 1
            if not well:
                origin.resting_until = self._clock() + self._policy.rest

    def _answer(
        self, origin: _Origin, outbound: Outbound, target: Target, purpose: Purpose, deadline: float
    ) -> tuple[Connection, HTTPResponse]:
        """On a kept connection if there is one. A peer may close that just as we use it: what can be repeated without
        harm (RFC 9110 section 9.2.2) is then tried once more on a new one.
        """
        send = partial(_send, outbound, target, deadline, purpose.max_bytes + HEAD_ROOM)
        if kept := _take_idle(origin):
            try:
                return kept, send(kept)
            except (ConnectionError, HTTPException, HTTPError):
                kept.close()
                if outbound.method not in {"GET", "HEAD"} or self._clock() >= deadline:
                    raise
        fresh = self._connection(target, outbound.tls)
        try:
            return fresh, send(fresh)
        except BaseException:
            fresh.close()
            raise

    def _connection(self, target: Target, tls: TlsIdentity | None) -> Connection:
        if target.scheme == "http":
            return Connection(target, lookups=self._lookups, allowed=self._may_reach, clock=self._clock)
        context = self._context(tls)
        return TlsConnection(
            target, lookups=self._lookups, allowed=self._may_reach, clock=self._clock, ssl_context=context
        )

    def _context(self, tls: TlsIdentity | None) -> ssl.SSLContext:
        with self._lock:
            if tls not in self._contexts:
                try:
                    self._contexts[tls] = tls_context(tls, self._policy.ca_file)
                except BadTlsIdentity as error:
                    raise EgressRefused("tls identity") from error
            return self._contexts[tls]

    def _keep(self, origin: _Origin, connection: Connection, answer: HTTPResponse) -> Connection | None:
        """Keep the connection if its answer has been read to the end. Returns what still must be closed."""
        if connection.sock is None or not answer.closed:
            return connection
        with origin.lock:
            if origin.forgotten or len(origin.idle) >= self._policy.kept:
                return connection
            origin.idle.append(connection)
        return None


def _take_idle(origin: _Origin) -> Connection | None:
    while True:
        with origin.lock:
            connection = origin.idle.pop() if origin.idle else None
        if connection is None or connection.is_connected:
            return connection
        connection.close()


def _close_idle(origin: _Origin) -> None:
    with origin.lock:
        idle, origin.idle, origin.forgotten = origin.idle, [], True
    for connection in idle:
        connection.close()


def _send(outbound: Outbound, target: Target, deadline: float, budget: int, connection: Connection) -> HTTPResponse:
    connection.arm(deadline, budget)
    headers = {"accept-encoding": "identity", "user-agent": "tillit", **outbound.headers}
    connection.request(
        outbound.method, target.path_and_query, outbound.body, headers, preload_content=False, decode_content=False
    )
    return connection.getresponse()


def _check_head(answer: HTTPResponse, purpose: Purpose) -> None:
    if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise TooMuch("compressed")
    length = answer.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or int(length) > purpose.max_bytes:
        raise TooMuch("too long")


def _chunks(answer: HTTPResponse, purpose: Purpose, target: Target) -> Iterator[bytes]:
    left = purpose.max_bytes
    with _failures(target):
        while chunk := answer.read(min(CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise TooMuch("too long")
            yield chunk


def _headers(answer: HTTPResponse) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    for name, value in answer.headers.iteritems():
        known = headers.get(name.lower())
        headers[name.lower()] = value if known is None else f"{known}, {value}"
    return headers


@contextmanager
def _failures(target: Target) -> Iterator[None]:
    """Every error of the layers below as one of ours, and without its text: that may hold the whole URL."""
    try:
        yield
    except NotAllowed as error:
        raise EgressRefused("address", str(target)) from error
    except TooMuch as error:
        raise EgressFailed(str(error), str(target)) from error
    except (TimeoutError, Urllib3TimeoutError) as error:
        raise EgressFailed("timeout", str(target)) from error
    except (OSError, HTTPException, HTTPError, ValueError) as error:
        raise EgressFailed(_kind(error), str(target)) from error


def _kind(error: Exception) -> str:
    if isinstance(error, ssl.SSLError | SSLError):
        return "tls"
    return "network" if isinstance(error, OSError) else "answer"
