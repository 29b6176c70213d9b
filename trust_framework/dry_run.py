"""What a change of policies or agreements would do, over all services, before anybody says yes to it.

Owns the comparison. Whether a detail may go is asked of the same function as in a login; the person is nobody in particular,
and the level the strongest that the service takes, so that only what no login at all would change is left out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from trust_framework import loa
from trust_framework.agreements import AnyAgreement
from trust_framework.entity_categories import UNBOUND, Categories
from trust_framework.members import RelyingParty
from trust_framework.policies import Permission, Policies
from trust_framework.release import Ground, permissions


@dataclass(frozen=True, slots=True)
class Terms:
    """What a decision goes by: policies, the agreements that say anything about a service, and entity categories."""

    policies: Policies
    agreements: Callable[[str], tuple[AnyAgreement, ...]]
    categories: Categories = UNBOUND


@dataclass(frozen=True, slots=True)
class Impact:
    """What changes for one service: details that it loses, gains, or gets on other conditions (consent, another basis)."""

    service: str
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    other: tuple[str, ...]


def impacts(parties: Iterable[RelyingParty], before: Terms, after: Terms, now: int) -> tuple[Impact, ...]:
    """The services for which anything changes."""
    return tuple(found for party in parties if (found := _impact(party, before, after, now)))


def _impact(party: RelyingParty, before: Terms, after: Terms, now: int) -> Impact | None:
    level = max(party.levels, key=loa.rank, default="")
    was, will = _permitted(party, level, before, now), _permitted(party, level, after, now)
    if was == will:
        return None
    lost = sorted(name for name in was if was[name].outcome is None and will[name].outcome is not None)
    gained = sorted(name for name in was if was[name].outcome is not None and will[name].outcome is None)
    other = sorted(name for name in was if was[name] != will[name] and name not in {*lost, *gained})
    return Impact(party.id, tuple(lost), tuple(gained), tuple(other))


def _permitted(party: RelyingParty, level: str, terms: Terms, now: int) -> dict[str, Permission]:
    ground = Ground(terms.categories, terms.policies, terms.agreements(party.id))
    return permissions(party, level, party.attributes, ground, now)
