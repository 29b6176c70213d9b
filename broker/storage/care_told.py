"""What somebody of the care staff has lately been told of a patient's blocked information, so that no step to it is skipped."""

from typing import Any

from sqlalchemy import Executable, Index, bindparam, delete, select

from broker.care.changes import KeepTold
from broker.storage.care_entries import BASIS
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, octets, table, text
from trust_framework.block_reveal import Level
from trust_framework.care import CareActor

TOLD = table(
    "care_told",
    About("How much of what a patient has closed somebody was lately told", BASIS, "An hour"),
    octets("id", "Keyed hash of the employee, their commission and the patient", primary_key=True),
    text("person", "The register's random id of the patient"),
    number("level", "1 that something is blocked, 2 where, 3 what"),
    number("expires_at", "When it no longer counts"),
    Index(None, "person"),
    Index(None, "expires_at"),
    sqlite_with_rowid=False,
)
_C = TOLD.c


def _keep(insert: InsertOf) -> Executable:
    values: dict[str, Any] = {name: bindparam(name) for name in ("id", "person", "level", "expires_at")}
    told: dict[str, Any] = {name: bindparam(name) for name in ("level", "expires_at")}
    return insert(TOLD).values(values).on_conflict_do_update(index_elements=["id"], set_=told)  # type: ignore[no-any-return]


_KEEP = Kept(_keep)
_READ = Kept(select(_C.level).where(_C.id == bindparam("row"), _C.expires_at > bindparam("now")))
_FORGET = Kept(delete(TOLD).where(_C.person == bindparam("row")))


def keep(unit: Unit, change: KeepTold) -> None:
    """This was told now, instead of whatever was before."""
    row = _row(unit, change.actor, change.person)
    unit.run(_KEEP, {"id": row, "person": change.person, "level": int(change.level), "expires_at": change.until})


def read(database: Database, actor: CareActor, person: str, now: int) -> Level:
    """How much counts as told."""
    found = database.row(_READ, {"row": _row(database, actor, person), "now": now})
    return Level(found[0]) if found else Level.NOTHING


def _row(at: Database | Unit, actor: CareActor, person: str) -> bytes:
    named = (actor.employee, actor.commission, actor.unit, actor.provider, person)
    return at.vault.keyed_hash("care-told", "\n".join(named).encode())


def forget(unit: Unit, person: str) -> None:
    """Delete what is about a patient."""
    unit.run(_FORGET, {"row": person})
