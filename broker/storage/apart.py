"""A store that nobody would miss: for an issuer whose logins are made up. It makes itself, and begins anew when it must.

In the installation's own folder for SQLite, in a schema of its own for PostgreSQL. It is never backed up or migrated: of
another release, or sealed under another key-encryption key, it is thrown away with all its keys and records.
"""

import fcntl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from broker.keys.kek import NoKek
from broker.settings import Settings
from broker.storage.opening import WrongSchema, create_storage, open_database
from broker.storage.persons import Listed
from broker.storage.recording import Recording

_LOCK: Final = 0x74696C6C6974  # of PostgreSQL: one node at a time makes the schema
_FILES: Final = ("tillit.db", "tillit.db-wal", "tillit.db-shm")


def apart(settings: Settings, main: Settings) -> Settings:
    """The settings of an issuer beneath the main one, with the address of its store."""
    url = make_url(main.database)
    if url.get_backend_name() == "sqlite":
        return settings
    found = url.update_query_dict({"options": f"-csearch_path={_schema(settings)}"})
    return settings.at_database(found.render_as_string(hide_password=False))


def _schema(settings: Settings) -> str:
    return f"tillit_{settings.data_dir.name}"


def open_apart(settings: Settings, clock: Callable[[], int], persons: Iterable[Listed] = ()) -> Recording:
    """The store with these persons, made first where it is not there or not usable. Raises NoKek, StorageUnavailable."""
    with _alone(settings):
        try:
            database = open_database(settings)
        except (WrongSchema, NoKek):
            _empty(settings)
            create_storage(settings, clock())
            database = open_database(settings)
        store = Recording(database, clock)
        store.save_directory(persons)
        return store


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """No other worker or node looks or makes at the same time."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.data_dir / "lock").open("wb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not settings.database_url:
            yield
            return
        with _connection(settings) as connection:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            yield


def _empty(settings: Settings) -> None:
    if not settings.database_url:
        for name in _FILES:
            (Path(settings.data_dir) / name).unlink(missing_ok=True)
        return
    schema = _schema(settings)
    with _connection(settings) as connection:
        connection.execute(text(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))
        connection.execute(text(f'CREATE SCHEMA "{schema}"'))


@contextmanager
def _connection(settings: Settings) -> Iterator[Any]:
    url = make_url(settings.database_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
