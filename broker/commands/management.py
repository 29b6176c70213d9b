"""The management listener: /metrics, /healthz, /readyz, on an address of its own that only the operator reaches.

A plain server of the standard library: few requests, from programs that are trusted to be slow.
"""

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import REGISTRY, generate_latest

from broker.app import Application
from broker.commands.listening import place
from broker.settings import Settings

StartResponse = Callable[..., Any]
HEALTH: Final = frozenset({"/healthz", "/readyz"})


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Without the reverse look-up of our own name that http.server makes."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Quiet(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: probes come every few seconds."""


def management(made: Application, settings: Settings) -> Callable[[], object] | None:
    """Start the listener; what stops it, or None when it is off. Raises NotReady and OSError."""
    if not settings.management_listen:
        return None
    where = place(settings.management_listen, "", "TILLIT_MANAGEMENT_LISTEN")
    server = _Server((where.host, where.port), _Quiet)
    server.set_app(_answering(made))
    threading.Thread(target=server.serve_forever, name="management", daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return stop


def _answering(made: Application) -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path in HEALTH:
            return made.front(environ, start_response)
        if path != "/metrics" or environ["REQUEST_METHOD"] != "GET":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"not found\n"]
        start_response("200 OK", [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")])
        return [made.on.metrics.exposition(), generate_latest(REGISTRY)]

    return answer
