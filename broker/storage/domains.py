"""Proofs of hosts: what each member was asked to show, when it last did, and when its host is looked at next."""

from typing import Any, Final

from sqlalchemy import Executable, Index, Text, and_, bindparam, case, cast, func, not_, or_, select, tuple_, update

from broker.federation.domains import LATELY, KeepProof, LookSoon, ProofPage
from broker.login.effects import Overtaken
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.tables import About, number, table, text
from trust_framework.domains import DomainProof, ProofState

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
    number(
        "ended_at",
        "When the proof ended, since it was not shown for too long or the host became another's",
        nullable=True,
    ),
    text("missed", "What the last look found in its place, in words of ours", nullable=True),
    number("next_at", "When the host is looked at next without being asked to", nullable=True),
    Index(None, "next_at"),
    Index(None, "host"),
    Index(None, "failing_since"),
)
_C = PROOFS.c
_ROW: Final = tuple(_C[name] for name in DomainProof.__slots__)


def _keep(insert: InsertOf) -> Executable:
    """A look is kept only of the proof that was looked at, and only while none that came later was kept: another token may have
    been asked for meanwhile, and what has ended stays so. A new token takes the place of the proof that it was made for: of one
    that fails when it fails as well, else of one that has ended.
    """
    new = insert(PROOFS).values({c.name: bindparam(c.name) for c in PROOFS.columns})
    changed = {c.name: new.excluded[c.name] for c in PROOFS.columns if not c.primary_key}
    going, ended = _C.ended_at.is_(None), _C.ended_at.is_not(None)
    looked = and_(_C.token == new.excluded.token, going, _C.checked_at <= new.excluded.checked_at)
    fails = new.excluded.failing_since.is_not(None)
    replaced = and_(_C.token != new.excluded.token, or_(and_(going, fails), and_(ended, not_(fails))))
    here = and_(_C.token == bindparam("instead"), or_(looked, replaced))
    return new.on_conflict_do_update(index_elements=["org", "host"], set_=changed, where=here)  # type: ignore[no-any-return]


_KEEP = Kept(_keep)
_SOON = Kept(
    update(PROOFS)
    .where(_C.host == bindparam("there"), _C.org != bindparam("but"), _C.proven_at.is_not(None), _C.ended_at.is_(None))
    .values(next_at=0)
)
_OF = Kept(select(*_ROW).where(_C.org == bindparam("org")).order_by(_C.host))
_AT = Kept(select(*_ROW).where(_C.host == bindparam("host")).order_by(_C.org))
_DUE = Kept(
    select(*_ROW)
    .where(_C.next_at <= bindparam("now"))
    .order_by(_C.proven_at.is_(None), _C.next_at)
    .limit(bindparam("count"))
)
_FAILING = Kept(
    select(*_ROW)
    .where(_C.failing_since.is_not(None), or_(_C.ended_at.is_(None), _C.ended_at > bindparam("since")))
    .order_by(_C.org, _C.host)
)

_SHOWN = Kept(
    select(*_ROW)
    .where(_C.proven_at.is_not(None), _C.failing_since.is_(None), _C.ended_at.is_(None))
    .order_by(_C.proven_at.desc(), _C.host, _C.org)
    .limit(bindparam("count"))
)
_STATE: Final = case(
    (_C.ended_at.is_not(None), ProofState.OUTDATED.value),
    (_C.proven_at.is_(None), ProofState.ASKED.value),
    (_C.failing_since.is_(None), ProofState.PROVEN.value),
    else_=ProofState.FAILING.value,
)


def _any_or(of: Any, name: str) -> Any:
    given = cast(bindparam(name), Text)
    return or_(given == "", of == given)


_MATCHES = and_(
    _any_or(_STATE, "state"), or_(_C.host.like(bindparam("like"), escape="\\"), _C.org == bindparam("search"))
)
_PAGE = Kept(
    select(*_ROW)
    .where(_MATCHES, tuple_(_C.host, _C.org) > tuple_(bindparam("after"), bindparam("after_org")))
    .order_by(_C.host, _C.org)
    .limit(bindparam("count"))
)
_COUNT = Kept(select(func.count()).select_from(PROOFS).where(_MATCHES))
_COUNT_FAILING = Kept(
    select(func.count()).select_from(PROOFS).where(_C.failing_since.is_not(None), _C.ended_at.is_(None))
)


def keep(unit: Unit, change: KeepProof) -> None:
    """Keep it as it is now."""
    values = {name: getattr(change.proof, name) for name in DomainProof.__slots__}
    more = {"next_at": change.proof.next_at, "instead": change.instead or change.proof.token}
    if not unit.run(_KEEP, {**values, **more}) and change.instead:
        raise Overtaken(change.proof.host)


def look_soon(unit: Unit, change: LookSoon) -> None:
    """Have the host looked at for all others that have proven it."""
    unit.run(_SOON, {"there": change.host, "but": change.org})


def of_member(database: Database, org: str) -> tuple[DomainProof, ...]:
    """A member's proofs, by host."""
    return tuple(DomainProof(*row) for row in database.rows(_OF, {"org": org}))


def of_host(database: Database, host: str) -> tuple[DomainProof, ...]:
    """The proofs that members have of one host."""
    return tuple(DomainProof(*row) for row in database.rows(_AT, {"host": host}))


def due(database: Database, now: int, count: int) -> tuple[DomainProof, ...]:
    """Hosts that are to be looked at: those that were proven before those that were only asked for, of which anybody may ask for
    many, and then those whose time came first.
    """
    return tuple(DomainProof(*row) for row in database.rows(_DUE, {"now": now, "count": count}))


def shown(database: Database, count: int) -> tuple[DomainProof, ...]:
    """Proofs that are shown, those that were seen last before others."""
    return tuple(DomainProof(*row) for row in database.rows(_SHOWN, {"count": count}))


def failing(database: Database, now: int) -> tuple[DomainProof, ...]:
    """Proofs that fail, or ended lately."""
    return tuple(DomainProof(*row) for row in database.rows(_FAILING, {"since": now - LATELY}))


def failing_count(database: Database) -> int:
    """How many proofs fail and have not ended."""
    return int(database.rows(_COUNT_FAILING, {})[0][0])


def page(database: Database, search: str, state: str, after: str, count: int) -> ProofPage:
    """A page of all proofs by host and member. `search` is a part of a host, or an organisation number."""
    like = "%" + search.casefold().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    matching = {"state": state, "like": like, "search": search}
    host, _, org = after.partition(" ")
    rows = database.rows(_PAGE, {**matching, "after": host, "after_org": org, "count": count + 1})
    found = tuple(DomainProof(*row) for row in rows[:count])
    more = f"{found[-1].host} {found[-1].org}" if len(rows) > count else None
    return ProofPage(found, int(database.rows(_COUNT, matching)[0][0]), more)
