"""Facts of care that a rule set names: those about a patient, sealed under the patient's key, and a provider's own, about all of
its patients. One table each, whatever the kinds are.
"""

from collections.abc import Collection
from functools import cache
from typing import Final

from sqlalchemy import Index, and_, bindparam, false, or_

from broker.care.changes import SaveAccessFact
from broker.storage import care_versions
from broker.storage.care_entries import Entries
from broker.storage.database import Database, Kept, Unit
from broker.storage.filed import Filed, filed_table
from broker.storage.tables import About, number, octets, table, text
from trust_framework.access_facts import AccessFact

BASIS: Final = "Care must see to it that nobody sees more than its law lets them (GDPR 6.1 c, 9.2 h, 32)"

FACTS = table(
    "care_facts",
    About(
        "What the rules of a care provider's jurisdiction must know to decide who sees a patient's information",
        BASIS,
        "As long as the patient is known; ended ones too",
    ),
    text("id", "The caller's UUID of the fact", primary_key=True),
    text("person", "The register's random id of the patient"),
    text("provider", "HSA-id of the care provider that entered it"),
    number("made_at", "When it was entered"),
    octets("mark", "Keyed hash of the content; who writes names that of what they read"),
    octets("content", "The fact, sealed under the patient's key"),
    Index(None, "person", "made_at"),
)
PROVIDERS = filed_table(
    "care_provider_facts",
    About(
        "What the rules of a care provider's jurisdiction must know of the provider: who of its staff is named for what",
        BASIS,
        "As long as the provider takes part; ended ones too",
    ),
    Index(None, "state", "open"),
)
_ENTRIES: Final = Entries(FACTS, AccessFact, "care-fact")
_OWN: Final = Filed(PROVIDERS, AccessFact, "care-provider-fact")
_P = PROVIDERS.c
_OF_PROVIDER = Kept(_OWN.read.where(_P.owner == bindparam("owner")).order_by(_P.made_at, _P.id))


def save(unit: Unit, change: SaveAccessFact) -> None:
    """Insert a fact, or move it on. Raises Overtaken."""
    fact, made_at = change.fact, change.fact.registered.registered_at
    if change.seen is not None:
        care_versions.advance(unit, change.person or fact.provider, change.seen)
    if change.person:
        more = {"provider": fact.provider, "made_at": made_at}
        return _ENTRIES.save(unit, fact.id, change.person, fact, change.before, more)
    care_versions.bump(unit, fact.provider)
    care_versions.bump(unit, fact.rules)
    row = {
        "owner": fact.provider,
        "state": fact.kind,
        "open": int(fact.ended is None),
        "made_at": made_at,
        "due_at": None,
    }
    return _OWN.save(unit, fact.id, fact, change.before, row)


def read(database: Database, id: str) -> tuple[AccessFact, str] | None:
    """A fact by its id, with its patient; with none where it is a provider's own."""
    if (found := _ENTRIES.one(database, id)) is not None:
        return found
    own = _OWN.one(database, id)
    return None if own is None else (own, "")


def of_person(database: Database, person: str) -> tuple[AccessFact, ...]:
    """Every fact about a patient, oldest first."""
    return _ENTRIES.of_person(database, person)


def of_provider(database: Database, provider: str) -> tuple[AccessFact, ...]:
    """Every fact of a provider's own, oldest first."""
    return _OWN.opened(database, _OF_PROVIDER, {"owner": provider})


def counting_at(database: Database, provider: str, beyond: Collection[str]) -> tuple[AccessFact, ...]:
    """Every fact of a provider's own, and those of these kinds that others have and have not ended, oldest first."""
    kinds = {f"kind{n}": kind for n, kind in enumerate(sorted(beyond))}
    return _OWN.opened(database, _at(len(kinds)), {"owner": provider, **kinds})


@cache
def _at(kinds: int) -> Kept:
    """The statement for so many kinds."""
    of_others = and_(or_(false(), *(_P.state == bindparam(f"kind{n}") for n in range(kinds))), _P.open == 1)
    return Kept(_OWN.read.where(or_(_P.owner == bindparam("owner"), of_others)).order_by(_P.made_at, _P.id))


def code(database: Database, id: str, entered: str) -> str:
    """The keyed hash of a code of a fact: nothing else is kept of it."""
    return database.vault.keyed_hash("care-code", f"{id}:{entered}".encode()).hex()


def forget(unit: Unit, person: str) -> None:
    """Delete a patient's."""
    _ENTRIES.forget(unit, person)
