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
    "501 records": (lambda: [record() for _ in range(501)], "log"),
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
