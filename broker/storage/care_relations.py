"""Patient relations (patientrelationer): that an employee or a unit takes part in a patient's care."""

from typing import Final

from sqlalchemy import Index, bindparam

from broker.care.changes import SaveRelation
from broker.storage.care_entries import BASIS, Entries
from broker.storage.database import Database, Kept, Unit
from broker.storage.tables import About, number, octets, table, text
from trust_framework.care_relations import CareRelation

RELATIONS = table(
    "care_relations",
    About(
        "That an employee or a unit takes part in a patient's care",
        BASIS,
        "As long as the patient is known; ended ones too",
    ),
    text("id", "The caller's UUID of the relation", primary_key=True),
    text("person", "The register's random id of the patient"),
    text("provider", "HSA-id of the care provider"),
    number("made_at", "When it was entered"),
    number("changed_at", "When it was last changed"),
    octets("mark", "Keyed hash of the content; who writes names that of what they read"),
    octets("content", "The relation, sealed under the patient's key"),
    Index(None, "person", "made_at"),
    Index(None, "provider", "changed_at", "id"),
)
_C = RELATIONS.c
ENTRIES: Final = Entries(RELATIONS, CareRelation, "care-relation")
_CHANGED = Kept(
    ENTRIES.joined.where(_C.provider == bindparam("provider"), _C.changed_at >= bindparam("since"))
    .order_by(_C.changed_at, _C.id)
    .limit(bindparam("count"))
)


def save(unit: Unit, change: SaveRelation) -> None:
    """Insert a relation, or move it on. Raises Overtaken."""
    relation = change.relation
    acts = [act.registered_at for act in (relation.registered, relation.cancelled, relation.deleted) if act is not None]
    more = {"provider": relation.provider, "made_at": acts[0], "changed_at": max(acts)}
    ENTRIES.save(unit, relation.id, change.person, relation, change.before, more)


def read(database: Database, id: str) -> tuple[CareRelation, str] | None:
    """A relation by its id, with its patient."""
    return ENTRIES.one(database, id)


def of_person(database: Database, person: str) -> tuple[CareRelation, ...]:
    """Every relation of a patient, oldest first."""
    return ENTRIES.of_person(database, person)


def changed(database: Database, provider: str, since: int, count: int) -> tuple[tuple[CareRelation, str], ...]:
    """Those of a provider changed at or after an instant, the oldest change first, each with its patient."""
    return ENTRIES.opened(database, _CHANGED, {"provider": provider, "since": since, "count": count})


def forget(unit: Unit, person: str) -> None:
    """Delete a patient's."""
    ENTRIES.forget(unit, person)
