"""The log service: who may store and read what, everything that a record may not be, and what is recorded of reading."""

import json
import sqlite3
from dataclasses import replace

import pytest

from broker.care import access_log
from broker.care.access_log import LogsAsked
from broker.care.access_values import LogIdTaken, ReportState
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, ResultCode
from broker.federation.directory import Listed
from broker.login.effects import PersonKey, StorageUnavailable
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.databases import NOW
from trust_framework.access_log import (
    LONGEST_ARGUMENTS,
    LONGEST_TEXT,
    MOST_RECORDS,
    MOST_RESOURCES,
    AccessRecord,
    AccessSought,
)
from trust_framework.care import CareProvider, CareUnit, Period, Staff, Switches
from trust_framework.care_register import CareRegister
from trust_framework.identifiers import KINDS, Identifier
from trust_framework.persons import Person

spec = pytest.mark.spec("RIV-TA auditing:log", "StoreLog")
UNITS = {unit: CareUnit(unit) for unit in (a.UNIT, a.OTHER_UNIT)}
REGISTER = CareRegister(
    {
        a.PROVIDER: CareProvider(a.PROVIDER, "2321000016", units=UNITS),
        a.OTHER_PROVIDER: CareProvider(a.OTHER_PROVIDER, "2321000131"),
    }
)
CLIENT = Caller(CallerKind.CLIENT, client="journal", providers=frozenset({a.PROVIDER}))
BOTH = replace(CLIENT, providers=frozenset({a.PROVIDER, a.OTHER_PROVIDER}))
REVIEWER = replace(CLIENT, client="follow-up", staff=Staff("SE2321000016-REV"), reference="R-1")
NURSE = Caller(CallerKind.STAFF, person="nurse", staff=Staff(a.NURSE), providers=CLIENT.providers)
WEEK = Period(NOW - 7 * a.DAY, NOW)


@pytest.fixture
def on(sqlite_storage):
    return CareServices(sqlite_storage, REGISTER)


def store(on, *records, who=CLIENT, now=NOW):
    done = access_log.store(records, who, on, now)
    on.store.commit(done.effects)
    return done


def kept(on):
    return on.store.access_page(AccessSought(), None, 1000).rows


def refused(on, *records, who=CLIENT):
    with pytest.raises(CareRefused) as error:
        store(on, *records, who=who)
    assert kept(on) == ()
    return error.value.code, error.value.reason, error.value.field


def answered(on, done):
    on.store.commit(done.effects)
    return done.result.rows


def last_event(on):
    return json.loads(on.store.log_pending()[-1])


