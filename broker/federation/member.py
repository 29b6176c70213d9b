"""A member in the federation file: its state with the reason, what it is, its contacts, declarations and agents."""

from collections.abc import Mapping
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from broker.federation.openid_schema import SubordinateEntry
from broker.federation.values import Day, Entry, Id, Level, MailAddress, Names, Note, OrganisationNumber, Text, named
from trust_framework.member_types import TYPES, MemberRole, MemberType
from trust_framework.members import State

STATES: Final = frozenset({State.APPROVED, State.ACTIVE, State.SUSPENDED, State.LEFT})
"""States in which a member stands in the register. Before that it is an application, which stands in a proposal."""

SECURITY: Final = "security"
"""The purpose of the contact that every member must have (IS-08)."""


class DeclarationEntry(Entry):
    """A trust declaration (tillitsdeklaration) that has been reviewed."""

    level: Level = Field(description="Level URI up to which the member may be trusted.")
    reviewer: Text = Field(description="Who reviewed it.")
    expires: Day = Field(description="Last day that it holds, YYYY-MM-DD.")


class AssessmentEntry(Entry):
    """An assessment of the risks of letting the member in, recorded with the day by which it must be made anew (IS-22)."""

    made: Day = Field(description="When it was made, YYYY-MM-DD.")
    by: Text = Field(description="Who made it.")
    again: Day = Field(
        description="Last day before it must be made anew, YYYY-MM-DD. 30 days after it the member's services stop."
    )


class NamedContact(Entry):
    """A person or mailbox that answers for something at a member."""

    name: Text = Field(description="Name of the person or the function.")
    mail: MailAddress = Field(description="Mail address.")
    phone: Text | None = Field(None, description="Telephone number.")
    confirmed: Day | None = Field(None, description="When it was last confirmed to be right, YYYY-MM-DD.")


class AgentEntry(Entry):
    """Another organisation that acts for the member (delegated technical agent, ombud)."""

    org: OrganisationNumber = Field(description="Organisation number of the agent.")
    roles: tuple[Literal["technical", "reader"], ...] = Field(
        ("technical",), description="What its people may be for the member: `technical`, `reader`."
    )
    until: Day = Field(description="Last day of the delegation, YYYY-MM-DD.")


class MemberEntry(Entry):
    """An organisation of the federation."""

    org: OrganisationNumber = Field(description="Organisation number, ten digits; services refer to it.")
    names: Names = named("Its name by language: `sv`, `en`.")
    state: State = Field(
        State.ACTIVE,
        description="`approved` until the agreement is signed, `active`, `suspended`, `left`; only the services of an "
        "active member are open.",
    )
    reason: Note | None = Field(None, description="Why it is in that state; the member sees it.")
    type: MemberType = Field(MemberType.USER_ORGANISATION, description="What kind of organisation it is.")
    roles: tuple[MemberRole, ...] = Field(
        (), description="What it is in the federation; empty means all that its type may be."
    )
    openid_federation: SubordinateEntry | None = Field(
        None, description="As an entity below us in an OpenID Federation: its identifier and federation keys."
    )
    contacts: Mapping[Id, NamedContact] = Field(
        {},
        description="Contacts by purpose: `data_protection`, `technical`, `administrative`, `support` …; `security` is "
        "always needed.",
    )
    trust_declarations: tuple[DeclarationEntry, ...] = Field((), description="Its reviewed trust declarations.")
    risk_assessment: AssessmentEntry | None = Field(None, description="The latest assessment of its risks.")
    agents: tuple[AgentEntry, ...] = Field((), description="Organisations that act for it.")

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.state not in STATES:
            raise ValueError(f"state: {self.state.value} is no state of a member in the register")
        if other := set(self.roles) - TYPES[self.type].roles:
            raise ValueError(f"roles: a {self.type} is never {', '.join(sorted(other))}")
        return self
