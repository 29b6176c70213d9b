"""Log review: thirteen patterns of misuse are found by the rules, chance can be repeated, and nothing else is drawn."""

import hashlib
import hmac
import random
from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trust_framework.care import Act, Activity, Period, Staff
from trust_framework.care_relations import CareRelation
from trust_framework.days import ZONE
from trust_framework.identifiers import Identifier
from trust_framework.log_drawing import Candidate, Drawing, Selection, examined, finished, sample_size
from trust_framework.log_review import RULE_IDS, RULES, Known, Limits, Reading, crowded, returning
from trust_framework.review_cases import CaseAct, CaseKind, Outcome, ReviewCase
from trust_framework.review_report import Review, report

PROVIDER, UNIT, OTHER_UNIT, NURSE = "se2321000016-1000", "se2321000016-1abc", "se2321000016-2abc", "se2321000016-nurs"
PATIENT = Identifier("1.2.752.129.2.1.3.1", "191212121212")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


NOON = at("2026-11-24 12:00")  # a Tuesday
WEEK = Selection(PROVIDER, at("2026-11-01 00:00"), at("2026-12-01 00:00"), percent=0)


def reading(id: str = "log-1", **more) -> Reading:
    """An access that no rule says anything of."""
    whole = {"at": NOON, "employee": NURSE, "unit": UNIT, "provider": PROVIDER, "patient": "p-eva", "person": "p-nurse"}
    return Reading(id, **{**whole, **more})


def relation(patient: str = "p-eva", **more) -> dict[str, tuple[CareRelation, ...]]:
    act = Act(NOON, Staff(NURSE), NOON, Staff(NURSE))
    whole = {"provider": PROVIDER, "unit": UNIT, "period": Period(NOON - 10**7, None), "registered": act}
    return {patient: (CareRelation("r-1", PATIENT, **{**whole, **more}),)}


KNOWN = Known(
    surnames={"p-nurse": "Lind", "p-eva": "Andersson", "p-lind": "Berg-Lind"},
    units={NURSE: frozenset({UNIT})},
    relations=relation(),
)


def known(**more) -> Known:
    return replace(KNOWN, **more)


def draw(readings, facts: Known, selection: Selection, seed: str, portion: int = 10**6) -> Drawing:
    """The accesses drawn in portions, all of them counted beforehand."""
    whole = tuple(readings)
    counted = {"crowded": crowded(whole, selection.limits), "returning": returning(whole, selection.limits)}
    facts = replace(facts, limits=selection.limits, **counted)
    drawing = Drawing()
    for first in range(0, len(whole), portion):
        drawing = examined(drawing, whole[first : first + portion], facts, selection, seed)
    return finished(drawing, selection, seed)


def drawn(*readings: Reading, facts: Known = KNOWN, selection: Selection = WEEK) -> dict[str, tuple[str, ...]]:
    return {one.id: one.rules for one in draw(readings, facts, selection, "seed").chosen}


def test_an_access_that_nothing_is_wrong_with_is_not_drawn():
    assert drawn(reading()) == {}


# --- fourteen patterns


RELATED_TO_ALL = {f"p-{n}": relation(f"p-{n}")[f"p-{n}"] for n in range(30)}
PATTERNS = {
    "a patient without any relation": ("no-relation", [reading(patient="p-bo")], KNOWN),
    "a colleague's record": ("colleague", [reading()], known(colleagues=frozenset({"p-nurse", "p-eva"}))),
    "one's own record": (
        "own-record",
        [reading(patient="p-nurse")],
        known(relations=relation("p-nurse"), colleagues=frozenset({"p-nurse"})),
    ),
    "a relative's record": ("same-name", [reading(patient="p-lind")], known(relations=relation("p-lind"))),
    "a known person's record": ("watched", [reading()], known(watched=frozenset({"p-eva"}))),
    "a person with protected identity": ("protected", [reading()], known(protected=frozenset({"p-eva"}))),
    "emergency access": ("emergency", [reading(activity=Activity.EMERGENCY)], KNOWN),
    "in the middle of the night": ("odd-hours", [reading(at=at("2026-11-24 02:30"))], KNOWN),
    "forty records in ten minutes": (
        "many-patients",
        [reading(f"log-{n}", at=NOON + 20 * n, patient=f"p-{n}") for n in range(30)],
        known(relations=RELATED_TO_ALL),
    ),
    "a patient who asked": ("patient-asked", [reading()], known(asked=frozenset({"p-eva"}))),
    "a unit that one left": ("other-unit", [reading()], known(units={NURSE: frozenset({OTHER_UNIT})})),
    "an account that is nobody's": ("unknown-employee", [reading(person="")], KNOWN),
    "coming back day after day": (
        "returning",
        [reading(f"log-{n}", at=at(f"2026-11-{n:02} 12:00")) for n in (16, 17, 18, 19, 20)],
        KNOWN,
    ),
    "somebody who has died": ("deceased", [reading()], known(deceased={"p-eva": NOON - 86_400})),
}


