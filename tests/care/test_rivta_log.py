"""The access log over SOAP: stored and read by zeep over mutual TLS."""

from datetime import UTC, datetime

import pytest

from tests.support import care_values as a
from tests.support.databases import NOW
from tests.support.rivta import JOURNAL, NODE, ii, running

pytestmark = pytest.mark.spec("TKB log 2.0.8", "6")
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


def record(patient=a.PATIENT, **activity):
    provider, unit = {"careProviderId": a.PROVIDER, "careProviderName": "Region Ett"}, {"careUnitId": a.UNIT}
    return {
        "logId": a.new_id(),
        "system": {"systemId": JOURNAL, "systemName": "Journalen"},
        "activity": {"activityType": "Läsa", "startDate": at(NOW - 60), "purpose": "Vård och behandling", **activity},
        "user": {
            "userId": a.NURSE,
            "name": "Nils Sköterska",
            "personId": ii(a.OTHER_PATIENT),
            "assignment": "Uppdrag",
            "title": "Sjuksköterska",
            "careProvider": provider,
            "careUnit": unit,
        },
        "resources": {
            "resource": [
                {
                    "resourceType": "Journaltext",
                    "patient": {"patientId": ii(patient), "patientName": "Tolvan Tolvansson"},
                    "careProvider": provider,
                    "careUnit": unit,
                }
            ]
        },
    }


def stored(server, patient="p1"):
    from trust_framework.access_log import AccessSought

    return server.store.access_count(AccessSought(person=patient), 100_000)


def test_records_are_stored_with_all_that_they_say(ask, server):
    made = record(activityLevel="Anteckning", activityArgs="rad 1")
    assert ask("StoreLog", log=[made, record()]).resultCode == "OK"
    from trust_framework.access_log import AccessSought

    rows = server.store.access_page(AccessSought(person="p1")).rows
    (kept,) = [row.record for row in rows if row.record.id == made["logId"]]
    assert (kept.activity, kept.level, kept.arguments, kept.at) == ("Läsa", "Anteckning", "rad 1", NOW - 60)
    assert (kept.user, kept.user_name, kept.title, kept.unit) == (a.NURSE, "Nils Sköterska", "Sjuksköterska", a.UNIT)
    assert kept.resources[0].patient == a.PATIENT


def twice():
    one = record()
    return [one, record(), one]


REFUSED = {
    "an id twice in a call": (twice, "logId"),
    "a clock in the future": (lambda: [record(), record(startDate=at(NOW + 3600))], "startDate"),
    "an activity of no kind": (lambda: [record(), record(activityType="Titta")], "activityType"),
    "a purpose of no kind": (lambda: [record(), record(purpose="Nyfikenhet")], "purpose"),
    "an unknown unit": (lambda: [record(), unit("SE2321000016-NOWHERE")], "careUnitId"),
    "an HSA-id that is none": (lambda: [record(), unit("enhet 7")], "careUnitId"),
    "a number of no kind": (lambda: [record(), number("191212121213")], "patientId"),
}


def unit(hsa_id):
    made = record()
    made["user"]["careUnit"] = {"careUnitId": hsa_id}
    return made


def number(value):
    made = record()
    made["resources"]["resource"][0]["patient"]["patientId"]["extension"] = value
    return made


@pytest.mark.parametrize("what", REFUSED)
def test_nothing_of_a_call_with_something_wrong_is_stored(ask, server, what):
    records, field = REFUSED[what]
    before = stored(server)
    answer = ask("StoreLog", log=records())
    assert answer.resultCode == "VALIDATION_ERROR"
    assert f"({field})" in answer.resultText
    assert stored(server) == before


@pytest.mark.parametrize("number", [501, 10_000])
def test_more_records_than_a_call_may_have_are_refused_whole(server, number):
    """Well-formed or not: what is wrong with each is not looked for."""
    from tests.support.rivta import envelope

    domain = "urn:riv:informationsecurity:auditing:log"
    rows = "<r:log><t:logId>1</t:logId></r:log>" * number
    body = f'<r:StoreLog xmlns:r="{domain}:StoreLogResponder:2" xmlns:t="{domain}:2">{rows}</r:StoreLog>'
    before = stored(server)
    answer = server.post("StoreLog", envelope(body))
    assert answer.status == 200
    assert "<t:resultCode>VALIDATION_ERROR</t:resultCode><t:resultText>Anropet har fler poster" in answer.body.decode()
    assert stored(server) == before


