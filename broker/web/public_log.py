"""The log as anybody may see it: its newest checkpoint, the keys that sign it, its tree in tiles, and proofs.

Nothing of what the log says is here: a tile is hashes, and a leaf's hash cannot be guessed. C2SP tlog-tiles; proofs by RFC 9162.
"""

import base64
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from broker.audit.checkpoint import read_note
from broker.audit.tiles import WIDTH, place_of
from broker.audit.tree import leaf_hash
from broker.audit.witness import published, witnessed
from broker.exchange import BadRequest, Reply
from broker.web.turn import Turn

CHECKPOINT, TILE = "/log/checkpoint", "/log/tile/"
_TEXT: Final = (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-cache"))
_JSON: Final = (("Content-Type", "application/json"), ("Cache-Control", "no-cache"))
_STANDS: Final = (
    ("Content-Type", "application/octet-stream"),
    ("Cache-Control", "public, max-age=31536000, immutable"),
)
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
MOST_LEVEL: Final = 7


def checkpoint(turn: Turn) -> Reply:
    """The newest signed checkpoint, with the cosignatures of witnesses (C2SP tlog-checkpoint)."""
    note = turn.on.store.log_note()
    return Reply(200, _TEXT, published(note, turn.on.store.cosignatures()).encode()) if note else _missing()


def witnessed_checkpoint(turn: Turn) -> Reply:
    """The newest checkpoint that a witness has cosigned (C2SP tlog-cosignature)."""
    note = witnessed(turn.on.store.cosignatures())
    return Reply(200, _TEXT, note.encode()) if note else _missing()


def keys(turn: Turn) -> Reply:
    """The verifier keys of the log (C2SP signed-note), one a line. Whoever verifies has them from somewhere else too."""
    return Reply(200, _TEXT, "".join(f"{one.text}\n" for one in turn.on.store.log_verifiers()).encode())


def tile(turn: Turn) -> Reply:
    """A tile of the tree: up to 256 hashes (C2SP tlog-tiles)."""
    level, _, path = turn.request.path.removeprefix(TILE).partition("/")
    try:
        place, width = place_of(path)
    except ValueError:
        return _missing()
    if not _NUMBER.fullmatch(level) or int(level) > MOST_LEVEL or place >= 2**62 // WIDTH ** (int(level) + 1):
        return _missing()
    if not turn.on.throttle.allows("proof", turn.source()):
        return Reply(429, _TEXT, b"too many requests\n")
    hashes = turn.on.store.log_tile(int(level), place, width)
    return Reply(200, _STANDS, hashes) if hashes else _missing()


def consistency(turn: Turn) -> Reply:
    """The proof that the newest checkpoint continues that of `from` leaves (RFC 9162 section 2.1.4)."""

    def proof(size: int) -> dict[str, Any]:
        note, path = turn.on.store.log_consistency(size)
        return {"from": size, "to": read_note(note).size, "checkpoint": note, "proof": _encoded(path)}

    return _proof(turn, "from", proof)


def inclusion(turn: Turn) -> Reply:
    """The proof that the leaf at `position` is in the tree of the newest checkpoint (RFC 9162 section 2.1.3)."""

    def proof(position: int) -> dict[str, Any]:
        note, proofs = turn.on.store.log_proofs([position])
        leaf, path = proofs[position]
        hashed = base64.b64encode(leaf_hash(leaf)).decode()
        return {"position": position, "leaf_hash": hashed, "checkpoint": note, "proof": _encoded(path)}

    return _proof(turn, "position", proof)


def _proof(turn: Turn, name: str, proof: Callable[[int], dict[str, Any]]) -> Reply:
    try:
        given = turn.request.parameters()
    except BadRequest:
        return _bad(name)
    if [key for key, _ in given] != [name] or not _NUMBER.fullmatch(given[0][1]):
        return _bad(name)
    if not turn.on.throttle.allows("proof", turn.source()):
        return Reply(429, _TEXT, b"too many requests\n")
    try:
        told = proof(int(given[0][1]))
    except (ValueError, KeyError):
        return _missing()
    return Reply(200, _JSON, json.dumps(told).encode())


def _encoded(path: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(part).decode() for part in path]


def _missing() -> Reply:
    return Reply(404, _TEXT, b"the log has no such thing\n")


def _bad(name: str) -> Reply:
    return Reply(400, _TEXT, f"the one parameter is {name}, a whole number\n".encode())
