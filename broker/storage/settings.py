"""A small key-value table for marks of the installation. JSON values, nothing secret and nothing personal."""

from typing import Any

from sqlalchemy import Executable, bindparam, select

from broker.care.changes import KeepMark
from broker.login.effects import Overtaken
from broker.storage.codec import dumps, loads
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, octets, table, text

SETTINGS = table(
    "settings",
    About("Marks of the installation", "None needed: nothing personal", "As long as the installation"),
    text("name", "Name of the mark", primary_key=True),
    octets("value", "JSON"),
)


def _save(insert: InsertOf) -> Executable:
    new = insert(SETTINGS).values(name=bindparam("name"), value=bindparam("value"))
    return new.on_conflict_do_update(index_elements=["name"], set_={"value": new.excluded.value})  # type: ignore[no-any-return]


_SAVE = Kept(_save)
_READ = Kept(select(SETTINGS.c.value).where(SETTINGS.c.name == bindparam("name")))


def save(unit: Unit, name: str, value: Any) -> None:
    """Set a mark."""
    unit.run(_SAVE, {"name": name, "value": dumps(value)})


def keep(unit: Unit, change: KeepMark) -> None:
    """Set a mark that is as it was read. Raises Overtaken."""
    found = unit.row(_READ, {"name": change.name})
    if (loads(found[0]) if found else None) != change.before:
        raise Overtaken(change.name)
    save(unit, change.name, change.value)


def read(database: Database, name: str) -> Any:
    """A mark, or None."""
    found = database.row(_READ, {"name": name})
    return None if found is None else loads(found[0])
