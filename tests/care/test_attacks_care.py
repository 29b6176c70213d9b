"""Attacks on care's registers, its log and its pages by people who may do a part of it: each was once let through."""

from dataclasses import replace

import pytest

from broker.care import access_log, block_lifts, blocks, consents, emergencies
from broker.care.access_log import LogsAsked
from broker.care.block_lifts import LiftWish
from broker.care.blocks import BlockWish
from broker.care.calling import Caller, CallerKind, CareRefused, ResultCode, carried_out, services_of
from broker.care.changes import SaveReviewCase
from broker.care.consents import ConsentWish
from broker.care.emergencies import EmergencyWish
from broker.care.filings import CasesAsked
from broker.login.effects import Effects
from broker.web.api import care_forms
from broker.web.console.mine import access
from tests.care.test_access_log_api import search, sent, store
from tests.care.test_my_page import MINE
from tests.console.test_log_review import ANNA, Review, main
from tests.support import care_values as a
from tests.support import ward
from tests.support.access_records import record
from tests.support.care_world import PATIENT, call, care_world, machine, nurse
from tests.support.databases import NOW
from tests.support.mine_world import Family, family_of
from trust_framework.access_log import AccessSought
from trust_framework.blocks import BlockType, LiftReason
from trust_framework.care import Period
from trust_framework.care_consents import ConsentType
from trust_framework.review_cases import CaseAct, CaseKind

pytest_plugins = ["tests.support.worlds"]


@pytest.fixture(scope="module")
def world(lasting_worlds):
    return care_world(lasting_worlds)


@pytest.fixture(scope="module")
def shared(lasting_worlds) -> Family:
    """A family that nobody changes."""
    return family_of(lasting_worlds)


@pytest.fixture
def home(worlds) -> Family:
    return family_of(worlds)


# --- over the JSON API


def test_staff_do_not_hand_over_a_block_as_if_they_were_another_node(world):
    whole = care_forms.block(a.block(local=False)).model_dump(mode="json")
    answer = call(world, "/replicas", nurse(world), whole)
    assert (answer.status, answer.json["code"]) == (403, "denied.not-a-node")
    assert call(world, f"/blocks/{whole['id']}", machine(world), method="GET").status == 404


def test_staff_do_not_read_every_block_of_their_provider(world):
    answer = call(world, "/blocks/changes", nurse(world), {})
    assert (answer.status, answer.json["code"]) == (403, "denied.not-a-node")


def test_a_patient_is_found_in_the_log_however_the_number_is_spelled(world):
    journal = machine(world)
    store(world, journal, sent(world))
    assert search(world, journal, patient={**PATIENT, "value": f" {PATIENT['value']} "}).json["entries"]
    for wrong in ({**PATIENT, "value": "1"}, {**PATIENT, "oid": "1.2.3"}):
        assert search(world, journal, patient=wrong).json["code"] == "invalid.patient-number"


# --- what a caller is told of others


def test_who_lifts_another_provider_s_block_is_not_told_who_entered_it_and_why(care):
    care.switched(outer_lift_by_others=True)
    wish = BlockWish(
        a.new_id(), BlockType.INNER, a.PATIENT, a.PROVIDER, a.UNIT, entered=a.entered(reason="rädd för sin granne")
    )
    block = care(blocks.register, wish, a.client()).result
    for_them = LiftWish(a.new_id(), block.id, NOW + 60, a.OTHER_UNIT, LiftReason.PATIENTS_CONSENT, entered=a.entered())
    care(block_lifts.lift, for_them, a.client())
    far = a.client(a.OTHER_PROVIDER)
    lifted = care(block_lifts.lift, replace(for_them, id=a.new_id(), unit=a.FAR_UNIT), far).result
    told = block_lifts.told(lifted, far, care.on)
    assert [one.unit for one in told.lifts] == [a.FAR_UNIT]
    assert (told.registered.reason, told.registered.registered_by.employee, told.owner) == ("", "", "")
    assert block_lifts.told(lifted, a.client(), care.on) == lifted


def test_a_report_is_not_told_to_who_may_no_longer_read_that_log(care, monkeypatch):
    monkeypatch.setattr(access_log, "AT_ONCE", 0)
    both = a.client(a.PROVIDER, a.OTHER_PROVIDER)
    care(access_log.store, (record(),), a.client())
    asked = LogsAsked(a.PROVIDER, "uppföljning", Period(NOW - a.DAY, NOW))
    id_ = care(access_log.logs, asked, both).result.report
    care.store.make_report()
    assert care(access_log.report, id_, "report", "uppföljning", both).result.rows
    with pytest.raises(CareRefused) as refused:
        care(access_log.report, id_, "report", "uppföljning", a.client(a.OTHER_PROVIDER))
    assert refused.value.code is ResultCode.NOTFOUND


