"""Rules of log review (logguppföljning): which accesses deserve a look.

A rule is a row with its id and its words; it says that an access deserves a look, never that it was wrong. What is drawn of all
that they hold of is `trust_framework.log_drawing`'s, what comes of a look `trust_framework.review_cases`'s.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Final, Protocol, TypeVar

from trust_framework.care import Activity, Purpose
from trust_framework.care_relations import CareRelation
from trust_framework.days import ZONE, day_of

SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """One access as a review looks at it: `person` who read and `patient` whose information, as ids of the register (empty:
    not known there); `employee`, `unit`, `provider` are HSA-ids in compare form.
    """

    id: str
    at: int
    employee: str
    unit: str
    provider: str
    patient: str
    person: str = ""
    activity: str = Activity.READ
    purpose: str = Purpose.CARE


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the rules that count draw their lines. Hours are Swedish time: work begins at `opens` and ends at `closes`."""

    opens: int = 6
    closes: int = 22
    patients: int = 20
    within: int = 3600
    days: int = 5


@dataclass(frozen=True, slots=True)
class Known:
    """What the rules know beside the access. Persons are ids of the register.

    `units` are the units at which an employee has a commission; an employee of whom nothing is known has no line. `relations` is
    None at a provider whose rules ask for none.
    """

    surnames: Mapping[str, str] = field(default_factory=dict)
    colleagues: frozenset[str] = frozenset()
    units: Mapping[str, frozenset[str]] = field(default_factory=dict)
    relations: Mapping[str, tuple[CareRelation, ...]] | None = field(default_factory=dict)
    watched: frozenset[str] = frozenset()
    protected: frozenset[str] = frozenset()
    deceased: Mapping[str, int] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
    crowded: frozenset[str] = frozenset()
    returning: frozenset[str] = frozenset()


Holds = Callable[[Reading, Known], bool]


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """A reason to look at an access: its id, what it is called, and whether it holds."""

    id: str
    names: Mapping[str, str]
    holds: Holds


# --- what the rules ask ---------------------------------------------------------------------------------------------------


def _no_relation(reading: Reading, known: Known) -> bool:
    if known.relations is None:
        return False
    return not any(_covers(one, reading) for one in known.relations.get(reading.patient, ()))


def _covers(relation: CareRelation, reading: Reading) -> bool:
    """Whether the relation stood when it was read: one that was voided never did, one that ended did until then."""
    ended = relation.cancelled.registered_at if relation.cancelled else None
    return (
        relation.deleted is None
        and relation.period.holds(reading.at)
        and (ended is None or reading.at <= ended)
        and relation.unit == reading.unit
        and relation.employee in {"", reading.employee}
    )


def _colleague(reading: Reading, known: Known) -> bool:
    return reading.patient in known.colleagues and reading.patient != reading.person


def _own_record(reading: Reading, known: Known) -> bool:  # noqa: ARG001  # every rule is asked alike
    return bool(reading.person) and reading.person == reading.patient


def _same_name(reading: Reading, known: Known) -> bool:
    if reading.person == reading.patient:
        return False
    theirs = _name_parts(known.surnames.get(reading.patient, ""))
    return not theirs.isdisjoint(_name_parts(known.surnames.get(reading.person, "")))


def _name_parts(surname: str) -> frozenset[str]:
    """A double name counts by each of its parts."""
    return frozenset(surname.casefold().replace("-", " ").split())


def _odd_hours(reading: Reading, known: Known) -> bool:
    local = datetime.fromtimestamp(reading.at, ZONE)
    return local.weekday() >= SATURDAY or not known.limits.opens <= local.hour < known.limits.closes


def _other_unit(reading: Reading, known: Known) -> bool:
    return reading.employee in known.units and reading.unit not in known.units[reading.employee]


def _unknown(reading: Reading, known: Known) -> bool:  # noqa: ARG001  # every rule is asked alike
    """Every access must be somebody's: whose this is, the register cannot say."""
    return not reading.person


def _deceased(reading: Reading, known: Known) -> bool:
    return reading.at > known.deceased.get(reading.patient, reading.at)


