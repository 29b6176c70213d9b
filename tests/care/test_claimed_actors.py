"""A system says for whom it calls: what it says of whom our directory lists must be true, of others it is its word."""

from dataclasses import replace

import pytest

from broker.care import block_checks, consents, decisions, emergencies, employees, relations
from broker.care.emergencies import EmergencyWish
from broker.login.effects import PersonKey
from broker.storage.persons import Listed
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.care_world import ACTOR, PATIENT, call, care_world, machine, row
from tests.support.employees import COMMISSION, commission, employ
from tests.support.rivta import ii, running
from trust_framework.block_reveal import Level
from trust_framework.care import Purpose
from trust_framework.care_access import AccessQuestion
from trust_framework.persons import Person

pytest_plugins = ["tests.support.worlds"]
pytestmark = [pytest.mark.spec("threats", "CB-05"), pytest.mark.spec("sweden", "10:28")]
SECOND, DIRECTORS = "SE2321000016-A2", "SE2321000016-A3"
HELD = a.actor(unit=a.OTHER_UNIT, commission=COMMISSION)


@pytest.fixture
def directory(care):
    held = (
        commission(),
        commission(SECOND, purpose=Purpose.ADMINISTRATION),
        commission(DIRECTORS, unit=""),
        commission("SE2321000016-A4", unit=a.UNIT, commissionName=()),
    )
    employ(care.store, a.NURSE, commissions=held)
    return care


def calls(actor):
    """Everything that is asked for somebody."""
    asked = (actor, a.PATIENT)
    yield block_checks.check, (*asked, (a.resource(),), a.client())
    yield block_checks.reveal, (*asked, Level.NOTHING, a.client())
    yield decisions.decide, (AccessQuestion(*asked, (a.resource(),)), a.client())


def checks(care, actor):
    yield lambda: consents.check(actor, a.PATIENT, a.client(), care.on, care.now)
    yield lambda: relations.check(actor, a.PATIENT, a.client(), care.on, care.now)
    yield lambda: care(emergencies.begin, EmergencyWish(a.PATIENT, "Unconscious", actor=actor), a.client())
    for function, arguments in calls(actor):
        yield lambda function=function, arguments=arguments: care(function, *arguments)


FALSE = {
    "another's commission": {"commission": "SE2321000016-A9"},
    "a commission elsewhere": {"commission": COMMISSION, "unit": a.UNIT},
    "one for something else": {"commission": SECOND},
    "one without a unit, at a unit": {"commission": DIRECTORS},
    "one that is incomplete": {"commission": "SE2321000016-A4", "unit": a.UNIT},
    "another purpose": {"purpose": Purpose.STATISTICS},
    "no commission, at a place where there is none": {"commission": "", "unit": a.UNIT},
    "no commission, for a purpose that there is none for": {"commission": "", "purpose": Purpose.QUALITY},
    "no purpose, at a place where there is none": {"commission": "", "unit": a.UNIT, "purpose": ""},
}


@pytest.mark.parametrize("changed", FALSE.values(), ids=FALSE)
def test_what_the_directory_does_not_say_of_whom_it_lists_is_refused_whatever_is_asked(directory, changed):
    actor = replace(HELD, **changed)
    for ask in checks(directory, actor):
        with refused("ACCESSDENIED", "commission-not-held"):
            ask()
    assert directory.events("care.decided") == directory.events("care.block-revealed") == []
    assert directory.store.emergencies_of("p1") == ()


TRUE = {
    "the commission": {},
    "however it is spelled": {"commission": COMMISSION.lower(), "purpose": "vård  och BEHANDLING"},
    "another of theirs": {"commission": SECOND, "purpose": Purpose.ADMINISTRATION},
    "one without a unit": {"commission": DIRECTORS, "unit": ""},
    "no commission, where there is one": {"commission": ""},
    "no purpose and no commission, as the contracts have it": {"commission": "", "purpose": ""},
    "a licence that they have": {"licences": ("sj",)},
}


