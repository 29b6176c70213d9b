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
import socket
import stat
import threading
from collections import Counter as Tally
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from OpenSSL import SSL
from prometheus_client import Counter

from broker.exchange import Reply
from broker.web.card_http import BadHead, Head, Presented, direct, forwarded, parse_head, plain_reply, route, written
from broker.web.card_tls import Plain, Stream, Tls, pinned, server_context

log = logging.getLogger(__name__)

REFUSED_HEADERS: Final = Counter(
    "tillit_card_certificate_headers_refused", "Requests refused because they brought a certificate header."
)
LINGER_SECONDS: Final = 1.0
SOCKET_MODE: Final = 0o660


class Land(Protocol):
    """Answers a browser that came with a handoff and, perhaps, certificates (DER, the person's first)."""

    def __call__(self, handoff: str, certificates: tuple[bytes, ...], remote: str, user_agent: str) -> Reply: ...


Health = Callable[[str], Reply]
"""Answers `/healthz` and `/readyz`, as the main listener does."""


@dataclass(frozen=True, slots=True)
class CardLimits:
    """What one listener spends. `handshake` is long: the person chooses a certificate and types the card's code in it."""

    connections: int = 512
    connections_each: int = 64  # from one address; a hospital may have one for all
    workers: int = 16
    hello: float = 10.0
    handshake: float = 120.0
    head: float = 10.0
    land: float = 30.0
    write: float = 10.0


_Open = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Stream]
_Read = Callable[[Stream, Head, str], Presented]


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to be reached: the socket, what is done to a connection, and where the certificates are then found."""

    bind: Callable[[], socket.socket]
    open: _Open
    read: _Read
    unbind: Callable[[], None] = lambda: None


class CardListener:
    """A listener in a thread of its own. Made by the `serve_cards` functions; `start` returns when it listens."""

    def __init__(self, way: _Way, land: Land, health: Health, limits: CardLimits) -> None:
        self._way, self._land, self._health, self._limits = way, land, health, limits
        self._workers = ThreadPoolExecutor(limits.workers, "card-land")
        self._thread = threading.Thread(target=self._run, name="card-listener", daemon=True)
        self._socket: socket.socket | None = None
        self._listening: Future[asyncio.AbstractEventLoop] = Future()
        self._stopping = asyncio.Event()
        self._open: Tally[str] = Tally()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The TCP port that it listens on; 0 for a Unix socket."""
        name = self._socket.getsockname() if self._socket else ""
        return int(name[1]) if isinstance(name, tuple) else 0

    def start(self) -> None:
        """Bind and serve. Raises OSError when the address cannot be had."""
        self._socket = self._way.bind()
        self._thread.start()
        self._listening.result()

    def stop(self) -> None:
        """Stop listening and drop every connection. Nothing happens if it never listened."""
        if self._thread.ident is None:
            return
        self._listening.result().call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._way.unbind()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._listening.done():
                raise
            self._listening.set_exception(error)

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, sock=self._socket, limit=64 * 1024)
        self._listening.set_result(asyncio.get_running_loop())
        await self._stopping.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        remote = str(peer[0]) if isinstance(peer, tuple) else ""
        each = self._open[remote] if remote else 0
        if self._open.total() >= self._limits.connections or each >= self._limits.connections_each:
            log.warning("card connection refused: too many", extra={"remote": remote})
            writer.transport.abort()
            return
        self._open[remote] += 1
        task = asyncio.get_running_loop().create_task(self._connection(self._way.open(reader, writer), remote))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._closed(done, writer, remote))

    def _closed(self, task: "asyncio.Task[None]", writer: asyncio.StreamWriter, remote: str) -> None:
        self._tasks.discard(task)
        self._open[remote] -= 1
        self._open += Tally()  # forgets addresses without connections
        writer.transport.abort()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("card connection failed", exc_info=error)

    async def _connection(self, stream: Stream, remote: str) -> None:
        try:
            await stream.handshake(self._limits.hello, self._limits.handshake)
            octets = await self._answer(stream, remote)
            async with asyncio.timeout(self._limits.write):
                await stream.write(octets)
                await stream.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    await stream.drained()
        except (SSL.Error, ConnectionError, TimeoutError) as error:
            log.info("card connection ended early: %s", type(error).__name__, extra={"remote": remote})

    async def _answer(self, stream: Stream, remote: str) -> bytes:
        try:
            async with asyncio.timeout(self._limits.head):
                head = parse_head(await stream.read_head())
            return await self._routed(head, self._way.read(stream, head, remote))
        except BadHead as bad:
            if bad.header:
                REFUSED_HEADERS.inc()
                log.warning("certificate header refused: %s", bad.header, extra={"remote": remote})
            return written(plain_reply(bad.status))

    async def _routed(self, head: Head, presented: Presented) -> bytes:
        where = route(head)
        if where.startswith("/"):
            return await self._at_work(lambda: self._health(where))
        agent = (head.all("user-agent") or [""])[0]
        return await self._at_work(lambda: self._land(where, presented.certificates, presented.remote, agent))

    async def _at_work(self, call: Callable[[], Reply]) -> bytes:
        """The reply from a worker thread; 503 when it takes too long, 500 when it fails, whose text stays in the log."""
        try:
            async with asyncio.timeout(self._limits.land):
                return await asyncio.get_running_loop().run_in_executor(self._workers, lambda: written(call()))
        except TimeoutError:
            log.error("card landing took too long")  # noqa: TRY400  # the worker's own trace is not here
            return written(plain_reply(503))
        except Exception:
            log.exception("card landing failed")
            return written(plain_reply(500))


def serve_cards(
    listen: str, cert_path: Path, key_path: Path, land: Land, health: Health, *, limits: CardLimits | None = None
) -> CardListener:
    """A listener that browsers reach at `listen` (host:port). Raises SSL.Error for unusable files."""
    context = server_context(cert_path, key_path)

    def read(stream: Stream, head: Head, remote: str) -> Presented:
        direct(head)
        return Presented(stream.certificates(), remote)

    way = _Way(lambda: _tcp(listen), lambda reader, writer: Tls(context, reader, writer), read)
    return CardListener(way, land, health, limits or CardLimits())


def serve_cards_behind_proxy(
    unix_socket_path: Path, land: Land, health: Health, *, limits: CardLimits | None = None
) -> CardListener:
    """A listener on a Unix socket (mode 0660: the proxy's user is in the socket's group)."""
    way = _Way(lambda: _unix(unix_socket_path), Plain, _from_proxy, lambda: unix_socket_path.unlink(missing_ok=True))
    return CardListener(way, land, health, limits or CardLimits())


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
    way = _Way(lambda: _tcp(listen), lambda reader, writer: Tls(context, reader, writer, admits), _from_proxy)
    return CardListener(way, land, health, limits or CardLimits())


def _from_proxy(stream: Stream, head: Head, remote: str) -> Presented:  # noqa: ARG001  # the peer is the proxy
    return forwarded(head) if head.path.startswith("/card/") else Presented((), "")


def _tcp(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=256)


def _unix(path: Path) -> socket.socket:
    """Bound with its mode set before anybody can connect: until it listens, nobody can. A stale socket gives way."""
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        path.unlink()
    bound = socket.socket(socket.AF_UNIX)
    try:
        bound.bind(str(path))
        path.chmod(SOCKET_MODE)
    except OSError:
        bound.close()
        raise
    return bound
