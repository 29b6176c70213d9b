"""Consents of care through the service: entered, ended, voided, checked."""

from dataclasses import replace

import pytest

from broker.care import consents
from broker.care.acts import ActWish
from broker.care.consents import ConsentWish, PatientsEnd
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.databases import NOW
from trust_framework.care import Period
from trust_framework.care_consents import ConsentType
from trust_framework.identifiers import Identifier
from trust_framework.review_cases import CaseKind

pytestmark = pytest.mark.spec("TKB consent 2.0.4", "RegisterExtendedConsent")
GIVEN, EMERGENCY = ConsentType.CONSENT, ConsentType.EMERGENCY
ASKER = a.actor(unit=a.OTHER_UNIT)


def wish(**changes):
    whole = ConsentWish(a.new_id(), GIVEN, a.PATIENT, a.PROVIDER, a.OTHER_UNIT, entered=a.entered())
    return replace(whole, **changes)


def check(care, actor=ASKER):
    return consents.check(actor, a.PATIENT, a.client(), care.on, care.now)


def test_a_consent_lets_its_unit_read_from_now_on_until_it_is_ended(care):
    assert not check(care).has_consent
    made = wish(represented_by=a.OTHER_PATIENT)
    consent = care(consents.register, made, a.client()).result
    assert (consent.period, consent.represented_by) == (Period(NOW, None), a.OTHER_PATIENT)
    assert check(care).consent == consent
    assert not check(care, replace(ASKER, unit=a.UNIT)).has_consent
    care(consents.cancel, made.id, a.entered(), a.client())
    assert not check(care).has_consent
    assert care.store.care_consent(made.id)[0].cancelled is not None
    assert [event["act"] for event in care.events("care.consent-changed")] == ["registered", "cancelled"]


def test_of_a_patient_whom_nobody_knew_one_becomes_a_person_and_none_has_consented(care):
    reserve = Identifier("1.2.752.74.9.2", "19121212SF1A")
    assert not consents.check(ASKER, reserve, a.client(), care.on, NOW).has_consent
    assert consents.of_patient(reserve, a.client(), care.on, NOW) == ()
    care(consents.register, wish(patient=reserve), a.client())
    assert consents.check(ASKER, reserve, a.client(), care.on, NOW).has_consent


@pytest.mark.spec("TKB consent 2.0.4", "CheckConsent")
def test_the_type_is_that_of_the_latest_registered(care):
    care(consents.register, wish(), a.client())
    care.now += 1
    care(consents.register, wish(type=EMERGENCY, entered=a.entered(reason="Unconscious")), a.client())
    assert check(care).consent.type is EMERGENCY
    care.now += 1
    care(consents.register, wish(), a.client())
    assert check(care).consent.type is GIVEN


BAD = {
    "no id": ({"id": ""}, "VALIDATION_ERROR", "id"),
    "a number that is none": ({"patient": Identifier(a.PERSONNUMMER, "1")}, "VALIDATION_ERROR", "patient-number"),
    "a representative who is none": (
        {"represented_by": Identifier(a.PERSONNUMMER, "1")},
        "VALIDATION_ERROR",
        "patient-number",
    ),
    "an unknown unit": ({"unit": "SE2321000016-XX"}, "VALIDATION_ERROR", "unknown-unit"),
    "no unit": ({"unit": ""}, "VALIDATION_ERROR", "hsa-id"),
    "an unknown provider": ({"provider": "SE2321000016-XX"}, "VALIDATION_ERROR", "unknown-provider"),
    "another's provider": ({"provider": a.OTHER_PROVIDER}, "ACCESSDENIED", "foreign-provider"),
    "an employee who is none": ({"employee": "x"}, "VALIDATION_ERROR", "hsa-id"),
    "a period turned round": ({"period": Period(NOW + 9, NOW + 8)}, "VALIDATION_ERROR", "inverted-period"),
    "a period that is over": ({"period": Period(NOW - 9, NOW - 1)}, "VALIDATION_ERROR", "already-over"),
    "an end before the start that was left out": (
        {"period": Period(None, NOW - 1)},
        "VALIDATION_ERROR",
        "inverted-period",
    ),
    "a start before calendars": ({"period": Period(-(10**11), None)}, "VALIDATION_ERROR", "no-instant"),
    "an end after calendars": ({"period": Period(None, 10**12)}, "VALIDATION_ERROR", "no-instant"),
    "an emergency for more than a day": (
        {"type": EMERGENCY, "period": Period(None, NOW + a.DAY + 1), "entered": a.entered(reason="x")},
        "VALIDATION_ERROR",
        "too-long",
    ),
    "an emergency without a reason": ({"type": EMERGENCY}, "VALIDATION_ERROR", "no-reason"),
    "entered by nobody": ({"entered": ActWish()}, "VALIDATION_ERROR", "no-actor"),
}


