"""The log's rows: first pending, written by whoever caused the event; then sealed, at a position of the tree.

The web's transaction only appends to `log_pending`. The sealer takes what is visible, in order of id, gives it positions
without gaps and extends the tree, all in one transaction; a row that PostgreSQL commits late, under a lower id, is taken
by the next. What a leaf says and how the tree grows is `broker.audit`'s affair.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Executable, Index, bindparam, delete, func, insert, literal_column, select, update

from broker.audit.checkpoint import BadCheckpoint, Grown, TreeState
from broker.audit.events import Event
from broker.audit.leaf import evidence_of, leaf
from broker.login.effects import Overtaken
from broker.storage import persons
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, octets, table, text

_BASIS = "Accountability: no release without a record (GDPR 5.2, 32)"
_RETENTION = "By record class: see the event reference; positions and hashes always"
PENDING = table(
    "log_pending",
    About("Events not yet sealed", _BASIS, "About a second"),
    number("id", "Order of writing", primary_key=True, autoincrement=True),
    octets("leaf", "The event as JSON: names and random ids, no personal details"),
    octets("evidence", "What the method gave as proof, sealed under the person's key", nullable=True),
    number("record", "The entry of the access log that the leaf is of", nullable=True),
)
LOG = table(
    "log",
    About("The tamper-evident log", _BASIS, _RETENTION),
    number("position", "Place in the tree, from 0, without gaps", primary_key=True, autoincrement=False),
    octets("leaf", "The event as JSON: names and random ids, no personal details; its hash once it was removed"),
    octets("evidence", "What the method gave as proof, sealed under the person's key", nullable=True),
    number("record", "The entry of the access log that the leaf is of", nullable=True),
    text("removal", "By which removal the content went", nullable=True),
    Index("ix_log_record", "record", unique=True),
)
TREE = table(
    "log_tree",
    About("Where the tree stands", _BASIS, "As long as the log"),
    number("id", "Always 1", primary_key=True, autoincrement=False),
    number("size", "Leaves in the tree"),
    octets("frontier", "Hashes of its full subtrees"),
    text("note", "The newest signed checkpoint"),
)
CHECKPOINTS = table(
    "log_checkpoints",
    About("Signed checkpoints", _BASIS, "Each for a week, then the last of each day"),
    number("size", "Leaves at the time", primary_key=True, autoincrement=False),
    number("at", "When it was signed"),
    text("note", "The signed checkpoint"),
)
_ONE = 1
LOWEST = -(2**63)
"""Below any position: whoever puts a row before the first is found too."""

_P, _L, _T, _C = PENDING.c, LOG.c, TREE.c, CHECKPOINTS.c

_APPEND = Kept(insert(PENDING).values(leaf=bindparam("leaf"), evidence=bindparam("evidence")))
_TAKE = Kept(select(_P.id, _P.leaf).order_by(_P.id).limit(bindparam("count")))
_PLACE = Kept(
    insert(LOG).from_select(
        ["position", "leaf", "evidence", "record"],
        select(
            bindparam("base", type_=_L.position.type) + func.row_number().over(order_by=_P.id) - literal_column("1"),
            _P.leaf,
            _P.evidence,
            _P.record,
        )
        .where(_P.id <= bindparam("last"))
        .order_by(_P.id),
    )
)
_DROP = Kept(delete(PENDING).where(_P.id <= bindparam("last")))
_ANY = Kept(select(_P.id).limit(1))
_WAITING = Kept(select(func.count()).select_from(PENDING))
_STATE = Kept(select(_T.size, _T.frontier, _T.note).where(_T.id == _ONE))
_HOLD = Kept(select(_T.size, _T.frontier, _T.note).where(_T.id == _ONE).with_for_update())
_GROW = Kept(
    update(TREE)
    .where(_T.id == _ONE, _T.size == bindparam("before"))
    .values(size=bindparam("size"), frontier=bindparam("frontier"), note=bindparam("note"))
)
_CHECKPOINT = Kept(insert(CHECKPOINTS).values(size=bindparam("size"), at=bindparam("at"), note=bindparam("note")))
_NOTES = Kept(select(_C.note).order_by(_C.size))
_LATEST = Kept(select(_C.size, _C.at, _C.note).order_by(_C.size.desc()).limit(bindparam("count")))
_NEWEST = Kept(select(_C.at).order_by(_C.size.desc()).limit(1))
_SIZE_AT = Kept(select(func.max(_C.size)).where(_C.at <= bindparam("until")))
_SIGNED = Kept(select(_C.size).where(_C.at >= bindparam("since"), _C.at <= bindparam("until")).limit(1))
_PENDING_ROWS = Kept(select(_P.leaf).order_by(_P.id))


def _plant(insert: InsertOf) -> Executable:
    return insert(TREE).values({n: bindparam(n) for n in ("id", "size", "frontier", "note")}).on_conflict_do_nothing()  # type: ignore[no-any-return]


_PLANT = Kept(_plant)

Extend = Callable[[TreeState, Sequence[bytes]], Grown]
Noted = Callable[[Unit, int, Sequence[bytes]], None]


@dataclass(frozen=True, slots=True)
class Sealing:
    """What one turn of the sealer did."""

    rows: int
    note: str


def append(unit: Unit, events: Iterable[Event]) -> None:
    """Write events in the caller's transaction; evidence sealed, its hash in the leaf."""
    for event in events:
        evidence = evidence_of(event)
        sealed = persons.seal_evidence(unit, *evidence) if evidence else None
        unit.run(_APPEND, {"leaf": leaf(event, sealed), "evidence": sealed})


