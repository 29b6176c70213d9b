"""What those who answer for data file: cases, reviews, breaches, requests, corrections, on each database."""

from dataclasses import replace

import pytest

from broker.audit.removal_orders import RemovalOrder, decide
from broker.care.changes import SaveRelation, SaveReviewCase
from broker.care.filings import CasesAsked, SaveBreach, SaveCorrection, SaveRemovalOrder, SaveRequest
from broker.care.review_values import SaveReview
from broker.login.effects import Effects, KeepPerson, Overtaken, PersonKey
from tests.support import care_values as a
from tests.support.databases import NOW
from trust_framework.breaches import Breach, BreachAct, BreachFacts, notify
from trust_framework.care import patient_key
from trust_framework.corrections import WAITS, Correction, Receipt, acknowledged, told
from trust_framework.log_drawing import Selection
from trust_framework.review_cases import CaseAct, CaseKind, CaseState, Outcome, ReviewCase, Reviewer, assess
from trust_framework.review_report import Review
from trust_framework.subject_requests import RequestAct, RequestKind, SubjectRequest, advise, answer, consult

ORG, OTHER = "5560360793", "2120000142"
PROVIDER = "se2321000016-1000"
ASTA, BIRK = Reviewer("p-asta"), Reviewer("p-birk")


def review(id: str = "g1", at: int = NOW, provider: str = PROVIDER) -> Review:
    return Review(id, Selection(provider, NOW - 99, NOW, percent=10), "p-asta", at, "5eed", 90, 40, drawn=3, sampled=1)


def breach(id: str = "b1", at: int = NOW, org: str = ORG) -> Breach:
    return Breach(id, org, at, BreachFacts("Ett utdrag kom fel."), (BreachAct(at, "p-asta", "opened"),))


def request(id: str = "s1", at: int = NOW, org: str = ORG) -> SubjectRequest:
    return SubjectRequest(id, org, RequestKind.ACCESS, "p1", at, (RequestAct(at, "p1", "received"),))


def correction(id: str = "k1", at: int = NOW, org: str = ORG) -> Correction:
    receipts = (Receipt("rp", ORG, ("sn",), ("R-1",)), Receipt("rp2", OTHER, ("sn",), ("R-2",)))
    return Correction(id, org, "p1", ("sn",), "Fel efternamn.", "p-asta", at, receipts)


def order(id: str = "r1", at: int = NOW) -> RemovalOrder:
    return RemovalOrder(id, "p-asta", at, (("access", 3),))


FILED = {
    "review": (review, SaveReview, "log_review", "log_reviews", PROVIDER, {"reported_at": NOW + 1}),
    "breach": (breach, SaveBreach, "breach", "breaches", ORG, {"case": "c1"}),
    "request": (request, SaveRequest, "subject_request", "subject_requests", ORG, {"exemption": True}),
    "correction": (correction, SaveCorrection, "correction", "corrections", ORG, {"reason": "Annan."}),
}


@pytest.fixture(params=FILED)
def kind(request):
    return FILED[request.param]


def commit(storage, *changes):
    storage.commit(Effects(changes))


def test_what_is_filed_is_moved_on_from_what_was_read_and_from_nothing_else(storage, kind):
    make, save, read, _, _, change = kind
    first = make()
    after = replace(first, **change)
    commit(storage, save(first))
    commit(storage, save(after, first))
    assert getattr(storage, read)(first_id(first)) == after
    assert getattr(storage, read)("none") is None
    for late in (save(first), save(replace(first, **change), first)):
        with pytest.raises(Overtaken):
            commit(storage, late)


def first_id(value) -> str:
    return value.id


