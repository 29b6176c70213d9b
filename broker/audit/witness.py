"""Witnessing (C2SP tlog-witness, tlog-cosignature): that a log had only grown since it was last looked at.

Owns both sides: what we answer to another log that asks for our cosignature, and what we make of the cosignatures of others.
A witness remembers one checkpoint of each log that it knows, and never signs one that does not continue it.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from broker.audit.checkpoint import BadCheckpoint, Checkpoint, Verifier, by_name_and_id, open_note, read_note
from broker.audit.tree import HASH_SIZE, BadProof, verify_consistency
from metadata.wire.signing import BadSignature, verify

_COSIGNATURE: Final = b"\x04"
_DASH: Final = "— "
MOST_HASHES: Final = 63
MOST_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's public key under its name (Ed25519, cosignature/v1)."""

    name: str
    key: Ed25519PublicKey

    @property
    def raw(self) -> bytes:
        return _COSIGNATURE + self.key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256 over name, newline, type and key."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.raw).digest()[:4]

    @property
    def text(self) -> str:
        """The key as one gives it to others."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self.raw).decode()}"

    @classmethod
    def parse(cls, text: str) -> "Cosigner":
        """A witness's key from its text. Raises BadCheckpoint."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = _base64(encoded)
        if raw[:1] != _COSIGNATURE or len(raw) != 1 + HASH_SIZE or not name or any(c.isspace() for c in name):
            raise BadCheckpoint("not a witness's key")
        found = cls(name, Ed25519PublicKey.from_public_bytes(raw[1:]))
        if found.key_id.hex() != key_id:
            raise BadCheckpoint("the key's id is not its own")
        return found


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadCheckpoint("base64") from error


def _signed(note: str, at: int) -> bytes:
    """What a cosignature is over: the time, and the checkpoint's own text."""
    return f"cosignature/v1\ntime {at}\n{note.partition(chr(10) * 2)[0]}\n".encode()


def cosigned(note: str, key: Ed25519PrivateKey, name: str, at: int) -> str:
    """The signature line of a witness under a checkpoint."""
    who = Cosigner(name, key.public_key())
    stamp = who.key_id + at.to_bytes(8, "big") + key.sign(_signed(note, at))
    return f"{_DASH}{name} {base64.b64encode(stamp).decode()}\n"


def cosigned_at(note: str, line: str, who: Cosigner) -> int:
    """When a witness signed a checkpoint. Raises BadCheckpoint for a line that is not its signature of it."""
    name, _, encoded = line.rstrip("\n").removeprefix(_DASH).partition(" ")
    stamp = _base64(encoded)
    if not line.startswith(_DASH) or name != who.name or stamp[:4] != who.key_id or len(stamp) != 4 + 8 + 64:
        raise BadCheckpoint("not a cosignature of this witness")
    at = int.from_bytes(stamp[4:12], "big")
    try:
        verify("Ed25519", who.key, stamp[12:], _signed(note, at))
    except BadSignature as error:
        raise BadCheckpoint("a bad cosignature") from error
    return at


# --- as a witness of others


@dataclass(frozen=True, slots=True)
class Asked:
    """An add-checkpoint request: the size that the log thinks we know, the proof from there, the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: str


class NotCosigned(Exception):
    """We do not sign. `status` is the answer's; of 409 `size` is what we know."""

    def __init__(self, status: int, text: str, size: int | None = None) -> None:
        super().__init__(text)
        self.status, self.size = status, size


def read_request(body: bytes) -> Asked:
    """The request of C2SP tlog-witness. Raises NotCosigned."""
    try:
        head, gap, note = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise NotCosigned(400, "not UTF-8") from error
    first, *lines = head.split("\n")
    number = first.removeprefix("old ")
    if not gap or first == number or not _is_number(number) or len(lines) > MOST_HASHES:
        raise NotCosigned(400, "not an add-checkpoint request")
    try:
        proof = tuple(_base64(line) for line in lines)
    except BadCheckpoint as error:
        raise NotCosigned(400, "a hash of the proof") from error
    if any(len(each) != HASH_SIZE for each in proof):
        raise NotCosigned(400, "a hash of the proof")
    return Asked(int(number), proof, note)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and text == str(int(text))


def accepted(asked: Asked, logs: Mapping[str, Sequence[Verifier]], known: Checkpoint | None) -> Checkpoint:
    """The checkpoint that continues the one we know, which is to be remembered before we sign. Raises NotCosigned."""
    verifiers = logs.get(_origin(asked.note))
    if verifiers is None:
        raise NotCosigned(404, "we do not witness this log")
    try:
        new = open_note(asked.note, by_name_and_id(verifiers))
    except BadCheckpoint as error:
        raise NotCosigned(403, f"the checkpoint: {error}") from error
    if asked.old > new.size:
        raise NotCosigned(400, "the old size is beyond the checkpoint")
    size = known.size if known else 0
    if asked.old != size or (known is not None and new.size == size and new.root != known.root):
        raise NotCosigned(409, "we know another size", size)
    _continues(asked, known, new)
    return new


def _origin(note: str) -> str:
    try:
        return read_note(note).origin
    except BadCheckpoint as error:
        raise NotCosigned(400, "not a checkpoint") from error


def _continues(asked: Asked, known: Checkpoint | None, new: Checkpoint) -> None:
    if known is None or known.size == 0:
        if asked.proof:
            raise NotCosigned(422, "nothing is to be proven of an empty tree")
        return
    try:
        verify_consistency(known.size, new.size, known.root, new.root, asked.proof)
    except BadProof as error:
        raise NotCosigned(422, "the proof does not show that the log only grew") from error


def request(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """An add-checkpoint request, as we send it to a witness."""
    lines = "".join(f"{base64.b64encode(each).decode()}\n" for each in proof)
    return f"old {old}\n{lines}\n{note}".encode()


def key_from(seed: bytes) -> Ed25519PrivateKey:
    """A witness's private key from 32 octets of its own."""
    return Ed25519PrivateKey.from_private_bytes(seed)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """What a witness last signed of our log, and what size it knows."""

    witness: str
    size: int
    note: str
    line: str
    at: int


def published(note: str, cosignatures: Sequence[Cosignature]) -> str:
    """A checkpoint with the cosignatures that were given on it."""
    return note + "".join(one.line for one in cosignatures if one.note == note)


def witnessed(cosignatures: Sequence[Cosignature]) -> str:
    """The newest checkpoint that a witness has signed, with its cosignatures; empty when none has."""
    newest = max(cosignatures, key=lambda one: one.size, default=None)
    return published(newest.note, cosignatures) if newest else ""
