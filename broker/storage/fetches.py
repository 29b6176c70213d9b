"""Who has fetched our keys, one row a document, fetcher and service."""

from collections.abc import Iterable

from sqlalchemy import Executable, Index, bindparam, select

from broker.login.keys import KeyFetch
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
    Index(None, "service"),
    Index(None, "last_at"),
)
_C = FETCHES.c


def _note(insert: InsertOf) -> Executable:
    new = insert(FETCHES).values({column.name: bindparam(column.name) for column in FETCHES.columns})
    changed = {name: new.excluded[name] for name in ("network", "agent", "last_at")}
    return new.on_conflict_do_update(index_elements=["document", "client", "service"], set_=changed)  # type: ignore[no-any-return]


_NOTE = Kept(_note)
_COLUMNS = (_C.document, _C.network, _C.agent, _C.service, _C.first_at, _C.last_at)
_LATEST = Kept(select(*_COLUMNS).order_by(_C.last_at.desc(), _C.client).limit(bindparam("count")))
_OF = Kept(
    select(*_COLUMNS).where(_C.service == bindparam("of"), _C.service != "").order_by(_C.last_at.desc(), _C.client)
)


def note(unit: Unit, fetches: Iterable[KeyFetch]) -> None:
    """Note fetches, or that they came again."""
    for one in fetches:
        client = unit.vault.keyed_hash("key-fetch", f"{one.address}\n{one.agent}".encode())
        told = {name: getattr(one, name) for name in ("document", "service", "network", "agent", "first_at", "last_at")}
        unit.run(_NOTE, {**told, "client": client})


def latest(database: Database, count: int) -> tuple[KeyFetch, ...]:
    """The latest fetches; addresses are not told."""
    return tuple(_read(row) for row in database.rows(_LATEST, {"count": count}))


def of_service(database: Database, service: str) -> tuple[KeyFetch, ...]:
    """Those by clients that said they were a service, the latest first."""
    return tuple(_read(row) for row in database.rows(_OF, {"of": service}))


def _read(row: tuple[str, str, str, str, int, int]) -> KeyFetch:
    document, network, agent, service, first_at, last_at = row
    return KeyFetch(document, "", network, agent, service, first_at, last_at)
