"""Pending logins: kept sealed under the hash of their handle, moved on by compare-and-set, answered once."""

from sqlalchemy import Executable, Index, bindparam, delete, select, update

from broker.login.effects import AlreadyUsed, EndLogin, Overtaken, SaveLogin
from broker.login.handles import hashed
from broker.login.request import Transaction
from broker.storage.codec import Codec
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, octets, table

PER_BROWSER = 50
"""Pending logins that one browser may have; the oldest give way (DO-02)."""

LOGINS = table(
    "logins",
    About(
        "A person's way from a service's request to its answer",
        "Needed for the login the person asked for (GDPR 6.1 e)",
        "One hour after it expired (15 minutes unless set otherwise)",
    ),
    octets("id", "SHA-256 of the login's handle", primary_key=True),
    octets("browser", "SHA-256 of the browser's secret, so that only that browser goes on"),
    number("version", "Counts the steps, so that two requests cannot both take one"),
    number("expires_at", "When the person's time is up"),
    number("answered_at", "When the service was answered; no login is answered twice", nullable=True),
    octets("content", "The request and what the person has proven so far, sealed"),
    Index(None, "browser", "expires_at"),
    Index(None, "expires_at"),
    sqlite_with_rowid=False,
)
_CODEC: Codec[Transaction] = Codec(Transaction)
_C = LOGINS.c


def _save(insert: InsertOf) -> Executable:
    new = insert(LOGINS).values({n: bindparam(n) for n in ("id", "browser", "version", "expires_at", "content")})
    changed = {n: new.excluded[n] for n in ("version", "expires_at", "content")}
    follows = (_C.version == new.excluded.version - 1) & _C.answered_at.is_(None)
    return new.on_conflict_do_update(index_elements=["id"], set_=changed, where=follows)  # type: ignore[no-any-return]


def _end_unsaved(insert: InsertOf) -> Executable:
    names = ("id", "browser", "version", "expires_at", "answered_at", "content")
    new = insert(LOGINS).values({n: bindparam(n) for n in names})
    open_still = _C.answered_at.is_(None) & (_C.version <= new.excluded.version)
    changed = {"answered_at": new.excluded.answered_at}
    return new.on_conflict_do_update(index_elements=["id"], set_=changed, where=open_still)  # type: ignore[no-any-return]


_SAVE = Kept(_save)
_END_UNSAVED = Kept(_end_unsaved)
_MOVE = Kept(
    update(LOGINS)
    .where(_C.id == bindparam("row"), _C.version == bindparam("before"), _C.answered_at.is_(None))
    .values(version=bindparam("version"), expires_at=bindparam("expires_at"), content=bindparam("content"))
)
_END = Kept(
    update(LOGINS)
    .where(_C.id == bindparam("row"), _C.answered_at.is_(None), _C.version <= bindparam("before"))
    .values(answered_at=bindparam("at"))
)
_STATE = Kept(select(_C.answered_at).where(_C.id == bindparam("row")))
_READ = Kept(select(_C.answered_at, _C.expires_at, _C.content).where(_C.id == bindparam("row")))
_older = (
    select(_C.id)
    .where(_C.browser == bindparam("browser"), _C.answered_at.is_(None))
    .order_by(_C.expires_at.desc(), _C.id)
    .offset(PER_BROWSER)
)
_DROP_OLDEST = Kept(delete(LOGINS).where(_C.id.in_(_older)))


def save(unit: Unit, change: SaveLogin) -> None:
    """Insert a login or move it on. Raises Overtaken when another request did."""
    tx = change.transaction
    row = hashed(tx.id)
    sealed = unit.vault.seal("login", _CODEC.encode(tx), row)
    values = {"version": tx.version, "expires_at": tx.expires_at, "content": sealed}
    if tx.version > 1:
        moved = unit.run(_MOVE, {**values, "row": row, "before": tx.version - 1})
    else:
        moved = unit.run(_SAVE, {**values, "id": row, "browser": tx.browser})
        unit.run(_DROP_OLDEST, {"browser": tx.browser})
    if not moved:
        raise Overtaken("login")


def end(unit: Unit, change: EndLogin) -> None:
    """Mark a login as answered, once. One that was never saved leaves a mark too, unless its handle never left."""
    tx, row = change.transaction, hashed(change.transaction.id)
    if tx.version == 0:
        # begun and answered in one request: nobody else has its handle, and no row is needed
        ended = unit.run(_END, {"row": row, "before": 0, "at": change.at})
        if ended or unit.row(_STATE, {"row": row}) is None:
            return
    else:
        values = {"id": row, "browser": tx.browser, "version": tx.version, "expires_at": tx.expires_at}
        if unit.run(_END_UNSAVED, {**values, "answered_at": change.at, "content": b""}):
            return
    state = unit.row(_STATE, {"row": row})
    if state is not None and state[0] is not None:
        raise AlreadyUsed("login", state[0])
    raise Overtaken("login")


def read(database: Database, id: str, now: int) -> Transaction | None:
    """A pending login; None when unknown or expired. Raises AlreadyUsed when it was answered."""
    row = hashed(id)
    found = database.row(_READ, {"row": row})
    if found is None:
        return None
    answered_at, expires_at, content = found
    if answered_at is not None:
        raise AlreadyUsed("login", answered_at)
    if expires_at <= now:
        return None
    return _CODEC.decode(database.vault.open("login", content, row))
