"""The one way to the database: kept statements, one connection a thread, one transaction at a time.

Statements are written in SQLAlchemy Core and turned into text once for each dialect; hot paths then go straight to the
driver, which halves what a commit costs. Owns durability (SQLite: WAL with synchronous=FULL; PostgreSQL:
synchronous_commit), and turns every failure of the database into StorageUnavailable. Knows no table.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Engine,
    Executable,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    exc,
    inspect,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from broker.keys.sealing import SealingVault
from broker.login.effects import StorageUnavailable

Row = Any
Values = Mapping[str, Any]

BUSY_TIMEOUT = 5_000
"""Milliseconds that a writer waits for another process's write to a SQLite file."""

RETRIES = 3
"""How often a transaction that PostgreSQL gave up for another's sake (deadlock, serialization) is run again."""

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT}",
    "PRAGMA secure_delete=FAST",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA wal_autocheckpoint=4000",  # a page changed a hundred times is then copied once, not ten times
    "PRAGMA cache_size=-4000",
)
_BEGIN = {False: "BEGIN", True: "BEGIN ISOLATION LEVEL REPEATABLE READ"}
_DUPLICATE = frozenset({"23505", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"})
_DEADLOCK, _SERIALIZATION = "40P01", "40001"


class GaveWay(Exception):
    """PostgreSQL undid this transaction so that another could go on; it may be run again."""


InsertOf = Callable[[Table], Any]
"""`insert` as the dialect has it: INSERT … ON CONFLICT is spelt alike on both, and kept apart by SQLAlchemy."""

_INSERTS: dict[str, InsertOf] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Kept:
    """A statement that is compiled once for each dialect. Every parameter is named.

    A function makes its statement from the dialect's own `insert`.
    """

    __slots__ = ("_compiled", "_statement")

    def __init__(self, statement: Executable | Callable[[InsertOf], Executable]) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}

    def bound(self, dialect: Dialect, given: Values) -> tuple[str, Values]:
        """The statement in the dialect's words, and the parameters with the statement's own constants."""
        text, constants = self._compiled.get(dialect.name) or self._compile(dialect)
        return text, {**constants, **given} if constants else given

    def _compile(self, dialect: Dialect) -> tuple[str, dict[str, Any]]:
        made = self._statement
        statement: Any = made if isinstance(made, Executable) else made(_INSERTS[dialect.name])
        compiled = statement.compile(dialect=dialect)
        constants = {name: bind.value for bind, name in compiled.bind_names.items() if not bind.required}
        found = self._compiled[dialect.name] = (str(compiled), constants)
        return found


_COPIED = {BigInteger: "int8", Text: "text", LargeBinary: "bytea"}
"""What PostgreSQL calls the types of columns, for COPY."""

_REVISIONS = Table("alembic_version", MetaData(), Column("version_num", Text))
_REVISION = Kept(select(_REVISIONS.c.version_num))


class Database:
    """An engine, and this thread's connection to it."""

    vault: SealingVault
    """What sealed columns are sealed with; given by `open_storage` once the data keys are read."""

    def __init__(self, url: str, threads: int = 8) -> None:
        self.engine = _engine(url, threads)
        self.dialect = self.engine.dialect
        self.sqlite = self.dialect.name == "sqlite"
        self._dbapi = self.engine.dialect.loaded_dbapi
        self._local = threading.local()
        self._open: set[Any] = set()
        self.writing = threading.Lock()
        self._writer: PoolProxiedConnection | None = None
        self._lent: dict[str, Any] = {}
        event.listen(self.engine, "connect", self._opened)
        event.listen(self.engine, "close", lambda connection, _: self._open.discard(connection))

    def _opened(self, connection: Any, _: object) -> None:
        self._open.add(connection)

    def connection(self) -> Any:
        """This thread's driver connection. Raises StorageUnavailable."""
        try:
            return self._local.raw
        except AttributeError:
            return self._connect()

    def _connect(self) -> Any:
        try:
            fairy: PoolProxiedConnection = self.engine.raw_connection()
        except (exc.SQLAlchemyError, self._dbapi.Error) as error:
            raise StorageUnavailable("cannot connect") from error
        self._local.fairy, self._local.raw = fairy, fairy.driver_connection
        return fairy.driver_connection

    def forget_connection(self) -> None:
        """Close this thread's connection: it is broken, or nobody knows what it has done."""
        fairy = self._local.__dict__.pop("fairy", None)
        self._local.__dict__.pop("raw", None)
        if fairy is not None:
            fairy.invalidate()
        if fairy is self._writer:
            self._writer = None

    def lend_writer(self) -> None:
        """Let this thread, which holds `writing`, use the one connection that writes.

        SQLite empties a connection's page cache when another one has written; with one writer, its cache stays warm.
        """
        mine = self._local.__dict__
        self._lent = {name: mine.pop(name) for name in ("raw", "fairy") if name in mine}
        if self._writer is None:
            self._connect()
            self._writer = mine["fairy"]
        mine["fairy"], mine["raw"] = self._writer, self._writer.driver_connection

    def take_writer_back(self) -> None:
        """This thread reads with its own connection again."""
        mine = self._local.__dict__
        mine.pop("raw", None)
        mine.pop("fairy", None)
        mine.update(self._lent)

    def rows(self, statement: Kept, values: Values) -> list[Row]:
        """Read, in this thread's transaction when it has one. A broken connection is replaced once."""
        return self._read(lambda: self.execute(statement, values))

    def octets(self, statement: Kept, values: Values) -> list[Row]:
        """Read rows that are octets for the most part, as they are: PostgreSQL would else send each as two hexadecimal digits."""
        as_they_are = {} if self.sqlite else {"binary": True}
        return self._read(lambda: self.connection().execute(*statement.bound(self.dialect, values), **as_they_are))

    def _read(self, execute: Callable[[], Any]) -> list[Row]:
        try:
            return execute().fetchall()  # type: ignore[no-any-return]
        except self._dbapi.Error as error:
            if self.in_transaction() or self.sqlite:
                raise self.translated(error) from error
            self.forget_connection()
        try:
            return execute().fetchall()  # type: ignore[no-any-return]
        except self._dbapi.Error as error:
            raise self.translated(error) from error

    def row(self, statement: Kept, values: Values) -> Row | None:
        """The first row, or None."""
        found = self.rows(statement, values)
        return found[0] if found else None

    def execute(self, statement: Kept, values: Values) -> Any:
        """Run a statement; the driver's cursor. Driver errors pass through."""
        return self.connection().execute(*statement.bound(self.dialect, values))

    def execute_many(self, statement: Kept, rows: Sequence[Values]) -> None:
        """Run a statement for each row, prepared once."""
        text, _ = statement.bound(self.dialect, {})
        cursor = self.connection().cursor()
        try:
            cursor.executemany(text, rows)
        finally:
            cursor.close()

    def load(self, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert many rows, in the way that costs each database least. Driver errors pass through."""
        names = ", ".join(columns)
        if self.sqlite:
            marks = ", ".join("?" * len(columns))
            self.connection().executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # noqa: S608  # names of our own tables
            return
        kinds = [_COPIED[type(table.c[name].type)] for name in columns]
        with (
            self.connection().cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(kinds)
            for row in rows:
                copy.write_row(row)

    def in_transaction(self) -> bool:
        """Whether this thread is inside a unit."""
        return "unit" in self._local.__dict__

    def translated(self, error: Exception) -> Exception:
        """What the rest of the broker is told of a driver's error."""
        if getattr(error, "sqlstate", None) in {_DEADLOCK, _SERIALIZATION}:
            return GaveWay()
        programming = (self._dbapi.IntegrityError, self._dbapi.ProgrammingError, self._dbapi.DataError)
        return error if isinstance(error, programming) else StorageUnavailable(type(error).__name__)

    def is_driver_error(self, error: BaseException) -> bool:
        return isinstance(error, self._dbapi.Error)

    def is_duplicate(self, error: BaseException) -> bool:
        """Whether the driver says that a key is there already."""
        unique = {getattr(error, "sqlstate", ""), getattr(error, "sqlite_errorname", "")} & _DUPLICATE
        return self.is_driver_error(error) and bool(unique)

    def told(self, error: Exception) -> Exception:
        """An error of a transaction as its writer is told it: a driver's translated, any other as it is."""
        return self.translated(error) if self.is_driver_error(error) else error

    def enter(self, unit: "Unit") -> None:
        """Begin this thread's transaction. Never a second inside one."""
        if self.in_transaction():
            raise RuntimeError("a transaction inside a transaction")
        self._local.unit = unit
        try:
            self._begin("BEGIN IMMEDIATE" if self.sqlite else _BEGIN[unit.repeatable])
        except BaseException:
            del self._local.unit
            raise

    def _begin(self, text: str) -> None:
        try:
            self.connection().execute(text)
        except self._dbapi.Error as error:
            if self.sqlite:
                raise StorageUnavailable(type(error).__name__) from error
            self.forget_connection()
            try:
                self.connection().execute(text)
            except self._dbapi.Error as again:
                raise StorageUnavailable(type(again).__name__) from again

    def leave(self, *, commit: bool) -> None:
        """End this thread's transaction. After a failed commit nothing is known: the caller must not answer."""
        del self._local.unit
        try:
            self.connection().execute("COMMIT" if commit else "ROLLBACK")
        except self._dbapi.Error as error:
            self._undo()
            if commit:
                raise self.translated(error) from error

    def _undo(self) -> None:
        """Roll back what a failed commit or rollback may have left open; failing that, give the connection up."""
        try:
            if self.sqlite and self.connection().in_transaction:
                self.connection().execute("ROLLBACK")
            elif not self.sqlite:
                self.forget_connection()
        except self._dbapi.Error:
            self.forget_connection()

    def revision(self) -> str:
        """The schema's revision, empty for a database without one."""
        try:
            if not inspect(self.engine).has_table(_REVISIONS.name):
                return ""
        except exc.DBAPIError as error:
            raise StorageUnavailable("cannot connect") from error
        found = self.row(_REVISION, {})
        return found[0] if found else ""

    def close(self) -> None:
        """Close every connection, also those of other threads."""
        self._local = threading.local()
        self.engine.dispose()
        for connection in list(self._open):
            connection.close()
        self._open.clear()


class Unit:
    """One transaction: `with Unit(database) as unit`. Commits at the end, or rolls back on any exception.

    `repeatable`: all its statements see the same rows (on SQLite they always do).
    """

    __slots__ = ("_database", "_locked", "repeatable")

    def __init__(self, database: Database, *, repeatable: bool = False) -> None:
        self._database, self._locked, self.repeatable = database, False, repeatable

    @property
    def vault(self) -> SealingVault:
        """What sealed columns are sealed with."""
        return self._database.vault

    def __enter__(self) -> Self:
        database = self._database
        if database.sqlite and not database.in_transaction():
            # writers of one process queue here, in order, instead of in SQLite's sleeping busy handler
            self._locked = database.writing.acquire(timeout=BUSY_TIMEOUT / 1000)
            if not self._locked:
                raise StorageUnavailable("another write holds the database")
        try:
            if self._locked:
                database.lend_writer()
            database.enter(self)
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            self._database.leave(commit=error is None)
        finally:
            self._release()
        if error is not None and self._database.is_driver_error(error):
            raise self._database.translated(error) from error  # type: ignore[arg-type]

    def _release(self) -> None:
        if self._locked:
            self._locked = False
            self._database.take_writer_back()
            self._database.writing.release()

    def mark(self) -> None:
        """A place inside the transaction to come back to."""
        self._database.connection().execute("SAVEPOINT mark")

    def keep(self) -> None:
        """What was done since the mark stays."""
        self._database.connection().execute("RELEASE mark")

    def back_to_mark(self) -> bool:
        """Take back what was done since the mark; False when the transaction itself is gone (disk full, I/O error)."""
        connection = self._database.connection()
        if not connection.in_transaction:
            return False
        connection.execute("ROLLBACK TO mark")
        connection.execute("RELEASE mark")
        return True

    def run(self, statement: Kept, values: Values) -> int:
        """Change something; how many rows it touched."""
        return self._database.execute(statement, values).rowcount  # type: ignore[no-any-return]

    def run_many(self, statement: Kept, rows: Sequence[Values]) -> None:
        """Change something for each row. The statement has no constants of its own."""
        if rows:
            self._database.execute_many(statement, rows)

    def load(self, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert many rows at once; none may be there already."""
        if rows:
            self._database.load(table, columns, rows)

    def script(self, text: str) -> None:
        """Run a statement that the schema needs while the broker runs (a partition)."""
        self._database.connection().execute(text)

    def is_duplicate(self, error: BaseException) -> bool:
        """Whether a driver says that a key is there already."""
        return self._database.is_duplicate(error)

    @property
    def sqlite(self) -> bool:
        """Whether this is SQLite: it has no partitions and no arrays."""
        return self._database.sqlite

    def rows(self, statement: Kept, values: Values) -> list[Row]:
        """Read inside the transaction, or change and return (RETURNING)."""
        return self._database.execute(statement, values).fetchall()  # type: ignore[no-any-return]

    def row(self, statement: Kept, values: Values) -> Row | None:
        """The first row, or None."""
        found = self.rows(statement, values)
        return found[0] if found else None


def _engine(url: str, threads: int) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in {None, "", ":memory:"}:
            raise ValueError("the database must be a file: what is only in memory is no record")
        Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_engine(
            parsed,
            paramstyle="named",
            poolclass=QueuePool,
            pool_size=threads + 4,
            max_overflow=-1,
            connect_args={"isolation_level": None, "check_same_thread": False, "cached_statements": 256},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    if parsed.get_backend_name() != "postgresql":
        raise ValueError("sqlite or postgresql")
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=threads + 4,
        max_overflow=-1,
        isolation_level="AUTOCOMMIT",
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(pragma)


def _prepare_postgresql(connection: Any, _: object) -> None:
    connection.autocommit = True
    connection.execute("SET synchronous_commit TO on")
    connection.execute("SET idle_in_transaction_session_timeout TO '30s'")
