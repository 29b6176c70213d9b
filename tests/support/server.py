"""A real server: `tillit serve` as a child process on a free port of loopback, that tests start, drain and kill.

Its processes are a group of their own, so that a kill takes all of them at once, as a power cut would.
"""

import base64
import hashlib
import http.client
import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import urlencode, urlsplit

from broker.settings import Settings
from broker.storage.opening import create_storage, open_storage
from broker.storage.storage import Storage
from tests.support.world import SECRET, Answer, apply

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
PROGRAM = "from broker.cli import main; main()"


def now() -> int:
    """The time, as a server started for real reads it."""
    return int(time.time())


def free_port() -> int:
    """A port of loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a child process is given them."""
    given = {
        "TILLIT_BASE_URL": settings.base_url,
        "TILLIT_ENV": settings.environment.value,
        "TILLIT_DATA_DIR": str(settings.data_dir),
        "TILLIT_DATABASE_URL": settings.database_url,
        "TILLIT_CHECKPOINT_FILE": str(settings.checkpoint_file or ""),
        "TILLIT_THREADS": str(settings.threads),
        "TILLIT_WORKERS": str(settings.workers),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TILLIT_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, **{name: value for name, value in given.items() if value}}


class Server:
    """One installation and its server. `start` and `kill` as often as a test likes; `close` at the end."""

    def __init__(self, folder: Path, document: Mapping[str, Any], *, database_url: str = "", **more: Any) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self.settings = Settings(
            base_url=self.base,
            TILLIT_ENV="test",
            data_dir=folder / "broker",
            database_url=database_url,
            checkpoint_file=folder / "checkpoints.txt",
            **more,
        )
        create_storage(self.settings, now())
        apply(self.settings, document, now)
        self._process: subprocess.Popen[bytes] | None = None

    clock = staticmethod(now)

    @property
    def pid(self) -> int:
        """The process that watches the workers."""
        assert self._process is not None
        return self._process.pid

    def start(self, **environ: str) -> "Server":
        """Start, and wait until it is ready."""
        with self.log.open("ab") as log:
            self._process = self._spawn(log, environ)
        for _ in range(START_SECONDS * 20):
            if self._process.poll() is not None:
                break
            with suppress(OSError, http.client.HTTPException):
                if self.request("GET", "/readyz").status == 200:
                    return self
            time.sleep(0.05)
        raise RuntimeError(self.log.read_text()[-4000:])

    def _spawn(self, log: IO[bytes], environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "serve"],
            cwd=ROOT,
            env={**environment(self.settings), **environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def workers(self) -> list[int]:
        """The processes that answer requests."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(pid) for pid in children if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def kill(self) -> None:
        """SIGKILL to all of it at once."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)
        self._process = None

    def stop(self) -> int:
        """SIGTERM, and wait; the exit code."""
        assert self._process is not None
        self._process.terminate()
        try:
            return self._process.wait(60)
        finally:
            self._process = None

    def close(self) -> None:
        """End it, if it runs."""
        if self._process is not None:
            self.kill()

    def request(self, method: str, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Answer:
        """One request on a connection of its own."""
        with Line(self.base) as line:
            return line.request(method, path, form, **headers)

    @contextmanager
    def storage(self) -> Iterator[Storage]:
        """What is in its database."""
        opened = open_storage(self.settings)
        try:
            yield opened
        finally:
            opened.close()


class Line:
    """A kept connection, as a client has it. An answer that is cut raises; only whole ones are returned."""

    def __init__(self, base: str, timeout: float = 30, context: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(base)
        host, port = parts.hostname or "", parts.port or 0
        self._connection = (
            http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=timeout)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def request(self, method: str, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Answer:
        """One exchange. Raises OSError or HTTPException when no whole answer comes."""
        body = None if form is None else urlencode(form)
        sent = dict(headers)
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        return Answer(answer.status, answer.getheaders(), answer.read())


def basic(client_id: str, secret: str = SECRET) -> str:
    """The Authorization header of client_secret_basic."""
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def pkce() -> tuple[str, str]:
    """A code verifier and its challenge."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
