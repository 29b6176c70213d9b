"""An egress client that reaches nobody, and small real servers on loopback that misbehave on request."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Self

from metadata.wire.egress import EgressFailed, Outbound, Response
from tests.support.pki import Issued

Answer = Response | Exception | Callable[[Outbound], Response]


@dataclass
class FakeEgress:
    """`fetch` from a table of (method, URL without query) to an answer, an error to raise, or a function.

    A list of answers is given one after the other, the last of them for ever. What was asked stays in `calls`.
    """

    answers: dict[tuple[str, str], Answer | list[Answer]] = field(default_factory=dict)
    calls: list[Outbound] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was opened."""

    def fetch(self, outbound: Outbound) -> Response:
        self.calls.append(outbound)
        answer = self.answers.get((outbound.method, outbound.url.partition("?")[0]))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if answer is None:
            raise EgressFailed("nobody there", outbound.url.partition("?")[0])
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else answer(outbound)


Talk = Callable[[socket.socket, bytes], object]
"""What a server does with one request: (connection, the bytes of the request's head and body as far as received)."""


@dataclass
class Server:
    """A loopback server; each request's bytes are in `requests`, each accepted connection counted."""

    port: int
    scheme: str
    host: str = "127.0.0.1"
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    peers: list[dict | None] = field(default_factory=list)

    def url(self, path: str = "/") -> str:
        return f"{self.scheme}://{self.host}:{self.port}{path}"


def reply(body: bytes = b"ok", status: str = "200 OK", *headers: str) -> Talk:
    """A plain answer that keeps the connection open."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""])
    return lambda sock, _request: sock.sendall(head.encode() + body)


@contextmanager
def serving(talk: Talk, identity: Issued | None = None, client_ca: bytes | None = None) -> Iterator[Server]:
    """A server in a thread; over TLS with `identity`, asking for a client certificate when `client_ca` is given."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener.getsockname()[1], "https" if identity else "http")
    context = _context(identity, client_ca) if identity else None
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            thread = threading.Thread(target=_converse, args=(server, connection, context, talk, stop), daemon=True)
            threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (accepting, *threads):
            thread.join(5)


def _context(identity: Issued, client_ca: bytes | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        path = f"{folder}/identity.pem"
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(identity.pem + identity.key_pem)
        context.load_cert_chain(path)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=client_ca.decode())
    return context


def _converse(
    server: Server, raw: socket.socket, context: ssl.SSLContext | None, talk: Talk, stop: threading.Event
) -> None:
    raw.settimeout(0.2)
    sock = raw
    try:
        if context is not None:
            raw.settimeout(5)
            sock = context.wrap_socket(raw, server_side=True)
            sock.settimeout(0.2)
            server.peers.append(sock.getpeercert())
        while not stop.is_set():
            if request := _request(sock, stop):
                server.requests.append(request)
                talk(sock, request)
            else:
                return
    except OSError:
        return
    finally:
        sock.close()
        raw.close()


def _request(sock: socket.socket, stop: threading.Event) -> bytes:
    received = b""
    while not stop.is_set():
        try:
            chunk = sock.recv(65536)
        except TimeoutError:
            continue
        received += chunk
        head, end, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
        )
        if not chunk or (end and len(body) >= length):
            return received
    return b""
