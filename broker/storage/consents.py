"""Consents (samtycken): that a person agreed to what was shown, for one service."""

from sqlalchemy import Executable, bindparam, delete, select

from broker.login.effects import Overtaken, RecordConsent
from broker.login.person import ConsentKept, WithdrawConsent
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
    text("attributes", "Names of the details that were shown", nullable=True),
)
_C = CONSENTS.c


def _record(insert: InsertOf) -> Executable:
    new = insert(CONSENTS).values({n: bindparam(n) for n in ("person", "service", "shown", "given_at", "attributes")})
    changed = {"given_at": new.excluded.given_at, "attributes": new.excluded.attributes}
    return new.on_conflict_do_update(index_elements=["person", "service", "shown"], set_=changed)  # type: ignore[no-any-return]


_RECORD = Kept(_record)
_READ = Kept(
    select(_C.shown, _C.given_at)
    .where(_C.person == bindparam("person"), _C.service == bindparam("service"))
    .order_by(_C.given_at)
)
_OF_PERSON = Kept(
    select(_C.service, _C.attributes, _C.given_at)
    .where(_C.person == bindparam("person"))
    .order_by(_C.given_at.desc(), _C.service)
)
_WITHDRAW = Kept(delete(CONSENTS).where(_C.person == bindparam("owner"), _C.service == bindparam("row")))
_FORGET = Kept(delete(CONSENTS).where(_C.person == bindparam("person")))


def record(unit: Unit, change: RecordConsent) -> None:
    """Keep it, or renew its time."""
    values = {"person": change.person, "service": change.service, "shown": change.shown}
    unit.run(_RECORD, {**values, "given_at": change.at, "attributes": " ".join(change.attributes)})


def read(database: Database, person: str, service: str) -> tuple[ConsentGiven, ...]:
    """The consents on record, oldest first."""
    return tuple(ConsentGiven(*row) for row in database.rows(_READ, {"person": person, "service": service}))


def of_person(database: Database, person: str) -> tuple[ConsentKept, ...]:
    """Everything that a person has agreed to, the newest first."""
    rows = database.rows(_OF_PERSON, {"person": person})
    return tuple(ConsentKept(service, tuple((attributes or "").split()), at) for service, attributes, at in rows)


def withdraw(unit: Unit, change: WithdrawConsent) -> None:
    """Take back what a service may have. Raises Overtaken when there is nothing."""
    if not unit.run(_WITHDRAW, {"owner": change.person, "row": change.service}):
        raise Overtaken("consent")


def forget(unit: Unit, person: str) -> None:
    """Delete a person's consents."""
    unit.run(_FORGET, {"person": person})
