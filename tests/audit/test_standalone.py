"""The verifier that needs no tillit: run as a program on an exported log."""

import io
import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from broker.audit import standalone
from broker.audit.export import export_log
from broker.keys.making import NEEDS
from broker.storage.opening import open_storage
from tests.support.databases import Clock, sqlite_settings
from tests.support.logs import SealedLog

SCRIPT = Path(standalone.__file__)
ROWS = len(NEEDS) + 10


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """An exported log, the checkpoint file and the key, made once."""
    folder = tmp_path_factory.mktemp("exported")
    storage = open_storage(sqlite_settings(folder / "broker"), clock=Clock())
    SealedLog(storage, folder / "checkpoints").write(3, 5, 2)
    with (folder / "export").open("w") as out:
        assert export_log(storage, out) == ROWS
    (folder / "key").write_text(storage.log_verifiers()[0].text)
    storage.close()
    return folder


@pytest.fixture
def folder(exported, tmp_path):
    for name in ("export", "checkpoints", "key"):
        shutil.copy(exported / name, tmp_path / name)
    return tmp_path


def run(folder, *more, capsys):
    code = standalone.main([str(folder / "export"), "--key", (folder / "key").read_text(), *more])
    return code, capsys.readouterr().out


def with_file(folder):
    return "--checkpoint", str(folder / "checkpoints")


def test_it_runs_alone_without_tillit_in_reach(folder):
    alone = shutil.copy(SCRIPT, folder / "verify_log.py")
    done = subprocess.run(
        [sys.executable, "-I", alone, "export", "--key", (folder / "key").read_text(), "--checkpoint", "checkpoints"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{ROWS} rows: all as signed\n", "")
    assert not {"broker", "metadata"} & {
        line.split()[1].partition(".")[0]
        for line in SCRIPT.read_text().splitlines()
        if line.startswith(("from ", "import "))
    }


def test_as_a_program_its_exit_code_is_the_verdict(folder, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["verify", str(folder / "export"), "--key", (folder / "key").read_text()])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert ended.value.code == 0


def test_without_a_checkpoint_file_it_says_what_it_cannot_see(folder, capsys):
    code, out = run(folder, capsys=capsys)
    assert code == 0
    assert "cut off" in out


def lines_of(folder):
    return [json.loads(line) for line in (folder / "export").read_text().splitlines()]


def write(folder, lines):
    (folder / "export").write_text("".join(json.dumps(line) + "\n" for line in lines))


def edit(lines):
    lines[9]["leaf"] = lines[9]["leaf"].replace("svc", "svd")


def drop(lines):
    del lines[9]


def insert(lines):
    lines.insert(9, dict(lines[9]))


def swap(lines):
    lines[9], lines[10] = lines[10], lines[9]


def swap_leaves(lines):
    lines[9]["leaf"], lines[10]["leaf"] = lines[10]["leaf"], lines[9]["leaf"]


def no_evidence(lines):
    for line in lines[1:]:
        line["evidence"] = None


def other_evidence(lines):
    for line in lines[1:]:
        line["evidence"] = "AAAA"


def cut_inside(lines):
    del lines[-1]


def add(lines):
    lines.append({"position": ROWS, "leaf": "{}", "evidence": None})


def unsigned(lines):
    lines[0]["checkpoints"] = [n.replace("— ", "— x") for n in lines[0]["checkpoints"]]


def badly_signed(lines):
    lines[0]["checkpoints"] = [n.replace(f"\n{ROWS}\n", f"\n{ROWS + 1}\n") for n in lines[0]["checkpoints"]]


def no_checkpoints(lines):
    lines[0]["checkpoints"] = []


def no_notes(lines):
    lines[0]["checkpoints"].append("something\n")


@pytest.mark.parametrize(
    "tamper",
    [edit, drop, insert, swap, swap_leaves, no_evidence, other_evidence, cut_inside, add, unsigned, badly_signed,
     no_checkpoints, no_notes],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_it_finds_what_was_done_to_an_export(folder, capsys, tamper):
    lines = lines_of(folder)
    tamper(lines)
    write(folder, lines)
    code, out = run(folder, capsys=capsys)
    assert code == 1
    assert out.endswith("NOT AS SIGNED\n")


def test_rows_and_checkpoints_cut_off_together_are_found_with_the_file_only(folder, capsys):
    lines = lines_of(folder)
    lines[0]["checkpoints"] = [n for n in lines[0]["checkpoints"] if f"\n{ROWS}\n" not in n]
    write(folder, lines[:-2])
    assert run(folder, capsys=capsys)[0] == 0
    code, out = run(folder, *with_file(folder), capsys=capsys)
    assert code == 1
    assert f"checkpoint of {ROWS} rows: the rows are missing" in out


def test_a_damaged_checkpoint_file_is_found(folder, capsys):
    (folder / "checkpoints").write_text((folder / "checkpoints").read_text()[:-40])
    assert run(folder, *with_file(folder), capsys=capsys)[0] == 1


def test_a_file_that_is_no_export_and_a_key_that_is_none_are_refused(folder, capsys):
    (folder / "export").write_text("")
    with pytest.raises(ValueError, match="exported"):
        run(folder, capsys=capsys)
    (folder / "key").write_text("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    with pytest.raises(ValueError, match="verifier key"):
        run(folder, capsys=capsys)


def test_an_empty_log_exports_and_verifies(sqlite_storage, tmp_path, capsys):
    out = io.StringIO()
    assert export_log(sqlite_storage, out) == 0
    (tmp_path / "export").write_text(out.getvalue())
    (tmp_path / "key").write_text(sqlite_storage.log_verifiers()[0].text)
    assert run(tmp_path, capsys=capsys) == (
        0,
        (
            "No checkpoint from elsewhere was given: rows cut off at the end, or another log, would not be noticed.\n"
            "0 rows: all as signed\n"
        ),
    )


def test_what_is_sealed_while_the_export_is_written_waits_for_the_next(sqlite_storage, tmp_path):
    log = SealedLog(sqlite_storage, tmp_path / "checkpoints").write(2)

    class Slow(type(sqlite_storage)):
        def __init__(self, storage):
            self.__dict__.update(storage.__dict__)

        def log_notes(self):
            log.write(4)
            return super().log_notes()

    out = io.StringIO()
    assert export_log(Slow(sqlite_storage), out) == len(NEEDS) + 2
    (tmp_path / "export").write_text(out.getvalue())
    assert standalone.main([str(tmp_path / "export"), "--key", sqlite_storage.log_verifiers()[0].text]) == 0


def test_a_state_without_its_checkpoint_row_is_exported_with_its_own_note(sqlite_storage, tmp_path):
    SealedLog(sqlite_storage, tmp_path / "checkpoints").write(2).sql("DELETE FROM log_checkpoints")
    out = io.StringIO()
    export_log(sqlite_storage, out)
    assert len(json.loads(out.getvalue().splitlines()[0])["checkpoints"]) == 1
