"""Emergency accesses (nödåtkomst)."""

from typing import Final

from sqlalchemy import Index

from broker.care.changes import SaveEmergency
from broker.storage.care_entries import BASIS, Entries
from broker.storage.database import Database, Unit
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
_ENTRIES: Final = Entries(EMERGENCIES, EmergencyAccess, "care-emergency")


def save(unit: Unit, change: SaveEmergency) -> None:
    """Insert an emergency access, or note its end. Raises Overtaken."""
    emergency = change.emergency
    more = {"provider": emergency.actor.provider, "made_at": emergency.at}
    _ENTRIES.save(unit, emergency.id, change.person, emergency, change.before, more)


def read(database: Database, id: str) -> tuple[EmergencyAccess, str] | None:
    """An emergency access by its id, with its patient."""
    return _ENTRIES.one(database, id)


def of_person(database: Database, person: str) -> tuple[EmergencyAccess, ...]:
    """Every emergency access to a patient, oldest first."""
    return _ENTRIES.of_person(database, person)


def forget(unit: Unit, person: str) -> None:
    """Delete those to a patient."""
    _ENTRIES.forget(unit, person)
