"""Servers with two care providers that tests kill, on each database."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.care_world import document
from tests.support.databases import PostgresServer
from tests.support.server import Server


@pytest.fixture
def sqlite_server(tmp_path: Path) -> Iterator[Server]:
    """A server with two care providers, on SQLite."""
    made = Server(tmp_path, document())
    yield made
    made.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """The same on each database in turn."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_server")
        return
    postgres: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"killed_{os.getpid()}_{random.randrange(10**9)}"
    postgres.sql(f"CREATE DATABASE {name}")
    made = Server(tmp_path, document(), database_url=postgres.url(name))
    yield made
    made.close()
    postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")