@pytest.mark.parametrize(("change", "code", "reason"), BAD.values(), ids=BAD)
def test_a_consent_that_cannot_be_is_refused_and_leaves_nothing(care, change, code, reason):
    with refused(code, reason):
        care(consents.register, wish(**change), a.client())
    assert care.store.care_consents_of("p1") == ()


@pytest.mark.parametrize(("start", "end"), [(NOW - 5, NOW), (NOW, NOW), (NOW + 5, None), (None, NOW + 5), (None, None)])
@pytest.mark.parametrize("type_", ConsentType)
def test_the_same_consent_again_is_well_also_when_the_clock_filled_in_what_was_left_out(care, type_, start, end):
    why = a.entered(reason="Unconscious")
    made = wish(type=type_, period=Period(start, end), employee=a.NURSE, entered=why)
    first = care(consents.register, made, a.client()).result
    if end is None or end > NOW:
        care.now += 2
    assert care(consents.register, made, a.client()).result == first
    assert len(care.events("care.consent-changed")) == 1
    for change in ({"unit": a.UNIT}, {"employee": ""}, {"patient": a.OTHER_PATIENT}):
        with refused("ALREADYEXISTS", "other-content"):
            care(consents.register, replace(made, **change), a.client())
    care(consents.cancel, made.id, a.entered(), a.client()) if care.now <= first.period.last else None
    if care.store.care_consent(made.id)[0].cancelled:
        with refused("INVALIDSTATE", "ended"):
            care(consents.register, made, a.client())


def test_a_consent_with_another_end_is_another_consent(care):
    made = wish(period=Period(None, NOW + 50))
    care(consents.register, made, a.client())
    with refused("ALREADYEXISTS", "other-content"):
        care(consents.register, replace(made, period=Period(None, NOW + 60)), a.client())
    with refused("ALREADYEXISTS", "other-content"):
        care(consents.register, replace(made, period=Period(NOW + 1, NOW + 50)), a.client())
    emergency = wish(type=EMERGENCY, period=Period(None, NOW + 50), entered=a.entered(reason="Unconscious"))
    care(consents.register, emergency, a.client())
    with refused("ALREADYEXISTS", "other-content"):
        care(consents.register, replace(emergency, period=Period(None, NOW + 60)), a.client())


