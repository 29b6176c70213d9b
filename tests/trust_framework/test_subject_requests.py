"""What persons ask for: when it is due, and who must be asked before it is answered."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from trust_framework.days import ZONE
from trust_framework.subject_requests import (
    RequestAct,
    RequestKind,
    RequestRefusal,
    RequestState,
    SubjectRequest,
    advise,
    answer,
    consult,
    decide_erasure,
    erase,
    extracted,
    flag,
    months_after,
    put_off,
    refuse,
)

GIVER = "2120000142"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


NOW = at("2026-11-24 12:00")
REQUEST = SubjectRequest("s-1", "5560360793", RequestKind.ACCESS, "p-eva", NOW, (RequestAct(NOW, "p-eva", "received"),))


@pytest.mark.spec("GDPR", "12.3")
@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        ("2026-11-24", 1, "2026-12-24"),
        ("2026-12-31", 1, "2027-01-31"),
        ("2027-01-31", 1, "2027-02-28"),
        ("2028-01-30", 1, "2028-02-29"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-01", 12, "2027-12-01"),
        ("2026-10-31", 1, "2026-11-30"),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_of_that_month(day, months, then):
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(then)


def test_a_request_is_due_at_the_end_of_its_day_and_an_extract_of_the_log_within_two_weeks():
    assert REQUEST.due == at("2026-12-25 00:00")
    assert replace(REQUEST, kind=RequestKind.LOG_EXTRACT).due == at("2026-12-09 00:00")


def test_it_is_put_off_once_and_an_extract_of_the_log_never():
    later = put_off(REQUEST, "p-asta", "Många uppgifter.", NOW)
    assert later.due == at("2027-02-25 00:00")
    assert later.state is RequestState.RECEIVED
    assert put_off(later, "p-asta", "x", NOW) is RequestRefusal.PUT_OFF_ALREADY
    extract = replace(REQUEST, kind=RequestKind.LOG_EXTRACT)
    assert put_off(extract, "p-asta", "x", NOW) is RequestRefusal.PUT_OFF_ALREADY
    assert put_off(REQUEST, "p-asta", "", NOW) is RequestRefusal.NO_REASON


@pytest.mark.spec("IS", "10")
def test_with_an_exemption_who_gave_the_data_is_asked_and_both_stand_in_the_case():
    flagged = flag(REQUEST, "p-asta", "Kan röra en annan person.", NOW + 1)
    assert flagged.state is RequestState.CONSULTING
    assert answer(flagged, "p-asta", "x", NOW) is RequestRefusal.NOT_CONSULTED
    assert refuse(flagged, "p-asta", "x", NOW) is RequestRefusal.NOT_CONSULTED
    assert advise(flagged, "p-lars", GIVER, "x", NOW) is RequestRefusal.NO_ANSWER_AWAITED

    asked = consult(flagged, "p-asta", GIVER, "Får det lämnas ut?", NOW + 2)
    assert advise(asked, "p-lars", "5560360793", "x", NOW) is RequestRefusal.NO_ANSWER_AWAITED
    advised = advise(asked, "p-lars", GIVER, "Ja, utom avsnitt 2.", NOW + 3)
    assert advised.state is RequestState.READY
    done = answer(advised, "p-asta", "Skickat.", NOW + 4)

    assert (done.state, done.done) == (RequestState.ANSWERED, True)
    assert [(act.what, act.org) for act in done.acts] == [
        ("received", ""), ("flagged", ""), ("consulted", GIVER), ("advised", GIVER), ("answered", ""),
    ]  # fmt: skip


def test_without_an_exemption_it_may_be_answered_or_refused_at_once_with_words():
    assert answer(REQUEST, "p-asta", "", NOW) is RequestRefusal.NO_REASON
    assert answer(REQUEST, "p-asta", "Skickat.", NOW).state is RequestState.ANSWERED
    refused = refuse(REQUEST, "p-asta", "Inga uppgifter finns.", NOW)
    assert refused.state is RequestState.REFUSED
    assert all(act(refused, "p-asta", "x", NOW) is RequestRefusal.DONE for act in (answer, refuse, flag, put_off))
    assert consult(refused, "p-asta", GIVER, "x", NOW) is RequestRefusal.DONE


ERASURE = replace(REQUEST, kind=RequestKind.ERASURE)
DECIDED = decide_erasure(ERASURE, "p-asta", "Inget hindrar.", NOW + 1)
FLAGGED = flag(DECIDED, "p-asta", "Kan röra en annan.", NOW + 2)
CONSULTED = consult(FLAGGED, "p-asta", GIVER, "Får vi?", NOW + 3)


@pytest.mark.spec("GDPR", "17")
@pytest.mark.parametrize(
    ("request_", "person", "words", "outcome"),
    [
        (DECIDED, "p-birk", "Klart.", RequestState.ANSWERED),
        (DECIDED, "p-asta", "Klart.", RequestRefusal.SECOND_PERSON),
        (DECIDED, "p-birk", " ", RequestRefusal.NO_REASON),
        (ERASURE, "p-birk", "Klart.", RequestRefusal.NOT_DECIDED),
        (REQUEST, "p-birk", "Klart.", RequestRefusal.NOT_DECIDED),
        (CONSULTED, "p-birk", "Klart.", RequestRefusal.NOT_CONSULTED),
        (advise(CONSULTED, "p-lars", GIVER, "Ja.", NOW + 4), "p-birk", "Klart.", RequestState.ANSWERED),
        (refuse(DECIDED, "p-asta", "Lagen.", NOW + 2), "p-birk", "Klart.", RequestRefusal.DONE),
        (decide_erasure(DECIDED, "p-birk", "Jag med.", NOW + 2), "p-birk", "Klart.", RequestRefusal.SECOND_PERSON),
    ],
)
def test_an_erasure_is_decided_by_one_and_carried_out_by_another(request_, person, words, outcome):
    after = erase(request_, person, words, NOW + 9)
    assert (after if isinstance(outcome, RequestRefusal) else after.state) == outcome


@pytest.mark.parametrize(
    ("request_", "words", "outcome"),
    [
        (ERASURE, "Inget hindrar.", RequestState.READY),
        (ERASURE, "", RequestRefusal.NO_REASON),
        (REQUEST, "x", RequestRefusal.NO_ERASURE),
        (flag(ERASURE, "p-asta", "x", NOW), "x", RequestRefusal.NOT_CONSULTED),
        (answer(ERASURE, "p-asta", "x", NOW), "x", RequestRefusal.DONE),
    ],
)
def test_an_erasure_is_decided_where_one_is_asked_for_and_nothing_waits(request_, words, outcome):
    after = decide_erasure(request_, "p-asta", words, NOW)
    assert (after if isinstance(outcome, RequestRefusal) else after.state) == outcome


def test_a_file_is_noted_and_changes_no_state():
    made = extracted(REQUEST, "p-asta", "utdrag.pdf · SHA-256 ab", NOW)
    assert (made.state, made.acts[-1].note) == (RequestState.RECEIVED, "utdrag.pdf · SHA-256 ab")
    assert extracted(flag(REQUEST, "p-asta", "x", NOW), "p-asta", "f", NOW) is RequestRefusal.NOT_CONSULTED
    assert extracted(answer(REQUEST, "p-asta", "x", NOW), "p-asta", "f", NOW) is RequestRefusal.DONE
