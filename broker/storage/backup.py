"""The database as one file, taken while the broker runs, and put in place again.

SQLite by its online backup: a consistent copy of committed content, also from another process's file. PostgreSQL by pg_dump
in its custom format and pg_restore, whose passwords go by environment, never by argument. What else belongs to a backup,
and its verification, is the caller's.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url

PAGES_A_STEP: Final = 512
"""Between steps writers may go on."""

MAXIMUM_SECONDS: Final = 6 * 3600


THROWAWAY: Final = "tillit_*"
"""Schemas that nobody would miss (`apart`): the store itself has none of its own."""


class BackupFailed(Exception):
    """The copy could not be made, or not be put in place; the text says why."""


def is_sqlite(database_url: str) -> bool:
    """Whether the database is a SQLite file."""
    return make_url(database_url).get_backend_name() == "sqlite"


def dump(database_url: str, target: Path) -> None:
    """Write the database to `target`. Raises BackupFailed."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        _copy_sqlite(_file(url), target)
    else:
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--exclude-schema={THROWAWAY}")
        _run("pg_dump", (*options, f"--file={target}"), url)


def put_back(database_url: str, source: Path) -> None:
    """Replace the database by what `dump` wrote. Nobody else may use it meanwhile. Raises BackupFailed."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        _replace_sqlite(source, _file(url))
        return
    options = ("--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
    _run("pg_restore", (*options, f"--dbname={url.database}", str(source)), url)


def exists(database_url: str) -> bool:
    """Whether there is a database with content. Raises BackupFailed when nobody can tell."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return _file(url).exists()
    found = _run("psql", ("--tuples-only", "--no-align", "--command", "SELECT to_regclass('alembic_version')"), url)
    return bool(found.strip())


def _file(url: URL) -> Path:
    return Path(url.database or "")


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.exists():
        raise BackupFailed(f"{source}: no database")
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as reading:
            with closing(sqlite3.connect(target)) as writing:
                reading.backup(writing, pages=PAGES_A_STEP)
                writing.execute("PRAGMA journal_mode=DELETE")
            _check(target)
    except sqlite3.Error as error:
        raise BackupFailed(f"{source}: {error}") from error


def _check(file: Path) -> None:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != ("ok",):
        raise BackupFailed(f"{file.name}: damaged")


def _replace_sqlite(source: Path, target: Path) -> None:
    """Beside the target first, then in its place at once; what the old one left in its log goes with it."""
    beside = target.with_name(f"{target.name}.restoring")
    try:
        shutil.copyfile(source, beside)
        beside.chmod(0o600)
        _check(beside)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        beside.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"{target}: {error}") from error
    finally:
        beside.unlink(missing_ok=True)


def _run(program: str, arguments: Sequence[str], url: URL) -> str:
    if shutil.which(program) is None:
        raise BackupFailed(f"{program} is not on this machine: install PostgreSQL's client programs")
    done = subprocess.run(
        [program, *arguments],
        env=_environment(url),
        capture_output=True,
        text=True,
        timeout=MAXIMUM_SECONDS,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise BackupFailed(f"{program}: {last[0]}")
    return done.stdout


def _environment(url: URL) -> dict[str, str]:
    """How libpq is told where the database is (PostgreSQL manual, 34.15)."""
    given = {
        "PGHOST": url.query.get("host") or url.host,
        "PGPORT": url.query.get("port") or url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("sslmode"),
        "PGSSLROOTCERT": url.query.get("sslrootcert"),
    }
    return {**os.environ, **{name: str(value) for name, value in given.items() if value}}
