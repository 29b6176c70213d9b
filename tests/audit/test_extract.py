"""Records out of the log, each with its proof, verified by the script that needs no tillit."""

import base64
import hashlib
import io
import json

import pytest

from broker.audit import standalone, tree
from broker.audit.archive import BadArchive, read
from broker.audit.export import ProvenRow, write_extract
from broker.care.access_values import StoreAccess
from broker.login.effects import Effects
from broker.storage.opening import open_storage
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.databases import NOW, Clock, sqlite_settings
from tests.support.logs import SealedLog
from trust_framework.access_log import AccessSought

RECORDS = 5


def _extract(storage, sizes=()):
    person = storage.patient(a.PATIENT)
    rows = storage.access_page(AccessSought(person=person)).rows
    note, proofs = storage.log_proofs([row.position for row in rows])
    proven = [
        ProvenRow(row.position, proofs[row.position][0], proofs[row.position][1], row.text, row.identity_text)
        for row in rows
    ]
    out = io.StringIO()
    older = [(size, storage.log_consistency(size)[1]) for size in sizes]
    write_extract(out, storage.log_verifiers(), note, proven, older)
    return out.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An extract, one that shows what it continues, the checkpoints of before and after, and the key; made once."""
    folder = tmp_path_factory.mktemp("extract")
    storage = open_storage(sqlite_settings(folder / "broker"), clock=Clock())
    log = SealedLog(storage, folder / "all").write(3)
    older = storage.log_state()
    for patient in (a.PATIENT, a.OTHER_PATIENT):
        records = tuple(record(resource(patient), at=NOW - n) for n in range(RECORDS))
        storage.commit(Effects((StoreAccess(records, NOW, "journal"),)))
        log.sealer.run()
    state = storage.log_state()
    made = {
        "extract": _extract(storage),
        "continuing": _extract(storage, [older.size]),
        "older": f"{older.note}\n",
        "own": f"{state.note}\n",
        "key": storage.log_verifiers()[0].text,
    }
    log.write(2)
    note, path = storage.log_consistency(state.size)
    proof = [base64.b64encode(one).decode() for one in path]
    made["newer"] = f"{note}\n"
    made["consistency"] = json.dumps({"from": state.size, "checkpoint": note, "proof": proof})
    made["other consistency"] = json.dumps({"from": 1, "checkpoint": note, "proof": proof})
    made["no consistency"] = json.dumps({"from": state.size, "checkpoint": note, "proof": []})
    storage.close()
    return made


@pytest.fixture
def verify(made, tmp_path, capsys):
    """Run the script: on an extract, with files of what is from elsewhere."""

    def run(text, *, key=made["key"], **files):
        (tmp_path / "extract").write_text(text)
        arguments = [str(tmp_path / "extract"), "--key", key]
        for name, content in files.items():
            (tmp_path / name).write_text(content)
            arguments += [f"--{name}", str(tmp_path / name)]
        code = standalone.main(arguments)
        return code, capsys.readouterr().out

    return run


def changed(text, line, **changes):
    """An extract with one line of it changed."""
    lines = text.splitlines()
    lines[line] = json.dumps({**json.loads(lines[line]), **changes})
    return "\n".join(lines) + "\n"


def of(text, line, name):
    return json.loads(text.splitlines()[line])[name]


def test_an_extract_verifies_and_says_what_was_not_compared(made, verify):
    code, out = verify(made["extract"])
    assert code == 0
    assert f"{RECORDS} rows: all as signed" in out
    assert "from elsewhere" in out


def test_with_the_same_checkpoint_from_elsewhere_nothing_is_left_to_say(made, verify):
    assert verify(made["extract"], checkpoint=made["own"]) == (0, f"{RECORDS} rows: all as signed\n")


def test_an_extract_shows_that_its_checkpoint_continues_an_older_one(made, verify):
    assert verify(made["continuing"], checkpoint=made["older"])[0] == 0
    assert verify(made["extract"], checkpoint=made["older"])[0] == 1


def test_the_log_shows_that_a_newer_checkpoint_continues_an_extracts(made, verify):
    assert verify(made["extract"], checkpoint=made["newer"], consistency=made["consistency"])[0] == 0
    for other in ("other consistency", "no consistency"):
        assert verify(made["extract"], checkpoint=made["newer"], consistency=made[other])[0] == 1
    assert verify(made["extract"], checkpoint=made["older"], consistency=made["consistency"])[0] == 1


def flipped(encoded):
    raw = bytearray(base64.b64decode(encoded))
    raw[0] ^= 1
    return base64.b64encode(raw).decode()


def test_a_continuation_of_another_checkpoint_is_passed_over(made, verify):
    proofs = of(made["continuing"], 0, "consistency")
    several = changed(made["continuing"], 0, consistency=[{**proofs[0], "size": 1}, *proofs])
    assert verify(several, checkpoint=made["older"])[0] == 0


def test_what_is_not_told_is_left_out_and_evidence_is_compared():
    out = io.StringIO()
    leaf = json.dumps({"evidence": hashlib.sha256(b"sealed").hexdigest()}).encode()
    write_extract(out, (), "note", [ProvenRow(0, leaf, (), evidence=b"sealed"), ProvenRow(1, leaf, ())])
    first, second = (json.loads(line) for line in out.getvalue().splitlines()[1:])
    assert first.keys() == {"position", "leaf", "proof", "evidence"}
    assert second.keys() == {"position", "leaf", "proof"}
    root = tree.root([tree.leaf_hash(leaf)])
    assert standalone.extract_fault(first, 1, root) == ""


@pytest.mark.parametrize("text", ["", "x", "[]", "1"])
def test_a_leaf_that_is_no_object_says_nothing(text):
    assert standalone.read_leaf(text) == {}


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_path_that_goes_on_beyond_the_root_is_none(size):
    assert not standalone.included(0, size, b"", [b"a" * 32] * 9, b"b" * 32)


@pytest.mark.parametrize(
    "lines", [[], ["{}"], ["x"], ['{"format":"tillit-extract/1"}'], ['{"format":"tillit-archive/1","checkpoint":"x"}']]
)
def test_what_is_no_archive_is_not_read(lines):
    with pytest.raises(BadArchive):
        list(read(lines, ()))


SPOILT = {
    "another record": lambda t: changed(t, 1, record=of(t, 1, "record").replace("Journaltext", "Labbsvar")),
    "another's record": lambda t: changed(t, 1, record=of(t, 2, "record")),
    "another's identity": lambda t: changed(t, 1, identity=of(t, 2, "identity")),
    "another leaf": lambda t: changed(
        t, 1, leaf=of(t, 1, "leaf").replace('"at":1', '"at":2'), record=None, identity=None
    ),
    "another position": lambda t: changed(t, 1, position=of(t, 1, "position") - 1),
    "a position outside": lambda t: changed(t, 1, position=10**6),
    "a position below": lambda t: changed(t, 1, position=-1),
    "another path": lambda t: changed(t, 1, proof=[flipped(of(t, 1, "proof")[0]), *of(t, 1, "proof")[1:]]),
    "a shorter path": lambda t: changed(t, 1, proof=of(t, 1, "proof")[:-1]),
    "a longer path": lambda t: changed(t, 1, proof=[*of(t, 1, "proof"), of(t, 1, "proof")[0]]),
    "no path": lambda t: changed(t, 1, proof=[]),
    "a record left out": lambda t: "\n".join([*t.splitlines()[:1], *t.splitlines()[2:]]),
    "evidence that it never had": lambda t: changed(t, 1, evidence="AAAA"),
    "a checkpoint of another size": lambda t: changed(t, 0, checkpoint=of(t, 0, "checkpoint").replace("\n2", "\n3", 1)),
    "no checkpoint": lambda t: changed(t, 0, checkpoint=""),
    "a checkpoint twice": lambda t: changed(t, 0, checkpoint=of(t, 0, "checkpoint") * 2),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_whatever_is_changed_in_an_extract_is_found(made, verify, spoil):
    assert verify(spoil(made["extract"]))[0] == 1


def test_an_extract_that_tells_less_still_shows_that_the_records_are_there(made, verify):
    for less in ({"identity": None}, {"identity": None, "record": None}):
        assert verify(changed(made["extract"], 1, **less))[0] == 0


def test_another_key_or_another_tree_signed_elsewhere_is_found(made, verify):
    other = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    assert verify(made["extract"], key=other)[0] == 1
    size = of(made["extract"], 1, "position")
    assert size
    with pytest.raises(ValueError, match="neither"):
        verify('{"format":"something"}')


def test_a_fork_is_found_by_the_checkpoint_from_elsewhere(made, monkeypatch):
    faults = []
    standalone.compare_outside(7, b"a" * 32, [], [(7, b"b" * 32)], faults)
    assert faults == ["another tree of 7 rows was signed elsewhere"]


@pytest.mark.parametrize(("old", "new", "proof"), [(0, 5, [b""]), (5, 5, [b""]), (6, 5, [b""]), (1, 2, [])])
def test_nothing_continues_what_is_not_smaller(old, new, proof):
    assert not standalone.continues(old, new, b"", b"", proof)


def test_a_consistency_proof_that_is_too_long_is_none():
    assert not standalone.continues(2, 3, b"a" * 32, b"b" * 32, [b"c" * 32] * 9)


@pytest.mark.parametrize("old", range(1, 20))
def test_the_script_agrees_with_the_log_about_consistency(old):
    leaves = [tree.leaf_hash(bytes([n])) for n in range(20)]
    for new in range(old + 1, 21):
        roots = tree.root(leaves[:old]), tree.root(leaves[:new])
        proof = tree.consistency_proof(old, leaves[:new])
        assert standalone.continues(old, new, *roots, proof)
        assert not standalone.continues(old, new, *roots[::-1], proof)


@pytest.mark.parametrize("size", range(1, 20))
def test_the_script_agrees_with_the_log_about_inclusion(size):
    leaves = [bytes([n]) for n in range(size)]
    hashes = [tree.leaf_hash(leaf) for leaf in leaves]
    root = tree.root(hashes)
    for index, leaf in enumerate(leaves):
        path = tree.inclusion_proof(index, hashes)
        assert standalone.included(index, size, leaf, path, root)
        assert not standalone.included(index, size, leaf + b"x", path, root)
