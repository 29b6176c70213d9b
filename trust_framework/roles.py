"""Who may do what with the register: roles, the grants that give them, and the one table of role and action.

A grant holds in one organisation, or in the whole federation (`FEDERATION`). Nothing is allowed that the table does not
say: `may` is the only place where a role is turned into a right.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

FEDERATION: Final = "federation"
"""Stands where an organisation number does, for what belongs to the federation itself."""


MACHINE: Final = "client:"
"""What the id of an actor begins with who is a member's client, and no person."""


class Role(StrEnum):
    """What a person is in an organisation, or in the federation."""

    OPERATOR = "operator"
    SECURITY_OFFICER = "security-officer"
    OWNER = "owner"
    TECHNICAL = "technical"
    LOG_REVIEWER = "log-reviewer"
    READER = "reader"


class Action(StrEnum):
    """What may be done in the portal, the console and the API. `ENTER` needs no role: who has none is told so.

    `PROPOSE` is for entries of any member, and for those of the federation itself.
    """

    ENTER = "enter"
    VIEW = "view"
    VIEW_LOGINS = "view-logins"
    EDIT = "edit"
    SUBMIT = "submit"
    APPROVE_OWN = "approve-own"
    SIGN = "sign"
    GRANT_ROLES = "grant-roles"
    VIEW_FEDERATION = "view-federation"
    VIEW_CONFIGURATION = "view-configuration"
    EXPORT = "export"
    APPROVE = "approve"
    SUSPEND = "suspend"
    MANAGE_KEYS = "manage-keys"
    MANAGE_POLICY = "manage-policy"
    SIMULATE = "simulate"
    REVIEW_LOG = "review-log"
    HOLD_LOG = "hold-log"
    PROPOSE = "propose"
    REVIEW_EMERGENCY = "review-emergency"


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """A role that somebody gave a person. `org` is an organisation number or `FEDERATION`; `until` None has no end.

    `name` is what the person was called when the role was taken, for lists of people; it decides nothing.
    """

    person: str
    org: str
    role: Role
    by: str
    at: int
    until: int | None = None
    name: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who acts: with which grants, which hold now, and how and when they identified (epoch seconds)."""

    person: str
    name: str = ""
    grants: tuple[RoleGrant, ...] = ()
    level: str = ""
    authenticated_at: int = 0

    @property
    def orgs(self) -> tuple[str, ...]:
        """The organisations in which the actor has a role of their own, in the order of the grants."""
        return tuple(dict.fromkeys(grant.org for grant in self.grants if grant.org != FEDERATION))

    def roles(self, org: str) -> frozenset[Role]:
        """The actor's roles there."""
        return frozenset(grant.role for grant in self.grants if grant.org == org)


_LOOKS: Final = frozenset({Action.VIEW})
IN_MEMBER: Final[Mapping[Role, frozenset[Action]]] = {
    Role.OWNER: _LOOKS
    | {
        Action.VIEW_LOGINS,
        Action.EDIT,
        Action.SUBMIT,
        Action.APPROVE_OWN,
        Action.SIGN,
        Action.GRANT_ROLES,
        Action.SIMULATE,
    },
    Role.TECHNICAL: _LOOKS | {Action.VIEW_LOGINS, Action.EDIT, Action.SUBMIT, Action.SIMULATE},
    Role.LOG_REVIEWER: _LOOKS | {Action.VIEW_LOGINS, Action.REVIEW_LOG},
    Role.READER: _LOOKS,
}
"""What a role allows in the organisation that it was given in."""

IN_FEDERATION: Final[Mapping[Role, frozenset[Action]]] = {
    Role.OPERATOR: frozenset(Action)
    - {Action.ENTER, Action.SIGN, Action.APPROVE_OWN, Action.EDIT, Action.SUBMIT, Action.REVIEW_LOG, Action.HOLD_LOG},
    Role.SECURITY_OFFICER: frozenset(
        {
            Action.VIEW,
            Action.VIEW_LOGINS,
            Action.VIEW_FEDERATION,
            Action.VIEW_CONFIGURATION,
            Action.EXPORT,
            Action.SUSPEND,
            Action.MANAGE_KEYS,
            Action.SIMULATE,
            Action.REVIEW_LOG,
            Action.HOLD_LOG,
            Action.REVIEW_EMERGENCY,
        }
    ),
    Role.READER: frozenset({Action.VIEW, Action.VIEW_FEDERATION}),
}
"""What a role allows when it was given in the federation: there, and with the objects of every member."""

OF_MEMBER: Final = frozenset(IN_MEMBER)
OF_FEDERATION: Final = frozenset(IN_FEDERATION)


def active(grants: Iterable[RoleGrant], now: int) -> tuple[RoleGrant, ...]:
    """The grants that hold at a time."""
    return tuple(grant for grant in grants if grant.until is None or now < grant.until)


def allowed(role: Role, org: str) -> frozenset[Action]:
    """What a role that was given there allows; nothing for a role that has no place there."""
    table = IN_FEDERATION if org == FEDERATION else IN_MEMBER
    return table.get(role, frozenset())


def may(actor: Actor, action: Action, org: str) -> bool:
    """Whether the actor may do this with an object of `org`. Grants that do not hold must have been left out."""
    if action is Action.ENTER:
        return True
    reach = (grant for grant in actor.grants if grant.org in {org, FEDERATION})
    return any(action in allowed(grant.role, grant.org) for grant in reach)


def may_grant(actor: Actor, person: str, role: Role, org: str) -> bool:
    """Whether the actor may give (or take back) this role: somebody else's, where the role has a place.

    In the federation only who holds the role gives it; a member's owner gives the member's roles, and an operator the
    first ones.
    """
    if person == actor.person or role not in (OF_FEDERATION if org == FEDERATION else OF_MEMBER):
        return False
    if org == FEDERATION:
        held = actor.roles(FEDERATION)
        return Role.OPERATOR in held and (role in held or role is Role.READER)
    return may(actor, Action.GRANT_ROLES, org)
