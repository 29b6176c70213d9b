"""The tree's inner hashes, kept in tiles so that proofs need a few rows and not the whole log.

A job makes them of what is sealed; they are nothing but hashes of the log, and every proof is checked against the signed root
before it is given. Full tiles alone are kept; where the tree ends, hashes are made of the rows themselves.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from sqlalchemy import Executable, bindparam, func, select

from broker.audit.checkpoint import read_note
from broker.audit.tiles import WIDTH, consistency_proof, inclusion_proof, merged, range_root, subtrees
from broker.audit.tree import HASH_SIZE, leaf_hash, verify_consistency, verify_inclusion
from broker.storage import log
from broker.storage.database import Database, InsertOf, Kept, Unit
from broker.storage.log import LOG
from broker.storage.tables import About, number, octets, table

TILES = table(
    "log_tiles",
    About(
        "The tree's inner hashes, 256 at a time",
        "Accountability: anybody can verify the log (GDPR 5.2)",
        "As long as the log",
    ),
    number("level", "Each hash is over 256 to the power of this many leaves", primary_key=True, autoincrement=False),
    number("place", "Place among the tiles of the level, from 0", primary_key=True, autoincrement=False),
    octets("hashes", "256 hashes"),
    octets("root", "The hash over them"),
)
_T, _L = TILES.c, LOG.c


def _add(insert: InsertOf) -> Executable:
    return insert(TILES).values({c.name: bindparam(c.name) for c in TILES.columns}).on_conflict_do_nothing()  # type: ignore[no-any-return]


_ADD = Kept(_add)
_ONE = Kept(select(_T.hashes).where(_T.level == bindparam("level"), _T.place == bindparam("place")))
_ROOTS = Kept(
    select(_T.root)
    .where(_T.level == bindparam("level"), _T.place >= bindparam("first"), _T.place < bindparam("end"))
    .order_by(_T.place)
)
_NEXT = Kept(select(func.coalesce(func.max(_T.place) + 1, 0)).where(_T.level == bindparam("level")))
_LEAVES = Kept(
    select(_L.leaf, _L.removal)
    .where(_L.position >= bindparam("first"), _L.position < bindparam("end"))
    .order_by(_L.position)
)


class Tiles:
    """The tiles of a tree of this size, read when they are asked for, each once."""

    def __init__(self, at: Database | Unit, size: int) -> None:
        self._at, self._size = at, size
        self.read = lru_cache(maxsize=256)(self._read)
        self.subtree = subtrees(self.read)

    def _read(self, level: int, place: int) -> tuple[bytes, ...]:
        found = self._at.row(_ONE, {"level": level, "place": place})
        if found:
            return _apart(found[0])
        return self._leaves(place) if level == 0 else self._roots(level, place)

    def _leaves(self, place: int) -> tuple[bytes, ...]:
        end = min((place + 1) * WIDTH, self._size)
        rows = self._at.rows(_LEAVES, {"first": place * WIDTH, "end": end})
        return tuple(leaf if removal else leaf_hash(leaf) for leaf, removal in rows)

    def _roots(self, level: int, place: int) -> tuple[bytes, ...]:
        """The roots of the full tiles below; those that the job has not made yet are made of what is below them."""
        end = min((place + 1) * WIDTH, self._size // WIDTH**level)
        kept = self._at.rows(_ROOTS, {"level": level - 1, "first": place * WIDTH, "end": end})
        missing = range(place * WIDTH + len(kept), end)
        return (*(row[0] for row in kept), *(merged(self.read(level - 1, each)) for each in missing))


def _apart(hashes: bytes) -> tuple[bytes, ...]:
    return tuple(hashes[n : n + HASH_SIZE] for n in range(0, len(hashes), HASH_SIZE))


def fill(unit: Unit, size: int, most: int) -> int:
    """Make the tiles that a tree of this size has and that are missing, at most so many of the lowest level; how many."""
    made, level = 0, 0
    tiles = Tiles(unit, size)
    while size // WIDTH ** (level + 1):
        first = unit.rows(_NEXT, {"level": level})[0][0]
        last = size // WIDTH ** (level + 1)
        for place in range(first, min(last, first + most)):
            hashes = tiles.read(level, place)
            row = {"level": level, "place": place, "hashes": b"".join(hashes), "root": merged(hashes)}
            made += unit.run(_ADD, row)
        if last - first > most:
            break
        level += 1
    return made


def tile(database: Database, level: int, place: int, width: int) -> bytes | None:
    """The first hashes of a tile; None where the tree does not reach so far."""
    hashes = Tiles(database, log.state(database).size).read(level, place)
    return b"".join(hashes[:width]) if len(hashes) >= width else None


Proofs = tuple[str, Mapping[int, tuple[bytes, tuple[bytes, ...]]]]


def proofs(database: Database, positions: Iterable[int]) -> Proofs:
    """The newest signed checkpoint, and leaf and inclusion proof of each position that it covers and whose content is there.
    Raises BadProof when the log is not as it was signed.
    """
    note = log.state(database).note
    if not note:
        return note, {}
    signed = read_note(note)
    tiles, found = Tiles(database, signed.size), {}
    for position in sorted(p for p in set(positions) if 0 <= p < signed.size):
        leaf, removal = database.rows(_LEAVES, {"first": position, "end": position + 1})[0]
        if removal:
            continue
        path = inclusion_proof(tiles.subtree, position, signed.size)
        verify_inclusion(position, signed.size, leaf_hash(leaf), path, signed.root)
        found[position] = leaf, tuple(path)
    return note, found


def consistency(database: Database, old: int) -> tuple[str, tuple[bytes, ...]]:
    """The newest signed checkpoint, and the proof that its tree begins with that of `old` leaves. Raises ValueError, BadProof."""
    note = log.state(database).note
    signed = read_note(note) if note else None
    if signed is None or not 0 < old <= signed.size:
        raise ValueError("no such older tree")
    tiles = Tiles(database, signed.size)
    path = consistency_proof(tiles.subtree, old, signed.size)
    verify_consistency(old, signed.size, range_root(tiles.subtree, 0, old), signed.root, path)
    return note, tuple(path)
