"""On whose behalf a person acts (ombud): guardians of children, holders of a power of attorney, signatories of organisations,
and a child's own way in.

Owns the kinds of representation, what each lets do, and whether one holds now. Ages and rights are data: rows here, and the
federation's own choice of ages; decisions in single cases are marks of a representation, never conditions in code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from trust_framework.days import day_of, midnight
from trust_framework.identifiers import birth_date, real_date
from trust_framework.identity import Attributes
from trust_framework.persons import Person


class Kind(StrEnum):
    """Why somebody acts for another. `SIGNATORY` signs for an organisation (firmatecknare); `OWN` is a child that was let in
    before the age, for itself.
    """

    GUARDIAN = "guardian"
    POWER = "power"
    SIGNATORY = "signatory"
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
    DECLINED = "declined"
    TOO_OLD = "too-old"
    TOO_YOUNG = "too-young"
    AGE_UNKNOWN = "age-unknown"
    PROTECTED = "protected"
    DECEASED = "deceased"


EVERYTHING: Final = frozenset(Deed)
RIGHTS: Final[Mapping[Kind, frozenset[Deed]]] = {
    Kind.GUARDIAN: frozenset({Deed.READ, Deed.ASK}),
    Kind.POWER: EVERYTHING,
    Kind.SIGNATORY: frozenset(),
    Kind.OWN: EVERYTHING,
}
"""The most that each kind lets do. A guardian never blocks a child's information, nor opens what the child has blocked."""

PLAIN: Final[Mapping[Kind, frozenset[Deed]]] = {
    Kind.GUARDIAN: frozenset({Deed.READ, Deed.ASK}),
    Kind.POWER: frozenset({Deed.READ, Deed.ASK}),
    Kind.SIGNATORY: frozenset(),
    Kind.OWN: frozenset({Deed.READ, Deed.ASK}),
}
"""What one lets do that says nothing of what it is for."""

AT_SERVICES: Final = (Kind.GUARDIAN, Kind.POWER, Kind.SIGNATORY)
"""The kinds by which somebody may act for another at a service that takes it."""

LONGEST_YEARS: Final = 10
"""Years that a power given on My page may last; then it is given anew."""

_NUMBER: Final = "personalIdentityNumber"


@dataclass(frozen=True, slots=True)
class AgeRules:
    """Guardians read until the child has `guardian_until` years; the child itself from `self_from`; between them nobody."""

    guardian_until: int = 13
    self_from: int = 16


SWEDISH: Final = AgeRules()
"""The ages that 1177 Journalen has."""


@dataclass(frozen=True, slots=True)
class Represented:
    """Who it is about, as far as it matters here. `born` is YYYY-MM-DD, empty when not known."""

    person: str
    born: str = ""
    protected: bool = False
    deceased: bool = False


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation that somebody signs for: its number and name."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Given:
    """How a power that was given on My page names its two, since the register may know neither: the receiver by number and
    name as the giver wrote them, the giver as their login told.
    """

    number: str
    name: str
    giver: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Representation:
    """That `representative` may act for `person` or `organisation`, from an instant, until another (None: no end, the first it
    does not hold).

    `despite_age`: decided in this case, so that the ages do not count. `deeds` and `services` (ids) are what it was given for.
    `given`: it was given on My page. `revoked_at` is when it was taken back, or `declined` by who may act.
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
    services: frozenset[str] = frozenset()
    organisation: Organisation | None = None
    given: Given | None = None
    declined: bool = False

    @property
    def lets(self) -> frozenset[Deed]:
        """What it lets do on My page: what it was given for, never more than its kind may."""
        said = self.deeds if self.deeds or self.services else PLAIN[self.kind]
        return said & RIGHTS[self.kind]

    def good_at(self, service: str) -> bool:
        """Whether it is for this service. A power of attorney is for those that it names."""
        return self.kind is not Kind.POWER or service in self.services


def age(born: str, now: int) -> int | None:
    """Whole years at a moment, by the Swedish calendar; None when the day of birth is not known.

    Who was born on a leap day has their birthday on the last of February in other years (SFS 1930:173, section 1).
    """
    if not real_date(born):
        return None
    then, today = date.fromisoformat(born), day_of(now)
    return today.year - then.year - (today < birthday(then, today.year))


def born(attributes: Attributes) -> str:
    """The day of birth, empty when nothing tells it."""
    told = next(iter(attributes.get("dateOfBirth", ())), "")
    return told or birth_date(next(iter(attributes.get(_NUMBER, ())), "")) or ""


def name_of(attributes: Attributes) -> str:
    """What somebody is called, empty when nothing tells it."""
    told = {name: values[0] for name, values in attributes.items() if values}
    return told.get("displayName") or " ".join(told[part] for part in ("givenName", "sn") if part in told)


def described(person: Person | None, id: str, attributes: Attributes) -> Represented:
    """A person as the rules here look at them."""
    return Represented(id, born(attributes), bool(person and person.protected), bool(person and person.deceased))


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
        return Why.DECLINED if one.declined else Why.REVOKED
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


def ends_at(one: Representation, about: Represented, rules: AgeRules) -> int | None:
    """From when it holds no longer, as far as that is known: its own end, or the day on which a child is too old."""
    grown = turns(about.born, rules.guardian_until) if one.kind is Kind.GUARDIAN and not one.despite_age else None
    return min((at for at in (one.until, midnight(grown) if grown else None) if at is not None), default=None)


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


def may_give(about: Represented, rules: AgeRules, now: int) -> bool:
    """Whether a person may let another act for them: from the age at which they see everything of their own."""
    years = age(about.born, now)
    return not about.deceased and (years is None or years >= rules.self_from)
