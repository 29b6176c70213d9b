"""What may be entered as a block or a lift, and how long a lift may last."""

import pytest

from tests.support.care import DAY, FOREIGN_UNIT, HOUR, NOW, OTHER_PROVIDER, PROVIDER, act, inner, lift, outer
from trust_framework.block_entry import block_refusal, closed_in_doubt, lift_refusal, longest_lift, period_refusal
from trust_framework.blocks import LiftReason
from trust_framework.care import Period, Switches
from trust_framework.representation import RIGHTS, Deed, Kind

CONSENT, EMERGENCY = LiftReason.PATIENTS_CONSENT, LiftReason.EMERGENCY


@pytest.mark.spec("TKB blocking", "RegisterExtendedBlock")
@pytest.mark.parametrize(
    ("block", "code"),
    [
        (inner(), None),
        (outer(), None),
        (inner(unit=""), "unit-missing"),
        (outer(unit=FOREIGN_UNIT), "unit-not-for-outer"),
        (outer(provider=""), "provider-missing"),
        (outer(excluded=frozenset({"lak", "upp"})), None),
        (outer(excluded=frozenset({"lak", "und"})), "unknown-information-type"),
        (outer(excluded=frozenset({"LAK"})), "unknown-information-type"),
        (outer(excluded=frozenset({""})), "unknown-information-type"),
        (outer(information=Period(NOW, NOW)), None),
        (outer(information=Period(NOW, NOW - 1)), "inverted-period"),
        (outer(information=Period(None, NOW)), None),
    ],
)
def test_what_may_be_entered_as_a_block(block, code):
    assert block_refusal(block) == code


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (inner(), inner()),
        (inner(information=Period(2, 1)), inner(information=Period())),
        (inner(information=Period(1, 1)), inner(information=Period(1, 1))),
        (inner(excluded=frozenset({"upp", "und"})), inner(excluded=frozenset({"upp"}))),
        (outer(unit="SE2321000016-U1"), outer()),
    ],
)
def test_what_another_node_cannot_mean_closes_more_and_never_less(said, kept):
    assert closed_in_doubt(said) == kept


def test_a_period_must_not_end_before_it_begins():
    assert period_refusal(Period(NOW, NOW - 1)) == "inverted-period"
    assert period_refusal(Period(NOW, NOW)) is None


@pytest.mark.spec("design", "6")
@pytest.mark.parametrize(
    ("reason", "seconds", "code"),
    [
        (CONSENT, 7 * DAY, None),
        (CONSENT, 7 * DAY + 1, "lift-too-long"),
        (EMERGENCY, 24 * HOUR, None),
        (EMERGENCY, 24 * HOUR + 1, "lift-too-long"),
        (CONSENT, 1, None),
        (CONSENT, 0, "already-over"),
        (EMERGENCY, -1, "already-over"),
    ],
)
def test_a_lift_lasts_at_most_seven_days_by_consent_and_24_hours_in_an_emergency(reason, seconds, code):
    assert lift_refusal(outer(), lift(NOW + seconds, reason=reason), OTHER_PROVIDER, Switches(), NOW) == code


def test_a_provider_may_set_other_limits():
    strict = Switches(consent_lift_days=1, emergency_hours=2)
    assert (longest_lift(CONSENT, strict), longest_lift(EMERGENCY, strict)) == (DAY, 2 * HOUR)
    assert lift_refusal(outer(), lift(NOW + DAY + 1), OTHER_PROVIDER, strict, NOW) == "lift-too-long"


@pytest.mark.spec("facts/threats", "CB-05")
def test_no_provider_makes_an_emergency_longer_than_a_day():
    assert longest_lift(EMERGENCY, Switches(emergency_hours=48)) == 24 * HOUR


@pytest.mark.spec("facts/sweden", "7.5")
@pytest.mark.parametrize(
    ("block", "by", "switches", "code"),
    [
        (outer(), OTHER_PROVIDER, Switches(), None),
        (outer(), PROVIDER, Switches(), "not-this-providers-to-lift"),
        (outer(), PROVIDER, Switches(outer_lift_by_others=True), None),
        (inner(FOREIGN_UNIT, OTHER_PROVIDER), PROVIDER, Switches(), "not-this-providers-to-lift"),
        (inner(), PROVIDER, Switches(), None),
        (outer(revoked=act()), OTHER_PROVIDER, Switches(), "block-ended"),
        (outer(deleted=act()), OTHER_PROVIDER, Switches(), "block-ended"),
    ],
)
def test_whose_a_block_is_to_lift_is_a_switch_of_the_provider_that_set_it(block, by, switches, code):
    assert lift_refusal(block, lift(), by, switches, NOW) == code


def test_a_lift_is_for_a_unit():
    assert lift_refusal(inner(), lift(unit=""), PROVIDER, Switches(), NOW) == "unit-missing"


@pytest.mark.spec("facts/sweden", "10, row 29")
def test_a_guardian_never_blocks_a_childs_information_nor_opens_it():
    assert not RIGHTS[Kind.GUARDIAN] & {Deed.BLOCK, Deed.LIFT}
