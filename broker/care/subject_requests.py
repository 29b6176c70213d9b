"""Requests of persons in service: received, sent for advice, answered in time; `trust_framework.subject_requests` rules them."""

import secrets
from dataclasses import dataclass
from typing import Final

from broker.audit.review_events import RequestActed
from broker.care.calling import Caller, CareRefused, Done, ResultCode
from broker.care.filings import FilingStore, SaveRequest
from broker.login.effects import Effects
from trust_framework import subject_requests
from trust_framework.subject_requests import RequestAct, RequestKind, RequestRefusal, SubjectRequest

DEEDS: Final = {
    "flag": subject_requests.flag,
    "put-off": subject_requests.put_off,
    "answer": subject_requests.answer,
    "refuse": subject_requests.refuse,
    "decide-erasure": subject_requests.decide_erasure,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for. `since` and `until` narrow an extract of the log."""

    kind: RequestKind
    person: str
    received_at: int
    words: str = ""
    since: int | None = None
    until: int | None = None


def receive(asked: Asked, org: str, who: Caller, now: int) -> Done[SubjectRequest]:
    """Enter a request; the days are counted from when it came."""
    if not 0 < asked.received_at <= now:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "future", "received_at")
    if asked.since is not None and asked.until is not None and asked.until < asked.since:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "bad-period", "until")
    received = RequestAct(now, who.person, "received", asked.words.strip())
    request = SubjectRequest(
        secrets.token_hex(8),
        org,
        asked.kind,
        asked.person,
        asked.received_at,
        (received,),
        since=asked.since,
        until=asked.until,
    )
    return _done(request, None, who, now)


def found(id: str, org: str, store: FilingStore) -> SubjectRequest:
    """A member's request, or one about which the member is asked; another's is as missing as none."""
    there = store.subject_request(id)
    if there is None or org not in {there.org, *(act.org for act in there.acts if act.org)}:
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "request")
    return there


def act(request: SubjectRequest, what: str, words: str, who: Caller, now: int) -> Done[SubjectRequest]:
    """Flag, put off, answer or refuse. Raises CareRefused."""
    deed = DEEDS.get(what)
    if deed is None:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "unknown-act", "what")
    return kept(deed(request, who.person, words, now), request, who, now)


def extracted(request: SubjectRequest, what: str, who: Caller, now: int) -> Done[SubjectRequest]:
    """A file was made for the person. Raises CareRefused."""
    return kept(subject_requests.extracted(request, who.person, what, now), request, who, now)


def consult(request: SubjectRequest, org: str, words: str, who: Caller, now: int) -> Done[SubjectRequest]:
    """Ask the member that gave the data."""
    return kept(subject_requests.consult(request, who.person, org, words, now), request, who, now)


def advise(request: SubjectRequest, org: str, words: str, who: Caller, now: int) -> Done[SubjectRequest]:
    """What the member that was asked says."""
    return kept(subject_requests.advise(request, who.person, org, words, now), request, who, now)


def kept(after: SubjectRequest | RequestRefusal, before: SubjectRequest, who: Caller, now: int) -> Done[SubjectRequest]:
    """What an act made of a request, with its record. Raises CareRefused."""
    if isinstance(after, RequestRefusal):
        raise CareRefused(ResultCode.INVALIDSTATE, after.value, "request")
    return _done(after, before, who, now)


def _done(after: SubjectRequest, before: SubjectRequest | None, who: Caller, now: int) -> Done[SubjectRequest]:
    last = after.acts[-1]
    event = RequestActed(
        at=now,
        reference=who.reference,
        request=after.id,
        org=after.org,
        kind=after.kind.value,
        act=last.what,
        person=after.person,
        to=last.org,
        by=who.by,
    )
    return Done(after, Effects((SaveRequest(after, before),), (event,)))
