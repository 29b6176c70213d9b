"""The jobs that archive and remove: as decided, not what is held, not by a clock that jumped; and who is told when they fail."""

import json

import pytest

from broker.audit.retention import DAY, YEAR, Due, Hold
from broker.audit.verify import verify_log
from broker.care import removals
from broker.care.access_values import StoreAccess
from broker.care.calling import CareRefused
from broker.jobs.failing import look_at_jobs
from broker.jobs.retention import ClockUnknown, archive_months, remove, retention_jobs
from broker.jobs.runner import Job, JobRunner
from broker.jobs.sealer import Sealer
from broker.login.effects import Effects
from broker.settings import Settings
from tests.support import care_values as a
from tests.support.access_records import record
from tests.support.databases import NOW
from trust_framework.access_log import AccessSought

MONTH = "2027-01"
LATER = NOW + 5 * YEAR + 2 * DAY


def settings(**changes):
    return Settings(base_url="https://tillit.example", **changes)


def seal(storage):
    Sealer(storage, storage.ring, storage.log_origin(), None).run()


def read(storage, clock, at):
    """An access at a time, sealed then."""
    clock.now = at
    storage.commit(Effects((StoreAccess((record(at=at, id=f"entry-{at}"),), at, "journal"),)))
    seal(storage)


@pytest.fixture
def old(sqlite_storage, clock):
    """A log with an access of five years ago, one of a month ago, and the clock at now."""
    read(sqlite_storage, clock, NOW)
    read(sqlite_storage, clock, LATER - 20 * DAY)
    clock.now = LATER
    return sqlite_storage


def left(storage):
    return [row.record.at for row in storage.access_page(AccessSought(), None, 100).rows]


def events(storage, name):
    rows = [*storage.log_pending(), *(row.leaf for row in storage.log_rows() if not row.removal)]
    return [event for event in map(json.loads, rows) if event["event"] == name]


def ordered(storage, by="p-asta", decided="p-birk"):
    done = removals.ask(dict(storage.log_due(0)), by, storage.clock())
    storage.commit(done.effects)
    if decided:
        storage.commit(removals.decide(done.result, decided, storage.clock()).effects)
    return done.result.id


class TestRemoval:
    def test_without_a_decision_nothing_is_removed_however_old(self, old):
        assert remove(old, settings()) == 0
        ordered(old, decided="")
        assert remove(old, settings()) == 0
        assert len(left(old)) == 2

    def test_the_standing_decision_removes_what_is_due_and_again_when_its_hours_have_passed(self, old, clock):
        daily = settings(log_removal_hours=24)
        assert remove(old, daily) == 1
        assert left(old) == [LATER - 20 * DAY]
        assert [event["by"] for event in events(old, "log.content-removed")] == ["jobs"]
        seal(old)
        assert verify_log(old).ok
        clock.now += 23 * 3600
        assert remove(old, daily) == 0
        assert old.setting("log-removed-at") == LATER
        clock.now += 3600
        remove(old, daily)
        assert old.setting("log-removed-at") == clock.now

    def test_what_two_persons_decided_is_removed_and_what_came_to_be_due_since_is_not(self, old, clock):
        id_ = ordered(old)
        clock.now += 5 * YEAR
        read(old, clock, clock.now - 14 * DAY)
        clock.now += 14 * DAY
        assert remove(old, settings()) == 1
        assert left(old) == [clock.now - 14 * DAY, LATER - 20 * DAY]
        order = old.removal_order(id_)
        assert (order.removed, order.decided_by, order.state.value) == (1, "p-birk", "done")
        told = events(old, "log.removal-ordered")
        assert [(each["act"], each["rows"]) for each in sorted(told, key=lambda each: each["at"])] == [
            ("asked", 1), ("decided", 1), ("done", 1),
        ]  # fmt: skip
        (removal,) = events(old, "log.content-removed")
        assert (removal["by"], removal["at"]) == ("p-birk", clock.now)

    def test_what_was_withdrawn_is_not_removed(self, old):
        id_ = ordered(old)
        old.commit(removals.withdraw(old.removal_order(id_), "p-asta", LATER).effects)
        assert remove(old, settings()) == 0

    def test_what_a_legal_hold_is_about_stays(self, old):
        old.set_hold(Hold("h", "provider", a.PROVIDER, "IVO 2032/1", "p-eva", LATER))
        assert remove(old, settings(log_removal_hours=1)) == 0
        with pytest.raises(CareRefused, match="nothing-due"):
            removals.ask(dict(old.log_due(0)), "p-asta", LATER)
        old.end_hold("h", "p-eva")
        ordered(old)
        assert remove(old, settings()) == 1

    @pytest.mark.parametrize(
        ("last", "known"), [(LATER - 36 * DAY, False), (LATER - 6 * DAY, False), (LATER - 8 * DAY, True)]
    )
    def test_a_clock_that_perhaps_jumped_removes_nothing(self, sqlite_storage, clock, last, known):
        read(sqlite_storage, clock, NOW)
        read(sqlite_storage, clock, last)
        clock.now = LATER
        if known:
            assert remove(sqlite_storage, settings(log_removal_hours=1)) == 1
            return
        for chosen in (settings(log_removal_hours=1), settings()):
            ordered(sqlite_storage)
            with pytest.raises(ClockUnknown):
                remove(sqlite_storage, chosen)
        assert len(left(sqlite_storage)) == 2

    def test_in_a_young_log_there_is_nothing_to_do_and_nothing_to_complain_of(self, sqlite_storage, clock):
        read(sqlite_storage, clock, NOW)
        assert remove(sqlite_storage, settings(log_removal_hours=1)) == 0

    def test_nothing_due_is_nothing_to_ask_for(self):
        with pytest.raises(CareRefused, match="nothing-due"):
            removals.ask({"access": Due(rows=0, held=3)}, "p", NOW)


