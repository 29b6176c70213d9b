"""What a review of the log must know of the many persons in it, read some hundreds at a time: a review of 20,000 patients asks
the database as often as one of 30 did when each was asked for alone.

Each person's own key is opened once, for everything of theirs.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import Column, bindparam, select

from broker.care.filings import Reviewed
from broker.keys.sealing import open_under
from broker.login.effects import PersonKey
from broker.storage import care_relations, persons
from broker.storage.database import Database, Kept, Row
from broker.storage.persons import PERSON_KEYS, PERSONS, STAFF
from trust_framework.persons import Person

AT_ONCE: Final = 500
_NAMES: Final = tuple(f"p{number}" for number in range(AT_ONCE))
_P, _S, _K = PERSONS.c, STAFF.c, PERSON_KEYS.c


def among(column: Column[Any]) -> Any:
    """A condition on so many values; fewer are filled up with the last."""
    return column.in_([bindparam(name) for name in _NAMES])


_PERSONS = Kept(select(_P.id, _P.data_key, _P.content).where(among(_P.id), _P.data_key.is_not(None)))
_STAFF = Kept(select(_S.person, _S.content).where(among(_S.person)).order_by(_S.person, _S.place))
_OWNERS = Kept(select(_K.id, _K.person).where(among(_K.id)))
_RELATIONS = Kept(
    care_relations.ENTRIES.joined.where(among(care_relations.RELATIONS.c.person)).order_by(
        care_relations.RELATIONS.c.made_at, care_relations.RELATIONS.c.id
    )
)


def in_batches(database: Database, statement: Kept, values: Iterable[Any], **more: Any) -> Iterator[Row]:
    """What a statement with a condition of `among` finds for values however many; `more` are its other parameters."""
    left = iter(values)
    while some := list(islice(left, AT_ONCE)):
        yield from database.rows(statement, {**more, **dict(zip(_NAMES, _filled(some), strict=True))})


def _filled(some: list[Any]) -> list[Any]:
    return some + some[-1:] * (AT_ONCE - len(some))


def owners(database: Database, keys: Sequence[PersonKey]) -> dict[PersonKey, str]:
    """Whom each of these keys finds."""
    hashed = {persons.key_hash(database, key): key for key in keys}
    return {hashed[bytes(row[0])]: row[1] for row in in_batches(database, _OWNERS, hashed)}


def known(database: Database, people: frozenset[str]) -> dict[str, Person]:
    """What the register knows of these people, by their ids; those who were forgotten are not among them."""
    return {person.id: person for person, _ in _persons(database, people)}


def _persons(database: Database, people: frozenset[str]) -> Iterator[tuple[Person, bytes]]:
    """These people, each with their own key."""
    for id_, sealed, content in in_batches(database, _PERSONS, sorted(people)):
        key = database.vault.open("person-key", sealed, id_.encode())
        yield persons.opened(id_, key, content), key


def reviewed(database: Database, people: frozenset[str], patients: frozenset[str]) -> Reviewed:
    """What the register knows of these people, and the relations of those of them that are patients."""
    found, keys = Reviewed(), dict[str, bytes]()
    for person, key in _persons(database, people):
        found.persons[person.id], keys[person.id] = person, key
    for id_, content in in_batches(database, _STAFF, sorted(keys)):
        entry = persons.ENTRY.decode(open_under(keys[id_], "staff", content, id_.encode()))
        found.staff[id_] = (*found.staff.get(id_, ()), entry)
    for row in in_batches(database, _RELATIONS, sorted(patients & keys.keys())):
        relation, id_ = care_relations.ENTRIES.open(database, row, keys)
        found.relations[id_] = (*found.relations.get(id_, ()), relation)
    return found
