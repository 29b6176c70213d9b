"""Who may act for whom on My page: what applied files say, and what the person has taken back since."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sqlalchemy import Executable, Index, bindparam, delete, or_, select, update

from broker.audit.events import Event
from broker.audit.person_events import RepresentationChanged
from broker.login.effects import Overtaken
from broker.login.person import RevokeRepresentation
from broker.storage.database import Database, InsertOf, Kept, Row, Unit
from broker.storage.persons import Listed
from broker.storage.tables import About, number, table, text
from trust_framework.representation import Deed, Kind, Representation

REPRESENTATIONS = table(
    "representations",
    About(
        "Who may act for whom on My page",
        "Public interest: nobody but guardians and those the person trusts may see what care holds of them (GDPR 6.1 e)",
        "As long as the directory has it, or the person is forgotten",
    ),
    text("id", "Keyed hash of what the federation file calls it", primary_key=True),
    text("person", "The register's random id of the person that it is about"),
    text("representative", "The register's random id of the person who may act"),
    text("kind", "Guardian, power of attorney, or a child let in before the age"),
    number("start", "When it begins"),
    number("until", "When it has ended", nullable=True),
    text("deeds", "What it lets do"),
    number("despite_age", "1 when it was decided in this case that the age does not count"),
    number("revoked_at", "When the person took it back", nullable=True),
    Index(None, "person"),
    Index(None, "representative"),
)
_C = REPRESENTATIONS.c
_NAMES: Final = tuple(column.name for column in REPRESENTATIONS.columns)
_RECORD: Final = "representation"
FILED: Final = "file"


def _file(insert: InsertOf) -> Executable:
    """What was taken back stays so, whatever a file says again."""
    new = insert(REPRESENTATIONS).values({name: bindparam(name) for name in _NAMES})
    changed = {name: new.excluded[name] for name in _NAMES if name not in {"id", "revoked_at"}}
    return new.on_conflict_do_update(index_elements=["id"], set_=changed)  # type: ignore[no-any-return]


_FILE = Kept(_file)
_ALL = Kept(select(*REPRESENTATIONS.columns).order_by(_C.id))
_DROP = Kept(delete(REPRESENTATIONS).where(_C.id == bindparam("row")))
_REVOKE = Kept(
    update(REPRESENTATIONS)
    .where(_C.id == bindparam("row"), _C.person == bindparam("owner"), _C.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_OF_PERSON = Kept(
    select(*REPRESENTATIONS.columns)
    .where(or_(_C.person == bindparam("person"), _C.representative == bindparam("person")))
    .order_by(_C.kind, _C.id)
)
_FORGET = Kept(delete(REPRESENTATIONS).where(or_(_C.person == bindparam("row"), _C.representative == bindparam("row"))))


def replace_filed(unit: Unit, listed: Mapping[str, Listed], at: int) -> tuple[Event, ...]:
    """Make them what the newest file says. Returns the events."""
    before = {one.id: one for one in map(_read, unit.rows(_ALL, {}))}
    after = {one.id: one for one in _wanted(unit, listed)}
    for gone in sorted(before.keys() - after.keys()):
        unit.run(_DROP, {"row": gone})
    for one in after.values():
        unit.run(_FILE, _row(one))
    return tuple(_events(before, after, at))


def _wanted(unit: Unit, listed: Mapping[str, Listed]) -> Iterator[Representation]:
    ids = {one.name: id_ for id_, one in listed.items() if one.name}
    for person, each in listed.items():
        for one in each.represented:
            row = unit.vault.keyed_hash(_RECORD, one.id.encode()).hex()[:32]
            yield Representation(
                row,
                person,
                ids[one.representative],
                one.kind,
                start=one.start,
                until=one.until,
                deeds=one.deeds,
                despite_age=one.despite_age,
            )


def _events(
    before: Mapping[str, Representation], after: Mapping[str, Representation], at: int
) -> Iterator[RepresentationChanged]:
    for id_ in sorted(before.keys() | after.keys()):
        old, new = before.get(id_), after.get(id_)
        one = new or old
        if one is not None and (old is None or new is None or _row(old) != {**_row(new), "revoked_at": old.revoked_at}):
            act = "given" if new is not None else "ended"
            yield RepresentationChanged(
                at=at,
                act=act,
                representation=id_,
                person=one.person,
                representative=one.representative,
                kind=one.kind.value,
                by=FILED,
            )


def revoke(unit: Unit, change: RevokeRepresentation) -> None:
    """Take one back. Raises Overtaken when it is not the person's, or was taken back before."""
    if not unit.run(_REVOKE, {"row": change.id, "owner": change.person, "at": change.at}):
        raise Overtaken(_RECORD)


def of_person(database: Database, person: str) -> tuple[Representation, ...]:
    """Those that a person has given, and those that they hold."""
    return tuple(_read(row) for row in database.rows(_OF_PERSON, {"person": person}))


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
    }


def _words(deeds: Iterable[Deed]) -> str:
    return " ".join(sorted(deed.value for deed in deeds))


def _read(row: Row) -> Representation:
    id_, person, representative, kind, start, until, deeds, despite_age, revoked_at = row
    given = frozenset(Deed(word) for word in deeds.split())
    return Representation(id_, person, representative, Kind(kind), start, until, given, bool(despite_age), revoked_at)
