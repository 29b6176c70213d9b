"""Keeping and removing, on each database: holds, what is due, removal that keeps the tree, archives that go and come back."""

import json
from dataclasses import replace

import pytest

from broker.audit import standalone
from broker.audit.archive import BadArchive, NotArchivable, archive, restore
from broker.audit.export import export_log
from broker.audit.retention import YEAR, Held, Hold
from broker.audit.verify import verify_log
from broker.care.access_values import StoreAccess
from broker.jobs.sealer import Sealer
from broker.login.effects import Effects, Overtaken
from tests.support import care_values as a
from tests.support import effects as make
from tests.support.access_records import record, resource
from tests.support.databases import NOW
from trust_framework.access_log import AccessSought, checked

MONTH = "2027-01"
DAY = 86_400


@pytest.fixture
def filled(storage):
    """Two months of entries among logins, sealed."""
    store(storage, *(record(at=NOW - n) for n in range(3)), record(resource(a.OTHER_PATIENT)))
    storage.append((make.identified(), make.code_issued()))
    store(storage, *(record(at=NOW - 60 * DAY - n) for n in range(2)))
    seal(storage)
    return storage


def store(storage, *records):
    at = storage.clock()
    storage.commit(Effects((StoreAccess(tuple(checked(one, at) for one in records), at, "journal"),)))


def seal(storage):
    Sealer(storage, storage.ring, storage.log_origin(), None).run()


def shown(storage):
    return [row.record for row in storage.access_page(AccessSought(), None, 100).rows]


def findings(storage):
    return [(found.kind, found.text) for found in verify_log(storage).findings]


def alone(storage, tmp_path):
    """What the script says of the exported log."""
    export = tmp_path / f"export-{storage.log_state().size}-{len(list(tmp_path.iterdir()))}"
    with export.open("w") as out:
        export_log(storage, out)
    return standalone.main([str(export), "--key", storage.log_verifiers()[0].text])


def hold(kind="all", about="", **changes):
    return replace(Hold(f"hold-{kind}", kind, about, "Tillsyn IVO 2027/12", "command", NOW), **changes)