REFUSED = {
    "no log id": ({"id": ""}, "id", "logId"),
    "a log id with a space": ({"id": "a b"}, "id", "logId"),
    "a log id too long": ({"id": "a" * 37}, "id", "logId"),
    "a log id in other letters": ({"id": "å" * 8}, "id", "logId"),
    "an unknown activity": ({"activity": "Titta"}, "unknown-activity", "activityType"),
    "no activity": ({"activity": ""}, "unknown-activity", "activityType"),
    "an unknown purpose": ({"purpose": "Nyfikenhet"}, "unknown-purpose", "purpose"),
    "a clock two minutes ahead": ({"at": NOW + 120}, "future", "startDate"),
    "a clock just too far ahead": ({"at": NOW + 61}, "future", "startDate"),
    "no time": ({"at": 0}, "time", "startDate"),
    "a time before all times": ({"at": -1}, "time", "startDate"),
    "a time too long ago": ({"at": NOW - 11 * 366 * a.DAY}, "too-old", "startDate"),
    "no resource": ({"resources": ()}, "number", "resources"),
    "too many resources": ({"resources": (resource(),) * (MOST_RESOURCES + 1)}, "number", "resources"),
    "arguments too long": ({"arguments": "a" * (LONGEST_ARGUMENTS + 1)}, "too-long", "activityArgs"),
    "a name too long": ({"user_name": "a" * (LONGEST_TEXT + 1)}, "too-long", "name"),
    "a title too long": ({"title": "a" * (LONGEST_TEXT + 1)}, "too-long", "title"),
    "an assignment too long": ({"assignment": "a" * (LONGEST_TEXT + 1)}, "too-long", "assignment"),
    "a level too long": ({"level": "a" * (LONGEST_TEXT + 1)}, "too-long", "activityLevel"),
    "a system name too long": ({"system_name": "a" * (LONGEST_TEXT + 1)}, "too-long", "systemName"),
    "a unit name too long": ({"unit_name": "a" * (LONGEST_TEXT + 1)}, "too-long", "careUnitName"),
    "a provider name too long": ({"provider_name": "a" * (LONGEST_TEXT + 1)}, "too-long", "careProviderName"),
    "a person id too long": ({"person_id": "1" * 37}, "too-long", "personId"),
    "an escape in a name": ({"user_name": "a\x1b[31mb"}, "characters", "name"),
    "writing turned round": ({"title": "a\u202eb"}, "characters", "title"),
    "a zero byte": ({"arguments": "a\x00b"}, "characters", "activityArgs"),
    "a user that is no HSA-id": ({"user": "anna"}, "hsa-id", "userId"),
    "a system that is no HSA-id": ({"system": "journal"}, "hsa-id", "systemId"),
    "a unit that is no HSA-id": ({"unit": "SE-U1"}, "hsa-id", "careUnitId"),
    "a provider that is no HSA-id": ({"provider": "2321000016"}, "hsa-id", "careProviderId"),
    "a unit of nobody": ({"unit": "SE2321000016-U77"}, "unknown-unit", "careUnitId"),
    "a unit of another": ({"unit": a.FAR_UNIT}, "unknown-unit", "careUnitId"),
    "a resource without type": ({"resources": (resource(type=""),)}, "missing", "resourceType"),
    "a type too long": ({"resources": (resource(type="a" * 257),)}, "too-long", "resourceType"),
    "an escape in a type": ({"resources": (resource(type="a\x07"),)}, "characters", "resourceType"),
    "a patient's name too long": ({"resources": (resource(patient_name="a" * 257),)}, "too-long", "patientName"),
    "a resource of no provider": ({"resources": (resource(provider=""),)}, "hsa-id", "resource/careProviderId"),
    "a resource of no real unit": ({"resources": (resource(unit="x"),)}, "hsa-id", "resource/careUnitId"),
    "a wrong check digit": (
        {"resources": (resource(Identifier(a.PERSONNUMMER, "191212121213")),)}, "patient-id", "patientId",
    ),
    "a number of an unknown kind": (
        {"resources": (resource(Identifier("1.2.3", "191212121212")),)}, "patient-id", "patientId",
    ),
    "an HSA-id for a patient": (
        {"resources": (resource(Identifier(KINDS["hsa-id"].oid, a.NURSE)),)}, "patient-id", "patientId",
    ),
}  # fmt: skip


