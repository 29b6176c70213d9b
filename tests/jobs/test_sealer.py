"""The sealer: positions without gaps, one checkpoint a batch, published after it is committed, on each database."""

from functools import cache

import pytest

from broker.audit.checkpoint import BadCheckpoint, by_name_and_id, notes_of, open_note
from broker.audit.verify import verify_log
from broker.jobs.sealer import Sealer
from broker.keys.making import NEEDS
from broker.login.effects import Effects, KeepOnce, Overtaken, StorageUnavailable
from broker.storage.database import Unit
from broker.storage.log import append
from tests.support import effects as a


@pytest.fixture
def file(tmp_path):
    return tmp_path / "elsewhere" / "checkpoints"


FIRST = len(NEEDS)
"""Events of a fresh installation: one for each of its first keys."""


def sealer_of(storage, file, batch=5000):
    return Sealer(storage, cache(storage.ring), storage.log_origin(), file, batch)


def positions(storage):
    return [row.position for row in storage.log_rows()]


def test_what_waits_is_sealed_in_order_of_writing_and_nothing_waits_then(storage, file):
    storage.append(tuple(a.code_issued(grant=str(n)) for n in range(7)))
    waiting = storage.log_pending()
    assert sealer_of(storage, file).run() == FIRST + 7
    assert [row.leaf for row in storage.log_rows()] == list(waiting)
    assert positions(storage) == list(range(FIRST + 7))
    assert storage.log_waiting() == 0


def test_large_amounts_are_sealed_in_batches_each_with_its_checkpoint(storage, file):
    storage.append(tuple(a.code_issued() for _ in range(19)))
    assert sealer_of(storage, file, batch=10).run() == FIRST + 19
    assert [note.split("\n")[1] for note in storage.log_notes()] == ["10", "20", str(FIRST + 19)]
    assert verify_log(storage, file).ok


def test_with_nothing_to_seal_nothing_is_signed_or_written(storage, file):
    sealer = sealer_of(storage, file)
    sealer.run()
    before = file.read_text(), storage.log_notes()
    assert sealer.run() == 0
    assert (file.read_text(), storage.log_notes()) == before


def test_the_checkpoint_in_the_file_is_the_newest_one_and_verifies(storage, file):
    sealer_of(storage, file).run()
    (note,), tail = notes_of(file.read_text())
    assert (note, tail) == (storage.log_state().note, "")
    assert open_note(note, by_name_and_id(storage.log_verifiers())).size == FIRST


def test_a_batch_committed_but_not_published_is_published_by_the_next_sealer(storage, file):
    sealer_of(storage, None).run()
    assert not file.exists()
    assert sealer_of(storage, file).run() == 0
    assert notes_of(file.read_text())[0] == [storage.log_state().note]
    assert sealer_of(storage, file).run() == 0
    assert len(notes_of(file.read_text())[0]) == 1


def test_a_file_that_could_not_be_written_gets_its_checkpoint_later(storage, file):
    file.parent.write_text("in the way")
    sealer = sealer_of(storage, file)
    with pytest.raises(NotADirectoryError):
        sealer.run()
    file.parent.unlink()
    storage.append((a.code_issued(),))
    sealer.run()
    assert verify_log(storage, file).ok


@pytest.mark.parametrize("cut", [1, 40, -2, -1])
def test_a_checkpoint_torn_by_a_crash_is_cut_off_and_written_again(storage, file, cut):
    sealer_of(storage, file).run()
    whole = file.read_text()
    storage.append((a.code_issued(),))
    sealer_of(storage, file).run()
    second = file.read_text()[len(whole) :]
    file.write_text(whole + second[:cut])
    sealer_of(storage, file).run()
    assert notes_of(file.read_text())[0] == [whole[:-1], second[:-1]]
    storage.append((a.code_issued(),))
    sealer_of(storage, file).run()
    assert verify_log(storage, file).ok


def test_a_sealer_without_a_file_seals(storage):
    assert sealer_of(storage, None).run() == FIRST
    assert verify_log(storage).ok


def test_of_two_nodes_that_seal_at_once_one_is_told_and_the_tree_has_each_row_once(storage, file, monkeypatch):
    storage.append((a.code_issued(),))
    first, second = sealer_of(storage, file), sealer_of(storage, file)
    real = storage.seal_log
    monkeypatch.setattr(storage, "seal_log", lambda extend, count: (_ for _ in ()).throw(Overtaken("log")))
    assert second.run() == 0
    monkeypatch.setattr(storage, "seal_log", real)
    assert first.run() == FIRST + 1
    assert second.run() == 0
    assert positions(storage) == list(range(FIRST + 1))


def test_a_tree_that_another_changed_meanwhile_is_not_overwritten(storage):
    from broker.audit.checkpoint import Grown

    sealer_of(storage, None).run()
    storage.append((a.code_issued(),))
    for wrong in (Grown(99, b"", "note"), Grown(FIRST, b"", "note")):
        with pytest.raises(Overtaken):
            storage.seal_log(lambda state, leaves, wrong=wrong: wrong, 10)
    assert storage.log_waiting() == 1
    assert positions(storage) == list(range(FIRST))


@pytest.mark.postgres
def test_rows_that_commit_late_under_lower_ids_are_sealed_by_the_next_turn(postgres_server, tmp_path, file):
    from broker.storage.opening import open_storage

    settings = postgres_server.settings(tmp_path / "broker")
    storage, slow = open_storage(settings), open_storage(settings)
    with Unit(slow._database) as unit:
        append(unit, (a.code_issued(grant="early id, late commit"),))
        storage.append((a.code_issued(grant="late id, early commit"),))
        assert sealer_of(storage, file).run() == FIRST + 1
        storage.append((a.code_issued(grant="later"),))
    assert sealer_of(storage, file).run() == 2
    grants = [b"early id" in row.leaf or b"later" in row.leaf for row in storage.log_rows()]
    assert grants == [False] * (FIRST + 1) + [True] * 2
    assert positions(storage) == list(range(FIRST + 3))
    assert verify_log(storage, file).ok
    for one in (storage, slow):
        one.close()
    postgres_server.drop(settings)


@pytest.mark.postgres
def test_two_postgres_nodes_sealing_while_others_write_lose_and_double_nothing(postgres_server, tmp_path):
    import threading

    from broker.storage.opening import open_storage

    settings = postgres_server.settings(tmp_path / "broker")
    nodes = [open_storage(settings) for _ in range(2)]
    done = threading.Event()

    def write(storage):
        for _ in range(60):
            storage.commit(Effects((KeepOnce(a.once()),), (a.code_issued(),)))

    def seal(storage):
        sealer = sealer_of(storage, None, batch=7)
        while not done.is_set():
            try:
                sealer.run()
            except StorageUnavailable:
                continue

    writers = [threading.Thread(target=write, args=(node,)) for node in nodes for _ in range(2)]
    sealers = [threading.Thread(target=seal, args=(node,)) for node in nodes]
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sealers:
        thread.join()
    sealer_of(nodes[0], None).run()
    assert positions(nodes[0]) == list(range(FIRST + 240))
    assert len({row.leaf for row in nodes[0].log_rows()}) == FIRST + 240
    assert verify_log(nodes[1]).ok
    for node in nodes:
        node.close()
    postgres_server.drop(settings)


def test_a_tree_that_somebody_deleted_is_not_begun_anew(storage):
    sealer_of(storage, None).run()
    storage.append((a.code_issued(),))
    storage._database.connection().execute("DELETE FROM log_tree")
    with pytest.raises(BadCheckpoint):
        sealer_of(storage, None).run()
    assert not verify_log(storage).ok
