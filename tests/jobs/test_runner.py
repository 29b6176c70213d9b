"""The runner: each job on one node at a time, snapshots on every node, and nothing stops the thread."""

import logging
import threading
from dataclasses import dataclass, field

import pytest

from broker.care.calling import CareServices
from broker.jobs.runner import LEASE, Job, JobRunner
from broker.jobs.standard import expire, move_keys, outbound_jobs, standard_jobs
from broker.keys.making import NEEDS
from broker.keys.ring import KeyState
from broker.keys.rotation import RETIRE_AFTER, Naming, rotate
from broker.login.effects import Effects, KeepOnce, StorageUnavailable
from broker.settings import Settings
from tests.support import effects as a
from tests.support.databases import NOW
from tests.support.egress import FakeEgress
from trust_framework.care_register import NO_CARE


@dataclass
class Time:
    """Monotonic and database time that move together."""

    now: float = 1000.0

    def __call__(self):
        return self.now


@dataclass
class Ran:
    """A job that counts its turns."""

    turns: int = 0
    fails: list[Exception] = field(default_factory=list)

    def __call__(self):
        self.turns += 1
        if self.fails:
            raise self.fails.pop()


def node(storage, clock, time, *jobs, on_tick=()):
    def monotonic():
        clock.now = NOW + int(time.now)
        return time.now

    return JobRunner(storage, jobs, on_tick, monotonic)


def test_a_job_runs_when_it_is_due_and_not_before(storage, clock):
    ran, time = Ran(), Time()
    runner = node(storage, clock, time, Job("j", 5, ran))
    for _ in range(11):
        runner.tick()
        time.now += 1
    assert ran.turns == 3


def test_of_two_nodes_one_runs_the_job_until_it_gives_the_lease_back(storage, clock):
    one, two, time = Ran(), Ran(), Time()
    first, second = node(storage, clock, time, Job("j", 1, one)), node(storage, clock, time, Job("j", 1, two))
    for _ in range(100):
        first.tick(), second.tick()
        time.now += 1
    assert (one.turns, two.turns) == (100, 0)
    storage.give_back_leases(first.holder)
    time.now += LEASE
    second.tick()
    assert two.turns == 1


def test_the_job_of_a_node_that_died_goes_on_elsewhere_when_its_lease_is_over(storage, clock):
    one, two, time = Ran(), Ran(), Time()
    first, second = node(storage, clock, time, Job("j", 1, one)), node(storage, clock, time, Job("j", 1, two))
    first.tick(), second.tick()
    for _ in range(2 * LEASE):
        time.now += 1
        second.tick()
    assert one.turns == 1
    assert two.turns >= LEASE / 2


def test_a_node_that_has_the_lease_does_not_ask_the_database_each_second(storage, clock, monkeypatch):
    asked, time = [], Time()
    take = storage.take_lease
    monkeypatch.setattr(storage, "take_lease", lambda *args: asked.append(args) or take(*args))
    runner = node(storage, clock, time, Job("j", 1, Ran()))
    for _ in range(60):
        runner.tick()
        time.now += 1
    assert 2 <= len(asked) <= 5


def test_a_job_that_fails_is_noted_and_tried_again_and_the_others_go_on(storage, clock, caplog):
    bad, good, time = Ran(fails=[ValueError("secret text")]), Ran(), Time()
    runner = node(storage, clock, time, Job("bad", 1, bad), Job("good", 1, good))
    with caplog.at_level(logging.WARNING, "tillit.jobs"):
        runner.tick()
    time.now += 1
    runner.tick()
    assert (bad.turns, good.turns) == (2, 2)
    states = {s.name: s for s in storage.job_states()}
    assert (states["bad"].error, states["bad"].holder, states["bad"].ran_at) == (
        "ValueError",
        runner.holder,
        NOW + 1001,
    )
    assert (states["good"].error, states["good"].ran_at) == (None, NOW + 1000)
    assert "secret text" not in caplog.text
    assert "ValueError" in caplog.text


