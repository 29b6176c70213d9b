"""What a decision knows of the patient, and whose rules it follows: those of the asker's care provider."""

from dataclasses import replace

import pytest

from broker.care import decisions
from broker.care.care_facts import facts
from broker.login.effects import PersonKey
from broker.storage.persons import Listed
from tests.support import care_values as a
from tests.support.care_refusals import refused
from trust_framework.care import patient_key
from trust_framework.care_access import Access, AccessQuestion
from trust_framework.persons import Person
from trust_framework.rules.turkish_facts import SecrecyOrder, TurkishFacts

PHYSICIAN = a.actor(employee=a.DOCTOR, licences=("LK",), commission="SE2321000016-A1")
SYSTEM = a.client()
FAMILY = TurkishFacts(family_physician=a.DOCTOR)


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


def decided(care, tr, *resources, who=SYSTEM, actor=PHYSICIAN):
    question = AccessQuestion(actor, a.PATIENT, resources or (a.resource(),))
    return care(lambda on, now: decisions.decide(question, who, on, now, {"tr": tr})).result


def test_the_rules_are_those_of_the_askers_provider(turkish):
    (ruling,) = decided(turkish, FAMILY)
    assert ruling.access is Access.PERMITTED
    (event,) = turkish.events("care.decided")
    assert event["rules"] == "tr"


def test_what_another_provider_recorded_under_other_rules_is_nobodys_to_give(turkish):
    (far,) = decided(turkish, FAMILY, a.resource(unit=a.FAR_UNIT, provider=a.OTHER_PROVIDER))
    assert (far.access, {ground.code for ground in far.grounds}) == (
        Access.REFUSED,
        {"other-rules"},
    )
    abroad = a.actor(employee=a.FAR_DOCTOR, unit=a.FAR_UNIT, provider=a.OTHER_PROVIDER)
    (ours,) = decided(turkish, FAMILY, who=a.client(a.OTHER_PROVIDER), actor=abroad)
    assert ours.access is Access.REFUSED


@pytest.mark.spec("Regulation on Personal Health Data", "12(1)")
def test_what_a_court_hid_is_on_record_and_in_no_answer(turkish):
    hidden = replace(FAMILY, orders=(SecrecyOrder("order", 0),))
    assert decided(turkish, hidden, a.resource("1"), a.resource("2")) == ()
    (event,) = turkish.events("care.decided")
    assert [tuple(each) for each in event["rulings"]] == [("refused", "order")] * 2


def test_a_provider_under_rules_that_nobody_knows_decides_nothing(care):
    care.on = replace(care.on, register=replace(care.on.register, providers={a.PROVIDER: a.provider(rules="xx")}))
    with refused("ERROR", "unknown-rules"):
        decided(care, FAMILY)