@pytest.mark.parametrize("changed", TRUE.values(), ids=TRUE)
def test_what_it_does_say_is_taken(directory, changed):
    for function, arguments in calls(replace(HELD, **changed)):
        directory(function, *arguments)
    (event,) = directory.events("care.decided")
    assert event["claimed"] is False


@pytest.mark.parametrize("licences", [("LK",), ("SJ", "LK")])
def test_a_licence_that_the_directory_does_not_know_is_refused(directory, licences):
    question = AccessQuestion(replace(HELD, licences=licences), a.PATIENT, (a.resource(),))
    with refused("ACCESSDENIED", "licence-not-held"):
        directory(decisions.decide, question, a.client())


def test_whom_the_directory_does_not_list_is_taken_at_the_systems_word_and_the_record_says_so(directory):
    stranger = replace(HELD, employee=a.DOCTOR, commission="SE2321000016-A9", person="p2", licences=("LK",))
    begun = directory(emergencies.begin, EmergencyWish(a.PATIENT, "Unconscious", actor=stranger), a.client()).result
    for function, arguments in calls(stranger):
        directory(function, *arguments)
    assert begun.actor.person == ""  # whom the system says that they are is not believed
    assert [directory.events(name)[0]["claimed"] for name in ("care.decided", "care.emergency-begun")] == [True, True]


def test_who_is_known_without_being_employed_is_not_listed(care):
    care.store.save_directory((Listed((PersonKey("employeeHsaId", a.NURSE),), Person("", {"sn": ("Vik",)})),))
    care(decisions.decide, AccessQuestion(HELD, a.PATIENT, (a.resource(),)), a.client())
    assert care.events("care.decided")[0]["claimed"] is True


def test_a_system_that_asks_again_costs_no_second_look_until_the_register_changes(directory, monkeypatch):
    looked = []
    up = employees._looked_up
    monkeypatch.setattr(employees, "_looked_up", lambda *asked: looked.append(asked[0]) or up(*asked))
    for version, expected in ((7, 1), (7, 1), (8, 2), (8, 2), (0, 3), (0, 4)):
        directory.on = replace(directory.on, version=version)
        block_checks.check(HELD, a.PATIENT, (a.resource(),), a.client(), directory.on, directory.now)
        assert len(looked) == expected


def test_so_many_are_kept_and_no_more(directory, monkeypatch):
    monkeypatch.setattr(employees, "MOST_KEPT", 2)
    for n in range(5):
        actor = replace(HELD, employee=f"SE2321000016-X{n}")
        block_checks.check(actor, a.PATIENT, (a.resource(),), a.client(), directory.on, directory.now)
    assert len(employees._KEPT[directory.store][1]) <= 2


def test_over_json(lasting_worlds):
    world = care_world(lasting_worlds)
    journal, asked = machine(world), {"patient": PATIENT, "actor": {**ACTOR, "unit": a.UNIT}}
    question = {**asked, "resources": [row()]}
    answers = [
        call(world, "/blocks/check", journal, {**asked, "rows": [row()]}),
        call(world, "/blocks/reveal", journal, asked),
        call(world, "/consents/check", journal, asked),
        call(world, "/relations/check", journal, asked),
        call(world, "/emergencies", journal, {**asked, "reason": "Unconscious"}),
    ]
    assert {(answer.status, answer.json["code"]) for answer in answers} == {(403, "denied.commission-not-held")}
    (decided,) = call(world, "/decisions", journal, {"questions": [question]}).json["decisions"]
    assert "commission-not-held" in str(decided)
    licensed = {**asked, "actor": {**ACTOR, "licences": ["LK"]}, "rows": [row()]}
    assert call(world, "/blocks/check", journal, licensed).json["code"] == "denied.licence-not-held"


def test_over_soap(tmp_path):
    server = running(tmp_path)
    try:
        employ(server.store, a.NURSE)
        ask = server.asking()
        for unit, expected in ((a.UNIT, "ACCESSDENIED"), (a.OTHER_UNIT, "OK")):
            actor = {"employeeId": a.NURSE, "careProviderId": a.PROVIDER, "careUnitId": unit}
            found = ask("CheckConsent", accessingActor=actor, patientId=ii())
            assert found.result.resultCode == expected
    finally:
        server.stop()
