"""Persons and their employments, each sealed under the person's own key, and found by keyed hash alone.

Destroying a person's key (`forget`) makes everything that was sealed under it unreadable, here, in the log's evidence and
in every backup of the database that is younger than the key.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Executable, Index, bindparam, delete, insert, select, update

from broker.care.changes import StillUnknown
from broker.keys.sealing import open_under, seal_under
from broker.login.effects import KeepPerson, Overtaken, PersonKey, TwoPersons
from broker.storage import care_versions
from broker.storage.codec import Codec
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, octets, table, text
from trust_framework.directory import StaffEntry
from trust_framework.persons import Person
from trust_framework.representation import Representation
from trust_framework.roles import Role

_BASIS = "Public interest: knowing who logs in and who may act (GDPR 6.1 e)"
PERSONS = table(
    "persons",
    About("A person as the federation knows them", _BASIS, "Until forgotten, or the member's directory ends it"),
    text("id", "Random and internal; no service sees it", primary_key=True),
    octets("data_key", "The person's own key, sealed; destroyed when the person is forgotten", nullable=True),
    octets("content", "Attributes and marks, sealed under the person's key", nullable=True),
    number("listed", "1 when the directory of the federation file has the person"),
    number("forgotten_at", "When the person was forgotten", nullable=True),
)
PERSON_KEYS = table(
    "person_keys",
    About("Finds a person by a number or a provider's subject", _BASIS, "As long as the person"),
    octets("id", "Keyed hash of the identifier", primary_key=True),
    text("person", "The person it belongs to"),
    Index(None, "person"),
    sqlite_with_rowid=False,
)
STAFF = table(
    "staff",
    About("A person's employments and commissions", _BASIS, "As long as the directory has them"),
    octets("id", "Keyed hash of the employment's HSA-id", primary_key=True),
    text("person", "The person employed"),
    number("place", "Order in which they were listed"),
    octets("content", "The employment and its commissions, sealed under the person's key"),
    Index(None, "person"),
    sqlite_with_rowid=False,
)
_BEFORE = 2
"""`listed` of who was in the directory before and is not in the new one yet: within a commit alone."""
_NOBODYS, _PERSONS = b"\x00", b"\x01"
_NOBODY = ""
"""The person of a key that is taken for the length of a transaction."""
_PERSON: Codec[Person] = Codec(Person)
ENTRY: Codec[StaffEntry] = Codec(StaffEntry)
_P, _K, _S = PERSONS.c, PERSON_KEYS.c, STAFF.c


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as a directory lists them: what finds them, what is known, where they work, what they may do in the consoles
    (organisation number, or `federation`, and role), who may act for them. In `represented` persons have the names of the list.

    `person.id` is not used: the store gives the id of whoever the keys find, or a new one.
    """

    keys: tuple[PersonKey, ...]
    person: Person
    staff: tuple[StaffEntry, ...] = ()
    roles: tuple[tuple[str, Role], ...] = ()
    name: str = ""
    represented: tuple[Representation, ...] = ()


def _add(insert: InsertOf) -> Executable:
    new = insert(PERSONS).values(
        {"id": bindparam("id"), "data_key": bindparam("data_key"), "listed": bindparam("listed")}
    )
    return new.on_conflict_do_nothing()  # type: ignore[no-any-return]


def _add_key(insert: InsertOf) -> Executable:
    new = insert(PERSON_KEYS).values({"id": bindparam("id"), "person": bindparam("person")})
    return new.on_conflict_do_nothing()  # type: ignore[no-any-return]


