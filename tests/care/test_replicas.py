"""Copies of another node's blocks: they follow it, whatever comes twice, late or out of order."""

from dataclasses import replace
from itertools import permutations

import pytest

from broker.care import blocks, replicas
from broker.care.blocks import BlockWish
from broker.care.calling import Caller, CallerKind
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.databases import NOW
from trust_framework.blocks import BlockType
from trust_framework.care import EVER, Period
from trust_framework.identifiers import Identifier

pytestmark = pytest.mark.spec("TKB blocking 4.0.4", "RegisterBlock")
SYSTEM = Caller(CallerKind.SYSTEM, client="care-node")


def test_a_copy_is_no_block_of_ours_and_says_when_it_came(care):
    block = a.block(registered=a.act(NOW - 900), provider=a.PROVIDER.lower(), unit="SE2321000016-UNKNOWN")
    care(replicas.put, block, a.client())
    copy, person = care.store.block(block.id)
    assert (copy.local, copy.provider, person) == (False, a.PROVIDER, "p1")
    assert care.store.blocks_changed(a.PROVIDER, NOW, EVER, 9) == ((copy, "p1"),)
    (event,) = care.events("care.block-changed")
    assert event["act"] == "copied"


def test_states_of_a_block_come_to_the_same_in_every_order(care):
    first = a.block()
    one = a.lift(first)
    states = [
        first,
        replace(first, lifts=(one,)),
        replace(first, lifts=(replace(one, cancelled=a.act(NOW + 1)), a.lift(first, id="x" * 36))),
        replace(first, revoked=a.act(NOW + 2)),
    ]
    for order in permutations(states):
        fresh = a.new_id()
        for state in (*order, order[0]):
            lifts = tuple(replace(each, id=f"{each.id[:4]}{fresh[4:]}", block=fresh) for each in state.lifts)
            care(replicas.put, replace(state, id=fresh, lifts=lifts), a.client())
        copy, _ = care.store.block(fresh)
        assert copy.revoked == a.act(NOW + 2)
        assert {each.cancelled is None for each in copy.lifts} == {True, False}


def test_the_same_again_changes_nothing(care):
    block = a.block()
    care(replicas.put, block, a.client())
    care(replicas.put, block, a.client())
    assert len(care.events("care.block-changed")) == 1


def test_another_block_under_the_id_and_a_block_of_ours_are_refused(care):
    copy, own = a.block(), a.new_id()
    care(replicas.put, copy, a.client())
    with refused("ALREADYEXISTS", "other-content"):
        care(replicas.put, replace(copy, unit=a.OTHER_UNIT), a.client())
    wish = BlockWish(own, BlockType.INNER, a.PATIENT, a.PROVIDER, a.UNIT, entered=a.entered())
    care(blocks.register, wish, a.client())
    with refused("ALREADYEXISTS", "other-content"):
        care(replicas.put, a.block(id=own), a.client())
    with refused("INVALIDSTATE", "no-copy"):
        care(replicas.remove, own, a.client())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": ""}, "id"),
        ({"provider": "x"}, "hsa-id"),
        ({"unit": "x"}, "hsa-id"),
        ({"unit": ""}, "unit-missing"),
        ({"patient": Identifier(a.PERSONNUMMER, "191212121213")}, "patient-number"),
        ({"lifts": (a.lift(a.block(), unit="x"),)}, "hsa-id"),
        ({"lifts": (a.lift(a.block(), employee="x"),)}, "hsa-id"),
    ],
)
def test_a_copy_that_says_something_impossible_is_refused(care, change, reason):
    with refused("VALIDATION_ERROR", reason):
        care(replicas.put, a.block(**change), a.client())


def test_a_node_puts_blocks_of_its_own_providers_alone_and_the_installation_any(care):
    far = a.block(provider="SE5560000001-FAR", unit="SE5560000001-U")
    with refused("VALIDATION_ERROR", "unknown-provider"):
        care(replicas.put, far, a.client())
    with refused("ACCESSDENIED", "foreign-provider"):
        care(replicas.put, a.block(provider=a.OTHER_PROVIDER), a.client())
    care(replicas.put, far, SYSTEM)
    assert care.store.block(far.id)[0].provider == "SE5560000001-FAR"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"information": Period(NOW, NOW - 9)}, {"information": Period()}),
        ({"excluded": frozenset({"lak", "und"})}, {"excluded": frozenset({"lak"})}),
        ({"type": BlockType.OUTER}, {"type": BlockType.OUTER, "unit": ""}),
        ({"lifts": (a.lift(a.block(), unit="?"), a.lift(a.block(), employee="?"))}, {"lifts": ()}),
    ],
)
def test_what_is_read_and_cannot_be_meant_is_kept_as_closed_as_it_may_be(care, said, kept):
    block = a.block(**said)
    care(replicas.put, block, SYSTEM)
    care(replicas.put, block, SYSTEM)
    assert care.store.block(block.id)[0] == replace(block, local=False, **kept)
    assert len(care.events("care.block-changed")) == 1


def test_a_copy_is_removed_once_and_again_and_when_it_never_was(care):
    block = a.block()
    care(replicas.put, block, a.client())
    assert care(replicas.remove, block.id, a.client(a.OTHER_PROVIDER)).code == "OK"  # as of one that never was
    assert care.store.block(block.id)[0].stands
    for id_ in (block.id, block.id, a.new_id()):
        assert care(replicas.remove, id_, a.client()).code == "OK"
    assert not care.store.block(block.id)[0].stands


def test_a_copy_is_lifted_and_the_lift_cancelled(care):
    block = a.block()
    lifted = a.lift(block, employee=a.DOCTOR.lower())
    with refused("NOTFOUND", "unknown"):
        care(replicas.lift, lifted, a.client())
    care(replicas.put, block, a.client())
    with refused("NOTFOUND", "unknown"):
        care(replicas.lift, lifted, a.client(a.OTHER_PROVIDER))
    care(replicas.lift, lifted, a.client())
    care(replicas.lift, lifted, a.client())
    (known,) = care.store.block(block.id)[0].lifts
    assert (known.employee, known.cancelled) == (a.DOCTOR, None)
    care(replicas.unlift, lifted.id, a.client(a.OTHER_PROVIDER))
    (known,) = care.store.block(block.id)[0].lifts
    assert known.cancelled is None
    for id_ in (lifted.id, lifted.id, a.new_id()):
        care(replicas.unlift, id_, a.client())
    (known,) = care.store.block(block.id)[0].lifts
    assert known.cancelled is not None


@pytest.mark.parametrize("end", [blocks.revoke, blocks.delete])
def test_a_copy_ends_where_it_was_entered_and_nowhere_else(care, end):
    block = a.block()
    care(replicas.put, block, a.client())
    with refused("INVALIDSTATE", "a-copy"):
        care(end, block.id, a.entered(), a.client())
