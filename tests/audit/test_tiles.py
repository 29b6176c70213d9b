"""Proofs made of tiles are those of RFC 9162, whatever the tree's size, and need few tiles."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.audit import tree
from broker.audit.tiles import (
    WIDTH,
    consistency_proof,
    inclusion_proof,
    merged,
    path_of,
    place_of,
    range_root,
    subtrees,
)
from broker.audit.tree import BadProof, leaf_hash

SIZES = (1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 1000, 70_000)
LEAVES = [leaf_hash(str(n).encode()) for n in range(SIZES[-1])]


def reader(size, read=None):
    """The tiles of a tree of this size, the whole of it in memory."""
    levels = [LEAVES[:size]]
    while len(levels[-1]) >= WIDTH:
        below = levels[-1]
        levels.append([merged(below[n * WIDTH : (n + 1) * WIDTH]) for n in range(len(below) // WIDTH)])

    def tile(level, place):
        if read is not None:
            read.append((level, place))
        return levels[level][place * WIDTH : (place + 1) * WIDTH]

    return subtrees(tile)


READERS = {size: reader(size) for size in SIZES}


@pytest.mark.parametrize("size", SIZES)
def test_the_root_over_everything_is_the_trees(size):
    assert range_root(READERS[size], 0, size) == tree.root(LEAVES[:size])


@pytest.mark.spec("RFC 9162", "2.1.3.1")
@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SIZES), st.integers(0, SIZES[-1] - 1))
def test_an_inclusion_proof_verifies_for_every_leaf_of_every_tree(size, index):
    index %= size
    proof = inclusion_proof(READERS[size], index, size)
    tree.verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])
    if size <= 1000:
        assert proof == tree.inclusion_proof(index, LEAVES[:size])


@pytest.mark.spec("RFC 9162", "2.1.4.1")
@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SIZES), st.sampled_from(SIZES))
def test_a_consistency_proof_verifies_between_any_two_trees(one, other):
    old, new = sorted((one, other))
    proof = consistency_proof(READERS[new], old, new)
    tree.verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)
    if new <= 1000:
        assert proof == tree.consistency_proof(old, LEAVES[:new])


def test_proofs_in_an_older_tree_come_of_the_newer_ones_tiles():
    proof = inclusion_proof(READERS[70_000], 300, 511)
    tree.verify_inclusion(300, 511, LEAVES[300], proof, ROOTS[511])


def test_a_proof_reads_a_few_tiles_of_a_large_tree():
    read = []
    inclusion_proof(reader(70_000, read), 12_345, 70_000)
    assert len(set(read)) <= 6


@pytest.mark.parametrize(("index", "size"), [(-1, 8), (8, 8), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_proof(index, size):
    with pytest.raises(IndexError):
        inclusion_proof(READERS[8], index, size)


@pytest.mark.parametrize(("old", "size"), [(0, 8), (9, 8), (-1, 8)])
def test_there_is_no_proof_from_a_tree_that_was_not(old, size):
    with pytest.raises(ValueError, match="no such older tree"):
        consistency_proof(READERS[8], old, size)


def test_a_tree_that_does_not_reach_so_far_gives_no_proof():
    with pytest.raises(BadProof, match="reach"):
        inclusion_proof(READERS[255], 3, 257)


@pytest.mark.spec("C2SP tlog-tiles", "Merkle Tree")
@pytest.mark.parametrize(
    ("path", "place", "width"),
    [("000", 0, 256), ("067", 67, 256), ("x001/x234/067", 1_234_067, 256), ("x001/000.p/13", 1000, 13)],
)
def test_a_tile_has_one_path(path, place, width):
    assert place_of(path) == (place, width)
    assert path_of(place, width) == path


@pytest.mark.parametrize(
    "path",
    ["", "0", "67", "0067", "x000/067", "x1/067", "001/067", "067.p/", "067.p/0", "067.p/256", "067.p/257", "067.p/x", "06a",
     "x001", "../000", "067.p/01", "٠٦٧", "067/", "-01"],
)  # fmt: skip
def test_another_spelling_is_no_tiles_path(path):
    with pytest.raises(ValueError, match="tile"):
        place_of(path)


ROOTS = {size: tree.root(LEAVES[:size]) for size in SIZES}