class TestStoring:
    @spec
    def test_a_full_call_is_stored_whole(self, on):
        assert store(on, *(record() for _ in range(MOST_RECORDS))).result == MOST_RECORDS
        assert len(kept(on)) == MOST_RECORDS

    @spec
    @pytest.mark.parametrize("number", [0, MOST_RECORDS + 1, 10_000])
    def test_no_record_or_more_than_500_is_refused(self, on, number):
        one = record()
        assert refused(on, *(one for _ in range(number))) == (ResultCode.VALIDATION_ERROR, "number", "log")

    @spec
    def test_one_log_id_twice_in_a_call_stores_nothing(self, on):
        one = record()
        found = refused(on, record(), one, replace(one, id=one.id.upper()))
        assert found == (ResultCode.VALIDATION_ERROR, "log-id-taken", "logId")

    @spec
    def test_a_log_id_that_was_stored_before_stores_nothing(self, on):
        one = record()
        store(on, one)
        with pytest.raises(LogIdTaken):
            store(on, record(), one)
        assert len(kept(on)) == 1

    @spec
    def test_hsa_ids_in_any_spelling_are_the_same(self, on):
        store(
            on,
            record(
                resource(provider=a.PROVIDER.lower(), unit=f" {a.UNIT.lower()} "),
                user=a.NURSE.lower(),
                provider=f" {a.PROVIDER.lower()}",
                unit=a.UNIT.lower(),
                system="se2321000016-sys1",
            ),
        )
        (row,) = kept(on)
        found = row.record
        assert (found.user, found.provider, found.unit, found.system) == (
            a.NURSE, a.PROVIDER, a.UNIT, "SE2321000016-SYS1",
        )  # fmt: skip
        assert (found.resources[0].provider, found.resources[0].unit) == (a.PROVIDER, a.UNIT)

    @spec
    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("personnummer", "191212121212"),
            ("samordningsnummer", "197010632391"),
            ("reserve-stockholm", "992000123455"),
            ("reserve-vastra-gotaland", "19121212K072"),
            ("reserve-varmland", "19121212SF1A"),
            ("reserve-inera", "191212321234"),
        ],
    )
    def test_patients_of_every_kind_of_number_are_found_again(self, on, kind, value):
        patient = Identifier(KINDS[kind].oid, value)
        store(on, record(resource(patient)))
        done = access_log.for_patient(patient, a.PROVIDER, WEEK, "begäran", CLIENT, on, NOW)
        assert [row.record.resources[0].patient for row in done.result.rows] == [patient]

    @spec
    @pytest.mark.parametrize("what", REFUSED)
    def test_a_record_that_is_not_as_it_must_be_stores_nothing_of_the_call(self, on, what):
        changes, reason, field = REFUSED[what]
        found = refused(on, record(), record(**changes), record())
        assert found == (ResultCode.VALIDATION_ERROR, reason, field)

    @spec
    def test_the_longest_texts_and_a_clock_within_the_skew_are_stored(self, on):
        longest = dict.fromkeys(("user_name", "title", "assignment", "level", "system_name"), "å" * LONGEST_TEXT)
        store(on, record(at=NOW + 60, arguments="rad ett\nrad två\t" + "a" * (LONGEST_ARGUMENTS - 16), **longest))
        store(on, record(*(resource(type=f"typ {n}") for n in range(MOST_RESOURCES))))
        assert len(kept(on)) == 2

    @spec
    @pytest.mark.parametrize("provider", [a.OTHER_PROVIDER, "SE2321000016-NONE"])
    def test_a_caller_stores_for_its_own_providers_alone(self, on, provider):
        found = refused(on, record(provider=provider, unit=a.FAR_UNIT))
        assert found == (ResultCode.ACCESSDENIED, "provider", "careProviderId")

    def test_staff_store_nothing_themselves(self, on):
        assert refused(on, record(), who=NURSE)[0] is ResultCode.ACCESSDENIED

    def test_a_provider_that_lists_no_units_has_any(self, on):
        store(on, record(provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT), who=BOTH)
        assert len(kept(on)) == 1

    def test_a_leaf_says_who_stored_it_and_nothing_personal(self, on):
        store(on, record())
        leaf = last_event(on)
        assert leaf["event"] == "care.access"
        assert (leaf["by"], leaf["at"], leaf["occurred"], leaf["provider"]) == ("journal", NOW, NOW - 60, a.PROVIDER)
        assert set(leaf) == {"at", "by", "entry", "event", "evidence", "occurred", "person", "provider", "record"}