class TestArchives:
    def test_months_that_are_old_enough_go_to_files_and_come_back(self, old, tmp_path):
        folder = tmp_path / "archives"
        assert archive_months(old, folder, 18) == 1
        assert left(old) == [LATER - 20 * DAY]
        (file,) = folder.iterdir()
        assert (file.name, file.stat().st_mode & 0o077 == 0 or folder.stat().st_mode & 0o077) == ("2027-01.jsonl", 0)
        (event,) = events(old, "care.entries-archived")
        assert (event["month"], event["by"]) == (MONTH, "jobs")
        assert archive_months(old, folder, 18) == 0

    def test_entries_that_came_late_are_a_second_file_and_what_is_held_stays(self, old, tmp_path):
        old.set_hold(Hold("h", "all", "", "x", "p", LATER))
        assert archive_months(old, tmp_path, 18) == 0
        old.end_hold("h", "p")
        archive_months(old, tmp_path, 18)
        old.commit(Effects((StoreAccess((record(at=NOW + 1, id="late"),), LATER, "journal"),)))
        seal(old)
        assert archive_months(old, tmp_path, 18) == 1
        assert {path.name for path in tmp_path.glob("*.jsonl")} == {"2027-01.jsonl", "2027-01-1.jsonl"}

    def test_what_is_to_be_archived_is_archived_before_anything_is_removed_and_deleted_when_its_time_is_over(
        self, old, clock, tmp_path
    ):
        chosen = settings(log_removal_hours=1, log_archive_dir=tmp_path)
        (tmp_path / "2020-01.jsonl").write_text("somebody else's")
        assert remove(old, chosen) == 1
        assert len(events(old, "care.entries-archived")) == 1
        assert len(list(tmp_path.glob("2027*"))) == 1, "its month is not over for all of it"
        seal(old)
        clock.now += 40 * DAY
        read(old, clock, clock.now - 14 * DAY)
        clock.now += 14 * DAY
        remove(old, chosen)
        assert not list(tmp_path.glob("2027*"))
        assert (tmp_path / "2020-01.jsonl").exists()
        (dropped,) = events(old, "care.archive-dropped")
        assert dropped["digest"] == events(old, "care.entries-archived")[0]["digest"]
        seal(old)
        assert verify_log(old).ok

    def test_the_archive_of_what_is_held_is_kept(self, old, clock, tmp_path):
        chosen = settings(log_removal_hours=1, log_archive_dir=tmp_path)
        archive_months(old, tmp_path, 18)
        old.set_hold(Hold("h", "provider", a.PROVIDER, "x", "p", LATER))
        clock.now += 40 * DAY
        read(old, clock, clock.now - 14 * DAY)
        clock.now += 14 * DAY
        remove(old, chosen)
        assert len(list(tmp_path.glob("2027*"))) == 1

    def test_there_is_a_job_for_archives_where_there_is_a_folder_for_them(self, sqlite_storage, tmp_path):
        without, with_ = settings(), settings(log_archive_dir=tmp_path)
        assert [job.name for job in retention_jobs(sqlite_storage, without)] == ["removal"]
        jobs = retention_jobs(sqlite_storage, with_)
        assert [job.name for job in jobs] == ["archive", "removal"]
        for job in jobs:
            assert job.run() == 0


class TestFailing:
    def test_a_job_that_fails_is_told_of_once_a_day_until_it_runs_again(self, sqlite_storage, clock):
        def fail():
            raise ClockUnknown

        tick = iter(range(0, 10**6, 1000))
        runner = JobRunner(sqlite_storage, [Job("removal", 300, fail)], monotonic=lambda: next(tick))
        runner.tick()
        mail = {"smtp_host": "127.0.0.1", "smtp_security": "none", "mail_from": "t@tillit.example"}
        chosen = settings(alarm_mail="vakt@fed.example", **mail)
        for _ in range(2):
            look_at_jobs(sqlite_storage, chosen)
        (sent,) = sqlite_storage.mails_due(9)
        assert sent.to == ("vakt@fed.example",)
        assert "removal" in sent.text
        (event,) = events(sqlite_storage, "alarm.raised")
        assert (event["what"], event["about"]) == ("job-failing", "removal")
        clock.now += DAY
        runner.tick()
        look_at_jobs(sqlite_storage, chosen)
        assert len(events(sqlite_storage, "alarm.raised")) == 2

    def test_one_that_failed_and_ran_again_since_is_told_of_no_more(self, sqlite_storage, clock):
        failing = [True]

        def sometimes():
            if failing[0]:
                raise ClockUnknown

        seconds = [0.0]
        runner = JobRunner(sqlite_storage, [Job("j", 3600, sometimes)], monotonic=lambda: seconds[0])
        runner.tick()
        failing[0] = False
        seconds[0] += 3600
        clock.now += 3600
        runner.tick()
        (state,) = sqlite_storage.job_states()
        assert state.ran_at == clock.now
        look_at_jobs(sqlite_storage, settings())
        assert events(sqlite_storage, "alarm.raised") == []

    def test_a_frequent_job_may_fail_for_some_minutes(self, sqlite_storage, clock):
        for now in (NOW, NOW + 599, NOW + 601):
            clock.now = now
            sqlite_storage.take_lease("seal", "me", now + 99)
            sqlite_storage.note_job("seal", "" if now == NOW else "OSError")
            look_at_jobs(sqlite_storage, settings())
            assert len(events(sqlite_storage, "alarm.raised")) == (now == NOW + 601)
