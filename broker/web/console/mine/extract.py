"""Entries of the access log as a file that anybody can verify with the stand-alone script (`broker/audit/standalone.py`).

JSON lines: a head with the published checkpoint and the keys that may have signed it, then each entry with its leaf, the
text that the leaf names by hash, and its inclusion proof. What may not be told of the one who read is a hash in the text.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Any, Final

from broker.exchange import Reply
from broker.web.console.mine.turn import OwnTurn
from trust_framework.access_log import AccessRow

FORMAT: Final = "tillit-extract/1"
BATCH: Final = 500
SCRIPT: Final = "standalone.py"
HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
)


def reply(rows: Iterable[AccessRow], mine: OwnTurn) -> Reply:
    """The file. Entries that wait to be sealed (a second) are not in it."""
    lines = "".join(_line(each) for each in _lines(tuple(rows), mine))
    disposition = ("Content-Disposition", 'attachment; filename="utdrag.jsonl"')
    return Reply(200, (("Content-Type", "application/jsonl"), disposition, *HEADERS), lines.encode())


def names(leaf: bytes, text: str) -> bool:
    """Whether a leaf names a text by its hash."""
    return bool(json.loads(leaf).get("record") == hashlib.sha256(text.encode()).hexdigest())


def script() -> Reply:
    """The script that verifies it, as it is shipped."""
    source = (files("broker.audit") / SCRIPT).read_bytes()
    disposition = ("Content-Disposition", f'attachment; filename="tillit-{SCRIPT}"')
    return Reply(200, (("Content-Type", "text/x-python; charset=utf-8"), disposition, *HEADERS), source)


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"


def _lines(rows: tuple[AccessRow, ...], mine: OwnTurn) -> Iterator[dict[str, Any]]:
    sealed = {row.position: row for row in rows if row.position is not None}
    note, proofs = mine.store.log_proofs(sorted(sealed))
    verifiers = [one.text for one in mine.store.log_verifiers()]
    yield {"format": FORMAT, "verifiers": verifiers, "checkpoint": note}
    for position, (leaf, path) in sorted(proofs.items()):
        yield {
            "position": position,
            "leaf": leaf.decode(),
            "record": sealed[position].text,
            "proof": [base64.b64encode(one).decode() for one in path],
        }
