"""An id that another care provider has used is taken, and that is all that is told of it: the same words as for an own entry of
other content, whatever the other's is, and whether it stands.
"""

import pytest

from broker.care import block_lifts, blocks, consents, emergencies, relations, replicas
from broker.care.blocks import BlockWish
from broker.care.calling import CareRefused
from broker.care.consents import ConsentWish
from broker.care.emergencies import EmergencyWish
from broker.care.relations import RelationWish
from broker.web.api.care_turn import problem_of
from tests.support import care_values as a
from tests.support.databases import NOW
from trust_framework.blocks import BlockType, LiftReason
from trust_framework.care_consents import ConsentType

OURS, THEIRS = a.client(), a.client(a.OTHER_PROVIDER)
PLACES = {a.PROVIDER: (a.UNIT, a.NURSE), a.OTHER_PROVIDER: (a.FAR_UNIT, a.FAR_DOCTOR)}


def block(care, id_, provider, patient=a.PATIENT):
    unit, employee = PLACES[provider]
    wish = BlockWish(id_, BlockType.INNER, patient, provider, unit, entered=a.entered(employee))
    return care(blocks.register, wish, a.client(provider)).result


def lift(care, id_, provider, patient=a.PATIENT):
    unit, employee = PLACES[provider]
    closed = block(care, a.new_id(), provider, patient)
    wish = block_lifts.LiftWish(
        id_, closed.id, NOW + 99, unit, LiftReason.PATIENTS_CONSENT, entered=a.entered(employee)
    )
    return care(block_lifts.lift, wish, a.client(provider)).result


def consent(care, id_, provider, patient=a.PATIENT):
    unit, employee = PLACES[provider]
    wish = ConsentWish(id_, ConsentType.CONSENT, patient, provider, unit, entered=a.entered(employee))
    return care(consents.register, wish, a.client(provider)).result


def relation(care, id_, provider, patient=a.PATIENT):
    unit, employee = PLACES[provider]
    wish = RelationWish(id_, patient, provider, unit, entered=a.entered(employee))
    return care(relations.register, wish, a.client(provider)).result


def emergency(care, id_, provider, patient=a.PATIENT):
    unit, employee = PLACES[provider]
    actor = a.actor(employee=employee, unit=unit, provider=provider, commission="SE2321000016-A1")
    wish = EmergencyWish(patient, "Unconscious", id_, actor)
    return care(emergencies.begin, wish, a.client(provider)).result


def replica(care, id_, provider, patient=a.PATIENT):
    unit, _ = PLACES[provider]
    return care(replicas.put, a.block(id=id_, provider=provider, unit=unit, patient=patient), a.client(provider)).result


ENDS = {
    block: lambda id_: (blocks.revoke, id_, a.entered()),
    lift: lambda id_: (block_lifts.cancel, id_, a.entered()),
    consent: lambda id_: (consents.cancel, id_, a.entered()),
    relation: lambda id_: (relations.cancel, id_, a.entered()),
    emergency: lambda id_: (emergencies.end, id_),
    replica: lambda id_: (replicas.remove, id_),
}


def told(care, enter, id_):
    """All that is said of an id that is taken, over JSON and SOAP."""
    with pytest.raises(CareRefused) as found:
        enter(care, id_, a.PROVIDER)
    refused, problem = found.value, problem_of(found.value)
    return refused.code, refused.reason, refused.field, str(refused), problem.code, problem.about, problem.why


@pytest.mark.parametrize("enter", ENDS, ids=lambda each: each.__name__)
def test_of_an_id_that_another_provider_has_used_it_is_told_that_it_is_taken_and_no_more(care, enter):
    own, standing, ended, others = (a.new_id() for _ in range(4))
    enter(care, own, a.PROVIDER, a.OTHER_PATIENT)  # ours, of other content
    enter(care, standing, a.OTHER_PROVIDER)
    enter(care, others, a.OTHER_PROVIDER, a.OTHER_PATIENT)
    enter(care, ended, a.OTHER_PROVIDER)
    care(*ENDS[enter](ended), THEIRS)
    assert {told(care, enter, id_) for id_ in (standing, ended, others)} == {told(care, enter, own)}


@pytest.mark.parametrize("enter", ENDS, ids=lambda each: each.__name__)
def test_an_entry_of_another_provider_is_ended_like_one_that_never_was(care, enter):
    standing, ended = a.new_id(), a.new_id()
    enter(care, standing, a.OTHER_PROVIDER)
    enter(care, ended, a.OTHER_PROVIDER)
    care(*ENDS[enter](ended), THEIRS)
    assert len({outcome(care, *ENDS[enter](id_)) for id_ in (standing, ended, a.new_id())}) == 1


def outcome(care, *call):
    try:
        return care(*call, OURS).code
    except CareRefused as refused:
        return str(refused)


def test_an_id_is_compared_however_it_is_spelled(care):
    id_ = a.new_id()
    block(care, id_, a.OTHER_PROVIDER)
    assert told(care, block, id_.upper()) == told(care, block, f" {id_} ")
