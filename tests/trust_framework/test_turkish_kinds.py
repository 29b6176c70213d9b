"""What the Turkish rules read of entered facts: in any order the same, none that counts elsewhere, no way in by what closes."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import care_values as a
from tests.support.databases import NOW
from trust_framework.access_facts import Place, Reach
from trust_framework.care import Patient
from trust_framework.care_access import Access, AccessQuestion, CareFacts, decide
from trust_framework.days import midnight
from trust_framework.rules import SETS
from trust_framework.rules.turkish_facts import HOUR, ZONE, Appointment, LinkedProcess, TurkishFacts, Window

HERE = Place(a.PROVIDER)
RULES = SETS["tr"]
PHYSICIAN = a.actor(employee=a.DOCTOR, licences=("LK",))
PARENT = replace(a.actor(), employee="", unit="", provider="", purpose="", person="mother")
MINISTRY = a.actor(purpose="Administration")
MOTHER = {"oid": "", "value": "", "person": "mother"}
MOMENTS = st.sampled_from([NOW - a.DAY - 1, NOW - 9, NOW, NOW + 9])


def said(kind):
    """What a fact of each kind may say."""
    flag, who = st.booleans(), st.sampled_from([a.DOCTOR, a.NURSE])
    return {
        "family-physician": st.fixed_dictionaries({"physician": who}),
        "privacy-choice": st.fixed_dictionaries(
            {}, optional={"windows": st.lists(st.sampled_from([*Window]), unique=True, max_size=3), "hidden": flag}
        ),
        "appointment": st.fixed_dictionaries({"physician": who, "day": st.sampled_from(["2026-09-21", "2026-09-22"])}),
        "linked-process": st.fixed_dictionaries({"appointment": st.sampled_from(["f0", "f1"])}),
        "visit": st.fixed_dictionaries({"place": st.sampled_from([a.PROVIDER, a.UNIT, a.OTHER_UNIT])}),
        "stay": st.fixed_dictionaries({"place": st.sampled_from([a.PROVIDER, a.UNIT, a.OTHER_UNIT])}),
        "code": st.fixed_dictionaries({"physician": who}),
        "secrecy-order": st.just({"order": "1", "employees": [a.NURSE]}),
        "parent": st.fixed_dictionaries({"person": st.just(MOTHER), "custody": flag}),
        "child-choice": st.fixed_dictionaries(
            {"able_to_judge": flag, "asks_permission": flag}, optional={"permitted": st.just([MOTHER])}
        ),
        "lawyers-power": st.fixed_dictionaries({"lawyer": st.just(MOTHER), "special": flag}),
        "heir": st.just({"person": MOTHER}),
        "death": st.just({"day": "2026-09-20"}),
        "authorisation": st.fixed_dictionaries({"unit": st.just(a.UNIT), "employee": who, "named_by": st.just("x")}),
        "misuse": st.fixed_dictionaries({"employee": who}),
        "restricted-type": st.just({"type": "psy", "licences": ["PS"]}),
        "parent-limits": st.just({"types": ["psy"]}),
    }[kind]


@st.composite
def entered(draw):
    """Up to six facts, entered at either provider, agreed or not, over or to come."""
    found = []
    for n in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from([each.id for each in RULES.kinds]))
        agreed = draw(st.none() | MOMENTS.map(a.act))
        found.append(
            a.fact(
                id=f"f{n}",
                rules=draw(st.sampled_from(["tr", "tr", "tr", "xx"])),
                kind=kind,
                provider=draw(st.sampled_from([a.PROVIDER, a.PROVIDER, a.OTHER_PROVIDER])),
                says=draw(said(kind)),
                since=draw(MOMENTS),
                until=draw(st.none() | MOMENTS),
                confirmed=agreed,
            )
        )
    return found


def told(kept, actor, born="2016-01-01"):
    question = AccessQuestion(actor, a.PATIENT, (a.resource(type="psy"),), through=a.PROVIDER)
    known = CareFacts(Patient("p1", born), more=RULES.more(kept, Place(question.at), NOW))
    (ruling,) = decide(question, known, RULES, NOW)
    return ruling


actors = st.sampled_from([PHYSICIAN, PARENT, MINISTRY])


@settings(max_examples=80, deadline=None)
@given(entered(), actors, st.randoms())
def test_the_order_in_which_facts_were_entered_decides_nothing(kept, actor, random):
    shuffled = list(kept)
    random.shuffle(shuffled)
    first, second = told(kept, actor), told(shuffled, actor)
    assert (first.access, first.hidden, set(first.grounds)) == (second.access, second.hidden, set(second.grounds))


@settings(max_examples=80, deadline=None)
@given(entered(), actors)
def test_what_counts_inside_a_provider_or_for_other_rules_or_was_not_agreed_changes_nothing(kept, actor):
    counting = [
        fact
        for fact in kept
        if fact.rules == "tr"
        and RULES.kind(fact.kind).agreed(fact)
        and (fact.provider == a.PROVIDER or RULES.kind(fact.kind).reach is Reach.ALL)
    ]
    assert told(kept, actor) == told(counting, actor)


CLOSING = {
    "misuse": {"employee": a.DOCTOR},
    "secrecy-order": {"order": "2"},
    "privacy-choice": {"windows": [], "hidden": True},
    "child-choice": {"able_to_judge": True, "asks_permission": True},
    "restricted-type": {"type": "psy", "licences": []},
}


@settings(max_examples=80, deadline=None)
@given(entered(), actors, st.sampled_from(sorted(CLOSING)))
def test_one_more_fact_that_closes_opens_nothing(kept, actor, kind):
    before = told(kept, actor)
    after = told([*kept, a.fact(id="more", rules="tr", kind=kind, says=CLOSING[kind], until=None)], actor)
    if before.access is not Access.PERMITTED:
        assert after.access is not Access.PERMITTED
    assert after.hidden or not before.hidden


def test_of_nothing_that_was_entered_nothing_is_known():
    assert RULES.more((), HERE, NOW) == {"tr": TurkishFacts()}
    assert SETS["se"].more((a.fact(),), HERE, NOW) == {}


@pytest.mark.spec("Regulation on Personal Health Data", "8(2)")
@pytest.mark.parametrize(
    ("given", "seen"),
    [([], set()), ([["vac"]], {"vac"}), ([["vac", "und"], ["vac", "lab"]], {"vac"}), ([["vac"], ["und"]], set())],
)
def test_of_several_limits_all_hold(given, seen):
    authority = Place(a.PROVIDER, frozenset({a.OTHER_PROVIDER}))
    kept = [
        a.fact(rules="tr", kind="parent-limits", provider=of, says={"types": each}, confirmed=a.act())
        for of, each in zip((a.PROVIDER, a.OTHER_PROVIDER), given, strict=False)
    ]
    assert RULES.more(kept, authority, NOW)["tr"].noncustodial_types == seen


@pytest.mark.parametrize("since", [(NOW - 9, NOW), (NOW, NOW - 9)])
def test_of_two_family_physicians_the_later_counts(since):
    says = ({"physician": a.DOCTOR}, {"physician": a.NURSE})
    kept = [
        a.fact(rules="tr", kind="family-physician", says=each, since=at) for each, at in zip(says, since, strict=True)
    ]
    found = RULES.more(kept, HERE, NOW)["tr"].family_physician
    assert found == says[since.index(max(since))]["physician"]


# --- article 6(3)b: a window that has shut stays shut

DAY_BEGINS = midnight(date(2026, 9, 21), ZONE)
TIMES = st.integers(DAY_BEGINS - 4 * HOUR, DAY_BEGINS + 60 * HOUR)
PROCESSES = st.lists(st.tuples(TIMES, st.none() | TIMES), max_size=5)


def booked(processes):
    linked = tuple(LinkedProcess(str(n), *times) for n, times in enumerate(processes))
    return Appointment("a", a.DOCTOR, date(2026, 9, 21), linked)


@pytest.mark.spec("Regulation on Personal Health Data", "6(3)b")
@settings(max_examples=150, deadline=None)
@given(PROCESSES, TIMES, TIMES)
def test_the_window_of_an_appointment_that_has_shut_stays_shut(processes, one, other):
    before, after = sorted((one, other))
    appointment = booked(processes)
    if before >= DAY_BEGINS and not appointment.stands(before):
        assert not appointment.stands(after)


@pytest.mark.spec("Regulation on Personal Health Data", "6(3)b")
@settings(max_examples=150, deadline=None)
@given(PROCESSES, TIMES, st.none() | TIMES, TIMES, st.randoms())
def test_a_process_that_began_while_the_window_was_shut_changes_nothing(processes, began, ended, now, random):
    without = booked(processes)
    if not without.stands(began):
        kept = [*processes, (began, ended)]
        random.shuffle(kept)
        assert booked(kept).stands(now) == without.stands(now)
