"""Requests of patients to care staff about blocks, each as it is now."""

from typing import Final

from sqlalchemy import Index, bindparam

from broker.care.requests import SaveCareRequest
from broker.storage.care_entries import BASIS, Entries
from broker.storage.database import Database, Kept, Unit
from broker.storage.tables import About, number, octets, table, text
from trust_framework.care_requests import CareRequest

REQUESTS = table(
    "care_requests",
    About(
        "What patients ask care staff to do with blocks, where they may not do it themselves",
        BASIS,
        "As long as the patient is known",
    ),
    text("id", "Random id", primary_key=True),
    text("person", "The register's random id of the patient"),
    text("provider", "HSA-id of the care provider that is asked"),
    text("state", "`waiting`, `done`, `declined` or `withdrawn`"),
    number("made_at", "When it was asked"),
    octets("mark", "Keyed hash of the content; who writes names that of what they read"),
    octets("content", "The request, sealed under the patient's key"),
    Index(None, "person", "made_at"),
    Index(None, "provider", "state", "made_at"),
)
_C = REQUESTS.c
_ENTRIES: Final = Entries(REQUESTS, CareRequest, "care-request")
_OF_PROVIDER = Kept(
    _ENTRIES.joined.where(_C.provider == bindparam("provider"), _C.state == bindparam("state"))
    .order_by(_C.made_at, _C.id)
    .limit(bindparam("count"))
)


def save(unit: Unit, change: SaveCareRequest) -> None:
    """Insert a request, or move it on. Raises Overtaken."""
    request = change.request
    more = {"provider": request.provider, "state": request.state.value, "made_at": request.asked_at}
    _ENTRIES.save(unit, request.id, change.person, request, change.before, more)


def read(database: Database, id: str) -> tuple[CareRequest, str] | None:
    """A request by its id, with its patient."""
    return _ENTRIES.one(database, id)


def of_person(database: Database, person: str) -> tuple[CareRequest, ...]:
    """Every request of a patient, oldest first."""
    return _ENTRIES.of_person(database, person)


def of_provider(database: Database, provider: str, state: str, count: int) -> tuple[tuple[CareRequest, str], ...]:
    """A provider's in one state, oldest first, each with its patient."""
    return _ENTRIES.opened(database, _OF_PROVIDER, {"provider": provider, "state": state, "count": count})


def forget(unit: Unit, person: str) -> None:
    """Delete a patient's."""
    _ENTRIES.forget(unit, person)
