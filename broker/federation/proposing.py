"""What is kept of proposals, and what lists show of them, as values; kept by `broker.storage.proposals`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from broker.login.effects import Change
from trust_framework.approval import Proposal, Stage
from trust_framework.danger import Danger
from trust_framework.roles import RoleGrant


@dataclass(frozen=True, slots=True)
class SaveProposal(Change):
    """Insert a proposal (`before` 0), or move it on from the version `before`. Raises Overtaken when somebody else has."""

    proposal: Proposal
    before: int
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SameRoles(Change):
    """Nothing is done unless the person still has just these grants. Raises Overtaken."""

    person: str
    grants: tuple[RoleGrant, ...]


@dataclass(frozen=True, slots=True)
class RolePage:
    """Some of the roles that hold in an organisation, oldest first; `total` do, `next` continues after the last."""

    grants: tuple[RoleGrant, ...]
    total: int
    next: str | None = None


@dataclass(frozen=True, slots=True)
class ListedProposal:
    """A proposal as a list shows it; `names` are those of its entry."""

    id: str
    kind: str
    object: str
    org: str
    stage: Stage
    danger: Danger
    author: str
    emergency: bool
    review_due: int | None
    opened_at: int
    changed_at: int
    version: int
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """Some proposals of a list; `total` of them match, `next` continues after the last."""

    proposals: tuple[ListedProposal, ...]
    total: int
    next: str | None = None
