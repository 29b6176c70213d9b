"""Patient relations through the service: entered, ended, voided, checked."""

from dataclasses import replace

import pytest

from broker.care import relations
from broker.care.acts import ActWish
from broker.care.relations import RelationWish
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.databases import NOW
from trust_framework.care import Period
from trust_framework.identifiers import Identifier

pytestmark = pytest.mark.spec("TKB patientrelationship", "RegisterPatientRelation")
ASKER = a.actor(unit=a.OTHER_UNIT)


def wish(**changes):
    whole = RelationWish(a.new_id(), a.PATIENT, a.PROVIDER, a.OTHER_UNIT, a.NURSE, entered=a.entered())
    return replace(whole, **changes)


def check(care, actor=ASKER, patient=a.PATIENT):
    return relations.check(actor, patient, a.client(), care.on, care.now)


def test_a_relation_is_its_employees_from_now_on_until_it_is_ended(care):
    assert check(care) is None
    made = wish()
    relation = care(relations.register, made, a.client()).result
    assert check(care) == relation
    assert check(care, replace(ASKER, employee=a.DOCTOR)) is None
    assert check(care, patient=Identifier("1.2.752.74.9.2", "19121212SF1A")) is None
    care(relations.cancel, made.id, a.entered(), a.client())
    assert check(care) is None
    assert [event["act"] for event in care.events("care.relation-changed")] == ["registered", "cancelled"]
    with refused("INVALIDSTATE", "ended"):
        care(relations.cancel, made.id, a.entered(), a.client())
    care(relations.delete, made.id, a.entered(), a.client())
    with refused("INVALIDSTATE", "ended"):
        care(relations.delete, made.id, a.entered(), a.client())
    with refused("INVALIDSTATE", "ended"):
        care(relations.register, made, a.client())


@pytest.mark.parametrize(("start", "end"), [(None, None), (None, NOW + 9), (NOW - 9, None), (NOW + 1, NOW + 1)])
def test_the_same_again_is_well_and_another_under_its_id_is_not(care, start, end):
    made = wish(period=Period(start, end))
    first = care(relations.register, made, a.client()).result
    care.now += 1
    assert care(relations.register, made, a.client()).result == first
    for change in (
        {"employee": ""},
        {"unit": a.UNIT},
        {"patient": a.OTHER_PATIENT},
        {"period": Period(start, NOW + 99)},
    ):
        with refused("ALREADYEXISTS", "other-content"):
            care(relations.register, replace(made, **change), a.client())


BAD = {
    "no id": ({"id": ""}, "VALIDATION_ERROR", "id"),
    "a number that is none": ({"patient": Identifier(a.PERSONNUMMER, "1")}, "VALIDATION_ERROR", "patient-number"),
    "an unknown unit": ({"unit": "SE2321000016-XX"}, "VALIDATION_ERROR", "unknown-unit"),
    "another's provider": ({"provider": a.OTHER_PROVIDER}, "ACCESSDENIED", "foreign-provider"),
    "an employee who is none": ({"employee": "x"}, "VALIDATION_ERROR", "hsa-id"),
    "a period turned round": ({"period": Period(NOW + 9, NOW + 8)}, "VALIDATION_ERROR", "inverted-period"),
    "a period that is over": ({"period": Period(NOW - 9, NOW - 1)}, "VALIDATION_ERROR", "already-over"),
    "entered by nobody": ({"entered": ActWish()}, "VALIDATION_ERROR", "no-actor"),
}


@pytest.mark.parametrize(("change", "code", "reason"), BAD.values(), ids=BAD)
def test_a_relation_that_cannot_be_is_refused_and_leaves_nothing(care, change, code, reason):
    with refused(code, reason):
        care(relations.register, wish(**change), a.client())
    assert care.store.relations_of("p1") == ()


def test_staff_enter_for_the_unit_that_they_act_at_and_patients_none(care):
    assert care(relations.register, wish(), a.nurse()).code == "OK"
    for change, who in (({"unit": a.UNIT}, a.nurse()), ({}, a.nurse(actor=None))):
        with refused("ACCESSDENIED", "beyond-commission"):
            care(relations.register, wish(**change), who)
    with refused("ACCESSDENIED", "not-staff"):
        care(relations.register, wish(), a.patient())


@pytest.mark.parametrize("end", [relations.cancel, relations.delete])
def test_anothers_is_as_missing_as_none_and_a_patient_ends_none(care, end):
    made = wish()
    care(relations.register, made, a.client())
    for id_, who in ((made.id, a.client(a.OTHER_PROVIDER)), (made.id, a.patient()), (a.new_id(), a.client())):
        with refused("NOTFOUND", "unknown"):
            care(end, id_, a.entered(), who)


def test_a_list_has_the_callers_own_providers_relations_and_the_patients_all(care):
    ours, theirs = wish(), wish(provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT)
    care(relations.register, ours, a.client())
    care(relations.register, theirs, a.client(a.OTHER_PROVIDER))
    assert [each.id for each in relations.of_patient(a.PATIENT, a.client(), care.on, NOW)] == [ours.id]
    assert len(relations.of_patient(a.PATIENT, a.patient(), care.on, NOW)) == 2
    assert relations.of_patient(Identifier("1.2.752.74.9.2", "19121212SF1A"), a.client(), care.on, NOW) == ()
    with refused("ACCESSDENIED", "guardian"):
        relations.of_patient(a.OTHER_PATIENT, a.patient(), care.on, NOW)
