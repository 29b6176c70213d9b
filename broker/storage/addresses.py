"""How the address of each service's metadata has fared."""

from sqlalchemy import Executable, bindparam, select

from broker.federation.addresses import AddressState, KeepAddress
from broker.storage.codec import Codec
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, octets, table, text

ADDRESSES = table(
    "metadata_addresses",
    About(
        "How the address of each service's metadata has fared",
        "Public interest: running the federation (GDPR 6.1 e)",
        "As long as the installation",
    ),
    text("id", "The service's id", primary_key=True),
    octets("state", "When it was looked at, why it failed, what was proposed; JSON"),
)
_CODEC: Codec[AddressState] = Codec(AddressState)


def _keep(insert: InsertOf) -> Executable:
    new = insert(ADDRESSES).values(id=bindparam("id"), state=bindparam("state"))
    return new.on_conflict_do_update(index_elements=["id"], set_={"state": new.excluded.state})  # type: ignore[no-any-return]


_KEEP = Kept(_keep)
_ALL = Kept(select(ADDRESSES.c.state))


def keep(unit: Unit, change: KeepAddress) -> None:
    """Keep it as it is now."""
    unit.run(_KEEP, {"id": change.state.id, "state": _CODEC.encode(change.state)})


def states(database: Database) -> dict[str, AddressState]:
    """Every address that was ever looked at, by service."""
    found = (_CODEC.decode(row[0]) for row in database.rows(_ALL, {}))
    return {state.id: state for state in found}
