"""`tillit log retention|hold|months|archive|restore|check`, on an installation of its own."""

import json
import time

import pytest

from broker.audit.retention import YEAR
from broker.care.access_values import StoreAccess
from broker.jobs.sealer import Sealer
from broker.login.effects import Effects
from broker.settings import Settings
from broker.storage.opening import open_storage
from tests.support import care_values as a
from tests.support.access_records import record
from tests.support.command_line import tillit

__all__ = ["tillit"]
NOW = int(time.time())


@pytest.fixture
def filled(tillit):
    """An installation with an entry of now, one of two years ago, and one of six years ago."""
    at = [NOW - 60, NOW - 2 * YEAR, NOW - 6 * YEAR]
    for now in at:
        data, url = tillit.env["TILLIT_DATA_DIR"], tillit.env["TILLIT_BASE_URL"]
        storage = open_storage(Settings(base_url=url, data_dir=data), clock=lambda now=now: now)
        one = record(at=now, id=f"entry-{now}")
        storage.commit(Effects((StoreAccess((one,), now, "journal"),)))
        Sealer(storage, storage.ring, storage.log_origin(), None).run()
        storage.close()
    return tillit


def month(at):
    return time.strftime("%Y-%m", time.gmtime(at))


OLD = month(NOW - 2 * YEAR)


def test_retention_says_what_would_go_and_changes_nothing_until_it_is_told_to(filled):
    (row,) = filled.json("log", "retention")["due"]
    assert (row["class"], row["due"], row["held"]) == ("access", 1, 0)
    assert "nothing was changed" in filled.done("log", "retention")
    assert "1 leaves removed" in filled.done("log", "retention", "--remove")
    assert filled.json("log", "retention") == {"due": [], "removed": 0}
    assert filled.json("log", "verify")["ok"]


def test_a_longer_time_keeps_more_and_a_shorter_is_refused(filled):
    assert filled.json("log", "retention", TILLIT_LOG_YEARS="7")["due"] == []
    assert filled("log", "retention", TILLIT_LOG_YEARS="4").exit_code == 4
    assert filled("log", "retention", TILLIT_ACCESS_LOG_MONTHS="17").exit_code == 4


def test_a_hold_keeps_what_it_is_about_until_it_ends(filled):
    id_ = filled.done("log", "hold", "set", "--provider", a.PROVIDER.lower(), "--reason", "IVO 2027/12").strip()
    (row,) = filled.json("log", "retention")["due"]
    assert (row["due"], row["held"]) == (0, 1)
    assert "0 leaves removed" in filled.done("log", "retention", "--remove")
    (told,) = filled.json("log", "hold", "list")
    assert (told["id"], told["kind"], told["about"], told["reason"]) == (id_, "provider", a.PROVIDER, "IVO 2027/12")
    filled.done("log", "hold", "end", id_)
    assert filled("log", "hold", "end", id_).exit_code == 4
    assert filled.json("log", "hold", "list")[0]["ended"]
    assert "1 leaves removed" in filled.done("log", "retention", "--remove")


def test_a_hold_is_about_one_thing(filled):
    both = ("--person", "x", "--provider", a.PROVIDER)
    assert filled("log", "hold", "set", *both, "--reason", "x").exit_code == 2
    filled.done("log", "hold", "set", "--person", "x", "--reason", "x")
    filled.done("log", "hold", "set", "--reason", "x")
    assert {one["kind"] for one in filled.json("log", "hold", "list")} == {"person", "all"}


def test_a_month_is_archived_checked_and_restored(filled, tmp_path):
    assert f"1 entries of {OLD}" in filled.done("log", "archive", OLD, tmp_path / "archive")
    told = {row["month"]: row for row in filled.json("log", "months")}
    assert (told[OLD]["entries"], told[OLD]["archived"]) == ("0", "1")
    assert "all as signed" in filled.done("log", "check", tmp_path / "archive")
    assert f"1 entries of {OLD} are back" in filled.done("log", "restore", tmp_path / "archive")
    assert "restored" in {row["month"]: row for row in filled.json("log", "months")}[OLD]["archived"]
    assert filled("log", "restore", tmp_path / "archive").exit_code == 4
    assert filled.json("log", "verify")["ok"]


@pytest.mark.parametrize(("asked", "code"), [(month(NOW), 3), ("2026-13", 2), ("now", 2), ("", 2), ("2026", 2)])
def test_a_young_month_or_none_is_not_archived(filled, tmp_path, asked, code):
    assert filled("log", "archive", asked, tmp_path / "archive").exit_code == code
    assert not (tmp_path / "archive").exists()


def test_what_may_not_be_archived_says_why(filled, tmp_path):
    (tmp_path / "there").write_text("mine")
    assert "already" in filled("log", "archive", OLD, tmp_path / "there").stderr
    filled.done("log", "hold", "set", "--reason", "x")
    refused = filled("log", "archive", OLD, tmp_path / "archive")
    assert refused.exit_code == 3
    assert "hold" in refused.stderr


def test_what_is_no_archive_is_not_restored_and_what_differs_is_found(filled, tmp_path):
    (tmp_path / "file").write_text("{}")
    assert filled("log", "restore", tmp_path / "file").exit_code == 3
    assert filled("log", "check", tmp_path / "file").exit_code == 3
    filled.done("log", "archive", OLD, tmp_path / "archive")
    lines = (tmp_path / "archive").read_text().splitlines()
    row = json.loads(lines[1])
    lines[1] = json.dumps({**row, "position": row["position"] + 1})
    (tmp_path / "archive").write_text("\n".join(lines))
    assert filled("log", "check", tmp_path / "archive").exit_code == 1
