"""Starts the whole demo as child processes, waits until all answer, and stops them again.

Owns the children: the broker is `tillit serve` itself, made by `tillit init` and `tillit apply` as anywhere; the others are
`broker.demo.child`. Everything that they say goes to the demo's log file.
"""

import os
import re
import select
import signal
import socket
import ssl
import subprocess  # the demo is child processes
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from broker.demo import material
from broker.demo.places import Places, check_free

READY_WITHIN: Final = 60.0
STOPPED_WITHIN: Final = 10.0
_STRANGE: Final = re.compile(r"TILLIT_.*|(?i:.*_proxy)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE")
COMMAND: Final = (sys.executable, "-c", "from broker.cli import main; main()")


class NotStarted(Exception):
    """A part of the demo did not come up; the text says which, and what it said last."""


def environment(places: Places) -> dict[str, str]:
    """For the children: ours without other settings of tillit, and without proxies and other roots: all is on this
    machine, and its own CA is the only one that counts.
    """
    kept = {name: value for name, value in os.environ.items() if not _STRANGE.fullmatch(name)}
    return {**kept, "TILLIT_CONFIG": str(places.config), "PYTHONUNBUFFERED": "1"}


def tillit(places: Places, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of tillit on the demo's installation."""
    return subprocess.run(
        [*COMMAND, *arguments], env=environment(places), capture_output=True, text=True, check=False, timeout=120
    )


def _check_names() -> None:
    """Raises NotStarted where `localhost` is nothing, as in a bare chroot."""
    try:
        socket.getaddrinfo("localhost", None)
    except OSError as error:
        raise NotStarted(
            "this machine does not know the name localhost: add `127.0.0.1 localhost` to /etc/hosts"
        ) from error


class Federation:
    """The running demo, as a context. `places` says where everything is."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._log: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        _check_names()
        check_free(self.places)
        material.prepare(self.places)
        self._log = self.places.log.open("wb")
        child = (sys.executable, "-m", "broker.demo.child")
        where = (str(self.places.folder), str(self.places.port))
        self._child("simulators", (*child, "simulators", *where))
        self._child("services", (*child, "services", *where))
        self._prepare_broker()
        self._child("broker", (*COMMAND, "serve"))
        deadline = time.monotonic() + READY_WITHIN
        for name in ("simulators", "services"):
            self._wait_for_word(name, deadline)
        for address in (self.places.broker, self.places.cards):
            self._wait_for_answer(f"{address}/readyz", deadline)

    def _child(self, name: str, command: Sequence[str]) -> None:
        self._children[name] = subprocess.Popen(
            command,
            env=environment(self.places),
            stdin=subprocess.PIPE,
            stdout=self._log if name == "broker" else subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )

    def _prepare_broker(self) -> None:
        for command in (("init",), ("apply", str(self.places.federation))):
            done = tillit(self.places, *command)
            if done.returncode:
                raise NotStarted(f"tillit {command[0]}: {done.stderr.strip() or done.stdout.strip()}")

    def _wait_for_word(self, name: str, deadline: float) -> None:
        out = self._children[name].stdout
        if out is None:
            raise TypeError("a child without output says nothing")
        readable, _, _ = select.select([out], [], [], max(0.0, deadline - time.monotonic()))
        if not readable or out.readline() != b"ready\n":
            raise NotStarted(self._why(name))

    def _wait_for_answer(self, url: str, deadline: float) -> None:
        trusting = ssl.create_default_context(cafile=str(self.places.ca))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting)
        )
        while time.monotonic() < deadline and self._children["broker"].poll() is None:
            try:
                with opener.open(url, timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise NotStarted(self._why("broker"))

    def _why(self, name: str) -> str:
        code = self._children[name].poll()
        state = "does not answer" if code is None else f"stopped with {code}"
        return f"{name} {state}. Its last words, from {self.places.log}:\n{last_lines(self.places.log)}"

    def wait(self) -> str:
        """Until a child stops; returns its name."""
        while True:
            for name, child in self._children.items():
                if child.poll() is not None:
                    return name
            time.sleep(0.5)

    def stop(self) -> None:
        """Ask every child to stop, wait, and end those that do not."""
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOPPED_WITHIN
        for child in self._children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _end(child)
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()
        self._children.clear()
        if self._log is not None:
            self._log.close()
            self._log = None


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End a child with whatever it started: it leads a session of its own."""
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def last_lines(path: Path, most: int = 15) -> str:
    """The end of a text file."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-most:]) if path.exists() else ""
