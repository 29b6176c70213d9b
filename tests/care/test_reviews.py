"""Reviews of a care provider's log: what they draw of stored accesses, who may see and sign them, and what is recorded."""

import hmac
import json
from dataclasses import replace
from datetime import datetime
from itertools import islice

import pytest

from broker.care import cases, review_drawing, reviews
from broker.care.access_values import StoreAccess
from broker.care.calling import Caller, CallerKind, CareRefused, carried_out
from broker.care.cases import Deed, Question
from broker.care.changes import SaveRelation
from broker.care.filings import CasesAsked, ReviewServices
from broker.jobs import reviews as jobs
from broker.login.effects import Effects, ForgetPerson, Overtaken, PersonKey
from broker.storage.database import Database
from broker.storage.persons import Listed
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.reviewing import draw, seal
from trust_framework.access_log import AccessSought
from trust_framework.care import Activity, Period, patient_key
from trust_framework.days import ZONE
from trust_framework.directory import Commission, StaffEntry
from trust_framework.identifiers import Identifier, luhn
from trust_framework.log_drawing import Selection
from trust_framework.log_review import RULE_IDS, Limits
from trust_framework.persons import Person
from trust_framework.review_cases import CaseKind, Outcome

NOON = int(datetime(2026, 11, 24, 12, tzinfo=ZONE).timestamp())
LATER = NOON + 3600
DAY = 86_400
WHOLE = Selection(a.PROVIDER, NOON - 30 * DAY, LATER, percent=0)


def commission(unit: str = a.UNIT) -> Commission:
    return Commission("SE2321000016-A1", {"healthCareProviderHsaId": (a.PROVIDER,), "healthCareUnitHsaId": (unit,)})


def listed(number, sn: str, *staff: StaffEntry, protected: bool = False, deceased: bool = False) -> Listed:
    keys = tuple(PersonKey("employeeHsaId", one.hsa_id) for one in staff)
    return Listed(
        (PersonKey(*patient_key(number)), *keys), Person("", {"sn": (sn,)}, protected, deceased=deceased), staff
    )


class World:
    """A store with a nurse, two patients and a reviewer, and calls on it."""

    def __init__(self, store) -> None:
        self.store, self.on = store, ReviewServices(store, a.register(), 1)
        self.people()
        self.who = Caller(CallerKind.STAFF, "p-asta", "2321000016", providers=frozenset({a.PROVIDER}))

    def people(self, sn: str = "Berg", *, protected: bool = False, deceased: bool = False, unit: str = a.UNIT) -> None:
        nurse = StaffEntry(a.NURSE, {}, (commission(unit),))
        patient = listed(a.PATIENT, sn, protected=protected, deceased=deceased)
        self.store.save_directory((patient, listed(a.NURSES_NUMBER, "Lind", nurse)))

    @property
    def patient(self) -> str:
        return self.store.patient(a.PATIENT)

    @property
    def nurse(self) -> str:
        return self.store.patient(a.NURSES_NUMBER)

    def read(self, *patients, at: int = NOON, **more) -> None:
        """Accesses of the nurse to patients."""
        records = tuple(record(resource(each), at=at, **more) for each in patients or (a.PATIENT,))
        self.store.commit(Effects((StoreAccess(records, at, "journal"),)))

    def relate(self) -> None:
        there = a.relation(unit=a.UNIT, period=Period(NOON - DAY, LATER))
        self.store.commit(Effects((SaveRelation(there, self.patient),)))

    def ask(self, selection: Selection = WHOLE, who=None):
        return carried_out(lambda: reviews.ask(selection, who or self.who, self.on, LATER), self.store).result

    def make(self, selection: Selection = WHOLE, who=None):
        """A review that is drawn."""
        asked = self.ask(selection, who)
        draw(self.store, self.on.register)
        return self.store.log_review(asked.id)

    def cases(self, review: str = ""):
        return self.store.review_cases(CasesAsked(a.PROVIDER, review=review, count=500)).rows

    def act(self, case: str, deed: Deed, person: str = "p-asta", at: int = LATER):
        who = replace(self.who, person=person)
        return carried_out(lambda: cases.act(case, deed, who, self.on, at), self.store).result


