"""The card listener: the one place that asks a browser for a client certificate, on an address of its own.

Owns TLS with the browser, or the authenticated hop from the proxy that had it, and hands what was presented to `land`.
It judges no certificate: the TLS layer accepts any, so that the person gets a page for each thing that can be wrong, and
the handshake proves that the browser holds the private key. A connection serves one request, since a browser repeats a
bad choice of certificate for as long as the connection lives; sessions are never resumed, for a resumed one carries no
new proof of possession.

Behind a proxy the certificate comes in a header. That is believed on a Unix socket, or on a TLS connection whose client
is the proxy itself by its pinned certificate, and nowhere else. The statement is fresh because it travels on the request
it belongs to, over a hop that nobody else can write to; a captured header has nowhere to be replayed.

Handshakes wait for people who look for their card and type its code, so they are coroutines on one thread and cost a
socket each; only `land` runs on worker threads.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from prometheus_client import Counter

from broker.exchange import Reply
from broker.web.card_http import BadHead, Head, Presented, direct, forwarded, parse_head, plain_reply, route, written
from broker.web.card_tls import Plain, Stream, Tls, pinned, server_context
from broker.web.listener import Limits as CardLimits
from broker.web.listener import Listener, Way, tcp, unix

log = logging.getLogger(__name__)

REFUSED_HEADERS: Final = Counter(
    "tillit_card_certificate_headers_refused", "Requests refused because they brought a certificate header."
)


class Land(Protocol):
    """Answers a browser that came with a handoff and, perhaps, certificates (DER, the person's first)."""

    def __call__(self, handoff: str, certificates: tuple[bytes, ...], remote: str, user_agent: str) -> Reply: ...


Health = Callable[[str], Reply]
"""Answers `/healthz` and `/readyz`, as the main listener does."""


_Read = Callable[[Stream, Head, str], Presented]


class CardListener(Listener):
    """Made by the `serve_cards` functions. `read` says where the certificates of a request are found."""

    name = "card"

    def __init__(self, way: Way, read: _Read, land: Land, health: Health, limits: CardLimits) -> None:
        super().__init__(way, limits)
        self._read, self._land, self._health = read, land, health

    async def converse(self, stream: Stream, remote: str) -> None:
        """One request and its answer."""
        await self.finish(stream, await self._answer(stream, remote))

    async def _answer(self, stream: Stream, remote: str) -> bytes:
        try:
            async with asyncio.timeout(self._limits.head):
                head = parse_head(await stream.read_head())
            return await self._routed(head, self._read(stream, head, remote))
        except BadHead as bad:
            if bad.header:
                REFUSED_HEADERS.inc()
                log.warning("certificate header refused: %s", bad.header, extra={"remote": remote})
            return written(plain_reply(bad.status))

    async def _routed(self, head: Head, presented: Presented) -> bytes:
        where = route(head)
        if where.startswith("/"):
            return await self.at_work(lambda: written(self._health(where)), _failed)
        agent = (head.all("user-agent") or [""])[0]
        return await self.at_work(
            lambda: written(self._land(where, presented.certificates, presented.remote, agent)), _failed
        )


def _failed(status: int) -> bytes:
    return written(plain_reply(status))


def serve_cards(
    listen: str, cert_path: Path, key_path: Path, land: Land, health: Health, *, limits: CardLimits | None = None
) -> CardListener:
    """A listener that browsers reach at `listen` (host:port). Raises SSL.Error for unusable files."""
    context = server_context(cert_path, key_path)

    def read(stream: Stream, head: Head, remote: str) -> Presented:
        direct(head)
        return Presented(stream.certificates(), remote)

    way = Way(lambda: tcp(listen), lambda reader, writer: Tls(context, reader, writer))
    return CardListener(way, read, land, health, limits or CardLimits())


def serve_cards_behind_proxy(
    unix_socket_path: Path, land: Land, health: Health, *, limits: CardLimits | None = None
) -> CardListener:
    """A listener on a Unix socket (mode 0660: the proxy's user is in the socket's group)."""
    way = Way(lambda: unix(unix_socket_path), Plain, lambda: unix_socket_path.unlink(missing_ok=True))
    return CardListener(way, _from_proxy, land, health, limits or CardLimits())


def serve_cards_behind_tls_proxy(
    listen: str,
    cert_path: Path,
    key_path: Path,
    proxy_certificates: Path,
    land: Land,
    health: Health,
    *,
    limits: CardLimits | None = None,
) -> CardListener:
    """A listener that only the proxy reaches: its client certificate must be one of the PEM file `proxy_certificates`."""
    context, admits = server_context(cert_path, key_path), pinned(proxy_certificates)
    way = Way(lambda: tcp(listen), lambda reader, writer: Tls(context, reader, writer, admits))
    return CardListener(way, _from_proxy, land, health, limits or CardLimits())


def _from_proxy(stream: Stream, head: Head, remote: str) -> Presented:  # noqa: ARG001  # the peer is the proxy
    return forwarded(head) if head.path.startswith("/card/") else Presented((), "")