RULES: Final[tuple[ReviewRule, ...]] = (
    ReviewRule(
        "emergency", {"sv": "nödåtkomst", "en": "emergency access"}, lambda r, _: r.activity == Activity.EMERGENCY
    ),
    ReviewRule(
        "patient-asked",
        {"sv": "patienten har frågat om åtkomst", "en": "the patient has asked about access"},
        lambda r, k: r.patient in k.asked,
    ),
    ReviewRule("own-record", {"sv": "egen journal", "en": "own record"}, _own_record),
    ReviewRule("colleague", {"sv": "kollega som patient", "en": "colleague as patient"}, _colleague),
    ReviewRule("same-name", {"sv": "samma efternamn", "en": "same family name"}, _same_name),
    ReviewRule(
        "watched",
        {"sv": "person på bevakningslistan", "en": "person on the watch list"},
        lambda r, k: r.patient in k.watched,
    ),
    ReviewRule(
        "protected",
        {"sv": "skyddade personuppgifter", "en": "protected identity"},
        lambda r, k: r.patient in k.protected,
    ),
    ReviewRule("no-relation", {"sv": "ingen patientrelation", "en": "no patient relation"}, _no_relation),
    ReviewRule(
        "other-unit", {"sv": "enhet utan eget uppdrag", "en": "a unit without a commission of one's own"}, _other_unit
    ),
    ReviewRule("unknown-employee", {"sv": "okänd anställd", "en": "an employee whom nobody knows"}, _unknown),
    ReviewRule(
        "many-patients",
        {"sv": "många patienter på kort tid", "en": "many patients in a short time"},
        lambda r, k: r.id in k.crowded,
    ),
    ReviewRule(
        "returning",
        {"sv": "samma patient många dagar", "en": "the same patient on many days"},
        lambda r, k: r.id in k.returning,
    ),
    ReviewRule("odd-hours", {"sv": "utanför arbetstid", "en": "outside working hours"}, _odd_hours),
    ReviewRule("deceased", {"sv": "avliden patient", "en": "deceased patient"}, _deceased),
)
"""Every rule, the gravest first: a case shows them in this order."""

RULE_IDS: Final = tuple(rule.id for rule in RULES)


# --- what must be counted first -------------------------------------------------------------------------------------------


class Seen(Protocol):
    """An access as the rules that count see it: which, when, by which employee, to which patient."""

    @property
    def id(self) -> str: ...

    @property
    def at(self) -> int: ...

    @property
    def employee(self) -> str | bytes: ...

    @property
    def patient(self) -> str: ...


S = TypeVar("S", bound=Seen)


@dataclass(frozen=True, slots=True)
class Crowd:
    """From when to when an employee (a keyed hash, in hexadecimal) read more patients than the limit, without a break: who has
    all the crowds that reach into a time knows which of its accesses `crowded` finds.
    """

    employee: str
    since: int
    until: int


def crowded(accesses: Iterable[Seen], limits: Limits) -> frozenset[str]:
    """The accesses within a span in which their employee read more patients than the limit. Who gives the accesses of a time
    gives those of a span before it and after it too.
    """
    return frozenset(id_ for mine in _by_employee(accesses) for id_ in _crowded(mine, limits))


def returning(accesses: Iterable[Seen], limits: Limits) -> frozenset[str]:
    """The accesses to patients whom their employee read on as many days as the limit."""
    return frozenset(id_ for mine in _by_employee(accesses) for id_ in _returning(mine, limits))


def _by_employee(accesses: Iterable[S]) -> Iterable[Sequence[S]]:
    kept = sorted(accesses, key=attrgetter("employee", "at", "id"))
    return (tuple(mine) for _, mine in groupby(kept, key=attrgetter("employee")))


def _crowded(mine: Sequence[Seen], limits: Limits) -> set[str]:
    """The accesses of one employee within any span in which there were more patients than the limit. Each is added once: `fresh`
    counts the newest of the span that have not been.
    """
    span: deque[Seen] = deque()
    patients: Counter[str] = Counter()
    found: set[str] = set()
    fresh = 0
    for one in mine:
        span.append(one)
        fresh += 1
        patients[one.patient] += 1
        while one.at - span[0].at > limits.within:
            gone = span.popleft()
            patients[gone.patient] -= 1
            if not patients[gone.patient]:
                del patients[gone.patient]
        if len(patients) > limits.patients:
            found.update(each.id for each in islice(reversed(span), fresh))
            fresh = 0
    return found


def _returning(mine: Sequence[Seen], limits: Limits) -> set[str]:
    """The accesses of one employee to a patient whom they looked at on as many days as the limit."""
    by_patient: dict[str, list[Seen]] = {}
    for one in mine:
        by_patient.setdefault(one.patient, []).append(one)
    many = (own for own in by_patient.values() if len({day_of(each.at) for each in own}) >= limits.days)
    return {each.id for own in many for each in own}


def hits(reading: Reading, known: Known, wanted: frozenset[str] = frozenset(RULE_IDS)) -> tuple[str, ...]:
    """The rules that hold of an access."""
    return tuple(rule.id for rule in RULES if rule.id in wanted and rule.holds(reading, known))
