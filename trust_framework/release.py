"""What a service gets to know: requested ∩ registered ∩ entity category ∩ release policies ∩ agreements, with a verdict on each
attribute.

Owns every rule that holds back a single attribute, and their order. What policies and agreements say is in `policies`; the
rules about the whole case, and what follows when something cannot be delivered, are in `decide`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from trust_framework import loa
from trust_framework.agreements import UNCOVERED, AnyAgreement, Bound, Cover, cover
from trust_framework.attributes import CATALOGUE, Attribute, Source
from trust_framework.case import Case, RequestedAttribute, Verdict, verdict
from trust_framework.directory import Acting, matches
from trust_framework.entity_categories import RULE as CATEGORY
from trust_framework.entity_categories import UNBOUND, Categories
from trust_framework.facts import DIRECTORY, Known
from trust_framework.identifiers import coordination_number
from trust_framework.identity import Attributes
from trust_framework.members import RelyingParty
from trust_framework.on_behalf import Mandate
from trust_framework.outcome import Outcome
from trust_framework.policies import FREE, NO_POLICIES, Permission, Policies

PURPOSE: Final = "sharingPurpose"
NUMBER: Final = "personalIdentityNumber"
COORDINATION: Final = "coordinationNumber"
_MAY_HOLD_COORDINATION: Final = frozenset(
    {NUMBER, COORDINATION, "credentialPersonalIdentityNumber", "representedPersonalIdentityNumber"}
)


@dataclass(frozen=True, slots=True)
class Release:
    """What goes, where each of it comes from, and a verdict for every attribute asked for or registered."""

    attributes: Attributes
    sources: Mapping[str, str]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """What the federation lets services have: by entity category, by release policy, and by the agreements that say anything
    about the service.
    """

    categories: Categories = UNBOUND
    policies: Policies = NO_POLICIES
    agreements: tuple[AnyAgreement, ...] = ()


def permissions(
    party: RelyingParty, level: str, names: Iterable[str], ground: Ground, now: int
) -> dict[str, Permission]:
    """What categories, policies and agreements say of each of these registered details, whoever the person is."""
    covered = cover(ground.agreements, party, now) if ground.agreements else UNCOVERED
    registered = (name for name in names if name in party.attributes)
    if not ground.policies.all and covered is UNCOVERED and not ground.categories.details:
        return dict.fromkeys(registered, FREE)
    return {name: _permitted(name, party, level, ground, covered, now) for name in registered}


def _permitted(name: str, party: RelyingParty, level: str, ground: Ground, covered: Cover, now: int) -> Permission:
    """A detail that a category bounds goes only within it, and then as policies and agreements let it."""
    if held := ground.categories.held(name, party):
        return held
    said = ground.policies.permission(name, party, level, covered, now)
    by_category = said.outcome is None and said.rule == FREE.rule and ground.categories.bound(name)
    return replace(said, rule=CATEGORY) if by_category else said


@dataclass(frozen=True, slots=True)
class _Question:
    """What every verdict looks at."""

    case: Case
    asked: Mapping[str, RequestedAttribute]
    permitted: Mapping[str, Permission]
    known: Known
    now: int
    for_another: bool = False


def release(
    case: Case,
    asked: Mapping[str, RequestedAttribute],
    permitted: Mapping[str, Permission],
    acting: Acting,
    now: int,
    mandate: Mandate | None = None,
) -> Release:
    """Go through what is asked for. `permitted` is what policies and agreements say of the registered part of it, `mandate` by
    what the person acts for another.
    """
    question = _Question(case, asked, permitted, Known(case, acting, mandate), now, for_another=mandate is not None)
    attributes: dict[str, tuple[str, ...]] = {}
    verdicts: list[Verdict] = []
    for name in asked:
        judged, values = _judge(name, question)
        verdicts.append(judged)
        if values:
            attributes[name] = values
    unasked = sorted(case.party.attributes.difference(asked))
    verdicts += [verdict("requested", Outcome.NOT_REQUESTED, name) for name in unasked]
    return Release(attributes, {name: CATALOGUE[name].source.value for name in attributes}, tuple(verdicts))


def _judge(name: str, on: _Question) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict on one attribute, and its values when they go."""
    row = CATALOGUE.get(name)
    if row is None or name not in on.case.party.attributes:
        return verdict("registered", Outcome.NOT_ALLOWED, name), ()
    allowed = on.permitted[name]
    if held := _held_back(row, allowed, on):
        return held, ()
    values, source, derived = _purposes(on) if name == PURPOSE else on.known.values(row)
    if not values:
        if row.source is Source.REPRESENTATION and not on.for_another:
            return verdict("representation", Outcome.MISSING, name, "", source), ()
        silent = row.source in DIRECTORY and not on.case.directory_answered
        return verdict("source", Outcome.SOURCE_SILENT if silent else Outcome.MISSING, name, "", source), ()
    if held := _coordination(name, values, on):
        return held, ()
    if not matches(values, on.asked[name].values):
        return verdict("value", Outcome.MISSING, name, "", source), ()
    basis = next((each.basis for each in _letting(row, allowed, on)), allowed.basis)
    if derived:
        return verdict("derived", Outcome.CHANGED, name, "", source, basis), values
    return verdict(allowed.rule, Outcome.RELEASED, name, "", source, basis), values


