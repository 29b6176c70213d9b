"""What every emergency leaves, whichever way it was made: one entry of the access log in its own commit, a case, and for one
person with several employments one count.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from broker.care import block_lifts, blocks, consents, emergencies, emergency_log, reviews
from broker.care.block_lifts import LiftWish
from broker.care.blocks import BlockWish
from broker.care.calling import carried_out
from broker.care.consents import ConsentWish
from broker.care.emergencies import EmergencyWish
from broker.care.filings import ReviewServices
from broker.login.effects import Overtaken, PersonKey
from broker.storage.persons import Listed
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.care_world import ACTOR, ENTERED, PATIENT, call, document, machine, new_block
from tests.support.databases import NOW
from tests.support.employees import employ
from tests.support.reviewing import draw
from tests.support.rivta import JOURNAL, action, ii, running
from trust_framework.access_log import AccessSought
from trust_framework.blocks import BlockType, LiftReason
from trust_framework.care import patient_key
from trust_framework.care_consents import ConsentType
from trust_framework.identifiers import Identifier
from trust_framework.log_drawing import Selection
from trust_framework.persons import Person

pytest_plugins = ["tests.support.worlds"]
pytestmark = [pytest.mark.spec("threats", "CB-05"), pytest.mark.spec("sweden", "10:26")]
ACTING = a.actor(unit=a.OTHER_UNIT, commission="SE2321000016-A1")
WHY = "Unconscious"


def begun(care, *, who=None, patient=a.PATIENT, actor=ACTING, reason=WHY, id=""):
    wish = EmergencyWish(patient, reason, id or a.new_id(), actor)
    return made(care, emergencies.begin, wish, who)


def lifted(care, *, who=None, employee=a.NURSE, unit=a.OTHER_UNIT, kind=BlockType.INNER, id=""):
    closed = a.UNIT if kind is BlockType.INNER else ""
    block = care(
        blocks.register, BlockWish(a.new_id(), kind, a.PATIENT, a.PROVIDER, closed, entered=a.entered()), a.client()
    )
    why = a.entered(employee, reason=WHY)
    wish = LiftWish(id or a.new_id(), block.result.id, NOW + 60, unit, LiftReason.EMERGENCY, employee, why)
    return made(care, block_lifts.lift, wish, who)


def consented(care, *, who=None, employee=a.NURSE, id=""):
    why = a.entered(employee, reason=WHY)
    emergency = ConsentType.EMERGENCY
    wish = ConsentWish(id or a.new_id(), emergency, a.PATIENT, a.PROVIDER, a.OTHER_UNIT, employee, entered=why)
    return made(care, consents.register, wish, who)


def made(care, function, wish, who):
    """Do it; what does it again."""

    def again():
        return care(function, wish, who or a.client())

    again()
    return again


WAYS = (begun, lifted, consented)


def entries(store, patient=a.PATIENT):
    """The entries of the access log about a patient, the newest first."""
    person = store.patient(patient)
    return [row.record for row in store.access_page(AccessSought(person=person), count=50).rows] if person else []


@pytest.mark.parametrize("way", WAYS)
def test_each_way_makes_one_entry_with_its_case(care, way):
    way(care)
    (entry,) = entries(care.store)
    assert (entry.activity, entry.user, entry.unit, entry.provider) == ("Nödöppning", a.NURSE, a.OTHER_UNIT, a.PROVIDER)
    assert (entry.arguments, entry.purpose, entry.at) == (WHY, "Vård och behandling", NOW)
    assert (entry.resources[0].patient, entry.provider_name) == (a.PATIENT, "Region Ett")
    assert [event["case_kind"] for event in care.events("care.case-opened")] == ["emergency"]


@pytest.mark.parametrize("way", WAYS)
def test_the_same_again_makes_no_second_entry(care, way):
    again = way(care)
    again()
    assert len(entries(care.store)) == 1


def test_staff_who_act_themselves_are_in_it_with_their_commission(care):
    employ(care.store, a.NURSE)
    begun(care, who=a.nurse())
    (entry,) = entries(care.store)
    assert (entry.user_name, entry.assignment, entry.system_name) == ("Carin Vik", "Vårdmedarbetaruppdrag", "tillit")


def test_a_system_is_in_it_by_its_own_id(care):
    begun(care, who=replace(a.client(), client=JOURNAL))
    begun(care)
    assert [(one.system, one.system_name) for one in entries(care.store)] == [
        (a.PROVIDER, "journal"),
        (JOURNAL, JOURNAL),
    ]


def test_who_has_a_protected_identity_is_in_it_by_id_alone(care):
    employ(care.store, a.NURSE, protected=True)
    begun(care)
    assert [(one.user, one.user_name) for one in entries(care.store)] == [(a.NURSE, "")]


def test_what_another_providers_unit_opens_is_in_its_log_and_names_whose_information_it_is(care):
    care.switched(outer_lift_by_others=True)
    lifted(care, kind=BlockType.OUTER, unit=a.FAR_UNIT, employee=a.FAR_DOCTOR)
    (entry,) = entries(care.store)
    assert (entry.provider, entry.unit, entry.resources[0].provider) == (a.OTHER_PROVIDER, a.FAR_UNIT, a.PROVIDER)


@pytest.mark.parametrize("reason", ["a\x00b", "a\r\nb", "a \u202eb", "a\tb"])
def test_what_no_log_may_hold_does_not_hold_up_an_emergency(care, reason):
    begun(care, reason=reason)
    assert [one.arguments for one in entries(care.store)] == ["a b"]


def test_of_a_patient_whom_nobody_knew_too(care):
    reserve = Identifier("1.2.752.74.9.2", "19121212SF1A")
    begun(care, patient=reserve)
    assert len(entries(care.store, reserve)) == 1


@pytest.mark.parametrize("way", WAYS)
def test_without_its_entry_there_is_no_emergency(care, way, monkeypatch):
    monkeypatch.setattr(emergency_log.secrets, "token_hex", lambda octets: "a" * octets * 2)
    begun(care)
    with refused("VALIDATION_ERROR", "log-id-taken"):
        way(care)
    assert len(care.events("care.case-opened")) == len(care.store.emergencies_of("p1")) == len(entries(care.store)) == 1
    assert care.store.care_consents_of("p1") == ()
    assert not any(block.lifts for block in care.store.blocks_of("p1"))


def test_the_rule_of_log_review_sees_each_way(care):
    for way in WAYS:
        way(care)
    reviewer = a.nurse(person="reviewer")
    asked = Selection(a.PROVIDER, NOW - 1, NOW + 1, percent=0, rules=("emergency",))
    on = ReviewServices(care.store, care.on.register, 7)
    review = carried_out(lambda: reviews.ask(asked, reviewer, on, NOW), care.store).result
    draw(care.store, care.on.register)
    made = care.store.log_review(review.id)
    assert (made.examined, made.drawn) == (3, 3)


# --- word to the patient


def known(care, *mail, **person):
    """What the register has of the patient."""
    keys = (PersonKey(*patient_key(a.PATIENT)),)
    care.store.save_directory((Listed(keys, Person("", {"mail": mail} if mail else {}, **person)),))


@pytest.mark.spec("sweden", "7.5")
@pytest.mark.parametrize("way", WAYS)
def test_the_patient_gets_word_at_once_and_a_mail_says_nothing_of_care(care, way):
    known(care, "tolvan@example.se", "second@example.se")
    way(care)
    mails = {mail.id: mail for mail in care.store.mails_due(9)}
    (event,) = care.events("care.case-opened")
    assert len(mails) == 2
    told = mails[event["patient_mail"]]
    assert told.to == ("tolvan@example.se",)
    for word in ("vård", "care", "nöd", "emergency", "Region", a.PATIENT.value, "http"):
        assert word not in told.subject + told.text


SILENT = {
    "nobody knows an address": ({}, {}),
    "the details are protected": ({"mail": "a@example.se", "protected": True}, {}),
    "the person has died": ({"mail": "a@example.se", "deceased": True}, {}),
    "the provider does not want it": ({"mail": "a@example.se"}, {"emergency_mailed": False}),
}


@pytest.mark.parametrize(("person", "switches"), SILENT.values(), ids=SILENT)
def test_no_mail_goes_where(care, person, switches):
    care.switched(**switches)
    known(care, *filter(None, [person.get("mail")]), **{key: person[key] for key in person if key != "mail"})
    begun(care)
    assert not care.events("care.case-opened")[0].get("patient_mail")
    assert len(care.store.mails_due(9)) == 1


def test_of_many_emergencies_each_is_told_once_and_the_alarm_is_the_reviewers(care):
    known(care, "tolvan@example.se")
    for _ in range(5):
        begun(care)
    assert [mail.to for mail in care.store.mails_due(20)].count(("tolvan@example.se",)) == 5


# --- how often


MANY = tuple(f"SE2321000016-N{n}" for n in range(5))


def test_one_person_is_counted_once_by_whichever_of_their_ids(care):
    employ(care.store, *MANY)
    for each in MANY:
        begun(care, actor=replace(ACTING, employee=each))
    kinds = [event["case_kind"] for event in care.events("care.case-opened")]
    assert (kinds.count("emergency"), kinds.count("emergency-rate")) == (5, 2)


def test_of_others_and_of_whom_nobody_knows_each_has_their_own_count(care):
    employ(care.store, *MANY[:3])
    for each in (*MANY, a.DOCTOR):
        begun(care, actor=replace(ACTING, employee=each))
    assert {event["case_kind"] for event in care.events("care.case-opened")} == {"emergency"}


def test_many_at_once_by_several_ids_of_one_person_are_counted_one_after_the_other(care):
    """Two that read the same count cannot both be kept: the later one is made anew, and sees the first."""
    employ(care.store, *MANY)
    for each in MANY[:2]:
        begun(care, actor=replace(ACTING, employee=each))
    wishes = [EmergencyWish(a.PATIENT, WHY, actor=replace(ACTING, employee=each)) for each in MANY[2:4]]
    first, second = (emergencies.begin(wish, a.client(), care.on, NOW) for wish in wishes)
    care.store.commit(first.effects)
    with pytest.raises(Overtaken):
        care.store.commit(second.effects)
    care(emergencies.begin, wishes[1], a.client())
    assert [event["case_kind"] for event in care.events("care.case-opened")].count("emergency-rate") == 1


# --- over the interfaces


@pytest.fixture(scope="module")
def world(lasting_worlds):
    whole = document()
    (nurse,) = whole["staff"]
    whole["staff"] = [{**nurse, "hsa_id": each} for each in (a.NURSE, *MANY)]
    return lasting_worlds.make(whole)


def test_over_json_each_way_is_in_the_log_and_several_ids_are_one_person(world):
    journal, entered = machine(world), {**ENTERED, "reason": WHY}
    block = call(world, "/blocks", journal, new_block()).json["id"]
    lift = {
        "id": a.new_id(),
        "until": world.clock.now + 60,
        "unit": a.OTHER_UNIT,
        "employee": a.NURSE,
        "reason": "Emergency",
    }
    consent = {"id": a.new_id(), "type": "Emergency", "patient": PATIENT, "provider": a.PROVIDER, "unit": a.OTHER_UNIT}
    answers = [
        call(world, f"/blocks/{block}/lifts", journal, {**lift, "entered": entered}),
        call(world, "/consents", journal, {**consent, "employee": a.NURSE, "entered": entered}),
        *(
            call(
                world,
                "/emergencies",
                journal,
                {"patient": PATIENT, "reason": WHY, "actor": {**ACTOR, "employee": each}},
            )
            for each in MANY
        ),
    ]
    assert {answer.status for answer in answers} == {200}
    found = entries(world.store)
    assert [one.activity for one in found] == ["Nödöppning"] * 7
    assert {one.user for one in found} == {a.NURSE, *MANY}
    kinds = [event["case_kind"] for event in world.events("care.case-opened")]
    assert (kinds.count("emergency"), kinds.count("emergency-rate")) == (7, 4)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = running(tmp_path_factory.mktemp("rivta"))
    yield server
    server.stop()


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def test_over_soap_too(server):
    ask = server.asking()
    employ(server.store, *MANY)
    answers = []
    for each in MANY:
        why, common = action(NOW, each, reason=WHY), {"replicationTimeout": 0}
        block = a.new_id()
        ask(
            "RegisterExtendedBlock", blockId=block, blockType="Inner", patientId=ii(), informationCareUnitId=a.UNIT,
            informationCareProviderId=a.PROVIDER, registerAction=action(NOW), **common,
        )  # fmt: skip
        answers += [
            ask(
                "RegisterTemporaryExtendedRevoke", temporaryRevokeId=a.new_id(), blockId=block, endDate=at(NOW + 60),
                revokedForCareUnitId=a.OTHER_UNIT, revokedForEmployeeId=each, revokeReason="Emergency",
                revokeReasonText=WHY, registerAction=why, **common,
            ),
            ask(
                "RegisterExtendedConsent", assertionId=a.new_id(), assertionType="Emergency", scope="NationalLevel",
                patientId=ii(), careProviderId=a.PROVIDER, careUnitId=a.OTHER_UNIT, employeeId=each,
                registrationAction=why,
            ),
        ]  # fmt: skip
    assert [answer.resultCode for answer in answers] == ["OK"] * 10
    found = entries(server.store)
    assert [(one.activity, one.system, one.arguments) for one in found] == [("Nödöppning", JOURNAL, WHY)] * 10
    kinds = [event["case_kind"] for event in server.events("care.case-opened")]
    assert (kinds.count("emergency"), kinds.count("emergency-rate")) == (10, 7)
