"""`Storage`: the one write of a request, and the reads of every area from the parts beside this file.

What is done with each change stands in `changing`. Whatever fails inside `commit` leaves nothing behind.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from broker.login.effects import Effects, StorageUnavailable
from broker.protocols.testing.choice import Choice
from broker.protocols.testing.run import Run
from broker.storage import expiry, jobs, test_runs
from broker.storage.care_store import CareStore
from broker.storage.changing import apply, place
from broker.storage.database import RETRIES, Database, GaveWay, Unit
from broker.storage.grouping import Grouping
from broker.storage.joined import Joined
from broker.storage.key_store import KeyStore
from broker.storage.log_store import LogStore
from broker.storage.person_store import PersonStore
from broker.storage.register_store import RegisterStore
from broker.storage.sealed_store import SealedStore

T = TypeVar("T")


class Storage(PersonStore, RegisterStore, CareStore, KeyStore, SealedStore, LogStore):
    """Made by `open_storage`. Used by many threads; each has its own connection."""

    def __init__(self, database: Database, clock: Callable[[], int] = lambda: int(time.time())) -> None:
        self._database = database
        self._counting = threading.Lock()
        self._grouping = Grouping(database) if database.sqlite else None
        self._joined = Joined()
        self.clock = clock
        self.commits = 0

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def probe(self) -> None:
        """Write a mark, durably: whether a login could be recorded now. Raises StorageUnavailable."""
        self.save_setting("probe", self.clock())

    # --- the one write of a request

    def commit(self, effects: Effects) -> None:
        """Apply all effects and append the events, durably, or nothing. Raises AlreadyUsed, Overtaken,
        StorageUnavailable.
        """
        changes = sorted(self._joined.unknown(effects.changes), key=place)
        self._write(lambda unit: apply(unit, changes, effects.events))
        with self._counting:
            self.commits += 1
            self._joined.note(changes)

    def _write(self, work: Callable[[Unit], T]) -> T:
        for _ in range(RETRIES):
            try:
                if self._grouping is not None:
                    return self._grouping.write(work)
                with Unit(self._database) as unit:
                    return work(unit)
            except GaveWay:
                continue
        raise StorageUnavailable("gave way too often")

    # --- test logins, in the test issuer's store

    def test_run(self, reference: str) -> Run | None:
        """A test login by its reference."""
        return test_runs.read(self._database, reference)

    def test_runs(self, service: str, org: str) -> tuple[Run, ...]:
        """The test logins of a member's service, the newest first."""
        return test_runs.of_service(self._database, service, org)

    def tested(self, service: str, digest: str) -> int | None:
        """When a service last passed a test login with this content, or None."""
        return test_runs.tested(self._database, service, digest)

    def test_preset(self, browser: bytes, service: str) -> Choice | None:
        """What was chosen for a browser's next login to a service."""
        return test_runs.preset(self._database, browser, service, self.clock())

    # --- jobs

    def take_lease(self, name: str, holder: str, until: int) -> bool:
        """Take a job's lease, or make one's own longer."""
        now = self.clock()
        return self._write(lambda unit: jobs.take(unit, name, holder, now, until))

    def give_back_leases(self, holder: str) -> None:
        """Let other nodes take this node's jobs at once."""
        self._write(lambda unit: jobs.give_back(unit, holder))

    def note_job(self, name: str, error: str = "") -> None:
        """Note that a job ran to its end, or failed with this class of error."""
        at = self.clock()
        self._write(lambda unit: jobs.failed(unit, name, at, error) if error else jobs.ran(unit, name, at))

    def job_states(self) -> tuple[jobs.JobState, ...]:
        """All jobs, for the status page."""
        return jobs.states(self._database)

    def expire(self, absolute: int, count: int = expiry.BATCH) -> int:
        """Delete one batch of whatever has expired; how many rows went."""
        now = self.clock()
        return self._write(lambda unit: expiry.expire(unit, now, absolute, count))

    def thin_checkpoints(self) -> int:
        """Of old checkpoints, keep the last of each day."""
        now = self.clock()
        return self._write(lambda unit: expiry.thin_checkpoints(unit, now))
