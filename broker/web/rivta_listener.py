"""The listener of the RIV-TA contracts: mutual TLS with record systems, connections that stay open between calls.

A client proves itself in the handshake: its certificate leads to one of the anchors of TILLIT_RIVTA_CA and is on none of the
lists of TILLIT_RIVTA_CRL, or the connection ends there. Behind a proxy that ends TLS, the proxy says what it verified, as to the
card listener: on a Unix socket, or on TLS where it is known by its own pinned certificate. Who the client is and what it may is
`broker.protocols.rivta`.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from broker.exchange import Reply, Request
from broker.web.card import Health
from broker.web.card_http import VERIFY, BadHead, Head, Presented, any_head, direct, forwarded, plain_reply
from broker.web.card_tls import Plain, Stream, Tls, pinned, server_context
from broker.web.listener import Limits, Listener, Way, tcp, unix
from broker.web.rivta_http import CONTINUE, body_of, expects_continue, length_of, on_the_wire, stays
from broker.web.rivta_tls import VerifyingContext

log = logging.getLogger(__name__)

MOST_BODY: Final = 8 * 1024 * 1024
MOST_HELD: Final = 128 * 1024 * 1024
"""Of all bodies that are being read or answered at a time."""

MOST_CALLS: Final = 1000
OLDEST: Final = 600.0
"""Calls and seconds of one connection: its certificate is looked at again then."""

IDLE: Final = 60.0
BODY: Final = 60.0
LIMITS: Final = Limits(connections=256, connections_each=64, workers=8, handshake=20.0)

Serve = Callable[[Request, tuple[bytes, ...]], Reply]
"""Answers a request of a client that presented these certificates (DER, its own first)."""

_Read = Callable[[Stream, Head, str], Presented]


class RivtaListener(Listener):
    """Made by the `serve_rivta` functions. `read` says where the certificate of a request is found."""

    name = "rivta"

    def __init__(self, way: Way, read: _Read, serve: Serve, health: Health, limits: Limits) -> None:
        super().__init__(way, limits)
        self._read, self._answer, self._health = read, serve, health
        self._held = 0

    async def converse(self, stream: Stream, remote: str) -> None:
        """Calls one after another, until either side has had enough."""
        ends = time.monotonic() + OLDEST
        for count in range(1, MOST_CALLS + 1):
            try:
                head = await self._next_head(stream, IDLE if count > 1 else self._limits.head)
            except BadHead as bad:
                await self.finish(stream, on_the_wire(plain_reply(bad.status), last=True))
                return
            if head is None:
                return
            last = count == MOST_CALLS or time.monotonic() > ends
            if not await self._call(stream, head, remote, last=last):
                return

    async def _next_head(self, stream: Stream, patience: float) -> bytes | None:
        """The next head, None when the client has gone or waits too long. Raises BadHead."""
        with suppress(ConnectionResetError, TimeoutError):
            async with asyncio.timeout(patience):
                return await stream.read_head()
        return None

    async def _call(self, stream: Stream, octets: bytes, remote: str, *, last: bool) -> bool:
        """Answer one call; whether the connection goes on."""
        told_of = False
        try:
            head = any_head(octets)
            told_of = head.method == "HEAD"
            presented = self._read(stream, head, remote)
            last = last or not stays(head)
            reply = await self._answered(stream, head, presented)
        except BadHead as bad:
            reply, last = plain_reply(bad.status), True
        octets = on_the_wire(reply, last=last, told_of=told_of)
        if last:
            await self.finish(stream, octets)
            return False
        async with asyncio.timeout(self._limits.write):
            await stream.write(octets)
        return True

    async def _answered(self, stream: Stream, head: Head, presented: Presented) -> Reply:
        length = length_of(head, MOST_BODY)
        room = MOST_BODY if length < 0 else length
        if self._held + room > MOST_HELD:
            raise BadHead(503, "too much at a time")
        self._held += room
        try:
            if length and expects_continue(head):
                await stream.write(CONTINUE)
            async with asyncio.timeout(BODY):
                body = await body_of(stream, length, MOST_BODY)
            return await self.at_work(lambda: self._served(head, body, presented), plain_reply)
        finally:
            self._held -= room

    def _served(self, head: Head, body: bytes, presented: Presented) -> Reply:
        path, _, query = head.path.partition("?")
        if path in {"/healthz", "/readyz"}:
            return self._health(path)
        headers = dict(head.fields)
        request = Request(head.method, path, query.encode("latin-1"), headers, body, presented.remote)
        return self._answer(request, presented.certificates)


def serve_rivta(
    listen: str, contexts: VerifyingContext, serve: Serve, health: Health, *, limits: Limits = LIMITS
) -> RivtaListener:
    """A listener that clients reach at `listen` (host:port)."""

    def read(stream: Stream, head: Head, remote: str) -> Presented:
        direct(head)
        return Presented(stream.certificates(), remote)

    way = Way(lambda: tcp(listen), lambda reader, writer: Tls(contexts.current(), reader, writer))
    return RivtaListener(way, read, serve, health, limits)


def serve_rivta_behind_proxy(path: Path, serve: Serve, health: Health, *, limits: Limits = LIMITS) -> RivtaListener:
    """A listener on a Unix socket (mode 0660: the proxy's user is in the socket's group)."""
    way = Way(lambda: unix(path), Plain, lambda: path.unlink(missing_ok=True))
    return RivtaListener(way, _from_proxy, serve, health, limits)


def serve_rivta_behind_tls_proxy(
    listen: str, cert: Path, key: Path, proxy: Path, serve: Serve, health: Health, *, limits: Limits = LIMITS
) -> RivtaListener:
    """A listener that only the proxy reaches: its client certificate must be one of the PEM file `proxy`."""
    context, admits = server_context(cert, key), pinned(proxy)
    way = Way(lambda: tcp(listen), lambda reader, writer: Tls(context, reader, writer, admits))
    return RivtaListener(way, _from_proxy, serve, health, limits)


def _from_proxy(stream: Stream, head: Head, remote: str) -> Presented:  # noqa: ARG001  # the peer is the proxy
    """What the proxy verified; what it did not verify counts as no certificate."""
    if not head.path.startswith("/rivta/"):
        return Presented((), "")
    presented = forwarded(head)
    return presented if head.all(VERIFY) == ["SUCCESS"] else Presented((), presented.remote)
