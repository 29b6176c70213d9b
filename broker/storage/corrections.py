"""Corrections, and which members have yet to acknowledge them."""

from typing import Final

from sqlalchemy import Index, bindparam, delete, func, insert, select, tuple_

from broker.care.filings import FiledPage, SaveCorrection
from broker.storage.cursors import END_OF_TIME, position
from broker.storage.database import Database, Kept, Unit
from broker.storage.filed import Filed, filed_table
from broker.storage.tables import About, table, text
from trust_framework.corrections import Correction

_BASIS: Final = "Whoever was given a detail must be told that it was wrong (GDPR 19)"
CORRECTIONS = filed_table(
    "corrections", About("Details that were wrong, and who was told so", _BASIS, "As long as the federation")
)
RECEIVERS = table(
    "correction_receivers",
    About("Who has yet to acknowledge a correction", _BASIS, "Until acknowledged"),
    text("correction", "The correction's id", primary_key=True),
    text("service", "The service that got the detail", primary_key=True),
    text("org", "Organisation number of the member that it belongs to"),
    Index(None, "org"),
)
STORED: Final = Filed(CORRECTIONS, Correction, "correction")
_R = RECEIVERS.c
_DROP = Kept(delete(RECEIVERS).where(_R.correction == bindparam("row")))
_ADD = Kept(insert(RECEIVERS).values({name: bindparam(name) for name in ("correction", "service", "org")}))
_C = CORRECTIONS.c
_WAITS = _C.id.in_(select(_R.correction).where(_R.org == bindparam("org")))
_TO = Kept(STORED.read.where(_WAITS).order_by(_C.made_at, _C.id))
_PAGE_TO = Kept(
    STORED.read.add_columns(_C.made_at)
    .where(_WAITS, tuple_(_C.made_at, _C.id) > tuple_(bindparam("at"), bindparam("after")))
    .order_by(_C.made_at, _C.id)
    .limit(bindparam("count"))
)
_COUNT_TO = Kept(select(func.count()).where(_WAITS))


def save(unit: Unit, change: SaveCorrection) -> None:
    """Insert or move on. Raises Overtaken."""
    one = change.correction
    row = {
        "owner": one.org,
        "state": "open" if one.open else "acknowledged",
        "open": int(bool(one.open)),
        "made_at": one.at,
        "due_at": one.next_at,
    }
    STORED.save(unit, one.id, one, change.before, row)
    unit.run(_DROP, {"row": one.id})
    waiting = [each for each in one.receipts if each.acknowledged_at is None]
    unit.run_many(_ADD, [{"correction": one.id, "service": each.service, "org": each.org} for each in waiting])


def to(database: Database, org: str) -> tuple[Correction, ...]:
    """Corrections that services of a member have not acknowledged."""
    return STORED.opened(database, _TO, {"org": org})


def page_to(database: Database, org: str, after: str, count: int) -> FiledPage[Correction]:
    """A page of them, the oldest first; `total` of them wait."""
    at, id_ = position(after)
    at = -1 if at == END_OF_TIME else at  # the oldest comes first here
    asked = {"org": org}
    rows = database.rows(_PAGE_TO, {**asked, "at": at, "after": id_, "count": count + 1})
    more = f"{rows[count - 1][2]}.{rows[count - 1][0]}" if len(rows) > count else None
    found = tuple(STORED.open_one(database, row) for row in rows[:count])
    return FiledPage(found, database.rows(_COUNT_TO, asked)[0][0], more)
