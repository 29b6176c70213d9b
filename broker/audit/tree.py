"""The Merkle tree of RFC 9162 section 2.1: hashes, roots, growth in batches, proofs and their verification.

Knows nothing of events or storage. `Frontier` is the compact range of a tree: the roots of its full subtrees, at most one
for each bit of the size, which is all that is needed to grow it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
_sha256 = hashlib.sha256


class BadProof(Exception):
    """A proof does not show what it should."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash of an entry (RFC 9162 section 2.1.1)."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node (RFC 9162 section 2.1.1)."""
    return _sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def root(hashes: Sequence[bytes]) -> bytes:
    """Root of a tree over leaf hashes."""
    frontier = Frontier()
    frontier.extend(hashes)
    return frontier.root()


@dataclass(slots=True)
class Frontier:
    """A tree that can grow: its size, and the roots of its full subtrees from left to right."""

    size: int = 0
    roots: list[bytes] | None = None

    @classmethod
    def parse(cls, size: int, data: bytes) -> "Frontier":
        """A frontier from its bytes. Raises ValueError when they do not belong to a tree of this size."""
        if len(data) != HASH_SIZE * size.bit_count():
            raise ValueError("not the frontier of a tree of this size")
        return cls(size, [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)])

    def __bytes__(self) -> bytes:
        return b"".join(self.roots or ())

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Append leaf hashes, each merged with the full subtrees that it completes."""
        roots = self.roots = self.roots or []
        size = self.size
        for found in hashes:
            node, left = found, size
            while left & 1:
                node = _sha256(b"\x01" + roots.pop() + node).digest()
                left >>= 1
            roots.append(node)
            size += 1
        self.size = size

    def root(self) -> bytes:
        """Root of the tree as it stands."""
        if not self.roots:
            return EMPTY_ROOT
        node = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            node = node_hash(left, node)
        return node


def inclusion_proof(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """The audit path of a leaf (RFC 9162 section 2.1.3.1). Raises IndexError."""
    if not 0 <= index < len(hashes):
        raise IndexError(index)
    if len(hashes) == 1:
        return []
    k = split(len(hashes))
    if index < k:
        return [*inclusion_proof(index, hashes[:k]), root(hashes[k:])]
    return [*inclusion_proof(index - k, hashes[k:]), root(hashes[:k])]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected: bytes) -> None:
    """Return when the leaf hash is at `index` of the tree (RFC 9162 section 2.1.3.2). Raises BadProof."""
    if not 0 <= index < size:
        raise BadProof("outside the tree")
    fn, sn, node = index, size - 1, leaf
    for part in proof:
        if sn == 0:
            raise BadProof("too long")
        if fn & 1 or fn == sn:
            node = node_hash(part, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, part)
        fn, sn = fn >> 1, sn >> 1
    if sn or node != expected:
        raise BadProof("another root")


def consistency_proof(old: int, hashes: Sequence[bytes]) -> list[bytes]:
    """That the first `old` leaves are unchanged (RFC 9162 section 2.1.4.1). Raises ValueError."""
    if not 0 < old <= len(hashes):
        raise ValueError("no such older tree")
    return [] if old == len(hashes) else _subproof(old, hashes, complete=True)


def _subproof(old: int, hashes: Sequence[bytes], *, complete: bool) -> list[bytes]:
    if old == len(hashes):
        return [] if complete else [root(hashes)]
    k = split(len(hashes))
    if old <= k:
        return [*_subproof(old, hashes[:k], complete=complete), root(hashes[k:])]
    return [*_subproof(old - k, hashes[k:], complete=False), root(hashes[:k])]


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Return when the newer tree has the older as its beginning (RFC 9162 section 2.1.4.2). Raises BadProof."""
    if not 0 < old <= new:
        raise BadProof("sizes")
    if old == new:
        if proof or old_root != new_root:
            raise BadProof("another tree of the same size")
        return
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not proof:
        raise BadProof("empty")
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    _fold(fn, sn, path, old_root, new_root)


def _fold(fn: int, sn: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    fr = sr = path[0]
    for part in path[1:]:
        if sn == 0:
            raise BadProof("too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(part, fr), node_hash(part, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, part)
        fn, sn = fn >> 1, sn >> 1
    if sn or fr != old_root or sr != new_root:
        raise BadProof("another root")
