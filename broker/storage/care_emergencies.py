"""Emergency accesses (nödåtkomst)."""

from typing import Final

from sqlalchemy import Index, bindparam, select, update

from broker.care.changes import CountEmergency, SaveEmergency
from broker.login.effects import Overtaken
from broker.storage.care_entries import BASIS, Entries, adding
from broker.storage.database import Database, Kept, Unit
from broker.storage.tables import About, number, octets, table, text
from trust_framework.emergency import EmergencyAccess

EMERGENCIES = table(
    "care_emergencies",
    About(
        "That somebody opened a patient's information because care could not wait",
        BASIS,
        "As long as the patient is known",
    ),
    text("id", "Random id, or the caller's UUID", primary_key=True),
    text("person", "The register's random id of the patient"),
    text("provider", "HSA-id of the care provider whose commission it was opened in"),
    number("made_at", "When it began"),
    octets("mark", "Keyed hash of the content; who writes names that of what they read"),
    octets("content", "Who, of whom, why, until when, sealed under the patient's key"),
    Index(None, "person", "made_at"),
)
COUNTS = table(
    "care_emergency_counts",
    About(
        "How many emergencies somebody has made, so that of several at once each is seen",
        BASIS,
        "As long as the log",
    ),
    octets("employee", "Keyed hash of the person's id, or of the HSA-id of one whom nobody knows", primary_key=True),
    number("number", "How many there ever were"),
    sqlite_with_rowid=False,
)
_N = COUNTS.c
_COUNT = Kept(
    update(COUNTS)
    .where(_N.employee == bindparam("who"), _N.number == bindparam("seen"))
    .values(number=bindparam("seen") + 1)
)
_FIRST = adding(COUNTS)
_COUNTED = Kept(select(_N.number).where(_N.employee == bindparam("who")))
_ENTRIES: Final = Entries(EMERGENCIES, EmergencyAccess, "care-emergency")


def save(unit: Unit, change: SaveEmergency) -> None:
    """Insert an emergency access, or note its end. Raises Overtaken."""
    emergency = change.emergency
    more = {"provider": emergency.actor.provider, "made_at": emergency.at}
    _ENTRIES.save(unit, emergency.id, change.person, emergency, change.before, more)


def _employee(at: Database | Unit, by: str) -> bytes:
    return at.vault.keyed_hash("care-employee", by.encode())


def count(unit: Unit, change: CountEmergency) -> None:
    """One more of somebody. Raises Overtaken when another was counted since."""
    who = _employee(unit, change.by)
    if change.seen:
        done = unit.run(_COUNT, {"who": who, "seen": change.seen})
    else:
        done = unit.run(_FIRST, {"employee": who, "number": 1})
    if not done:
        raise Overtaken("emergency")


def counted(database: Database, by: str) -> int:
    """How many of somebody there ever were."""
    found = database.row(_COUNTED, {"who": _employee(database, by)})
    return int(found[0]) if found else 0


def read(database: Database, id: str) -> tuple[EmergencyAccess, str] | None:
    """An emergency access by its id, with its patient."""
    return _ENTRIES.one(database, id)


def of_person(database: Database, person: str) -> tuple[EmergencyAccess, ...]:
    """Every emergency access to a patient, oldest first."""
    return _ENTRIES.of_person(database, person)


def forget(unit: Unit, person: str) -> None:
    """Delete those to a patient."""
    _ENTRIES.forget(unit, person)
