"""Log review (logguppföljning): which accesses somebody must look at, drawn by chance and by rules, and drawn again by anybody.

The chance is a seed: the same accesses and the same seed give the same sample, whatever the order they come in, and the seed
stands in the report. A rule is a row with its id and its words; it says that an access deserves a look, never that it was wrong.
What comes of a look is `trust_framework.review_cases`'s.
"""

import hashlib
import heapq
import hmac
import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, Final

from trust_framework.care import Activity, Purpose
from trust_framework.care_relations import CareRelation
from trust_framework.days import ZONE, day_of
from trust_framework.review_cases import ReviewCase, outcome

SATURDAY: Final = 5
WHOLE: Final = 100


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


def counted(readings: Iterable[Reading], known: Known) -> Known:
    """The same, with what can only be known of many accesses together."""
    kept = sorted(readings, key=lambda r: (r.employee, r.at, r.id))
    crowded: set[str] = set()
    returning: set[str] = set()
    for _, own in groupby(kept, key=attrgetter("employee")):
        mine = tuple(own)
        crowded |= _crowded(mine, known.limits)
        returning |= _returning(mine, known.limits)
    return replace(known, crowded=frozenset(crowded), returning=frozenset(returning))


def _crowded(readings: tuple[Reading, ...], limits: Limits) -> set[str]:
    """The accesses of one employee within any span in which there were more patients than the limit. Each is added once: `fresh`
    counts the newest of the span that have not been.
    """
    span: deque[Reading] = deque()
    patients: Counter[str] = Counter()
    found: set[str] = set()
    fresh = 0
    for reading in readings:
        span.append(reading)
        fresh += 1
        patients[reading.patient] += 1
        while reading.at - span[0].at > limits.within:
            gone = span.popleft()
            patients[gone.patient] -= 1
            if not patients[gone.patient]:
                del patients[gone.patient]
        if len(patients) > limits.patients:
            found.update(one.id for one in islice(reversed(span), fresh))
            fresh = 0
    return found


def _returning(readings: tuple[Reading, ...], limits: Limits) -> set[str]:
    """The accesses of one employee to a patient whom they looked at on as many days as the limit."""
    by_patient: dict[str, list[Reading]] = {}
    for reading in readings:
        by_patient.setdefault(reading.patient, []).append(reading)
    many = (own for own in by_patient.values() if len({day_of(r.at) for r in own}) >= limits.days)
    return {reading.id for own in many for reading in own}


# --- drawing --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Selection:
    """What a review looks at: accesses of a care provider in a time, at one unit or all, so many in a hundred by chance, and
    those that any of these rules holds of.
    """

    provider: str
    since: int
    until: int
    unit: str = ""
    percent: int = 5
    rules: tuple[str, ...] = RULE_IDS
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Drawn:
    """An access that somebody must look at: by which rules, and whether chance drew it."""

    reading: Reading
    rules: tuple[str, ...] = ()
    sampled: bool = False


def draw(readings: Iterable[Reading], known: Known, selection: Selection, seed: str) -> tuple[Drawn, ...]:
    """The accesses that the review looks at, in order of time."""
    examined = tuple(readings)
    facts = counted(examined, replace(known, limits=selection.limits))
    chance = sample((r.id for r in examined), selection.percent, seed)
    drawn = (Drawn(r, hits(r, facts, selection.rules), r.id in chance) for r in examined)
    return tuple(sorted((d for d in drawn if d.rules or d.sampled), key=lambda d: (d.reading.at, d.reading.id)))


def hits(reading: Reading, known: Known, wanted: Iterable[str] = RULE_IDS) -> tuple[str, ...]:
    """The rules that hold of an access, `known` having been counted."""
    asked = frozenset(wanted)
    return tuple(rule.id for rule in RULES if rule.id in asked and rule.holds(reading, known))


def sample(ids: Iterable[str], percent: int, seed: str) -> frozenset[str]:
    """So many in a hundred of the ids, rounded up: those whose keyed hash is the lowest. Nobody can tell beforehand which, and
    everybody who has the seed can afterwards.
    """
    known = frozenset(ids)
    number = -(-len(known) * percent // WHOLE)
    return frozenset(heapq.nsmallest(number, known, key=lambda id_: _lot(id_, seed)))


def _lot(id_: str, seed: str) -> bytes:
    return hmac.new(seed.encode(), id_.encode(), hashlib.sha256).digest()


# --- the report -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Review:
    """A review: what it looked at, with which seed, who made it and when, how many accesses it examined and drew."""

    id: str
    selection: Selection
    seed: str
    made_by: str
    made_at: int
    examined: int
    drawn: int
    sampled: int
    reported_at: int | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A review in numbers: cases by rule and by what they came to, those still open, and who looked, how often, until when."""

    review: Review
    by_rule: Mapping[str, int]
    by_outcome: Mapping[str, int]
    open: int
    reviewers: tuple[tuple[str, int, int], ...]

    def content(self) -> dict[str, Any]:
        """The report as JSON values: what its digest is over."""
        return {"review": asdict(replace(self.review, reported_at=None, digest="")), **_numbers(self)}

    @property
    def digest(self) -> str:
        """SHA-256 of the report in its one canonical form."""
        told = json.dumps(self.content(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()


def _numbers(report: Report) -> dict[str, Any]:
    return {
        "by_rule": dict(report.by_rule),
        "by_outcome": dict(report.by_outcome),
        "open": report.open,
        "reviewers": [list(each) for each in report.reviewers],
    }


def report(review: Review, cases: Iterable[ReviewCase]) -> Report:
    """What the cases of a review have come to."""
    rules: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    looked: dict[str, list[int]] = {}
    open_ = 0
    for case in cases:
        rules.update(case.rules)
        found = outcome(case)
        outcomes.update([found.value] if found else [])
        open_ += found is None
        for act in (act for act in case.acts if act.outcome is not None):
            looked.setdefault(act.person, []).append(act.at)
    reviewers = tuple(sorted((person, len(times), max(times)) for person, times in looked.items()))
    return Report(review, dict(sorted(rules.items())), dict(sorted(outcomes.items())), open_, reviewers)
