"""Consents, relations and emergency access: whose they are, when they hold, and what is too much."""

from dataclasses import replace

import pytest

from tests.support.care import (
    ANNA,
    DAY,
    DOCTOR,
    HOUR,
    NOW,
    NURSE,
    OTHER_PROVIDER,
    OTHER_UNIT,
    UNIT,
    act,
    actor,
    consent,
    emergency,
    inner,
    outer,
    relation,
)
from trust_framework import emergency as emergencies
from trust_framework.care import Period, Purpose, Switches, current
from trust_framework.care_consents import ConsentType, consent_for
from trust_framework.care_relations import relation_for

KINDS = [(consent, consent_for), (relation, relation_for)]


@pytest.mark.spec("TKB consent", "CheckConsent")
@pytest.mark.parametrize(("make", "check"), KINDS)
@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({}, True),
        ({"employee": NURSE}, True),
        ({"employee": DOCTOR}, False),
        ({"unit": OTHER_UNIT}, False),
        ({"unit": ""}, False),
        ({"provider": OTHER_PROVIDER}, False),
        ({"cancelled": act()}, False),
        ({"deleted": act()}, False),
        ({"period": Period()}, True),
        ({"period": Period(NOW, NOW)}, True),
        ({"period": Period(NOW + 1, None)}, False),
        ({"period": Period(None, NOW - 1)}, False),
        ({"period": Period(NOW + 1, NOW - 1)}, False),
    ],
)
def test_whose_it_is_and_when_it_holds(make, check, changed, holds):
    entry = make(**changed)
    assert check([entry], actor(), NOW) == (entry if holds else None)


@pytest.mark.parametrize(("make", "check"), KINDS)
def test_whoever_acts_at_no_unit_has_none(make, check):
    assert check([make(), make(unit="")], actor(unit=""), NOW) is None


LEAP_DAY = 1_835_395_200  # 2028-02-29T00:00:00Z

OVERLAPPING = {
    "side by side": [(0, 4), (5, 9)],
    "overlapping": [(0, 6), (4, 9)],
    "one in the other": [(0, 9), (3, 4)],
    "a gap": [(0, 3), (6, 9)],
    "one turned round": [(9, 0), (2, 7)],
    "without an end, and over": [(5, None), (0, 1)],
    "one instant twice": [(3, 3), (3, 3)],
}


@pytest.mark.parametrize(("make", "check"), KINDS)
@pytest.mark.parametrize("periods", OVERLAPPING.values(), ids=OVERLAPPING)
@pytest.mark.parametrize("unit", [1, HOUR, DAY])
def test_of_several_periods_any_is_enough_on_a_leap_day_too(make, check, periods, unit):
    spans = [Period(LEAP_DAY + at * unit, None if to is None else LEAP_DAY + to * unit) for at, to in periods]
    entries = [make(id=str(place), period=span) for place, span in enumerate(spans)]
    for step in range(-1, 11):
        now = LEAP_DAY + step * unit
        held = [entry for entry in entries if entry.period.first <= now <= entry.period.last]
        for order in (entries, entries[::-1]):
            assert (check(order, actor(), now) in held) if held else check(order, actor(), now) is None


@pytest.mark.parametrize(("make", "check"), KINDS)
def test_one_of_two_that_is_ended_leaves_the_other(make, check):
    older, newer = make(id="older", registered=act(NOW - 9)), make(id="newer", registered=act(NOW - 5))
    assert check([older, newer], actor(), NOW) == newer
    for end in ("cancelled", "deleted"):
        ended = replace(newer, **{end: act()})
        assert check([older, ended], actor(), NOW) == older


@pytest.mark.parametrize(
    ("changed", "lasts"),
    [
        ({"period": Period()}, True),
        ({"period": Period(None, NOW)}, True),
        ({"period": Period(None, NOW - 1)}, False),
        ({"period": Period(NOW + 5, NOW + 9)}, True),
        ({"cancelled": act()}, False),
        ({"deleted": act()}, False),
    ],
)
@pytest.mark.parametrize("make", [consent, relation])
def test_what_lasts_is_not_over_and_may_begin_later(make, changed, lasts):
    assert current(make(**changed), NOW) is lasts


@pytest.mark.spec("TKB consent", "CheckConsent")
def test_the_answer_has_the_type_of_the_latest_registered():
    given = consent(id="given", registered=act(NOW - 10))
    forced = consent(id="forced", registered=act(NOW - 5), type=ConsentType.EMERGENCY)
    ended = consent(id="ended", registered=act(NOW), cancelled=act())
    for several in ([given, forced, ended], [ended, forced, given]):
        found = consent_for(several, actor(), NOW)
        assert found is not None
        assert found.type is ConsentType.EMERGENCY


def test_of_two_registered_at_once_one_is_the_answer_in_whatever_order():
    one, other = relation(id="a"), relation(id="b")
    assert relation_for([one, other], actor(), NOW) == relation_for([other, one], actor(), NOW) == other


def test_a_provider_allows_fewer_hours_and_never_more_than_24():
    assert emergencies.longest(Switches(emergency_hours=4)) == 4 * HOUR
    assert emergencies.longest(Switches(emergency_hours=100)) == 24 * HOUR


def test_of_two_that_stand_the_one_that_ends_last_is_told():
    short, long = emergency(id="a", until=NOW + 1), emergency(id="b", until=NOW + 2)
    assert emergencies.emergency_for([long, short], actor(), ANNA, Switches(), NOW) == long


def test_emergency_access_is_for_care():
    who = actor(purpose=Purpose.ADMINISTRATION)
    assert emergencies.emergency_for([emergency(actor=who)], who, ANNA, Switches(), NOW) is None


@pytest.mark.parametrize(
    ("block", "switches", "opens"),
    [
        (inner(), Switches(), True),
        (outer(), Switches(), False),
        (outer(), Switches(outer_lift_by_others=True), True),
        (inner(UNIT, OTHER_PROVIDER), Switches(), False),
    ],
)
def test_which_blocks_emergency_access_can_open(block, switches, opens):
    assert emergencies.may_open(block, actor(), switches) is opens


@pytest.mark.spec("facts/threats", "CB-05")
def test_more_than_three_openings_of_one_person_within_24_hours_are_an_alarm():
    assert [count for count in range(6) if emergencies.too_many(count)] == [4, 5]
    assert emergencies.counted_since(NOW) == NOW - DAY
