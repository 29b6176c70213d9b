"""Emergency access through the service: whom it is given, how long, and what always follows."""

import threading
from dataclasses import replace

import pytest

from broker.care import block_lifts, blocks, consents, decisions, emergencies
from broker.care.block_lifts import LiftWish
from broker.care.blocks import BlockWish
from broker.care.calling import carried_out
from broker.care.consents import ConsentWish
from broker.care.emergencies import EmergencyWish
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.databases import NOW
from trust_framework.blocks import BlockType, LiftReason
from trust_framework.care import Purpose
from trust_framework.care_access import Access, AccessQuestion
from trust_framework.care_consents import ConsentType
from trust_framework.identifiers import Identifier
from trust_framework.review_cases import CaseKind

pytestmark = pytest.mark.spec("threats", "CB-05")
ACTOR = a.actor(unit=a.OTHER_UNIT, commission="SE2321000016-A1")


def wish(**changes):
    return replace(EmergencyWish(a.PATIENT, "Unconscious", actor=ACTOR), **changes)


def access(care, patient=a.PATIENT, actor=ACTOR):
    question = AccessQuestion(actor, patient, (a.resource(),))
    return care(decisions.decide, question, a.client()).result[0].access


@pytest.fixture
def blocked(care):
    made = BlockWish(a.new_id(), BlockType.INNER, a.PATIENT, a.PROVIDER, a.UNIT, entered=a.entered())
    care(blocks.register, made, a.client())
    return care


def test_it_opens_the_named_patient_alone_to_who_began_it_until_it_ends(blocked):
    assert access(blocked) is Access.BLOCKED
    done = blocked(emergencies.begin, wish(), a.client()).result
    assert (done.until, done.reason) == (NOW + a.DAY, "Unconscious")
    assert access(blocked) is Access.PERMITTED
    assert access(blocked, actor=replace(ACTOR, employee=a.DOCTOR)) is Access.BLOCKED
    assert access(blocked, patient=a.OTHER_PATIENT) is Access.NEEDS_RELATION
    blocked.now += a.DAY
    assert access(blocked) is Access.BLOCKED


def test_ended_before_its_time_it_opens_nothing_more_and_the_case_stays(blocked):
    done = blocked(emergencies.begin, wish(), a.client()).result
    ended = blocked(emergencies.end, done.id, a.client()).result
    assert ended.ended_at == NOW
    assert access(blocked) is Access.BLOCKED
    assert blocked.store.review_case(done.case)[0].closed_at is None
    with refused("INVALIDSTATE", "ended"):
        blocked(emergencies.end, done.id, a.client())
    with refused("INVALIDSTATE", "ended"):
        blocked(emergencies.begin, wish(id=done.id), a.client())


BAD = {
    "without a reason": ({"reason": " \t"}, "VALIDATION_ERROR", "no-reason"),
    "with too long a reason": ({"reason": "x" * 1025}, "VALIDATION_ERROR", "reason-too-long"),
    "of nobody": ({"patient": Identifier(a.PERSONNUMMER, "1")}, "VALIDATION_ERROR", "patient-number"),
    "by nobody": ({"actor": None}, "VALIDATION_ERROR", "no-actor"),
    "by no HSA-id": ({"actor": replace(ACTOR, employee="x")}, "VALIDATION_ERROR", "hsa-id"),
    "at no unit": ({"actor": replace(ACTOR, unit="")}, "VALIDATION_ERROR", "no-unit"),
    "at another's unit": ({"actor": replace(ACTOR, unit=a.FAR_UNIT)}, "VALIDATION_ERROR", "unknown-unit"),
    "without a commission": ({"actor": replace(ACTOR, commission="")}, "ACCESSDENIED", "no-commission"),
    "for statistics": ({"actor": replace(ACTOR, purpose=Purpose.STATISTICS)}, "ACCESSDENIED", "not-for-care"),
    "at a foreign provider": ({"actor": replace(ACTOR, provider=a.OTHER_PROVIDER)}, "ACCESSDENIED", "foreign-provider"),
    "over before it begins": ({"until": NOW}, "VALIDATION_ERROR", "already-over"),
    "for more than a day": ({"until": NOW + a.DAY + 1}, "VALIDATION_ERROR", "too-long"),
    "until never": ({"until": 10**12}, "VALIDATION_ERROR", "no-instant"),
    "under no id": ({"id": "ö"}, "VALIDATION_ERROR", "id"),
}


@pytest.mark.parametrize(("change", "code", "reason"), BAD.values(), ids=BAD)
def test_one_that_cannot_be_is_refused_and_begins_no_case(care, change, code, reason):
    with refused(code, reason):
        care(emergencies.begin, wish(**change), a.client())
    assert care.store.emergencies_of("p1") == ()
    assert care.events("care.case-opened") == []
    assert care.store.mails_due(9) == ()


def test_staff_begin_it_in_their_own_commission_whatever_they_say(care):
    other = replace(ACTOR, employee=a.DOCTOR)
    done = care(emergencies.begin, wish(actor=other, until=NOW + 60), a.nurse()).result
    assert (done.actor.employee, done.until) == (a.NURSE, NOW + 60)
    with refused("NOTFOUND", "unknown"):
        care(emergencies.end, done.id, a.nurse(actor=other))
    with refused("NOTFOUND", "unknown"):
        care(emergencies.end, done.id, a.nurse(actor=None))
    assert care(emergencies.end, done.id, a.nurse()).code == "OK"