@pytest.mark.spec("design.md", "log review")
@pytest.mark.parametrize("pattern", PATTERNS)
def test_seeded_misuse_is_found_by_its_rule_and_by_no_other(pattern):
    rule, readings, facts = PATTERNS[pattern]

    found = drawn(*readings, reading("innocent", employee="se2321000016-other", person="p-other"), facts=facts)

    assert found
    assert {rules for id_, rules in found.items() if id_ != "innocent"} == {(rule,)}
    assert set(found) >= {one.id for one in readings}


def test_each_rule_is_tried_and_has_words_in_both_languages():
    assert {rule for rule, _, _ in PATTERNS.values()} == set(RULE_IDS)
    assert all(rule.names["sv"] and rule.names["en"] for rule in RULES)


def test_all_patterns_are_found_among_a_thousand_innocent_accesses():
    innocent = [
        reading(f"ok-{n}", at=at(f"2026-11-{2 + n % 4:02} {8 + n % 9:02}:00"), employee=f"e-{n}", person=f"q-{n}")
        for n in range(1000)
    ]
    _, crowd, _ = PATTERNS["forty records in ten minutes"]
    night = reading("night", at=at("2026-11-24 02:30"))
    facts = known(relations={**RELATED_TO_ALL, **relation()})

    found = drawn(*innocent, *crowd, night, facts=facts)

    assert set(found) == {"night", *(one.id for one in crowd)}


def test_where_access_rules_ask_for_no_relation_none_is_missing():
    assert drawn(reading(), facts=known(relations={})) == {"log-1": ("no-relation",)}
    assert drawn(reading(), facts=known(relations=None)) == {}


def test_a_rule_that_was_not_chosen_draws_nothing():
    assert drawn(reading(at=at("2026-11-24 02:30")), selection=replace(WEEK, rules=("colleague",))) == {}


# --- at the edges


@pytest.mark.parametrize(
    ("when", "odd"),
    [
        ("2026-11-24 05:59", True),
        ("2026-11-24 06:00", False),
        ("2026-11-24 21:59", False),
        ("2026-11-24 22:00", True),
        ("2026-11-21 12:00", True),  # a Saturday
        ("2026-11-22 12:00", True),
        ("2026-07-06 06:00", False),  # summer time
    ],
)
def test_working_hours_are_swedish_ones(when, odd):
    selection = replace(WEEK, rules=("odd-hours",))
    assert bool(drawn(reading(at=at(when)), selection=selection)) is odd


@pytest.mark.parametrize(
    ("more", "covered"),
    [
        ({}, True),
        ({"employee": NURSE}, True),
        ({"employee": "se2321000016-other"}, False),
        ({"unit": OTHER_UNIT}, False),
        ({"period": Period(NOON, None)}, True),
        ({"period": Period(NOON + 1, None)}, False),
        ({"period": Period(None, NOON)}, True),
        ({"period": Period(None, NOON - 1)}, False),
        ({"cancelled": Act(NOON, Staff(NURSE), NOON, Staff(NURSE))}, True),
        ({"cancelled": Act(NOON, Staff(NURSE), NOON - 1, Staff(NURSE))}, False),
        ({"deleted": Act(NOON, Staff(NURSE), NOON + 99, Staff(NURSE))}, False),
    ],
)
def test_a_relation_counts_when_it_stood_as_the_record_was_read(more, covered):
    found = drawn(reading(), facts=known(relations=relation(**more)))
    assert (found == {}) is covered


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [
        ("Lind", "LIND", True),
        ("Berg Lind", "lind", True),
        ("Lind", "Lindgren", False),
        ("", "", False),
        ("Lind", "", False),
    ],
)
def test_family_names_are_the_same_by_any_of_their_parts(mine, theirs, same):
    found = drawn(reading(), facts=known(surnames={"p-nurse": mine, "p-eva": theirs}))
    assert (found != {}) is same


