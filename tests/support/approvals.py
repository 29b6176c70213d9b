"""People of two members and of the federation, and a proposal on its way; a test states only what matters to it."""

from typing import Any

from trust_framework import approval
from trust_framework.approval import Proposal, Wanted
from trust_framework.danger import Danger
from trust_framework.member_types import MemberType, Purpose, Required, required
from trust_framework.roles import FEDERATION, Actor, Role, RoleGrant

NOW = 1_800_000_000
ORG = "2321000016"
OTHER_ORG = "5560360793"


def actor(person: str, *roles: tuple[Role, str]) -> Actor:
    grants = tuple(RoleGrant(person, org, role, "test", NOW) for role, org in roles)
    return Actor(person, person.title(), grants, "loa3", NOW)


TEKLA = actor("tekla", (Role.TECHNICAL, ORG))
OVE = actor("ove", (Role.OWNER, ORG))
OLGA = actor("olga", (Role.OWNER, ORG))
LARS = actor("lars", (Role.READER, ORG))
ASTA = actor("asta", (Role.OPERATOR, FEDERATION))
BIRK = actor("birk", (Role.OPERATOR, FEDERATION))
CILLA = actor("cilla", (Role.OPERATOR, FEDERATION))
SIV = actor("siv", (Role.SECURITY_OFFICER, FEDERATION))
DUBBEL = actor("dubbel", (Role.OPERATOR, FEDERATION), (Role.OWNER, ORG))
FRIDA = actor("frida", (Role.OWNER, OTHER_ORG))
NILS = actor("nils")

DANGEROUS = required(MemberType.USER_ORGANISATION, "agreement", Danger.DANGEROUS)
CAREFUL = required(MemberType.USER_ORGANISATION, "agreement", Danger.CAREFUL)


def wanted(digest: str = "d1", danger: Danger = Danger.DANGEROUS, **more: Any) -> Wanted:
    return Wanted(
        **{"content": {"digest": digest}, "digest": digest, "base": 3, "base_digest": "d0", **more, "danger": danger}
    )


def draft(by: Actor = TEKLA, org: str = ORG, **more: Any) -> Proposal:
    return done(approval.drafted("p1", "service", "journal", org, wanted(**more), by, NOW))


def sent_in(by: Actor = TEKLA, **more: Any) -> Proposal:
    return done(approval.submitted(draft(by, **more), by, "Please", NOW + 1))


def approve(proposal: Proposal, *by: Actor, needs: Required = DANGEROUS, **more: Any) -> Proposal:
    for one in by:
        proposal = done(
            approval.approved(proposal, needs, one, "Looked at", NOW + 2, **{"seen": proposal.digest, **more})
        )
    return proposal


def done(outcome: approval.Outcome) -> Proposal:
    assert isinstance(outcome, Proposal), outcome
    return outcome


def why(outcome: approval.Outcome) -> str:
    assert isinstance(outcome, approval.Refused), outcome
    return outcome.why.value


JOINING = required(MemberType.USER_ORGANISATION, "member", Danger.DANGEROUS, Purpose.JOIN)
