"""Recomputing the log: every leaf hashed again, every kept checkpoint compared with the tree as it is now.

Finds edits, deletions, insertions, reordering and forks by the signed checkpoints in the database; truncation back to an
older checkpoint can only be seen with a checkpoint file that was kept elsewhere, and the report says when there was none.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from broker.audit.checkpoint import (
    BadCheckpoint,
    Checkpoint,
    LogRow,
    TreeState,
    Verifier,
    by_name_and_id,
    notes_of,
    open_note,
)
from broker.audit.removed import ENTRY, Removed
from broker.audit.tree import Frontier, leaf_hash

_EVIDENCE = b'"evidence":"'
_AT_ONCE = 4096
_sha256 = hashlib.sha256


class LogReader(Protocol):
    """What verification reads. `broker.storage.Storage` is one."""

    def log_state(self) -> TreeState: ...

    def log_rows(self) -> Iterator[LogRow]:
        """Every sealed row, in order of position."""
        ...

    def log_notes(self) -> Sequence[str]: ...

    def log_pending(self) -> Sequence[bytes]:
        """Leaves that are not sealed yet."""
        ...

    def log_strays(self, gone: int) -> int:
        """How many entries of the access log no leaf names that has its content. `gone`: how many of the leaves that have an
        entry were read without it.
        """
        ...

    def log_verifiers(self) -> Sequence[Verifier]:
        """The checkpoint keys of the ring, also removed ones."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was signed. `first` and `last` are positions, where they are known."""

    kind: str
    text: str
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What verification came to. `compared` counts the checkpoints held against the tree; `external` says whether any
    came from outside the database: without, truncation cannot be seen.
    """

    size: int
    root: bytes
    unsealed: int
    compared: int
    external: bool
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether everything is as it was signed."""
        return not self.findings


