"""An archive of a month of the access log as a file: JSON lines that the stand-alone script verifies (`tillit-archive/1`).

First a head (month, number of entries, verifier keys, a signed checkpoint), then each entry: its place, its leaf, the inclusion
proof, and the entry as it was kept, still sealed. It is written whole or not at all, and its digest stands in the log.
"""

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Protocol

from broker.audit.care_events import EntriesArchived, EntriesRestored
from broker.audit.checkpoint import BadCheckpoint, Verifier, by_name_and_id, open_note
from broker.audit.tree import BadProof, leaf_hash, verify_inclusion

FORMAT: Final = "tillit-archive/1"


class BadArchive(Exception):
    """A file is no archive of this log, or not what it was when it was written."""


class NotArchivable(Exception):
    """The entries of a month may not be taken out of the store; the text says why."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What was archived: the month, the file's digest, how many entries. `restored_at`: when they came back."""

    id: str
    month: str
    made_at: int
    digest: str
    entries: int
    restored_at: int | None = None


@dataclass(frozen=True, slots=True)
class ArchivedEntry:
    """An entry with its leaf and the proof of its place."""

    position: int
    leaf: bytes
    path: tuple[bytes, ...]
    evidence: bytes

    @property
    def named(self) -> bool:
        """Whether the leaf names the evidence."""
        named = f'"evidence":"{hashlib.sha256(self.evidence).hexdigest()}"'
        return named.encode() in self.leaf


class ArchiveStore(Protocol):
    """What archiving asks of storage."""

    def clock(self) -> int: ...

    def log_verifiers(self) -> Sequence[Verifier]: ...

    def month_entries(self, month: str) -> tuple[str, int, Iterator[ArchivedEntry]]:
        """The newest checkpoint, how many entries a month has, and the entries. Raises NotArchivable."""
        ...

    def take_month_out(self, archive: Archive, told: EntriesArchived) -> None: ...

    def put_month_back(self, archive: Archive, entries: Iterator[ArchivedEntry], told: EntriesRestored) -> None: ...

    def access_archives(self) -> tuple[Archive, ...]: ...


def archive(store: ArchiveStore, month: str, path: Path, by: str) -> Archive:
    """Write a month to a file, see it to the disk, and take it out of the store, recorded. Raises FileExistsError, Overtaken when
    entries of the month came meanwhile: then nothing was taken out, and the file is gone again.
    """
    note, number, entries = store.month_entries(month)
    head = {
        "format": FORMAT,
        "month": month,
        "rows": number,
        "verifiers": [one.text for one in store.log_verifiers()],
        "checkpoint": note,
    }
    with path.open("xb") as out:
        try:
            digest = _written(out, head, entries)
            made = Archive(secrets.token_urlsafe(12), month, store.clock(), digest, number)
            told = EntriesArchived(at=made.made_at, archive=made.id, month=month, entries=number, digest=digest, by=by)
            store.take_month_out(made, told)
        except BaseException:
            path.unlink()
            raise
    return made


def _written(out: IO[bytes], head: dict[str, Any], entries: Iterable[ArchivedEntry]) -> str:
    digest = hashlib.sha256()
    _line(out, head, digest)
    for entry in entries:
        _line(out, _told(entry), digest)
    out.flush()
    os.fsync(out.fileno())
    return digest.hexdigest()


def _line(out: IO[bytes], value: dict[str, Any], digest: Any) -> None:
    line = json.dumps(value, separators=(",", ":")).encode() + b"\n"
    digest.update(line)
    out.write(line)


def _told(entry: ArchivedEntry) -> dict[str, Any]:
    return {
        "position": entry.position,
        "leaf": entry.leaf.decode(),
        "proof": [base64.b64encode(part).decode() for part in entry.path],
        "evidence": base64.b64encode(entry.evidence).decode(),
    }


def digest_of(path: Path) -> str:
    """SHA-256 of a file, by which the log knows an archive."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def positions_of(path: Path) -> Iterator[int]:
    """The places of an archive's entries in the log. The file is one that the log knows."""
    with path.open(encoding="ascii") as lines:
        next(lines)
        for line in lines:
            yield json.loads(line)["position"]


def restore(store: ArchiveStore, path: Path, by: str) -> Archive:
    """Put the entries of an archive back. Raises BadArchive, and Overtaken when they are back already."""
    digest = digest_of(path)
    made = next((one for one in store.access_archives() if one.digest == digest), None)
    if made is None:
        raise BadArchive("the log knows of no archive with this content")
    told = EntriesRestored(at=store.clock(), archive=made.id, month=made.month, entries=made.entries, by=by)
    with path.open(encoding="ascii") as lines:
        store.put_month_back(made, read(lines, store.log_verifiers()), told)
    return made


def read(lines: Iterable[str], verifiers: Sequence[Verifier]) -> Iterator[ArchivedEntry]:
    """The entries of an archive, each proven under its signed checkpoint. Raises BadArchive."""
    rows = iter(lines)
    try:
        head = json.loads(next(rows, ""))
        if head["format"] != FORMAT:
            raise BadArchive("not an archive")
        signed = open_note(head["checkpoint"], by_name_and_id(verifiers))
        for row in rows:
            entry = _entry(json.loads(row))
            verify_inclusion(entry.position, signed.size, leaf_hash(entry.leaf), entry.path, signed.root)
            yield entry
    except (ValueError, KeyError, TypeError, BadCheckpoint, BadProof) as error:
        raise BadArchive(str(error)) from error


def _entry(told: dict[str, Any]) -> ArchivedEntry:
    path = tuple(base64.b64decode(part, validate=True) for part in told["proof"])
    evidence = base64.b64decode(told["evidence"], validate=True)
    return ArchivedEntry(told["position"], told["leaf"].encode(), path, evidence)
