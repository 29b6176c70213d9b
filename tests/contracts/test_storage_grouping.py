"""Writers that come at the same time share a transaction on SQLite: each is durable, each fails alone, none waits in vain."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from broker.login.effects import AlreadyUsed, Effects, Join, KeepOnce, StorageUnavailable, UseOnce
from broker.storage import grouping as grouping_module
from broker.storage.database import Database
from broker.storage.joined import Joined
from tests.support import effects as a
from tests.support.databases import NOW

WRITERS = 8
ROUNDS = 25


@pytest.fixture
def durable_commits(monkeypatch) -> list[str]:
    """Every transaction that was made durable."""
    seen: list[str] = []
    leave = Database.leave

    def counted(self, *, commit):
        leave(self, commit=commit)
        if commit:
            seen.append("commit")

    monkeypatch.setattr(Database, "leave", counted)
    return seen


def crowd(storage, work):
    """Run `work(number)` in as many threads as there are writers, all at once; what each came to."""
    start = threading.Barrier(WRITERS)

    def one(number):
        start.wait()
        try:
            return work(number)
        except Exception as error:  # noqa: BLE001  # what it is, the test says
            return error

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(one, range(WRITERS)))


def test_every_writer_of_a_crowd_is_durable_and_the_crowd_shares_commits(sqlite_storage, durable_commits):
    kept = [[a.once() for _ in range(ROUNDS)] for _ in range(WRITERS)]

    def write(number):
        for once in kept[number]:
            sqlite_storage.commit(Effects((KeepOnce(once),)))

    assert crowd(sqlite_storage, write) == [None] * WRITERS
    assert all(sqlite_storage.once(once.kind, once.secret) for each in kept for once in each)
    assert len(durable_commits) < WRITERS * ROUNDS


def test_one_that_fails_takes_back_its_own_work_and_nobody_elses(sqlite_storage, monkeypatch):
    contended = a.once()
    sqlite_storage.commit(Effects((KeepOnce(contended),)))
    own = [a.once() for _ in range(WRITERS)]
    monkeypatch.setattr(grouping_module, "GATHERING", 0.05)
    sqlite_storage._grouping._crowded = True

    def write(number):
        return sqlite_storage.commit(Effects((KeepOnce(own[number]), UseOnce("code", contended.secret, NOW))))

    came_to = crowd(sqlite_storage, write)
    assert [error for error in came_to if error is None] == [None]
    assert sum(isinstance(error, AlreadyUsed) for error in came_to) == WRITERS - 1
    assert [sqlite_storage.once(o.kind, o.secret) is not None for o in own] == [error is None for error in came_to]


def test_when_the_shared_commit_fails_everybody_in_it_is_told(sqlite_storage, monkeypatch):
    own = [a.once() for _ in range(WRITERS)]
    monkeypatch.setattr(grouping_module, "GATHERING", 0.05)
    sqlite_storage._grouping._crowded = True
    leave = Database.leave

    def failing(self, *, commit):
        leave(self, commit=False)
        if commit:
            raise StorageUnavailable("disk full")

    monkeypatch.setattr(Database, "leave", failing)
    came_to = crowd(sqlite_storage, lambda number: sqlite_storage.commit(Effects((KeepOnce(own[number]),))))
    monkeypatch.undo()
    assert all(isinstance(error, StorageUnavailable) for error in came_to)
    assert not any(sqlite_storage.once(o.kind, o.secret) for o in own)
    sqlite_storage.commit(Effects((KeepOnce(own[0]),)))


def test_an_error_that_ended_the_transaction_is_everybodys(sqlite_storage, monkeypatch):
    own = [a.once() for _ in range(WRITERS)]
    monkeypatch.setattr(grouping_module, "GATHERING", 0.05)
    sqlite_storage._grouping._crowded = True

    def write(number):
        def work(unit):
            unit._database.connection().execute("ROLLBACK")  # as SQLite itself does when the disk is full
            raise StorageUnavailable("disk full")

        if number == 3:
            return sqlite_storage._grouping.write(work)
        return sqlite_storage.commit(Effects((KeepOnce(own[number]),)))

    came_to = crowd(sqlite_storage, write)
    stored = [sqlite_storage.once(o.kind, o.secret) is not None for o in own]
    assert isinstance(came_to[3], StorageUnavailable)
    assert all(stored[n] == (came_to[n] is None) for n in range(WRITERS) if n != 3)
    assert any(isinstance(error, StorageUnavailable) for n, error in enumerate(came_to) if n != 3)
    sqlite_storage.commit(Effects((KeepOnce(a.once()),)))


def test_one_who_has_waited_too_long_gives_up_and_leaves_the_queue(sqlite_storage, monkeypatch):
    monkeypatch.setattr(grouping_module, "BUSY_TIMEOUT", 25)
    holding, let_go = threading.Event(), threading.Event()

    def slow(unit):
        holding.set()
        let_go.wait(5)

    leader = threading.Thread(target=sqlite_storage._grouping.write, args=(slow,))
    leader.start()
    holding.wait(5)
    once = a.once()
    with pytest.raises(StorageUnavailable):
        sqlite_storage.commit(Effects((KeepOnce(once),)))
    let_go.set()
    leader.join(5)
    assert sqlite_storage.once(once.kind, once.secret) is None
    sqlite_storage.commit(Effects((KeepOnce(once),)))


def test_a_join_on_record_is_not_written_again_until_the_service_has_another_name(sqlite_storage):
    one = a.participant(service="svc", subject="first")
    for subject in ("first", "second", "first"):
        sqlite_storage.commit(Effects((Join("root", replace(one, subject=subject)),)))
        assert [p.subject for p in sqlite_storage.participants("root")] == [subject]
    assert sqlite_storage._joined.unknown((Join("root", replace(one, subject="first")),)) == []


def test_what_is_remembered_of_joins_is_bounded():
    joined = Joined(remembered=3)
    changes = [Join(f"root{n}", a.participant()) for n in range(5)]
    joined.note(changes)
    assert joined.unknown(changes) == changes[:2]
