"""The access decision of care: may this person, in this commission, for this purpose, see these resources of this patient?

One pure function over facts: `trust_framework.rules` holds the rules of each jurisdiction as rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from trust_framework.blocks import Block
from trust_framework.care import CareActor, CareProvider, Patient, Resource
from trust_framework.care_consents import CareConsent
from trust_framework.care_relations import CareRelation
from trust_framework.emergency import EmergencyAccess
from trust_framework.identifiers import Identifier


class Access(StrEnum):
    """What a decision says of one resource."""

    PERMITTED = "permitted"
    BLOCKED = "blocked"
    NEEDS_CONSENT = "needs-consent"
    NEEDS_RELATION = "needs-relation"
    NEEDS_EMERGENCY = "needs-emergency"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason: the rule's id, what it says (a code of the texts), the place in the law, what it was about (an id)."""

    rule: str
    code: str
    source: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The answer about one resource, with every reason that made it."""

    resource: str
    access: Access
    grounds: tuple[Ground, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessQuestion:
    """Who asks, about whom, what."""

    actor: CareActor
    patient: Identifier
    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class CareFacts:
    """What stands when the question is asked. `more` are facts that one rule set alone knows, by name."""

    patient: Patient
    blocks: tuple[Block, ...] = ()
    consents: tuple[CareConsent, ...] = ()
    relations: tuple[CareRelation, ...] = ()
    emergencies: tuple[EmergencyAccess, ...] = ()
    providers: Mapping[str, CareProvider] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
