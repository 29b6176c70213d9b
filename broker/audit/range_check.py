"""Verifying a part of the log now: each leaf is in the tree that was signed, and what stands beside it is what it names.

The whole log is `broker.audit.verify`'s, which reads it all; this reads a part and proves it, however large the log is.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, Protocol

from broker.audit.checkpoint import BadCheckpoint, Checkpoint, LogRow, Verifier, by_name_and_id, open_note
from broker.audit.tree import BadProof

MOST: Final = 1_000
"""Leaves that are verified in one go."""


class RangeReader(Protocol):
    """What is read. `broker.storage.Storage` is one."""

    def log_rows(self, first: int = ...) -> Iterator[LogRow]: ...

    def log_note(self) -> str: ...

    def log_proofs(self, positions: Sequence[int]) -> tuple[str, Mapping[int, tuple[bytes, tuple[bytes, ...]]]]: ...

    def log_verifiers(self) -> Sequence[Verifier]: ...


@dataclass(frozen=True, slots=True)
class RangeReport:
    """What it came to: leaves from `first` to `last` (what the signed tree has of them), how many were looked at, and the
    positions that are not as they were signed. `size` is that of the checkpoint.
    """

    first: int
    last: int
    checked: int
    size: int
    wrong: tuple[int, ...] = ()
    signed: bool = True

    @property
    def ok(self) -> bool:
        """Whether everything is as it was signed."""
        return self.signed and not self.wrong


def verify_range(log: RangeReader, first: int, last: int) -> RangeReport:
    """Verify the leaves of a part, both ends in it, at most `MOST`."""
    end = min(last, first + MOST - 1)
    note = log.log_note()
    signed = _opened(note, log.log_verifiers())
    if signed is None:
        return RangeReport(first, end, 0, 0, signed=not note)
    rows = {row.position: row for row in takewhile(lambda row: row.position <= end, log.log_rows(first))}
    expected = range(first, min(end, signed.size - 1) + 1)
    wrong = tuple(position for position in expected if not _stands(position, rows.get(position), log))
    return RangeReport(first, end, len(expected), signed.size, wrong)


def _opened(note: str, verifiers: Sequence[Verifier]) -> Checkpoint | None:
    try:
        return open_note(note, by_name_and_id(verifiers)) if note else None
    except BadCheckpoint:
        return None


def _stands(position: int, row: LogRow | None, log: RangeReader) -> bool:
    """Whether a row is in the signed tree, and its evidence the one that its leaf names. Of a row whose content was removed only
    the whole tree can tell.
    """
    if row is None:
        return False
    if row.removal:
        return True
    try:
        _, proofs = log.log_proofs([position])
    except (BadProof, LookupError):
        return False
    return position in proofs and _evidence_stands(row)


def _evidence_stands(row: LogRow) -> bool:
    """What is beside a leaf is what it names; an entry that was archived has nothing beside it."""
    leaf = json.loads(row.leaf)
    if row.evidence is None:
        return leaf.get("event") == "care.access" or "evidence" not in leaf
    return bool(leaf.get("evidence") == hashlib.sha256(row.evidence).hexdigest())
