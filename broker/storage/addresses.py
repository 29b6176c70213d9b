"""Addresses at which entries publish their metadata or keys: kept up with the register, and how each has fared."""

from typing import Any, Final

from sqlalchemy import Executable, Index, and_, bindparam, cast, column, delete, func, or_, select, tuple_, update
from sqlalchemy import Text as TextType
from sqlalchemy import table as named

from broker.federation.addresses import KINDS, AddressPage, AddressState, KeepAddress, ListedAddress, address_of
from broker.federation.register import EntryChange
from broker.storage.codec import Codec, loads
from broker.storage.database import Database, InsertOf, Kept, Row, Unit
from broker.storage.tables import About, number, octets, table, text

ADDRESSES = table(
    "metadata_addresses",
    About(
        "At which addresses entries publish their metadata or keys, and how each has fared",
        "Public interest: running the federation (GDPR 6.1 e)",
        "While the entry in force says so",
    ),
    text("kind", "Kind of the entry", primary_key=True),
    text("id", "The entry's id", primary_key=True),
    text("org", "Organisation number of the member that it belongs to"),
    text("url", "The address"),
    number("next_at", "When it is looked at next"),
    number("failing", "1 when the last look failed"),
    octets("state", "When it was looked at, why it failed, what was proposed; JSON"),
    Index(None, "next_at"),
    Index(None, "org"),
)
_C = ADDRESSES.c
_LISTED = named("register_index", column("kind"), column("id"), column("names"), column("search"))
_CODEC: Codec[AddressState] = Codec(AddressState)
_IS = and_(_C.kind == bindparam("of"), _C.id == bindparam("row"))


def _known(insert: InsertOf) -> Executable:
    """One that is there already keeps its state while its address is the same."""
    new = insert(ADDRESSES).values({c.name: bindparam(c.name) for c in ADDRESSES.columns})
    changed = {name: new.excluded[name] for name in ("org", "url", "next_at", "failing", "state")}
    return new.on_conflict_do_update(index_elements=["kind", "id"], set_=changed)  # type: ignore[no-any-return]


_PUT = Kept(_known)
_MOVED = Kept(update(ADDRESSES).where(_IS, _C.url == bindparam("there")).values(org=bindparam("org")))
_DROP = Kept(delete(ADDRESSES).where(_IS))
_KEEP = Kept(
    update(ADDRESSES)
    .where(_IS, _C.url == bindparam("there"))
    .values({name: bindparam(name) for name in ("next_at", "failing", "state")})
)
_ONE = Kept(select(_C.state).where(_IS))
_DUE = Kept(
    select(_C.state)
    .where(_C.next_at <= bindparam("now"))
    .order_by(_C.next_at, _C.kind, _C.id)
    .limit(bindparam("count"))
)


def _any_or(of: Any, name: str) -> Any:
    given = cast(bindparam(name), TextType)
    return or_(given == "", of == given)


_MATCHES = and_(
    _LISTED.c.kind == _C.kind,
    _LISTED.c.id == _C.id,
    _any_or(_C.org, "org"),
    or_(cast(bindparam("state"), TextType) == "", _C.failing == 1),
    or_(_LISTED.c.search.like(bindparam("like"), escape="\\"), _C.url.like(bindparam("like"), escape="\\")),
)
_PAGE = Kept(
    select(_C.state, _C.org, _LISTED.c.names)
    .where(_MATCHES, tuple_(_C.kind, _C.id) > tuple_(bindparam("of"), bindparam("after")))
    .order_by(_C.kind, _C.id)
    .limit(bindparam("count"))
)
_COUNT = Kept(select(func.count()).where(_MATCHES))
FAILING: Final = "failing"


# --- writing


def changed(unit: Unit, change: EntryChange) -> None:
    """Note where an entry publishes now. What was known of another address is forgotten."""
    if change.kind not in KINDS:
        return
    row = {"of": change.kind, "row": change.id}
    address = address_of(change.kind, change.content or {})
    if address is None:
        unit.run(_DROP, row)
    elif not unit.run(_MOVED, {**row, "there": address.url, "org": change.org}):
        state = AddressState(change.id, kind=change.kind, url=address.url, keys=address.keys)
        told = {"kind": change.kind, "id": change.id, "org": change.org, "url": address.url}
        unit.run(_PUT, {**told, "next_at": 0, "failing": 0, "state": _CODEC.encode(state)})


def keep(unit: Unit, change: KeepAddress) -> None:
    """Keep it as it is now; nothing, when the entry no longer says this address."""
    state = change.state
    row = {"of": state.kind, "row": state.id, "there": state.url, "next_at": state.next_at}
    unit.run(_KEEP, {**row, "failing": int(bool(state.error)), "state": _CODEC.encode(state)})


# --- reading


def one(database: Database, kind: str, id: str) -> AddressState | None:
    """How the address of an entry has fared, None where it has none."""
    found = database.row(_ONE, {"of": kind, "row": id})
    return _CODEC.decode(found[0]) if found else None


def due(database: Database, now: int, count: int) -> tuple[AddressState, ...]:
    """Those whose time has come, who has waited longest first."""
    return tuple(_CODEC.decode(row[0]) for row in database.rows(_DUE, {"now": now, "count": count}))


def page(database: Database, org: str, search: str, state: str, after: str, count: int) -> AddressPage:
    """A page of them by kind and id, a member's or all; `state` may be `failing`."""
    like = "%" + search.casefold().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    kind, _, id_ = after.partition(".")
    matching = {"org": org, "state": state if state == FAILING else "", "like": like}
    rows = database.rows(_PAGE, {**matching, "of": kind, "after": id_, "count": count + 1})
    found = tuple(_listed(row) for row in rows[:count])
    more = f"{found[-1].state.kind}.{found[-1].state.id}" if len(rows) > count else None
    return AddressPage(found, database.rows(_COUNT, matching)[0][0], more)


def _listed(row: Row) -> ListedAddress:
    state, org, names = row
    return ListedAddress(_CODEC.decode(state), org, loads(names))
