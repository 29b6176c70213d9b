"""The federation, version by version, each as one sealed JSON document. The newest version is the register."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Executable, bindparam, func, select

from broker.login.effects import Overtaken
from broker.storage.codec import dumps, loads
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, octets, table, text

VERSIONS = table(
    "federation_versions",
    About(
        "Members, services, providers and agreements, as each applied file said",
        "Public interest: running the federation (GDPR 6.1 e)",
        "As long as the federation: who was trusted when must be answerable",
    ),
    number("version", "Counts from 1", primary_key=True, autoincrement=False),
    number("applied_at", "When it became the register"),
    text("digest", "SHA-256 of the file it came of"),
    octets("document", "The federation as JSON, sealed"),
)
_C = VERSIONS.c


def _insert(insert: InsertOf) -> Executable:
    new = insert(VERSIONS).values({n: bindparam(n) for n in ("version", "applied_at", "digest", "document")})
    return new.on_conflict_do_nothing()  # type: ignore[no-any-return]


_INSERT = Kept(_insert)
_VERSION = Kept(select(func.max(_C.version)))
_READ = Kept(select(_C.applied_at, _C.digest, _C.document).where(_C.version == bindparam("version")))


@dataclass(frozen=True, slots=True)
class FederationVersion:
    """One version of the federation."""

    version: int
    applied_at: int
    digest: str
    document: Mapping[str, Any] = field(repr=False)


def save(unit: Unit, document: Mapping[str, Any], digest: str, at: int) -> int:
    """Add the next version. Raises Overtaken when another writer had the same number first."""
    found = unit.row(_VERSION, {})
    version = 1 + (found[0] or 0 if found else 0)
    sealed = unit.vault.seal("federation", dumps(document), str(version).encode())
    if not unit.run(_INSERT, {"version": version, "applied_at": at, "digest": digest, "document": sealed}):
        raise Overtaken("federation")
    return version


def version(database: Database) -> int:
    """The newest version, 0 before the first."""
    found = database.row(_VERSION, {})
    return found[0] or 0 if found else 0


def read(database: Database, version: int) -> FederationVersion | None:
    """One version, or None."""
    found = database.row(_READ, {"version": version})
    if found is None:
        return None
    applied_at, digest, sealed = found
    content = loads(database.vault.open("federation", sealed, str(version).encode()))
    return FederationVersion(version, applied_at, digest, content)