class TestReading:
    def ask(self, **changes):
        whole = {"provider": a.PROVIDER, "purpose": "logguppföljning", "period": WEEK}
        return LogsAsked(**{**whole, **changes})

    @pytest.mark.spec("RIV-TA auditing:log", "GetLogs")
    @pytest.mark.parametrize(
        ("changes", "titles"),
        [
            ({}, ["doctor", "nurse"]),
            ({"employee": a.DOCTOR.lower()}, ["doctor"]),
            ({"unit": a.UNIT.lower()}, ["nurse"]),
            ({"patient": a.OTHER_PATIENT}, ["doctor"]),
            ({"patient": Identifier(a.PERSONNUMMER, "198906059483")}, []),
            ({"period": Period(NOW - 5, NOW)}, ["doctor"]),
            ({"provider": a.PROVIDER.lower(), "period": Period(None, None)}, ["doctor", "nurse", "old"]),
        ],
    )
    def test_a_providers_log_is_read_by_patient_user_unit_and_period(self, on, changes, titles):
        store(
            on,
            record(title="nurse"),
            record(resource(a.OTHER_PATIENT), title="doctor", user=a.DOCTOR, unit=a.OTHER_UNIT, at=NOW - 1),
            record(title="old", at=NOW - 30 * a.DAY),
            record(title="far", provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT),
            who=BOTH,
        )
        rows = answered(on, access_log.logs(self.ask(**changes), CLIENT, on, NOW))
        assert [row.record.title for row in rows] == titles

    @pytest.mark.spec("RIV-TA auditing:log", "GetAccessLogsForPatient")
    def test_a_patients_accesses_are_those_of_the_provider_that_is_asked(self, on):
        store(on, record(), record(title="far", provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT), who=BOTH)
        done = access_log.for_patient(a.PATIENT, a.PROVIDER, WEEK, "begäran", CLIENT, on, NOW)
        assert [row.record.title for row in answered(on, done)] == ["Sjuksköterska"]

    def test_a_patient_reads_about_themselves_at_every_provider_and_about_nobody_else(self, on):
        store(
            on,
            record(),
            record(provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT),
            record(resource(a.OTHER_PATIENT)),
            who=BOTH,
        )
        me = Caller(CallerKind.PATIENT, person=on.store.patient(a.PATIENT))
        done = access_log.for_patient(a.PATIENT, "", WEEK, "egen", me, on, NOW)
        assert len(answered(on, done)) == 2
        with pytest.raises(CareRefused) as error:
            access_log.for_patient(a.OTHER_PATIENT, "", WEEK, "egen", me, on, NOW)
        assert error.value.code is ResultCode.ACCESSDENIED
        stranger = Identifier(a.PERSONNUMMER, "198906059483")
        with pytest.raises(CareRefused):
            access_log.for_patient(stranger, "", WEEK, "egen", me, on, NOW)

    def test_of_a_patient_whom_nobody_knows_there_is_nothing(self, on):
        done = access_log.for_patient(a.PATIENT, a.PROVIDER, WEEK, "begäran", CLIENT, on, NOW)
        assert answered(on, done) == ()

    @pytest.mark.spec("RIV-TA auditing:log", "GetInfoLogs")
    def test_a_provider_is_told_which_others_read_its_information(self, on):
        store(
            on,
            record(title="own"),
            record(title="far", provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT),
            record(resource(provider=a.OTHER_PROVIDER), title="theirs", provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT),
            who=BOTH,
        )
        done = access_log.info_logs(a.PROVIDER, WEEK, "uppföljning", CLIENT, on, NOW)
        assert [row.record.title for row in answered(on, done)] == ["far"]

    @pytest.mark.spec("RIV-TA auditing:log", "GetInfoLogs")
    def test_a_question_about_one_patient_counts_and_records_that_patient_alone(self, on, monkeypatch):
        far = {"provider": a.OTHER_PROVIDER, "unit": a.FAR_UNIT}
        store(on, record(title="one", **far), record(resource(a.OTHER_PATIENT), title="other", **far), who=BOTH)
        monkeypatch.setattr(access_log, "AT_ONCE", 1)
        done = access_log.info_logs(a.PROVIDER, WEEK, "uppföljning", CLIENT, on, NOW, a.PATIENT)
        assert [row.record.title for row in answered(on, done)] == ["one"]
        event = last_event(on)
        assert (event["rows"], event["person"]) == (1, on.store.patient(a.PATIENT))

    @pytest.mark.spec("threats", "LO-06")
    def test_reading_is_recorded_with_its_purpose(self, on):
        store(on, record())
        answered(on, access_log.logs(self.ask(patient=a.PATIENT, employee=a.NURSE), REVIEWER, on, NOW))
        event = last_event(on)
        assert event["event"] == "care.log-read"
        assert (event["what"], event["purpose"], event["rows"]) == ("GetLogs", "logguppföljning", 1)
        assert (event["by"], event["kind"], event["reference"]) == ("follow-up", "client", "R-1")
        assert event["person"] == on.store.patient(a.PATIENT)
        assert a.NURSE not in json.dumps(event)

    @pytest.mark.parametrize("purpose", ["", "   ", "a" * 257])
    def test_without_a_purpose_nothing_is_read(self, on, purpose):
        for call in (
            lambda: access_log.logs(self.ask(purpose=purpose), CLIENT, on, NOW),
            lambda: access_log.for_patient(a.PATIENT, a.PROVIDER, WEEK, purpose, CLIENT, on, NOW),
            lambda: access_log.info_logs(a.PROVIDER, WEEK, purpose, CLIENT, on, NOW),
        ):
            with pytest.raises(CareRefused) as error:
                call()
            assert (error.value.code, error.value.field) == (ResultCode.VALIDATION_ERROR, "purpose")

    def test_a_period_that_ends_before_it_begins_is_refused(self, on):
        with pytest.raises(CareRefused) as error:
            access_log.logs(self.ask(period=Period(NOW, NOW - 1)), CLIENT, on, NOW)
        assert (error.value.code, error.value.reason) == (ResultCode.VALIDATION_ERROR, "inverted")

    def test_staff_read_no_log_here_review_has_its_own_pages(self, on):
        with pytest.raises(CareRefused) as error:
            access_log.logs(self.ask(), NURSE, on, NOW)
        assert error.value.code is ResultCode.ACCESSDENIED

    def test_entries_are_given_to_be_proven_by_their_ids(self, on):
        store(on, record(), record(provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT), who=BOTH)
        far, mine = sorted(kept(on), key=lambda row: row.record.provider == a.PROVIDER)
        done = access_log.named(a.PROVIDER, [mine.id], "utlämnande", CLIENT, on, NOW)
        on.store.commit(done.effects)
        assert done.result == (mine,)
        assert last_event(on)["what"] == "entries"
        for ids in ([far.id], [mine.id, far.id], ["17"], ["x"]):
            with pytest.raises(CareRefused) as error:
                access_log.named(a.PROVIDER, ids, "utlämnande", CLIENT, on, NOW)
            assert error.value.code is ResultCode.NOTFOUND

    @pytest.mark.parametrize("provider", [a.OTHER_PROVIDER, "", "SE2321000016-NONE"])
    def test_the_log_of_another_provider_is_not_read(self, on, provider):
        for call in (
            lambda: access_log.logs(self.ask(provider=provider), CLIENT, on, NOW),
            lambda: access_log.for_patient(a.PATIENT, provider, WEEK, "begäran", CLIENT, on, NOW),
            lambda: access_log.info_logs(provider, WEEK, "uppföljning", CLIENT, on, NOW),
        ):
            with pytest.raises(CareRefused) as error:
                call()
            assert error.value.code is ResultCode.ACCESSDENIED