def _purposes(on: _Question) -> tuple[tuple[str, ...], str, bool]:
    """The purposes that what is asked for beside it is bound to by agreement, so that they travel with it."""
    bound = (one.bounds for one in on.permitted.values() if one.outcome is None)
    told = {each.purpose for bounds in bound if all(each.purpose for each in bounds) for each in bounds}
    return tuple(sorted(told)), Source.DERIVED.value, False


def _held_back(row: Attribute, allowed: Permission, on: _Question) -> Verdict | None:
    """What holds back an attribute whatever its value."""
    if allowed.outcome is not None:
        return verdict(allowed.rule, allowed.outcome, row.name, allowed.note, row.source.value, allowed.basis)
    if against := _against_agreement(row, allowed, on):
        return verdict("agreement", Outcome.NO_AGREEMENT, row.name, against, row.source.value, allowed.basis)
    if row.contact and on.case.person.protected:
        return verdict("protected-person", Outcome.BLOCKED, row.name)
    if row.swedish_number and loa.nonresident(on.case.identity.level):
        return verdict("nonresident", Outcome.NOT_ALLOWED, row.name)
    return None


def _against_agreement(row: Attribute, allowed: Permission, on: _Question) -> str:
    """Why no agreement that lets a detail go lets it go to this request: it is wanted for another purpose, or was asserted too
    long ago.
    """
    if not allowed.bounds or _letting(row, allowed, on):
        return ""
    return "stale" if any(each.serves(on.asked[row.name].purpose) for each in allowed.bounds) else "purpose"


def _letting(row: Attribute, allowed: Permission, on: _Question) -> tuple[Bound, ...]:
    """The agreements that by themselves let a detail go to this request. What we read from registers of our own is as of now."""
    asserted_at = on.case.identity.authenticated_at if row.source is Source.LOGIN else on.now
    wanted = on.asked[row.name].purpose
    return tuple(each for each in allowed.bounds if each.serves(wanted) and not each.stale(asserted_at, on.now))


def _coordination(name: str, values: tuple[str, ...], on: _Question) -> Verdict | None:
    """A coordination number goes only to a service that accepts it, and under one name (entity categories 6.2).

    A service that may have it as `coordinationNumber`, and asks, gets it as that and not as a personal number.
    """
    if name not in _MAY_HOLD_COORDINATION or not any(map(coordination_number, values)):
        return None
    if not on.case.party.accepts_coordination_number:
        return verdict("coordination-number", Outcome.NOT_ALLOWED, name)
    if name == NUMBER and COORDINATION in on.asked and _judge(COORDINATION, on)[1]:
        return verdict("coordination-number", Outcome.CHANGED, name, COORDINATION)
    return None
