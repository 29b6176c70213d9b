"""The Turkish rules, article by article (Regulation on Personal Health Data)."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from tests.support.care import (
    DAY,
    DOCTOR,
    HOUR,
    NOW,
    NURSE,
    OTHER_PROVIDER,
    PROVIDER,
    UNIT,
    emergency,
    facts,
    foreign,
    inner,
    lift,
    outer,
    question,
    relation,
    resource,
)
from trust_framework.blocks import LiftReason
from trust_framework.care import Patient, Period, Purpose
from trust_framework.care_access import Access, decide, seen
from trust_framework.rules import SETS
from trust_framework.rules.turkish_facts import (
    ZONE,
    Appointment,
    Authorisation,
    ChildChoice,
    CodeEntry,
    Heir,
    LawyersPower,
    LinkedProcess,
    Parent,
    PrivacyChoice,
    Restriction,
    SecrecyOrder,
    Stay,
    TurkishFacts,
    Visit,
    Window,
)

REGULATION = "Regulation on Personal Health Data"
PERMITTED, REFUSED, BLOCKED = Access.PERMITTED, Access.REFUSED, Access.BLOCKED
CONSENT, RELATION = Access.NEEDS_CONSENT, Access.NEEDS_RELATION
CHILD_BORN, MOTHER, LAWYER = "2010-05-05", "mother", "lawyer"
PHYSICIAN = {"employee": DOCTOR, "licences": ("LK",)}
VISITED = Visit("visit", PROVIDER, NOW - HOUR)


def istanbul(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=ZONE).timestamp())


def until(*moment: int) -> tuple[int, int]:
    """What began with the appointment of 10 March, and when it ended."""
    return TREATED[0], istanbul(2026, *moment)


TREATED = (istanbul(2026, 3, 10, 9), None)


def ruling(tr=None, row=None, stands=(), now=NOW, patient=None, **who):
    """Of a physician unless it says who."""
    about = facts(*stands, more={"tr": tr} if tr else {}, **({"patient": patient} if patient else {}))
    (found,) = decide(question(row or foreign(), **(who or PHYSICIAN)), about, SETS["tr"], now)
    return found


def told(*args, **kwargs):
    found = ruling(*args, **kwargs)
    return found.access, {ground.code for ground in found.grounds}


def private(person):
    return {"employee": "", "unit": "", "provider": "", "commission": "", "purpose": "", "person": person}


@pytest.mark.spec(REGULATION, "6(1)")
@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (PHYSICIAN, (RELATION, {"no-window"})),
        ({"employee": NURSE, "licences": ("SJ",)}, (REFUSED, {"not-a-physician"})),
        ({"employee": "", "provider": ""}, (REFUSED, {"commission-missing"})),
        ({"provider": "", "licences": ("LK",)}, (REFUSED, {"commission-missing"})),
        ({**PHYSICIAN, "purpose": "Forskning"}, (REFUSED, {"purpose-unknown"})),
        ({**PHYSICIAN, "purpose": ""}, (REFUSED, {"purpose-unknown"})),
        ({**PHYSICIAN, "purpose": Purpose.QUALITY_REGISTRY}, (REFUSED, {"purpose-unknown"})),
    ],
)
def test_nobody_sees_more_than_the_care_at_hand_needs(who, expected):
    assert told(**who) == expected


@pytest.mark.spec(REGULATION, "6(3)")
@pytest.mark.parametrize("who", [{"employee": NURSE}, {**PHYSICIAN, "licences": ("SJ",)}])
def test_a_window_is_a_physicians(who):
    assert told(TurkishFacts(family_physician=who["employee"], visits=(VISITED,)), **who) == (
        REFUSED,
        {"not-a-physician"},
    )


@pytest.mark.spec(REGULATION, "6(3)a")
@pytest.mark.parametrize("now", [0, NOW, NOW + 50 * 365 * DAY])
def test_the_family_physician_sees_without_limit_in_time(now):
    assert told(TurkishFacts(family_physician=DOCTOR), now=now) == (PERMITTED, {"family-physician"})


@pytest.mark.spec(REGULATION, "6(3)a")
def test_another_than_the_family_physician_does_not():
    assert told(TurkishFacts(family_physician=NURSE)) == (RELATION, {"no-window"})
    assert told(TurkishFacts(family_physician="")) == (RELATION, {"no-window"})


@pytest.mark.spec(REGULATION, "6(3)b")
@pytest.mark.parametrize(
    ("now", "linked", "access"),
    [
        pytest.param(istanbul(2026, 3, 9, 23, 59, 59), (), RELATION, id="a second before the day"),
        pytest.param(istanbul(2026, 3, 10), (), PERMITTED, id="the day's first second"),
        pytest.param(istanbul(2026, 3, 10, 23, 59, 59), (), PERMITTED, id="its last"),
        pytest.param(istanbul(2026, 3, 11), (), RELATION, id="midnight after it"),
        pytest.param(istanbul(2026, 3, 11), (TREATED,), PERMITTED, id="linked work goes on past midnight"),
        pytest.param(istanbul(2026, 4, 1), (TREATED,), PERMITTED, id="and for weeks"),
        pytest.param(istanbul(2026, 3, 9), (TREATED,), RELATION, id="but never before the day"),
        pytest.param(istanbul(2026, 3, 14), (until(3, 14, 0, 0, 1),), PERMITTED, id="a second before its end"),
        pytest.param(istanbul(2026, 3, 14), (until(3, 14),), RELATION, id="at its end"),
        pytest.param(istanbul(2026, 3, 14), (until(3, 12), TREATED), PERMITTED, id="one of two goes on"),
        pytest.param(istanbul(2026, 3, 10, 15), (until(3, 10, 12),), RELATION, id="ended on the day itself"),
        pytest.param(istanbul(2027, 3, 10), ((istanbul(2027, 3, 10), None),), RELATION, id="begun a year later"),
        pytest.param(istanbul(2026, 3, 11), ((istanbul(2026, 3, 11), None),), RELATION, id="begun as the day was over"),
        pytest.param(
            istanbul(2026, 3, 11), ((istanbul(2026, 3, 10, 23, 59, 59), None),), PERMITTED, id="in its last second"
        ),
        pytest.param(
            istanbul(2026, 4, 1),
            (until(3, 14), (istanbul(2026, 3, 13), None)),
            PERMITTED,
            id="begun while another held it open",
        ),
        pytest.param(
            istanbul(2026, 4, 1), (until(3, 14), (istanbul(2026, 3, 14), None)), RELATION, id="begun as the other ended"
        ),
        pytest.param(
            istanbul(2026, 3, 10, 15), ((istanbul(2026, 3, 2), istanbul(2026, 3, 9)),), PERMITTED, id="over before"
        ),
        pytest.param(istanbul(2026, 3, 12), ((istanbul(2026, 3, 9), None),), RELATION, id="begun before the day"),
        pytest.param(
            istanbul(2026, 3, 10, 15), ((istanbul(2026, 3, 10, 9),) * 2,), PERMITTED, id="a mistake, voided at once"
        ),
    ],
)
def test_a_booked_physician_sees_on_the_day_until_linked_processes_end(now, linked, access):
    processes = tuple(LinkedProcess(str(n), *times) for n, times in enumerate(linked))
    booked = Appointment("a", DOCTOR, date(2026, 3, 10), processes)
    assert ruling(TurkishFacts(appointments=(booked,)), now=now).access is access


@pytest.mark.spec(REGULATION, "6(3)b")
@pytest.mark.parametrize(
    ("day", "first", "after"),
    [
        pytest.param(date(2024, 2, 29), istanbul(2024, 2, 29), istanbul(2024, 3, 1), id="leap day"),
        pytest.param(date(2016, 3, 27), istanbul(2016, 3, 27), istanbul(2016, 3, 28), id="clocks went forward"),
        pytest.param(date(2015, 11, 8), istanbul(2015, 11, 8), istanbul(2015, 11, 9), id="clocks went back"),
        pytest.param(date(2026, 3, 29), istanbul(2026, 3, 29), istanbul(2026, 3, 30), id="changed in Sweden only"),
        pytest.param(date(2026, 12, 31), istanbul(2026, 12, 31), istanbul(2027, 1, 1), id="new year"),
    ],
)
def test_a_day_is_one_of_the_turkish_calendar(day, first, after):
    tr = TurkishFacts(appointments=(Appointment("a", DOCTOR, day),))
    seen_at = [ruling(tr, now=now).access is PERMITTED for now in (first - 1, first, after - 1, after)]
    assert seen_at == [False, True, True, False]


def test_days_had_23_and_25_hours_when_clocks_changed():
    assert istanbul(2016, 3, 28) - istanbul(2016, 3, 27) == 23 * HOUR
    assert istanbul(2015, 11, 9) - istanbul(2015, 11, 8) == 25 * HOUR


@pytest.mark.spec(REGULATION, "6(3)b")
def test_an_appointment_is_with_the_physician_it_names():
    booked = Appointment("a", "SE2321000016-E9", date(2026, 9, 21), (LinkedProcess("p", NOW - HOUR),))
    assert told(TurkishFacts(appointments=(booked,))) == (RELATION, {"no-window"})


@pytest.mark.spec(REGULATION, "6(3)c")
@pytest.mark.parametrize(
    ("since", "place", "access"),
    [
        pytest.param(0, PROVIDER, PERMITTED, id="this second"),
        pytest.param(-1, PROVIDER, RELATION, id="a second to come"),
        pytest.param(24 * HOUR - 1, PROVIDER, PERMITTED, id="24 hours less a second"),
        pytest.param(24 * HOUR, PROVIDER, RELATION, id="24 hours"),
        pytest.param(HOUR, UNIT, PERMITTED, id="at the physician's unit"),
        pytest.param(HOUR, "SE2321000016-U2", RELATION, id="at another unit"),
        pytest.param(HOUR, OTHER_PROVIDER, RELATION, id="at another provider"),
        pytest.param(HOUR, "", RELATION, id="nowhere"),
    ],
)
def test_the_physicians_where_the_person_came_in_see_for_24_hours(since, place, access):
    assert ruling(TurkishFacts(visits=(Visit("v", place, NOW - since),))).access is access


@pytest.mark.spec(REGULATION, "6(3)c")
def test_24_hours_are_hours_of_time_also_over_a_change_of_clocks():
    came = istanbul(2016, 3, 26, 12)
    tr = TurkishFacts(visits=(Visit("v", PROVIDER, came),))
    assert ruling(tr, now=istanbul(2016, 3, 27, 12, 59, 59)).access is PERMITTED
    assert ruling(tr, now=istanbul(2016, 3, 27, 13)).access is RELATION


@pytest.mark.spec(REGULATION, "6(3)ç")
@pytest.mark.parametrize(
    ("admitted", "discharged", "access"),
    [
        (NOW, None, PERMITTED),
        (NOW + 1, None, RELATION),
        (NOW - 90 * DAY, None, PERMITTED),
        (NOW - DAY, NOW + 1, PERMITTED),
        (NOW - DAY, NOW, RELATION),
        (NOW - DAY, NOW - DAY, RELATION),
        (NOW - DAY, NOW - 2 * DAY, RELATION),
    ],
)
def test_the_physicians_of_the_ward_see_until_discharge(admitted, discharged, access):
    assert ruling(TurkishFacts(stays=(Stay("s", PROVIDER, admitted, discharged),))).access is access


@pytest.mark.spec(REGULATION, "6(3)ç")
def test_a_discharge_takes_effect_between_two_questions():
    before, after = Stay("s", UNIT, NOW - DAY), Stay("s", UNIT, NOW - DAY, NOW)
    assert ruling(TurkishFacts(stays=(before,))).access is PERMITTED
    assert ruling(TurkishFacts(stays=(after,))).access is RELATION


@pytest.mark.spec(REGULATION, "6(3)")
def test_every_window_that_stands_is_told():
    booked = Appointment("booked", DOCTOR, date(2026, 9, 21), (LinkedProcess("p", NOW - HOUR),))
    tr = TurkishFacts(DOCTOR, None, (booked,), (VISITED,), (Stay("stay", UNIT, NOW - DAY),))
    grounds = {(ground.code, ground.about) for ground in ruling(tr).grounds}
    assert grounds == {("family-physician", ""), ("appointment", "booked"), ("visit", "visit"), ("stay", "stay")}


@pytest.mark.spec(REGULATION, "6(2)")
@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, (PERMITTED, {"visit"})),
        (PrivacyChoice(), (PERMITTED, {"visit"})),
        (PrivacyChoice(frozenset({Window.VISIT})), (PERMITTED, {"visit"})),
        (PrivacyChoice(frozenset({Window.FAMILY})), (BLOCKED, {"privacy-choice"})),
        (PrivacyChoice(frozenset()), (BLOCKED, {"privacy-choice"})),
        (PrivacyChoice(frozenset({Window.ANY_PHYSICIAN})), (PERMITTED, {"privacy-choice-open"})),
    ],
)
def test_the_persons_own_choice_decides_which_windows_are_open(choice, expected):
    assert told(TurkishFacts(choice=choice, visits=(VISITED,))) == expected


@pytest.mark.spec(REGULATION, "6(2)")
def test_any_physician_sees_what_a_person_left_open_to_all_and_a_nurse_does_not():
    tr = TurkishFacts(choice=PrivacyChoice(frozenset({Window.ANY_PHYSICIAN})))
    assert told(tr) == (PERMITTED, {"privacy-choice-open"})
    assert told(tr, employee=NURSE, licences=("SJ",)) == (REFUSED, {"not-a-physician"})


@pytest.mark.spec(REGULATION, "6(2)")
@pytest.mark.parametrize(
    ("stands", "expected"),
    [
        ((outer(),), (BLOCKED, {"privacy-block"})),
        ((outer(), emergency()), (BLOCKED, {"privacy-block"})),
        ((outer(), relation()), (BLOCKED, {"privacy-block"})),
        ((outer(lifts=(lift(),)),), (PERMITTED, {"block-lifted", "visit"})),
        ((outer(lifts=(lift(reason=LiftReason.EMERGENCY),)),), (PERMITTED, {"block-lifted", "visit"})),
        ((outer(lifts=(lift(NOW),)),), (BLOCKED, {"privacy-block"})),
        ((inner(),), (PERMITTED, {"visit"})),
    ],
)
def test_a_block_is_a_privacy_choice_that_no_window_opens(stands, expected):
    assert told(TurkishFacts(visits=(VISITED,)), stands=stands) == expected


def test_emergency_access_is_unknown_to_the_regulation_and_opens_nothing():
    assert told(stands=(emergency(),)) == (RELATION, {"no-window"})


HIDDEN = PrivacyChoice(hidden=True)


@pytest.mark.spec(REGULATION, "6(5)")
@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((), (CONSENT, {"code-needed"})),
        ((CodeEntry("c", DOCTOR, NOW, NOW + 1),), (PERMITTED, {"code-shared", "visit"})),
        ((CodeEntry("c", DOCTOR, NOW + 1, NOW + HOUR),), (CONSENT, {"code-needed"})),
        ((CodeEntry("c", DOCTOR, NOW - HOUR, NOW),), (CONSENT, {"code-needed"})),
        ((CodeEntry("c", NURSE, NOW, NOW + HOUR),), (CONSENT, {"code-needed"})),
    ],
)
def test_a_hidden_history_opens_with_the_code_that_the_person_shared(codes, expected):
    assert told(TurkishFacts(choice=HIDDEN, codes=codes, visits=(VISITED,))) == expected


@pytest.mark.spec(REGULATION, "6(5)")
def test_the_code_is_the_physicians_way_in_without_a_window():
    tr = TurkishFacts(choice=HIDDEN, codes=(CodeEntry("c", DOCTOR, NOW, NOW + 1),))
    assert told(tr) == (PERMITTED, {"code-shared"})
    assert told(TurkishFacts(choice=HIDDEN)) == (CONSENT, {"code-needed", "no-window"})


@pytest.mark.spec(REGULATION, "6(5)")
def test_the_code_opens_what_the_person_shut():
    shut = PrivacyChoice(frozenset(), hidden=True)
    assert told(TurkishFacts(choice=shut, visits=(VISITED,))) == (BLOCKED, {"privacy-choice", "code-needed"})
    tr = TurkishFacts(choice=shut, visits=(VISITED,), codes=(CodeEntry("c", DOCTOR, NOW, NOW + 1),))
    assert told(tr) == (PERMITTED, {"code-shared"})


@pytest.mark.spec(REGULATION, "6(5)")
@pytest.mark.parametrize(
    ("row", "access"),
    [
        pytest.param(resource(recorded=Period(NOW - HOUR, NOW)), PERMITTED, id="recorded at this visit"),
        pytest.param(resource(recorded=Period(NOW - HOUR - 1, NOW)), CONSENT, id="begun before it"),
        pytest.param(resource(recorded=Period()), CONSENT, id="nobody knows when"),
        pytest.param(foreign(recorded=Period(NOW, NOW)), CONSENT, id="recorded elsewhere meanwhile"),
    ],
)
def test_what_is_hidden_is_the_past_and_not_what_this_visit_records(row, access):
    assert ruling(TurkishFacts(choice=HIDDEN, visits=(VISITED,)), row).access is access


@pytest.mark.spec(REGULATION, "6(5)")
def test_a_family_physician_has_no_episode_and_needs_the_code_for_everything():
    row = resource(recorded=Period(NOW, NOW))
    assert ruling(TurkishFacts(DOCTOR, HIDDEN), row).access is CONSENT


@pytest.mark.spec(REGULATION, "6(6)")
@pytest.mark.parametrize(
    ("kind", "licences", "access"),
    [
        ("psy", ("LK",), REFUSED),
        ("psy", ("LK", "PS"), PERMITTED),
        ("hiv", ("LK", "PS"), REFUSED),
        ("und", ("LK",), PERMITTED),
        ("", ("LK",), PERMITTED),
    ],
)
def test_classes_of_higher_privacy_ask_for_more_than_a_window(kind, licences, access):
    tr = TurkishFacts(visits=(VISITED,), restrictions=(Restriction("psy", frozenset({"PS"})), Restriction("hiv")))
    assert ruling(tr, foreign(type=kind), employee=DOCTOR, licences=licences).access is access


def named(employee=NURSE, **changed):
    return Authorisation(**{"id": employee, "unit": UNIT, "employee": employee, "named_by": "head", "at": 0, **changed})


@pytest.mark.spec(REGULATION, "6(6)")
@pytest.mark.parametrize(
    ("licences", "access"), [(("LK", "PS"), PERMITTED), (("LK",), REFUSED), (("LK", "PS", "PT"), PERMITTED)]
)
def test_of_a_class_that_was_restricted_twice_both_hold(licences, access):
    both = (Restriction("psy", frozenset({"PS", "PT"})), Restriction("psy", frozenset({"PS", "LK"})))
    found = ruling(
        TurkishFacts(visits=(VISITED,), restrictions=both), foreign(type="psy"), employee=DOCTOR, licences=licences
    )
    assert found.access is access


@pytest.mark.spec(REGULATION, "7(1)")
@pytest.mark.parametrize(
    ("given", "access"),
    [
        ((), REFUSED),
        ((named(),), PERMITTED),
        ((named("SE2321000016-E9"),), REFUSED),
        ((named(unit="SE2321000016-U9"),), REFUSED),
        ((named(at=NOW),), PERMITTED),
        ((named(at=NOW + 1),), REFUSED),
        ((named(revoked_at=NOW + 1),), PERMITTED),
        ((named(revoked_at=NOW),), REFUSED),
        ((named("a"), named("b"), named(at=1)), PERMITTED),
        ((named("a"), named("b"), named("c"), named(at=1)), REFUSED),
        ((named("a"), named("b"), named("c", revoked_at=1), named(at=1)), PERMITTED),
    ],
)
def test_the_ministrys_people_are_named_and_three_of_a_unit_at_most(given, access):
    assert ruling(TurkishFacts(authorisations=given), employee=NURSE, purpose=Purpose.ADMINISTRATION).access is access


@pytest.mark.spec(REGULATION, "7(2)")
@pytest.mark.parametrize(
    ("purpose", "access"),
    [
        (Purpose.ADMINISTRATION, PERMITTED),
        (Purpose.STATISTICS, PERMITTED),
        (Purpose.QUALITY, PERMITTED),
        (Purpose.OTHER_DOCUMENTATION, REFUSED),
        (Purpose.CARE, REFUSED),
    ],
)
def test_an_authorisation_serves_planning_and_supervision_alone_whatever_is_blocked(purpose, access):
    tr = TurkishFacts(authorisations=(named(),), choice=HIDDEN)
    assert ruling(tr, stands=(outer(),), employee=NURSE, purpose=purpose).access is access


CHILD, GROWN = Patient("child", CHILD_BORN), Patient("child", "1990-01-01")


@pytest.mark.spec(REGULATION, "8(1)")
@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ChildChoice(), (PERMITTED, {"parent"})),
        (ChildChoice(able_to_judge=True), (PERMITTED, {"parent"})),
        (ChildChoice(asks_permission=True), (PERMITTED, {"parent"})),
        (ChildChoice(able_to_judge=True, asks_permission=True), (CONSENT, {"child-permission-needed"})),
        (ChildChoice(True, True, frozenset({MOTHER})), (PERMITTED, {"parent"})),
        (ChildChoice(True, True, frozenset({"father"})), (CONSENT, {"child-permission-needed"})),
    ],
)
def test_parents_see_their_childs_information_unless_a_child_able_to_judge_asks_for_permission(choice, expected):
    tr = TurkishFacts(parents=(Parent(MOTHER),), child=choice)
    assert told(tr, patient=CHILD, **private(MOTHER)) == expected


@pytest.mark.spec(REGULATION, "8(1)")
@pytest.mark.parametrize(
    ("born", "now", "expected"),
    [
        (CHILD_BORN, istanbul(2028, 5, 4, 23, 59, 59), (PERMITTED, {"parent"})),
        (CHILD_BORN, istanbul(2028, 5, 5), (REFUSED, {"of-age"})),
        ("2008-02-29", istanbul(2026, 2, 27, 23, 59, 59), (PERMITTED, {"parent"})),
        ("2008-02-29", istanbul(2026, 2, 28), (REFUSED, {"of-age"})),
        ("", NOW, (REFUSED, {"of-age"})),
        ("2010-13-01", NOW, (REFUSED, {"of-age"})),
    ],
)
def test_a_parents_right_ends_on_the_childs_eighteenth_birthday(born, now, expected):
    tr = TurkishFacts(parents=(Parent(MOTHER),))
    assert told(tr, now=now, patient=Patient("child", born), **private(MOTHER)) == expected


@pytest.mark.spec(REGULATION, "8(2)")
@pytest.mark.parametrize(
    ("parents", "limits", "choice", "expected"),
    [
        ((Parent(MOTHER, custody=False),), {"vac"}, ChildChoice(), (PERMITTED, {"parent-without-custody"})),
        ((Parent(MOTHER, custody=False),), {"lab"}, ChildChoice(), (REFUSED, {"beyond-custody"})),
        ((Parent(MOTHER, custody=False),), (), ChildChoice(), (REFUSED, {"beyond-custody"})),
        ((Parent(MOTHER, custody=False), Parent(MOTHER)), (), ChildChoice(), (REFUSED, {"beyond-custody"})),
        (
            (Parent(MOTHER, custody=False),),
            {"vac"},
            ChildChoice(able_to_judge=True, asks_permission=True),
            (CONSENT, {"child-permission-needed"}),
        ),
    ],
)
def test_a_parent_without_custody_sees_what_the_directorate_allows(parents, limits, choice, expected):
    tr = TurkishFacts(parents=parents, noncustodial_types=frozenset(limits), child=choice)
    assert told(tr, foreign(type="vac"), patient=CHILD, **private(MOTHER)) == expected


@pytest.mark.spec(REGULATION, "8(2)")
def test_custody_lost_takes_effect_at_once():
    before, after = TurkishFacts(parents=(Parent(MOTHER),)), TurkishFacts(parents=(Parent(MOTHER, custody=False),))
    assert [ruling(tr, patient=CHILD, **private(MOTHER)).access for tr in (before, after)] == [PERMITTED, REFUSED]


@pytest.mark.spec(REGULATION, "6(5)")
def test_what_the_child_hid_from_everybody_and_what_was_blocked_is_hidden_from_parents_too():
    parents = (Parent(MOTHER),)
    assert told(TurkishFacts(choice=HIDDEN, parents=parents), patient=CHILD, **private(MOTHER)) == (
        BLOCKED,
        {"history-hidden"},
    )
    blocked = told(TurkishFacts(parents=parents), stands=(outer(),), patient=CHILD, **private(MOTHER))
    assert blocked == (BLOCKED, {"privacy-block"})


@pytest.mark.spec(REGULATION, "10(1)")
@pytest.mark.parametrize(
    ("tr", "patient"),
    [
        pytest.param(TurkishFacts(child=ChildChoice(able_to_judge=True, asks_permission=True)), CHILD, id="not asked"),
        pytest.param(TurkishFacts(), GROWN, id="of a grown child"),
        pytest.param(TurkishFacts(choice=HIDDEN), CHILD, id="of what was hidden"),
    ],
)
def test_a_parent_who_is_the_lawyer_too_sees_as_the_lawyer(tr, patient):
    both = replace(tr, parents=(Parent(MOTHER),), powers=(LawyersPower("power", MOTHER, special=True),))
    access, codes = told(both, patient=patient, **private(MOTHER))
    assert access is PERMITTED
    assert "special-power" in codes


@pytest.mark.spec(REGULATION, "8(1)")
def test_of_a_grown_child_there_is_nothing_to_ask_permission_for():
    choice = ChildChoice(able_to_judge=True, asks_permission=True)
    tr = TurkishFacts(parents=(Parent(MOTHER),), child=choice)
    assert told(tr, patient=GROWN, **private(MOTHER)) == (REFUSED, {"of-age"})


@pytest.mark.spec(REGULATION, "6(6)")
def test_classes_of_higher_privacy_are_about_care_staff_and_not_about_parents():
    tr = TurkishFacts(parents=(Parent(MOTHER),), restrictions=(Restriction("psy", frozenset({"PS"})),))
    assert told(tr, foreign(type="psy"), patient=CHILD, **private(MOTHER)) == (PERMITTED, {"parent"})


@pytest.mark.spec(REGULATION, "9(1)")
@pytest.mark.parametrize("person", ["sister", "anybody"])
def test_other_relatives_open_nothing_themselves(person):
    tr = TurkishFacts(parents=(Parent(MOTHER),), heirs=(Heir(person, "certificate"),))
    assert told(tr, patient=CHILD, **private(person)) == (REFUSED, {"no-right"})


def power(**changed):
    return LawyersPower(**{"id": "power", "lawyer": LAWYER, "special": True, "period": Period(NOW, NOW), **changed})


@pytest.mark.spec(REGULATION, "10(1)")
@pytest.mark.parametrize(
    ("powers", "expected"),
    [
        ((power(),), (PERMITTED, {"special-power"})),
        ((power(special=False),), (REFUSED, {"general-power"})),
        ((power(special=False), power(id="second")), (PERMITTED, {"special-power"})),
        ((power(period=Period(NOW + 1, None)),), (REFUSED, {"no-right"})),
        ((power(period=Period(None, NOW - 1)),), (REFUSED, {"no-right"})),
        ((power(period=Period(NOW + 1, NOW - 1)),), (REFUSED, {"no-right"})),
        ((power(lawyer="another"),), (REFUSED, {"no-right"})),
    ],
)
def test_a_lawyer_needs_a_power_with_the_special_clause(powers, expected):
    assert told(TurkishFacts(powers=powers), **private(LAWYER)) == expected


@pytest.mark.spec(REGULATION, "10(1)")
def test_a_special_power_is_the_persons_express_word_about_a_hidden_history():
    assert told(TurkishFacts(powers=(power(),), choice=HIDDEN), **private(LAWYER)) == (PERMITTED, {"special-power"})


@pytest.mark.spec(REGULATION, "11(1)")
@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ("daughter", (PERMITTED, {"heir"})),
        ("son", (REFUSED, {"certificate-missing"})),
        (MOTHER, (REFUSED, {"no-right"})),
        (LAWYER, (REFUSED, {"no-right"})),
    ],
)
def test_each_heir_of_the_dead_sees_alone_by_certificate_and_powers_and_parents_rights_ended(person, expected):
    tr = TurkishFacts(
        parents=(Parent(MOTHER),), powers=(power(),), heirs=(Heir("daughter", "veraset"), Heir("son")), choice=HIDDEN
    )
    assert told(tr, patient=Patient("child", CHILD_BORN, deceased=True), **private(person)) == expected


def test_the_person_sees_what_is_their_own_whatever_they_hid_or_blocked():
    tr = TurkishFacts(choice=HIDDEN, orders=(SecrecyOrder("o", 0),))
    assert told(tr, stands=(outer(),), **private("anna")) == (PERMITTED, {"own-information"})


@pytest.mark.spec(REGULATION, "12(1)")
@pytest.mark.parametrize(
    ("order", "hidden"),
    [
        (SecrecyOrder("o", NOW), True),
        (SecrecyOrder("o", NOW + 1), False),
        (SecrecyOrder("o", 0, lifted_at=NOW + 1), True),
        (SecrecyOrder("o", 0, lifted_at=NOW), False),
        (SecrecyOrder("o", 0, frozenset({DOCTOR})), False),
        (SecrecyOrder("o", 0, frozenset({NURSE, ""})), True),
    ],
)
def test_what_a_court_hid_is_hidden_from_all_but_those_who_must_know(order, hidden):
    tr = TurkishFacts(DOCTOR, orders=(order,))
    found = ruling(tr)
    assert (found.hidden, found.access) == (hidden, REFUSED if hidden else PERMITTED)
    assert seen((found,)) == (() if hidden else (found,))


@pytest.mark.spec(REGULATION, "12(1)")
def test_an_order_is_all_that_the_log_is_told_of_what_it_hides():
    tr = TurkishFacts(orders=(SecrecyOrder("o", 0, frozenset({LAWYER})),), powers=(power(),), parents=(Parent(MOTHER),))
    found = ruling(tr, stands=(outer(),))
    assert [(ground.code, ground.about) for ground in found.grounds] == [("hidden-by-court", "o")]
    assert not ruling(tr, **private(LAWYER)).hidden
    assert ruling(tr, patient=CHILD, **private(MOTHER)).hidden


@pytest.mark.spec(REGULATION, "12(1)")
def test_a_second_order_has_its_own_list():
    first, second = SecrecyOrder("first", 0, frozenset({DOCTOR})), SecrecyOrder("second", 0)
    assert ruling(TurkishFacts(DOCTOR, orders=(first, second))).hidden


@pytest.mark.spec(REGULATION, "21(2)")
@pytest.mark.parametrize("purpose", [Purpose.CARE, Purpose.ADMINISTRATION])
def test_misuse_takes_every_way_in_at_once(purpose):
    tr = TurkishFacts(
        DOCTOR,
        visits=(VISITED,),
        codes=(CodeEntry("c", DOCTOR, NOW, NOW + 1),),
        authorisations=(named(DOCTOR),),
        misusers=frozenset({DOCTOR}),
    )
    assert told(tr, **PHYSICIAN, purpose=purpose) == (REFUSED, {"authorisations-revoked"})


@pytest.mark.parametrize(
    ("row", "code"),
    [(foreign(recorded=Period(NOW, NOW - 1)), "inverted-period"), (foreign(provider=""), "provider-missing")],
)
def test_a_row_that_cannot_be_judged_is_refused(row, code):
    access, codes = told(TurkishFacts(DOCTOR), row)
    assert access is REFUSED
    assert code in codes


def test_facts_of_another_rule_set_are_an_error_and_not_nothing():
    with pytest.raises(TypeError, match="tr: str"):
        ruling("no facts")
