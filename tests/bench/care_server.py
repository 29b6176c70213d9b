"""A real broker for measurements of care: `tillit serve` with one worker, its JSON API over http on loopback and its contracts
over mutual TLS, on SQLite or on a private PostgreSQL, both durable (an fsync at each commit).
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from broker.settings import Settings
from tests.bench.processes import cpu, peak_memory
from tests.support import care_values as a
from tests.support import pki
from tests.support.care_world import document
from tests.support.databases import PostgresServer
from tests.support.server import Server, free_port
from tests.support.world import MEMBER

JOURNAL: Final = "SE2321000016-JOURNAL"
DOMAINS: Final = ("blocking", "consent", "patientrelationship", "log")
KINDS: Final = ("sqlite", "postgresql")

Prepare = Callable[[Settings], None]
"""What is done with the store before anybody serves it."""


@dataclass(frozen=True)
class Served:
    """A broker that answers, and where its costs are read."""

    base: str
    contracts: str
    folder: Path
    server: int
    database: int | None

    def spent(self) -> tuple[float, float]:
        """CPU seconds of the server and of its database's processes so far. SQLite's are the server's."""
        return cpu(self.server), cpu(self.database) if self.database else 0.0

    def peak(self) -> int:
        """The worker's largest resident size so far, in MiB."""
        return peak_memory(self.server)


@contextmanager
def postgres(kind: str) -> Iterator[PostgresServer | None]:
    """A private server that keeps what it says, with an empty database; None for SQLite."""
    if kind == "sqlite":
        yield None
        return
    server = PostgresServer(fsync=True)
    server.sql("CREATE DATABASE bench")
    try:
        yield server
    finally:
        server.stop(mode="fast")
        shutil.rmtree(server.folder)


def url_of(database: PostgresServer | None) -> str:
    """Of the empty database."""
    return database.url("bench") if database else ""


@contextmanager
def served(kind: str, prepare: Prepare = lambda _: None) -> Iterator[Served]:
    """A broker on that kind of database."""
    with tempfile.TemporaryDirectory(prefix="tillit-bench-") as name, postgres(kind) as database:
        folder, contracts = Path(name), f"https://localhost:{free_port()}"
        server = Server(folder, _document(), database_url=url_of(database))
        prepare(server.settings)
        server.start(TILLIT_RIVTA_URL=contracts, **_certificates(folder))
        try:
            yield Served(server.base, contracts, folder, server.pid, database.pid if database else None)
        finally:
            server.stop()


def _document() -> dict[str, Any]:
    """The file of the tests, and a system that calls every contract."""
    whole = document()
    consumer = {"hsa_id": JOURNAL, "member": MEMBER, "contracts": list(DOMAINS), "providers": [a.PROVIDER]}
    whole["care_consumers"].append(consumer)
    return whole


def _certificates(folder: Path) -> dict[str, str]:
    """The listener's and the system's, and the settings that name them."""
    root = pki.Authority.root("Bench Function Root")
    server, journal = root.server("localhost"), root.leaf("journal.example", serial_number=JOURNAL)
    files = {"ca.pem": root.pem, "server.pem": server.pem, "server.key": server.key_pem}
    for name, octets in {**files, "journal.pem": journal.pem + journal.key_pem}.items():
        (folder / name).write_bytes(octets)
    names = ("TILLIT_RIVTA_CA", "TILLIT_TLS_CERT", "TILLIT_TLS_KEY")
    return dict(zip(names, (str(folder / name) for name in files), strict=True))
