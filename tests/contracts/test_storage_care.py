"""What every store holds of care, on each database: entries by id and by patient, sealed, moved on by compare-and-set."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from broker.care import blocks, decisions
from broker.care.blocks import BlockWish
from broker.care.calling import CareServices, carried_out
from broker.care.changes import (
    CountEmergency,
    KeepTold,
    SameCare,
    SaveAccessFact,
    SaveBlock,
    SaveCareConsent,
    SaveEmergency,
    SaveRelation,
    SaveReviewCase,
    StillUnknown,
)
from broker.care.outbox import BlockDue, BlockSent, BlockUnsent
from broker.keys.sealing import Unsealable
from broker.login.effects import Effects, ForgetPerson, KeepPerson, Overtaken, PersonKey
from broker.storage import care_versions, persons
from broker.storage.database import Unit
from broker.storage.opening import open_storage
from tests.contracts.test_storage_secrecy import dump, forms
from tests.support import care_values as a
from tests.support.databases import NOW
from trust_framework.block_reveal import Level
from trust_framework.blocks import BlockType
from trust_framework.care import EVER, patient_key
from trust_framework.care_access import Access, AccessQuestion
from trust_framework.identifiers import Identifier
from trust_framework.review_cases import CaseKind

KINDS = {
    "block": (a.block, SaveBlock, "block", "blocks_of", {"excluded": frozenset({"lak"})}),
    "consent": (a.consent, SaveCareConsent, "care_consent", "care_consents_of", {"cancelled": a.act(NOW + 1)}),
    "relation": (a.relation, SaveRelation, "relation", "relations_of", {"deleted": a.act(NOW + 1)}),
    "fact": (a.fact, SaveAccessFact, "access_fact", "access_facts_of", {"ended": a.act(NOW + 1), "until": NOW + 1}),
    "emergency": (a.emergency, SaveEmergency, "emergency", "emergencies_of", {"ended_at": NOW + 1}),
    "case": (a.case, SaveReviewCase, "review_case", None, {"closed_at": NOW + 1}),
}


@pytest.fixture
def known(storage):
    """A store that knows two patients."""
    keys = tuple(PersonKey(*patient_key(p)) for p in (a.PATIENT, a.OTHER_PATIENT))
    storage.commit(Effects((KeepPerson("p1", keys[:1]), KeepPerson("p2", keys[1:]))))
    return storage


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


def commit(storage, *changes):
    storage.commit(Effects(changes))


def test_an_entry_comes_back_as_it_was_with_its_patient(known, kind):
    make, save, read, *_ = kind
    value = make()
    commit(known, save(value, "p1"))
    assert getattr(known, read)(value.id) == (value, "p1")
    assert getattr(known, read)("another") is None


def test_a_patients_entries_are_theirs_alone_oldest_first(known, kind):
    make, save, _, of_person, _ = kind
    if of_person is None:
        return
    mine, theirs = make(), make()
    commit(known, save(theirs, "p2"), save(mine, "p1"))
    assert getattr(known, of_person)("p1") == (mine,)
    assert getattr(known, of_person)("nobody") == ()


def test_an_entry_is_moved_on_from_what_was_read_and_from_nothing_else(known, kind):
    make, save, read, _, change = kind
    value = make()
    commit(known, save(value, "p1"))
    after = replace(value, **change)
    commit(known, save(after, "p1", value))
    assert getattr(known, read)(value.id) == (after, "p1")
    with pytest.raises(Overtaken):
        commit(known, save(replace(value, **change), "p1", value))
    with pytest.raises(Overtaken):
        commit(known, save(value, "p1"))
    assert getattr(known, read)(value.id) == (after, "p1")


def test_of_two_at_once_one_is_overtaken(known, kind):
    make, save, _, _, change = kind
    value, outcomes, ready = make(), [], threading.Barrier(2)
    commit(known, save(value, "p1"))

    def move():
        ready.wait()
        try:
            commit(known, save(replace(value, **change), "p1", value))
        except Overtaken:
            outcomes.append("overtaken")
        else:
            outcomes.append("moved")

    threads = [threading.Thread(target=move) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["moved", "overtaken"]


def test_a_patient_without_a_login_becomes_a_person_in_the_same_commit(storage):
    reserve = Identifier("1.2.752.74.9.2", "19121212SF1A")
    block = a.block(patient=reserve)
    assert storage.patient(reserve) is None
    commit(storage, SaveBlock(block, "new"), KeepPerson("new", (PersonKey(*patient_key(reserve)),)))
    assert storage.patient(reserve) == "new"
    assert storage.blocks_of("new") == (block,)


def test_of_two_that_make_a_person_of_one_patient_one_is_overtaken_and_leaves_nothing(storage):
    keys = (PersonKey(*patient_key(a.PATIENT)),)
    one, other = a.block(), a.block()
    commit(storage, KeepPerson("first", keys), SaveBlock(one, "first"))
    with pytest.raises(Overtaken):
        commit(storage, KeepPerson("second", keys), SaveBlock(other, "second"))
    assert storage.block(other.id) is None
    assert storage.blocks_of("second") == ()


def test_nobody_unknown_or_forgotten_gets_an_entry(known, kind):
    make, save, *_ = kind
    with pytest.raises(Overtaken):
        commit(known, save(make(), "unknown"))
    known.forget_person("p1")
    with pytest.raises(Overtaken):
        commit(known, save(make(), "p1"))


def test_forgetting_a_person_takes_all_of_care_along(known, kind):
    make, save, read, of_person, _ = kind
    mine, theirs = make(), make()
    commit(known, save(mine, "p1"), save(theirs, "p2"))
    known.forget_person("p1")
    assert getattr(known, read)(mine.id) is None
    assert getattr(known, read)(theirs.id) == (theirs, "p2")
    assert of_person is None or getattr(known, of_person)("p1") == ()
    assert known.patient(a.PATIENT) is None


def test_no_patient_employee_or_reason_is_in_a_dump(known):
    block = a.block(lifts=(a.lift(a.block(), employee=a.DOCTOR),))
    values = (SaveBlock(block, "p1"), SaveCareConsent(a.consent(), "p1"), SaveRelation(a.relation(), "p1"))
    commit(known, *values, SaveEmergency(a.emergency(), "p1"), SaveReviewCase(a.case(), "p1"), SaveReviewCase(a.case()))
    planted = (a.PATIENT.value, a.OTHER_PATIENT.value, a.NURSE, a.DOCTOR, "Unconscious", "Vårdmedarbetaruppdrag")
    found = dump(known)
    assert [p for p in planted for form in forms(p.encode()) if form in found] == []


@pytest.mark.parametrize("table", ["care_blocks", "care_consents", "care_relations", "care_emergencies", "care_cases"])
def test_a_sealed_entry_moved_to_another_row_does_not_open(known, table):
    make, save, read, *_ = next(k for k in KINDS.values() if k[2] == READ_OF[table])
    one, other = make(), make()
    commit(known, save(one, "p1"), save(other, "p1"))
    first = f"SELECT content FROM {table} ORDER BY id LIMIT 1"  # noqa: S608  # our own names
    known._database.connection().execute(f"UPDATE {table} SET content = ({first})")  # noqa: S608
    with pytest.raises(Unsealable):
        [getattr(known, read)(value.id) for value in (one, other)]


READ_OF = {
    "care_blocks": "block",
    "care_consents": "care_consent",
    "care_relations": "relation",
    "care_emergencies": "emergency",
    "care_cases": "review_case",
}


def test_changed_blocks_come_oldest_change_first_with_lifts_and_what_came_from_elsewhere(known):
    old, lifted, foreign = a.block(), a.block(), a.block(provider=a.OTHER_PROVIDER)
    copied = a.block(registered=a.act(NOW - 99))
    commit(known, *(SaveBlock(b, "p1") for b in (old, lifted, foreign)), SaveBlock(copied, "p2", at=NOW + 3))
    after = replace(lifted, lifts=(a.lift(lifted, registered=a.act(NOW + 5)),))
    commit(known, SaveBlock(after, "p1", lifted))
    assert known.blocks_changed(a.PROVIDER, NOW + 1, EVER, 10) == ((copied, "p2"), (after, "p1"))
    assert known.blocks_changed(a.PROVIDER, NOW + 1, NOW + 5, 10) == ((copied, "p2"),)
    assert known.blocks_changed(a.PROVIDER, NOW, EVER, 1) == ((old, "p1"),)
    assert known.block_instants(a.PROVIDER, NOW, 2) == (NOW, NOW + 3)
    assert {block for block, _ in known.blocks_changed("", NOW, EVER, 10)} == {old, copied, after, foreign}
    assert known.block_instants("", NOW, 10) == (NOW, NOW, NOW + 3, NOW + 5)
    assert known.latest_cancellation(a.PROVIDER) is None
    commit(known, SaveBlock(replace(old, revoked=a.act(NOW + 6)), "p1", old))
    assert known.block_instants(a.PROVIDER, NOW, 9) == (NOW + 3, NOW + 5)


def test_the_latest_cancellation_moves_with_revoked_and_deleted_blocks_and_cancelled_lifts(known):
    one, two, three = a.block(), a.block(), a.block()
    commit(known, *(SaveBlock(b, "p1") for b in (one, two, three)))
    commit(known, SaveBlock(replace(one, revoked=a.act(NOW + 1)), "p1", one))
    assert known.latest_cancellation(a.PROVIDER) == NOW + 1
    commit(known, SaveBlock(replace(two, lifts=(a.lift(two, cancelled=a.act(NOW + 2)),)), "p1", two))
    assert known.latest_cancellation(a.PROVIDER) == NOW + 2
    commit(known, SaveBlock(replace(three, deleted=a.act(NOW + 3)), "p1", three, at=NOW + 9))
    assert known.latest_cancellation(a.PROVIDER) == NOW + 9
    assert known.latest_cancellation(a.OTHER_PROVIDER) is None
    assert known.latest_cancellation("") == NOW + 9


@pytest.mark.parametrize(("read", "kind"), [("care_consents_changed", "consent"), ("relations_changed", "relation")])
def test_changed_consents_and_relations_come_oldest_change_first(known, read, kind):
    make, save, *_ = KINDS[kind]
    one, two = make(registered=a.act(NOW + 2)), make(cancelled=a.act(NOW + 1))
    commit(known, save(one, "p1"), save(two, "p2"), save(make(provider=a.OTHER_PROVIDER), "p1"))
    assert getattr(known, read)(a.PROVIDER, NOW, 10) == ((two, "p2"), (one, "p1"))
    assert getattr(known, read)(a.PROVIDER, NOW + 2, 10) == ((one, "p1"),)


def test_the_cases_about_an_employee_are_counted_by_kind_since_an_instant(known):
    cases = [a.case(opened_at=NOW + n) for n in range(3)]
    commit(known, *(SaveReviewCase(c, "p1") for c in cases), SaveReviewCase(a.case(employee="", patient=None)))
    assert known.review_cases_about(CaseKind.EMERGENCY, a.NURSE, NOW) == 3
    assert known.review_cases_about(CaseKind.EMERGENCY, a.NURSE, NOW + 2) == 1
    assert known.review_cases_about(CaseKind.EMERGENCY_RATE, a.NURSE, NOW) == 0
    assert known.review_cases_about(CaseKind.EMERGENCY, a.DOCTOR, NOW) == 0


def test_a_lift_finds_its_block_and_its_id_is_used_once(known):
    one, other = a.block(), a.block()
    lift = a.lift(one)
    commit(known, SaveBlock(one, "p1"), SaveBlock(other, "p1"))
    lifted = replace(one, lifts=(lift,))
    commit(known, SaveBlock(lifted, "p1", one))
    assert known.block_of_lift(lift.id) == (lifted, "p1")
    assert known.block_of_lift("another") is None
    with pytest.raises(Overtaken):
        commit(known, SaveBlock(replace(other, lifts=(replace(lift, block=other.id),)), "p1", other))
    known.forget_person("p1")
    assert known.block_of_lift(lift.id) is None


def test_a_case_about_nobody_in_particular_outlives_persons(known):
    case = a.case(patient=None)
    commit(known, SaveReviewCase(case))
    known.forget_person("p1")
    assert known.review_case(case.id) == (case, "")


def test_of_emergencies_counted_at_once_each_is_counted(known):
    for seen in range(2):
        commit(known, CountEmergency(a.NURSE, seen))
        with pytest.raises(Overtaken):
            commit(known, CountEmergency(a.NURSE, seen))
    assert (known.emergencies_counted(a.NURSE), known.emergencies_counted(a.DOCTOR)) == (2, 0)


def test_the_version_of_a_patient_grows_with_every_change_and_holds_a_decision_to_it(known):
    assert known.care_version("p1") == 0
    commit(known, SaveBlock(a.block(), "p1"), SaveRelation(a.relation(), "p2"))
    commit(known, SaveEmergency(a.emergency(), "p1"), SaveCareConsent(a.consent(), "p1"))
    assert (known.care_version("p1"), known.care_version("p2")) == (3, 1)
    commit(known, SameCare("p1", 3))
    with pytest.raises(Overtaken):
        commit(known, SameCare("p1", 2))
    known.forget_person("p1")
    assert known.care_version("p1") == 0


@pytest.mark.parametrize("version", [0, 1])
def test_nothing_of_the_patient_changes_while_a_decision_is_recorded(known, version):
    block, order = a.block(), []
    if version:
        commit(known, SaveBlock(a.block(), "p1"))

    def change():
        commit(known, SaveBlock(block, "p1"))
        order.append("changed")

    changing = threading.Thread(target=change)
    with Unit(known._database) as unit:
        care_versions.require(unit, SameCare("p1", version))
        changing.start()
        changing.join(0.2)
        order.append("recorded")
    changing.join()
    assert order == ["recorded", "changed"]
    assert known.care_version("p1") == version + 1


@pytest.mark.parametrize("version", [0, 1])
def test_of_an_erasure_and_a_block_at_once_one_gives_way(known, version):
    """A block that is entered while it is looked what stands against erasing its patient never goes with the patient."""
    if version:
        commit(known, SaveRelation(a.relation(), "p1"))
    outcomes, ready = {}, threading.Barrier(2)

    def do(name, *changes):
        ready.wait()
        try:
            commit(known, *changes)
            outcomes[name] = "done"
        except Overtaken:
            outcomes[name] = "overtaken"

    erased = (SameCare("p1", version), ForgetPerson("p1", NOW))
    threads = [
        threading.Thread(target=do, args=(name, *changes))
        for name, changes in (("erased", erased), ("blocked", (SaveBlock(a.block(), "p1"),)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes.values()) == ["done", "overtaken"]
    stands = [block.stands for block in known.blocks_of("p1")]
    assert stands == ([True] if outcomes["blocked"] == "done" else [])
    assert (known.patient(a.PATIENT) is None) is (outcomes["erased"] == "done")


RESERVE = Identifier("1.2.752.74.9.2", "19121212SF1A")
RESERVE_KEY = PersonKey(*patient_key(RESERVE))


def test_a_decision_about_nobody_known_holds_only_while_nobody_is(storage):
    commit(storage, StillUnknown(RESERVE_KEY), StillUnknown(RESERVE_KEY))
    assert storage.patient(RESERVE) is None
    commit(storage, KeepPerson("new", (RESERVE_KEY,)))
    with pytest.raises(Overtaken):
        commit(storage, StillUnknown(RESERVE_KEY))
    assert storage.patient(RESERVE) == "new"


def test_the_first_block_of_a_patient_waits_for_a_decision_that_is_being_recorded(storage):
    order = []

    def first_block():
        commit(storage, KeepPerson("new", (RESERVE_KEY,)), SaveBlock(a.block(patient=RESERVE), "new"))
        order.append("blocked")

    blocking = threading.Thread(target=first_block)
    with Unit(storage._database) as unit:
        persons.require_unknown(unit, StillUnknown(RESERVE_KEY))
        blocking.start()
        blocking.join(0.2)
        order.append("recorded")
    blocking.join()
    assert order == ["recorded", "blocked"]
    assert len(storage.blocks_of("new")) == 1


def test_what_somebody_was_told_counts_for_a_while_for_them_in_that_commission_alone(known, clock):
    nurse = a.actor(commission="SE2321000016-A1")
    assert known.told_of_blocks(nurse, "p1") is Level.NOTHING
    commit(known, KeepTold(nurse, "p1", Level.EXISTS, NOW + 10))
    commit(known, KeepTold(nurse, "p1", Level.WHERE, NOW + 20))
    others = (replace(nurse, employee=a.DOCTOR), replace(nurse, commission="SE2321000016-A2"))
    assert [known.told_of_blocks(each, "p1") for each in others] == [Level.NOTHING] * 2
    assert known.told_of_blocks(nurse, "p2") is Level.NOTHING
    clock.now += 19
    assert known.told_of_blocks(nurse, "p1") is Level.WHERE
    clock.now += 1
    assert known.told_of_blocks(nurse, "p1") is Level.NOTHING
    clock.now -= 1
    known.forget_person("p1")
    assert known.told_of_blocks(nurse, "p1") is Level.NOTHING


def test_a_decision_about_who_was_forgotten_is_not_recorded(known):
    commit(known, SaveBlock(a.block(), "p1"))
    known.forget_person("p1")
    with pytest.raises(Overtaken):
        commit(known, SameCare("p1", 1))


class TestFacts:
    def test_a_providers_own_fact_comes_back_with_nobody_and_is_moved_on_from_what_was_read(self, known):
        fact = a.fact(patient=None)
        commit(known, SaveAccessFact(fact))
        assert known.access_fact(fact.id) == (fact, "")
        assert known.access_facts_of_provider(a.PROVIDER) == (fact,)
        assert known.access_facts_of_provider(a.OTHER_PROVIDER) == known.access_facts_of("") == ()
        ended = replace(fact, ended=a.act(), until=NOW)
        commit(known, SaveAccessFact(ended, before=fact))
        assert known.access_facts_of_provider(a.PROVIDER) == (ended,)
        for change in (SaveAccessFact(fact, before=fact), SaveAccessFact(fact)):
            with pytest.raises(Overtaken):
                commit(known, change)
        assert known.care_version(a.PROVIDER) == known.care_version("xx") == 2

    def test_at_a_provider_its_own_facts_are_read_and_those_of_some_kinds_that_others_have_not_ended(self, known):
        own = [
            a.fact(patient=None, kind=kind, provider=of, registered=a.act(NOW + n), ended=ended)
            for n, (kind, of, ended) in enumerate(
                (
                    ("plain", a.PROVIDER, None),
                    ("plain", a.PROVIDER, a.act()),
                    ("plain", a.OTHER_PROVIDER, None),
                    ("wide", a.OTHER_PROVIDER, None),
                    ("wide", a.OTHER_PROVIDER, a.act()),
                )
            )
        ]
        commit(known, *map(SaveAccessFact, own))
        assert known.access_facts_at(a.PROVIDER, {"wide", "other"}) == (*own[:2], own[3])
        assert known.access_facts_at(a.PROVIDER, ()) == tuple(own[:2])

    @pytest.mark.parametrize("earlier", [0, 1])
    @pytest.mark.parametrize("person", ["p1", ""], ids=["a patient's", "the provider's"])
    def test_of_several_that_were_judged_by_the_same_one_is_kept(self, known, person, earlier):
        of = {} if person else {"patient": None}
        for _ in range(earlier):
            commit(known, SaveAccessFact(a.fact(**of), person))
        outcomes, ready = [], threading.Barrier(3)

        def enter():
            ready.wait()
            try:
                commit(known, SaveAccessFact(a.fact(**of), person, seen=earlier))
                outcomes.append("kept")
            except Overtaken:
                outcomes.append("overtaken")

        threads = [threading.Thread(target=enter) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["kept", "overtaken", "overtaken"]
        kept = known.access_facts_of(person) if person else known.access_facts_of_provider(a.PROVIDER)
        assert len(kept) == earlier + 1

    def test_a_code_is_found_by_its_keyed_hash_alone(self, known):
        assert known.access_code("f", "123456") == known.access_code("f", "123456")
        assert len({known.access_code(f, c) for f in "fg" for c in ("123456", "123457")}) == 4


class TestOutbox:
    def test_a_block_of_ours_waits_once_however_often_it_changes_a_copy_never(self, known):
        ours, copy = a.block(), a.block(local=False)
        commit(known, SaveBlock(ours, "p1"), SaveBlock(copy, "p1"))
        commit(known, SaveBlock(replace(ours, deleted=a.act()), "p1", ours))
        assert known.blocks_due(9) == (BlockDue(ours.id, 2),)
        assert known.copies_standing("", NOW + 1, 9) == ((copy.id, copy.provider),)
        assert known.copies_standing("", NOW, 9) == known.copies_standing(copy.id, NOW + 1, 9) == ()
        commit(known, SaveBlock(replace(copy, revoked=a.act()), "p1", copy))
        assert known.copies_standing("", NOW + 1, 9) == ()

    def test_one_told_of_is_gone_unless_it_has_changed_meanwhile(self, known):
        block = a.block()
        commit(known, SaveBlock(block, "p1"))
        (due,) = known.blocks_due(9)
        commit(known, SaveBlock(replace(block, deleted=a.act()), "p1", block))
        commit(known, BlockSent(due))
        (again,) = known.blocks_due(9)
        commit(known, BlockSent(again))
        assert known.blocks_due(9) == ()

    def test_one_that_failed_waits_with_its_error_and_a_change_makes_it_due(self, known, clock):
        block = a.block()
        commit(known, SaveBlock(block, "p1"))
        commit(known, BlockUnsent(known.blocks_due(9)[0], NOW + 30, "connection"))
        assert known.blocks_due(9) == ()
        clock.now += 30
        assert known.blocks_due(9) == (BlockDue(block.id, 1, 1, "connection"),)
        commit(known, SaveBlock(replace(block, deleted=a.act()), "p1", block))
        clock.now -= 30
        assert known.blocks_due(9) == (BlockDue(block.id, 2, 0, "connection"),)

    def test_a_forgotten_patients_waits_no_more(self, known):
        commit(known, SaveBlock(a.block(), "p1"))
        known.forget_person("p1")
        assert known.blocks_due(9) == ()


class TestTwoNodes:
    """Two nodes of one installation, with a store each, on one database."""

    @pytest.fixture
    def nodes(self, known, store_settings, clock):
        other = open_storage(store_settings, clock=clock)
        yield known, other
        other.close()

    def test_one_sees_what_the_other_wrote(self, nodes):
        one, other = nodes
        block = a.block()
        commit(one, SaveBlock(block, "p1"))
        assert other.block(block.id) == (block, "p1")
        commit(other, SaveBlock(replace(block, deleted=a.act()), "p1", block))
        assert not one.block(block.id)[0].stands
        with pytest.raises(Overtaken):
            commit(one, SameCare("p1", 1))

    def test_the_same_block_of_a_new_patient_sent_to_both_at_once_is_one_block_of_one_person(self, nodes):
        patient = RESERVE
        wish = BlockWish(a.new_id(), BlockType.INNER, patient, a.PROVIDER, a.UNIT, entered=a.entered())
        done, ready = [], threading.Barrier(2)

        def send(store):
            on = CareServices(store, a.register())
            ready.wait()
            done.append(carried_out(lambda: blocks.register(wish, a.client(), on, NOW), store).result)

        threads = [threading.Thread(target=send, args=(store,)) for store in nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert done[0] == done[1]
        person = nodes[0].patient(patient)
        assert nodes[1].blocks_of(person) == (done[0],)

    def test_two_first_blocks_of_a_new_patient_at_both_at_once_are_two_of_one_person(self, nodes):
        done, ready = [], threading.Barrier(2)

        def send(store, unit):
            wish = BlockWish(a.new_id(), BlockType.INNER, RESERVE, a.PROVIDER, unit, entered=a.entered())
            on = CareServices(store, a.register())
            ready.wait()
            done.append(carried_out(lambda: blocks.register(wish, a.client(), on, NOW), store).result)

        together(partial(send, nodes[0], a.UNIT), partial(send, nodes[1], a.OTHER_UNIT))
        assert set(nodes[0].blocks_of(nodes[0].patient(RESERVE))) == set(done)
        assert len(done) == 2

    def test_a_decision_and_the_first_block_at_once_come_one_after_the_other(self, nodes):
        on = [CareServices(store, a.register(relation_needed=False)) for store in nodes]
        asker = a.actor(unit=a.OTHER_UNIT, commission="SE2321000016-A1")
        question = AccessQuestion(asker, RESERVE, (a.resource(),))
        wish = BlockWish(a.new_id(), BlockType.INNER, RESERVE, a.PROVIDER, a.UNIT, entered=a.entered())
        ready, answers, order = threading.Barrier(2), [], []

        def block():
            ready.wait()
            carried_out(lambda: blocks.register(wish, a.client(), on[0], NOW), nodes[0])
            order.append("blocked")

        def decide():
            ready.wait()
            for _ in range(20):
                asked_after = "blocked" in order
                (ruling,) = decisions.answered(question, a.client(), on[1], NOW)
                answers.append((asked_after, ruling.access))

        together(block, decide)
        assert {access for blocked, access in answers if blocked} <= {Access.BLOCKED}
        (last,) = decisions.answered(question, a.client(), on[1], NOW)
        assert last.access is Access.BLOCKED


def together(*calls):
    """Make calls at the same time; what one raises is raised."""
    with ThreadPoolExecutor(len(calls)) as threads:
        for each in [threads.submit(call) for call in calls]:
            each.result()
