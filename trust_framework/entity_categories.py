"""What entity categories let a service have: a term of every release, beside what it asks for, is registered for and agreed on.

The federation says for some categories which details belong to them. Such a detail goes only to services that have one of its
categories, as the federation vouches for it; a detail that belongs to none is not bounded here. So a category that is taken
from a service takes its details with it. A category that a service declares itself asks for details and lets it have none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from trust_framework.members import RelyingParty
from trust_framework.outcome import Outcome
from trust_framework.policies import Permission

RULE: Final = "category"


@dataclass(frozen=True)
class Categories:
    """The details that belong to each category, by its URI."""

    details: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def of(self) -> Mapping[str, frozenset[str]]:
        """The categories that each bounded detail belongs to."""
        names = frozenset[str]().union(*self.details.values())
        return {name: frozenset(uri for uri, details in self.details.items() if name in details) for name in names}

    def held(self, name: str, party: RelyingParty) -> Permission | None:
        """That the service has none of the categories of a detail; None when nothing is in the way. The note is the one
        that comes first by name, for the words.
        """
        categories = self.of.get(name)
        if categories is None or not categories.isdisjoint(party.categories):
            return None
        return Permission(Outcome.NOT_ALLOWED, RULE, note=min(categories))

    def bound(self, name: str) -> bool:
        """Whether a detail belongs to any category."""
        return name in self.of


UNBOUND: Final = Categories()
