"""When the database cannot record: nothing is half done, nothing leaves, and it recovers by itself."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from broker.login.effects import Effects, KeepOnce, StartSignOn, StorageUnavailable, UseOnce
from broker.settings import Settings
from broker.storage import changing
from broker.storage import database as database_module
from broker.storage import storage as storage_module
from broker.storage.database import GaveWay
from broker.storage.opening import WrongSchema, create_storage, open_storage
from broker.storage.schema import METADATA
from tests.support import effects as a
from tests.support.databases import NOW, settings_at, sqlite_settings


def writer(storage):
    """The connection that a SQLite storage writes with."""
    with database_module.Unit(storage._database):
        pass
    return storage._database._writer.driver_connection


def everything(storage):
    """All rows of all tables."""
    connection = storage._database.connection()
    return {name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"'))) for name in METADATA.tables}  # noqa: S608  # our own names


def test_an_exception_between_any_two_writes_leaves_nothing(storage, monkeypatch):
    sign_on = a.sign_on()
    storage.commit(Effects((StartSignOn(sign_on),)))
    before = everything(storage)
    for kind in {type(change) for change in a.oidc_sign_on(sign_on.root).changes}:
        with monkeypatch.context() as patched:
            place, apply = changing._ORDER[kind]

            def fail_after(unit, change, apply=apply):
                apply(unit, change)
                raise ZeroDivisionError

            patched.setitem(changing._ORDER, kind, (place, fail_after))
            with pytest.raises(ZeroDivisionError):
                storage.commit(a.oidc_sign_on(sign_on.root))
        assert everything(storage) == before
    storage.commit(a.oidc_sign_on(sign_on.root))


def test_an_event_that_cannot_be_written_takes_its_changes_along(storage):
    once = a.once()
    with pytest.raises(TypeError):
        storage.commit(Effects((KeepOnce(once),), (a.code_issued(grant=object()),)))
    assert storage.once("code", once.secret) is None


def test_the_same_secret_kept_twice_is_a_fault_of_ours_and_leaves_the_first(storage):
    once = a.once()
    storage.commit(Effects((KeepOnce(once),)))
    with pytest.raises(storage._database._dbapi.IntegrityError):
        storage.commit(Effects((KeepOnce(a.once()), KeepOnce(once))))
    storage.commit(Effects((UseOnce("code", once.secret, NOW),)))


def test_a_transaction_inside_a_transaction_is_refused(storage):
    with database_module.Unit(storage._database), pytest.raises(RuntimeError):
        storage.commit(Effects((KeepOnce(a.once()),)))
    storage.commit(Effects((KeepOnce(a.once()),)))


def test_a_transaction_that_gave_way_is_run_again_but_not_for_ever(storage, monkeypatch):
    once, tries = a.once(), []

    def give_way(unit, change):
        tries.append(change)
        if len(tries) < 3:
            raise GaveWay
        apply(unit, change)

    place, apply = changing._ORDER[KeepOnce]
    monkeypatch.setitem(changing._ORDER, KeepOnce, (place, give_way))
    storage.commit(Effects((KeepOnce(once),)))
    assert len(tries) == 3
    monkeypatch.setattr(storage_module, "RETRIES", 2)
    tries.clear()
    with pytest.raises(StorageUnavailable):
        storage.commit(Effects((KeepOnce(a.once()),)))


class TestSqlite:
    def test_a_read_only_database_refuses_writes_and_still_reads(self, sqlite_storage):
        sign_on = a.sign_on()
        sqlite_storage.commit(Effects((StartSignOn(sign_on),)))
        connection = writer(sqlite_storage)
        connection.execute("PRAGMA query_only=ON")
        with pytest.raises(StorageUnavailable):
            sqlite_storage.commit(a.oidc_sign_on(sign_on.root))
        assert sqlite_storage.sign_on(sign_on.id) == sign_on
        connection.execute("PRAGMA query_only=OFF")
        sqlite_storage.commit(a.oidc_sign_on(sign_on.root))

    def test_a_full_disk_refuses_writes_until_there_is_room(self, sqlite_storage):
        connection = writer(sqlite_storage)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")
        kept = []
        for _ in range(2000):
            once = a.once(payload={"long": "x" * 3000})
            try:
                sqlite_storage.commit(Effects((KeepOnce(once),), (a.code_issued(),)))
            except StorageUnavailable:
                break
            kept.append(once)
        assert len(kept) < 2000
        assert sqlite_storage.once("code", once.secret) is None
        assert all(sqlite_storage.once("code", k.secret) == k for k in kept)
        connection.execute(f"PRAGMA max_page_count={pages + 10_000}")
        sqlite_storage.commit(Effects((KeepOnce(once),)))

    def test_a_writer_that_does_not_end_is_waited_for_and_then_reported(self, tmp_path, monkeypatch):
        monkeypatch.setattr(database_module, "BUSY_TIMEOUT", 50)
        monkeypatch.setattr(
            database_module, "_SQLITE_PRAGMAS", (*database_module._SQLITE_PRAGMAS, "PRAGMA busy_timeout=50")
        )
        settings = sqlite_settings(tmp_path)
        storage = open_storage(settings)
        with closing(sqlite3.connect(tmp_path / "tillit.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageUnavailable):
                storage.commit(Effects((KeepOnce(a.once()),)))
            other.execute("ROLLBACK")
        storage.commit(Effects((KeepOnce(a.once()),)))
        with database_module.Unit(storage._database):
            failures = []
            thread = threading.Thread(target=lambda: failures.append(_failure(storage)))
            thread.start()
            thread.join()
        assert failures == [StorageUnavailable]
        storage.close()

    def test_a_file_that_is_no_database_is_unavailable(self, tmp_path):
        settings = sqlite_settings(tmp_path)
        (tmp_path / "tillit.db").write_bytes(b"not a database " * 1000)
        for name in ("tillit.db-wal", "tillit.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        with pytest.raises(StorageUnavailable):
            open_storage(settings)

    def test_writes_are_synced_at_each_commit_and_journalled_ahead(self, sqlite_storage):
        connection = sqlite_storage._database.connection()
        pragmas = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
        assert pragmas == ["wal", 2]

    def test_a_database_that_is_only_in_memory_is_refused(self, tmp_path):
        with pytest.raises(ValueError, match="file"):
            database_module.Database("sqlite://")

    def test_a_writer_killed_at_any_moment_leaves_whole_sign_ons_and_all_acknowledged(self, tmp_path):
        settings = sqlite_settings(tmp_path / "broker")
        for turn in range(4):
            acknowledged = _killed_writer(settings, after=5 + 7 * turn)
            storage = open_storage(settings)
            grants = [storage.grant(name) for name in acknowledged]
            assert len(grants) >= 5 + 7 * turn
            assert None not in grants
            rows = storage._database.connection().execute("SELECT count(*) FROM grants").fetchone()[0]
            events = sum(b"oidc.code-issued" in leaf for leaf in storage.log_pending())
            once = storage._database.connection().execute("SELECT count(*) FROM once").fetchone()[0]
            assert rows == events == once
            storage.close()


def _failure(storage):
    try:
        storage.commit(Effects((KeepOnce(a.once()),)))
    except StorageUnavailable as error:
        return type(error)
    return None


WRITER = """
import sys
from pathlib import Path
from broker.login.effects import Effects, SaveGrant, StartSignOn
from broker.storage.opening import open_storage
from tests.support import effects as a
from tests.support.databases import settings_at
storage = open_storage(settings_at(Path(sys.argv[1])))
sign_on = a.sign_on()
storage.commit(Effects((StartSignOn(sign_on),)))
while True:
    effects = a.oidc_sign_on(sign_on.root)
    storage.commit(effects)
    (grant,) = [c.grant.id for c in effects.changes if isinstance(c, SaveGrant)]
    print(grant, flush=True)
