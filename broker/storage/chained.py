"""Services that came by a trust chain: what was resolved of each, sealed, until its chain ends."""

from typing import Any, Final

from sqlalchemy import Executable, Index, bindparam, delete, func, select

from broker.login.effects import ChainedPage, ChainedService, DropChained, KeepChained
from broker.storage.codec import dumps, loads
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, octets, table, text

CHAINED = table(
    "chained_services",
    About(
        "Services that came by a trust chain of an OpenID Federation, and what was resolved of them",
        "Public interest: running the federation (GDPR 6.1 e)",
        "Until their chain has expired",
    ),
    text("entity_id", "The service's entity identifier", primary_key=True),
    text("anchor", "Trust anchor at which its chain ends"),
    text("superior", "Who vouches for it"),
    text("way", "automatic or explicit registration"),
    number("checked_at", "When its chain was looked at last"),
    number("expires_at", "When its chain ends"),
    octets("document", "Registration and trust marks as JSON, sealed"),
    Index(None, "expires_at"),
)
_C = CHAINED.c
_FIELDS: Final = ("entity_id", "anchor", "superior", "way", "checked_at", "expires_at")

_matches = _C.entity_id.like(bindparam("like"), escape="\\")
_PAGE = Kept(
    select(*(_C[name] for name in _FIELDS), _C.document)
    .where(_matches, _C.entity_id > bindparam("after"))
    .order_by(_C.entity_id)
    .limit(bindparam("count"))
)
_COUNT = Kept(select(func.count()).where(_matches))


def _keep(insert: InsertOf) -> Executable:
    new = insert(CHAINED).values({c.name: bindparam(c.name) for c in CHAINED.columns})
    changed = {c.name: new.excluded[c.name] for c in CHAINED.columns if not c.primary_key}
    return new.on_conflict_do_update(index_elements=["entity_id"], set_=changed)  # type: ignore[no-any-return]


_KEEP = Kept(_keep)
_DROP = Kept(delete(CHAINED).where(_C.entity_id == bindparam("row")))
_READ = Kept(select(*(_C[name] for name in _FIELDS), _C.document).where(_C.entity_id == bindparam("row")))


def keep(unit: Unit, change: KeepChained) -> None:
    """Keep it in place of what was known before."""
    one = change.service
    content = {"registration": one.registration, "trust_marks": one.trust_marks}
    row: dict[str, Any] = {name: getattr(one, name) for name in _FIELDS}
    unit.run(_KEEP, {**row, "document": unit.vault.seal("federation", dumps(content), one.entity_id.encode())})


def drop(unit: Unit, change: DropChained) -> None:
    """Forget it."""
    unit.run(_DROP, {"row": change.entity_id})


def read(database: Database, entity_id: str) -> ChainedService | None:
    """What is known of it, or None."""
    found = database.row(_READ, {"row": entity_id})
    return None if found is None else _read(database, found)


def page(database: Database, search: str, after: str, count: int) -> ChainedPage:
    """Some of them by their identifiers, those that have expired among them."""
    like = "%" + search.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    rows = database.rows(_PAGE, {"like": like, "after": after, "count": count + 1})
    total = database.rows(_COUNT, {"like": like})[0][0]
    found = tuple(_read(database, row) for row in rows[:count])
    return ChainedPage(found, total, found[-1].entity_id if len(rows) > count else None)


def _read(database: Database, found: Any) -> ChainedService:
    entity_id, *_, sealed = found
    fields = found[:-1]
    told = loads(database.vault.open("federation", sealed, entity_id.encode()))
    return ChainedService(
        **dict(zip(_FIELDS, fields, strict=True)),
        registration=told["registration"],
        trust_marks=tuple(told["trust_marks"]),
    )
