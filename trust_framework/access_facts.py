"""Facts of care that a rule set names beside blocks, consents and relations: dated, of a kind, about a patient or a provider.

Owns what a kind of fact says, who must agree to one, and when one holds. Which kinds there are, and what follows from them, is
each rule set's own (`trust_framework.rules`).
"""

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from trust_framework.care import Act, Patient
from trust_framework.days import DAY
from trust_framework.identifiers import Identifier

CODE_SECONDS: Final = 300
CODE_TRIES: Final = 5
"""How long a code may be entered, and how often a wrong one: no law sets either, threats IS-14 does."""
CODES_A_DAY: Final = 10
"""How often in a day one may ask for a patient's code without ever having it: else each new one brings its tries."""


class FieldType(StrEnum):
    """What a field of a fact holds. `PLACE` is the provider or a unit of it, `FACT` the id of another fact of the patient."""

    EMPLOYEE = "employee"
    EMPLOYEES = "employees"
    UNIT = "unit"
    PLACE = "place"
    PERSON = "person"
    PERSONS = "persons"
    DAY = "day"
    WORD = "word"
    WORDS = "words"
    FLAG = "flag"
    FACT = "fact"


class Eyes(StrEnum):
    """Who must agree beside the one who enters it: nobody, a second person, or the patient, by a code shared with who asks."""

    ONE = "one"
    TWO = "two"
    CODE = "code"


class Reach(StrEnum):
    """At which care providers of a rule set a fact counts: at that which entered it; there, and where that is an authority of
    the set (a ministry), at all; or at all, whichever entered it.
    """

    INSIDE = "inside"
    AUTHORITY = "authority"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class FactField:
    """A field. `choices`: the only words that it takes; any where there are none. `of`: the kind of fact that it names."""

    name: str
    type: FieldType
    needed: bool = True
    choices: frozenset[str] = frozenset()
    of: str = ""


@dataclass(frozen=True, slots=True)
class AccessFact:
    """A fact as it was entered. It holds from `since` until just before `until`; `patient` None: it is the provider's, about
    whichever patient. `via` is the system through which it was entered.

    `says` has the fields of its kind as JSON values: ids in compare form, a person as number and register's id. `confirmed`:
    the second person's agreement, or the entry of the right code (`code`, its keyed hash, made at `code_at`); `ending` waits
    for a second person.
    """

    id: str
    rules: str
    kind: str
    provider: str
    since: int
    registered: Act
    says: Mapping[str, Any] = field(default_factory=dict)
    patient: Identifier | None = None
    until: int | None = None
    via: str = ""
    confirmed: Act | None = None
    ending: Act | None = None
    ended: Act | None = None
    code: str = ""
    code_at: int | None = None
    tries: int = 0

    @property
    def begins(self) -> int:
        """Since when it has held: never before everybody had agreed."""
        return self.since if self.confirmed is None else max(self.since, self.confirmed.registered_at)

    def holds(self, now: int) -> bool:
        """Whether it holds now, agreement apart."""
        return self.begins <= now and (self.until is None or now < self.until)

    def person(self, name: str) -> str:
        """The register's id of whom a field names, empty where it names nobody."""
        return str(self.says.get(name, {}).get("person", ""))

    def persons(self, name: str) -> frozenset[str]:
        """As `person`, of a field that names several."""
        return frozenset(str(each["person"]) for each in self.says.get(name, ()))

    def words(self, name: str) -> frozenset[str]:
        """The words or ids of a field that has several."""
        return frozenset(self.says.get(name, ()))


@dataclass(frozen=True, slots=True)
class Entering:
    """A fact that is about to hold, the patient it is about, and the others of its kind that hold: of the same patient and
    provider, or of the provider's own. `kept` are all other facts, of any kind, ended ones among them, of that patient at any
    provider, or of the provider's own.
    """

    fact: AccessFact
    patient: Patient
    others: tuple[AccessFact, ...]
    now: int
    kept: tuple[AccessFact, ...] = ()


Refusal = Callable[[Entering], str | None]
"""Why a fact may not be entered, as a code; None when it may."""


