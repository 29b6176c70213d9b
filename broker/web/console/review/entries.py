"""Entries of the access log as reviewers meet them: as a row, with all that they say, every one; and that they were read."""

from collections.abc import Sequence
from typing import Final

from broker.audit.care_events import AccessLogRead
from broker.web.console.review.desk import Desk
from broker.web.console.sheet import Cell, Column, at, text
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.ports import ConsoleStore
from trust_framework.access_log import AccessRow, AccessSought
from trust_framework.care import Activity
from trust_framework.staff_told import AsTold

SHOWN: Final = tuple(
    Column(said="review." + name) for name in ("at", "activity", "employee", "unit", "patient", "type")
)
_BATCH: Final = 500
ACTIVITIES: Final = {
    Activity.READ: {"sv": "Läsa", "en": "Read"},
    Activity.WRITE: {"sv": "Skriva", "en": "Write"},
    Activity.SIGN: {"sv": "Signera", "en": "Sign"},
    Activity.PRINT: {"sv": "Utskrift", "en": "Print"},
    Activity.COUNTERSIGN: {"sv": "Vidimera", "en": "Countersign"},
    Activity.DELETE: {"sv": "Radera", "en": "Delete"},
    Activity.EMERGENCY: {"sv": "Nödöppning", "en": "Emergency opening"},
}
"""What each activity of the contract is called."""


class TooLong(Exception):
    """There are more entries than a file may have."""


def every(store: ConsoleStore, sought: Sequence[AccessSought], most: int) -> tuple[AccessRow, ...]:
    """All entries. Raises TooLong when there are more, before any is read."""
    if sum(store.access_count(each, most + 1) for each in sought) > most:
        raise TooLong
    found: list[AccessRow] = []
    for each in sought:
        before, more = None, True
        while more:
            page = store.access_page(each, before, _BATCH)
            found += page.rows
            before, more = page.before, page.before is not None
    if len(found) > most:  # more came meanwhile
        raise TooLong
    return tuple(found)


def note(
    here: Desk, what: str, reason: str, rows: int, *, person: str = "", since: int = 0, until: int = 0
) -> AccessLogRead:
    """That somebody read the log, and why."""
    return AccessLogRead(
        at=here.turn.now,
        reference=here.who.reference,
        what=what,
        purpose=reason,
        provider=here.id,
        person=person,
        since=since,
        until=until,
        rows=rows,
        by=here.who.person,
        kind=here.who.kind.value,
    )


def row_of(here: Desk, row: AsTold, url: str = "") -> tuple[Cell, ...]:
    """An entry as a row under `SHOWN`."""
    one, resource = row.record, row.record.resources[0]
    return (
        at(one.at, url),
        text(ACTIVITIES[Activity(one.activity)]),
        text(here.accessed_by(row)),
        text(one.unit_name or here.unit(one.unit)),
        text(here.patient(row.person, resource.patient)),
        text(types(row)),
    )


def types(row: AsTold) -> str:
    """What was accessed, each type once."""
    return ", ".join(dict.fromkeys(each.type for each in row.record.resources))


def own_row(here: Desk, turn: ConsoleTurn, id_: str) -> AccessRow:
    """An entry that the provider of the desk has to do with. Raises Missing."""
    row = turn.found(turn.store.access_row(id_))
    if here.id not in {row.record.provider, *(each.provider for each in row.record.resources)}:
        raise Missing
    return row


def facts_of(here: Desk, entry: AccessRow, *, whole: bool = True) -> tuple[tuple[str, Cell], ...]:
    """What an entry says, in words."""
    (row,) = here.told((entry,))
    one = row.record
    source = one.resources[0]
    found = (
        ("review.at", at(one.at)),
        ("review.activity", text(ACTIVITIES[Activity(one.activity)])),
        ("review.purpose", text(one.purpose)),
        ("review.employee", text(here.accessed_by(row))),
        ("review.position", text(one.title)),
        ("review.assignment", text(one.assignment)),
        ("review.unit", text(one.unit_name or here.unit(one.unit))),
        ("review.patient", text(here.patient(row.person, source.patient, whole=whole))),
        ("review.type", text(types(row))),
        ("review.source", text(source.unit_name or source.provider_name or source.provider)),
        ("review.system", text(one.system_name or one.system)),
        ("review.details", text(" ".join(part for part in (one.level, one.arguments) if part))),
        ("review.id", text(one.id)),
    )
    return tuple((key, cell) for key, cell in found if cell.text or cell.at is not None)
