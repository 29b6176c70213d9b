"""One fsync for several commits: writers of one process that come at the same time share a SQLite transaction.

Making a commit durable costs more than all its statements. The first writer to come leads: it takes everybody who waits,
does each one's work inside a savepoint of its own, and commits once; nobody is answered before that commit is durable, and
one that fails takes back its own work only. PostgreSQL does the like by itself.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from broker.login.effects import StorageUnavailable
from broker.storage.database import BUSY_TIMEOUT, Database, Unit

T = TypeVar("T")

GATHERING = 0.001
"""Seconds that a leader waits for others when the last transaction had several: they are on their way."""

MOST = 64
"""Writers in one transaction, so that none waits for long."""


class _Ticket:
    """One writer's work, and what came of it."""

    __slots__ = ("error", "leads", "result", "turn", "work")

    def __init__(self, work: Callable[[Unit], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.leads = False
        self.turn = threading.Lock()
        self.turn.acquire()


class Grouping:
    """The queue of one database's writers in this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: list[_Ticket] = []
        self._guard = threading.Lock()
        self._led = False
        self._crowded = False

    def write(self, work: Callable[[Unit], T]) -> T:
        """Do the work in a transaction, alone or with others; return when it is durable. Raises what the work raises,
        and StorageUnavailable when the transaction could not be made durable.
        """
        ticket = _Ticket(work)
        with self._guard:
            self._queue.append(ticket)
            ticket.leads = not self._led
            self._led = True
        if not ticket.leads and not ticket.turn.acquire(timeout=2 * BUSY_TIMEOUT / 1000):
            self._give_up(ticket)
        if ticket.leads:
            self._lead()
        if ticket.error is not None:
            raise ticket.error
        return ticket.result  # type: ignore[no-any-return]

    def _give_up(self, ticket: _Ticket) -> None:
        """Waited too long. One who was just handed the lead must take it; of work under way the outcome is not known."""
        with self._guard:
            if ticket.leads:
                return
            if ticket in self._queue:
                self._queue.remove(ticket)
        raise StorageUnavailable("another write holds the database")

    def _lead(self) -> None:
        """Do one transaction for everybody who waits, then hand the lead to whoever came meanwhile."""
        if self._crowded:
            time.sleep(GATHERING)
        with self._guard:
            batch, self._queue = self._queue[:MOST], self._queue[MOST:]
        try:
            self._together(batch)
        except BaseException as error:  # noqa: BLE001  # each writer raises its own
            for ticket in batch:
                ticket.error = ticket.error or (error if ticket.leads else _for_another(error))
        finally:
            self._hand_over(batch)

    def _together(self, batch: list[_Ticket]) -> None:
        with Unit(self._database) as unit:
            if len(batch) == 1:
                batch[0].result = batch[0].work(unit)
                return
            for ticket in batch:
                self._apart(ticket, unit)

    def _apart(self, ticket: _Ticket, unit: Unit) -> None:
        """One writer's work inside a savepoint; an error that ended the whole transaction is everybody's."""
        unit.mark()
        try:
            ticket.result = ticket.work(unit)
        except Exception as error:
            if not unit.back_to_mark():
                raise
            ticket.error = self._database.told(error)
        else:
            unit.keep()

    def _hand_over(self, batch: list[_Ticket]) -> None:
        with self._guard:
            self._crowded = len(batch) > 1 or bool(self._queue)
            heir = self._queue[0] if self._queue else None
            self._led = heir is not None
            if heir is not None:
                heir.leads = True  # under the guard: one who gives up now sees it, and does not take the lead along
        for ticket in batch:
            if not ticket.leads:
                ticket.turn.release()
        if heir is not None:
            heir.turn.release()


def _for_another(error: BaseException) -> BaseException:
    """What a writer is told when the transaction that it shared came to nothing."""
    told = StorageUnavailable("the transaction could not be made durable")
    told.__cause__ = error
    return told