ADD, ADD_KEY = Kept(_add), Kept(_add_key)
_EXISTS = Kept(select(_P.id).where(_P.id == bindparam("row")))
_OWNER = Kept(select(_K.person).where(_K.id == bindparam("row")))
_READ = Kept(select(_P.data_key, _P.content).where(_P.id == bindparam("row"), _P.data_key.is_not(None)))
_DATA_KEY = Kept(select(_P.data_key).where(_P.id == bindparam("row")))
_WRITE = Kept(
    update(PERSONS).where(_P.id == bindparam("row")).values(content=bindparam("content"), listed=bindparam("listed"))
)
_STAFF = Kept(
    select(_P.data_key, _S.content)
    .join(PERSONS, _P.id == _S.person)
    .where(_S.person == bindparam("row"), _P.data_key.is_not(None))
    .order_by(_S.place)
)
_ADD_STAFF = Kept(insert(STAFF).values({n: bindparam(n) for n in ("id", "person", "place", "content")}))
_NO_STAFF = Kept(delete(STAFF))
_MARK = Kept(update(PERSONS).where(_P.listed == 1).values(listed=_BEFORE))
_GONE = Kept(select(_P.id).where(_P.listed == _BEFORE).order_by(_P.id))
_UNLIST = Kept(update(PERSONS).where(_P.listed == _BEFORE).values(listed=0, content=None))
_HOLD = Kept(update(PERSONS).where(_P.id == bindparam("row")).values(listed=_P.listed))
_FORGET = Kept(
    update(PERSONS)
    .where(_P.id == bindparam("row"))
    .values(data_key=None, content=None, listed=0, forgotten_at=bindparam("at"))
)
_FORGET_KEYS = Kept(delete(PERSON_KEYS).where(_K.person == bindparam("row")))
_GIVE_BACK = Kept(delete(PERSON_KEYS).where(_K.id == bindparam("row"), _K.person == _NOBODY))
_FORGET_STAFF = Kept(delete(STAFF).where(_S.person == bindparam("row")))


def keep(unit: Unit, change: KeepPerson) -> None:
    """A new person, or more keys of one. Raises Overtaken when another request gave a key to somebody else."""
    if unit.row(_EXISTS, {"row": change.person}) is None:
        _add_person(unit, change.person, listed=0)
    _add_keys(unit, change.person, change.keys)


def _add_person(unit: Unit, id: str, *, listed: int) -> bytes:
    data_key = secrets.token_bytes(32)
    unit.run(ADD, {"id": id, "data_key": unit.vault.seal("person-key", data_key, id.encode()), "listed": listed})
    return data_key


def _add_keys(unit: Unit, person: str, keys: Iterable[PersonKey]) -> None:
    for row in sorted(key_hash(unit, k) for k in keys):
        if not unit.run(ADD_KEY, {"id": row, "person": person}):
            owner = unit.row(_OWNER, {"row": row})
            if owner is None or owner[0] != person:
                raise Overtaken("person")


def require_unknown(unit: Unit, change: StillUnknown) -> None:
    """See that nobody has the key, and that nobody gets it before this commit is done: it is taken and given back, and who
    makes a person of it meanwhile waits, on PostgreSQL too. Raises Overtaken.
    """
    row = key_hash(unit, change.key)
    if not unit.run(ADD_KEY, {"id": row, "person": _NOBODY}):
        raise Overtaken("care")
    unit.run(_GIVE_BACK, {"row": row})


def key_hash(at: Database | Unit, key: PersonKey) -> bytes:
    return at.vault.keyed_hash("person", f"{len(key.kind)}:{key.kind}:{key.value}".encode())


def by_keys(database: Database, keys: Iterable[PersonKey]) -> frozenset[str]:
    """Ids of the persons that any of the keys belongs to."""
    found = (database.row(_OWNER, {"row": key_hash(database, key)}) for key in keys)
    return frozenset(row[0] for row in found if row)


def read(database: Database, id: str) -> Person | None:
    """What the register knows of a person; None when unknown or forgotten."""
    found = database.row(_READ, {"row": id})
    if found is None:
        return None
    if found[1] is None:
        return Person(id)
    return opened(id, database.vault.open("person-key", found[0], id.encode()), found[1])


