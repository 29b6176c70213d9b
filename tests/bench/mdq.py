"""Answers about single entities per CPU-second, ours and pyFF's, in one run, from the repository's root:
`.venv/bin/python -m tests.bench.mdq [ENTITIES] [REQUESTS]`.

Both serve the same entities over http on loopback, one worker each, and are asked the same questions over eight kept connections
after every entity was asked for once; pyFF with its caches, and without. CPU is that of the server's processes, from /proc. Every
answer of the first round is looked at: it is signed, and about the entity. Nothing is asserted about time.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.bench.processes import cpu
from tests.bench.publication import fill, settings_of  # noqa: F401  # for the process that fills the register
from tests.support import pki, pyff
from tests.support.nginx import free_port

AT_ONCE = 8
PYFFD = pyff.PYFF.with_name("pyffd")
TILLIT = Path(sys.executable).with_name("tillit")
PIPELINE = """
- when update:
    - load:
        - {source}
    - break
- when request:
    - select
    - pipe:
        - when accept application/samlmetadata+xml application/xml:
            - first
            - finalize:
                cacheDuration: PT1H
                validUntil: P7D
            - sign:
                key: {folder}/key.pem
                cert: {folder}/cert.pem
            - emit application/samlmetadata+xml
            - break
"""

PEERS = {"pyFF": {}, "pyFF without its cache of answers": {"PYFF_CACHING_ENABLED": "False"}}


def entity_id(number: int) -> str:
    return f"https://sp{number}.example/shibboleth"


class Asker:
    """One kept connection."""

    def __init__(self, base: str) -> None:
        self.parts = urlsplit(base)
        self._connection = http.client.HTTPConnection(self.parts.hostname, self.parts.port, timeout=60)

    def ask(self, number: int, **headers: str) -> tuple[int, bytes]:
        return self.get("/entities/" + quote(entity_id(number), safe=""), **headers)

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        self._connection.request("GET", path, headers={"Accept": "application/samlmetadata+xml", **headers})
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def measure(base: str, pid: int, entities: int, requests: int, **headers: str) -> dict[str, Any]:
    """Ask for every entity once, then ask on, and see what it cost."""
    asker = Asker(base)
    for number in range(entities):
        status, body = asker.ask(number)
        assert status == 200, (status, body[:500])
        assert b"SignatureValue" in body
        assert f'"{entity_id(number)}"'.encode() in body, body
    before, began = cpu(pid), time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        each = requests // AT_ONCE
        list(pool.map(lambda place: _asked_on(base, place, each, entities, headers), range(AT_ONCE)))
    spent = cpu(pid) - before
    return {
        "requests": requests,
        "cpu_s": round(spent, 2),
        "wall_s": round(time.perf_counter() - began, 2),
        "per_cpu_second": round(requests / spent),
        "bytes": len(body),
    }


def _asked_on(base: str, place: int, requests: int, entities: int, headers: dict[str, str]) -> None:
    asker = Asker(base)
    for turn in range(requests):
        status, _ = asker.ask((place + turn) % entities, **headers)
        assert status == 200


@contextmanager
def _running(command: list[str], base: str, ready: str, folder: Path, env: dict[str, str]) -> Iterator[int]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(base, ready, process, folder / "log")
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _wait(base: str, path: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            if b'"store": {"size": 0}' not in Asker(base).get(path)[1]:
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.1)
    raise RuntimeError(log.read_text()[-3000:])


@contextmanager
def tillit(folder: Path, entities: int) -> Iterator[tuple[str, int]]:
    """`tillit serve` over a register of that many entities."""
    base = f"http://127.0.0.1:{free_port()}"
    filling = f"from tests.bench.mdq import *; fill(settings_of({str(folder / 'data')!r}, {base!r}), {entities})"
    (folder / "data").mkdir()
    subprocess.run([sys.executable, "-c", filling], check=True)
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE" and not k.startswith("TILLIT_")}
    env |= {"TILLIT_ENV": "test", "TILLIT_BASE_URL": base, "TILLIT_DATA_DIR": str(folder / "data")}
    with _running([str(TILLIT), "serve"], base, "/healthz", folder, env) as pid:
        yield base, pid


@contextmanager
def pyffd(folder: Path, source: bytes, settings: dict[str, str]) -> Iterator[tuple[str, int]]:
    """pyFF's server over the same entities, which it signs with a key of the same kind. It keeps what it answered before
    it had read them, so nothing is asked for until it says how many it has.
    """
    own = pki.Authority.root("pyff", key=pki.rsa_key(2048))
    (folder / "key.pem").write_bytes(own.key_pem)
    (folder / "cert.pem").write_bytes(own.pem)
    (folder / "source.xml").write_bytes(source)
    (folder / "pipeline.fd").write_text(PIPELINE.format(folder=folder, source=folder / "source.xml"))
    port = free_port()
    command = [
        str(PYFFD),
        "-f",
        "--port",
        str(port),
        "--host",
        "127.0.0.1",
        "-p",
        str(folder / "pid"),
        "--loglevel",
        "ERROR",
    ]
    command += ["--frequency", "3600", "--local_copy_dir", str(folder), str(folder / "pipeline.fd")]
    base = f"http://127.0.0.1:{port}"
    with _running(command, base, "/api/status", folder, {**os.environ, **settings}) as pid:
        yield base, pid


def main(entities: int, requests: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"entities": entities}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with tillit(folder, entities) as (base, pid):
            figures["tillit"] = measure(base, pid, entities, requests)
            figures["tillit gzip"] = measure(base, pid, entities, requests, **{"Accept-Encoding": "gzip"})
            connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)
            connection.request("GET", "/metadata/services.xml")
            source = connection.getresponse().read()
        for name, settings in PEERS.items() if not pyff.missing() else ():
            with pyffd(folder, source, settings) as (base, pid):
                figures[name] = measure(base, pid, entities, requests if name == "pyFF" else min(requests, 2000))
            figures[f"times {name}"] = round(figures["tillit"]["per_cpu_second"] / figures[name]["per_cpu_second"], 1)
    return figures


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    json.dump(main(*(given + [500, 10_000][len(given) :])), sys.stdout, indent=1)
