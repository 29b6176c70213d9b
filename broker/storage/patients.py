"""The patients of many records at once: each found by their number, or made a person of the register, with their key.

What one patient is, and how a key is forgotten, is `broker.storage.persons`' affair.
"""

import secrets
from collections.abc import Iterable, Mapping

from sqlalchemy import ARRAY, LargeBinary, any_, bindparam, select

from broker.login.effects import PersonKey
from broker.storage import persons
from broker.storage.database import GaveWay, Kept, Row, Unit
from broker.storage.persons import PERSON_KEYS, PERSONS
from trust_framework.care import patient_key
from trust_framework.identifiers import Identifier

_P, _K = PERSONS.c, PERSON_KEYS.c
_found = select(_K.id, _K.person, _P.data_key).join(PERSONS, _P.id == _K.person)
_ONE = Kept(_found.where(_K.id == bindparam("row")))
_MANY = Kept(_found.where(_K.id == any_(bindparam("rows", type_=ARRAY(LargeBinary)))))

Known = tuple[str, bytes]
"""A person's id, and their key."""


def found_or_made(unit: Unit, patients: Iterable[Identifier]) -> Mapping[Identifier, Known]:
    """Each patient's id and key. Raises GaveWay when one of them was forgotten at the same time."""
    rows = {persons.key_hash(unit, PersonKey(*patient_key(one))): one for one in patients}
    known = _opened(unit, list(rows))
    missing = rows.keys() - known.keys()
    if missing:
        known |= _made(unit, missing)
    return {rows[row]: each for row, each in known.items()}


def _opened(unit: Unit, rows: list[bytes]) -> dict[bytes, Known]:
    return {
        row: (person, unit.vault.open("person-key", sealed, person.encode()))
        for row, person, sealed in _read(unit, rows)
        if sealed is not None
    }


def _read(unit: Unit, rows: list[bytes]) -> Iterable[Row]:
    if not unit.sqlite:
        return unit.rows(_MANY, {"rows": rows})
    return [found for row in rows for found in unit.rows(_ONE, {"row": row})]


def _made(unit: Unit, rows: Iterable[bytes]) -> dict[bytes, Known]:
    """New persons, in one order for all so that none waits for the other. Whom another made meanwhile, which we have waited to
    see, is that one's person.
    """
    drawn = {row: (secrets.token_urlsafe(16), secrets.token_bytes(32)) for row in sorted(rows)}
    made = {row: one for row, one in drawn.items() if unit.run(persons.ADD_KEY, {"id": row, "person": one[0]})}
    sealed = [
        {"id": person, "data_key": unit.vault.seal("person-key", key, person.encode()), "listed": 0}
        for person, key in made.values()
    ]
    unit.run_many(persons.ADD, sealed)
    theirs = [row for row in drawn if row not in made]
    found = _opened(unit, theirs) if theirs else {}
    if len(found) < len(theirs):
        raise GaveWay
    return made | found
