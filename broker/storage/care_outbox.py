"""Blocks that another node has not been told of yet: a row each, made in the commit that changes the block.

What is sent is the block as it stands then. `number` grows with each change, so that what is sent while the block changes again
stays due.
"""

from sqlalchemy import Executable, Index, bindparam, delete, select, update

from broker.care.outbox import BlockDue, BlockSent, BlockUnsent
from broker.storage.care_entries import BASIS
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, table, text

OUTBOX = table(
    "care_outbox",
    About("Blocks that another node has not been told of yet", BASIS, "Until told, or the patient is forgotten"),
    text("block", "The block's id", primary_key=True),
    text("person", "The register's random id of the patient"),
    number("number", "Counts the block's changes since it was last told of"),
    number("next_at", "When it is to be told of (again)"),
    number("attempts", "How often that has failed"),
    text("error", "Why it last failed"),
    Index(None, "next_at"),
    Index(None, "person"),
    sqlite_with_rowid=False,
)
_C = OUTBOX.c


def _mark(insert: InsertOf) -> Executable:
    new = insert(OUTBOX).values(
        {
            "block": bindparam("block"),
            "person": bindparam("person"),
            "number": 1,
            "next_at": 0,
            "attempts": 0,
            "error": "",
        }
    )
    again = {"number": _C.number + 1, "next_at": 0, "attempts": 0}
    return new.on_conflict_do_update(index_elements=["block"], set_=again)  # type: ignore[no-any-return]


_MARK = Kept(_mark)
_DUE = Kept(
    select(_C.block, _C.number, _C.attempts, _C.error)
    .where(_C.next_at <= bindparam("now"))
    .order_by(_C.next_at, _C.block)
    .limit(bindparam("count"))
)
_WAITS = Kept(select(_C.block).where(_C.block == bindparam("row")))
_SENT = Kept(delete(OUTBOX).where(_C.block == bindparam("row"), _C.number == bindparam("seen")))
_UNSENT = Kept(
    update(OUTBOX)
    .where(_C.block == bindparam("row"), _C.number == bindparam("seen"))
    .values(next_at=bindparam("at"), attempts=_C.attempts + 1, error=bindparam("why"))
)
_FORGET = Kept(delete(OUTBOX).where(_C.person == bindparam("row")))


def mark(unit: Unit, block: str, person: str) -> None:
    """The block has changed here."""
    unit.run(_MARK, {"block": block, "person": person})


def due(database: Database, now: int, count: int) -> tuple[BlockDue, ...]:
    """Blocks to tell of now, those that wait longest first."""
    return tuple(BlockDue(*row) for row in database.rows(_DUE, {"now": now, "count": count}))


def waits(database: Database, block: str) -> bool:
    """Whether a block is to be told of still."""
    return database.row(_WAITS, {"row": block}) is not None


def sent(unit: Unit, change: BlockSent) -> None:
    """The other node has it, unless it has changed meanwhile."""
    unit.run(_SENT, {"row": change.due.block, "seen": change.due.number})


def unsent(unit: Unit, change: BlockUnsent) -> None:
    """It did not arrive; it is tried again later."""
    values = {"row": change.due.block, "seen": change.due.number, "at": change.next_at, "why": change.error}
    unit.run(_UNSENT, values)


def forget(unit: Unit, person: str) -> None:
    """Delete what is about a person."""
    unit.run(_FORGET, {"row": person})
