"""Names of entities: who has each, and who had it until when. Written with the register, in the same transaction."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Executable, Index, bindparam, or_, select, update

from broker.federation.names import NameHeld
from broker.federation.register import FILE, EntryChange
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, table, text
from trust_framework.names import Holding, Name, NameKind, held

NAMES = table(
    "register_names",
    About(
        "By which names entities are known, and which of them rest after their release",
        "Public interest: nobody may take over what others still trust (GDPR 6.1 e, 32)",
        "As long as the federation",
    ),
    text("name_kind", "entity_id, client_id, address or host", primary_key=True),
    text("name_key", "The name in one spelling", primary_key=True),
    text("kind", "Kind of the entry that has it", primary_key=True),
    text("id", "The entry's id", primary_key=True),
    text("org", "Organisation number of the member that the entry belongs to"),
    text("value", "The name as it is written"),
    text("looks", "The same for names that people take for each other"),
    number("released_at", "When the entry let it go", nullable=True),
    Index(None, "looks"),
    Index("ix_register_names_entry", "kind", "id"),
)
_C = NAMES.c
_KEY = ("name_kind", "name_key", "kind", "id")
_CHANGING = ("org", "value", "looks", "released_at")


def _hold(insert: InsertOf) -> Executable:
    new = insert(NAMES).values({name: bindparam(name) for name in (*_KEY, *_CHANGING)})
    changed = {name: new.excluded[name] for name in _CHANGING}
    return new.on_conflict_do_update(index_elements=list(_KEY), set_=changed)  # type: ignore[no-any-return]


_COLUMNS: Final = (_C.name_kind, _C.value, _C.kind, _C.id, _C.org, _C.released_at)
_HOLD = Kept(_hold)
_RELEASE = Kept(
    update(NAMES)
    .where(
        _C.name_kind == bindparam("nk"),
        _C.name_key == bindparam("key"),
        _C.kind == bindparam("k"),
        _C.id == bindparam("i"),
        _C.released_at.is_(None),
    )
    .values(released_at=bindparam("at"))
)
_OF_ENTRY = Kept(select(*_COLUMNS).where(_C.kind == bindparam("k"), _C.id == bindparam("i"), _C.released_at.is_(None)))
_SAME = Kept(select(*_COLUMNS).where(_C.name_kind == bindparam("name_kind"), _C.name_key == bindparam("name_key")))
_NEAR = Kept(
    select(*_COLUMNS).where(
        _C.name_kind == bindparam("name_kind"),
        or_(_C.name_key == bindparam("name_key"), _C.looks == bindparam("looks")),
        _C.released_at.is_(None),
    )
)


def changed(unit: Unit, change: EntryChange, wanted: Iterable[Name], at: int) -> None:
    """Note the names that an entry takes, and those it lets go. Raises NameHeld, unless a file says so: whoever applies one
    has the whole federation in hand. A name that the entry has already is not asked about: nothing of that may keep it from
    being stopped.
    """
    wanted = tuple(wanted)
    had = [holding.name for holding in _read(unit.rows(_OF_ENTRY, {"k": change.kind, "i": change.id}))]
    known = {(name.kind, name.key) for name in had}
    for name in wanted:
        checked = change.origin != FILE and (name.kind, name.key) not in known
        _take(unit, Holding(name, change.kind, change.id, change.org), at, checked=checked)
    kept = {(name.kind, name.key) for name in wanted}
    for name in had:
        if (name.kind, name.key) not in kept:
            gone = {"nk": name.kind.value, "key": name.key, "k": change.kind, "i": change.id}
            unit.run(_RELEASE, {**gone, "at": at})


def _take(unit: Unit, holding: Holding, at: int, *, checked: bool) -> None:
    name = holding.name
    row = {"name_kind": name.kind.value, "name_key": name.key}
    if checked and (found := held(holding, _read(unit.rows(_SAME, row)), at)):
        raise NameHeld(found)
    entry = {"kind": holding.entry_kind, "id": holding.entry, "org": holding.org}
    unit.run(_HOLD, {**row, **entry, "value": name.value, "looks": name.looks, "released_at": None})


def holders(database: Database, name: Name) -> tuple[Holding, ...]:
    """Who has or had a name."""
    return _read(database.rows(_SAME, {"name_kind": name.kind.value, "name_key": name.key}))


def near(database: Database, name: Name) -> tuple[Holding, ...]:
    """Who has a name or one that looks like it."""
    given = {"name_kind": name.kind.value, "name_key": name.key, "looks": name.looks}
    return _read(database.rows(_NEAR, given))


def _read(rows: Iterable[tuple[str, str, str, str, str, int | None]]) -> tuple[Holding, ...]:
    return tuple(
        Holding(Name(NameKind(kind), value), entry_kind, entry, org, released_at)
        for kind, value, entry_kind, entry, org, released_at in rows
    )
