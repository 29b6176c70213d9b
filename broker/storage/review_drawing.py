"""The accesses of a review as they are drawn from: a portion at a time in order of time, by their columns alone. And who came
back to whom day after day, counted by the database beforehand, since that is known of a whole time only.

Nothing is opened here: an entry is opened when somebody must know more of it than when, who, whose and where.
"""

from typing import Any, Final

from sqlalchemy import (
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    distinct,
    func,
    insert,
    select,
    tuple_,
)

from broker.care.review_values import PARTS, AccessPortion, AccessTrace, CountReturning, ForgetReturning, Traced
from broker.storage.access_log import ACCESS, ACTIVITIES
from broker.storage.database import Database, Kept, Unit
from broker.storage.filed import any_or
from broker.storage.log import LOG
from broker.storage.persons import PERSONS
from broker.storage.review_facts import among, in_batches
from broker.storage.tables import About, octets, table, text
from trust_framework.care import Activity
from trust_framework.days import DAY, clocks
from trust_framework.log_drawing import Selection

RETURNING = table(
    "care_review_returning",
    About(
        "Who read the same patient on many days, while a review that asks for it is drawn",
        "Care must review its logs (HSLF-FS 2016:40 4:9)",
        "Until the review is drawn",
    ),
    text("review", "The review", primary_key=True),
    octets("employee", "Keyed hash of the HSA-id of who read", primary_key=True),
    text("person", "The register's random id of the patient", primary_key=True),
    sqlite_with_rowid=False,
)
_EMERGENCY: Final = ACTIVITIES[Activity.EMERGENCY]
_CLOCKS: Final = 4
"""How the clock can stand within a year."""

_A, _R = ACCESS.c, RETURNING.c
OF_TIME = and_(
    _A.provider == bindparam("provider"),
    any_or(_A.unit, "unit"),
    _A.at >= bindparam("since"),
    _A.at <= bindparam("until"),
    _A.person != "",
)


def _day() -> Any:
    """The Swedish day of an access."""
    stands = [(_A.at < bindparam(f"c{n}"), cast(bindparam(f"a{n}"), Integer)) for n in range(_CLOCKS)]
    return (_A.at + case(*stands)) // DAY


_COUNTED = (
    select(cast(bindparam("review"), Text), _A.employee, _A.person)
    .where(OF_TIME, _A.employee >= bindparam("first"), _A.employee < bindparam("beyond"))
    .group_by(_A.employee, _A.person)
    .having(func.count(distinct(_day())) >= bindparam("days"))
)
_COUNT: Final = Kept(insert(RETURNING).from_select(["review", "employee", "person"], _COUNTED))
_FORGET = Kept(delete(RETURNING).where(_R.review == bindparam("of")))
_FORGET_PERSON = Kept(delete(RETURNING).where(_R.person == bindparam("whom")))


_PORTION = Kept(
    select(_A.record, _A.at, _A.employee, _A.person, _A.unit, _A.activity)
    .where(OF_TIME, tuple_(_A.at, _A.record) > tuple_(bindparam("at"), bindparam("record")))
    .order_by(_A.at, _A.record)
    .limit(bindparam("count"))
)
_SEALED = Kept(select(LOG.c.record).where(among(LOG.c.record), LOG.c.position < bindparam("size")))
_LIVING = Kept(select(PERSONS.c.id).where(among(PERSONS.c.id), PERSONS.c.data_key.is_not(None)))
_BACK = Kept(select(_R.employee, _R.person).where(_R.review == bindparam("review"), among(_R.person)))


def portion(database: Database, sought: Traced, count: int) -> AccessPortion:
    """The next accesses, in order of time: those that were sealed when the drawing began, of patients who are not forgotten. What
    else is known of each is read in batches by its key: a join would read all of the log for every portion.
    """
    at, record = sought.after
    since = max(at, sought.selection.since)
    values = {**of_time(sought.selection), "since": since, "at": at, "record": record, "count": count}
    rows = database.rows(_PORTION, values)
    people = {row[3] for row in rows}
    sealed = {row[0] for row in in_batches(database, _SEALED, (row[0] for row in rows), size=sought.size)}
    living = {row[0] for row in in_batches(database, _LIVING, people)}
    back = {(bytes(row[0]), row[1]) for row in in_batches(database, _BACK, people, review=sought.review)}
    traces = tuple(
        AccessTrace(
            str(number), begun, bytes(employee), person, unit, activity == _EMERGENCY, (employee, person) in back
        )
        for number, begun, employee, person, unit, activity in rows
        if number in sealed and person in living
    )
    return AccessPortion(traces, (rows[-1][1], rows[-1][0]) if rows else None)


def of_time(selection: Selection) -> dict[str, Any]:
    """The parameters of `OF_TIME`."""
    return {name: getattr(selection, name) for name in ("provider", "unit", "since", "until")}


def count(unit: Unit, change: CountReturning) -> None:
    """Count the days of a part of the employees, and keep who came back to whom on many."""
    selection = change.selection
    stands = clocks(selection.since, selection.until)
    stands += stands[-1:] * (_CLOCKS - len(stands))
    times = {f"c{n}": until for n, (until, _) in enumerate(stands)}
    aheads = {f"a{n}": ahead for n, (_, ahead) in enumerate(stands)}
    part = {"first": _bound(change.part), "beyond": _bound(change.part + 1)}
    within = of_time(selection)
    unit.run(_COUNT, {**within, **times, **aheads, **part, "review": change.review, "days": selection.limits.days})


def _bound(part: int) -> bytes:
    """Where a part of the employees begins, by the hash that they are kept under."""
    return bytes([part * 256 // PARTS]) if part < PARTS else b"\xff" * 33


def forget_review(unit: Unit, change: ForgetReturning) -> None:
    """The review is drawn."""
    unit.run(_FORGET, {"of": change.review})


def forget(unit: Unit, person: str) -> None:
    """The patient is forgotten."""
    unit.run(_FORGET_PERSON, {"whom": person})
