"""Erasing a person: what stands against it, that nothing is readable afterwards, and that the log is proven all the same."""

import json
import time
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from broker.audit import standalone
from broker.audit.archive import archive
from broker.audit.export import export_log
from broker.audit.retention import DAY, YEAR, Held, Hold
from broker.audit.verify import verify_log
from broker.care import erasures, subject_requests
from broker.care.access_values import StoreAccess
from broker.care.calling import Caller, CallerKind, CareRefused
from broker.care.changes import SaveAccessFact, SaveBlock
from broker.care.filings import Watch
from broker.care.subject_requests import Asked
from broker.jobs.sealer import Sealer
from broker.login.effects import Effects, Overtaken
from broker.settings import Settings
from broker.storage.opening import open_storage
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.command_line import tillit
from tests.support.databases import NOW
from trust_framework.access_facts import AccessFact
from trust_framework.access_log import AccessSought
from trust_framework.subject_requests import RequestKind, RequestState

__all__ = ["tillit"]
ORG = "2321000016"
ASTA, BIRK = Caller(CallerKind.STAFF, "p-asta", ORG), Caller(CallerKind.STAFF, "p-birk", ORG)
LATER = NOW + 5 * YEAR + DAY


def read(storage, at, patient=a.PATIENT):
    storage.commit(Effects((StoreAccess((record(resource(patient), at=at),), at, "journal"),)))
    Sealer(storage, storage.ring, storage.log_origin(), None).run()
    return storage.patient(patient)


def decided(storage, person, by=ASTA):
    """A request for erasure that the member has decided to grant."""
    asked = Asked(RequestKind.ERASURE, person, storage.clock() - 60)
    request = subject_requests.receive(asked, ORG, by, storage.clock())
    storage.commit(request.effects)
    done = subject_requests.act(request.result, "decide-erasure", "Inget hindrar.", by, storage.clock())
    storage.commit(done.effects)
    return done.result


def erase(storage, request, who=BIRK, years=0):
    done = erasures.carry_out(request, "Gjort.", who, storage, years, storage.clock())
    storage.commit(done.effects)
    return done.result


@pytest.fixture
def old(sqlite_storage, clock):
    """A patient whose information was last accessed more than five years ago, and another patient."""
    read(sqlite_storage, NOW)
    read(sqlite_storage, NOW, a.OTHER_PATIENT)
    clock.now = LATER
    return sqlite_storage


@pytest.mark.spec("GDPR", "17")
def test_whom_two_persons_erased_nobody_can_read_and_the_log_is_proven_all_the_same(old, tmp_path):
    person = old.patient(a.PATIENT)
    old.commit(Effects((Watch(a.PROVIDER, person, NOW, "p-asta"),)))
    request = erase(old, decided(old, person))
    assert request.state is RequestState.ANSWERED
    assert old.patient(a.PATIENT) is None
    assert [row.record.resources[0].patient for row in old.access_page(AccessSought()).rows] == [a.OTHER_PATIENT]
    assert old.watched(a.PROVIDER) == frozenset()
    assert erasures.hindrance(person, old, 0, LATER) == erasures.UNKNOWN
    Sealer(old, old.ring, old.log_origin(), None).run()
    told = [json.loads(row.leaf) for row in old.log_rows()]
    (event,) = [each for each in told if each["event"] == "person.forgotten"]
    assert (event["person"], event["decision"], event["by"]) == (person, request.id, "p-birk")
    acts = [each["act"] for each in told if each["event"] == "data.request-acted"]
    assert acts == ["received", "erasure-decided", "erased"]
    assert verify_log(old).ok
    with (tmp_path / "export").open("w") as out:
        export_log(old, out)
    assert standalone.main([str(tmp_path / "export"), "--key", old.log_verifiers()[0].text]) == 0


def test_who_decided_it_does_not_carry_it_out_and_nothing_is_changed(old):
    person = old.patient(a.PATIENT)
    request = decided(old, person)
    with pytest.raises(CareRefused, match="erasure-second-person"):
        erase(old, request, ASTA)
    assert old.patient(a.PATIENT) == person