def test_a_span_with_just_as_many_patients_as_the_limit_is_no_crowd():
    limits = Limits(patients=3, within=60)
    selection = replace(WEEK, limits=limits, rules=("many-patients",))
    three = [reading(f"a-{n}", at=NOON + n, patient=f"p-{n}") for n in range(3)]
    again = reading("a-again", at=NOON + 3, patient="p-0")
    late = [reading("a-late", at=NOON + 64, patient="p-late"), reading("a-later", at=NOON + 65, patient="p-late")]

    assert drawn(*three, again, *late, selection=selection) == {}
    assert set(drawn(*three, reading("a-4", at=NOON + 60, patient="p-4"), selection=selection)) == {
        "a-0", "a-1", "a-2", "a-4",
    }  # fmt: skip


def test_who_is_not_in_the_directory_has_no_unit_to_be_outside_of():
    assert drawn(reading(), facts=known(units={})) == {}


def test_two_rules_stand_in_the_order_of_gravity():
    found = drawn(reading(at=at("2026-11-24 02:30"), activity=Activity.EMERGENCY))
    assert found == {"log-1": ("emergency", "odd-hours")}


# --- chance


def sample(ids, percent: int, seed: str, portion: int = 10**6) -> frozenset[str]:
    selection = replace(WEEK, percent=percent, rules=())
    return frozenset(one.id for one in draw(map(reading, ids), KNOWN, selection, seed, portion).chosen)


@settings(max_examples=50, deadline=None)
@given(st.sets(st.text(min_size=1, max_size=8), max_size=40), st.integers(0, 100), st.text(max_size=8), st.randoms())
def test_the_same_seed_draws_the_same_sample_in_whatever_order_and_portions(ids, percent, seed, shuffler):
    shuffled = list(ids)
    shuffler.shuffle(shuffled)

    found = sample(shuffled, percent, seed, shuffler.randint(1, 9))

    assert found == sample(ids, percent, seed)
    assert found <= ids
    assert len(found) == sample_size(len(ids), percent) == -(-len(ids) * percent // 100)


def test_another_seed_draws_another_sample_and_every_access_has_its_chance():
    ids = [f"log-{n}" for n in range(200)]
    samples = [sample(ids, 5, str(seed)) for seed in range(200)]
    assert len(set(samples)) == 200
    assert frozenset().union(*samples) == frozenset(ids)


@pytest.mark.spec("docs/log-review.md", "Drawing a sample again")
def test_a_sample_is_drawn_again_as_the_documentation_says():
    ids = [f"log-{n}" for n in range(300)]
    by_lot = sorted(ids, key=lambda id_: hmac.new(b"5eed", id_.encode(), hashlib.sha256).digest())
    assert sample(ids, 7, "5eed", 50) == frozenset(by_lot[:21])


# --- as many as somebody is ready to look at


def crowd(rule: str, count: int) -> list[Reading]:
    """Accesses that one rule holds of."""
    when = at("2026-11-24 02:30")
    more = {"odd-hours": {"at": when}, "no-relation": {"patient": "p-none"}, "own-record": {"patient": "p-nurse"}}
    return [reading(f"{rule}-{n}", **more[rule]) for n in range(count)]


OWN = known(relations={**relation(), **relation("p-nurse")})


def test_no_rule_crowds_another_out_nor_chance():
    readings = [*crowd("no-relation", 500), *crowd("odd-hours", 60), *crowd("own-record", 3)]
    found = draw(readings, OWN, replace(WEEK, percent=50, most=40), "seed", 100)
    by_rule = Counter(rule for one in found.chosen for rule in one.rules)
    assert len(found.chosen) == 40
    assert by_rule["own-record"] == 3
    assert by_rule["odd-hours"] >= 12
    assert by_rule["no-relation"] >= 12
    assert sum(one.sampled for one in found.chosen) >= 10
    assert found.left_out
    assert (found.examined, found.hit) == (563, 563)
    assert found.matched == {"no-relation": 500, "odd-hours": 60, "own-record": 3}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["no-relation", "odd-hours", "own-record", "none"]), max_size=60),
    st.integers(0, 100), st.integers(1, 12), st.integers(1, 20),
)  # fmt: skip
def test_what_is_drawn_does_not_depend_on_the_portions_and_what_is_left_out_is_said(kinds, percent, most, portion):
    more = {"odd-hours": {"at": at("2026-11-24 02:30")}, "no-relation": {"patient": "p-none"}}
    more |= {"own-record": {"patient": "p-nurse"}, "none": {}}
    readings = [reading(f"log-{n}", **more[kind]) for n, kind in enumerate(kinds)]
    selection = replace(WEEK, percent=percent, most=most)

    found = draw(readings, OWN, selection, "seed", portion)

    assert found == draw(readings, OWN, selection, "seed")
    everything = draw(readings, OWN, replace(selection, most=1000), "seed")
    assert {one.id for one in found.chosen} <= {one.id for one in everything.chosen}
    assert len(found.chosen) == min(most, len(everything.chosen))
    assert found.left_out == (len(everything.chosen) > most)
    assert not everything.left_out


