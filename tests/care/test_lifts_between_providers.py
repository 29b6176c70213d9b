"""Whose an outer block is to lift: the provider that set it and the patient always, others where that provider lets them."""

import pytest

from broker.care import block_lifts, blocks, decisions
from broker.care.block_lifts import LiftWish
from broker.care.blocks import BlockWish
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.databases import NOW
from trust_framework.blocks import BlockType, LiftReason
from trust_framework.care_access import Access, AccessQuestion

pytestmark = pytest.mark.spec("TKB blocking 4.0.4", "RegisterTemporaryExtendedRevoke")
CONSENT, EMERGENCY = LiftReason.PATIENTS_CONSENT, LiftReason.EMERGENCY
REASON = a.entered(reason="Medvetslös, läkaren ringde")


@pytest.fixture
def block(care):
    """An outer block of the first provider."""
    made = BlockWish(a.new_id(), BlockType.OUTER, a.PATIENT, a.PROVIDER, entered=a.entered())
    care(blocks.register, made, a.client())
    return made.id


def for_far(block, reason=CONSENT, employee="", until=NOW + 3600):
    return LiftWish(a.new_id(), block, until, a.FAR_UNIT, reason, employee, REASON)


def far_access(care):
    """What the far doctor is told of something of the first provider."""
    asker = a.actor(employee=a.FAR_DOCTOR, unit=a.FAR_UNIT, provider=a.OTHER_PROVIDER)
    question = AccessQuestion(asker, a.PATIENT, (a.resource(),))
    (ruling,) = care(decisions.decide, question, a.client(a.OTHER_PROVIDER)).result
    return ruling.access


WHO = {"its provider's system": a.client(), "its registrar": a.registrar(), "the patient": a.patient()}


@pytest.mark.parametrize("who", WHO.values(), ids=WHO)
def test_who_owns_a_block_lifts_it_for_another_providers_unit(care, block, who):
    assert far_access(care) is Access.BLOCKED
    assert care(block_lifts.lift, for_far(block), who).code == "OK"
    assert far_access(care) is Access.NEEDS_CONSENT
    care.now = NOW + 3600
    assert far_access(care) is Access.BLOCKED


def test_the_readers_provider_does_not(care, block):
    with refused("ACCESSDENIED", "not-this-providers-to-lift"):
        care(block_lifts.lift, for_far(block), a.client(a.OTHER_PROVIDER))
    assert far_access(care) is Access.BLOCKED


def test_staff_who_register_no_blocks_lift_for_their_own_unit_alone(care, block):
    with refused("ACCESSDENIED", "not-registrar"):
        care(block_lifts.lift, for_far(block), a.nurse())


def test_a_system_of_neither_provider_lifts_nothing(care, block):
    with refused("ACCESSDENIED", "foreign-provider"):
        care(block_lifts.lift, for_far(block), a.client("SE2321000016-VG3"))


def test_an_emergency_lift_for_another_provider_is_that_providers_case_to_review(care, block):
    care(block_lifts.lift, for_far(block, EMERGENCY, a.FAR_DOCTOR), a.registrar())
    (opened,) = care.events("care.case-opened")
    case, person = care.store.review_case(opened["case"])
    assert (case.provider, case.unit, case.employee, person) == (a.OTHER_PROVIDER, a.FAR_UNIT, a.FAR_DOCTOR, "p1")


def test_a_patient_lifts_no_longer_than_the_provider_allows(care, block):
    with refused("VALIDATION_ERROR", "lift-too-long"):
        care(block_lifts.lift, for_far(block, until=NOW + 7 * a.DAY + 1), a.patient())
