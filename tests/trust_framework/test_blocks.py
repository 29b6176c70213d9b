"""What a block closes to whom: CheckBlocks row by row (TKB blocking 4.0.4; facts/sweden 7.2)."""

from datetime import UTC, datetime

import pytest

from tests.support.care import (
    DAY,
    DOCTOR,
    FOREIGN_UNIT,
    HOUR,
    NOW,
    NURSE,
    OTHER_PROVIDER,
    OTHER_UNIT,
    PROVIDER,
    UNIT,
    act,
    actor,
    foreign,
    inner,
    lift,
    outer,
    resource,
)
from trust_framework.blocks import BlockStatus, LiftReason, binds, evaluate, lift_for, selects
from trust_framework.care import EVER, Period

OK, BLOCKED, ERROR = BlockStatus.OK, BlockStatus.BLOCKED, BlockStatus.VALIDATION_ERROR
START, END = NOW - 20 * DAY, NOW - 10 * DAY
SOME_TIME = Period(START, END)


def status(row, *blocks, now=NOW, **who):
    (check,) = evaluate(actor(**who), (row,), blocks, now)
    return check.status


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())


theirs = resource(OTHER_UNIT)


@pytest.mark.spec("TKB blocking", "CheckBlocks")
@pytest.mark.parametrize(
    ("row", "block", "expected"),
    [
        pytest.param(theirs, inner(), BLOCKED, id="an inner block closes to another unit of the provider"),
        pytest.param(resource(), inner(UNIT), OK, id="an inner block leaves its own unit alone"),
        pytest.param(resource(), inner(), OK, id="an inner block of another unit is not about this unit's information"),
        pytest.param(foreign(), inner(FOREIGN_UNIT, OTHER_PROVIDER), BLOCKED, id="an inner block works outward, too"),
        pytest.param(foreign(), outer(), BLOCKED, id="an outer block closes to another provider"),
        pytest.param(theirs, outer(PROVIDER), OK, id="an outer block leaves the own provider's other units alone"),
        pytest.param(foreign(), outer("SE2321000032-X"), OK, id="another provider's outer block is not about this"),
        pytest.param(foreign(), inner(), OK, id="nor another provider's inner block"),
        pytest.param(foreign(), outer(revoked=act()), OK, id="a block lifted for good closes nothing"),
        pytest.param(foreign(), outer(deleted=act()), OK, id="nor a voided one"),
    ],
)
def test_inner_and_outer_blocks(row, block, expected):
    assert status(row, block) is expected


@pytest.mark.spec("TKB blocking", "CheckBlocks")
@pytest.mark.parametrize(
    ("excluded", "kind", "expected"),
    [
        ({"lak"}, "lak", OK),
        ({"upp"}, "upp", OK),
        ({"lak", "upp"}, "upp", OK),
        ({"lak"}, "upp", BLOCKED),
        ({"upp"}, "lak", BLOCKED),
        (set(), "lak", BLOCKED),
        ({"lak", "upp"}, "", BLOCKED),
        ({"lak", "upp"}, "und", BLOCKED),
        ({"lak"}, "LAK", BLOCKED),
        ({"lak"}, " lak", BLOCKED),
        ({"lak", "und"}, "und", BLOCKED),
        ({"lak", ""}, "", BLOCKED),
    ],
)
def test_types_left_open_are_open_and_every_other_type_is_unspecified(excluded, kind, expected):
    assert status(foreign(type=kind), outer(excluded=frozenset(excluded))) is expected


@pytest.mark.spec("TKB blocking", "CheckBlocks")
@pytest.mark.parametrize(
    ("dates", "recorded", "expected"),
    [
        pytest.param(Period(), Period(NOW, NOW), BLOCKED, id="no dates"),
        pytest.param(SOME_TIME, Period(START + DAY, END - DAY), BLOCKED, id="within"),
        pytest.param(SOME_TIME, SOME_TIME, BLOCKED, id="the same"),
        pytest.param(SOME_TIME, Period(START - DAY, END + DAY), BLOCKED, id="around"),
        pytest.param(SOME_TIME, Period(START - DAY, START + 1), BLOCKED, id="overlapping the start"),
        pytest.param(SOME_TIME, Period(END - 1, END + DAY), BLOCKED, id="overlapping the end"),
        pytest.param(SOME_TIME, Period(START - DAY, START), BLOCKED, id="touching the start"),
        pytest.param(SOME_TIME, Period(END, END + DAY), BLOCKED, id="touching the end"),
        pytest.param(SOME_TIME, Period(START - DAY, START - 1), OK, id="a second before"),
        pytest.param(SOME_TIME, Period(END + 1, END + DAY), OK, id="a second after"),
        pytest.param(Period(START, None), Period(START - 1, START - 1), OK, id="from a day on: before it"),
        pytest.param(Period(START, None), Period(NOW, NOW), BLOCKED, id="from a day on: after it"),
        pytest.param(Period(None, END), Period(0, 0), BLOCKED, id="until a day: long before"),
        pytest.param(Period(None, END), Period(END + 1, END + 1), OK, id="until a day: a second after"),
        pytest.param(SOME_TIME, Period(), BLOCKED, id="nobody knows when it was recorded"),
        pytest.param(SOME_TIME, Period(None, START - 1), OK, id="only known to be older"),
        pytest.param(SOME_TIME, Period(END + 1, None), OK, id="only known to be younger"),
        pytest.param(Period(START, START), Period(START, START), BLOCKED, id="one instant"),
        pytest.param(
            Period(END, START), Period(NOW, NOW), BLOCKED, id="a block with its dates turned round closes all"
        ),
    ],
)
def test_a_block_closes_what_was_recorded_at_any_instant_of_its_dates(dates, recorded, expected):
    assert status(foreign(recorded=recorded), outer(information=dates)) is expected