@pytest.fixture
def world(sqlite_storage):
    return World(sqlite_storage)


def rules_found(world, **more) -> tuple[str, ...]:
    review = world.make(replace(WHOLE, **more))
    return tuple(rule for case, _ in world.cases(review.id) for rule in case.rules)


# --- what is drawn


def test_an_access_within_a_relation_and_working_hours_is_not_drawn(world):
    world.relate()
    world.read()
    assert rules_found(world) == ()


@pytest.mark.parametrize(("rules", "found"), [("se", ("no-relation",)), ("tr", ()), ("xx", ("no-relation",))])
def test_a_relation_is_missed_only_where_the_providers_rules_ask_for_one(world, rules, found):
    register = replace(world.on.register, providers={a.PROVIDER: a.provider(rules=rules)})
    world.on = replace(world.on, register=register)
    world.read()
    assert rules_found(world) == found


def test_a_case_says_whose_access_to_whom_where_and_by_which_rule(world):
    world.read(at=NOON)
    review = world.make()
    ((case, person),) = world.cases(review.id)
    assert (case.kind, case.rules, case.employee, case.unit) == (CaseKind.RULE, ("no-relation",), a.NURSE, a.UNIT)
    assert (case.patient, person, case.review) == (a.PATIENT, world.patient, review.id)
    assert world.store.access_row(case.about).record.user == a.NURSE
    assert (review.examined, review.drawn, review.sampled) == (1, 1, 0)


SEEDED = {
    "emergency": lambda w: w.read(activity=Activity.EMERGENCY.value),
    "own-record": lambda w: w.read(a.NURSES_NUMBER),
    "colleague": lambda w: (w.colleague(), w.read(a.OTHER_PATIENT)),
    "same-name": lambda w: (w.people("Berg-Lind"), w.read()),
    "watched": lambda w: (w.watch(), w.read()),
    "protected": lambda w: (w.people(protected=True), w.read()),
    "no-relation": lambda w: w.read(),
    "other-unit": lambda w: (w.people(unit=a.OTHER_UNIT), w.read()),
    "unknown-employee": lambda w: w.read(user="SE2321000016-NOBODY"),
    "odd-hours": lambda w: w.read(at=NOON - 10 * 3600),
    "patient-asked": lambda w: (w.read(), w.question()),
    "returning": lambda w: [w.read(at=NOON - n * DAY) for n in range(8)],
    "deceased": lambda w: (w.people(deceased=True), w.read()),
    "many-patients": lambda w: [w.read(patient, at=NOON + n) for n, patient in enumerate(a.numbers(21))],
}


def _colleague(self) -> None:
    other = StaffEntry(a.DOCTOR, {}, (commission(),))
    nurse = StaffEntry(a.NURSE, {}, (commission(),))
    self.store.save_directory((listed(a.NURSES_NUMBER, "Lind", nurse), listed(a.OTHER_PATIENT, "Ek", other)))


def _watch(self) -> None:
    carried_out(lambda: reviews.watch(self.patient, a.PROVIDER, self.who, self.on, NOON), self.store)


def _ask(self) -> None:
    (row,) = self.store.access_page(AccessSought(provider=a.PROVIDER)).rows
    question = Question(row.id, a.PROVIDER, a.PATIENT, "Varför?", a.NURSE, a.UNIT)
    who = Caller(CallerKind.PATIENT, self.patient)
    carried_out(lambda: cases.ask(question, who, self.on, NOON), self.store)


World.colleague, World.watch, World.question = _colleague, _watch, _ask


@pytest.mark.spec("design.md", "log review")
@pytest.mark.parametrize("rule", SEEDED)
def test_fourteen_patterns_of_misuse_in_the_log_become_cases(world, rule):
    SEEDED[rule](world)
    assert rule in rules_found(world, rules=(rule,))
    other = "watched" if rule != "watched" else "deceased"
    assert rules_found(world, rules=(other,)) == ()


