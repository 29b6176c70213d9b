"""Every way in which tillit makes or checks the tree, against the definitions of RFC 9162: the sealer's frontier, the tree over a
list, the tiles, and the stand-alone script. Roots and proofs are the same octets, and both verifiers say yes to the RFC's proof
and to nothing else.
"""

import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.audit import standalone, tiles, tree
from broker.audit.tiles import WIDTH, merged, subtrees
from tests.support import rfc9162

MOST = 1200
"""More than four tiles, so that whole tiles, parts of one, and a level above them are all there."""

ENTRIES = [b"entry %d" % n for n in range(MOST)]
HASHES = [tree.leaf_hash(each) for each in ENTRIES]
RFC = rfc9162.Tree(ENTRIES)
SIZES = st.one_of(
    st.integers(1, 40), st.sampled_from((255, 256, 257, 511, 512, 513, 1023, 1024, 1025)), st.integers(1, MOST)
)


def read(level, place):
    if level == 0:
        return HASHES[place * WIDTH : (place + 1) * WIDTH]
    return [merged(HASHES[n * WIDTH : (n + 1) * WIDTH]) for n in range(MOST // WIDTH)]


TILES = subtrees(read)


@st.composite
def sizes_and_place(draw):
    size = draw(SIZES)
    return size, draw(st.integers(0, size - 1))


@pytest.mark.spec("RFC 9162", "2.1.1")
@settings(max_examples=80, deadline=None)
@given(SIZES, st.randoms(use_true_random=False))
def test_every_root_is_the_definitions(size, chance):
    wanted = RFC.mth(0, size)
    frontier, script, at = tree.Frontier(), standalone.Tree(), 0
    while at < size:
        batch = min(size - at, chance.choice((1, 2, 7, 64, 300)))
        frontier.extend(HASHES[at : at + batch])
        at += batch
    for entry in ENTRIES[:size]:
        script.append(entry)
    assert [tree.root(HASHES[:size]), frontier.root(), tiles.range_root(TILES, 0, size), script.root()] == [wanted] * 4


@pytest.mark.spec("RFC 9162", "2.1.3.1")
@settings(max_examples=150, deadline=None)
@given(sizes_and_place())
def test_every_inclusion_proof_is_the_definitions_and_both_verifiers_take_it(of):
    size, index = of
    wanted = RFC.path(index, 0, size)
    assert tree.inclusion_proof(index, HASHES[:size]) == wanted
    assert tiles.inclusion_proof(TILES, index, size) == wanted
    assert verdicts_of_inclusion(index, size, ENTRIES[index], wanted, RFC.mth(0, size)) == {True}


@pytest.mark.spec("RFC 9162", "2.1.4.1")
@settings(max_examples=150, deadline=None)
@given(SIZES, SIZES)
def test_every_consistency_proof_is_the_definitions_and_both_verifiers_take_it(one, other):
    old, new = sorted((one, other))
    wanted = RFC.proof(old, new)
    assert tree.consistency_proof(old, HASHES[:new]) == wanted
    assert tiles.consistency_proof(TILES, old, new) == wanted
    if old < new:
        assert verdicts_of_consistency(old, new, wanted, RFC.mth(0, old), RFC.mth(0, new)) == {True}


def test_small_trees_are_the_definitions_in_every_pair_of_sizes():
    for new in range(1, 70):
        assert [tiles.inclusion_proof(TILES, n, new) for n in range(new)] == [RFC.path(n, 0, new) for n in range(new)]
        assert [tree.consistency_proof(old, HASHES[:new]) for old in range(1, new + 1)] == [
            RFC.proof(old, new) for old in range(1, new + 1)
        ]


# --- and to nothing else


def verdicts_of_inclusion(index, size, entry, path, root):
    """What each verifier says."""
    ours = False
    with suppress(tree.BadProof):
        tree.verify_inclusion(index, size, tree.leaf_hash(entry), path, root)
        ours = True
    return {ours, standalone.included(index, size, entry, list(path), root)}


def verdicts_of_consistency(old, new, proof, old_root, new_root):
    ours = False
    with suppress(tree.BadProof):
        tree.verify_consistency(old, new, old_root, new_root, proof)
        ours = True
    return {ours, standalone.continues(old, new, old_root, new_root, list(proof))}


def changed(path, chance):
    """A proof with one thing wrong."""
    path, kinds = list(path), ["longer"]
    kinds += ["shorter", "bit", "hash"] if path else []
    kinds += ["swapped"] if len(set(path)) > 1 else []
    kind = chance.choice(kinds)
    at = chance.randrange(len(path)) if path else 0
    if kind == "longer":
        path.insert(chance.randint(0, len(path)), chance.choice([*path, HASHES[0], bytes(32)]))
    elif kind == "shorter":
        del path[at]
    elif kind == "bit":
        path[at] = bytes([path[at][0] ^ 1 << chance.randrange(8)]) + path[at][1:]
    elif kind == "hash":
        path[at] = chance.choice([each for each in HASHES[:40] if each != path[at]])
    else:
        one, other = chance.sample(range(len(path)), 2)
        while path[one] == path[other]:
            one, other = chance.sample(range(len(path)), 2)
        path[one], path[other] = path[other], path[one]
    return path


@settings(max_examples=300, deadline=None)
@given(sizes_and_place(), st.integers(0, 2**32))
def test_a_changed_inclusion_proof_convinces_neither_verifier(of, seed):
    size, index = of
    path = changed(RFC.path(index, 0, size), random.Random(seed))
    assert verdicts_of_inclusion(index, size, ENTRIES[index], path, RFC.mth(0, size)) == {False}


@settings(max_examples=150, deadline=None)
@given(sizes_and_place(), sizes_and_place())
def test_a_proof_convinces_of_its_own_place_alone(of, other):
    """Another entry, or another place or size by which the same hashes would be put together otherwise."""
    size, index = of
    path, root = RFC.path(index, 0, size), RFC.mth(0, size)
    if other[1] != index:
        assert verdicts_of_inclusion(index, size, ENTRIES[other[1]], path, root) == {False}
    if other[0] != size and RFC.path(index % other[0], 0, other[0]) != path:
        assert verdicts_of_inclusion(index, size, ENTRIES[index], path, RFC.mth(0, other[0])) == {False}


@settings(max_examples=300, deadline=None)
@given(SIZES, SIZES, st.integers(0, 2**32))
def test_a_changed_consistency_proof_convinces_neither_verifier(one, other, seed):
    old, new = sorted((one, other))
    proof = changed(RFC.proof(old, new), random.Random(seed))
    if old < new:
        assert verdicts_of_consistency(old, new, proof, RFC.mth(0, old), RFC.mth(0, new)) == {False}
