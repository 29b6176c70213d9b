"""Questions to the access log that are answered in the background: queued, made by a job, fetched by who asked.

A report holds the numbers of its entries and nothing of what they say, so forgetting a patient is true of reports too.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Index, bindparam, func, insert, select, update

from broker.care.access_values import REPORT_DAYS, AccessReport, QueueReport, ReportState
from broker.storage.codec import Codec, dumps, loads
from broker.storage.database import Database, Kept, Row, Unit
from broker.storage.tables import About, number, octets, table, text
from trust_framework.access_log import AccessSought
from trust_framework.staff_told import Reader

REPORTS = table(
    "access_log_reports",
    About(
        "Questions to the access log that are answered later",
        "Who read what of a patient must be answerable (Patient Data Act 2008:355)",
        "A week",
    ),
    text("id", "Random id", primary_key=True),
    text("by", "Who asked: a client, or a person's id"),
    text("state", "Whether it waits, is being made, or is done"),
    number("made_at", "When it was asked"),
    number("expires_at", "When it is thrown away"),
    text("reader", "As whom they asked: how much of staff the answer tells"),
    octets("sought", "What was asked for, sealed"),
    octets("entries", "Numbers of the entries that answer it, sealed", nullable=True),
    Index(None, "state", "made_at"),
    Index(None, "expires_at"),
)
_C = REPORTS.c
_SOUGHT: Final[Codec[AccessSought]] = Codec(AccessSought)
_PURPOSE: Final = "access-report"
_DAY: Final = 86_400
_KEEP = Kept(insert(REPORTS).values({c.name: bindparam(c.name) for c in REPORTS.columns}))
_READ = select(_C.id, _C.by, _C.state, _C.made_at, _C.reader, _C.sought, _C.entries)
_ONE = Kept(_READ.where(_C.id == bindparam("row")))
_OLDEST = Kept(_READ.where(_C.state != ReportState.DONE.value).order_by(_C.made_at, _C.id).limit(1))
_WAITING = Kept(select(func.count()).where(_C.state != ReportState.DONE.value))
_MOVE = Kept(
    update(REPORTS).where(_C.id == bindparam("row")).values(state=bindparam("state"), entries=bindparam("entries"))
)


def keep(unit: Unit, change: QueueReport) -> None:
    """Queue a report."""
    report = change.report
    unit.run(
        _KEEP,
        {
            "id": report.id,
            "by": report.by,
            "state": report.state.value,
            "made_at": report.made_at,
            "expires_at": report.made_at + REPORT_DAYS * _DAY,
            "reader": report.reader.value,
            "sought": unit.vault.seal(_PURPOSE, _SOUGHT.encode(report.sought), report.id.encode()),
            "entries": None,
        },
    )


def read(database: Database, id: str) -> AccessReport | None:
    """A report by its id."""
    return _report(database, database.row(_ONE, {"row": id}))


def oldest(database: Database) -> AccessReport | None:
    """The one to make next."""
    return _report(database, database.row(_OLDEST, {}))


def waiting(database: Database) -> int:
    """How many are not made yet."""
    found = database.row(_WAITING, {})
    return found[0] if found else 0


def _report(database: Database, row: Row | None) -> AccessReport | None:
    if row is None:
        return None
    id_, by, state, made_at, reader, sought, entries = row
    asked = _SOUGHT.decode(database.vault.open(_PURPOSE, sought, id_.encode()))
    numbers = loads(database.vault.open(_PURPOSE, entries, id_.encode())) if entries else ()
    return AccessReport(id_, by, asked, Reader(reader), made_at, ReportState(state), tuple(numbers))


def move(unit: Unit, report: AccessReport) -> None:
    """Note how far a report has come."""
    entries = unit.vault.seal(_PURPOSE, dumps(list(report.entries)), report.id.encode()) if report.entries else None
    row: Mapping[str, Any] = {"row": report.id, "state": report.state.value, "entries": entries}
    unit.run(_MOVE, row)