class TestArchives:
    def test_a_month_goes_to_an_archive_and_comes_back(self, filled, tmp_path):
        before, months = shown(filled), dict(filled.access_months())
        assert months == {"2026-11": 2, MONTH: 4}
        made = archive(filled, MONTH, tmp_path / "archive", "command")
        assert made.entries == 4
        assert len(shown(filled)) == 2
        assert dict(filled.access_months())[MONTH] == 0
        assert filled.access_archives() == (made,)
        assert findings(filled) == []
        seal(filled)
        assert findings(filled) == []
        assert alone(filled, tmp_path) == 0
        restore(filled, tmp_path / "archive", "command")
        assert shown(filled) == before
        seal(filled)
        assert findings(filled) == []
        assert alone(filled, tmp_path) == 0
        assert filled.access_archives()[0].restored_at == NOW

    def test_an_archive_is_verified_by_the_script_alone(self, filled, tmp_path):
        archive(filled, MONTH, tmp_path / "archive", "command")
        (tmp_path / "checkpoint").write_text(filled.log_state().note + "\n")
        key = filled.log_verifiers()[0].text
        told = [str(tmp_path / "archive"), "--key", key, "--checkpoint", str(tmp_path / "checkpoint")]
        assert standalone.main(told) == 0
        lines = (tmp_path / "archive").read_text().splitlines()
        row = json.loads(lines[1])
        lines[1] = json.dumps({**row, "evidence": "AAAA" + row["evidence"][4:]})
        (tmp_path / "archive").write_text("\n".join(lines))
        assert standalone.main(told) == 1

    def test_entries_of_an_archived_month_that_come_late_are_kept_and_archived_again(self, filled, tmp_path):
        archive(filled, MONTH, tmp_path / "first", "command")
        store(filled, record(at=NOW - 5))
        seal(filled)
        assert len(shown(filled)) == 3
        assert findings(filled) == []
        assert archive(filled, MONTH, tmp_path / "second", "command").entries == 1
        assert findings(filled) == []
        restore(filled, tmp_path / "first", "command")
        assert findings(filled) == []
        restore(filled, tmp_path / "second", "command")
        assert len(shown(filled)) == 7
        assert findings(filled) == []

    def test_an_archive_comes_back_once(self, filled, tmp_path):
        archive(filled, MONTH, tmp_path / "archive", "command")
        restore(filled, tmp_path / "archive", "command")
        with pytest.raises(Overtaken):
            restore(filled, tmp_path / "archive", "command")
        assert len(shown(filled)) == 6

    def test_a_changed_archive_does_not_come_back(self, filled, tmp_path):
        archive(filled, MONTH, tmp_path / "archive", "command")
        changed = (tmp_path / "archive").read_text().replace(MONTH, "2027-02")
        (tmp_path / "archive").write_text(changed)
        with pytest.raises(BadArchive):
            restore(filled, tmp_path / "archive", "command")
        assert len(shown(filled)) == 2

    def test_what_is_not_sealed_or_held_stays(self, filled, tmp_path):
        filled.set_hold(hold("provider", a.PROVIDER))
        with pytest.raises(NotArchivable, match="hold"):
            archive(filled, MONTH, tmp_path / "archive", "command")
        filled.end_hold("hold-provider", "command")
        store(filled, record())
        with pytest.raises(NotArchivable, match="sealed"):
            archive(filled, MONTH, tmp_path / "archive", "command")
        assert not (tmp_path / "archive").exists()
        assert len(shown(filled)) == 7

    def test_entries_that_come_while_it_is_written_leave_everything_here(self, filled, tmp_path, monkeypatch):
        take = type(filled).take_month_out

        def late(storage, made, told):
            store(storage, record())
            take(storage, made, told)

        monkeypatch.setattr(type(filled), "take_month_out", late)
        with pytest.raises(Overtaken):
            archive(filled, MONTH, tmp_path / "archive", "command")
        assert not (tmp_path / "archive").exists()
        assert len(shown(filled)) == 7
        assert filled.access_archives() == ()

    def test_a_file_that_is_there_is_not_written_over(self, filled, tmp_path):
        (tmp_path / "archive").write_text("mine")
        with pytest.raises(FileExistsError):
            archive(filled, MONTH, tmp_path / "archive", "command")
        assert (tmp_path / "archive").read_text() == "mine"

    def test_a_forgotten_patient_is_forgotten_in_the_archive_too(self, filled, tmp_path):
        archive(filled, MONTH, tmp_path / "archive", "command")
        filled.forget_person(filled.patient(a.PATIENT))
        restore(filled, tmp_path / "archive", "command")
        assert [one.resources[0].patient for one in shown(filled)] == [a.OTHER_PATIENT]
        assert findings(filled) == []


