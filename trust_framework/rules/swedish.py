"""Swedish rules: the patient data law (PDL), the law on shared care documentation (SFS 2022:913), HSLF-FS 2016:40, and the
service contracts of blocks (TKB-B) and consents (TKB-C).

Sources whose section number nobody has verified say so. The set knows no facts of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from trust_framework.blocks import Block, binds, lift_for
from trust_framework.care import Purpose, Resource
from trust_framework.care_access import NOTHING, Access, AccessQuestion, Asker, CareFacts, CareRule, RuleSet
from trust_framework.care_consents import ConsentType, consent_for
from trust_framework.care_relations import relation_for
from trust_framework.emergency import emergency_for, may_open
from trust_framework.rules.predicates import by_provider, holds, inverted_period, no_provider, other_rules, selected
from trust_framework.rules.swedish_private import PRIVATE_RULES, PrivateAsking, PrivateRight, right_of


@dataclass(frozen=True, slots=True)
class PurposeTerms:
    """What a purpose is held to: whether blocks hold against it, whether it asks for a patient relation, and whether it
    reaches what other providers have recorded.
    """

    blocked: bool
    relation: bool
    shared: bool


PURPOSES: Final[Mapping[str, PurposeTerms]] = {
    Purpose.CARE: PurposeTerms(blocked=True, relation=True, shared=True),
    Purpose.OTHER_DOCUMENTATION: PurposeTerms(blocked=True, relation=True, shared=False),
    Purpose.QUALITY_REGISTRY: PurposeTerms(blocked=True, relation=False, shared=False),
    Purpose.QUALITY: PurposeTerms(blocked=False, relation=False, shared=False),
    Purpose.ADMINISTRATION: PurposeTerms(blocked=False, relation=False, shared=False),
    Purpose.STATISTICS: PurposeTerms(blocked=False, relation=False, shared=False),
}
"""Blocks do not hinder quality assurance, administration and statistics; any other purpose is held to be hindered."""
_UNKNOWN: Final = PurposeTerms(blocked=True, relation=True, shared=False)


class SwedishAsking(PrivateAsking):
    """With what a private person has a right to; for staff with their consent, relation and emergency access; and the blocks
    against whoever asks in heaps: inner and outer ones that are closed, those that only an emergency opens, those lifted for a
    time, and those that their emergency access has opened.
    """

    def __init__(self, question: AccessQuestion, facts: CareFacts, now: int) -> None:
        super().__init__(question, facts, now)
        actor = self.actor
        own = facts.switches(actor.provider)
        self.terms = PURPOSES.get(actor.purpose, _UNKNOWN)
        self.consent = consent_for(facts.consents, actor, now)
        self.relation = relation_for(facts.relations, actor, now)
        self.emergency = emergency_for(facts.emergencies, actor, self.patient, own, now)
        self.unable = question.unable_to_consent
        self.relation_inside = self.terms.relation and own.relation_needed
        private = not actor.employee and actor.person
        self.private = right_of(actor.person, facts, now) if private else PrivateRight()
        concerned = (private or self.terms.blocked) and not self.private.free
        heaps: dict[str, list[Block]] = {"Inner": [], "Outer": [], "emergency": [], "lifted": [], "opened": []}
        for block in facts.blocks if concerned else ():
            if binds(block, actor):
                heaps[self._heap(block)].append(block)
        self.inner, self.outer, self.to_open, self.lifted, self.opened = map(by_provider, heaps.values())

    def _heap(self, block: Block) -> str:
        """Blocks of other providers open in an emergency only where the provider that set them lets others lift them."""
        if lift_for(block, self.actor, self.now):
            return "lifted"
        if not may_open(block, self.actor, self.facts.switches(block.provider)):
            return block.type
        if self.emergency:
            return "opened"
        return "emergency" if self.unable and self.actor.purpose == Purpose.CARE else block.type

    def shared(self, resource: Resource) -> bool:
        """Whether it is another provider's information."""
        return resource.provider != self.actor.provider


