"""Temporary lifts through the service: for whom, how long, by whom; an emergency always begins a case."""

from dataclasses import replace

import pytest

from broker.care import block_checks, block_lifts, blocks
from broker.care.acts import ActWish
from broker.care.block_lifts import LiftWish
from broker.care.blocks import BlockWish
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.databases import NOW
from trust_framework.blocks import BlockType, LiftReason
from trust_framework.review_cases import CaseKind

pytestmark = pytest.mark.spec("TKB blocking 4.0.4", "RegisterTemporaryExtendedRevoke")
CONSENT, EMERGENCY = LiftReason.PATIENTS_CONSENT, LiftReason.EMERGENCY
HOUR = 3600


@pytest.fixture
def block(care):
    wish = BlockWish(a.new_id(), BlockType.INNER, a.PATIENT, a.PROVIDER, a.UNIT, entered=a.entered())
    return care(blocks.register, wish, a.client()).result.id


def wish(of, **changes):
    whole = LiftWish(a.new_id(), of, NOW + HOUR, a.OTHER_UNIT, CONSENT, entered=a.entered())
    return replace(whole, **changes)


def status(care, unit=a.OTHER_UNIT, employee=a.NURSE):
    asker = a.actor(unit=unit, employee=employee)
    return block_checks.check(asker, a.PATIENT, (a.resource(),), a.client(), care.on, care.now).result[0].status


def test_a_lift_opens_the_unit_until_it_ends_or_is_cancelled(care, block):
    assert status(care) == "BLOCKED"
    made = wish(block, unit=a.OTHER_UNIT.lower())
    lifted = care(block_lifts.lift, made, a.client()).result
    assert [lift.unit for lift in lifted.lifts] == [a.OTHER_UNIT]
    assert (status(care), status(care, employee=a.DOCTOR)) == ("OK", "OK")
    care.now += HOUR
    assert status(care) == "BLOCKED"
    care.now -= 1
    assert status(care) == "OK"
    care(block_lifts.cancel, made.id.upper(), a.entered(), a.client())
    assert status(care) == "BLOCKED"
    acts = [event["act"] for event in care.events("care.block-changed")]
    assert acts == ["registered", "lifted", "lift-cancelled"]
    assert care.events("care.case-opened") == []


def test_a_lift_for_one_employee_opens_nothing_to_the_others(care, block):
    care(block_lifts.lift, wish(block, employee=a.DOCTOR.lower()), a.client())
    assert (status(care, employee=a.DOCTOR), status(care)) == ("OK", "BLOCKED")


LIMITS = [
    (CONSENT, NOW + 7 * a.DAY, None),
    (CONSENT, NOW + 7 * a.DAY + 1, "lift-too-long"),
    (EMERGENCY, NOW + a.DAY, None),
    (EMERGENCY, NOW + a.DAY + 1, "lift-too-long"),
    (CONSENT, NOW, "already-over"),
    (CONSENT, NOW + 1, None),
    (CONSENT, 10**12, "no-instant"),
]


@pytest.mark.parametrize(("reason", "until", "refusal"), LIMITS)
def test_a_lift_ends_after_now_and_within_the_limit_of_its_reason(care, block, reason, until, refusal):
    made = wish(block, reason=reason, until=until, employee=a.NURSE, entered=a.entered(reason="Unconscious"))
    if refusal is None:
        assert care(block_lifts.lift, made, a.client()).code == "OK"
        return
    with refused("VALIDATION_ERROR", refusal):
        care(block_lifts.lift, made, a.client())
    assert care.store.block(block)[0].lifts == ()


@pytest.mark.parametrize(("reason", "until"), [(CONSENT, NOW + 2 * a.DAY + 1), (EMERGENCY, NOW + HOUR + 1)])
def test_a_provider_may_allow_less(care, block, reason, until):
    care.switched(consent_lift_days=2, emergency_hours=1)
    with refused("VALIDATION_ERROR", "lift-too-long"):
        why = a.entered(reason="Unconscious")
        care(block_lifts.lift, wish(block, reason=reason, until=until, employee=a.NURSE, entered=why), a.client())


BAD = {
    "no id": ({"id": ""}, "VALIDATION_ERROR", "id"),
    "a block that there is not": ({"block": a.new_id()}, "NOTFOUND", "unknown"),
    "a unit that is no HSA-id": ({"unit": "x"}, "VALIDATION_ERROR", "hsa-id"),
    "a unit nobody knows": ({"unit": "SE2321000016-XX"}, "VALIDATION_ERROR", "unknown-unit"),
    "an employee that is no HSA-id": ({"employee": "x"}, "VALIDATION_ERROR", "hsa-id"),
    "an emergency without a reason": ({"reason": EMERGENCY, "employee": a.NURSE}, "VALIDATION_ERROR", "no-reason"),
    "entered by nobody": ({"entered": ActWish()}, "VALIDATION_ERROR", "no-actor"),
}


@pytest.mark.parametrize(("change", "code", "reason"), BAD.values(), ids=BAD)
def test_a_lift_that_cannot_be_is_refused(care, block, change, code, reason):
    with refused(code, reason):
        care(block_lifts.lift, wish(block, **change), a.client())


def test_the_same_lift_again_is_well_another_under_its_id_is_not(care, block):
    made = wish(block)
    first = care(block_lifts.lift, made, a.client()).result
    care.now += 5
    assert care(block_lifts.lift, made, a.client()).result == first
    with refused("ALREADYEXISTS", "other-content"):
        care(block_lifts.lift, replace(made, until=NOW + 9), a.client())
    care(block_lifts.cancel, made.id, a.entered(), a.client())
    with refused("INVALIDSTATE", "ended"):
        care(block_lifts.lift, made, a.client())