class TestWhoAccessed:
    """What of staff is told to whom: `trust_framework.staff_told` decides, each call says who asks."""

    NAME, NUMBER = "Anna Åkesson", "198906059483"

    @pytest.fixture
    def silent(self, on):
        hushed = replace(REGISTER.providers[a.PROVIDER], switches=Switches(staff_names_shown=False))
        return replace(on, register=CareRegister({**REGISTER.providers, a.PROVIDER: hushed}))

    @pytest.fixture
    def protected(self, on):
        key = PersonKey("employeeHsaId", a.NURSE)
        on.store.save_directory((Listed((key,), Person("", {}, protected=True)),))

    def logged(self, on):
        return answered(on, access_log.logs(LogsAsked(a.PROVIDER, "uppföljning", WEEK), CLIENT, on, NOW))

    def of_patient(self, on):
        return answered(on, access_log.for_patient(a.PATIENT, a.PROVIDER, WEEK, "begäran", CLIENT, on, NOW))

    def by_others(self, on):
        return answered(on, access_log.info_logs(a.OTHER_PROVIDER, WEEK, "uppföljning", BOTH, on, NOW))

    def told(self, rows):
        (row,) = rows
        return row.record.user_name, row.record.person_id, bool(row.identity_text)

    def test_those_who_answer_for_the_log_are_told_all_and_the_patient_the_name(self, on):
        store(on, record())
        assert self.told(self.logged(on)) == (self.NAME, self.NUMBER, True)
        assert self.told(self.of_patient(on)) == (self.NAME, "", False)

    def test_a_care_provider_may_keep_the_names_from_the_patient(self, silent):
        store(silent, record())
        assert self.told(self.of_patient(silent)) == ("", "", False)
        assert self.told(self.logged(silent)) == (self.NAME, self.NUMBER, True)

    def test_another_care_provider_is_told_neither_name_nor_number(self, on):
        store(on, record(resource(provider=a.OTHER_PROVIDER)))
        (row,) = self.by_others(on)
        assert self.told([row]) == ("", "", False)
        assert row.record.user == a.NURSE

    @pytest.mark.spec("Sweden", "10, row 21")
    def test_of_staff_with_protected_identity_nobody_is_told_more_than_the_hsa_id(self, on, protected):
        store(on, record(user=a.NURSE.lower()), record(user=a.DOCTOR, at=NOW - 90))
        for rows in (self.logged(on), self.of_patient(on)):
            known, hidden = sorted(rows, key=lambda row: row.record.at)
            assert known.record.user_name == self.NAME
            assert (hidden.record.user, self.told([hidden])) == (a.NURSE, ("", "", False))
        entry = next(row.id for row in kept(on) if row.record.user == a.NURSE)
        proven = access_log.named(a.PROVIDER, [entry], "utlämnande", CLIENT, on, NOW)
        assert self.told(proven.result) == ("", "", False)

    def test_a_report_tells_what_the_question_would_have_been_told(self, on, monkeypatch):
        monkeypatch.setattr(access_log, "AT_ONCE", 0)
        store(on, record())
        done = access_log.for_patient(a.PATIENT, a.PROVIDER, WEEK, "begäran", CLIENT, on, NOW)
        on.store.commit(done.effects)
        on.store.make_report()
        asked = LogsAsked(a.PROVIDER, "uppföljning", WEEK, report=done.result.report)
        assert self.told(answered(on, access_log.logs(asked, CLIENT, on, NOW))) == (self.NAME, "", False)


