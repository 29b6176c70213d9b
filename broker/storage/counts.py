"""Logins and faults as numbers, kept up by a job that follows the log (`broker.audit.tally`)."""

from collections.abc import Mapping

from sqlalchemy import Executable, Text, and_, bindparam, case, cast, func, or_, select

from broker.audit.tally import DAY, EVERYTHING, FAULT, GOOD, MINUTE, RELEASED, Cell, Count
from broker.federation.numbers import CauseCount, Logins, MethodCount, MinuteCount, ServiceCounts
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, table, text

COUNTS = table(
    "login_counts",
    About(
        "How many logins a service had, and how many failed of what",
        "Public interest: running the federation (GDPR 6.1 e); no person is in the numbers",
        "Minutes for two days, days for 400 days",
    ),
    number("span", "60 or 86400: the length of what is counted", primary_key=True, autoincrement=False),
    text("service", "The service's id; empty for all together", primary_key=True),
    number("starts_at", "When the minute or day began", primary_key=True, autoincrement=False),
    text("method", "The login method; empty by the minute", primary_key=True),
    text("cause", "Why it failed; empty for a login that was answered", primary_key=True),
    number("number", "How many"),
    number("last_at", "When last"),
    sqlite_with_rowid=False,
)
CURSOR = "counted"
"""The mark that says up to which position the log has been counted."""

_C = COUNTS.c
_NAMES = ("span", "service", "starts_at", "method", "cause", "number", "last_at")


def _add(insert: InsertOf) -> Executable:
    new = insert(COUNTS).values({name: bindparam(name) for name in _NAMES})
    newer = case((new.excluded.last_at > _C.last_at, new.excluded.last_at), else_=_C.last_at)
    changed = {"number": _C.number + new.excluded.number, "last_at": newer}
    return new.on_conflict_do_update(index_elements=list(_NAMES[:5]), set_=changed)  # type: ignore[no-any-return]


_ADD = Kept(_add)
_good = func.sum(case((_C.cause == GOOD, _C.number), else_=0))
_bad = func.sum(case((_C.cause != GOOD, _C.number), else_=0))
_since = _C.starts_at >= bindparam("since")
_OF_SERVICE = Kept(select(_good, _bad).where(_C.span == DAY, _C.service == bindparam("of"), _since))
_CAUSES = Kept(
    select(_C.cause, func.sum(_C.number))
    .where(_C.span == DAY, _C.service == bindparam("of"), _since, _C.starts_at < bindparam("until"), _C.cause != GOOD)
    .group_by(_C.cause)
)
_METHODS = Kept(
    select(_C.method, _good, _bad, func.max(case((_C.cause == GOOD, _C.last_at), else_=0)))
    .where(_C.span == DAY, _C.service == EVERYTHING, _since, _C.method != "")
    .group_by(_C.method)
    .order_by(_C.method)
)
_wanted = cast(bindparam("cause"), Text)
_of_cause = or_(
    _wanted == EVERYTHING,
    and_(_wanted == RELEASED, _C.cause == GOOD),
    and_(_wanted == FAULT, _C.cause != GOOD),
    and_(_wanted != EVERYTHING, _C.cause == _wanted),
)
_by_method = cast(bindparam("method"), Text)
_asked = and_(_C.span == DAY, _since, or_(_by_method == "", _C.method == _by_method), _of_cause)
_SERVICES = Kept(
    select(_C.service, func.sum(_C.number).label("number"))
    .where(_asked, _C.service != EVERYTHING)
    .group_by(_C.service)
    .order_by(func.sum(_C.number).desc(), _C.service)
    .limit(bindparam("count"))
)
_HOW_MANY = Kept(select(func.count(func.distinct(_C.service))).where(_asked, _C.service != EVERYTHING))
_TOGETHER = Kept(select(func.coalesce(func.sum(_C.number), 0)).where(_asked, _C.service == EVERYTHING))
_MINUTES = Kept(
    select(_C.starts_at, _good, func.sum(case((_C.cause == FAULT, _C.number), else_=0)))
    .where(_C.span == MINUTE, _C.service == EVERYTHING, _since)
    .group_by(_C.starts_at)
    .order_by(_C.starts_at)
)


def add(unit: Unit, counted: Mapping[Cell, Count]) -> None:
    """Add what was counted to what was."""
    for cell in sorted(counted, key=lambda each: (each.span, each.service, each.starts_at, each.method, each.cause)):
        kept = {name: getattr(cell, name) for name in _NAMES[:5]}
        unit.run(_ADD, {**kept, "number": counted[cell].number, "last_at": counted[cell].last_at})


def of_service(database: Database, service: str, since: int) -> Logins:
    """Logins and faults of a service, or of all, from the day of `since` on."""
    found = database.row(_OF_SERVICE, {"of": service, "since": since - since % DAY})
    return Logins(found[0] or 0, found[1] or 0) if found else Logins()


def by_cause(database: Database, service: str, since: int, until: int) -> tuple[CauseCount, ...]:
    """Faults by cause between two days, most first."""
    days = {"since": since - since % DAY, "until": until - until % DAY + DAY}
    rows = database.rows(_CAUSES, {"of": service, **days})
    return tuple(CauseCount(*row) for row in sorted(rows, key=lambda row: (-row[1], row[0])))


def by_method(database: Database, since: int) -> tuple[MethodCount, ...]:
    """How each method has fared since a day, and when it last identified anybody (0: not since)."""
    return tuple(MethodCount(*row) for row in database.rows(_METHODS, {"since": since - since % DAY}))


def by_service(database: Database, since: int, method: str, cause: str, count: int) -> ServiceCounts:
    """Since a day: the services with the most of a cause (`released`, `fault`, a code, or all) by a method (or any)."""
    asked = {"since": since - since % DAY, "method": method, "cause": cause}
    rows = tuple((service, int(number)) for service, number in database.rows(_SERVICES, {**asked, "count": count}))
    services, number = (database.rows(one, asked)[0][0] for one in (_HOW_MANY, _TOGETHER))
    return ServiceCounts(rows, int(services), int(number))


def by_minute(database: Database, since: int) -> tuple[MinuteCount, ...]:
    """The minutes since then in which anything happened."""
    return tuple(MinuteCount(*row) for row in database.rows(_MINUTES, {"since": since - since % MINUTE}))
