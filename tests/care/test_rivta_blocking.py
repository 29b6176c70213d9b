"""Blocks over SOAP: every operation run by zeep, a client that did not write the server, over mutual TLS."""

import threading
from datetime import UTC, datetime

import pytest

from tests.support import care_values as a
from tests.support.databases import NOW
from tests.support.rivta import JOURNAL, NATIONAL, NODE, action, ii, running

pytestmark = pytest.mark.spec("TKB blocking 4.0.4", "6")
DAY = 86_400


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = running(tmp_path_factory.mktemp("rivta"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def ask(server):
    return server.asking()


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def block(patient=a.PATIENT, **changes):
    whole = {
        "blockId": a.new_id(),
        "blockType": "Inner",
        "patientId": ii(patient),
        "informationCareUnitId": a.UNIT,
        "informationCareProviderId": a.PROVIDER,
        "registerAction": action(NOW),
        "replicationTimeout": 0,
    }
    return {**whole, **changes}


def rows(*changes):
    whole = {
        "informationStartDate": at(NOW - DAY),
        "informationEndDate": at(NOW - DAY),
        "informationCareUnitId": a.UNIT,
        "informationCareProviderId": a.PROVIDER,
    }
    return [{**whole, "rowNumber": number, **each} for number, each in enumerate(changes, 1)]


def actor(unit=a.OTHER_UNIT, employee=a.DOCTOR):
    return {"employeeId": employee, "careProviderId": a.PROVIDER, "careUnitId": unit}


def statuses(answer):
    return [(each.rowNumber, each.status) for each in answer.checkResults]


def test_a_block_set_over_soap_closes_what_checkblocks_is_asked_about(ask, server):
    asked = {"accessingActor": actor(), "patientId": ii(a.OTHER_PATIENT)}
    mine = rows({}, {"informationType": "lak"}, {"informationCareUnitId": a.OTHER_UNIT}, {"informationType": "weird"})
    before = ask("CheckBlocks", **asked, informationEntities=mine)
    made = block(a.OTHER_PATIENT, excludedInformationTypes=["lak"])
    registered = ask("RegisterExtendedBlock", **made)
    after = ask("CheckBlocks", **asked, informationEntities=mine)
    assert (before.result.resultCode, registered.resultCode, after.result.resultCode) == ("OK", "OK", "OK")
    assert statuses(before) == [(1, "OK"), (2, "OK"), (3, "OK"), (4, "OK")]
    assert statuses(after) == [(1, "BLOCKED"), (2, "OK"), (3, "OK"), (4, "BLOCKED")]
    event = server.events("care.block-changed")[-1]
    assert (event["act"], event["by"], event["kind"]) == ("registered", JOURNAL, "client")
    assert event["reference"]


def test_the_whole_life_of_a_block(ask, server):
    made = block(
        informationStartDate=at(NOW - 9 * DAY), informationEndDate=at(NOW - 2), excludedInformationTypes=["upp"]
    )
    assert ask("RegisterExtendedBlock", **made).resultCode == "OK"
    assert ask("RegisterExtendedBlock", **made).resultCode == "OK", "the same again is well"
    assert ask("RegisterExtendedBlock", **{**made, "blockType": "Outer", "informationCareUnitId": None}).resultCode == (
        "ALREADYEXISTS"
    )
    checked = {"accessingActor": actor(), "patientId": ii(), "informationEntities": rows({})}
    assert statuses(ask("CheckBlocks", **checked)) == [(1, "BLOCKED")]

    lift = {
        "temporaryRevokeId": a.new_id(),
        "blockId": made["blockId"],
        "endDate": at(NOW + DAY),
        "revokedForCareUnitId": a.OTHER_UNIT,
        "revokedForEmployeeId": a.DOCTOR,
        "registerAction": action(NOW),
        "revokeReason": "PatientsConsent",
        "revokeReasonText": "Patienten vill det",
        "replicationTimeout": 0,
    }
    assert ask("RegisterTemporaryExtendedRevoke", **lift).resultCode == "OK"
    assert statuses(ask("CheckBlocks", **checked)) == [(1, "OK")]

    (found,) = ask("GetBlocks", patientId=ii()).blocks
    assert (found.blockId, found.blockType, found.patientId.extension) == (made["blockId"], "Inner", a.PATIENT.value)
    assert found.informationStartDate == at(NOW - 9 * DAY)
    assert [each.infoTypeId for each in found.excludedInformationTypes] == ["upp"]
    assert found.temporaryRevokes[0].revokedForEmployeeId == a.DOCTOR
    assert not ask("GetBlocks", patientId=ii(), createdOnOrAfter=at(NOW + 1)).blocks
    assert len(ask("GetBlocks", patientId=ii(), careProviderIds=[a.PROVIDER], createdOnOrAfter=at(NOW)).blocks) == 1

    ended = ask(
        "CancelTemporaryExtendedRevoke",
        temporaryRevokeId=lift["temporaryRevokeId"],
        cancellationInfo=action(NOW),
        cancelReasonText="Klart",
        replicationTimeout=0,
    )
    assert ended.resultCode == "OK"
    assert statuses(ask("CheckBlocks", **checked)) == [(1, "BLOCKED")]
    why = {"revokeAction": action(NOW), "revokeReasonText": "Patienten ändrade sig"}
    assert ask("RevokeExtendedBlock", blockId=made["blockId"], **why, replicationTimeout=0).resultCode == "OK"
    assert ask("RevokeExtendedBlock", blockId=made["blockId"], **why, replicationTimeout=0).resultCode == "INVALIDSTATE"
    assert statuses(ask("CheckBlocks", **checked)) == [(1, "OK")]

    kept = ask("GetExtendedBlocksForPatient", careProviderId=a.PROVIDER, patientId=ii()).blocks
    (extended,) = [each for each in kept if each.blockId == made["blockId"]]
    assert extended.registrationInfo.registeredBy.employeeId == a.NURSE
    assert extended.permanentRevokedInfo.reasonText == "Patienten ändrade sig"
    assert extended.locallyCreated is True
    (was,) = extended.temporaryRevokes
    assert (was.revocationReason, was.revocationReasonText) == ("PatientsConsent", "Patienten vill det")
    assert was.cancellationInfo.reasonText == "Klart"


def test_a_mistaken_block_is_voided_and_its_patient_no_longer_listed(ask):
    made = block(blockType="Outer", informationCareUnitId=None)
    ask("RegisterExtendedBlock", **made)
    listed = ask("GetPatientIds", careProviderId=a.PROVIDER)
    assert a.PATIENT.value in [each.extension for each in listed.patientIds]
    why = {"deleteAction": action(NOW, reason="Fel patient")}
    assert ask("DeleteExtendedBlock", blockId=made["blockId"], **why, replicationTimeout=0).resultCode == "OK"
    listed = ask("GetPatientIds", careProviderId=a.PROVIDER)
    assert a.PATIENT.value not in [each.extension for each in listed.patientIds or ()]


def test_a_delta_has_what_is_new_and_the_marker_moves_when_something_ended(ask, server):
    old, new = block(a.OTHER_PATIENT), block(a.OTHER_PATIENT)
    ask("RegisterExtendedBlock", **old)
    server.clock.now += 1000
    first = ask("GetBlocks", careProviderIds=[a.PROVIDER])
    ask("RegisterExtendedBlock", **{**new, "registerAction": action(server.clock.now)})
    delta = ask("GetBlocks", careProviderIds=[a.PROVIDER], createdOnOrAfter=first.nextCreatedOnOrAfter)
    assert [each.blockId for each in delta.blocks] == [new["blockId"]]
    assert delta.latestCancellation == first.latestCancellation
    ended = {"revokeAction": action(server.clock.now), "replicationTimeout": 0}
    ask("RevokeExtendedBlock", blockId=new["blockId"], **ended)
    after = ask("GetBlocks", careProviderIds=[a.PROVIDER], createdOnOrAfter=first.nextCreatedOnOrAfter)
    assert not after.blocks
    assert after.latestCancellation > first.latestCancellation


def test_a_row_that_is_wrong_leaves_the_others_their_answer(ask):
    wrong = ({"informationCareUnitId": "no-hsa"}, {"informationEndDate": at(NOW - 9 * DAY)}, {})
    asked = {"accessingActor": actor(), "patientId": ii(), "informationEntities": rows(*wrong)}
    answer = ask("CheckBlocks", **asked)
    assert answer.result.resultCode == "INFO"
    assert answer.result.resultText == "Informationsresurs(er) innehåller valideringsfel"
    assert [status for _, status in statuses(answer)][:2] == ["VALIDATIONERROR", "VALIDATIONERROR"]
    assert statuses(answer)[2][1] in {"OK", "BLOCKED"}


def test_a_row_whose_year_no_calendar_has_is_wrong_by_itself(server):
    from tests.support.rivta import envelope

    rows = "".join(
        f"<r:informationEntities><t:informationStartDate>{year}-01-01T00:00:00Z</t:informationStartDate>"
        f"<t:informationEndDate>{year}-01-01T00:00:00Z</t:informationEndDate><t:informationCareUnitId>{a.UNIT}"
        f"</t:informationCareUnitId><t:informationCareProviderId>{a.PROVIDER}</t:informationCareProviderId><t:rowNumber>"
        f"{number}</t:rowNumber></r:informationEntities>"
        for number, year in enumerate((12026, 2026))
    )
    domain = "urn:riv:informationsecurity:authorization:blocking"
    body = (
        f'<r:CheckBlocks xmlns:r="{domain}:CheckBlocksResponder:4" xmlns:t="{domain}:4"><r:accessingActor><t:employeeId>'
        f"{a.NURSE}</t:employeeId><t:careProviderId>{a.PROVIDER}</t:careProviderId><t:careUnitId>{a.UNIT}</t:careUnitId>"
        f"</r:accessingActor><r:patientId><t:root>{a.PATIENT.oid}</t:root><t:extension>{a.PATIENT.value}</t:extension>"
        f"</r:patientId>{rows}</r:CheckBlocks>"
    )
    answer = server.post("CheckBlocks", envelope(body)).body.decode()
    assert answer.count("<t:status>VALIDATIONERROR</t:status><t:rowNumber>0</t:rowNumber>") == 1
    assert answer.count("<t:status>OK</t:status><t:rowNumber>1</t:rowNumber>") == 1


def test_the_national_address_reaches_all_of_a_consumers_providers(ask):
    far = {"employeeId": a.FAR_DOCTOR, "careProviderId": a.OTHER_PROVIDER, "careUnitId": a.FAR_UNIT}
    asked = {"accessingActor": far, "patientId": ii(), "informationEntities": rows({})}
    assert ask("CheckBlocks", NODE, NATIONAL, **asked).result.resultCode == "OK"
    assert ask("CheckBlocks", NODE, a.PROVIDER, **asked).result.resultCode == "ACCESSDENIED"
    assert ask("CheckBlocks", JOURNAL, NATIONAL, **asked).result.resultCode == "ACCESSDENIED"


def test_of_many_who_end_a_block_at_once_one_has_ended_it(ask, server):
    made = block()
    ask("RegisterExtendedBlock", **made)
    ended, codes = {"revokeAction": action(server.clock.now), "replicationTimeout": 0}, []
    mine = [server.asking() for _ in range(6)]
    for each in mine:
        each("RevokeExtendedBlock", blockId=a.new_id(), **ended)  # connected, and its WSDL read

    def end(call):
        codes.append(call("RevokeExtendedBlock", blockId=made["blockId"], **ended).resultCode)

    threads = [threading.Thread(target=end, args=(each,)) for each in mine]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(codes) == ["INVALIDSTATE"] * 5 + ["OK"]
    events = [each for each in server.events("care.block-changed") if each["block"] == made["blockId"]]
    assert [each["act"] for each in events] == ["registered", "revoked"]


# --- between nodes


def copy(**changes):
    whole = block(informationCareProviderId=a.OTHER_PROVIDER, informationCareUnitId=a.FAR_UNIT, **changes)
    del whole["registerAction"], whole["replicationTimeout"]
    return whole


FAR = {"employeeId": a.NURSE, "careProviderId": a.PROVIDER, "careUnitId": a.UNIT}


def test_a_block_of_another_node_is_copied_lifted_and_ended(ask, server):
    made = copy(patientId=ii(a.OTHER_PATIENT))
    asked = {"accessingActor": FAR, "patientId": ii(a.OTHER_PATIENT)}
    row = rows({"informationCareProviderId": a.OTHER_PROVIDER, "informationCareUnitId": a.FAR_UNIT})
    check = {**asked, "informationEntities": row}
    assert ask("RegisterBlock", **made).resultCode == "ACCESSDENIED", "a node that may call for its provider alone"
    assert ask("RegisterBlock", NODE, NATIONAL, **made).resultCode == "OK"
    assert ask("RegisterBlock", NODE, NATIONAL, **made).resultCode == "OK"
    assert statuses(ask("CheckBlocks", **check)) == [(1, "BLOCKED")]
    lift = {
        "temporaryRevokeId": a.new_id(),
        "blockId": made["blockId"],
        "endDate": at(server.clock.now + DAY),
        "revokedForCareUnitId": a.UNIT,
    }
    assert ask("RegisterTemporaryRevoke", NODE, NATIONAL, temporaryRevokeRegistration=lift).resultCode == "OK"
    assert statuses(ask("CheckBlocks", **check)) == [(1, "OK")]
    listed = ask(
        "GetExtendedBlocksForPatient", NODE, NATIONAL, careProviderId=a.OTHER_PROVIDER, patientId=ii(a.OTHER_PATIENT)
    )
    (kept,) = listed.blocks
    assert (kept.locallyCreated, kept.ownerId, kept.temporaryRevokes[0].revocationReason) == (False, NODE, None)
    ended = {"temporaryRevokeId": lift["temporaryRevokeId"]}
    assert ask("UnregisterTemporaryRevoke", NODE, NATIONAL, **ended).resultCode == "OK"
    assert statuses(ask("CheckBlocks", **check)) == [(1, "BLOCKED")]
    assert ask("UnregisterBlock", NODE, NATIONAL, blockId=made["blockId"]).resultCode == "OK"
    assert ask("UnregisterBlock", NODE, NATIONAL, blockId=made["blockId"]).resultCode == "OK", "it has ended already"
    assert ask("UnregisterBlock", NODE, NATIONAL, blockId=a.new_id()).resultCode == "OK", "nobody knows it"
    assert statuses(ask("CheckBlocks", **check)) == [(1, "OK")]


def test_a_copy_may_come_with_its_lifts(ask, server):
    made = copy(blockId=a.new_id())
    lift = {
        "temporaryRevokeId": a.new_id(),
        "blockId": made["blockId"],
        "endDate": at(server.clock.now + DAY),
        "revokedForCareUnitId": a.UNIT,
        "revokedForEmployeeId": a.NURSE,
    }
    assert ask("RegisterBlock", NODE, NATIONAL, **made, temporaryRevokeRegistration=[lift]).resultCode == "OK"
    (kept,) = [
        each for each in ask("GetBlocks", NODE, NATIONAL, patientId=ii()).blocks if each.blockId == made["blockId"]
    ]
    assert kept.temporaryRevokes[0].revokedForEmployeeId == a.NURSE


def test_what_was_entered_here_is_no_copy(ask):
    made = block()
    ask("RegisterExtendedBlock", **made)
    assert ask("UnregisterBlock", blockId=made["blockId"]).resultCode == "INVALIDSTATE"
    lift = {"temporaryRevokeId": a.new_id(), "blockId": a.new_id(), "endDate": at(NOW), "revokedForCareUnitId": a.UNIT}
    assert ask("RegisterTemporaryRevoke", temporaryRevokeRegistration=lift).resultCode == "NOTFOUND"
