"""An introspection endpoint that a test scripts: it answers well, badly, slowly, or not at all, over kept connections."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Script = Callable[[socket.socket], bool]
"""Writes an answer; False closes the connection after it."""


@dataclass
class LyingBroker:
    """What it says, and what it was asked."""

    listener: socket.socket
    script: Script
    tls: ssl.SSLContext | None = None
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    open: list[socket.socket] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                self.open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with (
            suppress(OSError),
            self.tls.wrap_socket(plain, server_side=True) if self.tls else plain as connection,
        ):
            while request := _request(connection):
                self.requests.append(request)
                if not self.script(connection):
                    return

    def close(self) -> None:
        """Stop listening, and drop who is connected."""
        for each in (self.listener, *self.open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        if not (more := connection.recv(65536)):
            return b""
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(body: bytes, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    """An HTTP answer."""
    said = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {said}\r\n{headers}\r\n".encode() + body


def saying(octets: bytes, *, stay: bool = True) -> Script:
    """Always these octets."""

    def script(connection: socket.socket) -> bool:
        connection.sendall(octets)
        return stay

    return script


def telling(told: Any) -> Script:
    """Always this, as JSON."""
    return saying(answer(json.dumps(told).encode()))


@contextmanager
def lying_broker(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[LyingBroker]:
    """One that runs."""
    listener = socket.create_server(("127.0.0.1", 0))
    broker = LyingBroker(listener, script, tls)
    thread = threading.Thread(target=broker.run, daemon=True)
    thread.start()
    try:
        yield broker
    finally:
        broker.close()
        thread.join(5)