def waiting(database: Database) -> int:
    """How many events are not sealed yet."""
    found = database.row(_WAITING, {})
    return found[0] if found else 0


def anything_waits(database: Database) -> bool:
    """Whether there is something to seal; cheap."""
    return database.row(_ANY, {}) is not None


def state(database: Database) -> TreeState:
    """Where the tree stands."""
    found = database.row(_STATE, {})
    return TreeState(*found) if found else TreeState(0, b"", "")


def plant(unit: Unit) -> None:
    """Begin with the empty tree; one that is there stays."""
    unit.run(_PLANT, {"id": _ONE, "size": 0, "frontier": b"", "note": ""})


def seal(unit: Unit, extend: Extend, noted: Noted, at: int, count: int) -> Sealing | None:
    """Give the pending events their positions; `noted` writes what they are found by. Raises Overtaken or GaveWay
    when another node sealed first.
    """
    held = unit.row(_HOLD, {})
    rows = unit.rows(_TAKE, {"count": count})
    if held is None:
        raise BadCheckpoint("the stored tree is gone")
    if not rows:
        return None
    before = TreeState(*held)
    grown = extend(before, [row[1] for row in rows])
    last = rows[-1][0]
    placed = unit.run(_PLACE, {"base": before.size, "last": last})
    dropped = unit.run(_DROP, {"last": last})
    moved = unit.run(_GROW, {"before": before.size, "size": grown.size, "frontier": grown.frontier, "note": grown.note})
    if not (moved and len(rows) == placed == dropped and grown.size == before.size + placed):
        raise Overtaken("log")
    unit.run(_CHECKPOINT, {"size": grown.size, "at": at, "note": grown.note})
    noted(unit, before.size, [row[1] for row in rows])
    return Sealing(placed, grown.note)


def notes(database: Database) -> tuple[str, ...]:
    """The signed checkpoints that are kept, oldest first."""
    return tuple(row[0] for row in database.rows(_NOTES, {}))


def latest_notes(database: Database, count: int) -> tuple[tuple[int, int, str], ...]:
    """The newest signed checkpoints: size, when it was signed, the note."""
    return tuple((size, at, note) for size, at, note in database.rows(_LATEST, {"count": count}))


def checkpoint_at(database: Database) -> int | None:
    """When the newest checkpoint was signed."""
    found = database.row(_NEWEST, {})
    return found[0] if found else None


def size_at(database: Database, at: int) -> int:
    """How large the tree was in the newest checkpoint that is not younger than that; 0 for none."""
    found = database.row(_SIZE_AT, {"until": at})
    return int(found[0]) if found and found[0] else 0


def signed_between(database: Database, first: int, last: int) -> bool:
    """Whether any checkpoint was signed in a time."""
    return database.row(_SIGNED, {"since": first, "until": last}) is not None


def pending(database: Database) -> tuple[bytes, ...]:
    """The leaves that are not sealed yet."""
    return tuple(row[0] for row in database.rows(_PENDING_ROWS, {}))
