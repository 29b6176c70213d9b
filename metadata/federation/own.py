"""Ourselves in an OpenID Federation: our role, who is below us, whose chains we believe, which trust marks we give.

Values only, made from the register; what is published of them is `metadata.federation.documents`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from metadata.federation.chain import Anchors
from metadata.federation.policy import Metadata, Policy
from trust_framework.agreements import AnyAgreement
from trust_framework.chained import ChainTerms

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Role(Enum):
    """What an entity is in a federation (section 4). A leaf has nobody below it."""

    LEAF = "leaf"
    INTERMEDIATE = "intermediate"
    TRUST_ANCHOR = "trust-anchor"


@dataclass(frozen=True, slots=True)
class Subordinate:
    """An entity right below us. `metadata`, `metadata_policy` and `constraints` are what we say of it."""

    entity_id: str
    jwks: Mapping[str, Any]
    entity_types: frozenset[str]
    intermediate: bool = False
    metadata: Metadata = field(default_factory=dict)
    metadata_policy: Policy = field(default_factory=dict)
    constraints: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MarkType:
    """A type of trust mark that we give to `entities`: always, or while the agreement is valid that it stands for."""

    type: str
    entities: frozenset[str]
    life: int
    agreement: AnyAgreement | None = None
    logo_uri: str | None = None
    ref: str | None = None

    def holders(self, now: int) -> frozenset[str]:
        """Who has it now."""
        return self.entities if self.agreement is None or self.agreement.valid(now) else frozenset()


@dataclass(frozen=True, slots=True)
class OwnEntity:
    """What we are. `anchors` are those whose chains we believe, `terms` what services below each of them may do here."""

    entity_id: str
    role: Role = Role.LEAF
    authority_hints: tuple[str, ...] = ()
    anchors: Anchors = field(default_factory=dict)
    terms: Mapping[str, ChainTerms] = field(default_factory=dict)
    subordinates: Mapping[str, Subordinate] = field(default_factory=dict)
    mark_types: Mapping[str, MarkType] = field(default_factory=dict)
    trust_marks: tuple[Mapping[str, str], ...] = ()
    mark_issuers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mark_owners: Mapping[str, Any] = field(default_factory=dict)

    @property
    def superior(self) -> bool:
        """Whether we have somebody below us."""
        return self.role is not Role.LEAF

    def marked(self, entity_id: str, now: int) -> frozenset[str]:
        """The types of trust marks that the entity has of us now."""
        return frozenset(each.type for each in self.mark_types.values() if entity_id in each.holders(now))

    def listed(
        self,
        now: int,
        *,
        entity_types: Iterable[str] = (),
        marks: Iterable[str] = (),
        marked: bool | None = None,
        intermediate: bool | None = None,
    ) -> list[str]:
        """Who is right below us (section 8.2): of one of the types, with all of the marks, intermediate or not."""
        types, wanted = set(entity_types), set(marks)
        return [
            each.entity_id
            for each in self.subordinates.values()
            if (not types or types & each.entity_types)
            and wanted <= self.marked(each.entity_id, now)
            and marked in {None, bool(self.marked(each.entity_id, now))}
            and intermediate in {None, each.intermediate}
        ]
