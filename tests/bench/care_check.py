"""Calls of care's JSON API per CPU-second: `.venv/bin/python -m tests.bench.care_check [SECONDS]`, from the repository's root.

`tillit serve`, one worker on SQLite, over http on loopback; four kept connections ask without a pause, each as a record system
with a token of its own. CPU is that of the server's process, from /proc. The patient has five blocks and as many relations. The
floor is the same server's answer to a GET that looks at nothing. Each answer is looked at; nothing is asserted about time.
"""

import base64
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import yaml

from tests.bench.mdq import TILLIT, cpu
from tests.support import care_values as a
from tests.support.care_world import ACTOR, ENTERED, PATIENT, document, new_block, row
from tests.support.nginx import free_port
from tests.support.world import SECRET

AT_ONCE = 4
Call = tuple[str, str, Any]


class Asker:
    """One kept connection with a token."""

    def __init__(self, base: str) -> None:
        self._at = urlsplit(base)
        self._connection = http.client.HTTPConnection(self._at.hostname or "", self._at.port, timeout=60)
        form = urlencode({"grant_type": "client_credentials", "scope": "care:read care:write"}).encode()
        basic = base64.b64encode(f"journal:{SECRET}".encode()).decode()
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {basic}"}
        token = json.loads(self._asked("POST", "/oidc/token", form, kind))["access_token"]
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    def _asked(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        octets = answer.read()
        if answer.status != 200:
            raise RuntimeError(octets[:500])
        return octets

    def ask(self, call: Call) -> bytes:
        method, path, body = call
        return self._asked(method, path, None if body is None else json.dumps(body).encode(), self._headers)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """Init, apply, serve; the base address and the process."""
    base = f"http://127.0.0.1:{free_port()}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("TILLIT_", "PYTHONDONT"))},
        "TILLIT_BASE_URL": base,
        "TILLIT_ENV": "test",
        "TILLIT_DATA_DIR": str(folder / "data"),
    }
    file = folder / "federation.yaml"
    file.write_text(yaml.safe_dump(document(), allow_unicode=True))
    for arguments in (("init",), ("apply", str(file))):
        subprocess.run([str(TILLIT), *arguments], env=environment, check=True, capture_output=True)
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([str(TILLIT), "serve"], env=environment, stderr=log) as server,
    ):
        try:
            _wait(base)
            yield base, server.pid
        finally:
            server.terminate()


def _wait(base: str) -> None:
    at = urlsplit(base)
    for _ in range(600):
        try:
            http.client.HTTPConnection(at.hostname or "", at.port, timeout=2).request("GET", "/healthz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("does not answer")


def filled(asker: Asker) -> None:
    """Five blocks that stand, five relations."""
    for _ in range(5):
        asker.ask(("POST", "/api/v1/care/blocks", new_block()))
        relation = {"id": a.new_id(), "patient": PATIENT, "provider": a.PROVIDER, "unit": a.OTHER_UNIT}
        asker.ask(("POST", "/api/v1/care/relations", {**relation, "entered": ENTERED}))


def calls() -> dict[str, Call]:
    """What is asked, by its name in the table."""
    rows = [row(str(number), a.UNIT if number % 2 else a.OTHER_UNIT) for number in range(50)]
    asked = {"patient": PATIENT, "actor": ACTOR}
    return {
        "nothing (floor)": ("GET", "/healthz", None),
        "CheckBlocks, 1 row": ("POST", "/api/v1/care/blocks/check", {**asked, "rows": rows[:1]}),
        "CheckBlocks, 50 rows": ("POST", "/api/v1/care/blocks/check", {**asked, "rows": rows}),
        "CheckConsent": ("POST", "/api/v1/care/consents/check", asked),
        "a decision on 50 resources, recorded": (
            "POST",
            "/api/v1/care/decisions",
            {"questions": [{**asked, "resources": rows}]},
        ),
    }


def measure(base: str, pid: int, call: Call, seconds: float) -> dict[str, float]:
    """Ask for a while, and see what it cost."""
    askers = [Asker(base) for _ in range(AT_ONCE)]
    for budget in (seconds / 4, seconds):
        before, ends = cpu(pid), time.perf_counter() + budget
        with ThreadPoolExecutor(AT_ONCE) as pool:
            done = sum(pool.map(partial(_asking, call, ends), askers))
        spent = cpu(pid) - before
    return {"calls": done, "cpu_s": round(spent, 2), "per_cpu_second": round(done / spent)}


def _asking(call: Call, ends: float, asker: Asker) -> int:
    done = 0
    while time.perf_counter() < ends:
        asker.ask(call)
        done += 1
    return done


def main(seconds: float) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (base, pid):
        filled(Asker(base))
        asked = json.loads(Asker(base).ask(calls()["CheckBlocks, 50 rows"]))["rows"]
        assert {each["status"] for each in asked} == {"OK", "BLOCKED"}
        return {name: measure(base, pid, call, seconds) for name, call in calls().items()}


if __name__ == "__main__":
    print(json.dumps(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0), indent=2))  # noqa: T201  # the figures