def test_an_id_that_is_taken_stores_nothing(ask, server):
    made = record()
    assert ask("StoreLog", log=[made]).resultCode == "OK"
    before = stored(server)
    answer = ask("StoreLog", log=[record(), made])
    assert (answer.resultCode, stored(server)) == ("VALIDATION_ERROR", before)


def test_a_system_logs_for_its_own_care_provider_alone(ask, server):
    before = stored(server)
    made = record()
    made["user"]["careProvider"] = {"careProviderId": a.OTHER_PROVIDER}
    made["user"]["careUnit"] = {"careUnitId": a.FAR_UNIT}
    assert ask("StoreLog", log=[made]).resultCode == "ACCESSDENIED"
    assert stored(server) == before
    assert ask("StoreLog", NODE, "SE165565594230-1000", log=[made]).resultCode == "OK"


# --- reading

ALL = {"fromDate": at(NOW - 30 * DAY), "toDate": at(NOW + DAY)}


@pytest.fixture(scope="module")
def logged(ask):
    """One record of two patients, one of another provider's staff about the first."""
    own = record()
    own["resources"]["resource"].append(record(a.OTHER_PATIENT)["resources"]["resource"][0])
    own["activity"]["startDate"] = at(NOW - 9 * DAY)
    far = record(activityType="Nödöppning", startDate=at(NOW - 9 * DAY))
    far["user"] |= {
        "careProvider": {"careProviderId": a.OTHER_PROVIDER},
        "careUnit": {"careUnitId": a.FAR_UNIT},
        "userId": a.FAR_DOCTOR,
    }
    assert ask("StoreLog", log=[own]).resultCode == "OK"
    assert ask("StoreLog", NODE, "SE165565594230-1000", log=[far]).resultCode == "OK"
    return own, far


WEEK = {"fromDate": at(NOW - 10 * DAY), "toDate": at(NOW - 8 * DAY)}


def test_a_care_providers_log_has_each_record_once_with_all_its_resources(ask, logged, server):
    own, _ = logged
    told = ask("GetLogs", careProviderId=a.PROVIDER, **WEEK)
    assert told.reportResult.result.resultCode == "OK"
    (found,) = told.logs.log
    assert (found.logId, found.activity.activityType, found.user.userId) == (own["logId"], "Läsa", a.NURSE)
    assert found.activity.startDate == at(NOW - 9 * DAY)
    patients = {each.patient.patientId.extension for each in found.resources.resource}
    assert patients == {a.PATIENT.value, a.OTHER_PATIENT.value}
    event = server.events("care.log-read")[-1]
    assert (event["what"], event["by"], event["rows"] > 0) == ("GetLogs", JOURNAL, True)


@pytest.mark.parametrize(
    ("narrowed", "number"),
    [
        ({"patientId": ii(a.OTHER_PATIENT)}, 1),
        ({"userId": a.NURSE.lower()}, 1),
        ({"userId": a.DOCTOR}, 0),
        ({"careUnitId": a.UNIT}, 1),
        ({"careUnitId": a.OTHER_UNIT}, 0),
    ],
)
def test_a_log_is_narrowed(ask, logged, narrowed, number):
    told = ask("GetLogs", careProviderId=a.PROVIDER, **WEEK, **narrowed)
    assert told.reportResult.result.resultCode == "OK"
    assert len(told.logs.log if told.logs else ()) == number


def test_a_patient_sees_who_had_access_at_each_provider_that_the_call_reaches(ask, logged):
    mine = ask("GetAccessLogsForPatient", patientId=ii(), **WEEK).accesssLogs.accessLog
    assert [(each.careProviderId, each.userName, each.careProviderName) for each in mine] == [
        (a.PROVIDER, "Nils Sköterska", "Region Ett")
    ]
    every = ask("GetAccessLogsForPatient", NODE, "SE165565594230-1000", patientId=ii(), **WEEK)
    assert every.reportResult.result.resultCode == "OK"
    found = {(each.careProviderId, each.careUnitId, each.resourceType) for each in every.accesssLogs.accessLog}
    assert found == {(a.PROVIDER, a.UNIT, "Journaltext"), (a.OTHER_PROVIDER, a.FAR_UNIT, "Journaltext")}


