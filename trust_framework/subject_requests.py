"""What persons ask of those who hold their data (registrerades begäran): extracts of the log, access, correction, erasure.

Each has a day when it must be answered: a month (GDPR 12.3), which may once be two months longer with a reason; an extract of
the log of care within two weeks. Where an exemption may apply, who gave the data is asked before the answer goes, and both the
question and the answer stand in the case (IS-10). That a person is erased is decided by one and carried out by another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from trust_framework.days import day_after, day_of

LONGER: Final = 2
"""Months by which an answer may be put off, once."""

LONGEST_WORDS: Final = 2_000


class RequestKind(StrEnum):
    """What is asked for."""

    LOG_EXTRACT = "log-extract"
    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"


class RequestState(StrEnum):
    """Where the request is."""

    RECEIVED = "received"
    CONSULTING = "consulting"
    READY = "ready"
    ANSWERED = "answered"
    REFUSED = "refused"


class RequestRefusal(StrEnum):
    """Why an act is not done."""

    DONE = "request-done"
    NO_REASON = "no-reason"
    NOT_CONSULTED = "not-consulted"
    NO_ANSWER_AWAITED = "no-answer-awaited"
    PUT_OFF_ALREADY = "put-off-already"
    NO_ERASURE = "no-erasure"
    NOT_DECIDED = "erasure-not-decided"
    SECOND_PERSON = "erasure-second-person"


@dataclass(frozen=True, slots=True)
class RequestAct:
    """One act: who, when, what (`received`, `flagged`, `consulted`, `advised`, `put-off`, `extracted`, `erasure-decided`,
    `erased`, `answered`, `refused`), in words. `org` is the member that was asked, or that advised.
    """

    at: int
    person: str
    what: str
    note: str = ""
    org: str = ""


@dataclass(frozen=True, slots=True)
class SubjectRequest:
    """A person's request to a member. `person` is the register's id of whom it is about, `exemption` says that some of what is
    held may have to be kept back. `since` and `until` narrow an extract.
    """

    id: str
    org: str
    kind: RequestKind
    person: str
    received_at: int
    acts: tuple[RequestAct, ...] = ()
    exemption: bool = False
    put_off: bool = False
    since: int | None = None
    until: int | None = None

    @property
    def state(self) -> RequestState:
        last = next((act.what for act in reversed(self.acts) if act.what in _STATES), "received")
        if last == "received" and self.exemption:
            return RequestState.CONSULTING
        return _STATES[last]

    @property
    def done(self) -> bool:
        return self.state in {RequestState.ANSWERED, RequestState.REFUSED}

    @property
    def due(self) -> int:
        """The end of the last day on which it may be answered."""
        first = day_of(self.received_at)
        if self.kind is RequestKind.LOG_EXTRACT:
            return day_after(first + timedelta(days=14))
        return day_after(months_after(first, 1 + (LONGER if self.put_off else 0)))


_STATES: Final[Mapping[str, RequestState]] = {
    "received": RequestState.RECEIVED,
    "consulted": RequestState.CONSULTING,
    "advised": RequestState.READY,
    "erasure-decided": RequestState.READY,
    "erased": RequestState.ANSWERED,
    "answered": RequestState.ANSWERED,
    "refused": RequestState.REFUSED,
}


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    following = date(day.year + years + (month == 11), (month + 1) % 12 + 1, 1)  # noqa: PLR2004  # December is the twelfth
    return min(date(day.year + years, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def flag(request: SubjectRequest, person: str, words: str, now: int) -> SubjectRequest | RequestRefusal:
    """Some of it may have to be kept back: who gave it must be asked first."""
    fault = _fault(request, words)
    return fault or replace(_with(request, RequestAct(now, person, "flagged", words.strip())), exemption=True)


def consult(request: SubjectRequest, person: str, org: str, words: str, now: int) -> SubjectRequest | RequestRefusal:
    """Ask the member that gave the data."""
    return _fault(request, words) or _with(request, RequestAct(now, person, "consulted", words.strip(), org))


def advise(request: SubjectRequest, person: str, org: str, words: str, now: int) -> SubjectRequest | RequestRefusal:
    """What the member that was asked says."""
    waiting = request.state is RequestState.CONSULTING and _asked(request) == org
    fault = _fault(request, words) or (None if waiting else RequestRefusal.NO_ANSWER_AWAITED)
    return fault or _with(request, RequestAct(now, person, "advised", words.strip(), org))


def put_off(request: SubjectRequest, person: str, words: str, now: int) -> SubjectRequest | RequestRefusal:
    """Two months more, for a reason that the person is told; an extract of the log is never put off."""
    if request.put_off or request.kind is RequestKind.LOG_EXTRACT:
        return RequestRefusal.PUT_OFF_ALREADY
    fault = _fault(request, words)
    return fault or replace(_with(request, RequestAct(now, person, "put-off", words.strip())), put_off=True)


def extracted(request: SubjectRequest, person: str, what: str, now: int) -> SubjectRequest | RequestRefusal:
    """A file of what is held was made for the person; `what` says which, with its digest. It is not made while who gave the data
    must be asked, nor when all is over.
    """
    fault = _fault(request, what) or _unasked(request)
    return fault or _with(request, RequestAct(now, person, "extracted", what))


def decide_erasure(request: SubjectRequest, person: str, words: str, now: int) -> SubjectRequest | RequestRefusal:
    """The member decides that the person is to be erased, and why nothing stands against it."""
    if request.kind is not RequestKind.ERASURE:
        return RequestRefusal.NO_ERASURE
    fault = _fault(request, words) or _unasked(request)
    return fault or _with(request, RequestAct(now, person, "erasure-decided", words.strip()))


def erase(request: SubjectRequest, person: str, words: str, now: int) -> SubjectRequest | RequestRefusal:
    """The person is erased, by another than who decided it last."""
    decided = next((act.person for act in reversed(request.acts) if act.what == "erasure-decided"), None)
    if decided is None:
        return RequestRefusal.NOT_DECIDED
    if decided == person:
        return RequestRefusal.SECOND_PERSON
    fault = _fault(request, words) or _unasked(request)
    return fault or _with(request, RequestAct(now, person, "erased", words.strip()))


def answer(request: SubjectRequest, person: str, words: str, now: int) -> SubjectRequest | RequestRefusal:
    """The person has the answer."""
    fault = _fault(request, words) or _unasked(request)
    return fault or _with(request, RequestAct(now, person, "answered", words.strip()))


def refuse(request: SubjectRequest, person: str, words: str, now: int) -> SubjectRequest | RequestRefusal:
    """The person does not get it, and is told why."""
    fault = _fault(request, words) or _unasked(request)
    return fault or _with(request, RequestAct(now, person, "refused", words.strip()))


def _asked(request: SubjectRequest) -> str:
    return next((act.org for act in reversed(request.acts) if act.what == "consulted"), "")


def _unasked(request: SubjectRequest) -> RequestRefusal | None:
    """With an exemption, who gave the data must have answered."""
    waits = request.state is RequestState.CONSULTING
    return RequestRefusal.NOT_CONSULTED if waits else None


def _fault(request: SubjectRequest, words: str) -> RequestRefusal | None:
    if request.done:
        return RequestRefusal.DONE
    return None if words.strip() else RequestRefusal.NO_REASON


def _with(request: SubjectRequest, act: RequestAct) -> SubjectRequest:
    return replace(request, acts=(*request.acts, act))
