"""Whatever is done to a patient's blocks, lifts, consents, relations and emergencies, in whatever order and at whatever second:
a decision, CheckBlocks and the two checks say what was done, and every decision is on record.
"""

from collections import Counter
from itertools import product
from random import Random

import pytest

from broker.care import block_checks, consents, decisions, relations
from broker.login.effects import Effects, KeepPerson, PersonKey
from tests.support import care_values as a
from tests.support.care_walk import ACTORS, Walk
from trust_framework.blocks import BlockStatus
from trust_framework.care import patient_key
from trust_framework.care_access import Access, AccessQuestion

WALKS, STEPS = 6, 40


def walk_of(care, number, switches):
    """A patient of their own, so that walks share a store and nothing else."""
    patient = a.numbers(number + 1)[number]
    care.store.commit(Effects((KeepPerson(f"w{number}", (PersonKey(*patient_key(patient)),)),)))
    return Walk(care.switched(**switches), patient, f"w{number}", Random(number), switches)


def holds(walk, care, actor):
    """Everything that is said of what this actor may see is what was done."""
    who, resources = walk._system(actor.provider), walk.resources()
    answers = care(decisions.decide, AccessQuestion(actor, walk.patient, resources), who).result
    expected = [walk.expected(actor, resource) for resource in resources]
    assert [ruling.access for ruling in answers] == expected, (actor, resources, walk.done)
    checks = care(block_checks.check, actor, walk.patient, resources, who).result
    for check, resource in zip(checks, resources, strict=True):
        closing = walk.closing(actor, resource)
        assert check.status is (BlockStatus.BLOCKED if closing else BlockStatus.OK), (actor, resource, walk.done)
        assert sorted(check.blocks) == sorted(closing)
    asked = (actor, walk.patient, who, care.on, care.now)
    assert consents.check(*asked).has_consent is walk._mine("consent", actor), walk.done
    assert (relations.check(*asked) is not None) is walk._mine("relation", actor), walk.done
    return expected


@pytest.mark.spec("facts/threats", "CB-01")
@pytest.mark.parametrize(("relation_needed", "outer_lift_by_others"), list(product([True, False], repeat=2)))
def test_what_may_be_seen_is_what_was_done_at_every_second(care, relation_needed, outer_lift_by_others):
    switches = {"relation_needed": relation_needed, "outer_lift_by_others": outer_lift_by_others}
    answers = Counter()
    for number in range(WALKS):
        walk = walk_of(care, number, switches)
        for _ in range(STEPS):
            walk.step()
            answers.update(holds(walk, care, walk.chance.choice(ACTORS)))
    assert len(care.events("care.decided")) == WALKS * STEPS
    assert min(answers[access] for access in (Access.PERMITTED, Access.BLOCKED, Access.NEEDS_CONSENT)) > STEPS
    assert bool(answers[Access.NEEDS_RELATION]) or not relation_needed
