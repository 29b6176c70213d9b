"""What the log service and storage pass between them: records to store, what is read, reports that are made in the background."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from broker.audit.checkpoint import Verifier
from broker.login.effects import Change
from trust_framework.access_log import AccessPage, AccessRecord, AccessRow, AccessSought
from trust_framework.staff_told import Reader

MOST_ROWS: Final = 10_000
"""Entries of an answer: more is MAX_QUERY_RESULT_EXCEEDED."""

REPORT_DAYS: Final = 7
"""Days that a finished report can be fetched."""


@dataclass(frozen=True, slots=True)
class StoreAccess(Change):
    """Store checked records, each of them or none; `by` is who asked for it. Raises LogIdTaken."""

    records: tuple[AccessRecord, ...]
    at: int
    by: str


def entry_number(id: str) -> int | None:
    """The number of an entry by its id; None for what is no id."""
    return int(id) if id.isascii() and id.isdigit() and len(id) < 19 else None  # noqa: PLR2004  # digits of 64 bits


class LogIdTaken(Exception):
    """A record of the same care provider has such a log id already. Nothing of the call was stored."""


class ReportState(StrEnum):
    """How far a report has come."""

    ON_QUEUE = "REPORT_ON_QUEUE"
    IN_PROCESS = "REPORT_IN_PROCESS"
    DONE = "OK"


@dataclass(frozen=True, slots=True)
class AccessReport:
    """A question that is answered later. `by` asked, and alone gets the answer, as `reader` is told it; `entries` are its numbers
    once it is done.
    """

    id: str
    by: str
    sought: AccessSought
    reader: Reader
    made_at: int
    state: ReportState = ReportState.ON_QUEUE
    entries: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueReport(Change):
    """Make this report in the background."""

    report: AccessReport


class AccessLogStore(Protocol):
    """What is read of the access log. `broker.storage.storage.Storage` implements it."""

    def access_page(self, sought: AccessSought, before: str | None = None, count: int = 50) -> AccessPage:
        """Entries, the newest first; `before` is the `before` of the page after which this one comes."""
        ...

    def access_count(self, sought: AccessSought, most: int) -> int:
        """How many entries there are, counted up to a bound."""
        ...

    def access_row(self, id: str) -> AccessRow | None:
        """An entry by its id; None when it is unknown, or nobody can read it any more."""
        ...

    def access_rows(self, ids: Sequence[int]) -> tuple[AccessRow, ...]:
        """Those of these entries that can be read, the newest first."""
        ...

    def access_report(self, id: str) -> AccessReport | None:
        """A report, made or not; None when it is unknown or was thrown away."""
        ...

    def access_reports_waiting(self) -> int:
        """How many reports are not made yet."""
        ...

    def log_verifiers(self) -> Sequence[Verifier]:
        """The keys that may have signed checkpoints."""
        ...

    def log_proofs(self, positions: Sequence[int]) -> tuple[str, Mapping[int, tuple[bytes, tuple[bytes, ...]]]]:
        """The newest signed checkpoint, and the leaf and inclusion proof of each of these positions that it covers."""
        ...
