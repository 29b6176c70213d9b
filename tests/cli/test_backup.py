"""Backup while the broker runs, restore where there was nothing, and everything that is no backup."""

import io
import json
import shutil
import stat
import tarfile
import threading

import pytest

from broker.audit.events import KeyChanged
from broker.settings import Settings
from broker.storage.opening import open_storage
from tests.support import federation as good
from tests.support.command_line import CommandLine, environment, tillit
from tests.support.databases import postgres_server

__all__ = ["postgres_server", "tillit"]


@pytest.fixture
def applied(tillit):
    tillit.done("apply", tillit.folder / "federation/federation.yaml")
    return tillit


def elsewhere(tillit):
    """Another machine: the same settings, an empty data folder."""
    return CommandLine(tillit.folder, environment(tillit.folder / "elsewhere"))


def with_key(tillit):
    other = elsewhere(tillit)
    (tillit.folder / "elsewhere").mkdir(mode=0o700)
    shutil.copy2(tillit.folder / "data/kek", tillit.folder / "elsewhere/kek")
    return other


def members(file):
    with tarfile.open(file) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def rewritten(file, target, **changed):
    """The tar with some members changed, or left out where None."""
    with tarfile.open(target, "w") as tar:
        for name, content in {**members(file), **changed}.items():
            if content is not None:
                member = tarfile.TarInfo(name.replace("manifest_json", "manifest.json"))
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return target


def test_what_is_restored_is_what_was_there(applied):
    file = applied.folder / "backup.tar"
    written = applied.json("backup", file)
    other = with_key(applied)
    restored = other.json("restore", file)
    assert (restored["federation"], restored["log_findings"]) == (written["federation"], []) == (1, [])
    assert other.done("key", "list") == applied.done("key", "list")
    assert other.json("plan", applied.folder / "federation/federation.yaml")["changes"] == []


def test_the_key_is_not_in_it_unless_asked_for(applied):
    applied.done("backup", applied.folder / "without.tar")
    applied.done("backup", applied.folder / "with.tar", "--with-key")
    assert members(applied.folder / "without.tar").keys() == {"manifest.json", "database"}
    assert members(applied.folder / "with.tar")["kek"] == (applied.folder / "data/kek").read_bytes()


def test_only_its_owner_may_read_it(applied):
    applied.done("backup", applied.folder / "backup.tar")
    assert stat.S_IMODE((applied.folder / "backup.tar").stat().st_mode) == 0o600


def test_with_the_key_in_it_an_empty_machine_is_enough(applied):
    applied.done("backup", applied.folder / "backup.tar", "--with-key")
    other = elsewhere(applied)
    assert "intact" in other.done("restore", applied.folder / "backup.tar")
    assert stat.S_IMODE((applied.folder / "elsewhere/kek").stat().st_mode) == 0o600


def test_a_key_that_is_in_place_is_never_replaced(applied):
    applied.done("backup", applied.folder / "backup.tar", "--with-key")
    (applied.folder / "elsewhere").mkdir(mode=0o700)
    (applied.folder / "elsewhere/kek").write_text("A" * 43 + "=\n")
    (applied.folder / "elsewhere/kek").chmod(0o600)
    assert elsewhere(applied)("restore", applied.folder / "backup.tar").exit_code == 4
    assert (applied.folder / "elsewhere/kek").read_text() == "A" * 43 + "=\n"


def test_without_its_key_a_backup_cannot_be_read(applied):
    applied.done("backup", applied.folder / "backup.tar")
    assert elsewhere(applied)("restore", applied.folder / "backup.tar").exit_code == 4


def test_a_database_that_is_there_is_lost_only_when_asked_for(applied):
    file = applied.folder / "backup.tar"
    applied.done("backup", file)
    applied.done("apply", applied.folder / "federation/federation.yaml")
    refused = applied("restore", file)
    assert (refused.exit_code, "--replace" in refused.stderr) == (3, True)
    assert applied.json("restore", file, "--replace")["federation"] == 1


def test_the_database_of_a_broker_that_runs_is_not_replaced(applied):
    applied.done("backup", applied.folder / "backup.tar")
    storage = open_storage(Settings(base_url="https://localhost:8440", data_dir=applied.folder / "data"))
    storage.take_lease("seal", "node", storage.clock() + 30)
    result = applied("restore", applied.folder / "backup.tar", "--replace")
    assert (result.exit_code, "stop it first" in result.stderr) == (4, True)
    storage.give_back_leases("node")
    storage.close()
    assert applied("restore", applied.folder / "backup.tar", "--replace").exit_code == 0


