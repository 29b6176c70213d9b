"""Who may act for whom: what applied files say, what persons have given on My page, and what they have taken back since."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sqlalchemy import Executable, Index, bindparam, delete, func, or_, select, update

from broker.audit.events import Event
from broker.audit.person_events import RepresentationChanged
from broker.keys.sealing import open_under, seal_under
from broker.login.effects import Overtaken
from broker.login.person import DeclineRepresentation, GiveRepresentation, RevokeRepresentation
from broker.storage import care_versions
from broker.storage.codec import Codec
from broker.storage.database import Database, InsertOf, Kept, Row, Unit
from broker.storage.persons import Listed, data_key, hold
from broker.storage.tables import About, number, octets, table, text
from trust_framework.representation import Deed, Given, Kind, Organisation, Representation

REPRESENTATIONS = table(
    "representations",
    About(
        "Who may act for whom, on My page and at services that take it",
        "Public interest: nobody but guardians and those the person trusts may act for them (GDPR 6.1 e)",
        "As long as the directory has it, or the person who gave it, until either is forgotten",
    ),
    text("id", "Keyed hash of what the federation file calls it; random when a person gave it", primary_key=True),
    text("person", "The register's random id of the person that it is about; empty for an organisation"),
    text("representative", "The register's random id of the person who may act"),
    text("kind", "Guardian, power of attorney, signatory, or a child let in before the age"),
    number("start", "When it begins"),
    number("until", "When it has ended", nullable=True),
    text("deeds", "What it lets do"),
    number("despite_age", "1 when it was decided in this case that the age does not count"),
    number("revoked_at", "When the person took it back, or the other declined it", nullable=True),
    number("declined", "1 when it was the other who declined it"),
    text("services", "Ids of the services that it is for"),
    text("organisation", "Number of the organisation that it is about"),
    text("organisation_name", "What that is called"),
    text("origin", "`file`, or `person` when it was given on My page"),
    octets("given", "How it names its two, sealed under the key of the person who gave it", nullable=True),
    Index(None, "person"),
    Index(None, "representative"),
)
_C = REPRESENTATIONS.c
_NAMES: Final = tuple(column.name for column in REPRESENTATIONS.columns)
_RECORD: Final = "representation"
FILED: Final = "file"
OWN: Final = "person"
_ENDED: Final = ("revoked_at", "declined")
"""What the two have said, and no file says."""

_GIVEN: Final[Codec[Given]] = Codec(Given)


def _file(insert: InsertOf) -> Executable:
    """What was taken back stays so, whatever a file says again."""
    new = insert(REPRESENTATIONS).values({name: bindparam(name) for name in _NAMES})
    changed = {name: new.excluded[name] for name in _NAMES if name not in {"id", *_ENDED}}
    return new.on_conflict_do_update(index_elements=["id"], set_=changed)  # type: ignore[no-any-return]


def _give(insert: InsertOf) -> Executable:
    return insert(REPRESENTATIONS).values({name: bindparam(name) for name in _NAMES})  # type: ignore[no-any-return]


_FILE, _GIVE = Kept(_file), Kept(_give)
_ALL = Kept(select(*REPRESENTATIONS.columns).where(_C.origin == FILED).order_by(_C.id))
_DROP = Kept(delete(REPRESENTATIONS).where(_C.id == bindparam("row")))
_REVOKE = Kept(
    update(REPRESENTATIONS)
    .where(_C.id == bindparam("row"), _C.person == bindparam("owner"), _C.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_DECLINE = Kept(
    update(REPRESENTATIONS)
    .where(
        _C.id == bindparam("row"),
        _C.representative == bindparam("holder"),
        _C.kind == Kind.POWER.value,
        _C.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("at"), declined=1)
)
_ABOUT = Kept(select(_C.person).where(_C.id == bindparam("row")))
_GIVEN_BY = Kept(select(func.count()).where(_C.person == bindparam("person"), _C.origin == OWN))
_OF_PERSON = Kept(
    select(*REPRESENTATIONS.columns)
    .where(or_(_C.person == bindparam("person"), _C.representative == bindparam("person")))
    .order_by(_C.kind, _C.id)
)
_FORGET = Kept(delete(REPRESENTATIONS).where(or_(_C.person == bindparam("row"), _C.representative == bindparam("row"))))


def replace_filed(unit: Unit, listed: Mapping[str, Listed], at: int) -> tuple[Event, ...]:
    """Make them what the newest file says; decisions of care that go by them just then are made anew. Returns the events."""
    before = {one.id: one for one in (_read(row) for row in unit.rows(_ALL, {}))}
    after = {one.id: one for one in _wanted(unit, listed)}
    for gone in sorted(before.keys() - after.keys()):
        unit.run(_DROP, {"row": gone})
    for one in after.values():
        unit.run(_FILE, _row(one))
    events = tuple(_events(before, after, at))
    moved = [kept.get(event.representation) for event in events for kept in (before, after)]
    for person in sorted({one.person for one in moved if one and one.person}):
        care_versions.bump(unit, person)
    return events


def _wanted(unit: Unit, listed: Mapping[str, Listed]) -> Iterator[Representation]:
    ids = {one.name: id_ for id_, one in listed.items() if one.name}
    for person, each in listed.items():
        for one in each.represented:
            row = unit.vault.keyed_hash(_RECORD, one.id.encode()).hex()[:32]
            yield Representation(
                row,
                "" if one.organisation else person,
                ids[one.representative],
                one.kind,
                start=one.start,
                until=one.until,
                deeds=one.deeds,
                despite_age=one.despite_age,
                services=one.services,
                organisation=one.organisation,
            )


def _events(
    before: Mapping[str, Representation], after: Mapping[str, Representation], at: int
) -> Iterator[RepresentationChanged]:
    for id_ in sorted(before.keys() | after.keys()):
        old, new = before.get(id_), after.get(id_)
        one = new or old
        if one is not None and (old is None or new is None or _filed(old) != _filed(new)):
            act = "given" if new is not None else "ended"
            yield RepresentationChanged(
                at=at,
                act=act,
                representation=id_,
                person=one.person,
                representative=one.representative,
                kind=one.kind.value,
                by=FILED,
                services=tuple(sorted(one.services)),
                organisation=one.organisation.number if one.organisation else "",
            )


def give(unit: Unit, change: GiveRepresentation) -> None:
    """Keep a power that a person gives. What it says of its two goes when the person is forgotten. Who gives another at the same
    time waits until this one is done, on PostgreSQL too, and then has seen too few. Raises Overtaken.
    """
    one = change.representation
    hold(unit, one.person)
    key = data_key(unit, one.person)
    before = unit.row(_GIVEN_BY, {"person": one.person})
    if key is None or one.given is None or before is None or before[0] != change.seen:
        raise Overtaken(_RECORD)
    sealed = seal_under(key, _RECORD, _GIVEN.encode(one.given), one.id.encode())
    unit.run(_GIVE, {**_row(one), "origin": OWN, "given": sealed})


def revoke(unit: Unit, change: RevokeRepresentation) -> None:
    """Take one back; decisions of care that go by it just then are made anew. Raises Overtaken when it is not the person's, or
    was taken back before.
    """
    if not unit.run(_REVOKE, {"row": change.id, "owner": change.person, "at": change.at}):
        raise Overtaken(_RECORD)
    care_versions.bump(unit, change.person)


def decline(unit: Unit, change: DeclineRepresentation) -> None:
    """Who may act will not; decisions of care that go by it just then are made anew. Raises Overtaken."""
    about = unit.row(_ABOUT, {"row": change.id})
    if about is None or not unit.run(_DECLINE, {"row": change.id, "holder": change.representative, "at": change.at}):
        raise Overtaken(_RECORD)
    care_versions.bump(unit, about[0])


def of_person(database: Database, person: str) -> tuple[Representation, ...]:
    """Those that a person has given, and those that they hold."""
    return tuple(_read(row, database) for row in database.rows(_OF_PERSON, {"person": person}))


def forget(unit: Unit, person: str) -> None:
    """Delete whatever a person gave and holds."""
    unit.run(_FORGET, {"row": person})


def _row(one: Representation) -> dict[str, object]:
    return {
        "id": one.id,
        "person": one.person,
        "representative": one.representative,
        "kind": one.kind.value,
        "start": one.start,
        "until": one.until,
        "deeds": _words(one.deeds),
        "despite_age": int(one.despite_age),
        "revoked_at": one.revoked_at,
        "declined": int(one.declined),
        "services": " ".join(sorted(one.services)),
        "organisation": one.organisation.number if one.organisation else "",
        "organisation_name": one.organisation.name if one.organisation else "",
        "origin": FILED,
        "given": None,
    }


def _filed(one: Representation) -> dict[str, object]:
    """What a file says of it."""
    return {name: value for name, value in _row(one).items() if name not in _ENDED}


def _words(deeds: Iterable[Deed]) -> str:
    return " ".join(sorted(deed.value for deed in deeds))


def _read(row: Row, at: Database | None = None) -> Representation:
    """A row. `at` opens what is sealed in it; a file's rows have nothing that is."""
    (
        id_,
        person,
        representative,
        kind,
        start,
        until,
        deeds,
        despite_age,
        revoked_at,
        declined,
        services,
        number_,
        name,
        _,
        sealed,
    ) = row
    return Representation(
        id_,
        person,
        representative,
        Kind(kind),
        start,
        until,
        frozenset(Deed(word) for word in deeds.split()),
        bool(despite_age),
        revoked_at,
        frozenset(services.split()),
        Organisation(number_, name) if number_ else None,
        _opened(id_, person, sealed, at) if at is not None and sealed else None,
        bool(declined),
    )


def _opened(id: str, person: str, sealed: bytes, at: Database) -> Given | None:
    key = data_key(at, person)
    return _GIVEN.decode(open_under(key, _RECORD, sealed, id.encode())) if key else None