@pytest.mark.parametrize(("kind", "about"), [("all", ""), ("person", "patient"), ("provider", a.PROVIDER)])
def test_a_legal_hold_stands_against_it_and_nothing_of_it_is_recorded(old, kind, about):
    person = old.patient(a.PATIENT)
    request = decided(old, person)
    old.set_hold(Hold("h", kind, person if about == "patient" else about, "IVO", "p-eva", LATER))
    with pytest.raises(Held):
        erase(old, request)
    assert old.patient(a.PATIENT) == person
    assert old.subject_request(request.id) == request
    old.end_hold("h", "p-eva")
    erase(old, request)


@pytest.mark.spec("PDL", "4:4")
def test_a_block_that_stands_stands_against_it_until_it_is_lifted(old):
    person = old.patient(a.PATIENT)
    block = replace(a.block(), provider=a.OTHER_PROVIDER)
    old.commit(Effects((SaveBlock(block, person),)))
    with pytest.raises(CareRefused, match="erasure-standing"):
        erase(old, decided(old, person))
    old.commit(Effects((SaveBlock(replace(block, revoked=block.registered), person, block),)))
    assert erasures.hindrance(person, old, 0, LATER) == ""


@pytest.mark.spec("Regulation on Personal Health Data", "11(2)")
def test_who_died_under_turkish_rules_is_erased_twenty_years_later(old, clock):
    person = old.patient(a.PATIENT)
    visit = a.fact(rules="tr", kind="visit", until=NOW, ended=a.act())
    old.commit(Effects((SaveAccessFact(visit, person),)))
    assert erasures.hindrance(person, old, 0, LATER) == ""
    died = a.fact(rules="tr", kind="death", says={"day": "2027-01-15"}, until=None, confirmed=a.act())
    old.commit(Effects((SaveAccessFact(died, person),)))
    first = int(datetime(2047, 1, 15, tzinfo=ZoneInfo("Europe/Istanbul")).timestamp())
    assert erasures.hindrance(person, old, 0, first - 1) == "erasure-kept-by-rules"
    assert erasures.hindrance(person, old, 0, first) == ""
    clock.now = first
    erase(old, decided(old, person))
    assert old.patient(a.PATIENT) is None


def test_a_court_order_that_holds_stands_against_it(old):
    person = old.patient(a.PATIENT)
    entered = a.block().registered
    order = AccessFact("f", "tr", "secrecy-order", a.PROVIDER, NOW, entered, {"order": "1"}, a.PATIENT, LATER + 1)
    old.commit(Effects((SaveAccessFact(order, person),)))
    assert erasures.hindrance(person, old, 0, LATER) == erasures.STANDING
    assert erasures.hindrance(person, old, 0, LATER + 1) == ""


@pytest.mark.spec("HSLF-FS 2016:40", "4:9")
@pytest.mark.parametrize(
    ("age", "years", "stands"),
    [(5 * YEAR, 0, True), (5 * YEAR + 1, 0, False), (6 * YEAR, 7, True), (8 * YEAR, 7, False), (DAY, 0, True)],
)
def test_accesses_that_must_be_kept_stand_against_it(sqlite_storage, clock, age, years, stands):
    clock.now = LATER + 10 * YEAR
    person = read(sqlite_storage, clock.now - age)
    assert (erasures.hindrance(person, sqlite_storage, years, clock.now) == erasures.KEPT) is stands


def test_accesses_that_must_be_kept_and_are_in_an_archive_stand_against_it_too(sqlite_storage, clock, tmp_path):
    person, other = read(sqlite_storage, NOW), read(sqlite_storage, NOW - 200 * DAY, a.OTHER_PATIENT)
    archive(sqlite_storage, "2027-01", tmp_path / "archive", "command")
    clock.now = NOW + 2 * YEAR
    assert sqlite_storage.access_count(AccessSought(person=person), 9) == 0
    assert erasures.hindrance(person, sqlite_storage, 0, clock.now) == erasures.KEPT
    assert erasures.hindrance(other, sqlite_storage, 0, clock.now) == erasures.KEPT
    clock.now = LATER
    assert erasures.hindrance(person, sqlite_storage, 0, clock.now) == ""


