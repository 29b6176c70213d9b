"""Consents of care (samtycken): that those of a unit may read what other providers have recorded."""

from typing import Final

from sqlalchemy import Index, bindparam

from broker.care.changes import SaveCareConsent
from broker.storage.care_entries import BASIS, Entries
from broker.storage.database import Database, Kept, Unit
from broker.storage.tables import About, number, octets, table, text
from trust_framework.care_consents import CareConsent

CARE_CONSENTS = table(
    "care_consents",
    About(
        "That a patient let a unit read what other providers have recorded",
        BASIS,
        "As long as the patient is known; ended ones too",
    ),
    text("id", "The caller's UUID of the consent", primary_key=True),
    text("person", "The register's random id of the patient"),
    text("provider", "HSA-id of the care provider"),
    number("made_at", "When it was entered"),
    number("changed_at", "When it was last changed"),
    octets("mark", "Keyed hash of the content; who writes names that of what they read"),
    octets("content", "The consent, sealed under the patient's key"),
    Index(None, "person", "made_at"),
    Index(None, "provider", "changed_at", "id"),
)
_C = CARE_CONSENTS.c
_ENTRIES: Final = Entries(CARE_CONSENTS, CareConsent, "care-consent")
_CHANGED = Kept(
    _ENTRIES.joined.where(_C.provider == bindparam("provider"), _C.changed_at >= bindparam("since"))
    .order_by(_C.changed_at, _C.id)
    .limit(bindparam("count"))
)


def save(unit: Unit, change: SaveCareConsent) -> None:
    """Insert a consent, or move it on. Raises Overtaken."""
    consent = change.consent
    acts = [act.registered_at for act in (consent.registered, consent.cancelled, consent.deleted) if act is not None]
    more = {"provider": consent.provider, "made_at": acts[0], "changed_at": max(*acts, change.at)}
    _ENTRIES.save(unit, consent.id, change.person, consent, change.before, more)


def read(database: Database, id: str) -> tuple[CareConsent, str] | None:
    """A consent by its id, with its patient."""
    return _ENTRIES.one(database, id)


def of_person(database: Database, person: str) -> tuple[CareConsent, ...]:
    """Every consent of a patient, oldest first."""
    return _ENTRIES.of_person(database, person)


def changed(database: Database, provider: str, since: int, count: int) -> tuple[tuple[CareConsent, str], ...]:
    """Those of a provider changed at or after an instant, the oldest change first, each with its patient."""
    return _ENTRIES.opened(database, _CHANGED, {"provider": provider, "since": since, "count": count})


def forget(unit: Unit, person: str) -> None:
    """Delete a patient's."""
    _ENTRIES.forget(unit, person)
