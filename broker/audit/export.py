"""The log as a file that `standalone.py` verifies without tillit: JSON lines.

First a head (size, verifier keys, signed checkpoints), then each row: `leaf` as text, `evidence` still sealed, as base64.
"""

import base64
import json
from itertools import takewhile
from typing import IO, Any

from broker.audit.checkpoint import read_note
from broker.audit.verify import LogReader

FORMAT = "tillit-log/1"


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
        evidence = None if row.evidence is None else base64.b64encode(row.evidence).decode()
        _line(out, {"position": row.position, "leaf": row.leaf.decode(), "evidence": evidence})
    return state.size


def _line(out: IO[str], value: dict[str, Any]) -> None:
    out.write(json.dumps(value, separators=(",", ":")) + "\n")
