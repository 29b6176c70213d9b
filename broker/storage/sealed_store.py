"""What `Storage` does for the sealed log: seal, read, count and check it.

Each method is a line; what it does stands in the file of its aggregate.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from broker.audit.checkpoint import LogRow, TreeState
from broker.audit.events import Event
from broker.audit.tally import tally, tally_keys
from broker.audit.trace import Logged, LoggedPage, Sought
from broker.federation.numbers import CauseCount, Logins, MethodCount, MinuteCount, ServiceCounts
from broker.login.effects import Effects, Overtaken
from broker.storage import counts, key_use, log, log_rows, references, settings
from broker.storage.database import GaveWay, Unit
from broker.storage.log import Sealing
from broker.storage.part import Part


class SealedStore(Part):
    """A part of `Storage`."""

    def append(self, events: Iterable[Event]) -> None:
        """Record events of jobs and commands, which have no other effects."""
        self.commit(Effects(events=tuple(events)))

    def seal_log(self, extend: log.Extend, count: int) -> Sealing | None:
        """One turn of the sealer; None when nothing waits. Raises Overtaken when another node was first."""
        if not log.anything_waits(self._database):
            return None
        try:
            with Unit(self._database, repeatable=True) as unit:
                return log.seal(unit, extend, references.note, self.clock(), count)
        except GaveWay as error:
            raise Overtaken("log") from error

    def log_waiting(self) -> int:
        """How many events are not sealed yet."""
        return log.waiting(self._database)

    def log_state(self) -> TreeState:
        """Where the tree stands."""
        return log.state(self._database)

    def log_rows(self, first: int = log.LOWEST) -> Iterator[LogRow]:
        """The sealed rows in order."""
        return log_rows.rows(self._database, first)

    def log_pending(self) -> tuple[bytes, ...]:
        """Leaves not sealed yet."""
        return log.pending(self._database)

    def log_by_reference(self, reference: str) -> tuple[Logged, ...]:
        """How the requests with a reference ended, oldest first."""
        return references.by_reference(self._database, reference)

    def log_page(self, sought: Sought, before: int = 2**62, count: int = 50) -> LoggedPage:
        """A page of a service's logins and faults, the newest first."""
        return references.page(self._database, sought, before, count)

    def log_hours(self, sought: Sought) -> tuple[tuple[int, str, int], ...]:
        """How many of a service's requests ended how in each hour."""
        return references.hours(self._database, sought)

    def log_checkpoints(self, count: int) -> tuple[tuple[int, int, str], ...]:
        """The newest signed checkpoints: size, when it was signed, the note."""
        return log.latest_notes(self._database, count)

    def log_checkpoint_at(self) -> int | None:
        """When the newest checkpoint was signed, None before the first."""
        return log.checkpoint_at(self._database)

    def count_logins(self, unlisted: frozenset[str] = frozenset(), batch: int = 2000) -> int:
        """Count the next sealed rows; how many there were. One node at a time (the job's lease)."""
        first = self.setting(counts.CURSOR) or 0
        found = list(islice(log_rows.leaves(self._database, first, batch), batch))
        if found:
            counted = tally((leaf for _, leaf in found), unlisted)
            keys_counted = tally_keys(leaf for _, leaf in found)

            def work(unit: Unit) -> None:
                counts.add(unit, counted)
                key_use.add(unit, keys_counted)
                settings.save(unit, counts.CURSOR, found[-1][0] + 1)

            self._write(work)
        return len(found)

    def logins_of(self, service: str, since: int) -> Logins:
        """Logins and faults of a service since a day; of all services when it is empty."""
        return counts.of_service(self._database, service, since)

    def key_use(self, service: str, since: int) -> dict[str, float]:
        """The share of a service's logins since a day that each key proved, by key id; empty when there were none."""
        return key_use.shares(self._database, service, since)

    def faults_by_cause(self, service: str, since: int, until: int) -> tuple[CauseCount, ...]:
        """Faults of a service, or of all, by cause, most first."""
        return counts.by_cause(self._database, service, since, until)

    def logins_by_service(self, since: int, method: str, cause: str, count: int) -> ServiceCounts:
        """Since a day: the services with the most of a cause (`released`, `fault`, a code, or all) by a method (or any)."""
        return counts.by_service(self._database, since, method, cause, count)

    def logins_by_method(self, since: int) -> tuple[MethodCount, ...]:
        """How each method has fared since a day."""
        return counts.by_method(self._database, since)

    def logins_by_minute(self, since: int) -> tuple[MinuteCount, ...]:
        """The minutes since then in which anything happened."""
        return counts.by_minute(self._database, since)

    def log_notes(self) -> tuple[str, ...]:
        """The signed checkpoints kept here, oldest first."""
        return log.notes(self._database)
