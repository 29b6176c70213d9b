"""Whatever is done to a sealed log is found; what is not done to it is not."""

import json
import shutil
import threading

import pytest

from broker.audit.checkpoint import Checkpoint, TreeState, extend, sign, verifier
from broker.audit.tree import leaf_hash, root
from broker.audit.verify import verify_log
from broker.keys.making import NEEDS
from broker.login.effects import Effects
from broker.storage.opening import open_storage
from metadata.wire.signing import signer
from tests.support import effects as a
from tests.support.databases import settings_at
from tests.support.logs import SealedLog

BATCHES = (1, 3, 8, 5)
FIRST = len(NEEDS)
ROWS = FIRST + sum(BATCHES)
POSITIONS = (0, FIRST, FIRST + 3, FIRST + 9, ROWS - 1)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A log of a few batches, closed, to be copied by each test."""
    from tests.support.databases import Clock, sqlite_settings

    folder = tmp_path_factory.mktemp("sealed")
    storage = open_storage(sqlite_settings(folder), clock=Clock())
    SealedLog(storage, folder / "checkpoints").write(*BATCHES)
    storage.close()
    return folder


@pytest.fixture
def log(sealed, tmp_path):
    shutil.copytree(sealed, tmp_path / "copy")
    storage = open_storage(settings_at(tmp_path / "copy"))
    yield SealedLog(storage, tmp_path / "copy" / "checkpoints")
    storage.close()


def kinds(report):
    return {finding.kind for finding in report.findings}


class TestAnUntouchedLog:
    def test_it_verifies_and_the_report_says_how_much_it_looked_at(self, log):
        report = log.verify()
        assert report.ok
        assert (report.size, report.unsealed, report.external) == (ROWS, 0, True)
        assert report.compared == 2 * len(BATCHES) + 1
        assert report.root == root([leaf_hash(row.leaf) for row in log.storage.log_rows()])

    def test_without_a_file_the_report_says_so(self, log):
        report = log.verify(external=False)
        assert report.ok
        assert not report.external

    def test_rows_not_yet_sealed_are_counted_and_no_fault(self, log):
        log.storage.append((a.code_issued(), a.code_issued()))
        report = log.verify()
        assert report.ok
        assert (report.size, report.unsealed) == (ROWS, 2)

    def test_an_empty_log_verifies(self, sqlite_storage):
        report = verify_log(sqlite_storage)
        assert report.ok
        assert (report.size, report.unsealed, report.compared) == (0, FIRST, 0)

    def test_a_log_that_others_write_on_meanwhile_verifies(self, log):
        stop = threading.Event()

        def go_on():
            while not stop.is_set():
                log.write(2)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            reports = [log.verify() for _ in range(15)]
        finally:
            stop.set()
            thread.join()
        assert [r.findings for r in reports if not r.ok] == []

    def test_forgetting_a_person_leaves_the_log_as_it_was_signed(self, log):
        log.storage.forget_person("person-1")
        assert log.verify().ok


def edit_byte(log, at):
    log.sql(
        """UPDATE log SET leaf = CAST(replace(CAST(leaf AS TEXT), '"at":1', '"at":2') AS BLOB) WHERE position = ?""", at
    )


def respell(log, at):
    log.sql("UPDATE log SET leaf = CAST(replace(CAST(leaf AS TEXT), ',', ', ') AS BLOB) WHERE position = ?", at)


def other_event(log, at):
    log.sql("UPDATE log SET leaf = CAST(replace(CAST(leaf AS TEXT), 'event', 'evenT') AS BLOB) WHERE position = ?", at)


def empty_leaf(log, at):
    log.sql("UPDATE log SET leaf = X'' WHERE position = ?", at)


def other_salt(log, at):
    found = json.loads(log.sql("SELECT leaf FROM log WHERE position = ?", at).fetchone()[0])
    changed = json.dumps({**found, "salt": "00" * 16}, sort_keys=True, separators=(",", ":")).encode()
    log.sql("UPDATE log SET leaf = ? WHERE position = ?", changed, at)


def delete_row(log, at):
    log.sql("DELETE FROM log WHERE position = ?", at)


def delete_and_close_up(log, at):
    log.sql("DELETE FROM log WHERE position = ?", at)
    for position in range(at + 1, ROWS):
        log.sql("UPDATE log SET position = ? WHERE position = ?", position - 1, position)


def insert_and_push_on(log, at):
    for position in reversed(range(at, ROWS)):
        log.sql("UPDATE log SET position = ? WHERE position = ?", position + 1, position)
    log.sql("INSERT INTO log (position, leaf) VALUES (?, ?)", at, b'{"event":"invented"}')


def swap_with_neighbour(log, at):
    other = at - 1 if at else 1
    log.sql("UPDATE log SET position = -5 WHERE position = ?", at)
    log.sql("UPDATE log SET position = ? WHERE position = ?", at, other)
    log.sql("UPDATE log SET position = ? WHERE position = -5", other)


def copy_over_neighbour(log, at):
    other = at - 1 if at else 1
    log.sql("UPDATE log SET leaf = (SELECT leaf FROM log WHERE position = ?) WHERE position = ?", other, at)


def move_far_away(log, at):
    log.sql("UPDATE log SET position = 1000 WHERE position = ?", at)


def move_below_zero(log, at):
    log.sql("UPDATE log SET position = -1 WHERE position = ?", at)


def add_evidence(log, at):
    log.sql("UPDATE log SET evidence = CAST(X'00' || evidence AS BLOB) WHERE position = ? AND evidence IS NOT NULL", at)
    log.sql("UPDATE log SET evidence = X'01' WHERE position = ? AND evidence IS NULL", at)


AT_A_POSITION = [
    edit_byte, respell, other_event, empty_leaf, other_salt, delete_row, delete_and_close_up, insert_and_push_on,
    swap_with_neighbour, copy_over_neighbour, move_far_away, move_below_zero, add_evidence,
]  # fmt: skip


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("tamper", AT_A_POSITION, ids=lambda f: f.__name__)
def test_tampering_with_a_row_is_found_with_and_without_a_checkpoint_from_elsewhere(log, tamper, position):
    tamper(log, position)
    assert not log.verify(external=True).ok
    assert not log.verify(external=False).ok


def with_evidence(log):
    return log.sql("SELECT min(position) FROM log WHERE evidence IS NOT NULL").fetchone()[0]


def take_evidence_away(log):
    log.sql("UPDATE log SET evidence = NULL WHERE position = ?", with_evidence(log))


def exchange_evidence(log):
    log.sql(
        "UPDATE log SET evidence = (SELECT max(evidence) FROM log) WHERE evidence < (SELECT max(evidence) FROM log)"
    )


def row_beyond_the_tree(log):
    log.sql("INSERT INTO log (position, leaf) VALUES (?, ?)", ROWS, b'{"event":"invented"}')


def row_far_beyond_the_tree(log):
    log.sql("INSERT INTO log (position, leaf) VALUES (?, ?)", 2**40, b'{"event":"invented"}')


def row_before_the_first(log):
    log.sql("INSERT INTO log (position, leaf) VALUES (?, ?)", -(2**60), b'{"event":"invented"}')


def cut_rows_off(log):
    log.sql("DELETE FROM log WHERE position >= ?", ROWS - 5)


def all_rows_gone(log):
    log.sql("DELETE FROM log")


def other_frontier(log):
    log.sql("UPDATE log_tree SET frontier = zeroblob(length(frontier))")


def frontier_of_another_length(log):
    log.sql("UPDATE log_tree SET frontier = X''")


def other_size(log):
    log.sql("UPDATE log_tree SET size = size + 1")


def note_of_another_size(log):
    log.sql("UPDATE log_tree SET note = (SELECT note FROM log_checkpoints ORDER BY size LIMIT 1)")


def note_unsigned(log):
    log.sql("UPDATE log_tree SET note = replace(note, '\n\n', '\n')")


def note_gone(log):
    log.sql("UPDATE log_tree SET note = ''")


def checkpoint_of_another_size(log):
    log.sql("UPDATE log_checkpoints SET note = replace(note, '/log\n', '/log\n1')")


def checkpoint_under_another_name(log):
    log.sql("UPDATE log_checkpoints SET note = replace(note, '/log', '/other')")


def rows_not_json(log):
    log.sql('UPDATE log SET leaf = CAST(\'"evidence":"\' AS BLOB) WHERE position = 7')


def rows_a_json_text(log):
    log.sql("UPDATE log SET leaf = ? WHERE position = 7", b'[{"evidence":"x"}]')


WHOLE = [
    take_evidence_away, exchange_evidence, row_beyond_the_tree, row_far_beyond_the_tree, row_before_the_first, cut_rows_off,
    all_rows_gone, other_frontier, frontier_of_another_length, other_size, note_of_another_size, note_unsigned, note_gone,
    checkpoint_of_another_size, checkpoint_under_another_name, rows_not_json, rows_a_json_text,
]  # fmt: skip


@pytest.mark.parametrize("tamper", WHOLE, ids=lambda f: f.__name__)
def test_tampering_with_the_tree_the_evidence_or_the_checkpoints_is_found(log, tamper):
    tamper(log)
    assert not log.verify(external=False).ok


class TestWhoeverHasTheDatabase:
    def rebuild(self, log, sign_with):
        """Write history anew: change a row, then make tree and checkpoints fit, signed with a key of one's own."""
        edit_byte(log, 8)
        leaves = [row.leaf for row in log.storage.log_rows()]
        grown = extend(TreeState(0, b"", ""), leaves, log.storage.log_origin(), sign_with)
        log.sql("UPDATE log_tree SET frontier = ?, note = ?", grown.frontier, grown.note)
        log.sql("DELETE FROM log_checkpoints")

    def test_a_history_signed_with_a_foreign_key_is_found(self, log, checkpoint_signer):
        self.rebuild(log, checkpoint_signer)
        assert kinds(log.verify(external=False)) >= {"signature"}

    def test_a_foreign_key_put_into_the_ring_is_refused_as_a_whole(self, log, checkpoint_signer):
        self.rebuild(log, checkpoint_signer)
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = checkpoint_signer.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        log.sql("UPDATE ring SET public_key = ? WHERE use = 'checkpoint'", public)
        assert "signature" in kinds(log.verify(external=False))
        log.sql("UPDATE ring SET state = 'removed' WHERE use = 'checkpoint'")
        assert log.storage.log_verifiers() == ()
        assert "signature" in kinds(log.verify(external=False))

    def test_a_history_signed_with_the_true_key_is_found_by_the_file_kept_elsewhere(self, log):
        self.rebuild(log, log.storage.ring().signer("checkpoint", "Ed25519"))
        assert log.verify(external=False).ok
        assert {"edit", "fork"} <= kinds(log.verify())

    def test_a_log_taken_back_to_an_older_checkpoint_is_found_by_the_file_kept_elsewhere(self, log):
        size, note = log.sql("SELECT size, note FROM log_checkpoints ORDER BY size DESC LIMIT 1 OFFSET 1").fetchone()
        log.sql("DELETE FROM log WHERE position >= ?", size)
        log.sql("DELETE FROM log_checkpoints WHERE size > ?", size)
        grown = extend(
            TreeState(0, b"", ""),
            [r.leaf for r in log.storage.log_rows()],
            "x",
            log.storage.ring().signer("checkpoint", "Ed25519"),
        )
        log.sql("UPDATE log_tree SET size = ?, note = ?, frontier = ?", size, note, grown.frontier)
        assert log.verify(external=False).ok
        assert kinds(log.verify()) == {"truncation"}

    @pytest.mark.parametrize(("rows", "expected"), [(2, {"truncation", "rollback"}), (9, {"edit"})])
    def test_a_log_taken_back_and_written_on_is_found(self, log, rows, expected):
        self.test_a_log_taken_back_to_an_older_checkpoint_is_found_by_the_file_kept_elsewhere(log)
        log.write(rows)
        assert kinds(log.verify()) == expected

    def test_verifier_keys_from_elsewhere_bind_the_log(self, log, checkpoint_signer):
        own = log.storage.log_verifiers()
        foreign = verifier(log.storage.log_origin(), checkpoint_signer.public_key)
        assert verify_log(log.storage, log.file, own).ok
        assert kinds(verify_log(log.storage, log.file, [foreign])) >= {"signature"}


