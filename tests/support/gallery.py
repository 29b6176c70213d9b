"""A tiny WSGI gallery: every sample page at `/<language>/<theme>/<name>`, with the static files, on loopback."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from broker.exchange import Reply
from broker.settings import Environment
from broker.web.pages.progress import status_reply
from broker.web.pages.render import Pages
from broker.web.pages.static import static_files
from tests.support.page_samples import FRIENDLY, Cast, frame, samples
from tests.support.pictures import png

QR_TEXT = (
    "bankid.67df3917-fa0d-44e5-b327-edcc928297f8.{}.dc69358e712458a66a7525beef148ae8526b1c71610eff2c16cdffb4cdac9bf8"
)


class Gallery:
    """Replies to the addresses above. `news` is what the status address says next; `asked` counts its calls."""

    def __init__(self, casts: dict[str, Cast] | None = None) -> None:
        self.pages = Pages(Environment.DEMO, secure=False, contact="hjalp@federation.example")
        self.casts = {"": FRIENDLY, **(casts or {})}
        self.static = static_files()
        self.asked = 0
        self.go: str | None = None
        self.posted: list[str] = []

    def reply(self, method: str, path: str, body: str = "") -> Reply:
        if method == "POST":
            self.posted.append(f"{path} {body}")
        if path in self.static:
            return self.static[path]
        if path.startswith("/logos/"):
            return Reply(200, (("Content-Type", "image/png"),), png(120, 40))
        if path.endswith("/status"):
            self.asked += 1
            return status_reply("eid.scan", "sv", "BankID", qr_text=QR_TEXT.format(self.asked), go=self.go)
        if path.endswith("/mobil/kod"):
            return self.page("sv", "light", "u2-frame")
        match path.strip("/").split("/"):
            case [language, theme, name]:
                return self.page(language, theme, name)
            case [language, theme, name, cast]:
                return self.page(language, theme, name, cast)
        return Reply(200, (("Content-Type", "text/plain"),), b"elsewhere")

    def page(self, language: str, theme: str, name: str, cast: str = "") -> Reply:
        players = self.casts[cast]
        around = replace(frame(players, language, theme), here=f"/{language}/{theme}/{name}")
        return self.pages.render(samples(players)[name], around)


class _Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(gallery: Gallery) -> Iterator[str]:
    """Serve the gallery on a free port of loopback; gives its base address."""
    with make_server("127.0.0.1", 0, _application(gallery), _Threaded, _Silent) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(timeout=5)


def _application(gallery: Gallery) -> Callable[..., Iterable[bytes]]:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length).decode() if length else ""
        reply = gallery.reply(environ["REQUEST_METHOD"], environ["PATH_INFO"], body)
        headers = [*reply.headers, ("Content-Length", str(len(reply.body)))]
        start_response(f"{reply.status} {'OK' if reply.status < 400 else 'No'}", headers)
        return [reply.body]

    return application
