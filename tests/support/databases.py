"""Stores for tests: a migrated SQLite file or PostgreSQL database of its own for each test, copied from a template.

PostgreSQL runs as a private server on a Unix socket, started once in a test process and stopped with it; as root it is
started as the user postgres, since the server refuses root.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest

from broker.settings import Settings
from broker.storage.opening import create_storage, open_storage
from broker.storage.storage import Storage

NOW = 1_800_000_000
_BINARIES = Path("/usr/lib/postgresql/15/bin")
_numbers = count()


@dataclass
class Clock:
    """The time as a test says it."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now


def settings_at(folder: Path, database_url: str = "", **more: object) -> Settings:
    """Settings of a broker that keeps its things in a folder."""
    return Settings(base_url="https://localhost:8440", data_dir=folder, database_url=database_url, **more)


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tillit-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    create_storage(settings_at(folder), NOW)
    return folder


def sqlite_settings(folder: Path, **more: object) -> Settings:
    """Settings of a migrated SQLite store with data keys, in a folder that need not exist."""
    shutil.copytree(_sqlite_template(), folder, dirs_exist_ok=True)
    return settings_at(folder, **more)


class PostgresServer:
    """A private server. `fsync` is off: tests of durability kill processes, not the machine. A benchmark wants it on."""

    def __init__(self, *, fsync: bool = False) -> None:
        self._fsync = "on" if fsync else "off"
        self.folder = Path(tempfile.mkdtemp(prefix="tillit-pg-"))
        self._as = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=TERM"]
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self._server: subprocess.Popen[bytes] | None = None
        self.start()
        self._make_template()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [
            "-c",
            f"fsync={self._fsync}",
            "-c",
            "listen_addresses=",
            "-c",
            "max_connections=200",
            "-k",
            str(self.folder),
        ]
        log = (self.folder / "log").open("ab")
        self._server = subprocess.Popen(
            [*self._as, str(_BINARIES / "postgres"), "-D", str(self.folder / "data"), *options],
            stdout=log,
            stderr=log,
            cwd=self.folder,
        )
        log.close()
        for _ in range(600):
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError((self.folder / "log").read_text())

    @property
    def pid(self) -> int:
        """The process under which all of it runs."""
        if self._server is None:
            raise RuntimeError("stopped")
        return self._server.pid

    def stop(self, *, mode: str = "immediate") -> None:
        """Stop the server; `immediate` is a crash, the next start recovers."""
        if self._server is not None:
            self._run("pg_ctl", "stop", "-D", str(self.folder / "data"), "-m", mode)
            self._server.wait(30)
            self._server = None

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as, str(_BINARIES / program), *arguments],
            check=True,
            capture_output=True,
            cwd=self.folder,
            timeout=120,
        )

    def url(self, database: str) -> str:
        """Address of a database over the socket."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def sql(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the superuser."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def _make_template(self) -> None:
        self.sql("CREATE DATABASE tillit_template")
        (self.folder / "keys").mkdir()
        create_storage(settings_at(self.folder / "keys", self.url("tillit_template")), NOW)

    def settings(self, folder: Path, **more: object) -> Settings:
        """Settings of a database of one's own, copied from the template."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE tillit_template")
        shutil.copytree(self.folder / "keys", folder, dirs_exist_ok=True)
        return settings_at(folder, self.url(name), **more)

    def drop(self, settings: Settings) -> None:
        """Remove a test's database."""
        name = settings.database_url.partition("?")[0].rpartition("/")[2]
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The private PostgreSQL server of this test process."""
    if not (_BINARIES / "postgres").exists():
        pytest.skip("no PostgreSQL 15 on this machine")
    server = PostgresServer()
    yield server
    server.stop()
    shutil.rmtree(server.folder)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of an empty, migrated store, on each database in turn."""
    if request.param == "sqlite":
        yield sqlite_settings(tmp_path / "broker")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    settings = server.settings(tmp_path / "broker")
    yield settings
    server.drop(settings)


@pytest.fixture
def clock() -> Clock:
    """A clock that stands until the test moves it."""
    return Clock()


@pytest.fixture
def storage(store_settings: Settings, clock: Clock) -> Iterator[Storage]:
    """An empty store, on each database in turn."""
    opened = open_storage(store_settings, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_storage(tmp_path: Path, clock: Clock) -> Iterator[Storage]:
    """An empty store on SQLite, for tests that need one but are not about it."""
    opened = open_storage(sqlite_settings(tmp_path / "broker"), clock=clock)
    yield opened
    opened.close()