def test_a_case_of_staff_does_not_show_an_entry_of_the_log_whose_number_it_was_given(worlds):
    review = Review(ward.wards(worlds))
    review.read(user_name="Läkaren Långt Borta")
    (entry,) = review.world.store.access_page(AccessSought(provider=ward.PROVIDER), None, 10).rows
    on = services_of(review.world.app.on.services)
    who = Caller(CallerKind.CLIENT, client="journal", providers=frozenset({ward.PROVIDER}))
    wish = ConsentWish(
        entry.id, ConsentType.EMERGENCY, ANNA, ward.PROVIDER, ward.WARD, entered=a.entered(reason="Medvetslös")
    )
    carried_out(lambda: consents.register(wish, who, on, review.world.clock.now), review.world.store)
    ((case, _),) = review.world.store.review_cases(CasesAsked(ward.PROVIDER)).rows
    assert case.about == entry.id
    page = main(review.get(f"arenden/{case.id}"))
    assert "Långt Borta" not in page


# --- state


def test_an_emergency_access_that_is_over_is_not_begun_again_by_its_id(care):
    wish = EmergencyWish(a.PATIENT, "Medvetslös", a.new_id(), a.actor(commission="SE2321000016-A1"), NOW + 60)
    care(emergencies.begin, wish, a.client())
    care(emergencies.begin, wish, a.client())
    care.now = NOW + 60
    with pytest.raises(CareRefused) as refused:
        care(emergencies.begin, replace(wish, until=None), a.client())
    assert refused.value.code is ResultCode.INVALIDSTATE


def test_a_patient_does_not_fill_a_provider_s_register(care, monkeypatch):
    monkeypatch.setattr(blocks, "MOST_BY_PATIENT", 2)
    wishes = [BlockWish(a.new_id(), BlockType.OUTER, a.PATIENT, a.PROVIDER) for _ in range(3)]
    for wish in wishes[:2]:
        care(blocks.register, wish, Caller(CallerKind.PATIENT, "p1"))
    care(blocks.register, wishes[0], Caller(CallerKind.PATIENT, "p1"))
    with pytest.raises(CareRefused) as refused:
        care(blocks.register, wishes[2], Caller(CallerKind.PATIENT, "p1"))
    assert refused.value.reason == "through-staff"


# --- My page


def test_a_guardian_does_not_see_by_a_short_page_or_its_end_that_something_is_hidden(home, monkeypatch):
    monkeypatch.setattr(access, "PAGE", 2)
    now = home.world.clock.now
    for n in range(6):
        home.accessed("alva", far=n in {1, 2, 4}, at=now - 100 * n - 60)
    browser, alva = home.open(), home.about("alva")
    page = browser.get(f"{MINE}/for/{alva}/atkomst")
    assert f"efter={now - 360}-" in page.text  # the second of those that are shown, whatever lies between
    last = browser.get(f"{MINE}/for/{alva}/atkomst?efter={now - 360}-0")
    assert f"efter={now - 560}-" not in last.text


@pytest.mark.parametrize("after", ["x", f"{10**30}-1", f"1-{10**30}", "1--1"])
def test_a_place_in_the_log_that_no_page_gave_is_missing(shared, after):
    assert shared.open().get(f"{MINE}/atkomst?efter={after}").status == 404


def test_the_overview_of_what_care_has_done_is_recorded_when_it_is_read(home):
    browser, bo = home.open(), home.about("bo")
    browser.get(f"{MINE}/for/{bo}")
    read = home.world.events("own.care-read")[-1]
    assert (read["what"], read["person"], read["by"]) == ("overview", home.person("bo"), home.person("anna"))


# --- log review


def test_who_is_under_review_does_not_read_what_reviewers_have_written_of_them(worlds):
    review = Review(ward.wards(worlds))
    acts = (
        CaseAct(NOW, "someone", "opened", "Misstänkt slagning"),
        CaseAct(NOW, "someone", "noted", "Chefen tillfrågad"),
    )
    case = a.case(kind=CaseKind.MISUSE, provider=ward.PROVIDER, employee=ward.REGISTRAR, about="", acts=acts)
    person = review.world.store.patient(ANNA)
    case = replace(case, patient=ANNA)
    review.world.store.commit(Effects((SaveReviewCase(case, person),)))
    assert "Chefen tillfrågad" not in main(review.get(f"arenden/{case.id}"))
    assert "Chefen tillfrågad" in main(review.get(f"arenden/{case.id}", review.second()))
