"""Cases of log review: who may look, what closes a case, and what needs a second person."""

from dataclasses import replace

import pytest

from trust_framework.identifiers import Identifier
from trust_framework.review_cases import (
    LONGEST_NOTE,
    CaseAct,
    CaseKind,
    CaseRefusal,
    CaseState,
    Outcome,
    ReviewCase,
    Reviewer,
    answer,
    assess,
    note,
    outcome,
    reopen,
    state,
    suspected_by,
    take,
)

NURSE, PATIENT = "se2321000016-nurs", "p-eva"
ASTA, BIRK = Reviewer("p-asta", frozenset({"se2321000016-asta"})), Reviewer("p-birk")
OPENED = CaseAct(1, "p-nurse", "opened")
CASE = ReviewCase(
    "c-1",
    CaseKind.EMERGENCY,
    "se2321000016-1000",
    1,
    NURSE,
    "se2321000016-1abc",
    Identifier("1.2.752.129.2.1.3.1", "191212121212"),
    acts=(OPENED,),
)


def found(
    case: ReviewCase, reviewer: Reviewer, what: Outcome, words: str = "Sett i journalen.", at: int = 9, **more: bool
):
    return assess(case, PATIENT, reviewer, what, words, at, **more)


def suspected() -> ReviewCase:
    return found(CASE, ASTA, Outcome.SUSPECTED)


def closed(what: Outcome = Outcome.JUSTIFIED) -> ReviewCase:
    return found(CASE, ASTA, what) if what is Outcome.JUSTIFIED else found(suspected(), BIRK, what)


def test_a_case_goes_from_new_over_taken_and_asked_to_closed_and_keeps_every_act():
    taken = take(CASE, PATIENT, ASTA, 2)
    asked = found(taken, ASTA, Outcome.ASK_MANAGER, "Verksamhetschefen tillfrågad.", 3)
    noted = note(asked, PATIENT, ASTA, "Chefen: patienten var medvetslös.", 4)
    done = found(noted, BIRK, Outcome.JUSTIFIED, at=5)

    assert [state(each) for each in (CASE, taken, asked, noted, done)] == [
        CaseState.NEW, CaseState.TAKEN, CaseState.ASKED, CaseState.ASKED, CaseState.CLOSED,
    ]  # fmt: skip
    assert [act.what for act in done.acts] == ["opened", "taken", "asked", "noted", "closed"]
    assert (done.closed_at, outcome(done), outcome(noted)) == (5, Outcome.JUSTIFIED, None)


# --- two persons


@pytest.mark.spec("CB", "05")
@pytest.mark.parametrize(
    ("reviewer", "why"),
    [
        (Reviewer("p-nurse"), CaseRefusal.OWN_ACCESS),
        (Reviewer("p-other", frozenset({NURSE})), CaseRefusal.OWN_ACCESS),
        (Reviewer(PATIENT), CaseRefusal.OWN_RECORD),
    ],
)
def test_nobody_looks_at_what_they_did_or_at_their_own_information(reviewer, why):
    ended = closed()
    assert take(CASE, PATIENT, reviewer, 2) is why
    assert note(CASE, PATIENT, reviewer, "x", 2) is why
    assert reopen(ended, PATIENT, reviewer, "x", 2) is why
    for each in Outcome:
        assert found(CASE, reviewer, each) is why
        assert found(suspected(), reviewer, each) is why


def test_who_made_a_review_may_look_at_its_cases_but_who_opened_an_emergency_may_not():
    drawn = replace(CASE, kind=CaseKind.SAMPLED, acts=(CaseAct(1, "p-asta", "opened"),))
    assert state(found(drawn, ASTA, Outcome.JUSTIFIED)) is CaseState.CLOSED
    rate = replace(CASE, kind=CaseKind.EMERGENCY_RATE, employee="")
    assert found(rate, Reviewer("p-nurse"), Outcome.JUSTIFIED) is CaseRefusal.OWN_ACCESS


@pytest.mark.parametrize("what", [Outcome.JUSTIFIED, Outcome.SUSPECTED])
def test_a_suspicion_waits_for_a_second_person_who_closes_it_either_way(what):
    waiting = suspected()
    assert (state(waiting), suspected_by(waiting), outcome(waiting)) == (CaseState.SECOND, "p-asta", None)
    assert found(waiting, ASTA, what) is CaseRefusal.SECOND_PERSON

    done = found(waiting, BIRK, what)

    assert (state(done), outcome(done)) == (CaseState.CLOSED, what)