def test_the_sample_of_a_review_can_be_drawn_again_from_its_seed(world):
    for n in range(40):
        world.read(at=NOON + n)
    review = world.make(replace(WHOLE, percent=20, rules=()))
    first = {case.about for case, _ in world.cases(review.id)}
    rows = world.store.access_page(AccessSought(provider=a.PROVIDER), None, 500).rows
    key = review.seed.encode()
    again = sorted((row.id for row in rows), key=lambda id_: hmac.digest(key, id_.encode(), "sha256"))[:8]
    assert set(again) == first
    assert len(first) == review.sampled == review.sample == 8
    assert all(case.kind is CaseKind.SAMPLED for case, _ in world.cases(review.id))


def test_a_review_of_one_unit_leaves_the_others_out(world):
    world.read()
    world.read(unit=a.OTHER_UNIT)
    assert world.make(replace(WHOLE, unit=a.OTHER_UNIT)).examined == 1
    assert world.make(replace(WHOLE, unit=a.OTHER_UNIT.lower())).examined == 1


REFUSED = [
    (replace(WHOLE, provider=a.OTHER_PROVIDER), "unknown-provider"),
    (replace(WHOLE, provider="SE2321000016-NONE"), "unknown-provider"),
    (replace(WHOLE, until=WHOLE.since - 1), "bad-period"),
    (replace(WHOLE, until=WHOLE.since + reviews.LONGEST + 1), "bad-period"),
    (replace(WHOLE, unit=a.FAR_UNIT), "unknown-unit"),
    (replace(WHOLE, percent=101), "bad-selection"),
    (replace(WHOLE, percent=-1), "bad-selection"),
    (replace(WHOLE, rules=("none",)), "bad-selection"),
    (replace(WHOLE, most=0), "bad-selection"),
    (replace(WHOLE, most=reviews.MOST_CASES + 1), "bad-selection"),
]


@pytest.mark.parametrize(("selection", "why"), REFUSED)
def test_a_review_that_cannot_be_made_is_refused_and_leaves_nothing(world, selection, why):
    with pytest.raises(CareRefused) as refused:
        world.ask(selection)
    assert refused.value.reason == why
    assert world.store.log_reviews(a.PROVIDER).rows == ()


def test_so_many_reviews_are_drawn_at_a_time(world, monkeypatch):
    monkeypatch.setattr(reviews, "MOST_DRAWING", 2)
    world.ask()
    world.ask()
    with pytest.raises(CareRefused, match="many-drawing"):
        world.ask()
    draw(world.store, world.on.register)
    assert world.make().drawn == 0


def test_a_review_gives_no_more_cases_than_asked_for_and_says_what_it_left_out(world, monkeypatch):
    monkeypatch.setattr(reviews, "_PAGE", 3)
    for n in range(9):
        world.read(at=NOON + n)
    review = world.make(replace(WHOLE, most=4, percent=100))
    assert len(world.cases(review.id)) == review.drawn == 4
    assert (review.examined, review.hit, review.sample, review.left_out) == (9, 9, 9, True)
    assert review.matched == {"no-relation": 9}
    assert reviews.reported(review, world.on).open == 4
    (made,) = events(world, "care.review-made")
    assert (made["examined"], made["hit"], made["sample"], made["most"], made["drawn"]) == (9, 9, 9, 4, 4)
    assert not world.make(replace(WHOLE, most=9)).left_out


# --- in portions


@pytest.fixture
def small(monkeypatch):
    """Portions of two accesses and three cases."""
    monkeypatch.setattr(review_drawing, "PORTION", 2)
    monkeypatch.setattr(review_drawing, "AT_ONCE", 3)


