"""Consents (samtycken): that a person agreed to what was shown, for one service."""

from sqlalchemy import Executable, bindparam, delete, select

from broker.login.effects import RecordConsent
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, table, text
from trust_framework.decide import ConsentGiven

CONSENTS = table(
    "consents",
    About(
        "That a person agreed to let a service have what was shown",
        "The consent itself must be provable (GDPR 7.1)",
        "Until withdrawn, or the person is forgotten",
    ),
    text("person", "The register's random id of the person", primary_key=True),
    text("service", "The service's id", primary_key=True),
    text("shown", "Hash of what was shown", primary_key=True),
    number("given_at", "When the person last agreed"),
)
_C = CONSENTS.c


def _record(insert: InsertOf) -> Executable:
    new = insert(CONSENTS).values({n: bindparam(n) for n in ("person", "service", "shown", "given_at")})
    changed = {"given_at": new.excluded.given_at}
    return new.on_conflict_do_update(index_elements=["person", "service", "shown"], set_=changed)  # type: ignore[no-any-return]


_RECORD = Kept(_record)
_READ = Kept(
    select(_C.shown, _C.given_at)
    .where(_C.person == bindparam("person"), _C.service == bindparam("service"))
    .order_by(_C.given_at)
)
_FORGET = Kept(delete(CONSENTS).where(_C.person == bindparam("person")))


def record(unit: Unit, change: RecordConsent) -> None:
    """Keep it, or renew its time."""
    values = {"person": change.person, "service": change.service, "shown": change.shown}
    unit.run(_RECORD, {**values, "given_at": change.at})


def read(database: Database, person: str, service: str) -> tuple[ConsentGiven, ...]:
    """The consents on record, oldest first."""
    return tuple(ConsentGiven(*row) for row in database.rows(_READ, {"person": person, "service": service}))


def forget(unit: Unit, person: str) -> None:
    """Delete a person's consents."""
    unit.run(_FORGET, {"person": person})