@pytest.fixture
def checkpoint_signer():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return signer(Ed25519PrivateKey.generate(), kid="foreign", alg="Ed25519")


class TestTheFile:
    @pytest.mark.parametrize(
        "spoil",
        [
            lambda text: "", lambda text: text[:-30], lambda text: text + "more\n", lambda text: text.replace("\n\n", "\n"),
            lambda text: text.replace("\n—", "\nx"), lambda text: "\n\n".join(text.split("\n\n")[2:] + text.split("\n\n")[:2]),
        ],
    )  # fmt: skip
    def test_a_file_that_is_damaged_or_out_of_order_is_found(self, log, spoil):
        log.file.write_text(spoil(log.file.read_text()))
        assert not log.verify().ok

    def test_a_file_that_is_not_there_or_not_text_is_found(self, log):
        log.file.write_bytes(b"\xff\xfe")
        assert kinds(log.verify()) == {"file"}
        log.file.unlink()
        assert kinds(log.verify()) == {"file"}

    def test_a_checkpoint_of_no_rows_holds_for_every_log(self, log):
        from broker.audit.tree import EMPTY_ROOT

        note = sign(
            Checkpoint(log.storage.log_origin(), 0, EMPTY_ROOT), log.storage.ring().signer("checkpoint", "Ed25519")
        )
        log.file.write_text(f"{note}\n" + log.file.read_text())
        assert log.verify().ok

    def test_the_report_says_between_which_checkpoints_to_look(self, log):
        edit_byte(log, 9)
        (finding,) = [f for f in log.verify().findings if f.kind == "edit"]
        assert finding.first <= 9 <= finding.last
        assert finding.last - finding.first < ROWS - 1


class TestAfterRotation:
    def test_checkpoints_of_removed_keys_still_verify(self, log):
        from broker.keys.ring import KeyState
        from broker.keys.rotation import RETIRE_AFTER, Naming, remove_retired, rotate

        storage, now = log.storage, 1_800_000_000
        storage.save_ring(
            rotate(storage.ring_rows(), "checkpoint", "Ed25519", now, Naming("n", storage.vault), force=True)
        )
        SealedLog(storage, log.file).write(4)
        storage.save_ring(remove_retired(storage.ring_rows(), storage.vault, now + RETIRE_AFTER))
        assert [k.state for k in storage.ring_rows() if k.use == "checkpoint"].count(KeyState.REMOVED) == 1
        assert log.verify().ok
        storage.commit(Effects(events=(a.code_issued(),)))
