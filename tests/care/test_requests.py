"""Requests of patients to care staff: who asks, who answers, and that each ends once."""

from dataclasses import replace

import pytest

from broker.care import requests
from broker.care.calling import Caller, CallerKind, CareRefused, ResultCode
from broker.care.requests import MOST_WAITING, SaveCareRequest
from tests.support import care_values as a
from tests.support.databases import NOW
from trust_framework.care_requests import CareRequest, RequestState, Wish

PATIENT = Caller(CallerKind.PATIENT, person="p")
STAFF = Caller(CallerKind.STAFF, person="s", providers=frozenset({a.PROVIDER}))
OTHERS = Caller(CallerKind.STAFF, person="s", providers=frozenset({a.OTHER_PROVIDER}))


class Kept:
    """As much of a store as requests read."""

    def __init__(self, *kept: CareRequest) -> None:
        self.kept = kept

    def care_request(self, id: str) -> tuple[CareRequest, str] | None:
        return next(((one, "p") for one in self.kept if one.id == id), None)

    def care_requests_of(self, person: str) -> tuple[CareRequest, ...]:
        return self.kept if person == "p" else ()


def wished(**changes: object) -> CareRequest:
    return replace(CareRequest("", Wish.LIFT, a.PATIENT, a.PROVIDER, "b1", 0), **changes)


def test_a_patient_asks_and_the_request_waits_with_its_event() -> None:
    done = requests.ask(wished(note="Gärna"), PATIENT, "p", Kept(), NOW)
    (change,), (event,) = done.effects.changes, done.effects.events
    assert change == SaveCareRequest(done.result, "p")
    assert (done.result.state, done.result.asked_at, len(done.result.id)) == (RequestState.WAITING, NOW, 32)
    assert (event.act, event.request, event.by, event.provider) == ("asked", done.result.id, "p", a.PROVIDER)


REFUSED = [
    ("staff", wished(), STAFF, (), ResultCode.ACCESSDENIED),
    ("too long", wished(note="x" * 1025), PATIENT, (), ResultCode.VALIDATION_ERROR),
    ("the same block again", wished(), PATIENT, (wished(id="1"),), ResultCode.ALREADYEXISTS),
    (
        "too many",
        wished(wish=Wish.BLOCK),
        PATIENT,
        tuple(wished(id=str(n), wish=Wish.BLOCK, block=str(n)) for n in range(MOST_WAITING)),
        ResultCode.INVALIDSTATE,
    ),
]


@pytest.mark.parametrize(("wish", "who", "kept", "code"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_is_not_asked(wish: CareRequest, who: Caller, kept: tuple[CareRequest, ...], code: ResultCode) -> None:
    with pytest.raises(CareRefused) as refused:
        requests.ask(wish, who, "p", Kept(*kept), NOW)
    assert refused.value.code is code


def test_a_lift_may_be_asked_for_again_once_the_first_was_answered() -> None:
    assert requests.ask(wished(), PATIENT, "p", Kept(wished(id="1", state=RequestState.DECLINED)), NOW).result.id


def test_a_request_is_taken_back_by_its_patient_alone_and_once() -> None:
    done = requests.withdraw("1", PATIENT, "p", Kept(wished(id="1")), NOW)
    assert (done.result.state, done.result.answered_at) == (RequestState.WITHDRAWN, NOW)
    assert done.effects.events[0].act == "withdrawn"
    for id_, who, person, kept, code in (
        ("1", PATIENT, "q", wished(id="1"), ResultCode.NOTFOUND),
        ("2", PATIENT, "p", wished(id="1"), ResultCode.NOTFOUND),
        ("1", STAFF, "p", wished(id="1"), ResultCode.NOTFOUND),
        ("1", PATIENT, "p", wished(id="1", state=RequestState.DONE), ResultCode.INVALIDSTATE),
    ):
        with pytest.raises(CareRefused) as refused:
            requests.withdraw(id_, who, person, Kept(kept), NOW)
        assert refused.value.code is code


def test_staff_of_the_provider_answer_and_nobody_else() -> None:
    done = requests.answer("1", RequestState.DONE, "Klart", STAFF, Kept(wished(id="1")), NOW)
    assert (done.result.state, done.result.answer, done.effects.events[0].by) == (RequestState.DONE, "Klart", "s")
    for state, said, who, code in (
        (RequestState.DONE, "", OTHERS, ResultCode.NOTFOUND),
        (RequestState.WAITING, "", STAFF, ResultCode.VALIDATION_ERROR),
        (RequestState.WITHDRAWN, "", STAFF, ResultCode.VALIDATION_ERROR),
        (RequestState.DONE, "x" * 1025, STAFF, ResultCode.VALIDATION_ERROR),
    ):
        with pytest.raises(CareRefused) as refused:
            requests.answer("1", state, said, who, Kept(wished(id="1")), NOW)
        assert refused.value.code is code
    with pytest.raises(CareRefused):
        requests.answer("9", RequestState.DONE, "", STAFF, Kept(), NOW)