def test_a_list_is_of_one_owner_the_newest_first_and_goes_on_after_its_last(storage, kind):
    make, save, _, page, owner, _ = kind
    made = [make(f"x{n}", NOW + n // 2) for n in range(5)]
    commit(storage, *map(save, made), save(make("theirs", NOW, "other")))

    first = getattr(storage, page)(owner, count=3)
    rest = getattr(storage, page)(owner, after=first.next, count=3)

    assert [one.id for one in (*first.rows, *rest.rows)] == ["x4", "x3", "x2", "x1", "x0"]
    assert (first.total, rest.next) == (5, None)
    assert getattr(storage, page)(owner, after="nonsense", count=9).rows == tuple(reversed(made))


def test_breaches_whose_clock_runs_come_by_urgency(storage):
    late, soon, done = breach("late", NOW + 9), breach("soon", NOW), notify(breach("done"), "p-asta", "", NOW + 1)
    commit(storage, *map(SaveBreach, (late, soon, done)), SaveBreach(breach("theirs", NOW, OTHER)))
    assert storage.breaches_running(ORG) == (soon, late)


def test_requests_are_open_until_answered_and_stand_with_who_is_asked_until_it_advises(storage):
    mine, done = request(), answer(request("s2"), "p-asta", "Skickat.", NOW)
    asked = consult(mine, "p-asta", OTHER, "Får vi?", NOW + 1)
    commit(storage, SaveRequest(mine), SaveRequest(done))
    commit(storage, SaveRequest(asked, mine))
    assert storage.subject_requests(ORG, "open").rows == (asked,)
    assert storage.subject_requests(ORG, "answered").rows == (done,)
    assert storage.subject_requests_consulting(OTHER) == (asked,)
    assert storage.subject_requests_consulting(ORG) == ()
    commit(storage, SaveRequest(advise(asked, "p-lars", OTHER, "Ja.", NOW + 2), asked))
    assert storage.subject_requests_consulting(OTHER) == ()


def test_a_correction_waits_with_each_receiver_until_it_acknowledges(storage):
    first = correction()
    commit(storage, SaveCorrection(first))
    assert storage.corrections_due(5) == (first,)
    second = told(first, ("rp", "rp2"), NOW)
    commit(storage, SaveCorrection(second, first))
    assert storage.corrections_due(5) == ()
    assert storage.corrections_to(ORG) == storage.corrections_to(OTHER) == (second,)
    third = acknowledged(second, "rp2", "p-siv", NOW + 5)
    commit(storage, SaveCorrection(third, second))
    assert storage.corrections_to(OTHER) == ()
    assert storage.corrections_to(ORG) == (third,)
    assert third.next_at == NOW + WAITS[0]


# --- cases


@pytest.fixture
def known(storage):
    """A store that knows two patients."""
    keys = tuple(PersonKey(*patient_key(p)) for p in (a.PATIENT, a.OTHER_PATIENT))
    commit(storage, KeepPerson("p1", keys[:1]), KeepPerson("p2", keys[1:]))
    return storage


def case(id: str, at: int = NOW, kind: CaseKind = CaseKind.RULE, **more) -> ReviewCase:
    acts = (CaseAct(at, "p-asta", "opened"),)
    return ReviewCase(id, kind, PROVIDER, at, patient=a.PATIENT, acts=acts, **more)


def test_a_providers_cases_are_listed_by_state_kind_and_review(known):
    plain, drawn = case("c1"), case("c2", NOW + 1, review="g1")
    emergency = case("c3", NOW + 2, CaseKind.EMERGENCY)
    ended = assess(case("c4", NOW + 3, review="g1"), "p1", BIRK, Outcome.JUSTIFIED, "Sett.", NOW + 4)
    doubted = assess(case("c5", NOW + 5), "p1", BIRK, Outcome.SUSPECTED, "Hm.", NOW + 6)
    commit(known, *(SaveReviewCase(one, "p1") for one in (plain, drawn, emergency, ended, doubted)))
    commit(known, SaveReviewCase(replace(case("theirs"), provider="se-other"), "p2"))

    def listed(**asked) -> list[str]:
        return [one.id for one, _ in known.review_cases(CasesAsked(PROVIDER, **asked)).rows]

    assert listed() == ["c5", "c4", "c3", "c2", "c1"]
    assert listed(state="open") == ["c5", "c3", "c2", "c1"]
    assert listed(state="closed") == ["c4"]
    assert listed(state="second") == ["c5"]
    assert listed(kind="emergency") == ["c3"]
    assert listed(review="g1") == ["c4", "c2"]
    assert listed(review="g1", state="new", kind="rule") == ["c2"]
    first = known.review_cases(CasesAsked(PROVIDER, count=2))
    assert (first.total, listed(after=first.next)) == (5, ["c3", "c2", "c1"])
    assert known.review_case_counts(PROVIDER) == {CaseState.NEW: 3, CaseState.CLOSED: 1, CaseState.SECOND: 1}
    assert known.review_case_counts(PROVIDER, "g1") == {CaseState.NEW: 1, CaseState.CLOSED: 1}


def test_a_patients_cases_are_theirs_and_a_case_about_nobody_is_found_too(known):
    mine, nobodys = case("c1"), replace(case("c2"), patient=None)
    commit(known, SaveReviewCase(mine, "p1"), SaveReviewCase(case("c3"), "p2"), SaveReviewCase(nobodys))
    assert known.review_cases_of("p1") == (mine,)
    assert (nobodys, "") in known.review_cases(CasesAsked(PROVIDER)).rows


def test_cases_of_a_patient_who_was_forgotten_are_listed_no_more(known):
    commit(known, SaveReviewCase(case("c1"), "p1"), SaveReviewCase(case("c2"), "p2"))
    known.forget_person("p1")
    assert [one.id for one, _ in known.review_cases(CasesAsked(PROVIDER)).rows] == ["c2"]
    assert known.review_case("c1") is None
    assert known.review_cases_of("p1") == ()


def test_what_a_review_must_know_of_many_is_what_each_is_known_by(storage):
    keys = [PersonKey("employeeHsaId", f"SE-{number}") for number in range(3)]
    people = [f"p{number}" for number in range(3)]
    commit(storage, *(KeepPerson(person, (key,)) for person, key in zip(people, keys, strict=True)))
    relation = a.relation()
    commit(storage, SaveRelation(relation, "p0"))
    asked = PersonKey("employeeHsaId", "nobody")

    assert storage.person_owners([*keys, asked]) == dict(zip(keys, people, strict=True))
    assert storage.person_owners([]) == {}
    found = storage.reviewed(frozenset({*people, "nobody"}), frozenset({"p0", "p1"}))
    assert found.persons == {person: storage.person(person) for person in people}
    assert found.relations == {"p0": (relation,)}
    assert found.staff == {}
    assert storage.known_persons(frozenset({*people, "nobody"})) == found.persons
    assert storage.known_persons(frozenset()) == {}


def test_patients_who_ask_and_have_no_end_of_it_are_found_by_provider(known):
    open_ = case("a1", kind=CaseKind.PATIENT_ASKS)
    other = replace(case("a2", kind=CaseKind.PATIENT_ASKS), provider="elsewhere")
    commit(known, SaveReviewCase(open_, "p1"), SaveReviewCase(other, "p1"))
    assert known.patients_asking(PROVIDER) == {"p1"}
    assert known.patients_asking("nowhere") == frozenset()


def test_decisions_to_remove_are_listed_and_those_decided_are_to_be_carried_out(storage):
    first, second = order("r1"), order("r2", NOW + 1)
    commit(storage, SaveRemovalOrder(first), SaveRemovalOrder(second))
    decided = decide(second, "p-birk", NOW + 2)
    commit(storage, SaveRemovalOrder(decided, second))
    with pytest.raises(Overtaken):
        commit(storage, SaveRemovalOrder(decided, second))
    assert [one.id for one in storage.removal_orders().rows] == ["r2", "r1"]
    assert storage.removals_decided() == (decided,)
    assert storage.removal_order("r1") == first
