"""Which organisations act for which members (ombud), as the members' entries say; for finding what a person may do."""

from datetime import date

from sqlalchemy import Index, bindparam, column, delete, exists, insert, select
from sqlalchemy import table as named

from broker.federation.register import EntryChange
from broker.storage.database import Database, Kept, Unit
from broker.storage.tables import About, number, table, text
from trust_framework.days import day_after
from trust_framework.roles import Role, RoleGrant

DELEGATIONS = table(
    "delegations",
    About(
        "Which organisations act for which members",
        "Public interest: who may change whom the federation trusts must be known (GDPR 6.1 e)",
        "While the member's entry says so",
    ),
    text("org", "Organisation number of the member", primary_key=True),
    text("agent", "Organisation number of who acts for it", primary_key=True),
    text("role", "What the agent's people may be for the member", primary_key=True),
    number("until", "When the delegation ends"),
    Index(None, "agent"),
)
_C = DELEGATIONS.c
_CLEAR = Kept(delete(DELEGATIONS).where(_C.org == bindparam("member")))
_ADD = Kept(insert(DELEGATIONS).values({c.name: bindparam(c.name) for c in DELEGATIONS.columns}))
_LISTED = named("register_index", column("kind"), column("id"), column("state"))
_IN_FORCE = exists().where(_LISTED.c.kind == "member", _LISTED.c.id == _C.agent, _LISTED.c.state == "active")
_OF_AGENT = Kept(
    select(_C.org, _C.role, _C.until).where(_C.agent == bindparam("agent"), _IN_FORCE).order_by(_C.org, _C.role)
)

ACTING = frozenset({Role.OWNER, Role.TECHNICAL})
"""Roles at the agent whose holders act for its members."""


def changed(unit: Unit, change: EntryChange) -> None:
    """Note what a member's entry says of its agents now."""
    if change.kind != "member":
        return
    unit.run(_CLEAR, {"member": change.id})
    ends: dict[tuple[str, str], int] = {}
    for agent in (change.content or {}).get("agents", ()):
        for role in agent.get("roles", ("technical",)):
            key = (agent["org"], role)
            ends[key] = max(ends.get(key, 0), day_after(date.fromisoformat(str(agent["until"]))))
    for (agent, role), until in ends.items():
        unit.run(_ADD, {"org": change.id, "agent": agent, "role": role, "until": until})


def of_person(database: Database, own: tuple[RoleGrant, ...]) -> tuple[RoleGrant, ...]:
    """The roles that a person has for other members, by those in an agent. An agent that is stopped acts for nobody."""
    found: dict[tuple[str, Role], RoleGrant] = {}
    for grant in own:
        if grant.role in ACTING:
            for org, role, until in database.rows(_OF_AGENT, {"agent": grant.org}):
                ends = min(until, grant.until or until)
                given = RoleGrant(grant.person, org, Role(role), f"agent:{grant.org}", grant.at, ends)
                found.setdefault((org, given.role), given)
    return tuple(found.values())