def test_what_is_drawn_in_small_portions_is_what_is_drawn_at_once(world, monkeypatch):
    patients = a.numbers(23)
    for day in range(6):
        world.read(*patients[:3], at=NOON - day * DAY)
    world.read(*patients, at=NOON + 1800)
    world.read(*patients[:5], at=NOON + 3600)
    at_once = world.make(replace(WHOLE, percent=10))
    monkeypatch.setattr(review_drawing, "PORTION", 3)
    monkeypatch.setattr(review_drawing, "AT_ONCE", 3)
    in_portions = world.make(replace(WHOLE, percent=10))
    assert in_portions.matched == at_once.matched
    assert set(in_portions.matched) >= {"no-relation", "many-patients", "returning"}
    rules = [
        {case.about: case.rules for case, _ in world.cases(one.id) if case.rules} for one in (at_once, in_portions)
    ]
    assert rules[0] == rules[1]


def test_of_an_hour_with_many_portions_the_database_finds_the_crowds_a_few_times_and_not_for_each(world, monkeypatch):
    monkeypatch.setattr(review_drawing, "PORTION", 2)
    wanted = replace(WHOLE, rules=("many-patients",), limits=Limits(patients=3, within=600))
    for n, patient in enumerate(a.numbers(30)):
        world.read(patient, at=NOON - DAY + n * (60 if n < 20 else 300))
    asked = []
    crowds = world.store.access_crowds
    monkeypatch.setattr(world.store, "access_crowds", lambda *of: asked.append(of[1:]) or crowds(*of))
    review = world.make(wanted)
    assert review.examined == 30
    assert review.matched == {"many-patients": 20}
    assert len(asked) == 7  # of fifteen portions
    assert all(until - since >= 600 for since, until in asked)


def steps(world):
    """The drawing of the one review, a step at a time, as jobs of two nodes would do it."""
    while found := world.store.log_reviews_drawing(1):
        (review,) = found
        provider = world.on.register.providers[a.PROVIDER]
        yield review, review_drawing.step(review, review.drawing, provider, world.on, LATER).effects


def test_a_node_that_dies_at_any_step_leaves_a_drawing_that_another_goes_on_with(world, small):
    for n in range(7):
        world.read(at=NOON + n)
    asked = world.ask(replace(WHOLE, percent=50))
    seal(world.store)
    for _, effects in steps(world):
        assert effects.changes  # made by a node that dies before it commits it
        jobs.draw(world.store, lambda: world.on)
    review = world.store.log_review(asked.id)
    assert (review.examined, review.drawn, review.sample) == (7, 7, 4)
    assert len(world.cases(review.id)) == 7
    assert [each["seed"] for each in events(world, "care.review-begun", "care.review-made")] == [review.seed] * 2


def test_of_two_nodes_at_the_same_step_one_goes_on_and_the_other_has_done_nothing(world, small):
    for n in range(7):
        world.read(at=NOON + n)
    asked = world.ask()
    seal(world.store)
    refused = 0
    for _, effects in steps(world):
        world.store.commit(effects)
        with pytest.raises(Overtaken):
            world.store.commit(effects)
        refused += 1
    review = world.store.log_review(asked.id)
    assert len(world.cases(review.id)) == review.drawn == 7
    assert refused > 10
    assert len(events(world, "care.review-made")) == 1


def test_what_is_stored_while_a_review_is_drawn_is_not_looked_at(world, small):
    for n in range(3):
        world.read(at=NOON + n)
    asked = world.ask(replace(WHOLE, rules=()))
    seal(world.store)
    jobs.draw(world.store, lambda: world.on)
    world.read(at=NOON + 1)
    world.read(at=NOON + 99)
    draw(world.store, world.on.register)
    review = world.store.log_review(asked.id)
    assert review.examined == 3
    assert 0 < review.log_size < world.store.log_state().size


def test_a_patient_who_is_forgotten_while_a_review_is_drawn_is_left_out(world, small):
    world.read()
    world.read(a.OTHER_PATIENT)
    asked = world.ask()
    seal(world.store)
    while world.store.log_review(asked.id).drawing.chosen is None:
        jobs.draw(world.store, lambda: world.on)
    world.store.commit(Effects((ForgetPerson(world.patient, LATER),)))
    draw(world.store, world.on.register)
    ((case, _),) = world.cases(asked.id)
    assert case.patient == a.OTHER_PATIENT
    assert world.store.log_review(asked.id).drawn == 1