class TestReports:
    @pytest.fixture(autouse=True)
    def few(self, monkeypatch):
        monkeypatch.setattr(access_log, "AT_ONCE", 3)
        monkeypatch.setattr(access_log, "MOST_ROWS", 6)

    def ask(self, on, who=CLIENT, report=""):
        asked = LogsAsked(a.PROVIDER, "logguppföljning", WEEK, report=report)
        done = access_log.logs(asked, who, on, NOW)
        on.store.commit(done.effects)
        return done

    @pytest.mark.spec("RIV-TA auditing:log", "GetLogs")
    def test_a_large_answer_is_a_report_that_a_job_makes(self, on):
        records = [record(at=NOW - n) for n in range(5)]
        store(on, *records)
        queued = self.ask(on)
        assert queued.code is ResultCode.INFO
        assert queued.result.state is ReportState.ON_QUEUE
        assert queued.result.queue_time > 0
        assert queued.result.rows == ()
        waiting = self.ask(on, report=queued.result.report)
        assert (waiting.code, waiting.result.state) == (ResultCode.INFO, ReportState.ON_QUEUE)
        assert on.store.make_report()
        assert not on.store.make_report()
        made = self.ask(on, report=queued.result.report)
        assert made.result.state is ReportState.DONE
        assert [row.record for row in made.result.rows] == records
        assert last_event(on)["rows"] == 5

    @pytest.mark.spec("RIV-TA auditing:log", "GetLogs")
    def test_more_than_the_most_rows_is_refused(self, on):
        store(on, *(record() for _ in range(7)))
        with pytest.raises(CareRefused) as error:
            self.ask(on)
        assert error.value.reason == access_log.EXCEEDED

    def test_a_report_is_its_askers_alone(self, on):
        store(on, *(record() for _ in range(5)))
        queued = self.ask(on)
        on.store.make_report()
        for who, id_ in ((REVIEWER, queued.result.report), (CLIENT, "unknown")):
            with pytest.raises(CareRefused) as error:
                self.ask(on, who, id_)
            assert error.value.code is ResultCode.NOTFOUND

    def test_a_forgotten_patient_is_not_in_a_report_either(self, on):
        store(on, *(record() for _ in range(2)), *(record(resource(a.OTHER_PATIENT)) for _ in range(3)))
        queued = self.ask(on)
        on.store.make_report()
        on.store.forget_person(on.store.patient(a.PATIENT))
        rows = self.ask(on, report=queued.result.report).result.rows
        assert [row.record.resources[0].patient for row in rows] == [a.OTHER_PATIENT] * 3

    def test_a_report_is_thrown_away_after_a_week(self, on, clock):
        store(on, *(record() for _ in range(5)))
        queued = self.ask(on)
        on.store.make_report()
        clock.now += 8 * a.DAY
        on.store.expire(3600)
        with pytest.raises(CareRefused):
            self.ask(on, report=queued.result.report)


