"""Blocks (spärrar) of patients, with their lifts; and which have changed since, for nodes that copy them."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Index, bindparam, delete, func, select

from broker.care.changes import SaveBlock
from broker.login.effects import Overtaken
from broker.storage import care_outbox
from broker.storage.care_entries import BASIS, Entries, adding
from broker.storage.database import Database, Kept, Unit
from broker.storage.tables import About, number, octets, table, text
from trust_framework.blocks import Block
from trust_framework.care import Act

BLOCKS = table(
    "care_blocks",
    About("That a patient has closed information to others", BASIS, "As long as the patient is known; ended ones too"),
    text("id", "The caller's UUID of the block", primary_key=True),
    text("person", "The register's random id of the patient"),
    text("provider", "HSA-id of the care provider whose information it closes"),
    number("made_at", "When it was entered"),
    number("changed_at", "When it, or a lift of it, was last changed here"),
    number("local", "1 when it was entered at this node"),
    number("stands", "1 while it was neither lifted for good nor voided"),
    number("cancelled_at", "When it, or a lift of it, last ended before its time", nullable=True),
    octets("mark", "Keyed hash of the content; who writes names that of what they read"),
    octets("content", "The block, sealed under the patient's key"),
    Index(None, "person", "made_at"),
    Index(None, "provider", "changed_at", "id"),
    Index(None, "changed_at", "id"),
    Index(None, "provider", "cancelled_at"),
    Index(None, "cancelled_at"),
)
LIFTS = table(
    "care_lifts",
    About("Finds the block that a temporary lift belongs to", BASIS, "As long as the patient is known"),
    text("id", "The caller's UUID of the lift", primary_key=True),
    text("block", "The block that it lifts"),
    text("person", "The register's random id of the patient"),
    Index(None, "person"),
    sqlite_with_rowid=False,
)
_B, _L = BLOCKS.c, LIFTS.c
_ENTRIES: Final = Entries(BLOCKS, Block, "care-block")
_OF_PROVIDER = _B.provider == bindparam("provider")
_STANDING = (_B.stands == 1, _B.changed_at >= bindparam("since"))
_BETWEEN = _ENTRIES.joined.where(*_STANDING, _B.changed_at < bindparam("until")).order_by(_B.changed_at, _B.id)
_INSTANTS = select(_B.changed_at).where(*_STANDING).order_by(_B.changed_at)
_ENDED = select(func.max(_B.cancelled_at))


def _limited(statement: Any) -> tuple[Kept, Kept]:
    """For all providers, and for one."""
    some = statement.limit(bindparam("count"))
    return Kept(some), Kept(some.where(_OF_PROVIDER))


_CHANGED, _WHEN, _LATEST = _limited(_BETWEEN), _limited(_INSTANTS), (Kept(_ENDED), Kept(_ENDED.where(_OF_PROVIDER)))
_COPIES = Kept(
    select(_B.id, _B.provider)
    .where(
        _B.local == 0,
        _B.stands == 1,
        _B.changed_at < bindparam("before"),
        _B.id > bindparam("after"),
    )
    .order_by(_B.id)
    .limit(bindparam("count"))
)
_COPIES_COUNT = Kept(select(func.count()).select_from(BLOCKS).where(_B.local == 0, _B.stands == 1))
_ADD_LIFT = adding(LIFTS)
_LIFT = Kept(select(_L.block).where(_L.id == bindparam("row")))
_FORGET_LIFTS = Kept(delete(LIFTS).where(_L.person == bindparam("row")))


def save(unit: Unit, change: SaveBlock) -> None:
    """Insert a block, or move it on. Raises Overtaken."""
    block = change.block
    made = block.registered.registered_at
    ended = [act.registered_at for act in _endings(block) if act is not None]
    lifted = [lift.registered.registered_at for lift in block.lifts]
    more = {
        "provider": block.provider,
        "local": int(block.local),
        "stands": int(block.stands),
        "made_at": made,
        "changed_at": change.at or max((made, *ended, *lifted)),
        "cancelled_at": (change.at or max(ended)) if ended else None,
    }
    _ENTRIES.save(unit, block.id, change.person, block, change.before, more)
    if block.local:
        care_outbox.mark(unit, block.id, change.person)
    before = {lift.id for lift in change.before.lifts} if change.before else set()
    for lift in block.lifts:
        found_by = {"id": lift.id, "block": block.id, "person": change.person}
        if lift.id not in before and not unit.run(_ADD_LIFT, found_by):
            raise Overtaken("care-lift")


def _endings(block: Block) -> Iterable[Act | None]:
    yield from (block.revoked, block.deleted)
    for lift in block.lifts:
        yield lift.cancelled


def read(database: Database, id: str) -> tuple[Block, str] | None:
    """A block by its id, with its patient."""
    return _ENTRIES.one(database, id)


def of_lift(database: Database, lift: str) -> tuple[Block, str] | None:
    """The block that a lift belongs to, with its patient."""
    found = database.row(_LIFT, {"row": lift})
    return _ENTRIES.one(database, found[0]) if found else None


def of_person(database: Database, person: str) -> tuple[Block, ...]:
    """Every block of a patient, oldest first."""
    return _ENTRIES.of_person(database, person)


def _for(statements: tuple[Kept, Kept], provider: str) -> Kept:
    return statements[bool(provider)]


def changed(database: Database, provider: str, since: int, until: int, count: int) -> tuple[tuple[Block, str], ...]:
    """Blocks of a provider (empty: of all) that stand and were last changed from `since` on and before `until`, the oldest
    change first, each with its patient.
    """
    values = {"provider": provider, "since": since, "until": until, "count": count}
    return _ENTRIES.opened(database, _for(_CHANGED, provider), values)


def instants(database: Database, provider: str, since: int, count: int) -> tuple[int, ...]:
    """When each of those was last changed; nothing of them is opened."""
    values = {"provider": provider, "since": since, "count": count}
    return tuple(row[0] for row in database.rows(_for(_WHEN, provider), values))


def copies(database: Database, after: str, before: int, count: int) -> tuple[tuple[str, str], ...]:
    """Copies of other nodes' blocks that stand, by id and provider: those that follow an id and have not changed here since."""
    values = {"after": after, "before": before, "count": count}
    return tuple((row[0], row[1]) for row in database.rows(_COPIES, values))


def copies_count(database: Database) -> int:
    """How many copies of other nodes' blocks stand."""
    return int(database.rows(_COPIES_COUNT, {})[0][0])


def latest_cancellation(database: Database, provider: str) -> int | None:
    """When a block of the provider (empty: of any), or a lift, last ended before its time; None when none has."""
    found = database.row(_for(_LATEST, provider), {"provider": provider})
    return found[0] if found else None


def forget(unit: Unit, person: str) -> None:
    """Delete a patient's blocks."""
    unit.run(_FORGET_LIFTS, {"row": person})
    _ENTRIES.forget(unit, person)