def test_a_drawing_holds_no_more_of_the_accesses_than_could_still_be_drawn():
    drawing, selection = Drawing(), replace(WEEK, percent=5, most=10)
    for first in range(20):
        readings = [reading(f"{first}-{n}", patient="p-none") for n in range(100)]
        drawing = examined(drawing, readings, KNOWN, selection, "seed")
        assert len(drawing.candidates) <= 2 * (selection.most + 1)
    assert drawing.examined == 2000


def test_a_sample_is_marked_as_one_and_stands_with_what_the_rules_drew():
    readings = [reading(f"log-{n}", at=NOON + n) for n in range(100)]
    odd = reading("odd", at=at("2026-11-24 02:30"))
    shuffled = [*readings, odd]
    random.Random(1).shuffle(shuffled)

    found = draw(shuffled, KNOWN, replace(WEEK, percent=10, rules=("odd-hours",)), "seed").chosen

    assert sum(one.sampled for one in found) == 11
    assert found[0] == Candidate("odd", ("odd-hours",), found[0].sampled)


# --- the report


def case(id: str, *acts: CaseAct, rules: tuple[str, ...] = (), closed_at: int | None = None) -> ReviewCase:
    return ReviewCase(id, CaseKind.RULE, PROVIDER, NOON, rules=rules, acts=acts, closed_at=closed_at)


def test_the_report_counts_rules_outcomes_and_reviewers_and_its_digest_is_over_all_of_it():
    review = Review("g-1", WEEK, "p-rev", NOON, "5eed", 90, 40, drawn=3, sampled=1)
    cases = (
        case(
            "1", CaseAct(NOON + 1, "p-rev", "closed", "ok", Outcome.JUSTIFIED), rules=("colleague",), closed_at=NOON + 1
        ),
        case(
            "2",
            CaseAct(NOON + 2, "p-rev", "found", "hm", Outcome.SUSPECTED),
            CaseAct(NOON + 5, "p-two", "closed", "yes", Outcome.SUSPECTED),
            rules=("colleague", "odd-hours"),
            closed_at=NOON + 5,
        ),
        case("3"),
    )

    told = report(review, cases)

    assert told.by_rule == {"colleague": 2, "odd-hours": 1}
    assert told.by_outcome == {"justified": 1, "suspected": 1}
    assert told.open == 1
    assert told.reviewers == (("p-rev", 2, NOON + 2), ("p-two", 1, NOON + 5))
    assert told.content()["review"]["seed"] == "5eed"
    assert told.digest == report(replace(review, reported_at=NOON, digest="x"), reversed(cases)).digest
    assert told.digest != report(review, cases[:2]).digest


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)), max_size=40), st.integers(1, 4))
def test_a_crowd_is_every_access_within_any_span_of_more_patients_than_the_limit(accesses, limit):
    limits = Limits(patients=limit, within=10)
    readings = [reading(f"r{n}", at=NOON + when, patient=f"p{who}") for n, (when, who) in enumerate(accesses)]
    ends = {one.at for one in readings}
    spans = [[one for one in readings if end - 10 <= one.at <= end] for end in ends]
    crowds = [span for span in spans if len({one.patient for one in span}) > limit]
    expected = {one.id for span in crowds for one in span}
    assert crowded(readings, limits) == expected
