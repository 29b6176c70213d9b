"""Leases of the jobs: which node does what now."""

from dataclasses import dataclass

from sqlalchemy import Executable, bindparam, select, update

from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, table, text

JOBS = table(
    "jobs",
    About("Which node runs which job", "None needed: nothing personal", "As long as the job exists"),
    text("name", "The job", primary_key=True),
    text("holder", "The node that has the lease"),
    number("leased_until", "When another node may take it"),
    number("ran_at", "When it last ran to its end", nullable=True),
    number("failed_at", "When it last failed", nullable=True),
    text("error", "Class of the last failure", nullable=True),
)
_C = JOBS.c


def _take(insert: InsertOf) -> Executable:
    new = insert(JOBS).values({n: bindparam(n) for n in ("name", "holder", "leased_until")})
    free = (_C.leased_until <= bindparam("now")) | (_C.holder == new.excluded.holder)
    changed = {n: new.excluded[n] for n in ("holder", "leased_until")}
    return new.on_conflict_do_update(index_elements=["name"], set_=changed, where=free)  # type: ignore[no-any-return]


_TAKE = Kept(_take)
_GIVE_BACK = Kept(update(JOBS).where(_C.holder == bindparam("mine")).values(leased_until=0))
_RAN = Kept(update(JOBS).where(_C.name == bindparam("job")).values(ran_at=bindparam("at")))
_FAILED = Kept(
    update(JOBS).where(_C.name == bindparam("job")).values(failed_at=bindparam("at"), error=bindparam("error"))
)
_READ = Kept(select(_C.name, _C.holder, _C.leased_until, _C.ran_at, _C.failed_at, _C.error).order_by(_C.name))


@dataclass(frozen=True, slots=True)
class JobState:
    """A row of the table, for the status page and `doctor`."""

    name: str
    holder: str
    leased_until: int
    ran_at: int | None
    failed_at: int | None
    error: str | None


def take(unit: Unit, name: str, holder: str, now: int, until: int) -> bool:
    """Take the lease, or make one's own longer. False when another node has it."""
    return bool(unit.run(_TAKE, {"name": name, "holder": holder, "leased_until": until, "now": now}))


def give_back(unit: Unit, holder: str) -> None:
    """Let other nodes take all of this node's jobs at once."""
    unit.run(_GIVE_BACK, {"mine": holder})


def ran(unit: Unit, name: str, at: int) -> None:
    """Note that a job ran to its end."""
    unit.run(_RAN, {"job": name, "at": at})


def failed(unit: Unit, name: str, at: int, error: str) -> None:
    """Note that a job failed, by the class of its error alone."""
    unit.run(_FAILED, {"job": name, "at": at, "error": error})


def states(database: Database) -> tuple[JobState, ...]:
    """All jobs."""
    return tuple(JobState(*row) for row in database.rows(_READ, {}))
