"""What witnessing keeps: the checkpoint that we last signed of each other log, and the cosignatures of others on ours."""

from sqlalchemy import Executable, bindparam, select, update

from broker.audit.checkpoint import Checkpoint
from broker.audit.witness import Cosignature
from broker.login.effects import Overtaken
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, octets, table, text

_BASIS = "Accountability: a log that others see cannot be changed unseen (GDPR 5.2)"
WITNESSED = table(
    "witnessed_logs",
    About("Checkpoints of other logs that we signed as a witness", _BASIS, "As long as we witness the log"),
    text("origin", "The other log's name", primary_key=True),
    number("size", "Leaves in its tree"),
    octets("root", "Root of its tree"),
    number("at", "When we signed"),
)
COSIGNATURES = table(
    "log_cosignatures",
    About("Cosignatures of witnesses on our checkpoints, the newest of each", _BASIS, "Until the next one"),
    text("witness", "The witness's name", primary_key=True),
    number("size", "Leaves in our tree that it knows"),
    text("note", "The checkpoint that it signed"),
    text("line", "Its signature; empty when it gave none"),
    number("at", "When"),
)
_W, _C = WITNESSED.c, COSIGNATURES.c


def _first(insert: InsertOf) -> Executable:
    return insert(WITNESSED).values({c.name: bindparam(c.name) for c in WITNESSED.columns}).on_conflict_do_nothing()  # type: ignore[no-any-return]


def _keep(insert: InsertOf) -> Executable:
    new = insert(COSIGNATURES).values({c.name: bindparam(c.name) for c in COSIGNATURES.columns})
    changed = {c.name: new.excluded[c.name] for c in COSIGNATURES.columns if not c.primary_key}
    return new.on_conflict_do_update(index_elements=["witness"], set_=changed)  # type: ignore[no-any-return]


_FIRST, _KEEP = Kept(_first), Kept(_keep)
_NEXT = Kept(
    update(WITNESSED)
    .where(_W.origin == bindparam("row"), _W.size == bindparam("before"), _W.root == bindparam("before_root"))
    .values(size=bindparam("size"), root=bindparam("root"), at=bindparam("at"))
)
_KNOWN = Kept(select(_W.origin, _W.size, _W.root).where(_W.origin == bindparam("row")))
_ALL = Kept(select(*_C).order_by(_C.witness))


def known(database: Database, origin: str) -> Checkpoint | None:
    """What we last signed of a log."""
    found = database.row(_KNOWN, {"row": origin})
    return Checkpoint(*found) if found else None


def remember(unit: Unit, before: Checkpoint | None, new: Checkpoint, at: int) -> None:
    """Move on from what was known. Raises Overtaken when another request did so first."""
    row = {"size": new.size, "root": new.root, "at": at}
    if before is None:
        moved = unit.run(_FIRST, {**row, "origin": new.origin})
    else:
        moved = unit.run(_NEXT, {**row, "row": new.origin, "before": before.size, "before_root": before.root})
    if not moved:
        raise Overtaken("witness")


def keep(unit: Unit, one: Cosignature) -> None:
    """Keep what a witness signed."""
    unit.run(_KEEP, {name: getattr(one, name) for name in ("witness", "size", "note", "line", "at")})


def cosignatures(database: Database) -> tuple[Cosignature, ...]:
    """The newest of each witness."""
    return tuple(Cosignature(*row) for row in database.rows(_ALL, {}))
