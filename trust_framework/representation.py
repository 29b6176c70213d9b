"""On whose behalf a person acts (ombud): guardians of children, holders of a power of attorney, and a child's own way in.

Owns the kinds of representation, what each lets do, and whether one holds now. Ages and rights are data: rows here, and the
federation's own choice of ages; decisions in single cases are marks of a representation, never conditions in code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from trust_framework.days import day_of
from trust_framework.identifiers import real_date


class Kind(StrEnum):
    """Why somebody acts for a person. `OWN` is a child that was let in before the age, for itself."""

    GUARDIAN = "guardian"
    POWER = "power"
    OWN = "own"


class Deed(StrEnum):
    """What may be done on My page with what care holds of a person."""

    READ = "read"
    ASK = "ask"
    BLOCK = "block"
    LIFT = "lift"
    END_CONSENT = "end-consent"
    EXPORT = "export"


class Why(StrEnum):
    """Why a representation holds, or does not. `HOLDS` alone opens anything."""

    HOLDS = "holds"
    NOT_BEGUN = "not-begun"
    ENDED = "ended"
    REVOKED = "revoked"
    TOO_OLD = "too-old"
    TOO_YOUNG = "too-young"
    AGE_UNKNOWN = "age-unknown"
    PROTECTED = "protected"
    DECEASED = "deceased"


EVERYTHING: Final = frozenset(Deed)
RIGHTS: Final[Mapping[Kind, frozenset[Deed]]] = {
    Kind.GUARDIAN: frozenset({Deed.READ, Deed.ASK}),
    Kind.POWER: EVERYTHING,
    Kind.OWN: EVERYTHING,
}
"""The most that each kind lets do. A guardian never blocks a child's information, nor opens what the child has blocked."""

PLAIN: Final[Mapping[Kind, frozenset[Deed]]] = {
    Kind.GUARDIAN: frozenset({Deed.READ, Deed.ASK}),
    Kind.POWER: frozenset({Deed.READ, Deed.ASK}),
    Kind.OWN: frozenset({Deed.READ, Deed.ASK}),
}
"""What one lets do that does not say."""


@dataclass(frozen=True, slots=True)
class AgeRules:
    """Guardians read until the child has `guardian_until` years; the child itself from `self_from`; between them nobody."""

    guardian_until: int = 13
    self_from: int = 16


@dataclass(frozen=True, slots=True)
class Represented:
    """Who it is about, as far as it matters here. `born` is YYYY-MM-DD, empty when not known."""

    person: str
    born: str = ""
    protected: bool = False
    deceased: bool = False


@dataclass(frozen=True, slots=True)
class Representation:
    """That `representative` may act for `person`, from an instant, until another (None: no end, the first it does not hold).

    `despite_age`: decided in this case, so that the ages do not count. `deeds` is what it was given for.
    """

    id: str
    person: str
    representative: str
    kind: Kind
    start: int = 0
    until: int | None = None
    deeds: frozenset[Deed] = frozenset()
    despite_age: bool = False
    revoked_at: int | None = None

    @property
    def lets(self) -> frozenset[Deed]:
        """What it lets do: what it was given for, never more than its kind may."""
        return (self.deeds or PLAIN[self.kind]) & RIGHTS[self.kind]


def age(born: str, now: int) -> int | None:
    """Whole years at a moment, by the Swedish calendar; None when the day of birth is not known.

    Who was born on a leap day has their birthday on the last of February in other years (SFS 1930:173, section 1).
    """
    if not real_date(born):
        return None
    then, today = date.fromisoformat(born), day_of(now)
    return today.year - then.year - (today < birthday(then, today.year))


def birthday(born: date, year: int) -> date:
    """The birthday in a year."""
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def turns(born: str, years: int) -> date | None:
    """The day on which somebody has so many years; None when the day of birth is not known."""
    if not real_date(born):
        return None
    day = date.fromisoformat(born)
    return birthday(day, day.year + years)


def standing(one: Representation, about: Represented, rules: AgeRules, now: int) -> Why:
    """Whether a representation holds now, or the first reason why it does not."""
    if one.revoked_at is not None:
        return Why.REVOKED
    if now < one.start:
        return Why.NOT_BEGUN
    if one.until is not None and now >= one.until:
        return Why.ENDED
    if about.deceased:
        return Why.DECEASED
    return _of_guardian(one, about, rules, now) if one.kind is Kind.GUARDIAN else Why.HOLDS


def _of_guardian(one: Representation, about: Represented, rules: AgeRules, now: int) -> Why:
    """Protected identity turns guardians' access off, whatever was decided of ages."""
    if about.protected:
        return Why.PROTECTED
    years = age(about.born, now)
    if one.despite_age:
        return Why.HOLDS
    if years is None:
        return Why.AGE_UNKNOWN
    return Why.HOLDS if years < rules.guardian_until else Why.TOO_OLD


def own_standing(about: Represented, own: Iterable[Representation], rules: AgeRules, now: int) -> Why:
    """Whether a person may see what care holds of themselves. `own` are their representations, any kind.

    Whose day of birth is not known has logged in as themselves, and nothing says that they are a child.
    """
    if about.deceased:
        return Why.DECEASED
    years = age(about.born, now)
    if years is None or years >= rules.self_from:
        return Why.HOLDS
    let_in = (o for o in own if o.kind is Kind.OWN and o.person == o.representative == about.person)
    return Why.HOLDS if any(standing(one, about, rules, now) is Why.HOLDS for one in let_in) else Why.TOO_YOUNG


def own_deeds(about: Represented, own: Iterable[Representation], rules: AgeRules, now: int) -> frozenset[Deed]:
    """What a person may do with what care holds of themselves: everything from the age on, else what they were let."""
    kept = tuple(own)
    if own_standing(about, kept, rules, now) is not Why.HOLDS:
        return frozenset()
    years = age(about.born, now)
    if years is None or years >= rules.self_from:
        return EVERYTHING
    let_in = (o for o in kept if o.kind is Kind.OWN and standing(o, about, rules, now) is Why.HOLDS)
    return frozenset().union(*(one.lets for one in let_in))
