"""When an employee read many patients, found by the database: an hour of a large care provider has more accesses than a process
should hold.

A patient counts from an access on until the span is over, or until the same employee reads them again and they count anew. What
begins and what ends, in order of time, adds up to the patients whom the employee read within the span before. The spans before
each time at which these are too many, one upon the other, are a crowd.
"""

from typing import Any, Final

from sqlalchemy import Integer, and_, bindparam, case, cast, func, literal_column, or_, select, union_all

from broker.storage.access_log import ACCESS
from broker.storage.database import Database, Kept
from broker.storage.review_drawing import OF_TIME, of_time
from trust_framework.log_drawing import Selection
from trust_framework.log_review import Crowd

_A = ACCESS.c
_WITHIN: Final = cast(bindparam("within"), Integer)


def _statement() -> Any:
    read = _read()
    over = case(
        (or_(read.c.again.is_(None), read.c.again > read.c.at + _WITHIN), read.c.at + _WITHIN + 1), else_=read.c.again
    )
    turns = union_all(
        select(read.c.employee, read.c.at, literal_column("1").label("turn")),
        select(read.c.employee, over, literal_column("-1")),
    ).subquery()
    at_once = (
        select(turns.c.employee, turns.c.at, func.sum(turns.c.turn).label("turn"))
        .group_by(turns.c.employee, turns.c.at)
        .subquery()
    )
    counted = select(at_once.c.employee, at_once.c.at, _so_far(at_once, at_once.c.turn).label("patients")).subquery()
    return _joined(
        select(counted.c.employee, counted.c.at)
        .where(counted.c.patients > cast(bindparam("patients"), Integer))
        .subquery()
    )


def _read() -> Any:
    """The accesses, each with when the same employee read the same patient again."""
    again = func.lead(_A.at).over(partition_by=(_A.employee, _A.person), order_by=_A.at)
    return select(_A.employee, _A.at, again.label("again")).where(OF_TIME).cte("read")


def _so_far(rows: Any, column: Any) -> Any:
    """What a column adds up to, of an employee's rows until this."""
    return func.sum(column).over(partition_by=rows.c.employee, order_by=rows.c.at)


def _joined(many: Any) -> Any:
    """Times with many patients; those that follow each other within the span are one crowd, which begins with the span before."""
    before = func.lag(many.c.at).over(partition_by=many.c.employee, order_by=many.c.at)
    begun = select(
        many.c.employee, many.c.at, case((many.c.at - before <= _WITHIN, 0), else_=1).label("new")
    ).subquery()
    numbered = select(begun.c.employee, begun.c.at, _so_far(begun, begun.c.new).label("crowd")).subquery()
    since, until = func.min(numbered.c.at) - _WITHIN, func.max(numbered.c.at)
    return (
        select(numbered.c.employee, since, until)
        .group_by(numbered.c.employee, numbered.c.crowd)
        .having(and_(until >= bindparam("first"), since <= bindparam("last")))
    )


_CROWDS: Final = Kept(_statement())


def crowds(database: Database, selection: Selection, since: int, until: int) -> tuple[Crowd, ...]:
    """The crowds that reach into a time. What was read a span before it and after it counts too."""
    within = selection.limits.within
    values = {
        **of_time(selection),
        "since": max(since - within, selection.since),
        "until": min(until + within, selection.until),
        "within": within,
        "patients": selection.limits.patients,
        "first": since,
        "last": until,
    }
    return tuple(Crowd(bytes(employee).hex(), *times) for employee, *times in database.rows(_CROWDS, values))
