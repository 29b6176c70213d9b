"""What an identity provider or login method is trusted with, and the one place where its word becomes ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trust_framework.identity import Asserted, Identity
from trust_framework.members import State


@dataclass(frozen=True, slots=True)
class ProviderTerms:
    """Terms of one provider or method (each is a login method with that id).

    `ceiling` is the highest level URI it may give; `levels` maps its words to our level URIs, and what is not in it gives
    nothing; `attributes` maps its attribute names to catalogue names, and what is not in it is dropped; `scopes` are the
    scopes (organisation numbers, HSA prefixes, mail domains) it may assert in scoped attributes; `identifiers` are the
    catalogue names of national identifiers it is authorised to assert, so that its person is *the* person.
    """

    id: str
    names: Mapping[str, str]
    ceiling: str
    levels: Mapping[str, str]
    attributes: Mapping[str, str] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()
    state: State = State.ACTIVE

    def gives(self) -> tuple[str, ...]:
        """The level URIs that this provider can give, within its ceiling."""
        raise NotImplementedError

    def in_its_words(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Our level URIs translated to the provider's words, order kept."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Dropped:
    """An attribute value that the provider may not assert, with the rule that dropped it."""

    attribute: str
    rule: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The identity in our words, and what was dropped on the way."""

    identity: Identity
    dropped: tuple[Dropped, ...] = ()


def accept(asserted: Asserted, terms: ProviderTerms) -> Accepted:
    """Map and bound what a provider asserted. Raises Refusal (level unmapped or above the ceiling, bad values)."""
    raise NotImplementedError
