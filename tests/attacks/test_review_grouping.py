"""The queue of writers at its worst moments: nobody is left to lead nothing, and errors of the database are its own words."""

import sqlite3
import threading

import pytest

from broker.login.effects import Effects, KeepOnce, StorageUnavailable
from broker.storage import grouping as grouping_module
from tests.support import effects as a


class LateRelease:
    """A ticket's lock that lets somebody in between just before it opens: where a heir may give up."""

    def __init__(self, lock, before):
        self._lock, self._before = lock, before

    def acquire(self, timeout=-1):
        return self._lock.acquire(timeout=timeout)

    def release(self):
        self._before()
        self._lock.release()


def test_one_who_gives_up_while_the_lead_is_handed_over_does_not_take_it_along(sqlite_storage, monkeypatch):
    """The heir's patience ends between its choice and its being told: the queue must not stand still for ever."""
    queue = sqlite_storage._grouping
    monkeypatch.setattr(grouping_module, "BUSY_TIMEOUT", 1000)
    holding, let_go = threading.Event(), threading.Event()
    gave_up = []

    def slow(unit):
        holding.set()
        let_go.wait(5)

    leader = threading.Thread(target=queue.write, args=(slow,))
    leader.start()
    assert holding.wait(5)
    heir = grouping_module._Ticket(lambda unit: None)

    def impatient():
        try:
            queue._give_up(heir)
        except StorageUnavailable:
            gave_up.append(True)

    with queue._guard:
        queue._queue.append(heir)
    # the batch's own tickets are released between the choice of the heir and its being told
    bystander = grouping_module._Ticket(lambda unit: None)
    bystander.turn = LateRelease(bystander.turn, impatient)
    hand_over = queue._hand_over
    monkeypatch.setattr(queue, "_hand_over", lambda batch: hand_over([*batch, bystander]))
    let_go.set()
    leader.join(5)
    monkeypatch.setattr(queue, "_hand_over", hand_over)
    if not gave_up:  # it was told already: then it must lead, as `write` does
        assert heir.leads
        queue._lead()
    once = a.once()
    sqlite_storage.commit(Effects((KeepOnce(once),)))
    assert sqlite_storage.once(once.kind, once.secret) is not None


def test_a_failure_of_the_database_in_a_crowd_is_the_same_as_alone(sqlite_storage, monkeypatch):
    """What a writer hears must not depend on who else was writing."""

    def broken(unit):
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(StorageUnavailable):
        sqlite_storage._grouping.write(broken)

    monkeypatch.setattr(grouping_module, "GATHERING", 0.2)
    sqlite_storage._grouping._crowded = True
    others = [threading.Thread(target=sqlite_storage.commit, args=(Effects((KeepOnce(a.once()),)),)) for _ in range(2)]
    for other in others:
        other.start()
    with pytest.raises(StorageUnavailable):
        sqlite_storage._grouping.write(broken)
    for other in others:
        other.join(5)
