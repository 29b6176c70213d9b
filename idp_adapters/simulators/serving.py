"""A small HTTPS server for the simulators: plain WSGI, a bounded number of threads, client certificates when offered.

Owns TLS and the sockets. The names of the accepted client CAs are told in the handshake, so that a browser that holds
other certificates (cards) asks its user nothing; the standard library's `ssl` cannot say them, pyOpenSSL can. The
verified client certificate (DER, or empty) reaches the application as `tillit.client_certificate` of the WSGI environ.
"""

import io
import socket
import socketserver
import struct
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import WSGIApplication

from cryptography import x509
from OpenSSL import SSL

CLIENT_CERTIFICATE: Final = "tillit.client_certificate"
THREADS: Final = 32
SILENCE: Final = 10  # seconds a peer may be silent


class Running:
    """A server that answers until it is stopped."""

    def __init__(self, server: "_Server", host: str) -> None:
        self._server, self.port = server, int(server.server_address[1])
        self.url = f"https://{host}:{self.port}"
        self._thread = threading.Thread(target=server.serve_forever, args=(0.1,), name=self.url, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until the last answer is given."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def serve(
    app: WSGIApplication, host: str, port: int, *, cert: Path, key: Path, client_ca: Path | None = None
) -> Running:
    """Answer with `app` at host and port (0: any). With `client_ca` a client may show a certificate of that CA; one that
    does not verify ends the handshake.
    """
    return Running(_Server(app, host, port, _context(cert, key, client_ca)), host)


def _context(cert: Path, key: Path, client_ca: Path | None) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.use_certificate_chain_file(str(cert))
    context.use_privatekey_file(str(key))
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_options(SSL.OP_NO_TICKET)
    if client_ca is not None:
        context.load_verify_locations(str(client_ca))
        context.set_verify(SSL.VERIFY_PEER)
        for authority in x509.load_pem_x509_certificates(client_ca.read_bytes()):
            context.add_client_ca(authority)
    return context


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = False
    block_on_close = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, app: WSGIApplication, host: str, port: int, context: SSL.Context) -> None:
        self.context = context
        self.free = threading.BoundedSemaphore(THREADS)
        super().__init__((host, port), _Handler)
        self.set_app(app)

    def server_bind(self) -> None:
        """Bind without asking any resolver for our name, as http.server would."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread when one is free within a second; else the connection is closed."""
        if not self.free.acquire(timeout=1):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.free.release()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread: a slow peer holds up nobody else."""
        silence = struct.pack("ll", SILENCE, 0)
        for direction in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            request.setsockopt(socket.SOL_SOCKET, direction, silence)
        connection = SSL.Connection(self.context, request)
        connection.set_accept_state()
        with suppress(
            SSL.Error, OSError
        ):  # the peer went away, was silent, or showed a certificate that does not count
            connection.do_handshake()
            _Handler(_TlsSocket(connection), client_address, self)  # type: ignore[arg-type]  # all of a socket it uses
            connection.shutdown()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """What escapes a handler is a connection that broke (the application answers its own errors)."""


class _TlsSocket:
    """As much of a socket as a request handler uses."""

    def __init__(self, connection: SSL.Connection) -> None:
        self.connection = connection
        self.sendall = connection.sendall

    def makefile(self, mode: str, buffering: int = -1) -> io.BufferedReader:  # noqa: ARG002
        return io.BufferedReader(_Received(self.connection))

    def client_certificate(self) -> bytes:
        from cryptography.hazmat.primitives.serialization import Encoding

        certificate = self.connection.get_peer_certificate(as_cryptography=True)
        return b"" if certificate is None else certificate.public_bytes(Encoding.DER)


class _Received(io.RawIOBase):
    def __init__(self, connection: SSL.Connection) -> None:
        self.connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            return self.connection.recv_into(buffer)
        except SSL.ZeroReturnError:
            return 0


class _Handler(WSGIRequestHandler):
    connection: Any  # a _TlsSocket

    def get_environ(self) -> dict[str, Any]:
        environ = super().get_environ()
        return {**environ, "HTTPS": "on", CLIENT_CERTIFICATE: self.connection.client_certificate()}

    def log_message(self, format: str, *args: Any) -> None:
        """A simulator writes no log."""