def test_whom_nobody_knows_is_not_erased(sqlite_storage):
    assert erasures.hindrance("nobody", sqlite_storage, 0, NOW) == erasures.UNKNOWN
    with pytest.raises(CareRefused, match="erasure-not-decided"):
        erase(sqlite_storage, replace(decided(sqlite_storage, "nobody"), acts=()))
    with pytest.raises(CareRefused, match="erasure-unknown"):
        erase(sqlite_storage, decided(sqlite_storage, "nobody"))


class TestTheCommand:
    @pytest.fixture
    def here(self, tillit):
        """An installation with a patient of six years ago, one of now, and a directory."""
        now = int(time.time())
        settings = Settings(base_url=tillit.env["TILLIT_BASE_URL"], data_dir=tillit.env["TILLIT_DATA_DIR"])
        for at, patient in ((now - 6 * YEAR, a.PATIENT), (now - 60, a.OTHER_PATIENT)):
            storage = open_storage(settings, clock=lambda at=at: at)
            read(storage, at, patient)
            storage.close()
        return tillit

    def test_it_erases_and_verifies_and_the_alarm_address_is_told(self, here):
        mail = {"TILLIT_SMTP_HOST": "127.0.0.1", "TILLIT_SMTP_SECURITY": "none"}
        mail |= {"TILLIT_MAIL_FROM": "t@t.example", "TILLIT_ALARM_MAIL": "vakt@t.example"}
        ask = ("person", "forget", "--number", a.PATIENT.value, "--decision", "Dnr 17/2032")
        assert "nothing was changed" in here.done(*ask)
        told = here.json(*ask, "--yes", **mail)
        assert told["erased"] is True
        again = here(*ask, "--yes")
        assert (again.exit_code, "knows nobody" in again.stderr) == (3, True)
        assert here.json("log", "verify")["ok"]
        settings = Settings(base_url=here.env["TILLIT_BASE_URL"], data_dir=here.env["TILLIT_DATA_DIR"])
        storage = open_storage(settings)
        assert ["Dnr 17/2032" in each.text for each in storage.mails_due(9)] == [True]
        assert {json.loads(leaf)["event"] for leaf in storage.log_pending()} >= {"person.forgotten", "alarm.raised"}
        storage.close()

    @pytest.mark.parametrize(
        ("number", "more", "code"),
        [
            (a.OTHER_PATIENT.value, (), 3),
            ("x", (), 2),
            (a.PATIENT.value, ("--id", "p"), 2),
            ("", (), 2),
        ],
    )
    def test_what_cannot_be_erased_says_why(self, here, number, more, code):
        refused = here("person", "forget", "--number", number, "--decision", "x", "--yes", *more)
        assert refused.exit_code == code, refused.stderr

    def test_what_is_entered_while_it_looks_stops_it(self, here, monkeypatch):
        looked = erasures.hindrance

        def meanwhile(person, store, years, now):
            store.commit(Effects((SaveBlock(a.block(), person),)))
            return looked(person, store, years, now) and ""

        monkeypatch.setattr(erasures, "hindrance", meanwhile)
        refused = here("person", "forget", "--number", a.PATIENT.value, "--decision", "x", "--yes")
        assert (refused.exit_code, "meanwhile" in refused.stderr) == (3, True)

    def test_a_legal_hold_refuses(self, here):
        here.done("log", "hold", "set", "--reason", "IVO")
        refused = here("person", "forget", "--number", a.PATIENT.value, "--decision", "x", "--yes")
        assert (refused.exit_code, "hold" in refused.stderr) == (3, True)


def test_what_is_entered_between_the_look_and_the_commit_keeps_a_person_from_being_erased(old):
    person = old.patient(a.PATIENT)
    request = decided(old, person)
    done = erasures.carry_out(request, "Gjort.", BIRK, old, 0, LATER)
    old.commit(Effects((SaveBlock(a.block(), person),)))
    with pytest.raises(Overtaken):
        old.commit(done.effects)
    assert old.subject_request(request.id) == request
    assert [block.stands for block in old.blocks_of(person)] == [True]
    with pytest.raises(CareRefused, match="erasure-standing"):
        erase(old, request)
