"""The Merkle tree, against the published roots and against itself for every size up to 70."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.audit.tree import (
    EMPTY_ROOT,
    BadProof,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

SIZES = range(71)
HASHES = [leaf_hash(str(n).encode()) for n in SIZES]
CLASSIC = [
    bytes.fromhex(h)
    for h in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]

pytestmark = pytest.mark.spec("RFC 9162", "2.1")


def plain_root(hashes):
    """RFC 9162 section 2.1.1 word by word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return node_hash(plain_root(hashes[:k]), plain_root(hashes[k:]))


def test_known_roots():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert (
        root([leaf_hash(e) for e in CLASSIC]).hex()
        == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


@pytest.mark.parametrize("size", SIZES)
def test_the_root_is_that_of_the_definition(size):
    assert root(HASHES[:size]) == plain_root(HASHES[:size])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=12))
def test_growing_in_batches_gives_the_same_tree_through_its_bytes(batches):
    frontier, at = Frontier(), 0
    for batch in batches:
        frontier = Frontier.parse(frontier.size, bytes(frontier))
        frontier.extend(HASHES[at % 60 : at % 60 + batch])
        at += batch
    expected = Frontier()
    at = 0
    for batch in batches:
        expected.extend(HASHES[at % 60 : at % 60 + batch])
        at += batch
    assert (frontier.size, bytes(frontier), frontier.root()) == (expected.size, bytes(expected), expected.root())


@pytest.mark.parametrize(("size", "length"), [(0, 1), (1, 0), (1, 33), (3, 32), (4, 64)])
def test_bytes_that_belong_to_another_size_are_no_frontier(size, length):
    with pytest.raises(ValueError, match="frontier"):
        Frontier.parse(size, bytes(length))


def test_every_leaf_of_every_tree_is_proven_and_no_other():
    for size in SIZES[1:]:
        whole = root(HASHES[:size])
        for index in range(size):
            proof = inclusion_proof(index, HASHES[:size])
            verify_inclusion(index, size, HASHES[index], proof, whole)
            for wrong in ((index, size, leaf_hash(b"x"), proof, whole), (index, size, HASHES[index], proof, bytes(32))):
                with pytest.raises(BadProof):
                    verify_inclusion(*wrong)


@pytest.mark.parametrize(
    ("index", "size", "change"),
    [
        (7, 7, lambda p: p),
        (-1, 7, lambda p: p),
        (3, 7, lambda p: p[:-1]),
        (3, 7, lambda p: [*p, HASHES[0]]),
        (3, 7, lambda p: p[::-1]),
        (4, 7, lambda p: p),
        (0, 1, lambda _: [HASHES[0]]),
        (3, 70, lambda p: p),
    ],
)
def test_a_proof_for_another_place_or_changed_proves_nothing(index, size, change):
    with pytest.raises(BadProof):
        verify_inclusion(index, size, HASHES[3], change(inclusion_proof(3, HASHES[:7])), root(HASHES[:7]))


@pytest.mark.parametrize("index", [-1, 7, 8])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(index):
    with pytest.raises(IndexError):
        inclusion_proof(index, HASHES[:7])


def test_every_tree_is_proven_to_continue_every_older_one():
    roots = [root(HASHES[:size]) for size in SIZES]
    for new in SIZES[1:]:
        for old in range(1, new + 1):
            proof = consistency_proof(old, HASHES[:new])
            verify_consistency(old, new, roots[old], roots[new], proof)
            with pytest.raises(BadProof):
                verify_consistency(old, new, bytes(32), roots[new], proof)
            with pytest.raises(BadProof):
                verify_consistency(old, new, roots[old], bytes(32), proof)


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        (0, 7, lambda p: p),
        (8, 7, lambda p: p),
        (3, 7, lambda _: []),
        (3, 7, lambda p: p[:-1]),
        (3, 7, lambda p: [*p, p[0]]),
        (3, 7, lambda p: p[::-1]),
        (7, 7, lambda p: p),
        (4, 7, lambda _: []),
        (2, 7, lambda p: p),
        (3, 4, lambda p: p),
    ],
)
def test_a_changed_consistency_proof_proves_nothing(old, new, change):
    proof = change(consistency_proof(3, HASHES[:7]))
    with pytest.raises(BadProof):
        verify_consistency(old, new, root(HASHES[:old]), root(HASHES[:new]), proof)


@pytest.mark.parametrize("old", [0, 8])
def test_there_is_no_proof_from_a_tree_that_never_was(old):
    with pytest.raises(ValueError, match="older"):
        consistency_proof(old, HASHES[:7])