def never(_: Entering) -> str | None:
    """Nothing stands in the way of it."""
    return None


def one_at_a_time(entering: Entering) -> str | None:
    """The one that holds must end first."""
    return "already-one" if entering.others else None


def one_for_each(name: str) -> Refusal:
    """As `one_at_a_time`, for each value of a field."""

    def refusal(entering: Entering) -> str | None:
        taken = any(other.says.get(name) == entering.fact.says.get(name) for other in entering.others)
        return "already-one" if taken else None

    return refusal


@dataclass(frozen=True, slots=True)
class FactKind:
    """A kind of fact, as a row of a rule set. `source` is its place in the law.

    `of_patient`: about one patient; else about all of a provider's. `begun` and `ended` say who must agree. `registrar`:
    staff enter it in the role of registrars alone. `ahead`: it may begin in the future. `reach`: at which providers it counts.
    `lasts`: seconds for which it holds at most. `code_for`: the field that names who may enter the code.
    `secret`: while it holds, no list tells of it or of anything else about the patient. `closes`: it may close something, so
    that its patient is not erased while it holds.
    """

    id: str
    about: str
    source: str
    fields: tuple[FactField, ...] = ()
    of_patient: bool = True
    begun: Eyes = Eyes.ONE
    ended: Eyes = Eyes.ONE
    registrar: bool = True
    ahead: bool = True
    reach: Reach = Reach.ALL
    lasts: int | None = None
    code_for: str = ""
    secret: bool = False
    closes: bool = True
    refusal: Refusal = never

    def agreed(self, fact: AccessFact) -> bool:
        """Whether everybody has agreed who must."""
        return self.begun is Eyes.ONE or fact.confirmed is not None

    def counts(self, fact: AccessFact, at: "Place") -> bool:
        """Whether a fact counts for who asks at a provider."""
        authority = self.reach is Reach.AUTHORITY and fact.provider in at.authorities
        return self.agreed(fact) and (self.reach is Reach.ALL or authority or fact.provider == at.provider)


@dataclass(frozen=True, slots=True)
class Place:
    """The care provider at which somebody asks, and the authorities of its rule set, by HSA-id."""

    provider: str
    authorities: frozenset[str] = frozenset()


def counting(kept: Iterable[AccessFact], kinds: Mapping[str, FactKind], at: Place) -> dict[str, list[AccessFact]]:
    """The facts that count for who asks at a provider, ended ones among them, by kind, in the order in which they came. What
    is of no known kind counts for nothing.
    """
    found: dict[str, list[AccessFact]] = {id_: [] for id_ in kinds}
    for fact in kept:
        kind = kinds.get(fact.kind)
        if kind is not None and kind.counts(fact, at):
            found[kind.id].append(fact)
    return found


def code_refusal(fact: AccessFact, kind: FactKind, by: str, via: str, now: int) -> str | None:
    """Why no code may be entered for a fact: it is for one person and one patient, through the system that asked for it, once,
    for five minutes, and for five tries.
    """
    if by == "" or (by, via) != (fact.says.get(kind.code_for), fact.via):
        return "code-of-somebody-else"
    if fact.confirmed is not None:
        return "code-used"
    if fact.code_at is None:
        return "no-code"
    if fact.tries >= CODE_TRIES:
        return "too-many-tries"
    return None if fact.code_at <= now < fact.code_at + CODE_SECONDS else "code-too-old"


def asked_too_often(fact: AccessFact, kind: FactKind, others: Iterable[AccessFact], now: int) -> bool:
    """Whether whom a code is for has asked as often as may be, ended ones among them; `others` are of the same kind, patient and
    provider.
    """
    asked = [
        other
        for other in others
        if other.confirmed is None
        and other.says.get(kind.code_for) == fact.says.get(kind.code_for)
        and now - DAY < other.registered.registered_at
    ]
    return len(asked) >= CODES_A_DAY


def right_code(fact: AccessFact, hashed: str) -> bool:
    """Whether a code, by its keyed hash, is the one that was made."""
    return fact.code != "" and hmac.compare_digest(fact.code, hashed)
