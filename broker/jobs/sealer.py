"""The sealer: each second, what was recorded since gets its place in the tree, and the tree a signed checkpoint.

The note is committed before it is published, so that no checkpoint ever leaves for a tree that is not there. The file it
is appended to should lie where the database's owner cannot write.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from broker.audit.checkpoint import Grown, TreeState, extend, notes_of
from broker.keys.ring import KeyRing
from broker.login.effects import Overtaken

BATCH = 5000
"""Rows a transaction: it holds the database for less than a tenth of a second."""


class Sealing(Protocol):
    """What one turn did."""

    @property
    def rows(self) -> int: ...

    @property
    def note(self) -> str: ...


class SealingStore(Protocol):
    """What the sealer needs of the store."""

    def seal_log(self, extend: Callable[[TreeState, Sequence[bytes]], Grown], count: int) -> Sealing | None: ...

    def log_state(self) -> TreeState: ...


class Sealer:
    """Seals what waits, and publishes the newest checkpoint."""

    def __init__(
        self, store: SealingStore, ring: Callable[[], KeyRing], origin: str, file: Path | None, batch: int = BATCH
    ) -> None:
        self._store, self._ring, self._origin, self._batch = store, ring, origin, batch
        self._file = file
        self._published: str | None = None

    def run(self) -> int:
        """Seal everything that waits; how many rows. Another node that was first is no failure."""
        done = 0
        note = None
        try:
            while sealed := self._store.seal_log(self._extend, self._batch):
                done, note = done + sealed.rows, sealed.note
                if sealed.rows < self._batch:
                    break
        except Overtaken:
            return done
        self._publish(note)
        return done

    def _extend(self, state: TreeState, leaves: Sequence[bytes]) -> Grown:
        return extend(state, leaves, self._origin, self._ring().signer("checkpoint", "Ed25519"))

    def _publish(self, note: str | None) -> None:
        """Append the newest note, unless it is the file's last; what an earlier turn failed to append comes first."""
        if self._file is None or (note is None and self._published is not None):
            return
        if self._published is None:
            self._published = _mended(self._file)
        note = note or self._store.log_state().note
        if note and note != self._published:
            append(self._file, note)
            self._published = note


def append(path: Path, note: str) -> None:
    """Append a note to a checkpoint file, with an empty line after it, and see it to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(f"{note}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def _mended(path: Path) -> str:
    """The file's last note. A tail that a crash left in the middle was never a checkpoint and is cut off."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    notes, tail = notes_of(text)
    whole = text[: len(text) - len(tail)]
    if tail:
        os.truncate(path, len(whole.encode()))
    if whole and not whole.endswith("\n\n"):
        with path.open("ab") as file:
            file.write(b"\n")
    return notes[-1] if notes else ""
