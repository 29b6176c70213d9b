"""On whose behalf a person logs in to a service: themselves, unless they choose somebody whom they may act for there and now.

Owns which representations are good at a service, what is told of whom they are for, and why one is not good. Whether one holds
is `representation`'s to say, and that the question is put at all `decide`'s.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from trust_framework.identity import Attributes
from trust_framework.members import RelyingParty
from trust_framework.reasons import REASONS, Reason
from trust_framework.representation import AgeRules, Representation, Represented, Why, name_of, standing

MYSELF: Final = "myself"
"""What is chosen by who acts for nobody else. No representation has such an id."""

NUMBER: Final = "personalIdentityNumber"
_WHY: Final[Mapping[Why, str]] = {
    Why.TOO_OLD: "represent-age",
    Why.AGE_UNKNOWN: "represent-age",
    Why.PROTECTED: "represent-protected",
}
"""Reasons that a person is told; all others are that there is no such representation."""


@dataclass(frozen=True, slots=True)
class Mandate:
    """A representation that a person holds, with what is known of whom it is for."""

    representation: Representation
    about: Represented
    attributes: Attributes = field(default_factory=dict, repr=False)

    @property
    def id(self) -> str:
        return self.representation.id

    @property
    def name(self) -> str:
        """What whom it is for is called, empty when nothing tells it."""
        organisation = self.representation.organisation
        return organisation.name if organisation else name_of(self.attributes)


def good(
    mandates: Iterable[Mandate], party: RelyingParty, person: str, ages: AgeRules, now: int
) -> tuple[Mandate, ...]:
    """Those by which the person may act at this service now."""
    return tuple(one for one in mandates if _taken(one, party, person) and _why(one, ages, now) is Why.HOLDS)


def _taken(one: Mandate, party: RelyingParty, person: str) -> bool:
    """Whether it is this person's, of a kind that the service takes, and for this service."""
    held = one.representation
    return held.representative == person and held.kind in party.on_behalf_of and held.good_at(party.id)


def _why(one: Mandate, ages: AgeRules, now: int) -> Why:
    return standing(one.representation, one.about, ages, now)


def refusal(
    mandates: Iterable[Mandate], chosen: str, party: RelyingParty, person: str, ages: AgeRules, now: int
) -> Reason:
    """Why the chosen one is not good. Of what is not the person's, or not for this service, nothing is told."""
    found = next((one for one in mandates if one.id == chosen and _taken(one, party, person)), None)
    return REASONS[_WHY.get(_why(found, ages, now), "represent-none") if found else "represent-none"]


def told(mandate: Mandate | None) -> Attributes:
    """What a service may be told of whom the person acts for, by catalogue name."""
    if mandate is None:
        return {}
    organisation, number = mandate.representation.organisation, mandate.attributes.get(NUMBER, ())
    found = {
        "representedRelation": (mandate.representation.kind.value,),
        "representedName": (mandate.name,) if mandate.name else (),
        "representedPersonalIdentityNumber": () if organisation else number,
        "representedOrganizationIdentifier": (organisation.number,) if organisation else (),
    }
    return {name: values for name, values in found.items() if values}
