"""Finding entries of the access log: by patient, employee, unit and provider, newest first, a page at a time.

Each combination of what is looked for is a statement of its own, so that each finds its index.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, select, tuple_

from broker.care.access_values import entry_number
from broker.storage import access_log
from broker.storage.access_log import ACCESS, ACTIVITIES, IDS, id_hash
from broker.storage.database import Database, Kept, Row
from broker.storage.log import LOG
from broker.storage.persons import PERSONS
from trust_framework.access_log import MOST_RESOURCES, AccessPage, AccessRow, AccessSought, record_of
from trust_framework.care import Activity

MOST: Final = 1000
"""Entries of a page."""

_A = ACCESS.c
_READ = (
    select(_A.record, _A.at, _A.person, _A.content, LOG.c.position, PERSONS.c.data_key)
    .select_from(ACCESS)
    .join(LOG, LOG.c.record == _A.record, isouter=True)
    .join(PERSONS, PERSONS.c.id == _A.person, isouter=True)
)
_CONDITIONS: Final[dict[str, Any]] = {
    "person": _A.person == bindparam("person"),
    "employee": _A.employee == bindparam("employee"),
    "provider": _A.provider == bindparam("provider"),
    "unit": _A.unit == bindparam("unit"),
    "source": (_A.source == bindparam("source")) & (_A.source != _A.provider),
    "activity": _A.activity == bindparam("activity"),
    "rarely": _A.activity != 0,
    "reference": _A.record.between(bindparam("first"), bindparam("last")),
}
_ONE = Kept(_READ.where(_A.record == bindparam("row")))
_REFERENCE = Kept(select(IDS.c.record, IDS.c.at).where(IDS.c.id == bindparam("id")))
_MANY = Kept(_READ.where(_A.record == any_(bindparam("rows", type_=ARRAY(BigInteger)))))
_NUMBERS_AT_ONCE: Final = 2000
_PLACE: Final = re.compile(r"([0-9]{1,12})-([0-9]{1,18})")  # within 64 bits


def _matching(names: frozenset[str]) -> list[Any]:
    found = [condition for name, condition in _CONDITIONS.items() if name in names]
    return [*found, _A.at >= bindparam("since"), _A.at <= bindparam("until")]


@cache
def _page(names: frozenset[str], after: bool) -> Kept:  # a key of the cache
    matching = _matching(names)
    if after:
        matching.append(tuple_(_A.at, _A.record) < tuple_(bindparam("before_at"), bindparam("before")))
    return Kept(_READ.where(*matching).order_by(_A.at.desc(), _A.record.desc()).limit(bindparam("count")))


@cache
def _numbers(names: frozenset[str]) -> Kept:
    matching = select(_A.record).where(*_matching(names))
    return Kept(matching.order_by(_A.at.desc(), _A.record.desc()).limit(bindparam("count")))


@cache
def _count(names: frozenset[str]) -> Kept:
    some = select(_A.record).where(*_matching(names)).limit(bindparam("most")).subquery()
    return Kept(select(func.count()).select_from(some))


def _asked(database: Database, sought: AccessSought) -> tuple[frozenset[str], dict[str, Any]]:
    """What is looked for: the names of the conditions, and their values."""
    values: dict[str, Any] = {
        n: getattr(sought, n) for n in ("person", "provider", "unit", "source") if getattr(sought, n)
    }
    if sought.employee:
        values["employee"] = access_log.employee_hash(database, sought.employee)
    conditions = set(values)
    if sought.activity:
        values["activity"] = ACTIVITIES[Activity(sought.activity)]
        conditions |= {"activity", *_where_rare(sought, values["activity"])}
    return frozenset(conditions), {**values, "since": sought.since, "until": sought.until}


def _where_rare(sought: AccessSought, activity: int) -> set[str]:
    """The words of the index of rarer activities, where nothing else finds fewer."""
    return {"rarely"} if activity and sought.provider and not (sought.person or sought.employee) else set()


def page(database: Database, sought: AccessSought, before: str | None = None, count: int = 50) -> AccessPage:
    """A page, the newest first. Entries of patients who were forgotten are passed over. Raises ValueError for a `before` that
    no page gave.
    """
    if sought.reference:
        return AccessPage(_referred(database, sought))
    names, values = _asked(database, sought)
    if before is not None:
        at, number = _place(before)
        values |= {"before_at": at, "before": number, "until": min(sought.until, at)}
    wanted = min(count, MOST)
    rows = database.rows(_page(names, before is not None), {**values, "count": wanted + 1})
    shown = rows[:wanted]
    return AccessPage(_opened(database, shown), f"{shown[-1][1]}-{shown[-1][0]}" if len(rows) > wanted else None)


def _referred(database: Database, sought: AccessSought) -> tuple[AccessRow, ...]:
    """The entries of the one record that has an id. Their numbers are in a row, and then come those of others of its call."""
    wanted = sought.reference.lower()
    found = database.row(_REFERENCE, {"id": id_hash(sought.provider, wanted)})
    if found is None or not sought.since <= found[1] <= sought.until:
        return ()
    names, values = _asked(database, sought)
    values |= {"first": found[0], "last": found[0] + MOST_RESOURCES - 1, "since": found[1], "until": found[1]}
    rows = database.rows(_page(names | {"reference"}, after=False), {**values, "count": MOST_RESOURCES})
    return tuple(row for row in _opened(database, rows) if row.record.id == wanted)


def _place(before: str) -> tuple[int, int]:
    """Where a page ended. Raises ValueError."""
    found = _PLACE.fullmatch(before)
    if found is None:
        raise ValueError(before)
    return int(found[1]), int(found[2])


def count(database: Database, sought: AccessSought, most: int) -> int:
    """How many entries there are, counted up to a bound."""
    if sought.reference:
        return min(len(_referred(database, sought)), most)
    names, values = _asked(database, sought)
    found = database.row(_count(names), {**values, "most": most})
    return found[0] if found else 0


def row(database: Database, id: str) -> AccessRow | None:
    """An entry by its id; None when it is unknown or can no longer be read."""
    number = entry_number(id)
    return None if number is None else next(iter(_opened(database, database.rows(_ONE, {"row": number}))), None)


def numbers(database: Database, sought: AccessSought, most: int) -> tuple[int, ...]:
    """The numbers of the entries, the newest first."""
    names, values = _asked(database, sought)
    return tuple(found[0] for found in database.rows(_numbers(names), {**values, "count": most}))


def rows(database: Database, numbers: Sequence[int]) -> tuple[AccessRow, ...]:
    """Those of these entries that can be read, in their order."""
    found: dict[str, AccessRow] = {}
    for first in range(0, len(numbers), _NUMBERS_AT_ONCE):
        some = numbers[first : first + _NUMBERS_AT_ONCE]
        read = (
            [row for number in some for row in database.rows(_ONE, {"row": number})]
            if database.sqlite
            else database.rows(_MANY, {"rows": list(some)})
        )
        found.update((row.id, row) for row in _opened(database, read))
    return tuple(found[str(number)] for number in numbers if str(number) in found)


def _opened(database: Database, rows: Iterable[Row]) -> tuple[AccessRow, ...]:
    keys: dict[str, bytes | None] = {"": None}
    found = []
    for number, _, person, sealed, position, key in rows:
        if person not in keys:
            keys[person] = database.vault.open("person-key", key, person.encode()) if key else None
        texts = access_log.opened(database.vault, keys[person], number, person, sealed)
        if texts is not None:
            found.append(AccessRow(str(number), person, record_of(*texts), texts[0], position, texts[1]))
    return tuple(found)
