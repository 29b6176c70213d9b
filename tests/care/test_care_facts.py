"""What a decision knows of the patient, and whose rules it follows: those of the asker's care provider."""

from dataclasses import replace

import pytest

from broker.care import access_facts, decisions
from broker.care.access_facts import FactWish
from broker.care.care_facts import facts
from broker.login.effects import PersonKey
from broker.storage.persons import Listed
from tests.support import care_values as a
from tests.support.care_refusals import refused
from trust_framework.care import patient_key
from trust_framework.care_access import Access, AccessQuestion
from trust_framework.persons import Person

PHYSICIAN = a.actor(employee=a.DOCTOR, licences=("LK",), commission="SE2321000016-A1")
SYSTEM = a.client()


@pytest.mark.parametrize("deceased", [False, True])
@pytest.mark.parametrize("protected", [False, True])
def test_that_a_patient_has_died_or_is_protected_is_known(care, deceased, protected):
    died = Person("", {"sn": ("Berg",)}, protected=protected, deceased=deceased)
    care.store.save_directory((Listed((PersonKey(*patient_key(a.PATIENT)),), died, ()),))
    known, _ = facts(a.PATIENT, care.on)
    assert (known.patient.deceased, known.patient.protected, known.patient.born) == (deceased, protected, "1912-12-12")


@pytest.fixture
def turkish(care):
    """The first provider is under the Turkish rules."""
    providers = {**care.on.register.providers, a.PROVIDER: a.provider(rules="tr")}
    care.on = replace(care.on, register=replace(care.on.register, providers=providers))
    return care


@pytest.fixture
def family(turkish):
    """And the doctor is the patient's family physician."""
    known(turkish, "family-physician", physician=a.DOCTOR)
    return turkish


def known(care, kind, **says):
    wish = FactWish(a.new_id(), kind, a.PROVIDER, says, a.PATIENT, entered=a.entered())
    return care(access_facts.register, wish, SYSTEM).result


def decided(care, *resources, who=SYSTEM, actor=PHYSICIAN):
    question = AccessQuestion(actor, a.PATIENT, resources or (a.resource(),))
    return care(decisions.decide, question, who).result


def test_the_rules_are_those_of_the_askers_provider(family):
    (ruling,) = decided(family)
    assert ruling.access is Access.PERMITTED
    (event,) = family.events("care.decided")
    assert event["rules"] == "tr"


def test_what_another_provider_recorded_under_other_rules_is_nobodys_to_give(family):
    (far,) = decided(family, a.resource(unit=a.FAR_UNIT, provider=a.OTHER_PROVIDER))
    assert (far.access, {ground.code for ground in far.grounds}) == (
        Access.REFUSED,
        {"other-rules"},
    )
    abroad = a.actor(employee=a.FAR_DOCTOR, unit=a.FAR_UNIT, provider=a.OTHER_PROVIDER)
    (ours,) = decided(family, who=a.client(a.OTHER_PROVIDER), actor=abroad)
    assert ours.access is Access.REFUSED


@pytest.mark.spec("Regulation on Personal Health Data", "12(1)")
def test_what_a_court_hid_is_on_record_and_in_no_answer(family):
    known(family, "secrecy-order", order="2026/1")
    assert decided(family, a.resource("1"), a.resource("2")) == ()
    (event,) = family.events("care.decided")
    assert [tuple(each) for each in event["rulings"]] == [("refused", "order")] * 2


def test_a_provider_under_rules_that_nobody_knows_decides_nothing(care):
    care.on = replace(care.on, register=replace(care.on.register, providers={a.PROVIDER: a.provider(rules="xx")}))
    with refused("ERROR", "unknown-rules"):
        decided(care)