def opened(id: str, key: bytes, content: bytes | None) -> Person:
    """What the register knows of a person, under the person's own key."""
    if content is None:
        return Person(id)
    kept = _PERSON.decode(open_under(key, "person", content, id.encode()))
    return Person(**{n: getattr(kept, n) for n in Person.__dataclass_fields__ if n != "id"}, id=id)


def staff(database: Database, person: str) -> tuple[StaffEntry, ...]:
    """The person's employments, in the directory's order."""
    found = database.rows(_STAFF, {"row": person})
    if not found:
        return ()
    key = database.vault.open("person-key", found[0][0], person.encode())
    return tuple(ENTRY.decode(open_under(key, "staff", content, person.encode())) for _, content in found)


def data_key(at: Database | Unit, person: str) -> bytes | None:
    """The person's own key; None for nobody, and for who was forgotten."""
    found = at.row(_DATA_KEY, {"row": person})
    return at.vault.open("person-key", found[0], person.encode()) if found and found[0] else None


def hold(unit: Unit, person: str) -> None:
    """Whoever else holds the person waits until this commit is done."""
    unit.run(_HOLD, {"row": person})


def seal_evidence(unit: Unit, person: str, evidence: bytes) -> bytes:
    """Seal evidence under the person's key, so that forgetting the person takes it along."""
    key = data_key(unit, person)
    if key is None:
        return _NOBODYS + unit.vault.seal("evidence", evidence, person.encode())
    return _PERSONS + seal_under(key, "evidence", evidence, person.encode())


def open_evidence(database: Database, person: str, sealed: bytes) -> bytes | None:
    """The evidence again; None when the person was forgotten."""
    if sealed[:1] == _NOBODYS:
        return database.vault.open("evidence", sealed[1:], person.encode())
    key = data_key(database, person)
    return None if key is None else open_under(key, "evidence", sealed[1:], person.encode())


def replace_directory(unit: Unit, listed: Iterable[Listed]) -> dict[str, Listed]:
    """Make the directory what `listed` says. Persons found by their keys keep their ids; those no longer listed lose
    their attributes and employments, and stay known by their keys. Decisions of care that go just then by what is known of
    somebody (age, protection, death) are made anew when that changes. Raises Overtaken when keys point at two persons. Returns
    everybody by the id that the store knows them by.
    """
    unit.run(_MARK, {})
    unit.run(_NO_STAFF, {})
    people = {_list(unit, one): one for one in listed}
    for (gone,) in unit.rows(_GONE, {}):
        care_versions.bump(unit, gone)
    unit.run(_UNLIST, {})
    return people


def _list(unit: Unit, one: Listed) -> str:
    owners = {row[0] for k in one.keys if (row := unit.row(_OWNER, {"row": key_hash(unit, k)}))}
    if len(owners) > 1:
        raise TwoPersons("person")
    person = owners.pop() if owners else secrets.token_urlsafe(16)
    found = unit.row(_READ, {"row": person})
    key = unit.vault.open("person-key", found[0], person.encode()) if found else _add_person(unit, person, listed=1)
    _add_keys(unit, person, one.keys)
    plain = _PERSON.encode(one.person)
    if found and (found[1] is None or open_under(key, "person", found[1], person.encode()) != plain):
        care_versions.bump(unit, person)
    sealed = seal_under(key, "person", plain, person.encode())
    unit.run(_WRITE, {"row": person, "content": sealed, "listed": 1})
    for place, entry in enumerate(one.staff):
        row = unit.vault.keyed_hash("staff", entry.hsa_id.encode())
        content = seal_under(key, "staff", ENTRY.encode(entry), person.encode())
        unit.run(_ADD_STAFF, {"id": row, "person": person, "place": place, "content": content})
    return person


def forget(unit: Unit, id: str, at: int) -> bool:
    """Destroy the person's key and whatever finds them. True when there was such a person."""
    unit.run(_FORGET_KEYS, {"row": id})
    unit.run(_FORGET_STAFF, {"row": id})
    return bool(unit.run(_FORGET, {"row": id, "at": at}))
