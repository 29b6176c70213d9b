"""A number of each kind with every wrong check digit, through every interface that takes one: refused, and nothing is kept."""

import pytest

from tests.care.test_rivta_log import record as log
from tests.support import care_values as a
from tests.support.care_world import ACTOR, ENTERED, call, care_world, document, machine, new_block, row
from tests.support.databases import NOW
from tests.support.rivta import action, ii, running
from trust_framework.access_log import AccessSought
from trust_framework.identifiers import Identifier

pytest_plugins = ["tests.support.worlds"]
VALID = {
    "personnummer": Identifier(a.PERSONNUMMER, "191212121212"),
    "samordningsnummer": Identifier("1.2.752.129.2.1.3.3", "197010632391"),
    "reserve-stockholm": Identifier("1.2.752.97.3.1.3", "991980000003"),
    "reserve-vastra-gotaland": Identifier("1.2.752.113.11.0.2.1.1.1", "19121212K064"),
    "reserve-varmland": Identifier("1.2.752.74.9.2", "19121212SF1A"),
    "reserve-inera": Identifier("1.2.752.129.2.1.3.2", "191212321200"),
}
"""Of each kind a number; that of Värmland has no check digit, and the last sign must be a letter."""

WRONG = [
    pytest.param(Identifier(good.oid, good.value[:-1] + digit), id=f"{kind}-{digit}")
    for kind, good in VALID.items()
    for digit in "0123456789"
    if digit != good.value[-1]
]


@pytest.fixture(scope="module")
def world(lasting_worlds):
    return care_world(lasting_worlds)


@pytest.fixture(scope="module")
def journal(world):
    return machine(world)


def asked(world, journal, number):
    """The answers of everything that takes a patient's number over JSON."""
    patient = {"oid": number.oid, "value": number.value}
    entry = {"patient": patient, "provider": a.PROVIDER, "unit": a.OTHER_UNIT, "entered": ENTERED}
    thing = {"type": "Journaltext", "provider": a.PROVIDER, "unit": a.UNIT, "patient": patient}
    read = {
        "id": a.new_id(), "system": "SE2321000016-SYS1", "activity": "Läsa", "at": world.clock.now - 9,
        "purpose": "Vård och behandling", "user": a.NURSE, "provider": a.PROVIDER, "unit": a.UNIT, "resources": [thing],
    }  # fmt: skip
    bodies = {
        "/blocks": new_block(patient=patient),
        "/blocks/check": {"patient": patient, "actor": ACTOR, "rows": [row()]},
        "/blocks/reveal": {"patient": patient, "actor": ACTOR},
        "/blocks/search": {"patient": patient},
        "/consents": {"id": a.new_id(), **entry},
        "/consents/check": {"patient": patient, "actor": ACTOR},
        "/relations": {"id": a.new_id(), "employee": a.NURSE, **entry},
        "/emergencies": {"patient": patient, "actor": ACTOR, "reason": "Unconscious"},
        "/log": {"records": [read]},
    }
    return {path: call(world, path, journal, body) for path, body in bodies.items()}


@pytest.mark.parametrize("number", WRONG)
def test_over_json(world, journal, number):
    answers = asked(world, journal, number)
    assert {answer.status for answer in answers.values()} == {400}, {p: x.text for p, x in answers.items()}
    assert {answer.json["code"] for answer in answers.values()} == {"invalid.patient-number", "invalid.patient-id"}
    question = {"patient": {"oid": number.oid, "value": number.value}, "actor": ACTOR, "resources": [row()]}
    (decided,) = call(world, "/decisions", journal, {"questions": [question]}).json["decisions"]
    assert "patient-number" in str(decided)


@pytest.mark.parametrize("number", VALID.values(), ids=VALID)
def test_the_right_ones_are_taken_there(lasting_worlds, tmp_path, number):
    named = tmp_path / "numbers"
    named.write_text(number.value)
    world = lasting_worlds.make(document(), test_numbers=named)
    answers = asked(world, machine(world), number)
    assert {answer.status for answer in answers.values()} == {200}, {p: x.text for p, x in answers.items()}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = running(tmp_path_factory.mktemp("rivta"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def ask(server):
    return server.asking()


@pytest.mark.parametrize("number", WRONG)
def test_over_soap(ask, server, number):
    actor = {"employeeId": a.NURSE, "careProviderId": a.PROVIDER, "careUnitId": a.UNIT}
    made = {"patientId": ii(number), "careProviderId": a.PROVIDER, "careUnitId": a.UNIT}
    block = {"informationCareUnitId": a.UNIT, "informationCareProviderId": a.PROVIDER, "replicationTimeout": 0}
    answers = [
        ask("CheckConsent", accessingActor=actor, patientId=ii(number)).result,
        ask("RegisterExtendedConsent", assertionId=a.new_id(), assertionType="Consent", scope="NationalLevel",
            registrationAction=action(NOW), **made),
        ask("StoreLog", log=[log(), log(number)]),
        ask("RegisterExtendedBlock", blockId=a.new_id(), blockType="Inner", patientId=ii(number),
            registerAction=action(NOW), **block),
    ]  # fmt: skip
    assert [answer.resultCode for answer in answers] == [*("VALIDATION_ERROR",) * 3, "VALIDATIONERROR"]
    assert server.store.access_page(AccessSought()).rows == ()