def test_a_patient_begins_and_ends_none(care):
    with refused("ACCESSDENIED", "not-staff"):
        care(emergencies.begin, wish(), a.patient())
    done = care(emergencies.begin, wish(), a.client()).result
    for who in (a.patient(), a.client(a.OTHER_PROVIDER)):
        with refused("NOTFOUND", "unknown"):
            care(emergencies.end, done.id, who)
    with refused("NOTFOUND", "unknown"):
        care(emergencies.end, a.new_id(), a.client())


def test_one_that_is_over_is_not_ended(care):
    done = care(emergencies.begin, wish(until=NOW + 5), a.client()).result
    care.now += 5
    with refused("INVALIDSTATE", "ended"):
        care(emergencies.end, done.id, a.client())


def test_the_same_again_is_the_same_and_begins_no_second_case(care):
    made = wish(id=a.new_id())
    first = care(emergencies.begin, made, a.client()).result
    assert care(emergencies.begin, made, a.client()).result == first
    assert len(care.events("care.case-opened")) == 1
    with refused("ALREADYEXISTS", "other-content"):
        care(emergencies.begin, replace(made, patient=a.OTHER_PATIENT), a.client())


def test_of_a_patient_whom_nobody_knew_one_becomes_a_person(care):
    reserve = Identifier("1.2.752.74.9.2", "19121212SF1A")
    done = care(emergencies.begin, wish(patient=reserve), a.client()).result
    assert care.store.emergencies_of(care.store.patient(reserve)) == (done,)


def test_every_one_begins_a_case_and_tells_the_reviewer_at_once(care):
    done = care(emergencies.begin, wish(), a.client()).result
    (begun,) = care.events("care.emergency-begun")
    (opened,) = care.events("care.case-opened")
    assert (begun["case"], opened["case"], begun["emergency"]) == (done.case, done.case, done.id)
    assert a.NURSE not in str(begun) + str(opened)
    case, _ = care.store.review_case(done.case)
    assert (case.kind, case.about, case.unit, case.employee) == (CaseKind.EMERGENCY, done.id, a.OTHER_UNIT, a.NURSE)
    assert [mail.id for mail in care.store.mails_due(9)] == [opened["mail"]]


def test_where_nobody_is_named_to_be_told_the_case_waits_all_the_same(care):
    providers = {a.PROVIDER: a.provider(review_contact="")}
    care.on = replace(care.on, register=replace(care.on.register, providers=providers))
    done = care(emergencies.begin, wish(), a.client()).result
    assert care.store.mails_due(9) == ()
    assert care.store.review_case(done.case) is not None


def _lift(care, n):
    made = BlockWish(a.new_id(), BlockType.INNER, a.PATIENT, a.PROVIDER, a.UNIT, entered=a.entered())
    block = care(blocks.register, made, a.client()).result.id
    why = a.entered(reason="Unconscious")
    lift = LiftWish(a.new_id(), block, care.now + 60, a.OTHER_UNIT, LiftReason.EMERGENCY, a.NURSE, entered=why)
    care(block_lifts.lift, lift, a.client())


def _consent(care, n):
    made = ConsentWish(
        a.new_id(),
        ConsentType.EMERGENCY,
        a.PATIENT,
        a.PROVIDER,
        a.OTHER_UNIT,
        a.NURSE,
        entered=a.entered(reason="Unconscious"),
    )
    care(consents.register, made, a.client())


def _access(care, n):
    care(emergencies.begin, wish(), a.client())


@pytest.mark.parametrize(
    "ways", [(_access,) * 5, (_lift,) * 5, (_consent,) * 5, (_access, _lift, _consent, _access, _lift)]
)
def test_more_than_three_a_day_by_one_person_is_an_alarm_each_time_whichever_way(care, ways):
    for n, begin in enumerate(ways):
        begin(care, n)
        care.now += 60
    kinds = [event["case_kind"] for event in care.events("care.case-opened")]
    assert kinds.count("emergency") == 5
    assert kinds.count("emergency-rate") == 2
    assert kinds[:3] == ["emergency"] * 3


def test_after_a_day_the_count_begins_anew_and_others_have_their_own(care):
    for _ in range(3):
        _access(care, 0)
    care(emergencies.begin, wish(actor=replace(ACTOR, employee=a.DOCTOR)), a.client())
    care.now += a.DAY + 1
    _access(care, 0)
    assert {event["case_kind"] for event in care.events("care.case-opened")} == {"emergency"}


def test_many_at_once_each_have_their_case(care):
    """Mass emergency access: nothing is lost or written half, and no alarm is missed."""
    ready = threading.Barrier(4)

    def begin():
        ready.wait()
        for _ in range(3):
            carried_out(lambda: emergencies.begin(wish(), a.client(), care.on, NOW), care.store)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = care.store.emergencies_of("p1")
    cases = [event for event in care.events("care.case-opened") if event["case_kind"] == "emergency"]
    assert len(done) == len(cases) == 12
    assert {one.case for one in done} == {event["case"] for event in cases}
    assert len(care.events("care.case-opened")) == 12 + 9