def no_commission(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """Nobody in particular asks, or for no care provider."""
    actor = asking.actor
    return holds(not actor.provider if actor.employee else not actor.person)


def unknown_purpose(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """No purpose that the rules know."""
    return holds(asking.terms is _UNKNOWN)


def not_for_this_purpose(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """Another provider's information, and a purpose other than care: it is shared for care alone."""
    return holds(not asking.terms.shared and asking.shared(resource))


def inner_block(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """The patient closed the unit's information to other units and providers."""
    return selected(asking.inner, resource)


def outer_block(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """The patient closed the provider's information to other providers."""
    return selected(asking.outer, resource)


def block_in_emergency(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """A block that emergency access would open, of a patient who cannot be asked to lift it."""
    return selected(asking.to_open, resource)


def consent_missing(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """Another provider's information, without the patient's consent."""
    return holds(not asking.unable and _unconsented(asking, resource))


def consent_impossible(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """Another provider's information, of a patient who cannot be asked for consent."""
    return holds(asking.unable and _unconsented(asking, resource))


def _unconsented(asking: SwedishAsking, resource: Resource) -> bool:
    return asking.shared(resource) and asking.consent is None and asking.emergency is None


def relation_missing(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """No patient relation where one is asked for: inside the provider where it says so, of what others have recorded always."""
    return holds(asking.emergency is None and _unrelated(asking, resource))


def _unrelated(asking: SwedishAsking, resource: Resource) -> bool:
    return asking.relation is None and (asking.relation_inside or asking.shared(resource))


def inside(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """The asker's own provider has recorded it."""
    return holds(not asking.shared(resource))


def shared_by_consent(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """Another provider has recorded it, and the patient has consented."""
    return _consented(asking, resource, ConsentType.CONSENT)


def shared_by_emergency_consent(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """Another provider has recorded it, and a consent was entered in the patient's place because care could not wait for
    their word (assertionType Emergency).
    """
    return _consented(asking, resource, ConsentType.EMERGENCY)


def _consented(asking: SwedishAsking, resource: Resource, type_: ConsentType) -> tuple[str, ...]:
    given = asking.consent
    return (given.id,) if given and given.type is type_ and asking.shared(resource) else NOTHING


def shared_in_emergency(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """Another provider has recorded it, and the asker has emergency access to the patient."""
    return (asking.emergency.id,) if asking.emergency and asking.shared(resource) else NOTHING


def lifted(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """A block that is lifted for the asker for a time."""
    return selected(asking.lifted, resource)


def opened(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """A block that the asker has opened by emergency access."""
    return selected(asking.opened, resource)


def emergency_used(asking: SwedishAsking, resource: Resource) -> tuple[str, ...]:
    """It would be closed but for the emergency access: the log says Nödöppning."""
    if asking.emergency is None:
        return NOTHING
    unconsented = asking.shared(resource) and asking.consent is None
    used = unconsented or _unrelated(asking, resource) or selected(asking.opened, resource)
    return (asking.emergency.id,) if used else NOTHING


_REFUSED, _BLOCKED, _PERMITTED = Access.REFUSED, Access.BLOCKED, Access.PERMITTED
_NEED: Final = "HSLF-FS 2016:40 ch. 4 (section unverified)"
_INNER: Final = "PDL ch. 4 §§ 4–5 (sections unverified); TKB-B CheckBlocks"
_SHARED: Final = "SFS 2022:913 (section unverified)"

_OF_ALL: Final[tuple[CareRule[SwedishAsking], ...]] = (
    CareRule("row", _REFUSED, "inverted-period", "TKB-B CheckBlocks", inverted_period),
    CareRule("place", _REFUSED, "provider-missing", "TKB-B CheckBlocks", no_provider),
    CareRule("rules", _REFUSED, "other-rules", f"PDL; {_SHARED}", other_rules("se")),
    CareRule("commission", _REFUSED, "commission-missing", _NEED, no_commission),
    CareRule("inner-block", _BLOCKED, "inner-block", _INNER, inner_block),
    CareRule("outer-block", _BLOCKED, "outer-block", f"{_SHARED}; TKB-B CheckBlocks", outer_block),
)
_OF_STAFF: Final[tuple[CareRule[SwedishAsking], ...]] = (
    CareRule("purpose", _REFUSED, "purpose-unknown", "PDL ch. 2 (section unverified)", unknown_purpose),
    CareRule("shared-purpose", _REFUSED, "purpose-not-shared", _SHARED, not_for_this_purpose),
    CareRule("block-in-emergency", Access.NEEDS_EMERGENCY, "block-in-emergency", _INNER, block_in_emergency),
    CareRule("consent", Access.NEEDS_CONSENT, "consent-missing", f"{_SHARED}; TKB-C CheckConsent", consent_missing),
    CareRule("consent-in-emergency", Access.NEEDS_EMERGENCY, "consent-impossible", _SHARED, consent_impossible),
    CareRule("relation", Access.NEEDS_RELATION, "relation-missing", "PDL ch. 4 (section unverified)", relation_missing),
    CareRule("inside", _PERMITTED, "own-provider", "PDL ch. 4 (section unverified)", inside),
    CareRule("shared", _PERMITTED, "consent-given", f"{_SHARED}; TKB-C CheckConsent", shared_by_consent),
    CareRule("shared-unasked", _PERMITTED, "emergency-consent", "TKB-C CheckConsent", shared_by_emergency_consent),
    CareRule("shared-emergency", _PERMITTED, "shared-in-emergency", _SHARED, shared_in_emergency),
    CareRule("lift", None, "block-lifted", "TKB-B RegisterTemporaryExtendedRevoke", lifted),
    CareRule("opened", None, "block-opened-in-emergency", _INNER, opened),
    CareRule("emergency", None, "emergency-used", f"{_INNER}; {_SHARED}", emergency_used),
)
RULES: Final[tuple[CareRule[Any], ...]] = (
    *_OF_ALL,
    *(replace(row, asker=Asker.STAFF) for row in _OF_STAFF),
    *PRIVATE_RULES,
)

SWEDISH: Final = RuleSet("se", {"sv": "Patientdatalagen", "en": "The Swedish patient data law"}, RULES, SwedishAsking)
