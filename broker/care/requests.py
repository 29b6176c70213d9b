"""Requests of patients to care staff about blocks: asked, taken back, answered. Each has its event in the same commit.

The block itself is set or lifted by `broker.care.blocks`; who answers `done` commits both together.
"""

import secrets
from dataclasses import dataclass, replace

from broker.audit.person_events import CareRequested
from broker.care.calling import Caller, CallerKind, CareRefused, Done, ResultCode
from broker.care.ports import CareStore
from broker.login.effects import Change, Effects
from trust_framework.care_requests import LONGEST_NOTE, CareRequest, RequestState

MOST_WAITING = 20
"""Requests of one patient that may wait at one provider at the same time."""


@dataclass(frozen=True, slots=True)
class SaveCareRequest(Change):
    """A request as it stands now. `person` is the patient's id; `before` as for every entry of care."""

    request: CareRequest
    person: str
    before: CareRequest | None = None


def ask(wished: CareRequest, who: Caller, person: str, store: CareStore, now: int) -> Done[CareRequest]:
    """The patient (or who acts for them) asks. The id is made here. Raises CareRefused."""
    if who.kind is not CallerKind.PATIENT:
        raise CareRefused(ResultCode.ACCESSDENIED, "not-the-patient")
    if len(wished.note) > LONGEST_NOTE:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "too-long", "note")
    waiting = [r for r in store.care_requests_of(person) if r.state is RequestState.WAITING]
    if any(r.wish is wished.wish and r.block == wished.block for r in waiting):
        raise CareRefused(ResultCode.ALREADYEXISTS, "asked-already")
    if sum(r.provider == wished.provider for r in waiting) >= MOST_WAITING:
        raise CareRefused(ResultCode.INVALIDSTATE, "too-many")
    asked = replace(wished, id=secrets.token_hex(16), asked_at=now, state=RequestState.WAITING)
    return Done(asked, Effects((SaveCareRequest(asked, person),), (_event("asked", asked, person, who, now),)))


def withdraw(id: str, who: Caller, person: str, store: CareStore, now: int) -> Done[CareRequest]:
    """The patient takes a request back. Raises CareRefused."""
    found = store.care_request(id)
    if who.kind is not CallerKind.PATIENT or found is None or found[1] != person:
        raise CareRefused(ResultCode.NOTFOUND, "unknown")
    return _ended(found, RequestState.WITHDRAWN, "", who, now)


def answer(id: str, state: RequestState, said: str, who: Caller, store: CareStore, now: int) -> Done[CareRequest]:
    """Staff of the provider say what came of it. Raises CareRefused."""
    found = store.care_request(id)
    if found is None or not who.may_act_for(found[0].provider):
        raise CareRefused(ResultCode.NOTFOUND, "unknown")
    if state not in {RequestState.DONE, RequestState.DECLINED} or len(said) > LONGEST_NOTE:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "answer")
    return _ended(found, state, said, who, now)


def _ended(found: tuple[CareRequest, str], state: RequestState, said: str, who: Caller, now: int) -> Done[CareRequest]:
    before, person = found
    if before.state is not RequestState.WAITING:
        raise CareRefused(ResultCode.INVALIDSTATE, "answered-already")
    after = replace(before, state=state, answered_at=now, answer=said)
    saved = SaveCareRequest(after, person, before)
    return Done(after, Effects((saved,), (_event(state.value, after, person, who, now),)))


def _event(act: str, request: CareRequest, person: str, who: Caller, now: int) -> CareRequested:
    return CareRequested(
        at=now,
        reference=who.reference,
        act=act,
        request=request.id,
        wish=request.wish.value,
        person=person,
        provider=request.provider,
        unit=request.unit,
        by=who.by,
    )