def test_a_block_that_has_ended_is_not_lifted(care, block):
    made = wish(block)
    care(block_lifts.lift, made, a.client())
    care(blocks.revoke, block, a.entered(), a.client())
    with refused("INVALIDSTATE", "block-ended"):
        care(block_lifts.lift, wish(block), a.client())
    with refused("INVALIDSTATE", "ended"):
        care(block_lifts.lift, made, a.client())


def test_a_lift_is_cancelled_once_and_not_when_it_is_over(care, block):
    made, short = wish(block), wish(block, until=NOW + 5)
    for each in (made, short):
        care(block_lifts.lift, each, a.client())
    care(block_lifts.cancel, made.id, a.entered(), a.client())
    with refused("INVALIDSTATE", "ended"):
        care(block_lifts.cancel, made.id, a.entered(), a.client())
    care.now += 6
    with refused("INVALIDSTATE", "ended"):
        care(block_lifts.cancel, short.id, a.entered(), a.client())
    with refused("NOTFOUND", "unknown"):
        care(block_lifts.cancel, a.new_id(), a.entered(), a.client())


class TestOtherProviders:
    def test_lift_what_is_not_theirs_only_where_the_owner_lets_them(self, care, block):
        far = wish(block, unit=a.FAR_UNIT)
        with refused("ACCESSDENIED", "not-this-providers-to-lift"):
            care(block_lifts.lift, far, a.client(a.OTHER_PROVIDER))
        care.switched(outer_lift_by_others=True)
        care(block_lifts.lift, far, a.client(a.OTHER_PROVIDER))
        asker = a.actor(unit=a.FAR_UNIT, provider=a.OTHER_PROVIDER)
        checked = block_checks.check(asker, a.PATIENT, (a.resource(),), a.client(a.OTHER_PROVIDER), care.on, care.now)
        assert checked.result[0].status == "OK"

    def test_whoever_lifted_the_owner_and_the_patient_may_cancel(self, care, block):
        care.switched(outer_lift_by_others=True)
        far = a.client(a.OTHER_PROVIDER)
        for who in (far, a.client(), a.patient()):
            made = wish(block, unit=a.FAR_UNIT)
            care(block_lifts.lift, made, far)
            assert care(block_lifts.cancel, made.id, a.entered(), who).code == "OK"
        made = wish(block)
        care(block_lifts.lift, made, a.client())
        for who in (far, a.patient("p2")):
            with refused("NOTFOUND", "unknown"):
                care(block_lifts.cancel, made.id, a.entered(), who)

    def test_a_lift_for_a_unit_that_has_left_is_cancelled_by_the_owner(self, care, block):
        made = wish(block)
        care(block_lifts.lift, made, a.client())
        units = {a.UNIT: a.provider().units[a.UNIT]}
        care.on = replace(
            care.on,
            register=replace(
                care.on.register, providers={**care.on.register.providers, a.PROVIDER: a.provider(units=units)}
            ),
        )
        with refused("NOTFOUND", "unknown"):
            care(block_lifts.cancel, made.id, a.entered(), a.client(a.OTHER_PROVIDER))
        assert care(block_lifts.cancel, made.id, a.entered(), a.client()).code == "OK"


class TestStaffAndPatients:
    def test_staff_lift_for_the_unit_that_they_act_at_alone(self, care, block):
        assert care(block_lifts.lift, wish(block), a.nurse()).code == "OK"
        with refused("ACCESSDENIED", "beyond-commission"):
            care(block_lifts.lift, wish(block, unit=a.UNIT), a.nurse())
        with refused("ACCESSDENIED", "beyond-commission"):
            care(block_lifts.lift, wish(block), a.nurse(actor=None))

    @pytest.mark.parametrize("employee", ["", a.DOCTOR])
    def test_staff_lift_in_an_emergency_for_themselves_alone(self, care, block, employee):
        emergency = wish(block, reason=EMERGENCY, employee=employee, entered=a.entered(reason="Unconscious"))
        with refused("ACCESSDENIED", "beyond-commission"):
            care(block_lifts.lift, emergency, a.nurse())
        assert care(block_lifts.lift, replace(emergency, employee=a.NURSE.lower()), a.nurse()).code == "OK"

    def test_a_patient_lifts_their_own_and_in_no_emergency(self, care, block):
        assert care(block_lifts.lift, wish(block), a.patient()).code == "OK"
        with refused("ACCESSDENIED", "not-staff"):
            care(block_lifts.lift, wish(block, reason=EMERGENCY), a.patient())
        with refused("NOTFOUND", "unknown"):
            care(block_lifts.lift, wish(block), a.patient("p2"))


@pytest.mark.parametrize("employee", [a.DOCTOR, ""])
def test_a_lift_in_an_emergency_begins_a_case_that_the_reviewer_gets_word_of(care, block, employee):
    made = wish(block, reason=EMERGENCY, employee=employee, entered=a.entered(reason="Unconscious"))
    care(block_lifts.lift, made, a.client())
    (opened,) = care.events("care.case-opened")
    case, person = care.store.review_case(opened["case"])
    assert (case.kind, case.about, case.employee) == (CaseKind.EMERGENCY, made.id, employee or a.NURSE)
    assert (case.patient, person, case.closed_at, case.acts[0].note) == (a.PATIENT, "p1", None, "Unconscious")
    (mail,) = care.store.mails_due(9)
    assert (mail.id, mail.to) == (opened["mail"], (a.provider().review_contact,))
    for secret in (a.PATIENT.value, a.NURSE, a.DOCTOR, "Unconscious"):
        assert secret not in mail.text + mail.subject
