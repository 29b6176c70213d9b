"""Who has fetched our keys, one row a document, fetcher and service; and from where services' clients prove themselves."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Executable, Index, Select, bindparam, delete, func, literal, select, union_all

from broker.login.keys import ClientAddress, How, KeyFetch
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, octets, table, text

FETCHES = table(
    "key_fetches",
    About(
        "Who has fetched our keys lately, so that one knows who will notice a new one",
        "Public interest: running the federation (GDPR 6.1 e)",
        "90 days after the last fetch",
    ),
    text("document", "Which document", primary_key=True),
    octets(
        "client",
        "Keyed hash of the address that it was fetched from, and of what the client calls itself",
        primary_key=True,
    ),
    text("service", "The service that the client said it was, empty when it said none", primary_key=True),
    text("network", "The network of the address"),
    text("agent", "What the client calls itself"),
    number("first_at", "When it was first fetched"),
    number("last_at", "When it was last fetched"),
    octets("address", "Keyed hash of the address", nullable=True),
    Index(None, "service"),
    Index(None, "last_at"),
    Index(None, "address"),
)

ADDRESSES = table(
    "client_addresses",
    About(
        "From where services' clients proved themselves, so that one knows whose client fetches our keys",
        "Public interest: running the federation (GDPR 6.1 e); clients that prove themselves are machines",
        "90 days after the last proof",
    ),
    text("service", "The service's id", primary_key=True),
    octets("address", "Keyed hash of the address", primary_key=True),
    number("last_at", "When its client last proved itself from there"),
    Index(None, "address"),
    Index(None, "last_at"),
)
SHARING: Final = 5
"""Services that may prove themselves from one address before it tells nothing of whose client fetches from there."""

MOST: Final = 100_000
"""Fetches that are kept, the latest: anybody can fetch under a new name each time, and must not fill the database."""

_C, _A = FETCHES.c, ADDRESSES.c
_OTHERS = ADDRESSES.alias()
_SHARED = select(func.count()).where(_OTHERS.c.address == _C.address).scalar_subquery() - 1


def _note(insert: InsertOf) -> Executable:
    new = insert(FETCHES).values({column.name: bindparam(column.name) for column in FETCHES.columns})
    changed = {name: new.excluded[name] for name in ("network", "agent", "last_at", "address")}
    return new.on_conflict_do_update(index_elements=["document", "client", "service"], set_=changed)  # type: ignore[no-any-return]


def _prove(insert: InsertOf) -> Executable:
    new = insert(ADDRESSES).values({column.name: bindparam(column.name) for column in ADDRESSES.columns})
    return new.on_conflict_do_update(index_elements=["service", "address"], set_={"last_at": new.excluded.last_at})  # type: ignore[no-any-return]


def _said(*columns: object) -> "Select[tuple[object, ...]]":
    return select(*columns).where(_C.service != "")  # type: ignore[call-overload,no-any-return]


def _by_address(*columns: object) -> "Select[tuple[object, ...]]":
    """Fetches of clients that said nothing, from where a service's client proved itself, and not many others'."""
    joined = FETCHES.join(ADDRESSES, _C.address == _A.address)
    return select(*columns).select_from(joined).where(_C.service == "", _SHARED < SHARING)  # type: ignore[call-overload,no-any-return]


_NOTE, _PROVE = Kept(_note), Kept(_prove)
_NEWER = select(_C.last_at).order_by(_C.last_at.desc()).offset(bindparam("most")).limit(1).scalar_subquery()
_SURPLUS = Kept(delete(FETCHES).where(_C.last_at <= _NEWER))
_TOLD = (_C.document, _C.network, _C.agent)
_TIMES = (_C.first_at, _C.last_at.label("last_at"))
_LATEST = Kept(
    select(*_TOLD, _C.service, *_TIMES, literal(How.SAID.value), literal(0))
    .order_by(_C.last_at.desc(), _C.client)
    .limit(bindparam("count"))
)
_KNOWN = union_all(
    _said(*_TOLD, _C.service, *_TIMES, literal(How.SAID.value).label("how"), literal(0).label("shared")).where(
        _C.service == bindparam("of")
    ),
    _by_address(*_TOLD, _A.service, *_TIMES, literal(How.ADDRESS.value), _SHARED).where(_A.service == bindparam("of")),
).subquery()
_NEWEST = func.row_number().over(
    partition_by=_KNOWN.c.document, order_by=(_KNOWN.c.last_at.desc(), _KNOWN.c.agent, _KNOWN.c.network)
)
_RANKED = select(_KNOWN, _NEWEST.label("place")).subquery()
_OF = Kept(
    select(*(column for column in _RANKED.c if column.name != "place"))
    .where(_RANKED.c.place == 1)
    .order_by(_RANKED.c.last_at.desc(), _RANKED.c.document)
)
_EACH = union_all(
    _said(_C.service.label("service"), _C.document.label("document"), _C.last_at.label("last_at")),
    _by_address(_A.service, _C.document, _C.last_at),
).subquery()
_E = _EACH.c
_BY_SERVICE = Kept(
    select(_E.service, _E.document, func.max(_E.last_at))
    .group_by(_E.service, _E.document)
    .order_by(func.max(_E.last_at).desc(), _E.service, _E.document)
    .limit(bindparam("count"))
)


def note(unit: Unit, fetches: Iterable[KeyFetch], proofs: Iterable[ClientAddress] = ()) -> None:
    """Note fetches, or that they came again, and forget the oldest beyond `MOST`; and from where clients proved themselves."""
    for one in fetches:
        client = unit.vault.keyed_hash("key-fetch", f"{one.address}\n{one.agent}".encode())
        told = {name: getattr(one, name) for name in ("document", "service", "network", "agent", "first_at", "last_at")}
        unit.run(_NOTE, {**told, "client": client, "address": _address(unit, one.address)})
    for proof in proofs:
        address = _address(unit, proof.address)
        unit.run(_PROVE, {"service": proof.service, "address": address, "last_at": proof.at})
    unit.run(_SURPLUS, {"most": MOST})


def _address(unit: Unit, address: str) -> bytes:
    return unit.vault.keyed_hash("client-address", address.encode())


def latest(database: Database, count: int) -> tuple[KeyFetch, ...]:
    """The latest fetches; addresses are not told."""
    return tuple(_read(row) for row in database.rows(_LATEST, {"count": count}))


def of_service(database: Database, service: str) -> tuple[KeyFetch, ...]:
    """Of each document the latest by a client that said it was a service, or came from where its client proved itself: anybody
    could say so very often. The latest first.
    """
    return tuple(_read(row) for row in database.rows(_OF, {"of": service}))


def by_service(database: Database, count: int) -> tuple[tuple[str, str, int], ...]:
    """Service, document and when it was last fetched for that service, as far as it is known; the latest first."""
    return tuple((service, document, at) for service, document, at in database.rows(_BY_SERVICE, {"count": count}))


def _read(row: tuple[str, str, str, str, int, int, str, int]) -> KeyFetch:
    document, network, agent, service, first_at, last_at, how, shared = row
    return KeyFetch(document, "", network, agent, service, first_at, last_at, How(how), shared)
