"""A real `tillit serve` in a process of its own, over http on loopback, and `tillit apply` as a person would run it."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3
import yaml

from tests.support.nginx import free_port
from tests.support.visitor import Visitor
from tests.support.world import MEMBER, PERSONS

TILLIT = Path(sys.executable).with_name("tillit")
ATTEMPTS = 600
"""Looks at the broker, a tenth of a second apart, before it must answer."""


@dataclass
class BrokerProcess:
    """A running broker; services are added to its federation file one at a time, and the file applied."""

    base: str
    folder: Path
    environment: Mapping[str, str]
    services: list[dict[str, Any]] = field(default_factory=list)

    def command(self, *arguments: str) -> str:
        """What a command says; it must succeed."""
        done = subprocess.run(
            [str(TILLIT), *arguments], env=dict(self.environment), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"tillit {arguments[0]}: {done.stdout}{done.stderr}"
        return done.stdout

    def add(self, service: dict[str, Any], page: str) -> None:
        """One entry in the file, and one command; then `page` of the service leads to a login, as soon as the running
        broker has taken the new version up.
        """
        self.services.append({"member": MEMBER, **service})
        file = self.folder / "federation.yaml"
        federation = {
            "tillit": "1",
            "members": [{"org": MEMBER, "name": {"sv": "Region Exempel", "en": "Example Region"}}],
            "services": self.services,
            "persons": PERSONS,
        }
        file.write_text(yaml.safe_dump(federation, allow_unicode=True))
        self.command("apply", str(file))
        for _ in range(ATTEMPTS):
            led_to = Visitor().get(page)
            if led_to.page and not led_to.cause:
                return
            time.sleep(0.1)
        raise RuntimeError(f"{page} leads to {led_to.status} {led_to.cause} {led_to.text[:2000]}")


@contextmanager
def running() -> Iterator[BrokerProcess]:
    """Init, an empty federation, serve; SIGTERM at the end, and it must leave in order."""
    folder = Path(tempfile.mkdtemp(prefix="tillit-serve-"))
    base = f"http://127.0.0.1:{free_port()}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TILLIT_")},
        "TILLIT_BASE_URL": base,
        "TILLIT_ENV": "test",
        "TILLIT_DATA_DIR": str(folder / "data"),
    }
    broker = BrokerProcess(base, folder, environment)
    broker.command("init")
    log = (folder / "log").open("wb")
    process = subprocess.Popen([str(TILLIT), "serve"], env=environment, stdout=log, stderr=log)
    try:
        _wait_until_alive(base, process, folder / "log")
        yield broker
        process.terminate()
        assert process.wait(60) == 0
    finally:
        sys.stderr.write((folder / "log").read_text())  # shown when a test fails
        process.kill()
        process.wait(10)
        log.close()
        shutil.rmtree(folder)


def _wait_until_alive(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(ATTEMPTS):
        if process.poll() is not None:
            break
        try:
            if urllib3.request("GET", f"{base}/healthz", retries=False, timeout=2).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
    raise RuntimeError(log.read_text())
