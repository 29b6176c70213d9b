"""How often what care has of a patient has changed: a decision is recorded only while it is as it was when read (CB-01)."""

from sqlalchemy import Executable, bindparam, delete, select

from broker.care.changes import SameCare
from broker.login.effects import Overtaken
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, table, text

VERSIONS = table(
    "care_versions",
    About(
        "How often what care has of a patient has changed",
        "A decision must hold when it is recorded (Patient Data Act 2008:355)",
        "As long as the patient is known",
    ),
    text("person", "The register's random id of the patient", primary_key=True),
    number("version", "Counts changes"),
    sqlite_with_rowid=False,
)
_C = VERSIONS.c


def _bump(insert: InsertOf) -> Executable:
    new = insert(VERSIONS).values({"person": bindparam("person"), "version": 1})
    return new.on_conflict_do_update(index_elements=["person"], set_={"version": _C.version + 1})  # type: ignore[no-any-return]


_BUMP = Kept(_bump)
_READ = Kept(select(_C.version).where(_C.person == bindparam("person")))
_FORGET = Kept(delete(VERSIONS).where(_C.person == bindparam("person")))


def bump(unit: Unit, person: str) -> None:
    """Something of the patient changed."""
    unit.run(_BUMP, {"person": person})


def read(at: Database | Unit, person: str) -> int:
    """The version, 0 before the first change."""
    found = at.row(_READ, {"person": person})
    return int(found[0]) if found else 0


def require(unit: Unit, change: SameCare) -> None:
    """See that nothing changed since. Raises Overtaken."""
    if read(unit, change.person) != change.version:
        raise Overtaken("care")


def forget(unit: Unit, person: str) -> None:
    """Delete a patient's."""
    unit.run(_FORGET, {"person": person})
