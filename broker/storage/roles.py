"""Roles that persons were given, in an organisation or in the federation. Who gave and took them when is in the log."""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Executable, Index, and_, bindparam, delete, func, or_, select, tuple_

from broker.audit.events import Event, RoleEnded, RoleGiven
from broker.federation.proposing import RolePage, SameRoles
from broker.keys.sealing import SealingVault
from broker.login.effects import EndRole, GrantRole, Overtaken
from broker.storage.cursors import instant
from broker.storage.database import Database, InsertOf, Kept, Row, Unit
from broker.storage.tables import About, number, octets, table, text
from trust_framework.roles import Role, RoleGrant

ROLE_GRANTS = table(
    "role_grants",
    About(
        "What a person may do with an organisation's part of the register, or with all of it",
        "Public interest: who may change whom the federation trusts must be known (GDPR 6.1 e)",
        "Until taken back or run out, or the person is forgotten",
    ),
    text("person", "The register's random id of the person", primary_key=True),
    text("org", "The organisation number, or `federation`", primary_key=True),
    text("role", "The role", primary_key=True),
    text("given_by", "Who gave it: a person's id, or the command that did"),
    number("given_at", "When it was given"),
    number("until", "When it ends by itself", nullable=True),
    octets("name", "What the person was called then, sealed", nullable=True),
    Index(None, "org"),
)
_C = ROLE_GRANTS.c
_RECORD = "role"
_COLUMNS = (_C.person, _C.org, _C.role, _C.given_by, _C.given_at, _C.until, _C.name)
_KEY = ("person", "org", "role")


def _give(insert: InsertOf) -> Executable:
    new = insert(ROLE_GRANTS).values({column.name: bindparam(column.name) for column in _COLUMNS})
    changed = {name: new.excluded[name] for name in ("given_by", "given_at", "until", "name")}
    return new.on_conflict_do_update(index_elements=list(_KEY), set_=changed)  # type: ignore[no-any-return]


def _give_new(insert: InsertOf) -> Executable:
    new = insert(ROLE_GRANTS).values({column.name: bindparam(column.name) for column in _COLUMNS})
    return new.on_conflict_do_nothing()  # type: ignore[no-any-return]


_GIVE, _GIVE_NEW = Kept(_give), Kept(_give_new)
_END = Kept(delete(ROLE_GRANTS).where(_C.person == bindparam("p"), _C.org == bindparam("o"), _C.role == bindparam("r")))
_OF_PERSON = Kept(select(*_COLUMNS).where(_C.person == bindparam("person")).order_by(_C.org, _C.role))
_OF_ORG = Kept(select(*_COLUMNS).where(_C.org == bindparam("org")).order_by(_C.given_at, _C.person, _C.role))
_HOLDS = and_(_C.org == bindparam("org"), or_(_C.until.is_(None), _C.until > bindparam("now")))
_PLACE: Final = (_C.given_at, _C.person, _C.role)
_PAGE = Kept(
    select(*_COLUMNS)
    .where(_HOLDS, tuple_(*_PLACE) > tuple_(bindparam("at"), bindparam("person"), bindparam("role")))
    .order_by(*_PLACE)
    .limit(bindparam("count"))
)
_COUNT = Kept(select(func.count()).where(_HOLDS))
_FILED = Kept(select(*_COLUMNS).where(_C.given_by == bindparam("by")))
_FORGET = Kept(delete(ROLE_GRANTS).where(_C.person == bindparam("forgotten")))


def grant(unit: Unit, change: GrantRole) -> None:
    """Give a role, or give it anew with another end."""
    one = change.grant
    given = {"person": one.person, "org": one.org, "role": one.role.value}
    name = unit.vault.seal(_RECORD, one.name.encode(), one.person.encode()) if one.name else None
    unit.run(_GIVE, {**given, "given_by": one.by, "given_at": one.at, "until": one.until, "name": name})


def end(unit: Unit, change: EndRole) -> None:
    """Take a role back; one that nobody gave stays as it is."""
    unit.run(_END, {"p": change.person, "o": change.org, "r": change.role.value})


FILED: Final = "file"
"""Who gave a role that an applied file gives."""


def replace_filed(unit: Unit, wanted: Mapping[str, Iterable[tuple[str, Role]]], at: int) -> tuple[Event, ...]:
    """Make the roles that files gave those of the newest file; what was given otherwise stays. Returns the events."""
    before = {(g.person, g.org, g.role) for g in _read(unit.vault, unit.rows(_FILED, {"by": FILED}))}
    after = {(person, org, role) for person, roles in wanted.items() for org, role in roles}
    for person, org, role in sorted(before - after):
        unit.run(_END, {"p": person, "o": org, "r": role.value})
    for person, org, role in sorted(after - before):
        given = {"person": person, "org": org, "role": role.value}
        unit.run(_GIVE_NEW, {**given, "given_by": FILED, "given_at": at, "until": None, "name": None})
    ended = (RoleEnded(at=at, person=p, org=o, role=r.value, by=FILED) for p, o, r in sorted(before - after))
    given_ = (RoleGiven(at=at, person=p, org=o, role=r.value, by=FILED) for p, o, r in sorted(after - before))
    return (*ended, *given_)


def require(unit: Unit, change: SameRoles) -> None:
    """See that the person's grants are as they were when something was decided by them. Raises Overtaken."""
    if _read(unit.vault, unit.rows(_OF_PERSON, {"person": change.person})) != change.grants:
        raise Overtaken("roles")


def of_person(database: Database, person: str) -> tuple[RoleGrant, ...]:
    """The person's roles, run out or not, by organisation."""
    return _read(database.vault, database.rows(_OF_PERSON, {"person": person}))


def of_org(database: Database, org: str) -> tuple[RoleGrant, ...]:
    """The roles given in an organisation, oldest first."""
    return _read(database.vault, database.rows(_OF_ORG, {"org": org}))


def page(database: Database, org: str, now: int, after: str, count: int) -> RolePage:
    """A page of the roles that hold in an organisation, oldest first. An `after` that is not ours begins anew."""
    at, person, role = _position(after)
    asked = {"org": org, "now": now}
    rows = database.rows(_PAGE, {**asked, "at": at, "person": person, "role": role, "count": count + 1})
    found = _read(database.vault, rows[:count])
    more = f"{found[-1].at}.{found[-1].person}.{found[-1].role.value}" if len(rows) > count else None
    return RolePage(found, database.rows(_COUNT, asked)[0][0], more)


def _position(after: str) -> tuple[int, str, str]:
    at, _, place = after.partition(".")
    person, dot, role = place.rpartition(".")
    found = instant(at) if dot else None
    return (-1, "", "") if found is None else (found, person, role)


def forget(unit: Unit, person: str) -> None:
    """Take all roles of a person who is forgotten."""
    unit.run(_FORGET, {"forgotten": person})


def _read(vault: SealingVault, rows: Iterable[Row]) -> tuple[RoleGrant, ...]:
    return tuple(
        RoleGrant(person, org, Role(role), by, at, until, _name(vault, name, person))
        for person, org, role, by, at, until, name in rows
    )


def _name(vault: SealingVault, sealed: bytes | None, person: str) -> str:
    return vault.open(_RECORD, sealed, person.encode()).decode() if sealed else ""
