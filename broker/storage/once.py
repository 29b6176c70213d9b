"""Single-use things. Two tables: secrets that we gave out (codes, tokens, handles), and ids that others gave us.

Each kind is a key space of its own, since the kind is hashed with the secret: no key of one kind can be read, used or
deleted as another. A secret is used by one statement, so that of many who try one wins, and its row stays until whatever
came of it has expired, so that a second use is seen.
"""

import hashlib

from sqlalchemy import Executable, Index, bindparam, exists, func, insert, literal_column, select, update

from broker.login.effects import AlreadyUsed, KeepOnce, Once, UseOnce
from broker.storage.codec import dumps, loads
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.grants import GRANTS
from broker.storage.tables import About, number, octets, table, text
from idp_adapters.base import Consume

ONCE = table(
    "once",
    About(
        "Secrets that may be used once: codes, refresh tokens, handles",
        "Needed to answer exactly once (GDPR 6.1 e, 32)",
        "Until it has expired, and all that came of it",
    ),
    octets("id", "SHA-256 of kind and secret", primary_key=True),
    text("kind", "Which key space it belongs to"),
    text("owner", "Who may use it"),
    text("grant_id", "The grant it belongs to", nullable=True),
    number("expires_at", "When it can no longer be used"),
    number("keep_until", "When what came of it has expired too"),
    number("used_at", "When it was used", nullable=True),
    octets("payload", "What belongs to it, sealed"),
    Index(None, "keep_until"),
)
CONSUMED = table(
    "consumed",
    About(
        "Ids of others' messages that were accepted: assertions, jti, orders",
        "Needed against replay (GDPR 32)",
        "Until the message itself has expired",
    ),
    octets("id", "SHA-256 of kind and id", primary_key=True),
    text("kind", "Which key space it belongs to"),
    number("expires_at", "When the message has expired"),
    Index(None, "expires_at"),
    sqlite_with_rowid=False,
)
_O, _G = ONCE.c, GRANTS.c

_end_of_grant = select(_G.expires_at).where(_G.id == bindparam("grant_id")).scalar_subquery()
_KEEP = Kept(
    insert(ONCE).values(
        {n: bindparam(n) for n in ("id", "kind", "owner", "grant_id", "expires_at", "payload")}
        | {"keep_until": func.coalesce(_end_of_grant, bindparam("keep_until"))}
    )
)
_KEEP_ALONE = Kept(
    insert(ONCE).values({n: bindparam(n) for n in ("id", "kind", "owner", "expires_at", "keep_until", "payload")})
)
_revoked = exists(literal_column("1")).where(_G.id == _O.grant_id, _G.revoked_at.is_not(None))
_USE = Kept(
    update(ONCE)
    .where(_O.id == bindparam("row"), _O.used_at.is_(None), _O.expires_at > bindparam("at"), ~_revoked)
    .values(used_at=bindparam("at"))
)
_STATE = Kept(select(_O.used_at).where(_O.id == bindparam("row")))
_READ = Kept(select(_O.owner, _O.grant_id, _O.expires_at, _O.used_at, _O.payload).where(_O.id == bindparam("row")))


def _consume(insert: InsertOf) -> Executable:
    new = insert(CONSUMED).values({n: bindparam(n) for n in ("id", "kind", "expires_at")})
    return new.on_conflict_do_nothing()  # type: ignore[no-any-return]


_CONSUME = Kept(_consume)


def key(kind: str, secret: str) -> bytes:
    """The row of a secret: kind and secret hashed together, so that kinds cannot meet."""
    return hashlib.sha256(f"{len(kind)}:{kind}:{secret}".encode()).digest()


def keep(unit: Unit, change: KeepOnce) -> None:
    """Store a single-use secret."""
    once = change.once
    row = key(once.kind, once.secret)
    values = {
        "id": row,
        "kind": once.kind,
        "owner": once.owner,
        "expires_at": once.expires_at,
        "keep_until": once.expires_at,
        "payload": unit.vault.seal("once", dumps(once.payload), row),
    }
    if once.grant is None:
        unit.run(_KEEP_ALONE, values)
    else:
        unit.run(_KEEP, {**values, "grant_id": once.grant})


def use(unit: Unit, change: UseOnce) -> None:
    """Use it. Raises AlreadyUsed when it was used, has expired, never was, or its grant is revoked."""
    row = key(change.kind, change.secret)
    if not unit.run(_USE, {"row": row, "at": change.at}):
        state = unit.row(_STATE, {"row": row})
        raise AlreadyUsed(change.kind, state[0] if state else None)


def consume(unit: Unit, change: Consume) -> None:
    """Note another's id. Raises AlreadyUsed when it was noted before."""
    values = {"id": key(change.kind, change.key), "kind": change.kind, "expires_at": change.expires_at}
    if not unit.run(_CONSUME, values):
        raise AlreadyUsed(change.kind)


def read(database: Database, kind: str, secret: str) -> Once | None:
    """A secret as it is now, used or not."""
    row = key(kind, secret)
    found = database.row(_READ, {"row": row})
    if found is None:
        return None
    owner, grant, expires_at, used_at, payload = found
    content = loads(database.vault.open("once", payload, row))
    return Once(kind, secret, owner, expires_at, content, grant, used_at)
