"""Sign-ons, found by the hash of their handle or by their root, and the services that each has served."""

from sqlalchemy import Executable, Index, bindparam, select, update

from broker.login.effects import EndSignOn, Join, Overtaken, StartSignOn, UseSignOn
from broker.login.sign_on import Participant, SignOn
from broker.storage import grants
from broker.storage.codec import Codec
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, octets, table, text

SIGN_ONS = table(
    "sign_ons",
    About(
        "Lets a second service know the person without asking again",
        "Needed for the login the person asked for (GDPR 6.1 e)",
        "One hour after its last identification no longer counts",
    ),
    text("root", "The sign-on's name, never shown", primary_key=True),
    octets("id", "SHA-256 of the handle in the browser's cookie", unique=True),
    text("person", "The register's random id of the person"),
    number("used_at", "When a service last used it (idle limit)"),
    number("renewed_at", "When the person last identified (absolute limit)"),
    number("ended_at", "When the person logged out, or was", nullable=True),
    octets("content", "The identifications that still count, sealed"),
    Index(None, "renewed_at"),
    Index(None, "person"),
    sqlite_with_rowid=False,
)
PARTICIPANTS = table(
    "participants",
    About(
        "Which services a sign-on has served, so that logging out can name them",
        "Needed to log the person out everywhere (GDPR 6.1 e)",
        "As long as the sign-on",
    ),
    text("root", "The sign-on", primary_key=True),
    text("service", "The service's id", primary_key=True),
    octets("content", "What the service calls the person and the session, sealed"),
    sqlite_with_rowid=False,
)
_SIGN_ON: Codec[SignOn] = Codec(SignOn)
_PARTICIPANT: Codec[Participant] = Codec(Participant)
_S, _P = SIGN_ONS.c, PARTICIPANTS.c


def _start(insert: InsertOf) -> Executable:
    new = insert(SIGN_ONS).values(
        {n: bindparam(n) for n in ("root", "id", "person", "used_at", "renewed_at", "content")}
    )
    changed = {n: new.excluded[n] for n in ("id", "used_at", "renewed_at", "content")}
    same = _S.ended_at.is_(None) & (_S.person == new.excluded.person)
    return new.on_conflict_do_update(index_elements=["root"], set_=changed, where=same)  # type: ignore[no-any-return]


def _join(insert: InsertOf) -> Executable:
    new = insert(PARTICIPANTS).values({n: bindparam(n) for n in ("root", "service", "content")})
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["root", "service"], set_={"content": new.excluded.content}
    )


_START, _JOIN = Kept(_start), Kept(_join)
_USE = Kept(update(SIGN_ONS).where(_S.root == bindparam("row"), _S.ended_at.is_(None)).values(used_at=bindparam("at")))
_END = Kept(update(SIGN_ONS).where(_S.root == bindparam("row"), _S.ended_at.is_(None)).values(ended_at=bindparam("at")))
_FORGET = Kept(
    update(SIGN_ONS).where(_S.person == bindparam("forgotten"), _S.ended_at.is_(None)).values(ended_at=bindparam("at"))
)
_READ = Kept(select(_S.root, _S.used_at, _S.content).where(_S.id == bindparam("id"), _S.ended_at.is_(None)))
_OF_PERSON = Kept(
    select(_S.id, _S.root, _S.used_at, _S.content)
    .where(_S.person == bindparam("owner"), _S.ended_at.is_(None))
    .order_by(_S.used_at.desc(), _S.root)
)
_SERVED = Kept(select(_P.service, _P.content).where(_P.root == bindparam("root")).order_by(_P.service))


def start(unit: Unit, change: StartSignOn) -> None:
    """Insert, or give the standing sign-on its new handle. Raises Overtaken when it has ended or is another person's."""
    sign_on = change.sign_on
    sealed = unit.vault.seal("sign-on", _SIGN_ON.encode(sign_on), sign_on.root.encode())
    values = {"root": sign_on.root, "id": sign_on.id, "person": sign_on.person, "content": sealed}
    if not unit.run(_START, {**values, "used_at": sign_on.used_at, "renewed_at": sign_on.used_at}):
        raise Overtaken("sign-on")


def use(unit: Unit, change: UseSignOn) -> None:
    """Note the use. Raises Overtaken."""
    if not unit.run(_USE, {"row": change.root, "at": change.at}):
        raise Overtaken("sign-on")


def end(unit: Unit, change: EndSignOn) -> None:
    """End it and the grants that hang on it; one that has ended stays as it is."""
    unit.run(_END, {"row": change.root, "at": change.at})
    grants.end_with_sign_on(unit, change.root, change.at)


def join(unit: Unit, change: Join) -> None:
    """Note that the service was served, and what it calls the person now (a transient NameID is new each time)."""
    served = change.participant
    context = f"{change.root}\0{served.service}".encode()
    sealed = unit.vault.seal("participant", _PARTICIPANT.encode(served), context)
    unit.run(_JOIN, {"root": change.root, "service": served.service, "content": sealed})


def forget(unit: Unit, person: str, at: int) -> None:
    """End all of a person's sign-ons."""
    unit.run(_FORGET, {"forgotten": person, "at": at})


def read(database: Database, id: bytes) -> SignOn | None:
    """The sign-on that this handle's hash finds, unless it has ended."""
    found = database.row(_READ, {"id": id})
    if found is None:
        return None
    root, used_at, content = found
    return _opened(database, id, root, used_at, content)


def _opened(database: Database, id: bytes, root: str, used_at: int, content: bytes) -> SignOn:
    kept = _SIGN_ON.decode(database.vault.open("sign-on", content, root.encode()))
    return SignOn(id, root, kept.person, kept.identities, kept.started_at, used_at)


def of_person(database: Database, person: str) -> tuple[SignOn, ...]:
    """The person's sign-ons that have not ended, in whichever browser, the last used first."""
    return tuple(_opened(database, *row) for row in database.rows(_OF_PERSON, {"owner": person}))


def participants(database: Database, root: str) -> tuple[Participant, ...]:
    """The services served, also of a sign-on that has ended (they must be told)."""
    vault = database.vault
    return tuple(
        _PARTICIPANT.decode(vault.open("participant", content, f"{root}\0{service}".encode()))
        for service, content in database.rows(_SERVED, {"root": root})
    )
