"""The Swedish rules, row by row: who may see what, and why."""

import pytest

from tests.support.care import (
    NOW,
    OTHER_UNIT,
    consent,
    emergency,
    facts,
    foreign,
    inner,
    lift,
    outer,
    provider,
    question,
    relation,
    resource,
)
from trust_framework.care_access import Access, decide
from trust_framework.rules import SETS

SE = SETS["se"]


def ruling(question_, facts_, now=NOW):
    (found,) = decide(question_, facts_, SE, now)
    return found


def codes(found) -> set[str]:
    return {ground.code for ground in found.grounds}


def test_the_own_unit_reads_what_it_has_recorded_when_it_has_a_relation():
    assert ruling(question(), facts()).access is Access.NEEDS_RELATION
    assert ruling(question(), facts(relation())).access is Access.PERMITTED
    assert ruling(question(), facts(providers=(provider(relation_needed=False),))).access is Access.PERMITTED


@pytest.mark.spec("Patient data law", "4 (section unverified)")
def test_an_inner_block_closes_a_units_information_to_other_units():
    found = ruling(question(resource(OTHER_UNIT)), facts(inner(), relation()))
    assert (found.access, codes(found)) == (Access.BLOCKED, {"inner-block"})
    assert ruling(question(resource(OTHER_UNIT)), facts(inner(lifts=(lift(),)), relation())).access is Access.PERMITTED


def test_emergency_access_opens_an_inner_block_and_is_told():
    found = ruling(question(resource(OTHER_UNIT)), facts(inner(), emergency()))
    assert found.access is Access.PERMITTED
    assert {"block-opened-in-emergency", "emergency-used", "own-provider"} == codes(found)


def test_a_block_beats_a_consent():
    assert ruling(question(foreign()), facts(consent(), relation())).access is Access.PERMITTED
    assert ruling(question(foreign()), facts(consent(), relation(), outer())).access is Access.BLOCKED
