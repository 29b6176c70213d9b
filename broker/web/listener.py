"""A listener of its own beside the main server: one socket, TLS or a Unix socket, connections as coroutines on one thread.

Owns accepting, limits by connection and by address, worker threads, and stopping. What is said on a connection is the
subclass's: people with cards (`card`), record systems with contracts (`rivta_listener`).
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
from typing import Final, TypeVar

from OpenSSL import SSL

from broker.web.card_tls import Stream

log = logging.getLogger(__name__)

LINGER_SECONDS: Final = 1.0
SOCKET_MODE: Final = 0o660

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one listener spends. `handshake` is long where a person chooses a certificate and types a code in it."""

    connections: int = 512
    connections_each: int = 64  # from one address; a hospital may have one for all
    workers: int = 16
    hello: float = 10.0
    handshake: float = 120.0
    head: float = 10.0
    land: float = 30.0
    write: float = 10.0


@dataclass(frozen=True, slots=True)
class Way:
    """One way to be reached: the socket, what is done to a connection, and how the socket is let go of."""

    bind: Callable[[], socket.socket]
    open: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Stream]
    unbind: Callable[[], None] = lambda: None


class Listener:
    """A listener in a thread of its own; `start` returns when it listens. `name` stands in the log."""

    name = "listener"

    def __init__(self, way: Way, limits: Limits) -> None:
        self._way, self._limits = way, limits
        self._workers = ThreadPoolExecutor(limits.workers, self.name)
        self._thread = threading.Thread(target=self._run, name=f"{self.name}-listener", daemon=True)
        self._socket: socket.socket | None = None
        self._listening: Future[asyncio.AbstractEventLoop] = Future()
        self._stopping = asyncio.Event()
        self._open: Tally[str] = Tally()
        self._tasks: set[asyncio.Task[None]] = set()

    async def converse(self, stream: Stream, remote: str) -> None:
        """What is said on a connection after the handshake."""
        raise NotImplementedError

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
            log.warning("%s connection refused: too many", self.name, extra={"remote": remote})
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
            log.error("%s connection failed", self.name, exc_info=error)

    async def _connection(self, stream: Stream, remote: str) -> None:
        try:
            await stream.handshake(self._limits.hello, self._limits.handshake)
            await self.converse(stream, remote)
        except (SSL.Error, ConnectionError, TimeoutError) as error:
            log.info("%s connection ended early: %s", self.name, type(error).__name__, extra={"remote": remote})

    async def finish(self, stream: Stream, octets: bytes) -> None:
        """The last answer on a connection, and its orderly end."""
        async with asyncio.timeout(self._limits.write):
            await stream.write(octets)
            await stream.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await stream.drained()

    async def at_work(self, call: Callable[[], _Answer], failed: Callable[[int], _Answer]) -> _Answer:
        """The answer from a worker thread; `failed(503)` when it takes too long, `failed(500)` when it fails, whose text
        stays in the log.
        """
        try:
            async with asyncio.timeout(self._limits.land):
                return await asyncio.get_running_loop().run_in_executor(self._workers, call)
        except TimeoutError:
            log.error("%s call took too long", self.name)  # noqa: TRY400  # the worker's own trace is not here
            return failed(503)
        except Exception:
            log.exception("%s call failed", self.name)
            return failed(500)


def tcp(listen: str) -> socket.socket:
    """A socket bound to host:port."""
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=256)


def unix(path: Path) -> socket.socket:
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
