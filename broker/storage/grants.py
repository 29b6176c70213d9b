"""Grants: the root of codes and tokens. Revoking one revokes all that came of it."""

from typing import Any

from sqlalchemy import Index, bindparam, column, delete, func, insert, select, update
from sqlalchemy import table as lightweight

from broker.login.effects import EndGrant, Grant, SaveGrant
from broker.login.person import EndGrants
from broker.storage.codec import dumps, loads
from broker.storage.database import Database, Kept, Unit
from broker.storage.tables import About, number, octets, table, text

GRANTS = table(
    "grants",
    About(
        "What a person let a client have: the root of its codes and tokens",
        "Needed to serve the client the person asked for (GDPR 6.1 e)",
        "Until its last token has expired",
    ),
    text("id", "The grant's random name", primary_key=True),
    text("client", "The service's id"),
    text("person", "The register's random id of the person; none for a client's own grant", nullable=True),
    text("sign_on", "Root of the sign-on it came of", nullable=True),
    number("offline", "1 when it outlives the sign-on (offline access)"),
    number("expires_at", "When nothing that came of it can be used any more"),
    number("revoked_at", "When it was revoked", nullable=True),
    octets("content", "What the front must know to answer for it: scope, identity, claims; sealed"),
    Index("ix_grants_sign_on", "sign_on"),
    Index(None, "expires_at"),
)
_C = GRANTS.c
_SIGN_ONS = lightweight("sign_ons", column("root"), column("ended_at"))
# a sign-on that ended while its answer was made takes the grant along, as if the grant had been there
_ended = select(_SIGN_ONS.c.ended_at).where(_SIGN_ONS.c.root == bindparam("sign_on")).scalar_subquery()
_SAVE = Kept(
    insert(GRANTS).values(
        {n: bindparam(n) for n in ("id", "client", "person", "sign_on", "offline", "expires_at", "content")}
        | {"revoked_at": func.coalesce(bindparam("revoked_at"), _ended)}
    )
)
_END = Kept(update(GRANTS).where(_C.id == bindparam("row"), _C.revoked_at.is_(None)).values(revoked_at=bindparam("at")))
_END_WITH_SIGN_ON = Kept(
    update(GRANTS)
    .where(_C.sign_on == bindparam("root"), _C.offline == 0, _C.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_END_OF_PERSON = Kept(
    update(GRANTS).where(_C.person == bindparam("owner"), _C.revoked_at.is_(None)).values(revoked_at=bindparam("at"))
)
_FORGET = Kept(delete(GRANTS).where(_C.person == bindparam("forgotten")))
_READ = Kept(
    select(_C.client, _C.person, _C.sign_on, _C.expires_at, _C.revoked_at, _C.content).where(_C.id == bindparam("row"))
)


def save(unit: Unit, change: SaveGrant) -> None:
    """Insert a grant."""
    grant = change.grant
    unit.run(
        _SAVE,
        {
            "id": grant.id,
            "client": grant.client,
            "person": grant.person,
            "sign_on": grant.sign_on,
            "offline": 1 if grant.content.get("offline") else 0,
            "expires_at": grant.expires_at,
            "revoked_at": grant.revoked_at,
            "content": unit.vault.seal("grant", dumps(grant.content), grant.id.encode()),
        },
    )


def end(unit: Unit, change: EndGrant) -> None:
    """Revoke it; one that was revoked before keeps its time."""
    unit.run(_END, {"row": change.id, "at": change.at})


def end_with_sign_on(unit: Unit, root: str, at: int) -> None:
    """Revoke the grants of a sign-on that has ended, but for offline access."""
    unit.run(_END_WITH_SIGN_ON, {"root": root, "at": at})


def end_of_person(unit: Unit, change: EndGrants) -> None:
    """Revoke all of a person's, those with offline access too."""
    unit.run(_END_OF_PERSON, {"owner": change.person, "at": change.at})


def forget(unit: Unit, person: str) -> None:
    """Delete all of a person's grants: their tokens find nothing."""
    unit.run(_FORGET, {"forgotten": person})


def read(database: Database, id: str) -> Grant | None:
    """A grant as it is now, revoked or not."""
    found = database.row(_READ, {"row": id})
    if found is None:
        return None
    client, person, sign_on, expires_at, revoked_at, sealed = found
    content: dict[str, Any] = loads(database.vault.open("grant", sealed, id.encode()))
    return Grant(id, client, person, sign_on, expires_at, content, revoked_at)