"""


def _killed_writer(settings: Settings, after: int) -> list[str]:
    """What a writing process acknowledged before it was killed, some time after so many lines."""
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(settings.data_dir)], stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    lines = [child.stdout.readline().strip() for _ in range(after)]
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate()
    return lines + [line for line in rest.splitlines() if len(line) == len(lines[0])]


@pytest.mark.postgres
class TestPostgres:
    @pytest.fixture
    def settings(self, postgres_server, tmp_path):
        settings = postgres_server.settings(tmp_path / "broker")
        yield settings
        postgres_server.drop(settings)

    @pytest.fixture
    def opened(self, settings):
        storage = open_storage(settings)
        yield storage
        storage.close()

    def test_a_read_only_server_refuses_writes_and_still_reads(self, opened):
        sign_on = a.sign_on()
        opened.commit(Effects((StartSignOn(sign_on),)))
        connection = opened._database.connection()
        connection.execute("SET default_transaction_read_only TO on")
        with pytest.raises(StorageUnavailable):
            opened.commit(a.oidc_sign_on(sign_on.root))
        assert opened.sign_on(sign_on.id) == sign_on
        connection.execute("SET default_transaction_read_only TO off")
        opened.commit(a.oidc_sign_on(sign_on.root))

    def test_a_connection_that_the_server_ended_is_replaced_for_reads_and_for_writes(
        self, opened, settings, postgres_server
    ):
        sign_on = a.sign_on()
        opened.commit(Effects((StartSignOn(sign_on),)))
        _end_connections(postgres_server, settings)
        assert opened.sign_on(sign_on.id) == sign_on
        _end_connections(postgres_server, settings)
        opened.commit(a.oidc_sign_on(sign_on.root))

    def test_a_connection_lost_inside_a_transaction_records_nothing(
        self, opened, settings, postgres_server, monkeypatch
    ):
        once = a.once()
        place, apply = changing._ORDER[KeepOnce]

        def cut(unit, change):
            apply(unit, change)
            _end_connections(postgres_server, settings)

        with monkeypatch.context() as patched:
            patched.setitem(changing._ORDER, KeepOnce, (place, cut))
            with pytest.raises(StorageUnavailable):
                opened.commit(Effects((KeepOnce(once),), (a.code_issued(),)))
        assert opened.once("code", once.secret) is None
        opened.commit(Effects((KeepOnce(once),)))

    def test_a_server_that_is_away_is_reported_and_used_again_when_it_is_back(self, opened, postgres_server):
        once = a.once()
        opened.commit(Effects((KeepOnce(once),)))
        postgres_server.stop()
        try:
            for attempt in (
                lambda: opened.once("code", once.secret),
                lambda: opened.commit(Effects((KeepOnce(a.once()),))),
            ):
                with pytest.raises(StorageUnavailable):
                    attempt()
        finally:
            postgres_server.start()
        assert opened.once("code", once.secret) == once
        opened.commit(Effects((UseOnce("code", once.secret, NOW),)))

    def test_commits_wait_for_the_disk(self, opened):
        assert opened._database.connection().execute("SHOW synchronous_commit").fetchone() == ("on",)


def _end_connections(server, settings):
    name = settings.database_url.partition("?")[0].rpartition("/")[2]
    server.sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608  # our own name


class TestProbe:
    def test_it_writes_and_says_when_that_cannot_be(self, sqlite_storage):
        sqlite_storage.probe()
        writer(sqlite_storage).execute("PRAGMA query_only=ON")
        with pytest.raises(StorageUnavailable):
            sqlite_storage.probe()


class TestOpening:
    def test_init_makes_everything_once_and_leaves_it_the_second_time(self, tmp_path):
        settings = settings_at(tmp_path / "new")
        assert create_storage(settings, NOW)
        kek = (settings.data_dir / "kek").read_bytes()
        assert not create_storage(settings, NOW)
        assert (settings.data_dir / "kek").read_bytes() == kek
        storage = open_storage(settings)
        assert storage.log_origin() == "localhost:8440/log"
        assert {(k.use, k.alg) for k in storage.ring_rows()} == {
            ("oidc", "ES256"),
            ("oidc", "RS256"),
            ("saml", "RS256"),
            ("saml", "ES256"),
            ("saml-encryption", "RS256"),
            ("saml-metadata", "RS256"),
            ("federation", "ES256"),
            ("checkpoint", "Ed25519"),
        }
        storage.close()

    def test_a_database_without_schema_is_not_opened(self, tmp_path):
        settings = sqlite_settings(tmp_path)
        (tmp_path / "tillit.db").unlink()
        for name in ("tillit.db-wal", "tillit.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        with pytest.raises(WrongSchema):
            open_storage(settings)
