"""Breaches of personal data (personuppgiftsincidenter): a case with a clock, and what must be known before it is told of.

The authority is told within 72 hours of becoming aware, later only with a reason, in parts if need be (GDPR 33.1, 33.4); the
persons are told when the risk to them is high (34.1). That neither is needed is a decision of its own, with its reason, by
another person than who opened the case. What the letters say is `trust_framework.breach_letters`'s.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

WITHIN: Final = 72 * 3600
"""Seconds from becoming aware until the authority must know (GDPR 33.1)."""

LONGEST: Final = 4_000


class Risk(StrEnum):
    """The risk to the persons' rights and freedoms."""

    UNKNOWN = "unknown"
    UNLIKELY = "unlikely"
    RISK = "risk"
    HIGH = "high"


class BreachState(StrEnum):
    """Where the case is."""

    OPEN = "open"
    NOTIFIED = "notified"
    EXEMPT = "exempt"
    CLOSED = "closed"


class BreachRefusal(StrEnum):
    """Why an act is not done."""

    CLOSED = "breach-closed"
    NO_REASON = "no-reason"
    LACKING = "breach-lacking"
    SECOND_PERSON = "second-person"
    NOT_TOLD = "authority-not-told"
    PERSONS_NOT_TOLD = "persons-not-told"
    RISK_THERE = "risk-there"


@dataclass(frozen=True, slots=True)
class BreachFacts:
    """What is known of the breach: what happened and when, whom and what it touches, what may follow, what is done about it
    (GDPR 33.3 a-d). `about` and `records` are numbers of persons and records, None while not known. `members` are other
    members whose data or persons it touches, by organisation number.
    """

    what: str
    happened_at: int | None = None
    kinds: str = ""
    about: int | None = None
    records: int | None = None
    consequences: str = ""
    measures: str = ""
    contact: str = ""
    risk: Risk = Risk.UNKNOWN
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BreachAct:
    """One act: who, when, what (`opened`, `described`, `notified`, `informed`, `exempted`, `closed`), in words."""

    at: int
    person: str
    what: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Breach:
    """A breach at a member. `known_at` is when somebody became aware: the clock runs from then. `case` is the review case that
    it came from.
    """

    id: str
    org: str
    known_at: int
    facts: BreachFacts
    acts: tuple[BreachAct, ...] = ()
    case: str = ""

    @property
    def due(self) -> int:
        """When the authority must know."""
        return self.known_at + WITHIN

    def at(self, what: str) -> int | None:
        """When something was last done, None when never."""
        return next((act.at for act in reversed(self.acts) if act.what == what), None)

    @property
    def state(self) -> BreachState:
        done = {act.what for act in self.acts}
        if "closed" in done:
            return BreachState.CLOSED
        if "notified" in done:
            return BreachState.NOTIFIED
        return BreachState.EXEMPT if "exempted" in done else BreachState.OPEN

    @property
    def running(self) -> bool:
        """Whether the clock runs: nobody has told the authority, or decided that it need not be told."""
        return self.state is BreachState.OPEN


def lacking(facts: BreachFacts) -> tuple[str, ...]:
    """What the authority must be told that nobody has written yet, in the order of GDPR 33.3."""
    needed = ("what", "kinds", "about", "records", "contact", "consequences", "measures")
    empty = tuple(name for name in needed if getattr(facts, name) in ("", None))
    return (*empty, *(("risk",) if facts.risk is Risk.UNKNOWN else ()))


def describe(breach: Breach, facts: BreachFacts, person: str, now: int) -> Breach | BreachRefusal:
    """More is known."""
    if breach.state is BreachState.CLOSED:
        return BreachRefusal.CLOSED
    if not facts.what.strip():
        return BreachRefusal.NO_REASON
    return replace(breach, facts=facts, acts=(*breach.acts, BreachAct(now, person, "described")))


def notify(breach: Breach, person: str, words: str, now: int) -> Breach | BreachRefusal:
    """The authority was told, what is known at least of what happened; after the time, with the reason for the delay."""
    if now > breach.due and breach.running and not words.strip():
        return BreachRefusal.NO_REASON
    return _done(breach, "notified", person, words, now)


def inform(breach: Breach, person: str, words: str, now: int) -> Breach | BreachRefusal:
    """The persons were told, or why they need not be (GDPR 34.3)."""
    return _done(breach, "informed", person, words, now) if words.strip() else BreachRefusal.NO_REASON


def exempt(breach: Breach, person: str, words: str, now: int) -> Breach | BreachRefusal:
    """The authority need not be told, since a risk is unlikely; why, and by another than who opened the case."""
    if breach.facts.risk is not Risk.UNLIKELY:
        return BreachRefusal.RISK_THERE
    if any(act.person == person for act in breach.acts if act.what == "opened"):
        return BreachRefusal.SECOND_PERSON
    return _done(breach, "exempted", person, words, now) if words.strip() else BreachRefusal.NO_REASON


def close(breach: Breach, person: str, words: str, now: int) -> Breach | BreachRefusal:
    """Everything is written, told to whom it must be, and documented (GDPR 33.5)."""
    if breach.running:
        return BreachRefusal.NOT_TOLD
    if lacking(breach.facts):
        return BreachRefusal.LACKING
    if breach.facts.risk is Risk.HIGH and breach.at("informed") is None:
        return BreachRefusal.PERSONS_NOT_TOLD
    return _done(breach, "closed", person, words, now) if words.strip() else BreachRefusal.NO_REASON


def _done(breach: Breach, what: str, person: str, words: str, now: int) -> Breach | BreachRefusal:
    if breach.state is BreachState.CLOSED:
        return BreachRefusal.CLOSED
    return replace(breach, acts=(*breach.acts, BreachAct(now, person, what, words.strip())))
