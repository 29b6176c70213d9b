"""How often what care has of a patient, or of a provider, has changed: a decision is recorded only while that is as it was
when read (CB-01).
"""

from sqlalchemy import Executable, bindparam, delete, select, update

from broker.care.changes import SameCare
from broker.login.effects import Overtaken
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, table, text

VERSIONS = table(
    "care_versions",
    About(
        "How often what care has of a patient, of a care provider, or of those under a rule set, has changed",
        "A decision must hold when it is recorded (Patient Data Act 2008:355)",
        "As long as the patient is known, or the provider takes part",
    ),
    text(
        "person",
        "The register's random id of the patient, the provider's HSA-id, or the rule set's id",
        primary_key=True,
    ),
    number("version", "Counts changes"),
    sqlite_with_rowid=False,
)
_C = VERSIONS.c


def _bump(insert: InsertOf) -> Executable:
    new = insert(VERSIONS).values({"person": bindparam("person"), "version": 1})
    return new.on_conflict_do_update(index_elements=["person"], set_={"version": _C.version + 1})  # type: ignore[no-any-return]


def _begin(insert: InsertOf) -> Executable:
    return insert(VERSIONS).values({"person": bindparam("person"), "version": 0}).on_conflict_do_nothing()  # type: ignore[no-any-return]


_BUMP, _BEGIN = Kept(_bump), Kept(_begin)
_READ = Kept(select(_C.version).where(_C.person == bindparam("person")))
_HELD = Kept(select(_C.version).where(_C.person == bindparam("person")).with_for_update(read=True))
_ADVANCE = Kept(
    update(VERSIONS)
    .where(_C.person == bindparam("whose"), _C.version == bindparam("seen"))
    .values(version=_C.version + 1)
)
_FORGET = Kept(delete(VERSIONS).where(_C.person == bindparam("person")))


def bump(unit: Unit, person: str) -> None:
    """Something of the patient changed."""
    unit.run(_BUMP, {"person": person})


def advance(unit: Unit, person: str, seen: int) -> None:
    """Something changed that was judged by what stood at a version. Raises Overtaken when anything else has since: of several at
    once one goes on, and none waits for another that waits for it.
    """
    if seen == 0:
        unit.run(_BEGIN, {"person": person})
    if not unit.run(_ADVANCE, {"whose": person, "seen": seen}):
        raise Overtaken("care")


def read(database: Database, person: str) -> int:
    """The version, 0 before the first change."""
    found = database.row(_READ, {"person": person})
    return int(found[0]) if found else 0


def require(unit: Unit, change: SameCare) -> None:
    """See that nothing changed since, and that nothing does before this commit is done: who changes anything waits for the
    row, on PostgreSQL too. Raises Overtaken.
    """
    if change.version == 0:
        unit.run(_BEGIN, {"person": change.person})
    found = unit.row(_HELD, {"person": change.person})
    if found is None or found[0] != change.version:
        raise Overtaken("care")


def forget(unit: Unit, person: str) -> None:
    """Delete a patient's."""
    unit.run(_FORGET, {"person": person})