class TestRemoval:
    def test_nothing_is_due_before_its_time(self, filled, clock):
        assert filled.log_due(0) == {}
        assert filled.remove_due(0, "command") == 0
        clock.now += 5 * YEAR + DAY
        due = filled.log_due(0)
        assert {name: (one.rows, one.held) for name, one in due.items()} == {"access": (6, 0), "login": (2, 0)}
        assert filled.log_due(8) == {}

    def test_removal_keeps_the_tree_and_says_what_went(self, filled, clock, tmp_path):
        clock.now += 5 * YEAR + DAY
        state = filled.log_state()
        assert filled.remove_due(0, "command") == 8
        assert shown(filled) == []
        assert findings(filled) == []
        seal(filled)
        assert findings(filled) == []
        assert alone(filled, tmp_path) == 0
        assert filled.log_consistency(state.size)[1]
        assert filled.fill_tiles() == 0
        assert filled.log_proofs([0, state.size - 1])[1].keys() == {0}
        assert filled.remove_due(0, "command") == 0
        store(filled, record(at=clock.now))
        assert len(shown(filled)) == 1

    def test_a_log_id_is_free_again_when_its_record_is_gone(self, filled, clock):
        (one, *_) = shown(filled)
        clock.now += 5 * YEAR + DAY
        filled.remove_due(0, "command")
        store(filled, replace(one, at=clock.now))
        assert [kept.id for kept in shown(filled)] == [one.id]

    def test_archived_entries_go_with_their_leaves(self, filled, clock, tmp_path):
        archive(filled, MONTH, tmp_path / "archive", "command")
        seal(filled)
        clock.now += 5 * YEAR + DAY
        assert filled.remove_due(0, "command") == 8
        seal(filled)
        assert findings(filled) == []
        assert alone(filled, tmp_path) == 0
        with pytest.raises(Overtaken):
            restore(filled, tmp_path / "archive", "command")

    @pytest.mark.parametrize(
        ("kind", "about", "held"),
        [("all", "", 8), ("provider", a.PROVIDER, 6), ("person", "patient", 5), ("person", "nobody", 0)],
    )
    def test_what_a_legal_hold_is_about_stays(self, filled, clock, kind, about, held):
        filled.set_hold(hold(kind, filled.patient(a.PATIENT) if about == "patient" else about))
        clock.now += 5 * YEAR + DAY
        due = filled.log_due(0)
        assert sum(one.held for one in due.values()) == held
        assert filled.remove_due(0, "command") == 8 - held
        assert findings(filled) == []
        filled.end_hold(f"hold-{kind}", "command")
        assert filled.remove_due(0, "command") == held
        seal(filled)
        assert findings(filled) == []

    @pytest.mark.parametrize(("kind", "about"), [("all", ""), ("provider", a.PROVIDER), ("person", "patient")])
    def test_whom_a_legal_hold_is_about_is_not_forgotten_until_it_ends(self, filled, kind, about):
        person = filled.patient(a.PATIENT)
        filled.set_hold(hold("person", "somebody"))
        filled.set_hold(hold(kind, person if about == "patient" else about, id="this"))
        with pytest.raises(Held):
            filled.forget_person(person)
        assert filled.patient(a.PATIENT) == person
        filled.end_hold("this", "command")
        assert filled.forget_person(person)

    def test_a_hold_comes_back_as_it_was_set_and_ends_once(self, filled):
        set_ = hold("provider", a.PROVIDER)
        filled.set_hold(set_)
        assert filled.log_holds() == (set_,)
        filled.end_hold(set_.id, "command")
        assert filled.log_holds() == (replace(set_, ended_at=NOW),)
        for id_ in (set_.id, "unknown"):
            with pytest.raises(Overtaken):
                filled.end_hold(id_, "command")
        told = [json.loads(leaf) for leaf in filled.log_pending()]
        assert [one["act"] for one in told if one["event"] == "log.hold-changed"] == ["set", "ended"]

    def test_what_explains_what_went_is_never_removed(self, filled, clock):
        clock.now += 5 * YEAR + DAY
        filled.remove_due(0, "command")
        seal(filled)
        clock.now += 50 * YEAR
        filled.remove_due(0, "command")
        seal(filled)
        assert findings(filled) == []
        kept = [json.loads(row.leaf)["event"] for row in filled.log_rows() if not row.removal]
        assert set(kept) == {"log.content-removed"}


class TestTamperingWithRemoval:
    def sql(self, storage, statement):
        storage._database.connection().execute(statement)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE log SET removal = 'mine' WHERE position = 9",
            "UPDATE log SET removal = NULL WHERE position = 9",
            "UPDATE log SET removal = (SELECT max(removal) FROM log), leaf = leaf WHERE position = 0",
            "UPDATE log SET leaf = (SELECT leaf FROM log WHERE position = 10) WHERE position = 9",
        ],
    )
    def test_a_removal_that_the_log_does_not_tell_of_is_found(self, filled, clock, statement, tmp_path):
        clock.now += 5 * YEAR + DAY
        filled.remove_due(0, "command")
        seal(filled)
        self.sql(filled, statement)
        assert findings(filled) != []
        assert alone(filled, tmp_path) == 1

    def test_a_long_log_is_read_in_parts(self, filled, monkeypatch):
        monkeypatch.setattr("broker.audit.verify._AT_ONCE", 3)
        assert findings(filled) == []

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM access_log WHERE record = (SELECT min(record) FROM access_log)",
            "UPDATE log SET record = NULL WHERE record = (SELECT min(record) FROM log)",
        ],
    )
    def test_an_entry_that_went_without_an_archive_is_found(self, filled, tmp_path, statement):
        archive(filled, MONTH, tmp_path / "archive", "command")
        seal(filled)
        self.sql(filled, statement)
        assert findings(filled) != []
        assert alone(filled, tmp_path) == ("DELETE" in statement)
