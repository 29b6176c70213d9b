"""What the log is searched by: how each request of a service ended, by its reference and by service and time.

Rows are made of the leaves when these are sealed, in the same transaction, so that no login waits for them; what was written
within the last second is looked for among the events that still wait. Nothing here is of any weight as evidence: the leaf is.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, Index, Text, and_, bindparam, cast, column, func, literal_column, or_, select

from broker.audit.trace import RELEASED, Finding, Logged, LoggedPage, Sought, finding, finding_of
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.log import LOG, pending
from broker.storage.tables import About, number, table, text

REFERENCES = table(
    "log_references",
    About(
        "How requests of services ended, to find them in the log by reference, service and time",
        "Accountability: who was let in, and why not, must be answerable (GDPR 5.2)",
        "As long as the log",
    ),
    number("position", "Place in the log", primary_key=True, autoincrement=False),
    text("reference", "The reference that the person was shown"),
    text("service", "The service's id"),
    number("at", "When it ended"),
    text("result", "`released`, or the code of the reason"),
    text("method", "The login method"),
    text("event", "Kind of event"),
    text("person", "The register's random id of who logged in, empty where nobody did", nullable=True),
    text("on_behalf", "The representation by which they acted for another", nullable=True),
    Index(None, "reference"),
    Index("ix_log_references_service", "service", "position"),
    Index("ix_log_references_person", "person", "position"),
    Index(
        "ix_log_references_on_behalf",
        "on_behalf",
        "position",
        postgresql_where=column("on_behalf").is_not(None),
        sqlite_where=column("on_behalf").is_not(None),
    ),
)
_R, _L = REFERENCES.c, LOG.c
HOUR = 3600


def _any_or(column: Any, name: str) -> Any:
    given = cast(bindparam(name), Text)
    return or_(given == "", column == given)


def _add(insert: InsertOf) -> Executable:
    """What stands at a position of an older log that was put back gives way: the log is the truth, this its index."""
    new = insert(REFERENCES).values({c.name: bindparam(c.name) for c in REFERENCES.columns})
    changed = {c.name: new.excluded[c.name] for c in REFERENCES.columns if not c.primary_key}
    return new.on_conflict_do_update(index_elements=["position"], set_=changed)  # type: ignore[no-any-return]


_ADD = Kept(_add)
_BY_REFERENCE = Kept(
    select(_L.position, _L.leaf)
    .join(REFERENCES, _R.position == _L.position)
    .where(_R.reference == bindparam("reference"))
    .order_by(_R.position)
)
_MATCHES = and_(
    _R.service == bindparam("service"),
    _R.at >= bindparam("since"),
    _R.at < bindparam("until"),
    _any_or(_R.result, "result"),
    _any_or(_R.method, "method"),
    or_(bindparam("faults", type_=_R.at.type) == 0, _R.result != RELEASED),
)
_PAGE = Kept(
    select(_L.position, _L.leaf)
    .join(REFERENCES, _R.position == _L.position)
    .where(_MATCHES, _R.position < bindparam("before"))
    .order_by(_R.position.desc())
    .limit(bindparam("count"))
)
_COUNT = Kept(select(func.count()).where(_MATCHES))
_OWN = and_(_R.person == bindparam("person"), _R.at >= bindparam("since"))
_OF_PERSON = Kept(
    select(_L.position, _L.leaf)
    .join(REFERENCES, _R.position == _L.position)
    .where(_OWN, _R.position < bindparam("before"))
    .order_by(_R.position.desc())
    .limit(bindparam("count"))
)
_COUNT_OF_PERSON = Kept(select(func.count()).where(_OWN))
_FOR_ANOTHER = and_(_R.on_behalf == bindparam("on_behalf"), _R.at >= bindparam("since"))
_BY_REPRESENTATION = Kept(
    select(_L.position, _L.leaf)
    .join(REFERENCES, _R.position == _L.position)
    .where(_FOR_ANOTHER, _R.position < bindparam("before"))
    .order_by(_R.position.desc())
    .limit(bindparam("count"))
)
_COUNT_BY_REPRESENTATION = Kept(select(func.count()).where(_FOR_ANOTHER))
_hour = (_R.at // literal_column(str(HOUR))).label("hour")
_HOURS = Kept(select(_hour, _R.result, func.count()).where(_MATCHES).group_by(literal_column("hour"), _R.result))


def note(unit: Unit, base: int, leaves: Sequence[bytes]) -> None:
    """Write what leaves are found by; the first of them has the position `base`."""
    found = ((base + place, finding(leaf)) for place, leaf in enumerate(leaves))
    unit.run_many(_ADD, [_row(position, one) for position, one in found if one is not None])


def _row(position: int, one: Finding) -> dict[str, Any]:
    return {
        "position": position,
        "reference": one.reference,
        "service": one.service,
        "at": one.at,
        "result": one.result,
        "method": one.method,
        "event": one.event,
        "person": one.person,
        "on_behalf": one.on_behalf or None,
    }


def by_reference(database: Database, reference: str) -> tuple[Logged, ...]:
    """The events with a reference, oldest first; those that still wait to be sealed last."""
    sealed = _logged(database.rows(_BY_REFERENCE, {"reference": reference}))
    named = f'"reference":"{reference}"'.encode()
    waiting = (json.loads(leaf) for leaf in pending(database) if named in leaf)
    fresh = tuple(Logged(None, event) for event in waiting if event.get("reference") == reference and finding_of(event))
    return (*sealed, *fresh)


def page(database: Database, sought: Sought, before: int = 2**62, count: int = 50) -> LoggedPage:
    """A page of a service's logins and faults, the newest first."""
    matching = _values(sought)
    rows = database.rows(_PAGE, {**matching, "before": before, "count": count + 1})
    total = database.rows(_COUNT, matching)[0][0]
    shown = _logged(rows[:count])
    return LoggedPage(shown, total, shown[-1].position if len(rows) > count else None)


