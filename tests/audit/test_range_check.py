"""A part of the log verified now: each leaf against the tree that was signed, and what stands beside it."""

import pytest

from broker.audit.checkpoint import LogRow
from broker.audit.range_check import MOST, verify_range
from broker.audit.review_events import LogVerified
from broker.audit.tree import BadProof
from broker.jobs.sealer import Sealer
from tests.support.databases import NOW


@pytest.fixture
def store(sqlite_storage):
    sqlite_storage.append([LogVerified(at=NOW + n, first=n, last=n, checked=1, wrong=0) for n in range(40)])
    Sealer(sqlite_storage, sqlite_storage.ring, sqlite_storage.log_origin(), None).run()
    return sqlite_storage


class Touched:
    """A store in which somebody has changed rows behind the broker's back."""

    def __init__(
        self, store, rows: dict[int, LogRow | None], bad: frozenset[int] = frozenset(), note: str | None = None
    ):
        self.store, self.rows, self.bad, self.note = store, rows, bad, note

    def log_note(self) -> str:
        return self.store.log_note() if self.note is None else self.note

    def log_verifiers(self):
        return self.store.log_verifiers()

    def log_rows(self, first: int = 0):
        found = (self.rows.get(row.position, row) for row in self.store.log_rows(first))
        return (row for row in found if row is not None)

    def log_proofs(self, positions):
        if self.bad.intersection(positions):
            raise BadProof("another root")
        return self.store.log_proofs(positions)


def row(store, position: int) -> LogRow:
    return next(store.log_rows(position))


def test_a_log_that_is_as_it_was_signed_is_said_to_be(store):
    report = verify_range(store, 3, 17)
    assert (report.ok, report.first, report.last, report.checked, report.size) == (
        True,
        3,
        17,
        15,
        store.log_state().size,
    )
    size = store.log_state().size
    assert verify_range(store, size - 2, size + 9).checked == 2
    assert verify_range(store, size, size + 9).checked == 0
    assert verify_range(store, 0, 10**9).last == MOST - 1


def test_a_leaf_that_was_changed_or_taken_out_is_found_by_its_position(store):
    touched = Touched(store, {7: None}, frozenset({5}))
    report = verify_range(touched, 0, 39)
    assert (report.ok, report.wrong) == (False, (5, 7))


def test_evidence_that_the_leaf_does_not_name_is_found(store):
    named = row(store, 1)._replace(leaf=b'{"event":"x","evidence":"00"}')
    beside = row(store, 2)._replace(evidence=b"something")
    archived = row(store, 3)._replace(leaf=b'{"event":"care.access","evidence":"00"}')
    removed = row(store, 4)._replace(removal="r-1")
    report = verify_range(Touched(store, {1: named, 2: beside, 3: archived, 4: removed}), 0, 9)
    assert report.wrong == (1, 2)


def test_without_a_checkpoint_there_is_nothing_to_verify_and_with_another_ones_everything_is_wrong(store):
    assert verify_range(Touched(store, {}, note=""), 0, 9).ok
    size = store.log_state().size
    forged = store.log_note().replace(f"\n{size}\n", f"\n{size + 1}\n")
    report = verify_range(Touched(store, {}, note=forged), 0, 9)
    assert (report.ok, report.signed, report.checked) == (False, False, 0)
