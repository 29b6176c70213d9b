"""The log as a file that `standalone.py` verifies without tillit: JSON lines.

First a head (size, verifier keys, signed checkpoints), then each row: `leaf` as text, `evidence` still sealed, as base64; of a
leaf whose content was removed its `hash` and the `removal`.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import IO, Any

from broker.audit.checkpoint import LogRow, Verifier, read_note
from broker.audit.verify import LogReader

FORMAT, EXTRACT = "tillit-log/1", "tillit-extract/1"


def export_log(log: LogReader, out: IO[str]) -> int:
    """Write the sealed log; how many rows. Rows sealed while it is written are left for the next time."""
    state = log.log_state()
    inside = [note for note in log.log_notes() if read_note(note).size <= state.size]
    head = {
        "format": FORMAT,
        "size": state.size,
        "verifiers": [v.text for v in log.log_verifiers()],
        "checkpoints": [*inside, *([state.note] if state.note and state.note not in inside else [])],
    }
    _line(out, head)
    for row in takewhile(lambda r: r.position < state.size, log.log_rows()):
        _line(out, _row(row))
    return state.size


def _row(row: LogRow) -> dict[str, Any]:
    if row.removal:
        return {"position": row.position, "hash": row.leaf.hex(), "removal": row.removal}
    evidence = None if row.evidence is None else base64.b64encode(row.evidence).decode()
    leaf = row.leaf.decode("utf-8", "replace")  # what somebody has made unreadable is found by its hash
    return {"position": row.position, "leaf": leaf, "evidence": evidence}


def _line(out: IO[str], value: dict[str, Any]) -> None:
    out.write(json.dumps(value, separators=(",", ":")) + "\n")


@dataclass(frozen=True, slots=True)
class ProvenRow:
    """A record to hand out: its leaf, its place and path, and what may be told of it: text, identity, sealed evidence."""

    position: int
    leaf: bytes
    path: tuple[bytes, ...]
    text: str = ""
    identity: str = ""
    evidence: bytes | None = None


def write_extract(
    out: IO[str],
    verifiers: Iterable[Verifier],
    note: str,
    rows: Sequence[ProvenRow],
    older: Iterable[tuple[int, Sequence[bytes]]] = (),
) -> None:
    """Records with proofs under one signed checkpoint, in the form that `standalone.py` verifies. `older` are sizes of earlier
    checkpoints, each with the proof that this one continues it.
    """
    head = {
        "format": EXTRACT,
        "verifiers": [v.text for v in verifiers],
        "checkpoint": note,
        "consistency": [{"size": size, "proof": _path(path)} for size, path in older],
        "rows": len(rows),
    }
    _line(out, head)
    for row in rows:
        told: dict[str, Any] = {"position": row.position, "leaf": row.leaf.decode(), "proof": _path(row.path)}
        if row.text:
            told["record"] = row.text
        if row.identity:
            told["identity"] = row.identity
        if row.evidence is not None:
            told["evidence"] = base64.b64encode(row.evidence).decode()
        _line(out, told)


def _path(path: Iterable[bytes]) -> list[str]:
    return [base64.b64encode(part).decode() for part in path]
