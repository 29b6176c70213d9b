"""Consents and patient relations over SOAP: every operation run by zeep over mutual TLS."""

from datetime import UTC, datetime

import pytest

from broker.care.paging import page
from broker.protocols.rivta import history
from tests.support import care_values as a
from tests.support.databases import NOW
from tests.support.rivta import JOURNAL, NATIONAL, NODE, action, ii, running

DAY = 86_400


@pytest.fixture
def server(tmp_path):
    server = running(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def ask(server):
    return server.asking()


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def consent(**changes):
    whole = {
        "assertionId": a.new_id(),
        "assertionType": "Consent",
        "scope": "NationalLevel",
        "patientId": ii(),
        "careProviderId": a.PROVIDER,
        "careUnitId": a.UNIT,
        "endDate": at(NOW + DAY),
        "registrationAction": action(NOW),
    }
    return {**whole, **changes}


ACTOR = {"employeeId": a.NURSE, "careProviderId": a.PROVIDER, "careUnitId": a.UNIT}


def ids(found):
    return [each.assertionId for each in found or ()]


@pytest.mark.spec("TKB consent 2.0.4", "6")
def test_the_whole_life_of_a_consent(ask):
    asked = {"accessingActor": ACTOR, "patientId": ii()}
    before = ask("CheckConsent", **asked)
    assert (before.result.resultCode, before.hasConsent, before.assertionType) == ("OK", False, None)
    made = consent(representedBy=ii(a.OTHER_PATIENT))
    assert ask("RegisterExtendedConsent", **made).resultCode == "OK"
    assert ask("RegisterExtendedConsent", **made).resultCode == "OK", "the same again is well"
    after = ask("CheckConsent", **asked)
    assert (after.hasConsent, after.assertionType) == (True, "Consent")
    (held,) = ask("GetConsentsForPatient", careProviderId=a.PROVIDER, patientId=ii()).pdlAssertions
    assert (held.assertionId, held.scope, held.startDate, held.endDate) == (
        made["assertionId"],
        "NationalLevel",
        at(NOW),
        at(NOW + DAY),
    )
    ended = ask(
        "CancelExtendedConsent", assertionId=made["assertionId"], cancellationAction=action(NOW, reason="Klart")
    )
    assert ended.resultCode == "OK"
    assert ask("CheckConsent", **asked).hasConsent is False
    for wanted, found in ((False, []), (True, [made["assertionId"]])):
        told = ask("GetExtendedConsentsForPatient", careProviderId=a.PROVIDER, patientId=ii(), getCancelledFlag=wanted)
        assert [each.pDLAssertion.assertionId for each in told.pdlAssertions or ()] == found
    (extended,) = told.pdlAssertions
    assert extended.representedBy.extension == a.OTHER_PATIENT.value
    assert extended.cancellationInfo.reasonText == "Klart"


def test_an_emergency_is_told_as_one_and_a_mistake_is_voided(ask, server):
    made = consent(patientId=ii(a.OTHER_PATIENT), assertionType="Emergency", employeeId=a.NURSE, endDate=None)
    made["registrationAction"] = action(NOW, reason="Medvetslös")
    assert ask("RegisterExtendedConsent", **made).resultCode == "OK"
    checked = ask("CheckConsent", accessingActor=ACTOR, patientId=ii(a.OTHER_PATIENT))
    assert (checked.hasConsent, checked.assertionType) == (True, "Emergency")
    assert server.events("care.case-opened")
    voided = ask("DeleteExtendedConsent", assertionId=made["assertionId"], deletionAction=action(NOW))
    assert voided.resultCode == "OK"
    assert ask("CheckConsent", accessingActor=ACTOR, patientId=ii(a.OTHER_PATIENT)).hasConsent is False


def test_a_patient_ends_a_consent_through_a_service_of_theirs(ask, server):
    made = consent()
    ask("RegisterExtendedConsent", **made)
    all_of_it = {"patientId": ii(), "getCancelledFlag": False}
    told = ask("GetAllExtendedConsentsForPatient", NODE, NATIONAL, **all_of_it)
    assert made["assertionId"] in [each.pDLAssertion.assertionId for each in told.pdlAssertions]
    ending = {"assertionId": made["assertionId"], "patientId": ii()}
    assert ask("EndConsentByPatient", NODE, a.OTHER_PROVIDER, **ending).resultCode == "NOTFOUND"
    assert ask("EndConsentByPatient", **{**ending, "patientId": ii(a.OTHER_PATIENT)}).resultCode == "NOTFOUND"
    late = {**ending, "endDateTime": at(NOW + 9 * DAY)}
    assert ask("EndConsentByPatient", **late).resultCode == "VALIDATION_ERROR"
    assert ask("EndConsentByPatient", **ending, representedById=ii(a.OTHER_PATIENT)).resultCode == "OK"
    event = server.events("care.consent-changed")[-1]
    assert (event["act"], event["kind"], event["by"], event["on_behalf_of"]) == (
        "ended-by-patient",
        "client",
        JOURNAL,
        "p1",
    )
    assert a.OTHER_PATIENT.value not in str(event)
    told = ask("GetAllExtendedConsentsForPatient", NODE, NATIONAL, **{**all_of_it, "getCancelledFlag": True})
    (kept,) = [each for each in told.pdlAssertions if each.pDLAssertion.assertionId == made["assertionId"]]
    assert kept.cancellationInfo.reasonText == "Avslutat av patientens företrädare"


def test_an_end_that_is_set_to_come_is_in_the_next_delta(ask, server):
    made = consent()
    ask("RegisterExtendedConsent", **made)
    server.clock.now = NOW + 500
    asked = {"careProviderId": a.PROVIDER, "createdOnOrAfter": at(NOW + 400), "getCancelledFlag": False}
    assert made["assertionId"] not in ids(ask("GetConsentsForCareProvider", **asked).assertions)
    ends = {"assertionId": made["assertionId"], "patientId": ii(), "endDateTime": at(NOW + 900)}
    assert ask("EndConsentByPatient", **ends).resultCode == "OK"
    told = {each.assertionId: each for each in ask("GetConsentsForCareProvider", **asked).assertions}
    server.clock.now = NOW
    assert told[made["assertionId"]].endDate == at(NOW + 900)


def test_a_care_providers_consents_come_page_by_page(ask, server, monkeypatch):
    monkeypatch.setattr(history, "page", lambda *args: page(*args, size=2))
    made = []
    for step in range(5):
        server.clock.now = NOW + 1000 + step // 2
        made.append(consent(registrationAction=action(server.clock.now)))
        ask("RegisterExtendedConsent", **made[-1])
    ask("CancelExtendedConsent", assertionId=made[0]["assertionId"], cancellationAction=action(server.clock.now))
    since, got, gone, pages = at(NOW + 1000), [], [], 0
    while True:
        told = ask(
            "GetConsentsForCareProvider", careProviderId=a.PROVIDER, createdOnOrAfter=since, getCancelledFlag=True
        )
        got += ids(told.assertions)
        gone += ids(told.cancelledAssertions)
        since, pages = told.moreOnOrAfter, pages + 1
        if not told.hasMore:
            break
    server.clock.now = NOW
    assert sorted(got) == sorted(each["assertionId"] for each in made[1:])
    assert gone == [made[0]["assertionId"]]
    assert pages > 1


# --- relations


def relation(**changes):
    whole = {
        "PatientRelationId": a.new_id(),
        "PatientId": a.PATIENT.value,
        "CareProviderId": a.PROVIDER,
        "CareUnitId": a.UNIT,
        "EmployeeId": a.NURSE,
        "EndDate": at(NOW + DAY),
        "RegistrationAction": capitals(action(NOW)),
    }
    return {**whole, **changes}


def capitals(told):
    if not isinstance(told, dict):
        return told
    return {name[0].upper() + name[1:]: capitals(value) for name, value in told.items()}


@pytest.mark.spec("TKB patientrelationship 1.0", "6")
def test_the_whole_life_of_a_relation(ask):
    asked = {"AccessingActor": capitals(ACTOR), "PatientId": a.PATIENT.value}
    assert ask("CheckPatientRelation", **asked).HasPatientrelation is False
    made = relation()
    assert ask("RegisterExtendedPatientRelation", **made).ResultCode == "OK"
    assert ask("RegisterExtendedPatientRelation", **made).ResultCode == "OK"
    assert ask("CheckPatientRelation", **asked).HasPatientrelation is True
    mine = {"CareProviderId": a.PROVIDER, "PatientId": a.PATIENT.value}
    (held,) = ask("GetPatientRelationsForPatient", **mine).PatientRelations
    assert (held.PatientRelationId, held.EmployeeId, held.EndDate) == (
        made["PatientRelationId"],
        a.NURSE,
        at(NOW + DAY),
    )
    ending = {"PatientRelationId": made["PatientRelationId"], "CancellationAction": capitals(action(NOW, reason="Ut"))}
    assert ask("CancelExtendedPatientRelation", **ending).ResultCode == "OK"
    assert ask("CancelExtendedPatientRelation", **ending).ResultCode == "INVALIDSTATE"
    assert ask("CheckPatientRelation", **asked).HasPatientrelation is False
    told = ask("GetExtendedPatientRelationsForPatient", **mine, GetCancelledFlag=True).ExtendedPatientRelations
    assert [each.CancellationInfo.ReasonText for each in told] == ["Ut"]
    listed = ask("GetPatientRelationsForCareProvider", CareProviderId=a.PROVIDER, GetCancelledFlag=True)
    assert [each.PatientRelationId for each in listed.CancelledPatientRelations] == [made["PatientRelationId"]]
    assert not listed.PatientRelations
    assert listed.HasMore is False
    assert ask("RegisterExtendedPatientRelation", **relation()).ResultCode == "OK"
    listed = ask("GetPatientRelationsForCareProvider", CareProviderId=a.PROVIDER, GetCancelledFlag=False)
    assert (len(listed.PatientRelations), listed.CancelledPatientRelations) == (1, [])


def test_a_mistaken_relation_is_voided(ask):
    made = relation(PatientId=a.OTHER_PATIENT.value)
    ask("RegisterExtendedPatientRelation", **made)
    voided = {"PatientRelationId": made["PatientRelationId"], "DeletionAction": capitals(action(NOW))}
    assert ask("DeleteExtendedPatientRelation", **voided).ResultCode == "OK"
    assert ask("DeleteExtendedPatientRelation", JOURNAL, a.PROVIDER, **voided).ResultCode == "INVALIDSTATE"


def test_a_number_of_no_kind_that_a_relation_knows_is_refused(ask):
    answer = ask("RegisterExtendedPatientRelation", **relation(PatientId="191212121213"))
    assert (answer.ResultCode, "nummer" in answer.ResultText) == ("VALIDATION_ERROR", True)