def test_a_database_that_is_away_stops_neither_the_thread_nor_the_snapshots(storage, clock, monkeypatch):
    refreshed, ran, time = Ran(), Ran(), Time()
    runner = node(storage, clock, time, Job("j", 1, ran), on_tick=(Ran(fails=[OSError()]), refreshed))

    def away(*_):
        raise StorageUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(storage, "take_lease", away)
        runner.tick()
    time.now += LEASE
    runner.tick()
    assert (refreshed.turns, ran.turns) == (2, 1)


def test_snapshots_are_refreshed_on_every_node(storage, clock):
    one, two, time = Ran(), Ran(), Time()
    for refreshed in (one, two):
        node(storage, clock, time, on_tick=(refreshed,)).tick()
    assert (one.turns, two.turns) == (1, 1)


def test_started_it_works_in_a_thread_and_stopped_it_leaves_no_lease(storage):
    happened = threading.Event()
    runner = JobRunner(storage, [Job("j", 1, happened.set)])
    runner.start()
    assert happened.wait(10)
    runner.stop()
    assert [s.leased_until for s in storage.job_states()] == [0]
    assert not [t for t in threading.enumerate() if t.name == "tillit-jobs"]
    JobRunner(storage, []).stop()


def test_the_standard_jobs_seal_expire_thin_and_end_keys(storage, clock, tmp_path):
    ring = storage.ring()
    jobs = standard_jobs(storage, lambda: ring, tmp_path / "checkpoints", 3600, "n")
    assert {job.name for job in jobs} >= {"seal", "expire", "checkpoints", "keys"}
    for job in jobs:
        job.run()
    assert storage.log_waiting() == 0


def test_jobs_that_call_others_are_apart_from_those_that_must_not_wait(storage):
    jobs = outbound_jobs(
        storage, FakeEgress(), Settings(base_url="https://tillit.example"), lambda: CareServices(storage, NO_CARE)
    )
    assert {job.name for job in jobs} >= {"feeds", "hosts"}
    for job in jobs:
        job.run()


def test_expiry_goes_on_batch_after_batch_until_nothing_is_left(storage, clock, monkeypatch):
    monkeypatch.setattr("broker.jobs.standard.BATCH", 10)
    storage.commit(Effects(tuple(KeepOnce(a.once()) for _ in range(35))))
    clock.now = NOW + 10**6
    assert expire(storage, 3600) == 35
    monkeypatch.setattr("broker.jobs.standard.MOST_BATCHES", 2)
    storage.commit(Effects(tuple(KeepOnce(a.once()) for _ in range(35))))
    assert expire(storage, 3600) == 20


def test_a_key_that_has_retired_long_enough_is_destroyed_with_a_record(storage, clock):
    naming = Naming("n", storage.vault)
    storage.save_ring(rotate(storage.ring_rows(), "oidc", "ES256", clock.now, naming, force=True))
    move_keys(storage, "n")
    assert KeyState.REMOVED not in {k.state for k in storage.ring_rows()}
    clock.now += RETIRE_AFTER
    waiting = storage.log_waiting()
    move_keys(storage, "n")
    (removed,) = [k for k in storage.ring_rows() if k.state is KeyState.REMOVED]
    assert (removed.use, removed.alg) == ("oidc", "ES256")
    assert storage.log_waiting() == waiting + 1
    assert b'"state":"removed"' in storage.log_pending()[-1]


@pytest.mark.parametrize("days", [6, 8])
def test_checkpoints_are_thinned_to_the_last_of_each_day_after_a_week(storage, clock, days):
    from broker.jobs.sealer import Sealer

    ring = storage.ring()
    sealer = Sealer(storage, lambda: ring, storage.log_origin(), None)
    clock.now = NOW - NOW % 86_400
    for _ in range(4):
        storage.append((a.code_issued(),))
        sealer.run()
        clock.now += 86_400 // 2
    clock.now = NOW - NOW % 86_400 + 86_400 + days * 86_400
    assert storage.thin_checkpoints() == (0 if days == 6 else 2)
    kept = (1, 2, 3, 4) if days == 6 else (2, 4)
    assert [int(n.split("\n")[1]) - len(NEEDS) for n in storage.log_notes()] == list(kept)
