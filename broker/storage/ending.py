"""What of the register runs out, by when it does: everything, a member's, or what does within a time.

An entry stands in the index with the first of its ends. Of what another federation tells, and of what is stopped or has left,
nothing need be renewed here.
"""

from typing import Any, Final

from sqlalchemy import and_, bindparam, func, not_, select, tuple_

from broker.federation.notices import SILENT
from broker.federation.register import FEED, EntryPage, ListedEntry
from broker.storage.cursors import END_OF_TIME, instant
from broker.storage.database import Database, Kept
from broker.storage.register import INDEX, LISTED, listed

_I: Final = INDEX.c
_EXPIRING = Kept(select(*LISTED).where(_I.expires_at <= bindparam("before")).order_by(_I.expires_at, _I.kind, _I.id))


def _paged(narrowing: Any) -> Kept:
    after = tuple_(_I.expires_at, _I.kind, _I.id) > tuple_(*map(bindparam, ("at", "kind", "after")))
    found = select(*LISTED).where(narrowing, after)
    return Kept(found.order_by(_I.expires_at, _I.kind, _I.id).limit(bindparam("count")))


_ENDS_OF = and_(_I.org == bindparam("org"), _I.expires_at.is_not(None))
_ENDING, _HOW_MANY = _paged(_ENDS_OF), Kept(select(func.count()).where(_ENDS_OF, _I.expires_at <= bindparam("before")))
_WITHIN = and_(
    _I.expires_at > bindparam("since"),
    _I.expires_at <= bindparam("before"),
    not_(_I.origin.like(f"{FEED}%")),
    *(_I.state != state for state in sorted(SILENT)),
)
_ENDING_WITHIN, _HOW_MANY_WITHIN = _paged(_WITHIN), Kept(select(func.count()).where(_WITHIN))


def expiring(database: Database, before: int) -> tuple[ListedEntry, ...]:
    """What runs out before a time, or has, the soonest first."""
    return tuple(listed(row) for row in database.rows(_EXPIRING, {"before": before}))


def of_member(database: Database, org: str, after: str, count: int) -> EntryPage:
    """A page of a member's entries of which something runs out, or has, the soonest first."""
    return _page(database, _ENDING, {"org": org}, after, count, count_of(database, org, END_OF_TIME))


def count_of(database: Database, org: str, before: int) -> int:
    """Of how many of a member's entries something runs out before a time, or has."""
    return int(database.rows(_HOW_MANY, {"org": org, "before": before})[0][0])


def within(database: Database, since: int, before: int, after: str, count: int) -> EntryPage:
    """A page of the entries of the federation of which something runs out in that time, the soonest first."""
    span = {"since": since, "before": before}
    return _page(database, _ENDING_WITHIN, span, after, count, count_within(database, since, before))


def count_within(database: Database, since: int, before: int) -> int:
    """How many those are."""
    return int(database.rows(_HOW_MANY_WITHIN, {"since": since, "before": before})[0][0])


def _page(database: Database, page: Kept, of: dict[str, Any], after: str, count: int, total: int) -> EntryPage:
    at, kind, id_ = _position(after)
    rows = database.rows(page, {**of, "at": at, "kind": kind, "after": id_, "count": count + 1})
    found = tuple(listed(row) for row in rows[:count])
    more = f"{found[-1].about.expires_at}.{found[-1].kind}.{found[-1].id}" if len(rows) > count else None
    return EntryPage(found, total, more)


def _position(after: str) -> tuple[int, str, str]:
    at, _, place = after.partition(".")
    kind, dot, id_ = place.partition(".")
    found = instant(at) if dot else None
    return (-1, "", "") if found is None else (found, kind, id_)