@dataclass(slots=True)
class _Reading:
    """The tree as it grows again, with the roots at the sizes that somebody signed. `gone` counts the leaves whose entry is not
    here, whether the log says why or not.
    """

    wanted: frozenset[int] = frozenset()
    frontier: Frontier = field(default_factory=Frontier)
    roots: dict[int, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    removed: Removed = field(default_factory=Removed)
    in_order: bool = True
    size: int = 0
    gone: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def note(self, kind: str, text: str, first: int | None = None, last: int | None = None) -> None:
        self.findings.append(Finding(kind, text, first, last))

    def take(self, row: LogRow) -> None:
        """The next row: its place, its evidence, its hash."""
        if row.position != self.size and self.in_order:
            self.in_order = False
            first, last = sorted((self.size, row.position))
            self.note("gap", f"after {self.size} rows comes position {row.position}", first, last)
        self.hashes.append(self._hash(row))
        self.size += 1
        if self.size in self.wanted:
            self.grow()
            self.roots[self.size] = self.frontier.root()
        elif len(self.hashes) > _AT_ONCE:
            self.grow()

    def grow(self) -> None:
        """Bring the tree up to what was read."""
        self.frontier.extend(self.hashes)
        self.hashes.clear()

    def _hash(self, row: LogRow) -> bytes:
        if row.removal:
            self.gone += row.entry is not None
            self.removed.leaf_gone(row.position, row.removal)
            return row.leaf
        if row.entry is not None and row.evidence is not None and _names(row.leaf, row.entry, row.evidence):
            return leaf_hash(row.leaf)  # as nearly all are
        self.gone += row.entry is not None and row.evidence is None
        if ENTRY in row.leaf:
            self._entry(row)
        else:
            self.removed.hear(row.leaf)
            if fault := _evidence_fault(row):
                self.note("evidence", fault, row.position, row.position)
        return leaf_hash(row.leaf)

    def _entry(self, row: LogRow) -> None:
        """The leaf of an entry of the access log that is not there as the leaf names it: it was archived, or is another."""
        own = f'"entry":{row.entry},'.encode() in row.leaf
        if not own:
            self.note("evidence", "the row is of another entry", row.position, row.position)
        if row.evidence is None:
            self.removed.entry_gone(row.position, row.leaf)
        elif own:
            self.note("evidence", "the entry is another", row.position, row.position)


def _names(leaf: bytes, entry: int, evidence: bytes) -> bool:
    """Whether a leaf is that of this entry of the access log, as it is kept."""
    return b'"entry":%d%b%b"' % (entry, ENTRY, _sha256(evidence).hexdigest().encode()) in leaf


def _evidence_fault(row: LogRow) -> str:
    """What is wrong with the evidence beside a leaf, or nothing."""
    named = None
    if _EVIDENCE in row.leaf:
        try:
            named = json.loads(row.leaf).get("evidence")
        except (ValueError, AttributeError):
            return "the leaf is not a JSON object"
    if row.evidence is None:
        return "the evidence is gone" if named else ""
    if not named:
        return "evidence that the leaf does not name"
    return "" if _sha256(row.evidence).hexdigest() == named else "the evidence is another"


def verify_log(
    log: LogReader, checkpoint_file: Path | None = None, verifiers: Sequence[Verifier] | None = None
) -> Report:
    """Verify the log as it stands now, while others write on. `verifiers` from elsewhere bind it to keys that the
    database cannot replace.
    """
    known = by_name_and_id(log.log_verifiers() if verifiers is None else verifiers)
    reading = _Reading()
    outside = _from_file(checkpoint_file, known, reading)
    inside = [_opened(note, "database", known, reading) for note in log.log_notes()]
    state = log.log_state()  # after the checkpoints: none of them can be newer than it
    last = _opened(state.note, "database", known, reading) if state.note else None
    signed = [c for c in (*outside, *inside, last) if c is not None]
    reading.wanted = frozenset(c.size for c in signed)
    beyond = _read(log, state.size, reading)
    waiting = log.log_pending()
    _compare_missing(log, waiting, reading)
    _compare_state(state, last, reading)
    _compare(signed, reading)
    _compare_order(outside, reading)
    if beyond is not None and beyond >= log.log_state().size:
        reading.note("insertion", "rows beyond the signed tree", state.size, beyond)
    return Report(
        reading.frontier.size,
        reading.frontier.root(),
        len(waiting),
        len(signed),
        checkpoint_file is not None,
        tuple(reading.findings),
    )


def _read(log: LogReader, size: int, reading: _Reading) -> int | None:
    """Read the rows of a tree of this size; the last position beyond it, where rows go on."""
    beyond = None
    for row in log.log_rows():
        if row.position < size:
            reading.take(row)
        else:
            beyond = row.position
    reading.grow()
    return beyond


def _compare_missing(log: LogReader, waiting: Sequence[bytes], reading: _Reading) -> None:
    """What is not here any more against what the log says of that; and entries that it never heard of."""
    for leaf in waiting:
        reading.removed.hear(leaf)
    for one in reading.removed.missing():
        reading.note("removed", one.text, one.first, one.last)
    if strays := log.log_strays(reading.gone):
        reading.note("insertion", f"{strays} entries of the access log that no row names")


def _opened(note: str, where: str, known: dict[tuple[str, bytes], Verifier], reading: _Reading) -> Checkpoint | None:
    try:
        return open_note(note, known)
    except BadCheckpoint as error:
        reading.note("signature", f"a checkpoint in the {where}: {error}")
        return None


def _from_file(
    path: Path | None, known: dict[tuple[str, bytes], Verifier], reading: _Reading
) -> list[Checkpoint | None]:
    if path is None:
        return []
    try:
        notes, tail = notes_of(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reading.note("file", f"the checkpoint file cannot be read: {type(error).__name__}")
        return []
    if tail.strip() or not notes:
        reading.note("file", "the checkpoint file has something else than checkpoints, or none")
    return [_opened(note, "file", known, reading) for note in notes]


def _compare_state(state: TreeState, signed: Checkpoint | None, reading: _Reading) -> None:
    """The stored end of the tree against the rows that are there."""
    size = reading.frontier.size
    if size != state.size:
        reading.note("truncation", f"{state.size} rows were signed, {size} are there", size, state.size - 1)
    elif state.frontier != bytes(reading.frontier):
        reading.note("state", "the stored tree is not that of the rows")
    if state.size and (signed is None or signed.size != state.size):
        reading.note("state", "the stored tree has no checkpoint of its own")


def _compare(signed: Sequence[Checkpoint], reading: _Reading) -> None:
    """Every signed size against the tree; the first that differs says between which positions to look."""
    good = 0
    for checkpoint in sorted(signed, key=lambda c: c.size):
        size = checkpoint.size
        found = reading.roots.get(size)
        if found is None and size:
            reading.note("truncation", f"a checkpoint of {size} rows was signed", reading.frontier.size, size - 1)
        elif size and found != checkpoint.root:
            reading.note("edit", "the rows are not those that were signed", good, size - 1)
            _forks(signed, reading)
            return
        else:
            good = size


def _forks(signed: Sequence[Checkpoint], reading: _Reading) -> None:
    """Two signatures for two trees of one size: somebody with the key has shown two logs."""
    roots: dict[int, bytes] = {}
    for checkpoint in signed:
        if roots.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
            reading.note("fork", f"two trees of {checkpoint.size} rows were signed", 0, checkpoint.size - 1)


def _compare_order(outside: Sequence[Checkpoint | None], reading: _Reading) -> None:
    """Checkpoints are appended as the tree grows, so sizes in the file never fall."""
    largest = 0
    for checkpoint in outside:
        if checkpoint is not None and checkpoint.size < largest:
            reading.note(
                "rollback", f"the file has {checkpoint.size} rows after {largest}", checkpoint.size, largest - 1
            )
        largest = max(largest, checkpoint.size if checkpoint else 0)
