"""How entries of care are kept: found by id and by patient, sealed under the patient's own key, written by compare-and-set.

Owns what blocks, consents, relations and emergency accesses have in common; each has its table in a file of its own.
`mark` is a keyed hash of the content: who writes names the mark of what they read. Forgetting a person deletes their rows,
and what a backup still has no longer opens.
"""

from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Executable, Select, Table, bindparam, delete, select, update

from broker.keys.sealing import open_under, seal_under
from broker.login.effects import Overtaken
from broker.storage import care_versions
from broker.storage.codec import Codec
from broker.storage.database import Database, InsertOf, Kept, Row, Unit
from broker.storage.persons import PERSONS, data_key

T = TypeVar("T")
BASIS: Final = "Care must keep who may see what of a patient, and who said so (Patient Data Act 2008:355, Act 2022:913)"


class Entries(Generic[T]):
    """The entries of one table. `purpose` names what they are sealed for."""

    def __init__(self, table: Table, of: type[T], purpose: str) -> None:
        self._codec: Codec[T] = Codec(of)
        self._purpose = purpose
        c = table.c
        columns = [column.name for column in table.columns]
        changing = [name for name in columns if name not in {"id", "person"}]
        self._columns = (c.id, c.person, PERSONS.c.data_key, c.content)
        self._joined = select(*self._columns).join(PERSONS, PERSONS.c.id == c.person)
        self._add = adding(table)
        self._move = Kept(
            update(table)
            .where(c.id == bindparam("row"), c.mark == bindparam("before"))
            .values({name: bindparam(name) for name in changing})
        )
        self._one = Kept(self._joined.where(c.id == bindparam("row")))
        self._of_person = Kept(self._joined.where(c.person == bindparam("row")).order_by(c.made_at, c.id))
        self._forget = Kept(delete(table).where(c.person == bindparam("row")))

    @property
    def joined(self) -> "Select[Any]":
        """What `opened` reads, for a file to add its own conditions to."""
        return self._joined

    def save(self, unit: Unit, id: str, person: str, value: T, before: T | None, more: Mapping[str, Any]) -> None:
        """Insert, or move on from what was read. Raises Overtaken when something else stands there, or the patient is gone: who
        erases one holds the version, so that it is waited for before the key is looked for.
        """
        care_versions.bump(unit, person)
        key = data_key(unit, person)
        if key is None:
            raise Overtaken("person")
        plain = self._codec.encode(value)
        row = {
            **more,
            "mark": self._mark(unit, plain),
            "content": seal_under(key, self._purpose, plain, _bound(id, person)),
        }
        if before is None:
            if not unit.run(self._add, {**row, "id": id, "person": person}):
                raise Overtaken(self._purpose)
        elif not unit.run(self._move, {**row, "row": id, "before": self._mark(unit, self._codec.encode(before))}):
            raise Overtaken(self._purpose)

    def _mark(self, unit: Unit, plain: bytes) -> bytes:
        return unit.vault.keyed_hash(self._purpose, plain)

    def one(self, database: Database, id: str) -> tuple[T, str] | None:
        """An entry by its id, with its patient's."""
        found = self.opened(database, self._one, {"row": id})
        return found[0] if found else None

    def of_person(self, database: Database, person: str) -> tuple[T, ...]:
        """A patient's entries, oldest first."""
        return tuple(value for value, _ in self.opened(database, self._of_person, {"row": person}))

    def opened(self, database: Database, statement: Kept, values: Mapping[str, Any]) -> tuple[tuple[T, str], ...]:
        """Entries that a statement finds, each with its patient's id."""
        keys: dict[str, bytes] = {}
        return tuple(self.open(database, row, keys) for row in database.rows(statement, values) if row[2] is not None)

    def open(self, database: Database, row: Row, keys: dict[str, bytes]) -> tuple[T, str]:
        """An entry of `joined` with its patient's id. `keys` has the patients' keys that were opened already."""
        id_, person, sealed_key, content = row
        key = opened_key(database, person, sealed_key, keys)
        return self._codec.decode(open_under(key, self._purpose, content, _bound(id_, person))), person

    def forget(self, unit: Unit, person: str) -> None:
        """Delete a patient's entries."""
        unit.run(self._forget, {"row": person})


def opened_key(database: Database, person: str, sealed: bytes, keys: dict[str, bytes]) -> bytes:
    """A person's own key, opened once for all of their rows: `keys` are those that were opened before."""
    if person not in keys:
        keys[person] = database.vault.open("person-key", sealed, person.encode())
    return keys[person]


def adding(table: Table) -> Kept:
    """A statement that inserts a row unless its key is taken; it then touches none."""

    def made(insert: InsertOf) -> Executable:
        values: dict[str, Any] = {column.name: bindparam(column.name) for column in table.columns}
        return insert(table).values(values).on_conflict_do_nothing()  # type: ignore[no-any-return]

    return Kept(made)


def _bound(id: str, person: str) -> bytes:
    return f"{person}.{id}".encode()