def test_a_provider_that_shows_no_names_to_patients_shows_none(ask, logged, server):
    from dataclasses import replace

    before = server.federation.care
    server.federation.care = replace(a.register(staff_names_shown=False), consumers=before.consumers)
    (found,) = ask("GetAccessLogsForPatient", patientId=ii(), **WEEK).accesssLogs.accessLog
    server.federation.care = before
    assert (found.userName, found.userId) == (None, a.NURSE)


def test_which_other_providers_read_ones_information(ask, logged):
    told = ask("GetInfoLogs", careProviderId=a.PROVIDER, **WEEK)
    assert [(each.careProviderId, each.careProviderName) for each in told.careProviders.careProvider] == [
        (a.OTHER_PROVIDER, "Region Ett")
    ]
    other = ask("GetInfoLogs", careProviderId=a.PROVIDER, patientId=ii(a.OTHER_PATIENT), **WEEK)
    assert (other.reportResult.result.resultCode, other.careProviders) == ("OK", None)


def test_more_than_is_answered_at_once_is_a_report(ask, logged, server, monkeypatch):
    from broker.care import access_log

    monkeypatch.setattr(access_log, "AT_ONCE", 1)
    told = ask("GetLogs", careProviderId=a.PROVIDER, **WEEK)
    queued = told.reportResult
    assert (queued.result.resultCode, told.logs) == ("REPORT_ON_QUEUE", None)
    assert queued.queueTime > 0
    again = ask("GetLogs", careProviderId=a.PROVIDER, **WEEK, queuedReportId=queued.queuedReportId)
    assert again.reportResult.result.resultCode == "REPORT_ON_QUEUE"
    assert server.store.make_report()
    done = ask("GetLogs", careProviderId=a.PROVIDER, **WEEK, queuedReportId=queued.queuedReportId)
    assert (done.reportResult.result.resultCode, len(done.logs.log)) == ("OK", 1)
    for name in ("GetAccessLogsForPatient", "GetInfoLogs"):
        more = {"patientId": ii()} if name == "GetAccessLogsForPatient" else {"careProviderId": a.PROVIDER}
        unknown = ask(name, **more, **WEEK, queuedReportId="nothing-of-the-kind")
        assert unknown.reportResult.result.resultCode == "REPORT_NOT_FOUND"
    every = ask("GetAccessLogsForPatient", NODE, "SE165565594230-1000", patientId=ii(), **ALL)
    assert every.reportResult.result.resultCode == "INFO"


def test_more_than_any_answer_holds_is_said(ask, logged, monkeypatch):
    from broker.care import access_log

    monkeypatch.setattr(access_log, "MOST_ROWS", 1)
    told = ask("GetLogs", careProviderId=a.PROVIDER, **ALL)
    assert (told.reportResult.result.resultCode, told.logs) == ("MAX_QUERY_RESULT_EXCEEDED", None)
    every = ask("GetAccessLogsForPatient", NODE, "SE165565594230-1000", patientId=ii(), **ALL)
    assert every.reportResult.result.resultCode == "INFO"


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("GetLogs", {"careProviderId": a.OTHER_PROVIDER}, "ACCESSDENIED"),
        ("GetInfoLogs", {"careProviderId": a.OTHER_PROVIDER}, "ACCESSDENIED"),
        ("GetAccessLogsForPatient", {"patientId": {"root": "1.2.3", "extension": "x"}}, "VALIDATION_ERROR"),
        ("GetAccessLogsForPatient", {"patientId": ii(), "toDate": at(0)}, "VALIDATION_ERROR"),
        ("GetLogs", {"careProviderId": a.PROVIDER, "toDate": at(0)}, "VALIDATION_ERROR"),
    ],
)
def test_a_log_of_others_and_a_question_that_means_nothing_are_refused(ask, name, fields, code):
    assert ask(name, **{**WEEK, **fields}).reportResult.result.resultCode == code


def test_several_providers_are_refused_as_one_is(ask):
    asked = {**WEEK, "toDate": at(0)}
    told = ask("GetAccessLogsForPatient", NODE, "SE165565594230-1000", patientId=ii(), **asked)
    assert told.reportResult.result.resultCode == "VALIDATION_ERROR"