def test_a_review_whose_provider_is_not_in_the_register_waits(world):
    world.read()
    asked = world.ask()
    seal(world.store)
    gone = replace(world.on, register=replace(world.on.register, providers={}))
    jobs.draw(world.store, lambda: gone)
    assert world.store.log_review(asked.id) == asked
    draw(world.store, world.on.register)
    assert world.store.log_review(asked.id).drawn == 1


def test_a_report_is_not_signed_while_the_review_is_drawn(world, small):
    for n in range(5):
        world.read(at=NOON + n)
    asked = world.ask()
    seal(world.store)
    with pytest.raises(CareRefused, match="drawing"):
        reviews.sign_off(asked.id, world.who, world.on, LATER)
    while not world.cases(asked.id):
        jobs.draw(world.store, lambda: world.on)
    first = world.cases(asked.id)
    assert len(first) == 3
    for case, _ in first:  # the first cases may be looked at already
        world.act(case.id, Deed("assess", "Sökte vård.", Outcome.JUSTIFIED))
    with pytest.raises(CareRefused, match="drawing"):
        reviews.sign_off(asked.id, world.who, world.on, LATER)
    draw(world.store, world.on.register)
    with pytest.raises(CareRefused, match="cases-open 2"):
        reviews.sign_off(asked.id, world.who, world.on, LATER)


def test_of_two_reviewers_of_a_case_the_second_is_told_that_the_first_was_there(world):
    world.read()
    ((case, _),) = world.cases(world.make().id)
    one, two = (replace(world.who, person=person) for person in ("p-asta", "p-birk"))
    deed = Deed("assess", "Sökte vård.", Outcome.JUSTIFIED)
    late = cases.act(case.id, deed, two, world.on, LATER).effects
    carried_out(lambda: cases.act(case.id, deed, one, world.on, LATER), world.store)
    with pytest.raises(Overtaken):
        world.store.commit(late)
    with pytest.raises(CareRefused, match="case-closed"):
        carried_out(lambda: cases.act(case.id, deed, two, world.on, LATER), world.store)


# --- signing off


def test_a_report_is_signed_off_when_every_case_has_its_outcome(world):
    world.read()
    review = world.make()
    ((case, _),) = world.cases(review.id)
    with pytest.raises(CareRefused, match="cases-open"):
        reviews.sign_off(review.id, world.who, world.on, LATER)
    world.act(case.id, Deed("assess", "Sökte vård samma dag.", Outcome.JUSTIFIED))

    told = carried_out(lambda: reviews.sign_off(review.id, world.who, world.on, LATER + 5), world.store).result

    kept = world.store.log_review(review.id)
    assert (kept.reported_at, kept.digest) == (LATER + 5, told.digest)
    assert reviews.reported(kept, world.on).digest == kept.digest
    with pytest.raises(CareRefused, match="reported-already"):
        reviews.sign_off(review.id, world.who, world.on, LATER + 6)
    assert events(world, "care.review-reported")[-1]["digest"] == told.digest
    assert events(world, "care.review-made")[-1]["seed"] == review.seed


def events(world, *names):
    """Events of these names, sealed ones first."""
    leaves = [*(row.leaf for row in world.store.log_rows()), *world.store.log_pending()]
    return [event for event in map(json.loads, leaves) if event["event"] in names]


def test_another_providers_review_is_as_missing_as_none(world):
    world.read()
    review = world.make()
    others = replace(world.who, providers=frozenset({a.OTHER_PROVIDER}))
    for id_, who in ((review.id, others), ("none", world.who)):
        with pytest.raises(CareRefused, match="NOTFOUND"):
            reviews.found(id_, who, world.on)
        with pytest.raises(CareRefused, match="NOTFOUND"):
            reviews.sign_off(id_, who, world.on, LATER)