def test_what_is_written_meanwhile_does_not_spoil_it(applied):
    storage = open_storage(Settings(base_url="https://localhost:8440", data_dir=applied.folder / "data"))
    stop, written = threading.Event(), []

    def write():
        for number in range(2000):
            if stop.is_set():
                break
            storage.append([KeyChanged(at=storage.clock(), use="oidc", kid=str(number), state="next")])
            written.append(number)
        storage.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            applied.done("backup", applied.folder / f"{number}.tar")
    finally:
        stop.set()
        writer.join()
    assert written
    assert "intact" in with_key(applied).done("restore", applied.folder / "2.tar")


def test_a_backup_is_not_written_over(applied):
    applied.done("backup", applied.folder / "backup.tar")
    assert applied("backup", applied.folder / "backup.tar").exit_code == 3


def test_nothing_unfinished_is_left_behind(applied):
    assert applied("backup", applied.folder / "none/backup.tar").exit_code == 3
    applied.done("backup", applied.folder / "backup.tar")
    with_key(applied).done("restore", applied.folder / "backup.tar")
    left = {path.name for folder in (applied.folder, applied.folder / "elsewhere") for path in folder.iterdir()}
    assert not {name for name in left if name.startswith(".tillit-") or "restoring" in name}


def manifest(file, **changed):
    return json.dumps({**json.loads(members(file)["manifest.json"]), **changed}).encode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda file, target: target.write_bytes(b"not a tar at all"), "not a backup"),
        (lambda file, target: target.write_bytes(file.read_bytes()[:700]), "not a backup"),
        (lambda file, target: target.write_bytes(file.read_bytes()[:-20_000]), ""),
        (lambda file, target: rewritten(file, target, manifest_json=None, **{"manifest.json": None}), "not a backup"),
        (lambda file, target: rewritten(file, target, database=None), "not a backup"),
        (lambda file, target: rewritten(file, target, database=b"x" * 4096), "damaged"),
        (lambda file, target: rewritten(file, target, **{"manifest.json": b"{}"}), "not a backup"),
        (lambda file, target: rewritten(file, target, **{"manifest.json": b"[" * 9}), "not a backup"),
        (lambda file, target: rewritten(file, target, **{"manifest.json": manifest(file, format="x")}), "not a backup"),
        (
            lambda file, target: rewritten(file, target, **{"manifest.json": manifest(file, kind="postgresql")}),
            "is of postgresql",
        ),
        (
            lambda file, target: rewritten(file, target, **{"manifest.json": manifest(file, schema="9999")}),
            "schema 9999",
        ),
        (lambda file, target: rewritten(file, target, **{"../escaped": b"x", "manifest.json": None}), "not a backup"),
    ],
)
def test_what_is_no_backup_of_tillit_changes_nothing(applied, change, told):
    file, target = applied.folder / "backup.tar", applied.folder / "changed.tar"
    applied.done("backup", file)
    change(file, target)
    result = with_key(applied)("restore", target)
    assert result.exit_code == 3, result.stderr
    assert told in result.stderr
    assert not (applied.folder / "elsewhere/tillit.db").exists()
    assert not (applied.folder / "escaped").exists()


def test_a_file_that_is_not_there_is_refused(tillit):
    assert elsewhere(tillit)("restore", tillit.folder / "none.tar").exit_code == 3


@pytest.mark.postgres
def test_the_same_with_postgresql(postgres_server, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/lib/postgresql/15/bin:/usr/bin:/bin")
    first, second = postgres_server.settings(tmp_path / "data"), postgres_server.settings(tmp_path / "second")
    tillit = CommandLine(tmp_path, {**environment(tmp_path / "data"), "TILLIT_DATABASE_URL": first.database_url})
    other = CommandLine(tmp_path, {**environment(tmp_path / "data"), "TILLIT_DATABASE_URL": second.database_url})
    good.written(tmp_path / "federation")
    tillit.done("apply", tmp_path / "federation/federation.yaml")
    tillit.done("backup", tmp_path / "backup.tar")
    assert other("restore", tmp_path / "backup.tar").exit_code == 3
    assert other.json("restore", tmp_path / "backup.tar", "--replace")["federation"] == 1
    assert other.done("key", "list") == tillit.done("key", "list")
    for settings in (first, second):
        postgres_server.drop(settings)


@pytest.mark.postgres
def test_without_postgresqls_programs_the_command_says_so(postgres_server, tmp_path, monkeypatch):
    settings = postgres_server.settings(tmp_path / "data")
    tillit = CommandLine(tmp_path, {**environment(tmp_path / "data"), "TILLIT_DATABASE_URL": settings.database_url})
    monkeypatch.setenv("PATH", str(tmp_path))
    result = tillit("backup", tmp_path / "backup.tar")
    assert (result.exit_code, "pg_dump is not on this machine" in result.stderr) == (4, True)
    postgres_server.drop(settings)
