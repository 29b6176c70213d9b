"""One thread a node that does what is due: jobs under a lease, so that one node does each, and snapshots of every node.

A job that fails is noted and tried again; nothing it does stops the thread. Intervals are counted on the monotonic clock,
leases on the database's time, since other nodes read them.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

LEASE = 30
"""Seconds that a lease lasts: so long does a job stand still when its node dies."""

TICK = 1.0
_log = logging.getLogger("tillit.jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so many seconds, on one node at a time."""

    name: str
    every: float
    run: Callable[[], object]


class LeaseStore(Protocol):
    """What the runner needs of the store."""

    def clock(self) -> int: ...

    def take_lease(self, name: str, holder: str, until: int) -> bool: ...

    def give_back_leases(self, holder: str) -> None: ...

    def note_job(self, name: str, error: str = "") -> None: ...


@dataclass(slots=True)
class _Plan:
    """When a job is next due here, until when its lease is ours (monotonic), and whether it failed the last time."""

    job: Job
    due: float
    ours_until: float = 0.0
    failed: bool = False


class JobRunner:
    """Runs jobs and `on_tick` until stopped. `on_tick` callables refresh what this node keeps in memory."""

    def __init__(
        self,
        store: LeaseStore,
        jobs: Iterable[Job],
        on_tick: Iterable[Callable[[], object]] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._store, self._monotonic = store, monotonic
        self._plans = [_Plan(job, monotonic()) for job in jobs]
        self._on_tick = tuple(on_tick)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = threading.Thread(target=self._work, name="tillit-jobs", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Let the running job end, give the leases back, and return."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    def _work(self) -> None:
        while not self._stopping.is_set():
            self.tick()
            self._stopping.wait(TICK)
        self._guarded("leases", lambda: self._store.give_back_leases(self.holder))

    def tick(self) -> None:
        """Everything that is due now."""
        for refresh in self._on_tick:
            self._guarded("refresh", refresh)
        for plan in self._plans:
            if plan.due <= self._monotonic() and not self._stopping.is_set():
                self._guarded(plan.job.name, lambda plan=plan: self._turn(plan))  # type: ignore[misc]

    def _turn(self, plan: _Plan) -> None:
        """Run a job whose turn has come, if this node has or gets its lease. That it ran is noted with each new lease, and
        when it had failed before.
        """
        now = self._monotonic()
        renewing = plan.ours_until - now < LEASE / 2
        if renewing and not self._lease(plan, now):
            plan.due = now + LEASE / 3
            return
        plan.due = now + plan.job.every
        try:
            plan.job.run()
        except Exception as error:
            plan.failed = True
            self._store.note_job(plan.job.name, type(error).__name__)
            raise
        if renewing or plan.failed:
            self._store.note_job(plan.job.name)
        plan.failed = False

    def _lease(self, plan: _Plan, now: float) -> bool:
        """Take the lease, or make it longer."""
        length = LEASE + int(plan.job.every)
        if not self._store.take_lease(plan.job.name, self.holder, self._store.clock() + length):
            plan.ours_until = 0.0
            return False
        plan.ours_until = now + length
        return True

    def _guarded(self, name: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  # the thread must outlive whatever a job does
            _log.warning("job %s failed: %s", name, type(error).__name__)