def hours(database: Database, sought: Sought) -> tuple[tuple[int, str, int], ...]:
    """How many ended how in each hour: its first second, the result, the number."""
    return tuple((int(hour) * HOUR, result, n) for hour, result, n in database.rows(_HOURS, _values(sought)))


def of_person(database: Database, person: str, since: int, before: int = 2**62, count: int = 50) -> LoggedPage:
    """A page of a person's own logins since an instant, the newest first."""
    return _since(database, (_OF_PERSON, _COUNT_OF_PERSON), {"person": person, "since": since}, before, count)


def by_representation(database: Database, id: str, since: int, before: int = 2**62, count: int = 50) -> LoggedPage:
    """A page of the logins for another by a representation, the newest first."""
    asked = {"on_behalf": id, "since": since}
    return _since(database, (_BY_REPRESENTATION, _COUNT_BY_REPRESENTATION), asked, before, count)


def _since(
    database: Database, statements: tuple[Kept, Kept], asked: Mapping[str, Any], before: int, count: int
) -> LoggedPage:
    page_, count_ = statements
    rows = database.rows(page_, {**asked, "before": before, "count": count + 1})
    total = database.rows(count_, asked)[0][0]
    shown = _logged(rows[:count])
    return LoggedPage(shown, total, shown[-1].position if len(rows) > count else None)


def waiting(database: Database, name: str, value: str) -> tuple[Logged, ...]:
    """Logins of the last second, which are not sealed yet, the newest first: those of a person, or `on_behalf` of another."""
    named = f'"{name}":"{value}"'.encode()
    events = [json.loads(leaf) for leaf in pending(database) if named in leaf]
    return tuple(Logged(None, e) for e in reversed(events) if e.get(name) == value and finding_of(e))


def _values(sought: Sought) -> dict[str, Any]:
    return {
        "service": sought.service,
        "result": sought.result,
        "method": sought.method,
        "faults": int(sought.faults),
        "since": sought.since,
        "until": sought.until,
    }


def _logged(rows: Iterable[Any]) -> tuple[Logged, ...]:
    return tuple(Logged(position, json.loads(leaf)) for position, leaf in rows)