def test_the_watch_list_is_one_providers_and_its_changes_are_recorded(world):
    world.watch()
    world.watch()
    assert world.store.watched(a.PROVIDER) == {world.patient}
    assert world.store.watched(a.OTHER_PROVIDER) == frozenset()
    carried_out(lambda: reviews.watch(world.patient, a.PROVIDER, world.who, world.on, LATER, off=True), world.store)
    assert world.store.watched(a.PROVIDER) == frozenset()
    assert [event["act"] for event in events(world, "care.watch-changed")] == ["on", "on", "off"]
    with pytest.raises(CareRefused, match="NOTFOUND"):
        reviews.watch(world.patient, a.OTHER_PROVIDER, world.who, world.on, LATER)


# --- cases


def asked(world, about: str = "1", words: str = "Varför?", who: Caller | None = None, provider: str = a.PROVIDER):
    question = Question(about, provider, a.PATIENT, words, a.NURSE, a.UNIT)
    caller = who or Caller(CallerKind.PATIENT, world.patient)
    return carried_out(lambda: cases.ask(question, caller, world.on, NOON), world.store).result


def test_a_patient_asks_once_about_an_access_and_is_answered_word_for_word(world):
    case = asked(world)
    assert asked(world).id == case.id
    world.act(case.id, Deed("answer", "Du sökte vård den dagen."))
    world.act(case.id, Deed("assess", "Rätt enhet.", Outcome.JUSTIFIED))
    (kept,) = world.store.review_cases_of(world.patient)
    assert [(act.what, act.note) for act in kept.acts] == [
        ("opened", "Varför?"), ("answered", "Du sökte vård den dagen."), ("closed", "Rätt enhet."),
    ]  # fmt: skip
    assert asked(world).id != case.id
    assert events(world, "care.case-opened")[0]["case_kind"] == "patient-asks"
    assert [event["act"] for event in events(world, "care.case-acted")] == ["answered", "closed"]
    assert "Rätt enhet" not in str(world.store.log_pending())


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"words": " "}, "no-reason"),
        ({"words": "x" * (cases.LONGEST_QUESTION + 1)}, "reason-too-long"),
        ({"provider": "SE2321000016-NONE"}, "unknown"),
        ({"who": Caller(CallerKind.STAFF, "p-asta")}, "unknown"),
        ({"who": Caller(CallerKind.PATIENT, "")}, "unknown"),
    ],
)
def test_a_question_that_is_none_is_refused(world, more, why):
    with pytest.raises(CareRefused, match=why):
        asked(world, **more)


def test_a_patient_has_so_many_questions_at_a_time(world, monkeypatch):
    monkeypatch.setattr(cases, "MOST_OPEN", 1)
    asked(world, "1")
    with pytest.raises(CareRefused, match="too-many-questions"):
        asked(world, "2")


@pytest.mark.spec("CB", "05")
def test_nobody_reviews_what_they_read_themselves(world):
    world.read()
    review = world.make()
    ((case, _),) = world.cases(review.id)
    for deed in (Deed("take"), Deed("note", "x"), Deed("assess", "x", Outcome.JUSTIFIED), Deed("reopen", "x")):
        with pytest.raises(CareRefused) as refused:
            world.act(case.id, deed, person=world.nurse)
        assert refused.value.reason in {"own-access", "case-open"}
    with pytest.raises(CareRefused, match="own-record"):
        world.act(case.id, Deed("take"), person=world.patient)


@pytest.mark.spec("IS", "21")
def test_an_access_under_an_id_that_nobody_is_known_by_is_looked_at_by_two_since_it_may_be_the_reviewers_own(world):
    world.read(user="SE2321000016-NOBODY")
    ((case, _),) = world.cases(world.make(replace(WHOLE, rules=("unknown-employee",))).id)
    found = world.act(case.id, Deed("assess", "Finns inte i schemat.", Outcome.JUSTIFIED))
    assert found.closed_at is None
    for outcome in (Outcome.JUSTIFIED, Outcome.SUSPECTED):
        with pytest.raises(CareRefused, match="second-person"):
            world.act(case.id, Deed("assess", "Säkert.", outcome))
    done = world.act(case.id, Deed("assess", "Vikarie, enligt chefen.", Outcome.JUSTIFIED), person="p-birk")
    assert done.closed_at == LATER