class TestEnding:
    @pytest.fixture
    def consent(self, care):
        return care(consents.register, wish(period=Period(NOW, NOW + 100)), a.client()).result

    @pytest.mark.parametrize(
        ("at", "reason"),
        [(NOW - 1, "not-an-earlier-end"), (NOW + 101, "not-an-earlier-end"), (10**12, "no-instant")],
    )
    def test_an_end_to_come_is_not_past_and_not_later_than_the_one_it_has(self, care, consent, at, reason):
        with refused("VALIDATION_ERROR", reason):
            care(
                lambda who, on, now: consents.cancel(consent.id, a.entered(), who, on, now, at),
                a.client(),
            )

    def test_one_ended_at_a_time_to_come_holds_until_then(self, care, consent):
        care(lambda who, on, now: consents.cancel(consent.id, a.entered(), who, on, now, NOW + 9), a.client())
        care.now += 9
        assert check(care).has_consent
        care.now += 1
        assert not check(care).has_consent
        with refused("INVALIDSTATE", "ended"):
            care(consents.cancel, consent.id, a.entered(), a.client())

    @pytest.mark.spec("TKB consent 2.0.4", "EndConsentByPatient")
    def test_the_patient_ends_it_and_so_does_the_provider_for_them(self, care, consent):
        with refused("NOTFOUND", "unknown"):
            care(consents.end_by_patient, PatientsEnd(consent.id, a.OTHER_PATIENT), a.client())
        with refused("NOTFOUND", "unknown"):
            care(consents.end_by_patient, PatientsEnd(consent.id, a.PATIENT), a.patient("p2"))
        care(consents.end_by_patient, PatientsEnd(consent.id, a.PATIENT), a.patient())
        assert not check(care).has_consent
        event = care.events("care.consent-changed")[-1]
        assert (event["act"], event["kind"], event["by"], event["on_behalf_of"]) == (
            "ended-by-patient",
            "patient",
            "p1",
            "p1",
        )
        with refused("INVALIDSTATE", "ended"):
            care(consents.end_by_patient, PatientsEnd(consent.id, a.PATIENT), a.client())

    def test_one_voided_is_kept_and_voided_once_by_care_alone(self, care, consent):
        with refused("ACCESSDENIED", "through-staff"):
            care(consents.delete, consent.id, ActWish(), a.patient())
        care(consents.delete, consent.id, a.entered(), a.client())
        assert care.store.care_consent(consent.id)[0].deleted is not None
        with refused("INVALIDSTATE", "ended"):
            care(consents.delete, consent.id, a.entered(), a.client())
        with refused("INVALIDSTATE", "ended"):
            care(consents.cancel, consent.id, a.entered(), a.client())

    @pytest.mark.parametrize("end", [consents.cancel, consents.delete])
    def test_anothers_is_as_missing_as_none(self, care, consent, end):
        for id_, who in ((consent.id, a.client(a.OTHER_PROVIDER)), (a.new_id(), a.client())):
            with refused("NOTFOUND", "unknown"):
                care(end, id_, a.entered(), who)


class TestWhoMay:
    def test_staff_enter_for_the_unit_that_they_act_at(self, care):
        assert care(consents.register, wish(), a.nurse()).result.registered.registered_by.employee == a.NURSE
        for change, who in (({"unit": a.UNIT}, a.nurse()), ({}, a.nurse(actor=None))):
            with refused("ACCESSDENIED", "beyond-commission"):
                care(consents.register, wish(**change), who)

    def test_staff_enter_an_emergency_for_themselves_alone(self, care):
        emergency = wish(type=EMERGENCY, entered=a.entered(reason="Unconscious"))
        for employee in ("", a.DOCTOR):
            with refused("ACCESSDENIED", "beyond-commission"):
                care(consents.register, replace(emergency, employee=employee), a.nurse())
        assert care(consents.register, replace(emergency, employee=a.NURSE), a.nurse()).code == "OK"

    def test_a_patient_gives_consent_and_declares_no_emergency(self, care):
        assert care(consents.register, wish(entered=ActWish()), a.patient()).code == "OK"
        with refused("ACCESSDENIED", "not-staff"):
            care(consents.register, wish(type=EMERGENCY, entered=a.entered(reason="x")), a.patient())
        with refused("ACCESSDENIED", "guardian"):
            care(consents.register, wish(), a.patient("p2"))

    def test_a_list_has_the_callers_own_providers_consents_and_the_patients_all(self, care):
        ours, theirs = wish(), wish(provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT)
        care(consents.register, ours, a.client())
        care(consents.register, theirs, a.client(a.OTHER_PROVIDER))
        assert [each.id for each in consents.of_patient(a.PATIENT, a.client(), care.on, NOW)] == [ours.id]
        assert len(consents.of_patient(a.PATIENT, a.patient(), care.on, NOW)) == 2
        with refused("ACCESSDENIED", "guardian"):
            consents.of_patient(a.OTHER_PATIENT, a.patient(), care.on, NOW)


@pytest.mark.parametrize("employee", [a.DOCTOR, ""])
def test_one_in_an_emergency_ends_within_a_day_and_begins_a_case(care, employee):
    made = wish(type=EMERGENCY, employee=employee, entered=a.entered(reason="Unconscious"))
    consent = care(consents.register, made, a.client()).result
    assert consent.period == Period(NOW, NOW + a.DAY)
    (opened,) = care.events("care.case-opened")
    case, _ = care.store.review_case(opened["case"])
    assert (case.kind, case.about, case.employee) == (CaseKind.EMERGENCY, made.id, employee or a.NURSE)
    assert len(care.store.mails_due(9)) == 1
