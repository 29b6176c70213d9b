"""Proofs of hosts: what each member was asked to show, and when it last did."""

from sqlalchemy import Executable, bindparam, select

from broker.federation.domains import KeepProof
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, table, text
from trust_framework.domains import RENEWED, DomainProof

PROOFS = table(
    "domain_proofs",
    About(
        "That a member holds the hosts that its services are reached at",
        "Public interest: running the federation (GDPR 6.1 e)",
        "As long as the member",
    ),
    text("org", "Organisation number of the member", primary_key=True),
    text("host", "The host", primary_key=True),
    text("token", "What the host is to show; public once shown"),
    number("asked_at", "When the member asked for it"),
    number("checked_at", "When the host was last looked at"),
    number("proven_at", "When it last showed the token", nullable=True),
    number("failing_since", "When a proven host was first seen without it", nullable=True),
)
_C = PROOFS.c
_ROW = (*PROOFS.columns,)


def _keep(insert: InsertOf) -> Executable:
    new = insert(PROOFS).values({c.name: bindparam(c.name) for c in PROOFS.columns})
    changed = {c.name: new.excluded[c.name] for c in PROOFS.columns if not c.primary_key}
    return new.on_conflict_do_update(index_elements=["org", "host"], set_=changed)  # type: ignore[no-any-return]


_KEEP = Kept(_keep)
_OF = Kept(select(*_ROW).where(_C.org == bindparam("org")).order_by(_C.host))
_DUE = Kept(
    select(*_ROW)
    .where(_C.proven_at.is_not(None), _C.checked_at <= bindparam("before"))
    .order_by(_C.checked_at)
    .limit(bindparam("count"))
)


def keep(unit: Unit, change: KeepProof) -> None:
    """Keep it as it is now."""
    unit.run(_KEEP, {name: getattr(change.proof, name) for name in DomainProof.__slots__})


def of_member(database: Database, org: str) -> tuple[DomainProof, ...]:
    """A member's proofs, by host."""
    return tuple(DomainProof(*row) for row in database.rows(_OF, {"org": org}))


def due(database: Database, now: int, count: int) -> tuple[DomainProof, ...]:
    """Proven hosts that are to be looked at again, those longest ago first."""
    return tuple(DomainProof(*row) for row in database.rows(_DUE, {"before": now - RENEWED, "count": count}))