@pytest.mark.spec("IS", "21")
def test_who_is_found_to_be_the_employee_afterwards_does_not_review_it(world):
    world.read(user="SE2321000016-NOBODY")
    ((case, _),) = world.cases(world.make(replace(WHOLE, rules=("unknown-employee",))).id)
    temporary = StaffEntry("SE2321000016-NOBODY", {}, (commission(),))
    world.store.save_directory((listed(a.NURSES_NUMBER, "Lind", temporary),))
    with pytest.raises(CareRefused, match="own-access"):
        world.act(case.id, Deed("take"), person=world.nurse)
    assert world.act(case.id, Deed("assess", "Vikarie.", Outcome.JUSTIFIED)).closed_at == LATER


def test_a_suspicion_needs_a_second_person(world):
    world.read()
    ((case, _),) = world.cases(world.make().id)
    world.act(case.id, Deed("take"))
    world.act(case.id, Deed("note", "Frågat chefen."))
    world.act(case.id, Deed("assess", "Ingen vårdrelation.", Outcome.SUSPECTED))
    with pytest.raises(CareRefused, match="second-person"):
        world.act(case.id, Deed("assess", "Jag ångrar mig.", Outcome.JUSTIFIED))
    done = world.act(case.id, Deed("assess", "Håller med.", Outcome.SUSPECTED), person="p-birk")
    assert done.closed_at == LATER
    again = world.act(case.id, Deed("reopen", "Nya uppgifter."), person="p-birk")
    assert again.closed_at is None


@pytest.mark.parametrize("deed", [Deed("assess", "utan utfall"), Deed("delete", "x"), Deed("")])
def test_an_act_that_is_none_is_refused(world, deed):
    world.read()
    ((case, _),) = world.cases(world.make().id)
    with pytest.raises(CareRefused, match="unknown-act"):
        world.act(case.id, deed)


def test_who_reads_the_log_opens_a_case_about_an_entry_of_an_own_provider(world):
    world.read()
    (row,) = world.store.access_page(AccessSought(provider=a.PROVIDER)).rows
    done = carried_out(lambda: cases.open_about(row, "Konstigt.", world.who, world.on, LATER), world.store).result
    assert (done.kind, done.about, done.employee) == (CaseKind.MISUSE, row.id, a.NURSE)
    assert world.store.review_case(done.id) == (done, world.patient)
    others = replace(world.who, providers=frozenset({a.OTHER_PROVIDER}))
    with pytest.raises(CareRefused, match="NOTFOUND"):
        cases.open_about(row, "x", others, world.on, LATER)


def test_every_rule_is_tried_on_stored_accesses():
    assert set(SEEDED) == set(RULE_IDS)


def test_another_providers_case_is_as_missing_as_none(world):
    world.read()
    ((case, _),) = world.cases(world.make().id)
    others = replace(world.who, providers=frozenset({a.OTHER_PROVIDER}))
    for id_, who in ((case.id, others), ("none", world.who)):
        with pytest.raises(CareRefused, match="NOTFOUND"):
            cases.act(id_, Deed("take"), who, world.on, LATER)


def test_a_review_of_many_patients_asks_the_database_hardly_more_often_than_one_of_few(world, monkeypatch):
    asked = []
    rows = Database.rows
    monkeypatch.setattr(Database, "rows", lambda self, *given: asked.append(given) or rows(self, *given))
    world.read(a.PATIENT)
    world.relate()
    counts = []
    for patients in (several(3), several(300)):
        world.read(*patients)
        world.ask(replace(WHOLE, rules=("own-record", "colleague"), percent=0))
        seal(world.store)
        asked.clear()
        draw(world.store, world.on.register)
        counts.append(len(asked))
    assert counts[1] - counts[0] <= 3


def several(count: int) -> list[Identifier]:
    """So many patients, each with a number of their own."""
    found = (f"195007{day:02}{serial:03}" for day in range(1, 29) for serial in range(100, 999))
    whole = (digits + last for digits in found for last in "0123456789" if luhn(digits[2:] + last))
    return [Identifier(a.PERSONNUMMER, each) for each in islice(whole, count)]
