"""Release policies: readable rules about which services may get which details, and on what conditions.

A rule is data: whom it is about, which details, whether they may go, and what it needs. Owns how rules are evaluated for one
detail of one service, and nothing else about releasing. A detail that no rule names follows the service's terms alone. Once
some rule allows a detail, it goes only where one of them allows it and has what it needs; a rule that denies wins.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Final

from trust_framework import loa
from trust_framework.agreements import Bound, Cover
from trust_framework.attribute_sets import ATTRIBUTE_SETS
from trust_framework.members import Profile, RelyingParty
from trust_framework.outcome import Outcome


class Effect(StrEnum):
    """What a rule does with the details that it names."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Audience:
    """Which services a rule is about: every one, or those that any of the lists names."""

    everyone: bool = False
    services: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    member_types: frozenset[str] = frozenset()

    def has(self, party: RelyingParty) -> bool:
        return (
            self.everyone
            or party.id in self.services
            or party.member.org in self.members
            or not self.categories.isdisjoint(party.categories)
            or not self.member_types.isdisjoint(party.member.types)
        )


@dataclass(frozen=True, slots=True)
class Needs:
    """What must hold before an allowed detail goes. `level` is the weakest rank of the login, 0 for any."""

    level: int = 0
    agreement: bool = False
    consent: bool = False
    profile: Profile | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a policy, in force from `since`. `attributes` are catalogue names, `sets` URIs of attribute sets."""

    effect: Effect
    audience: Audience
    attributes: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    needs: Needs = Needs()
    version: int = 1
    since: int = 0

    @property
    def names(self) -> frozenset[str]:
        """Every detail that the rule is about."""
        of_sets = (name for uri in self.sets for name in ATTRIBUTE_SETS[uri].names())
        return frozenset((*self.attributes, *of_sets))


@dataclass(frozen=True)
class Policy:
    """A rule by its id, with the version that will follow it on a day when one is decided."""

    id: str
    rule: Rule
    coming: Rule | None = None

    def in_force(self, now: int) -> Rule | None:
        """The version that counts now, or None before the first has begun."""
        if self.coming and self.coming.since <= now:
            return self.coming
        return self.rule if self.rule.since <= now else None

    @cached_property
    def names(self) -> frozenset[str]:
        """Every detail that any version is about."""
        return self.rule.names | (self.coming.names if self.coming else frozenset())


@dataclass(frozen=True, slots=True)
class Permission:
    """What rules and agreements say of one detail for one service. `outcome` None: it may go.

    `basis` names the rule and the agreement that said so, each with its version; `note` the closer cause. `consent`: only
    if the person agrees. `bounds` are what the agreements that let it go bind it to,
    each by itself.
    """

    outcome: Outcome | None = None
    rule: str = "registered"
    basis: str = ""
    note: str = ""
    consent: bool = False
    bounds: tuple[Bound, ...] = ()


FREE: Final = Permission()
"""Nothing is said of it."""

_LATER: Final = (Outcome.LEVEL_TOO_LOW, Outcome.NO_AGREEMENT, Outcome.NOT_ALLOWED)
"""When several rules allow a detail and none has what it needs, the one that can be helped most easily is told of."""


@dataclass(frozen=True)
class Policies:
    """All policies of the federation, found by the details that they name."""

    all: tuple[Policy, ...] = ()

    @cached_property
    def about(self) -> Mapping[str, tuple[Policy, ...]]:
        found: dict[str, tuple[Policy, ...]] = {}
        for policy in self.all:
            for name in policy.names:
                found[name] = (*found.get(name, ()), policy)
        return found

    def asks(self, party: RelyingParty, names: Iterable[str]) -> bool:
        """Whether some rule may want the person's consent for one of these details: then consents on record matter."""
        return any(
            rule.needs.consent and rule.audience.has(party)
            for name in names
            for policy in self.about.get(name, ())
            for rule in filter(None, (policy.rule, policy.coming))
        )

    def permission(self, name: str, party: RelyingParty, level: str, cover: Cover, now: int) -> Permission:
        """What rules and agreements say of a detail, for a login of this level."""
        if name not in self.about:
            return _agreed(name, cover, FREE)
        rules = [(f"{policy.id}/{rule.version}", rule) for policy, rule in self._in_force(name, now)]
        for reference, rule in rules:
            if rule.effect is Effect.DENY and rule.audience.has(party):
                return Permission(Outcome.NOT_ALLOWED, "policy", reference, "denied")
        allowing = [(reference, rule) for reference, rule in rules if rule.effect is Effect.ALLOW]
        if not allowing:
            return _agreed(name, cover, FREE)
        tried = [
            _tried(reference, rule, name, party, level, cover)
            for reference, rule in allowing
            if rule.audience.has(party)
        ]
        if not tried:
            return Permission(Outcome.NOT_ALLOWED, "policy", " ".join(r for r, _ in allowing), "audience")
        return _best(tried)

    def _in_force(self, name: str, now: int) -> Iterable[tuple[Policy, Rule]]:
        for policy in self.about[name]:
            rule = policy.in_force(now)
            if rule is not None and name in rule.names:
                yield policy, rule


NO_POLICIES: Final = Policies()


def _tried(reference: str, rule: Rule, name: str, party: RelyingParty, level: str, cover: Cover) -> Permission:
    """What one rule that is about the service says: that the detail may go, or what it still needs."""
    needs = rule.needs
    if needs.profile is not None and party.profile is not needs.profile:
        return Permission(Outcome.NOT_ALLOWED, "policy", reference, "profile")
    if needs.agreement and name not in cover.open and name not in cover.lapsed:
        return Permission(Outcome.NO_AGREEMENT, "policy", reference, "missing")
    if needs.level > loa.rank(level):
        return Permission(Outcome.LEVEL_TOO_LOW, "policy", reference, str(needs.level))
    return _agreed(name, cover, Permission(None, "policy", reference, consent=needs.consent))


def _agreed(name: str, cover: Cover, so_far: Permission) -> Permission:
    """The same permission with the agreement that lets the detail go, or holds it back."""
    if name in cover.lapsed:
        reference, standing = cover.lapsed[name]
        return Permission(Outcome.NO_AGREEMENT, "agreement", _joined(so_far.basis, reference), standing.value)
    if name not in cover.open:
        return so_far
    basis = _joined(so_far.basis, cover.open[name])
    bounds = tuple(replace(each, basis=_joined(so_far.basis, each.basis)) for each in cover.bound.get(name, ()))
    return Permission(None, so_far.rule, basis, consent=so_far.consent, bounds=bounds)


def _joined(*references: str) -> str:
    return " ".join(filter(None, references))


def _best(tried: list[Permission]) -> Permission:
    """One that lets the detail go, without asking if possible; else the refusal that is the easiest to help."""
    going = sorted((one for one in tried if one.outcome is None), key=lambda one: one.consent)
    if going:
        return going[0]
    return min(tried, key=lambda one: _LATER.index(one.outcome or Outcome.NOT_ALLOWED))
