"""Blocks are told of in steps: that there is one, where, and then what it closed (facts/sweden 7.5, 10 row 27)."""

from dataclasses import replace

import pytest

from tests.support.care import (
    FOREIGN_UNIT,
    NOW,
    OTHER_PROVIDER,
    OTHER_UNIT,
    PROVIDER,
    emergency,
    facts,
    inner,
    lift,
    outer,
    provider,
    question,
)
from trust_framework.block_reveal import Level, Place, reveal, taken

THERE, HERE = Place(OTHER_PROVIDER), Place(PROVIDER, OTHER_UNIT)
pytestmark = pytest.mark.spec("facts/sweden", "10, row 27")


def told(*stands, before=Level.NOTHING, now=NOW, lifts_by_others=False, **who):
    known = facts(*stands, providers=(provider(OTHER_PROVIDER, outer_lift_by_others=lifts_by_others),))
    return reveal(question(**who), known, before, now)


def test_where_nothing_is_blocked_there_is_nothing_to_tell():
    assert told(emergency(), before=Level.WHERE).level is Level.NOTHING
    assert told(inner("SE2321000016-U1"), outer(PROVIDER), emergency()).level is Level.NOTHING


def test_a_block_that_is_lifted_for_whoever_asks_is_none():
    assert told(inner(lifts=(lift(),))).level is Level.NOTHING


def test_that_something_is_blocked_may_always_be_told_and_not_where():
    for before in Level:
        found = told(inner(), outer(), before=before)
        assert (found.level, found.places, found.opened, found.closed_places) == (Level.EXISTS, (), (), ())


def test_where_it_is_may_be_told_in_an_emergency_alone():
    found = told(inner(), outer(), emergency(), before=Level.EXISTS)
    assert (found.level, found.places, found.opened) == (Level.WHERE, (HERE, THERE), ())


def test_what_is_said_was_told_may_take_a_step_back_and_none_ahead_of_the_record():
    for said in Level:
        for recorded in Level:
            assert taken(said, recorded) <= recorded
            assert taken(said, recorded) == (min(recorded, said))


def test_no_step_is_skipped():
    levels = [Level.NOTHING]
    for _ in range(4):
        levels.append(told(inner(), emergency(), before=levels[-1]).level)
    assert levels == [Level.NOTHING, Level.EXISTS, Level.WHERE, Level.OPEN, Level.OPEN]


def test_the_last_step_opens_the_own_providers_blocks_and_says_whose_the_others_are_to_lift():
    found = told(inner(), outer(), emergency(), before=Level.WHERE)
    assert (found.level, found.opened, found.closed_places) == (Level.OPEN, ("inner",), (THERE,))


def test_another_providers_block_opens_where_that_provider_lets_others_lift():
    assert told(outer(), emergency(), before=Level.WHERE).level is Level.WHERE
    assert told(outer(), emergency(), before=Level.WHERE).closed_places == (THERE,)
    found = told(outer(), emergency(), before=Level.WHERE, lifts_by_others=True)
    assert (found.level, found.opened, found.closed_places) == (Level.OPEN, ("outer",), ())


def test_two_blocks_of_a_place_are_one_place():
    second = replace(outer(), id="second")
    theirs = inner(FOREIGN_UNIT, OTHER_PROVIDER)
    found = told(outer(), second, theirs, emergency(), before=Level.EXISTS)
    assert found.places == (THERE, Place(OTHER_PROVIDER, FOREIGN_UNIT))


def test_an_emergency_that_is_over_takes_the_steps_back():
    over = emergency(until=NOW + 10)
    assert told(inner(), over, before=Level.WHERE, now=NOW + 9).level is Level.OPEN
    assert told(inner(), over, before=Level.WHERE, now=NOW + 10).level is Level.EXISTS
