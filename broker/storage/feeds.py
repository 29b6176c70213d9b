"""How each feed of another federation has fared."""

from sqlalchemy import Executable, bindparam, select

from broker.federation.feeds import FeedState, KeepFeed
from broker.storage.codec import Codec
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, octets, table, text

FEEDS = table(
    "feeds",
    About(
        "How each feed of another federation has fared",
        "Public interest: running the federation (GDPR 6.1 e)",
        "As long as the feed",
    ),
    text("id", "The feed's id", primary_key=True),
    octets("state", "When it was looked at, what it brought, why it failed; JSON"),
)
_CODEC: Codec[FeedState] = Codec(FeedState)


def _keep(insert: InsertOf) -> Executable:
    new = insert(FEEDS).values(id=bindparam("id"), state=bindparam("state"))
    return new.on_conflict_do_update(index_elements=["id"], set_={"state": new.excluded.state})  # type: ignore[no-any-return]


_KEEP = Kept(_keep)
_ALL = Kept(select(FEEDS.c.state).order_by(FEEDS.c.id))


def keep(unit: Unit, change: KeepFeed) -> None:
    """Keep it as it is now."""
    unit.run(_KEEP, {"id": change.state.id, "state": _CODEC.encode(change.state)})


def states(database: Database) -> dict[str, FeedState]:
    """Every feed that was ever looked at."""
    found = (_CODEC.decode(row[0]) for row in database.rows(_ALL, {}))
    return {state.id: state for state in found}
