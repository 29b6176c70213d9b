"""Proofs out of tiles: a large tree is read 256 hashes at a time (C2SP tlog-tiles), never whole.

A tile of level L holds the roots of 256 full subtrees of 256 ** L leaves each. What a proof needs are roots of ranges of
leaves, and each is put together from a few tiles (RFC 9162 sections 2.1.3.1 and 2.1.4.1). Where tiles are kept is storage's.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from broker.audit.tree import BadProof, node_hash, split

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
"""Hashes of a full tile."""

ReadTile = Callable[[int, int], Sequence[bytes]]
"""The hashes of a tile, by level and place; fewer than 256 where the tree ends in it."""

Subtree = Callable[[int, int], bytes]
"""The root of the full subtree of a height; which one, counted from the left."""


def merged(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[n], row[n + 1]) for n in range(0, len(row), 2)]
    return row[0]


def subtrees(read: ReadTile, kept: int = 1 << 16) -> Subtree:
    """The roots of full subtrees out of tiles; what was worked out once is kept."""

    @lru_cache(maxsize=kept)
    def subtree(height: int, index: int) -> bytes:
        level, rest = divmod(height, HEIGHT)
        if rest:
            return node_hash(subtree(height - 1, 2 * index), subtree(height - 1, 2 * index + 1))
        place, offset = divmod(index, WIDTH)
        hashes = read(level, place)
        if offset >= len(hashes):
            raise BadProof("the tree does not reach so far")
        return hashes[offset]

    return subtree


def range_root(subtree: Subtree, start: int, end: int) -> bytes:
    """The root over the leaves from `start` up to `end`, of a range that a split of the tree gives."""
    nodes, at = [], start
    for height in range((end - start).bit_length() - 1, -1, -1):
        if (end - start) >> height & 1:
            nodes.append(subtree(height, at >> height))
            at += 1 << height
    node = nodes.pop()
    while nodes:
        node = node_hash(nodes.pop(), node)
    return node


def inclusion_proof(subtree: Subtree, index: int, size: int) -> list[bytes]:
    """The audit path of a leaf in the tree of this size (RFC 9162 section 2.1.3.1). Raises IndexError, BadProof."""
    if not 0 <= index < size:
        raise IndexError(index)
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(range_root(subtree, middle, end))
            end = middle
        else:
            path.append(range_root(subtree, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(subtree: Subtree, old: int, size: int) -> list[bytes]:
    """That the tree of this size begins with the older one (RFC 9162 section 2.1.4.1). Raises ValueError, BadProof."""
    if not 0 < old <= size:
        raise ValueError("no such older tree")
    path, start, end = [], 0, size
    while old != end:
        middle = start + split(end - start)
        if old <= middle:
            path.append(range_root(subtree, middle, end))
            end = middle
        else:
            path.append(range_root(subtree, start, middle))
            start = middle
    if start:
        path.append(range_root(subtree, start, end))
    return path[::-1]


def place_of(path: str) -> tuple[int, int]:
    """The number and width that a tile's path names after its level: `x001/x234/067` or `…/067.p/13`. Raises ValueError."""
    number, partial, width = path.partition(".p/")
    parts = number.split("/")
    if any(not part.startswith("x") for part in parts[:-1]) or any(len(p.removeprefix("x")) != 3 for p in parts):  # noqa: PLR2004  # digits a part
        raise ValueError("not a tile's path")
    digits = "".join(part.removeprefix("x") for part in parts[:-1]) + parts[-1]
    if not (digits.isascii() and digits.isdigit()) or (partial and not (width.isascii() and width.isdigit())):
        raise ValueError("not a tile's path")
    place, wide = int(digits), int(width) if partial else WIDTH
    if path != path_of(place, wide) or not 0 < wide <= WIDTH:
        raise ValueError("not a tile's path")
    return place, wide


def path_of(place: int, width: int = WIDTH) -> str:
    """The path of a tile after its level."""
    parts = [f"{place % 1000:03}"]
    while place := place // 1000:
        parts.insert(0, f"x{place % 1000:03}")
    return "/".join(parts) + ("" if width == WIDTH else f".p/{width}")
