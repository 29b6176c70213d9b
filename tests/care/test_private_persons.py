"""Private persons who ask through a record system: told what My page would show them, by the same list and ages."""

import pytest

from broker.care import decisions
from broker.care.calling import carried_out, services_of
from broker.care.decisions import PrivateQuestion
from broker.login.effects import Effects, Overtaken
from broker.login.person import RevokeRepresentation
from tests.support import care_values as a
from tests.support.mine_world import Family, family, family_of
from trust_framework.identifiers import Identifier

pytest_plugins = ["tests.support.worlds"]
SYSTEM = a.client(a.PROVIDER, a.OTHER_PROVIDER)


@pytest.fixture(scope="module")
def shared(lasting_worlds) -> Family:
    return family_of(lasting_worlds)


@pytest.fixture
def home(worlds) -> Family:
    return family_of(worlds)


def decide(home: Family, person: Identifier, patient: Identifier, provider: str = a.PROVIDER):
    unit = a.UNIT if provider == a.PROVIDER else a.FAR_UNIT
    question = PrivateQuestion(person, a.PROVIDER, patient, (a.resource(unit=unit, provider=provider),))
    return decisions.decide(question, SYSTEM, services_of(home.world.app.on.services), home.world.clock.now)


def asked(home: Family, person: str, patient: str, provider: str = a.PROVIDER) -> tuple[str, set[str]]:
    done = carried_out(lambda: decide(home, home.number(person), home.number(patient), provider), home.store)
    (ruling,) = done.result
    return ruling.access.value, {ground.code for ground in ruling.grounds}


EXPECTED = {
    ("anna", "anna"): ("permitted", {"own-information"}),
    ("anna", "alva"): ("permitted", {"guardian"}),
    ("anna", "tim"): ("refused", {"guardian-too-old-a-child"}),
    ("anna", "lo"): ("refused", {"protected-identity"}),
    ("anna", "bo"): ("permitted", {"power-of-attorney"}),
    ("eva", "anna"): ("permitted", {"power-of-attorney"}),
    ("eva", "alva"): ("refused", {"no-representation"}),
    ("alva", "alva"): ("refused", {"too-young"}),
    ("bo", "anna"): ("refused", {"no-representation"}),
}


@pytest.mark.spec("facts/sweden", "29")
@pytest.mark.parametrize(("who", "expected"), EXPECTED.items(), ids=[f"{one} about {other}" for one, other in EXPECTED])
def test_a_private_person_is_told_what_the_register_of_representations_lets_them_see(shared, who, expected):
    assert asked(shared, *who) == expected


@pytest.mark.parametrize("name", ["alva", "tim", "lo", "bo"])
def test_my_page_and_a_decision_go_by_the_same(shared, name):
    page = shared.open().get(f"/min-sida/for/{shared.about(name)}/atkomst")
    assert (page.status == 200) == (asked(shared, "anna", name)[0] == "permitted")


@pytest.mark.parametrize(("until", "since", "alva", "tim"), [(15, 16, True, True), (9, 16, False, False)])
def test_the_ages_are_the_settings_in_both_places(worlds, until, since, alva, tim):
    home = family_of(worlds, guardian_until=until, self_from=since)
    for name, sees in (("alva", alva), ("tim", tim)):
        page = home.open().get(f"/min-sida/for/{home.about(name)}/atkomst")
        assert ((page.status == 200), asked(home, "anna", name)[0] == "permitted") == (sees, sees)


def test_a_provider_that_lets_no_guardian_read_closes_its_own_alone(shared):
    assert asked(shared, "anna", "alva", a.OTHER_PROVIDER) == ("refused", {"guardians-closed"})
    assert asked(shared, "anna", "bo", a.OTHER_PROVIDER)[0] == "permitted"


def test_a_block_of_the_patient_closes_staff_and_a_guardian_and_not_the_patient(home):
    home.block("anna")
    home.block("alva")
    assert asked(home, "anna", "anna") == ("permitted", {"own-information"})
    assert asked(home, "eva", "anna") == ("permitted", {"power-of-attorney"})
    assert asked(home, "anna", "alva") == ("blocked", {"inner-block"})


def test_a_power_that_is_taken_back_ends_with_the_next_decision_and_with_one_being_made(home):
    pending = decide(home, home.number("eva"), home.number("anna"))
    revoke = RevokeRepresentation(home.about("anna", "eva"), home.person("anna"), home.world.clock.now)
    home.store.commit(Effects((revoke,)))
    with pytest.raises(Overtaken):
        home.store.commit(pending.effects)
    assert asked(home, "eva", "anna") == ("refused", {"representation-not-now"})


def without_the_guardian(whole):
    whole["representations"] = [one for one in whole["representations"] if one["person"] != "alva"]


def protected(whole):
    (alva,) = [one for one in whole["persons"] if one["id"] == "alva"]
    alva["protected"] = "true"


@pytest.mark.spec("facts/threats", "CB-01")
@pytest.mark.parametrize("change", [without_the_guardian, protected])
def test_a_decision_that_is_being_made_does_not_outlive_the_file_that_it_went_by(home, change):
    pending = decide(home, home.number("anna"), home.number("alva"))
    assert pending.result[0].access.value == "permitted"
    whole = family()
    change(whole)
    home.world.reapply(whole)
    with pytest.raises(Overtaken):
        home.store.commit(pending.effects)
    assert asked(home, "anna", "alva")[0] == "refused"


def test_who_asked_is_on_record_by_the_registers_id_alone(home):
    asked(home, "anna", "alva")
    (event,) = home.world.events("care.decided")
    assert (event["provider"], event["person"], event["rules"]) == (a.PROVIDER, home.person("alva"), "se")
    assert home.number("anna").value not in str(event)
    assert [tuple(each) for each in event["rulings"]] == [("permitted", "guardian")]


@pytest.mark.parametrize("about", ["a stranger", "themself"])
def test_whom_nobody_knows_is_nobody(home, about):
    stranger = a.numbers(1)[0]
    done = decide(home, stranger, home.number("anna") if about == "a stranger" else stranger)
    assert [ruling.access.value for ruling in done.result] == ["refused"]
    assert {ground.code for ground in done.result[0].grounds} == {"commission-missing"}
