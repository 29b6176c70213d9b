"""Emergency accesses (nödåtkomst), and how many an employee has begun since an instant."""

from typing import Final

from sqlalchemy import Index, bindparam, func, select

from broker.care.changes import SaveEmergency
from broker.storage.care_entries import BASIS, Entries
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
    octets("employee", "Keyed hash of the employee's HSA-id, to count what one has opened"),
    number("made_at", "When it began"),
    octets("mark", "Keyed hash of the content; who writes names that of what they read"),
    octets("content", "Who, of whom, why, until when, sealed under the patient's key"),
    Index(None, "person", "made_at"),
    Index(None, "employee", "made_at"),
)
_C = EMERGENCIES.c
_ENTRIES: Final = Entries(EMERGENCIES, EmergencyAccess, "care-emergency")
_SINCE = Kept(select(func.count()).where(_C.employee == bindparam("employee"), _C.made_at >= bindparam("since")))


def save(unit: Unit, change: SaveEmergency) -> None:
    """Insert an emergency access, or note its end. Raises Overtaken."""
    emergency = change.emergency
    more = {
        "provider": emergency.actor.provider,
        "employee": _employee(unit, emergency.actor.employee),
        "made_at": emergency.at,
    }
    _ENTRIES.save(unit, emergency.id, change.person, emergency, change.before, more)


def _employee(at: Database | Unit, employee: str) -> bytes:
    return at.vault.keyed_hash("care-employee", employee.encode())


def read(database: Database, id: str) -> tuple[EmergencyAccess, str] | None:
    """An emergency access by its id, with its patient."""
    return _ENTRIES.one(database, id)


def of_person(database: Database, person: str) -> tuple[EmergencyAccess, ...]:
    """Every emergency access to a patient, oldest first."""
    return _ENTRIES.of_person(database, person)


def count_by(database: Database, employee: str, since: int) -> int:
    """How many an employee has begun at or after an instant."""
    found = database.row(_SINCE, {"employee": _employee(database, employee), "since": since})
    return int(found[0]) if found else 0


def forget(unit: Unit, person: str) -> None:
    """Delete those to a patient."""
    _ENTRIES.forget(unit, person)