@pytest.mark.spec("IS", "21")
@pytest.mark.parametrize("first", [Outcome.JUSTIFIED, Outcome.SUSPECTED])
@pytest.mark.parametrize("second", [Outcome.JUSTIFIED, Outcome.SUSPECTED])
def test_what_an_employee_whom_nobody_knows_did_is_closed_by_two_and_a_suspicion_by_one_who_did_not_raise_it(
    first, second
):
    waiting = found(CASE, ASTA, first, unknown=True)
    assert (state(waiting), outcome(waiting)) == (CaseState.SECOND, None)
    assert found(waiting, ASTA, second, unknown=True) is CaseRefusal.SECOND_PERSON

    done = found(waiting, BIRK, second, unknown=True)

    if first is Outcome.JUSTIFIED and second is Outcome.SUSPECTED:
        assert (state(done), suspected_by(done)) == (CaseState.SECOND, "p-birk")
        assert found(done, BIRK, Outcome.JUSTIFIED, unknown=True) is CaseRefusal.SECOND_PERSON
        done = found(done, ASTA, second, unknown=True)
    assert (state(done), outcome(done)) == (CaseState.CLOSED, second)


def test_a_manager_may_be_asked_about_a_suspicion_and_it_stays_one():
    asked = found(suspected(), ASTA, Outcome.ASK_MANAGER)
    assert state(asked) is CaseState.SECOND
    assert found(asked, ASTA, Outcome.JUSTIFIED) is CaseRefusal.SECOND_PERSON


def test_who_suspected_does_not_get_rid_of_it_by_opening_the_case_again():
    again = reopen(closed(Outcome.SUSPECTED), PATIENT, ASTA, "Nya uppgifter.", 20)
    assert (state(again), again.closed_at, suspected_by(again)) == (CaseState.NEW, None, "")
    assert found(again, ASTA, Outcome.JUSTIFIED) is CaseRefusal.SECOND_PERSON
    assert state(found(again, BIRK, Outcome.JUSTIFIED)) is CaseState.CLOSED


# --- who asked


def test_a_patient_who_asked_is_answered_and_other_cases_have_nobody_to_answer():
    asked = replace(CASE, kind=CaseKind.PATIENT_ASKS, acts=(CaseAct(1, PATIENT, "opened", "Varför?"),))
    told = answer(asked, PATIENT, ASTA, " Du sökte vård då. ", 3)
    assert told.acts[-1] == CaseAct(3, "p-asta", "answered", "Du sökte vård då.")
    assert state(told) is CaseState.TAKEN
    assert answer(asked, PATIENT, ASTA, "", 3) is CaseRefusal.NO_NOTE
    assert answer(asked, PATIENT, Reviewer(PATIENT), "x", 3) is CaseRefusal.OWN_RECORD
    assert answer(CASE, PATIENT, ASTA, "x", 3) is CaseRefusal.NOT_ASKED


# --- words, and what is closed


@pytest.mark.parametrize(
    ("words", "why"),
    [("", CaseRefusal.NO_NOTE), ("  \n", CaseRefusal.NO_NOTE), ("x" * (LONGEST_NOTE + 1), CaseRefusal.LONG_NOTE)],
)
def test_an_outcome_is_documented(words, why):
    assert note(CASE, PATIENT, ASTA, words, 2) is why
    assert reopen(closed(), PATIENT, ASTA, words, 2) is why
    assert all(found(CASE, ASTA, each, words) is why for each in Outcome)


def test_a_closed_case_takes_nothing_more_until_it_is_opened_again():
    ended = closed()
    assert take(ended, PATIENT, BIRK, 2) is CaseRefusal.CLOSED
    assert note(ended, PATIENT, BIRK, "x", 2) is CaseRefusal.CLOSED
    assert found(ended, BIRK, Outcome.SUSPECTED) is CaseRefusal.CLOSED
    assert reopen(CASE, PATIENT, BIRK, "x", 2) is CaseRefusal.OPEN


def test_a_case_without_acts_is_new():
    assert state(replace(CASE, acts=())) is CaseState.NEW
