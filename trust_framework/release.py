"""What a service gets to know: requested ∩ registered, with a verdict and a reason for each attribute.

Owns the closed set of outcomes and every rule that holds back a single attribute. The rules about the whole case, and
what follows when something cannot be delivered, are in `trust_framework.decide`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from trust_framework import loa
from trust_framework.attributes import CATALOGUE, Attribute
from trust_framework.case import Case, RequestedAttribute, Verdict, verdict
from trust_framework.directory import Acting, matches
from trust_framework.facts import DIRECTORY, Known
from trust_framework.identifiers import coordination_number
from trust_framework.identity import Attributes


class Outcome(StrEnum):
    """What can be said of an attribute (the first ten), or of the whole case by a rule (the last three)."""

    RELEASED = "released"
    CHANGED = "changed"  # delivered in another form: derived, or under another name
    NOT_REQUESTED = "not-requested"
    NOT_ALLOWED = "not-allowed"
    NO_AGREEMENT = "no-agreement"
    CONSENT_MISSING = "consent-missing"
    BLOCKED = "blocked"
    LEVEL_TOO_LOW = "level-too-low"
    MISSING = "missing-at-source"
    SOURCE_SILENT = "source-did-not-answer"
    ALLOWED = "allowed"
    ASKED = "asked"
    REFUSED = "refused"


DELIVERED: Final = frozenset({Outcome.RELEASED, Outcome.CHANGED})
NUMBER: Final = "personalIdentityNumber"
COORDINATION: Final = "coordinationNumber"
_MAY_HOLD_COORDINATION: Final = frozenset({NUMBER, COORDINATION, "credentialPersonalIdentityNumber"})


@dataclass(frozen=True, slots=True)
class Release:
    """What goes, where each of it comes from, and a verdict for every attribute asked for or registered."""

    attributes: Attributes
    sources: Mapping[str, str]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    """What every verdict looks at. `lapsed` are the attributes whose agreement does not hold, with its id."""

    case: Case
    asked: Mapping[str, RequestedAttribute]
    lapsed: Mapping[str, str]
    known: Known


def release(case: Case, asked: Mapping[str, RequestedAttribute], lapsed: Mapping[str, str], acting: Acting) -> Release:
    """Go through what is asked for. `lapsed` are the attributes whose agreement does not hold, with its id."""
    question = _Question(case, asked, lapsed, Known(case, acting))
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
    if held := _held_back(row, on):
        return held, ()
    values, derived = on.known.values(row)
    if not values:
        silent = row.source in DIRECTORY and not on.case.directory_answered
        return verdict("source", Outcome.SOURCE_SILENT if silent else Outcome.MISSING, name), ()
    if held := _coordination(name, values, on):
        return held, ()
    if not matches(values, on.asked[name].values):
        return verdict("value", Outcome.MISSING, name), ()
    return (
        verdict("derived", Outcome.CHANGED, name) if derived else verdict("registered", Outcome.RELEASED, name)
    ), values


def _held_back(row: Attribute, on: _Question) -> Verdict | None:
    """What holds back an attribute whatever its value."""
    if row.name in on.lapsed:
        return verdict("agreement", Outcome.NO_AGREEMENT, row.name, on.lapsed[row.name])
    if row.contact and on.case.person.protected:
        return verdict("protected-person", Outcome.BLOCKED, row.name)
    if row.swedish_number and loa.nonresident(on.case.identity.level):
        return verdict("nonresident", Outcome.NOT_ALLOWED, row.name)
    return None


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
