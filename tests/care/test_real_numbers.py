"""Where nothing is real, no number of anybody who may be is taken: on no page, over no interface (IS-24). In production they are
people's.
"""

from dataclasses import replace

import pytest

from broker.care import blocks, consents, emergencies, relations, replicas
from broker.care.access_log import store
from broker.care.blocks import BlockWish
from broker.care.consents import ConsentWish
from broker.care.emergencies import EmergencyWish
from broker.care.relations import RelationWish
from broker.settings import Environment
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.care_refusals import refused
from tests.support.care_world import ACTOR, ENTERED, call, document, machine, new_block, row
from tests.support.databases import NOW
from tests.support.rivta import ii, running
from tests.support.ward import AtWork, shown, wards
from trust_framework.blocks import BlockType
from trust_framework.care_consents import ConsentType
from trust_framework.identifiers import Identifier

pytest_plugins = ["tests.support.worlds"]
pytestmark = pytest.mark.spec("threats", "IS-24")

REAL = {
    "personnummer": Identifier(a.PERSONNUMMER, "196408233234"),
    "samordningsnummer": Identifier("1.2.752.129.2.1.3.3", "197010632300"),
    "reserve-stockholm": Identifier("1.2.752.97.3.1.3", "991980000003"),
    "reserve-vastra-gotaland": Identifier("1.2.752.113.11.0.2.1.1.1", "19121212K064"),
    "reserve-varmland": Identifier("1.2.752.74.9.2", "19121212SF1A"),
    "reserve-inera": Identifier("1.2.752.129.2.1.3.2", "191212321200"),
}
"""Of each kind one that can be somebody's."""


def calls(number):
    """Everything that takes a patient's number, for a system."""
    who = a.client()
    block = BlockWish(a.new_id(), BlockType.INNER, number, a.PROVIDER, a.UNIT, entered=a.entered())
    consent = ConsentWish(a.new_id(), ConsentType.CONSENT, number, a.PROVIDER, a.UNIT, entered=a.entered())
    spoken = replace(consent, patient=a.PATIENT, represented_by=number)
    relation = RelationWish(a.new_id(), number, a.PROVIDER, a.UNIT, a.NURSE, entered=a.entered())
    emergency = EmergencyWish(number, "Unconscious", actor=a.actor(commission="SE2321000016-A1"))
    copy = a.block(patient=number, provider=a.PROVIDER)
    yield lambda on: blocks.register(block, who, on, NOW)
    yield lambda on: consents.register(consent, who, on, NOW)
    yield lambda on: consents.register(spoken, who, on, NOW)
    yield lambda on: relations.register(relation, who, on, NOW)
    yield lambda on: emergencies.begin(emergency, who, on, NOW)
    yield lambda on: replicas.put(copy, who, on, NOW)
    yield lambda on: store((record(resource(patient=number), at=NOW),), who, on, NOW)


@pytest.mark.parametrize("number", REAL.values(), ids=REAL)
def test_what_may_be_somebodys_is_taken_nowhere_unless_the_installation_names_it(care, number):
    in_test, named = (replace(care.on, feigned=frozenset(more)) for more in ((), (number.value,)))
    for call_ in calls(number):
        with refused("VALIDATION_ERROR", "real-number"):
            call_(in_test)
        call_(named)
        call_(care.on)


def test_a_test_person_is_taken(care):
    in_test = replace(care.on, feigned=frozenset())
    for number in (a.PATIENT, a.OTHER_PATIENT, *a.numbers(3)):
        for call_ in calls(number):
            call_(in_test)


def test_the_number_of_who_accessed_is_one_too(care):
    in_test = replace(care.on, feigned=frozenset())
    with refused("VALIDATION_ERROR", "real-number"):
        store((record(at=NOW, person_id=REAL["personnummer"].value),), a.client(), in_test, NOW)
    for person_id in (a.PATIENT.value, "E-4711", ""):
        store((record(at=NOW, person_id=person_id),), a.client(), in_test, NOW)


@pytest.mark.parametrize(
    ("environment", "takes"), [(Environment.PRODUCTION, True), (Environment.TEST, False), (Environment.DEMO, False)]
)
def test_it_is_the_environment_that_says_so(worlds, environment, takes):
    settings = worlds.make(environment=environment, test_numbers=None, base_url="https://broker.example").settings
    assert (settings.feigned_numbers is None) is takes


@pytest.fixture(scope="module")
def world(lasting_worlds):
    return lasting_worlds.make(document(), test_numbers=None)


@pytest.mark.parametrize("number", REAL.values(), ids=REAL)
def test_over_json(world, number):
    journal, patient = machine(world), {"oid": number.oid, "value": number.value}
    asked = {"patient": patient, "actor": ACTOR}
    entry = {"patient": patient, "provider": a.PROVIDER, "unit": a.UNIT, "entered": ENTERED}
    read = {"patient": patient, "provider": a.PROVIDER, "purpose": "Kontroll", "period": {"start": NOW, "end": NOW}}
    answers = [
        call(world, "/blocks", journal, new_block(patient=patient)),
        call(world, "/blocks/check", journal, {**asked, "rows": [row()]}),
        call(world, "/blocks/search", journal, {"patient": patient}),
        call(world, "/consents", journal, {"id": a.new_id(), **entry}),
        call(world, "/relations", journal, {"id": a.new_id(), "employee": a.NURSE, **entry}),
        call(world, "/emergencies", journal, {**asked, "reason": "Unconscious"}),
        call(world, "/log/patient", journal, read),
    ]
    assert [(answer.status, answer.json["code"]) for answer in answers] == [(400, "invalid.real-number")] * 7
    question = {**asked, "resources": [row()]}
    (decided,) = call(world, "/decisions", journal, {"questions": [question]}).json["decisions"]
    assert "real-number" in str(decided)


def test_over_soap(tmp_path):
    server = running(tmp_path)
    try:
        services = server.on.services
        services.settings = services.settings.model_copy(update={"environment": Environment.TEST})
        ask, number = server.asking(), REAL["personnummer"]
        asked = {"accessingActor": {"employeeId": a.NURSE, "careProviderId": a.PROVIDER, "careUnitId": a.UNIT}}
        answer = ask("CheckConsent", **asked, patientId=ii(number))
        assert answer.result.resultCode == "VALIDATION_ERROR"
        assert "testnummer" in answer.result.resultText
    finally:
        server.stop()


def test_on_the_pages_of_care_staff(lasting_worlds):
    console = wards(lasting_worlds)
    nurse = AtWork.of(console, "carl", "")
    for typed in ("19800101-9291", "19640823-3234"):
        named = typed.replace("-", "") in {"196408233234", "198001019291"}
        answer = nurse.press(nurse.get(nurse.at), nurse.at, number=typed)
        assert (answer.status == 303) is named
    answer = nurse.press(nurse.get(nurse.at), nurse.at, number="19900101-2377")
    assert "Det kan vara en verklig persons nummer" in shown(answer)
    assert len(console.world.events("care.patient-sought")) == 2