class TestWhenTheDatabaseCannot:
    def test_a_full_disk_refuses_the_call_whole(self, on, monkeypatch):
        store(on, record())
        connection = on.store._database.connection()
        connection.execute("PRAGMA max_page_count = 1")
        with on.store._database.writing:
            on.store._database.lend_writer()
            on.store._database.connection().execute("PRAGMA max_page_count = 1")
            on.store._database.take_writer_back()
        with pytest.raises(StorageUnavailable):
            store(on, *(record(arguments="a" * 8000) for _ in range(100)))
        assert len(kept(on)) == 1
        assert on.store.log_waiting() == len(on.store.log_pending())

    def test_a_database_that_fails_in_the_middle_leaves_nothing(self, on, monkeypatch):
        from broker.storage.database import Unit

        load = Unit.load

        def fails(unit, table, columns, rows):
            if table.name == "log_pending":
                raise sqlite3.OperationalError("disk I/O error")
            load(unit, table, columns, rows)

        monkeypatch.setattr(Unit, "load", fails)
        before = on.store.log_waiting()
        with pytest.raises(StorageUnavailable):
            store(on, record())
        monkeypatch.undo()
        assert kept(on) == ()
        assert on.store.log_waiting() == before
        store(on, record())
        assert len(kept(on)) == 1


def test_every_field_of_the_contract_comes_back(on):
    whole = record()
    store(on, whole)
    (row,) = kept(on)
    assert row.record == whole
    assert all(getattr(whole, name) for name in AccessRecord.__dataclass_fields__)
