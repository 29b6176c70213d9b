"""What is deleted when its time has passed, in batches that never hold the database long (DO-02)."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, select, tuple_

from broker.audit.tally import DAY as DAY_SPAN
from broker.audit.tally import MINUTE
from broker.storage.access_reports import REPORTS
from broker.storage.care_told import TOLD
from broker.storage.chained import CHAINED
from broker.storage.counts import COUNTS
from broker.storage.database import Kept, Unit
from broker.storage.fetches import ADDRESSES, FETCHES
from broker.storage.grants import GRANTS
from broker.storage.key_use import KEY_USE
from broker.storage.log import CHECKPOINTS
from broker.storage.logins import LOGINS
from broker.storage.notices import MAILS, NOTICES
from broker.storage.once import CONSUMED, ONCE
from broker.storage.sign_ons import PARTICIPANTS, SIGN_ONS
from broker.storage.test_runs import TEST_PRESETS, TEST_RUNS

GRACE = 900
"""Seconds that an expired row stays, so that a late comer is told what happened instead of that nothing is known."""

SKEW = 300
"""Seconds that a consumed id outlives its message: nodes and peers disagree about the time."""

WEEK, DAY = 7 * 86_400, 86_400
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of `table` whose `column` is more than `after` seconds ago go."""

    table: Table
    column: str
    after: int


RULES = (
    Rule(LOGINS, "expires_at", GRACE),
    Rule(ONCE, "keep_until", GRACE),
    Rule(CONSUMED, "expires_at", SKEW),
    Rule(GRANTS, "expires_at", GRACE),
    Rule(NOTICES, "expires_at", 365 * DAY),
    Rule(MAILS, "made_at", 90 * DAY),
    Rule(FETCHES, "last_at", 90 * DAY),
    Rule(ADDRESSES, "last_at", 90 * DAY),
    Rule(KEY_USE, "starts_at", 60 * DAY),
    Rule(CHAINED, "expires_at", GRACE),
    Rule(TEST_RUNS, "expires_at", GRACE),
    Rule(TEST_PRESETS, "expires_at", GRACE),
    Rule(REPORTS, "expires_at", GRACE),
    Rule(TOLD, "expires_at", GRACE),
)


def _batch(table: Table, gone: ColumnElement[bool]) -> Kept:
    key = tuple_(*table.primary_key.columns)
    old = select(*table.primary_key.columns).where(gone).limit(bindparam("count"))
    return Kept(delete(table).where(key.in_(old)))


_SPANS = {MINUTE: 2 * DAY, DAY_SPAN: 400 * DAY}
_SPENT = _batch(COUNTS, (COUNTS.c.span == bindparam("span")) & (COUNTS.c.starts_at < bindparam("before")))
_STATEMENTS = tuple((rule, _batch(rule.table, rule.table.c[rule.column] < bindparam("before"))) for rule in RULES)
_stale = select(SIGN_ONS.c.root).where(SIGN_ONS.c.renewed_at < bindparam("before")).limit(bindparam("count"))
_STALE = Kept(_stale)
_LEAVE = Kept(delete(PARTICIPANTS).where(PARTICIPANTS.c.root == bindparam("row")))
_END = Kept(delete(SIGN_ONS).where(SIGN_ONS.c.root == bindparam("row")))
_last_of_day = select(func.max(CHECKPOINTS.c.size)).group_by(CHECKPOINTS.c.at // bindparam("day"))
_THIN = Kept(delete(CHECKPOINTS).where(CHECKPOINTS.c.at < bindparam("before"), CHECKPOINTS.c.size.not_in(_last_of_day)))


def expire(unit: Unit, now: int, absolute: int, count: int = BATCH) -> int:
    """Delete one batch of each kind; how many rows went. Call again while it comes back with `count` or more.

    `absolute`: seconds after which an identification no longer counts, and with its last one a sign-on.
    """
    gone = 0
    for rule, statement in _STATEMENTS:
        gone += unit.run(statement, {"before": now - rule.after, "count": count})
    for span, kept in _SPANS.items():
        gone += unit.run(_SPENT, {"span": span, "before": now - kept, "count": count})
    return gone + _sign_ons(unit, now - absolute - GRACE, count)


def _sign_ons(unit: Unit, before: int, count: int) -> int:
    rows = unit.rows(_STALE, {"before": before, "count": count})
    for (root,) in rows:
        unit.run(_LEAVE, {"row": root})
        unit.run(_END, {"row": root})
    return len(rows)


def thin_checkpoints(unit: Unit, now: int) -> int:
    """Of checkpoints older than a week, keep the last of each day."""
    return unit.run(_THIN, {"before": now - WEEK, "day": DAY})