@pytest.mark.parametrize(
    ("end", "recorded", "expected"),
    [
        pytest.param(at(2024, 2, 29, 22, 59, 59), at(2024, 2, 29, 22, 59, 59), BLOCKED, id="leap day's last second"),
        pytest.param(at(2024, 2, 29, 22, 59, 59), at(2024, 2, 29, 23), OK, id="the first of March in Sweden"),
        pytest.param(at(2025, 10, 26, 0, 30), at(2025, 10, 26, 0, 30), BLOCKED, id="half past two, summer time"),
        pytest.param(at(2025, 10, 26, 0, 30), at(2025, 10, 26, 1, 30), OK, id="half past two again, winter time"),
        pytest.param(at(2025, 3, 30, 0, 59, 59), at(2025, 3, 30, 1), OK, id="the second over which clocks jump"),
    ],
)
def test_dates_are_instants_whatever_the_clock_on_the_wall_does(end, recorded, expected):
    assert status(foreign(recorded=Period(recorded, recorded)), outer(information=Period(None, end))) is expected


@pytest.mark.spec("TKB blocking", "ExtendedTemporaryRevokeType")
@pytest.mark.parametrize(
    ("lifted", "who", "expected"),
    [
        pytest.param(lift(), {}, OK, id="for the whole unit"),
        pytest.param(lift(employee=NURSE), {}, OK, id="for this employee"),
        pytest.param(lift(employee=DOCTOR), {}, BLOCKED, id="for another employee"),
        pytest.param(lift(unit=FOREIGN_UNIT), {}, BLOCKED, id="for another unit"),
        pytest.param(lift(unit=FOREIGN_UNIT, employee=NURSE), {}, BLOCKED, id="for this employee at another unit"),
        pytest.param(lift(unit=""), {}, BLOCKED, id="for no unit"),
        pytest.param(lift(unit=""), {"unit": ""}, BLOCKED, id="for no unit, to one who is at none"),
        pytest.param(lift(cancelled=act()), {}, BLOCKED, id="cancelled"),
        pytest.param(lift(NOW + 1), {}, OK, id="for a second more"),
        pytest.param(lift(NOW), {}, BLOCKED, id="over this second"),
        pytest.param(lift(NOW - 1), {}, BLOCKED, id="over since a second"),
        pytest.param(lift(reason=LiftReason.EMERGENCY), {}, OK, id="in an emergency"),
    ],
)
def test_a_temporary_lift_holds_for_its_unit_or_employee_until_its_end(lifted, who, expected):
    assert status(foreign(), outer(lifts=(lifted,)), **who) is expected


def test_one_valid_lift_among_others_is_enough_for_its_block_and_for_no_other():
    ended, valid = lift(NOW - 1, id="ended"), lift(id="valid")
    assert lift_for(outer(lifts=(ended, valid)), actor(), NOW) == valid
    assert status(foreign(), outer(lifts=(ended, valid))) is OK
    assert status(foreign(), outer(lifts=(ended, valid)), outer(id="another")) is BLOCKED


def test_a_lift_of_a_block_that_was_ended_changes_nothing():
    assert status(foreign(), outer(lifts=(lift(),), revoked=act())) is OK


@pytest.mark.spec("TKB blocking", "CheckBlocks, other rules")
@pytest.mark.parametrize(
    "row",
    [
        pytest.param(foreign(recorded=Period(NOW, NOW - 1)), id="it ends before it begins"),
        pytest.param(foreign(provider=""), id="no provider"),
        pytest.param(foreign(unit=""), id="no unit"),
    ],
)
def test_a_bad_row_is_an_error_of_its_own_and_the_others_are_answered(row):
    good = foreign(id="good")
    checks = evaluate(actor(), (row, good, theirs), (outer(),), NOW)
    assert [check.status for check in checks] == [ERROR, BLOCKED, OK]
    assert [check.resource for check in checks] == ["1", "good", "1"]


def test_a_row_names_every_block_that_closes_it():
    blocks = (outer(), inner(FOREIGN_UNIT, OTHER_PROVIDER), inner())
    (check,) = evaluate(actor(), (foreign(),), blocks, NOW)
    assert check.blocks == ("outer", "inner")


def test_no_blocks_close_nothing_and_no_rows_have_no_answers():
    assert status(foreign()) is OK
    assert evaluate(actor(), (), (outer(),), NOW) == ()


def test_information_of_no_known_unit_is_closed_by_an_inner_block_of_any():
    nowhere = resource("", PROVIDER)
    assert selects(inner(), nowhere)
    assert binds(inner(), actor())
    assert not binds(inner(UNIT), actor())


def test_whoever_acts_at_no_unit_is_at_another_than_the_block():
    assert status(theirs, inner(), unit="") is BLOCKED


def test_a_period_that_never_ends_overlaps_one_that_never_began():
    assert Period(None, NOW).overlaps(Period(NOW, None))
    assert not Period(None, NOW - 1).overlaps(Period(NOW, None))
    assert (Period().first, Period().last) == (-EVER, EVER)
    assert Period(NOW, NOW + HOUR).holds(NOW + HOUR)
    assert not Period(NOW, NOW + HOUR).holds(NOW + HOUR + 1)
