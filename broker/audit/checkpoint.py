"""Checkpoints: the tree's size and root, signed, in the formats that any C2SP verifier reads.

Owns the text (C2SP tlog-checkpoint) and its signature (C2SP signed-note, Ed25519). Never signs for a tree that does not
continue the one signed before: `extend` starts from the stored frontier and compares it with its own note first.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from broker.audit.tree import HASH_SIZE, Frontier, leaf_hash
from metadata.wire.signing import BadSignature, PublicKey, Signer, verify

MAX_NOTE = 64 * 1024
MAX_SIGNATURES = 16
_ED25519 = b"\x01"
_KEY_ID = 4
_DASH = "— "
_NOTE = re.compile(f"((?:[^\n]+\n)+\n(?:{_DASH}[^\n]+\n)+)(?:\n|\\Z)")


class BadCheckpoint(Exception):
    """A checkpoint is malformed, signed by nobody known, or does not belong to this tree."""


@dataclass(frozen=True, slots=True)
class TreeState:
    """Where the tree stands: size, the bytes of its frontier, and the note signed for it (empty before the first)."""

    size: int
    frontier: bytes
    note: str


@dataclass(frozen=True, slots=True)
class Grown:
    """The tree after a batch, with the note signed for it."""

    size: int
    frontier: bytes
    note: str


class LogRow(NamedTuple):
    """A sealed row: what the tree hashes, and the sealed evidence that the leaf names by hash. With `removal`, the content was
    removed and `leaf` is what the tree has of it: the leaf's hash. `entry` is the number of the access log's
    entry that it is of.
    """

    position: int
    leaf: bytes
    evidence: bytes | None = None
    removal: str = ""
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a note says."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The signed text (C2SP tlog-checkpoint): three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under a name, as notes know it."""

    name: str
    key: Ed25519PublicKey

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256 over name, newline, type and key (C2SP signed-note)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + _raw(self.key)).digest()[:_KEY_ID]

    @property
    def text(self) -> str:
        """The verifier key as one gives it to others: name, id and key joined by plus signs."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + _raw(self.key)).decode()}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """A verifier key from its text. Raises BadCheckpoint."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = _base64(encoded)
        if raw[:1] != _ED25519 or len(raw) != 1 + HASH_SIZE or not _name(name):
            raise BadCheckpoint("not an Ed25519 verifier key")
        found = cls(name, Ed25519PublicKey.from_public_bytes(raw[1:]))
        if found.key_id.hex() != key_id:
            raise BadCheckpoint("the key's id is not its own")
        return found


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _name(name: str) -> bool:
    """Whether this can name a key: something, without spaces and plus signs."""
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def origin(base_url: str) -> str:
    """The log's name: the issuer without its scheme, and `/log`."""
    return f"{base_url.partition('://')[2]}/log"


def verifier(name: str, key: PublicKey) -> Verifier:
    """The verifier of a signer's public key. Raises BadCheckpoint for another kind of key."""
    if not isinstance(key, Ed25519PublicKey):
        raise BadCheckpoint("checkpoints are signed with Ed25519")
    return Verifier(name, key)


def sign(checkpoint: Checkpoint, signer: Signer) -> str:
    """The signed note."""
    text = checkpoint.text()
    stamp = verifier(checkpoint.origin, signer.public_key).key_id + signer.sign(text.encode())
    return f"{text}\n{_DASH}{checkpoint.origin} {base64.b64encode(stamp).decode()}\n"


def extend(state: TreeState, leaves: Sequence[bytes], origin: str, signer: Signer) -> Grown:
    """Grow the tree by a batch and sign it. Raises BadCheckpoint when the stored frontier is not that of its note."""
    frontier = Frontier.parse(state.size, state.frontier)
    if state.note and read_note(state.note).root != frontier.root():
        raise BadCheckpoint("the stored tree is not the one that was signed")
    frontier.extend([leaf_hash(leaf) for leaf in leaves])
    note = sign(Checkpoint(origin, frontier.size, frontier.root()), signer)
    return Grown(frontier.size, bytes(frontier), note)


def open_note(note: str, verifiers: Mapping[tuple[str, bytes], Verifier]) -> Checkpoint:
    """What a note says, once a known key is found to have signed it. Raises BadCheckpoint.

    Signatures by unknown keys are passed over; a bad one by a known key spoils the note (C2SP signed-note).
    """
    text, found = _taken_apart(note)
    good = 0
    for name, stamp in found:
        known = verifiers.get((name, stamp[:_KEY_ID]))
        if known is not None:
            _verify(known, stamp[_KEY_ID:], text)
            good += 1
    if not good:
        raise BadCheckpoint("no known key has signed")
    return read_note(note)


def _verify(known: Verifier, signature: bytes, text: str) -> None:
    try:
        verify("Ed25519", known.key, signature, text.encode())
    except BadSignature as error:
        raise BadCheckpoint(f"bad signature by {known.name}") from error


def by_name_and_id(verifiers: Sequence[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    """Verifiers as `open_note` looks for them."""
    return {(v.name, v.key_id): v for v in verifiers}


def _taken_apart(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The signed text, and (key name, key id and signature) of each signature line."""
    if len(note) > MAX_NOTE or any(ord(c) < ord(" ") and c != "\n" for c in note):
        raise BadCheckpoint("too long, or with control characters")
    text, gap, lines = note.partition("\n\n")
    signatures = lines.split("\n")
    if not gap or signatures.pop() or not 0 < len(signatures) <= MAX_SIGNATURES:
        raise BadCheckpoint("not a signed note")
    return f"{text}\n", [_signature(line) for line in signatures]


def _signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    stamp = _base64(encoded)
    if not line.startswith(_DASH) or not _name(name) or len(stamp) <= _KEY_ID:
        raise BadCheckpoint("not a signature line")
    return name, stamp


def read_note(note: str) -> Checkpoint:
    """What a note says, whoever signed it. Raises BadCheckpoint."""
    lines = note.partition("\n\n")[0].split("\n")
    if len(lines) < 3 or not _name(lines[0]) or "" in lines:  # noqa: PLR2004  # origin, size, root
        raise BadCheckpoint("not a checkpoint")
    name, size, encoded = lines[:3]
    if not (size.isascii() and size.isdigit()) or size != str(int(size)):
        raise BadCheckpoint("size")
    root = _base64(encoded)
    if len(root) != HASH_SIZE:
        raise BadCheckpoint("root")
    return Checkpoint(name, int(size), root)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadCheckpoint("base64") from error


def notes_of(text: str) -> tuple[list[str], str]:
    """The notes of a checkpoint file, which stand one after another with an empty line after each; and what follows
    the last whole one (a crash in the middle of writing leaves such a tail).
    """
    notes, end = [], 0
    while found := _NOTE.match(text, end):
        notes.append(found[1])
        end = found.end()
    return notes, text[end:]
