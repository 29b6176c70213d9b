"""Cases of log review in service: a patient asks, a reviewer looks, another person closes.

Owns who may work on which case. What an act makes of a case, and who may never close it, is `trust_framework.review_cases`.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from broker.audit.care_events import CaseOpened
from broker.audit.review_events import CaseActed
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, Done, ResultCode
from broker.care.changes import SaveReviewCase
from broker.care.filings import ReviewServices
from broker.care.telling import EMPLOYEE
from broker.login.effects import Effects, PersonKey
from trust_framework import review_cases
from trust_framework.access_log import AccessRow
from trust_framework.identifiers import Identifier, hsa_compare_form
from trust_framework.review_cases import CaseAct, CaseKind, CaseRefusal, Outcome, ReviewCase, Reviewer

LONGEST_QUESTION: Final = 1_000
MOST_OPEN: Final = 20
"""Questions of one patient that wait at the same time."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a patient asks about an access: the entry of the log, and who read where, as the entry says."""

    about: str
    provider: str
    patient: Identifier
    words: str
    employee: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """What a reviewer does with a case: `take`, `note`, `answer`, `assess` (with an outcome) or `reopen`, in words."""

    what: str
    words: str = ""
    outcome: Outcome | None = None


def ask(question: Question, who: Caller, on: ReviewServices, now: int) -> Done[ReviewCase]:
    """The patient asks about an access; who asked about the same one before has the case that is there."""
    provider, words = on.register.provider(question.provider), question.words.strip()
    if who.kind is not CallerKind.PATIENT or not who.person or provider is None:
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "about")
    if not words or len(words) > LONGEST_QUESTION:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "reason-too-long" if words else "no-reason", "words")
    mine = [one for one in on.store.review_cases_of(who.person) if one.kind is CaseKind.PATIENT_ASKS]
    waiting = [one for one in mine if one.closed_at is None]
    if there := next((one for one in waiting if one.about == question.about), None):
        return Done(there)
    if len(waiting) >= MOST_OPEN:
        raise CareRefused(ResultCode.INVALIDSTATE, "too-many-questions")
    case = ReviewCase(
        secrets.token_hex(16),
        CaseKind.PATIENT_ASKS,
        provider.hsa_id,
        now,
        hsa_compare_form(question.employee),
        hsa_compare_form(question.unit),
        question.patient,
        question.about,
        acts=(CaseAct(now, who.person, "opened", words),),
    )
    return _opened(case, who.person, who, now)


def open_about(row: AccessRow, words: str, who: Caller, on: ReviewServices, now: int) -> Done[ReviewCase]:
    """Somebody who reads the log opens a case about an entry, in words."""
    provider = on.register.provider(row.record.provider)
    if provider is None or not who.may_act_for(provider.hsa_id):
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "about")
    case = ReviewCase(
        secrets.token_hex(16),
        CaseKind.MISUSE,
        provider.hsa_id,
        now,
        row.record.user,
        row.record.unit,
        next((one.patient for one in row.record.resources if one.patient), None),
        row.id,
        acts=(CaseAct(now, who.person, "opened", words.strip()),),
    )
    return _opened(case, row.person, who, now)


def _opened(case: ReviewCase, person: str, who: Caller, now: int) -> Done[ReviewCase]:
    event = CaseOpened(
        at=now,
        reference=who.reference,
        case=case.id,
        case_kind=case.kind.value,
        provider=case.provider,
        person=person,
        about=case.about,
        by=who.by,
    )
    return Done(case, Effects((SaveReviewCase(case, person),), (event,)))


def found(id: str, who: Caller, on: ReviewServices) -> tuple[ReviewCase, str]:
    """A case of a provider that the caller acts for, with its patient's id; another's is as missing as none."""
    there = on.store.review_case(id)
    if there is None or not who.may_act_for(there[0].provider):
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "case")
    return there


def reviewer(who: Caller, on: CareServices) -> Reviewer:
    """The caller as a reviewer, with every employment that the directory knows of them."""
    employments = on.store.staff(who.person)
    return Reviewer(who.person, frozenset(hsa_compare_form(one.hsa_id) for one in employments))


def act(id: str, deed: Deed, who: Caller, on: ReviewServices, now: int) -> Done[ReviewCase]:
    """Do something with a case. Raises CareRefused with the reason of `CaseRefusal`."""
    case, person = found(id, who, on)
    after = _after(case, person, deed, reviewer(who, on), now, unknown=nobodys(case, on))
    if isinstance(after, CaseRefusal):
        raise CareRefused(_CODES.get(after, ResultCode.INVALIDSTATE), after.value, "case")
    last = after.acts[-1]
    event = CaseActed(
        at=now,
        reference=who.reference,
        case=case.id,
        act=last.what,
        outcome=last.outcome.value if last.outcome else "",
        provider=case.provider,
        person=person,
        by=who.by,
    )
    return Done(after, Effects((SaveReviewCase(after, person, case),), (event,)))


_CODES: Final = {
    CaseRefusal.OWN_ACCESS: ResultCode.ACCESSDENIED,
    CaseRefusal.OWN_RECORD: ResultCode.ACCESSDENIED,
    CaseRefusal.SECOND_PERSON: ResultCode.ACCESSDENIED,
    CaseRefusal.NO_NOTE: ResultCode.VALIDATION_ERROR,
    CaseRefusal.LONG_NOTE: ResultCode.VALIDATION_ERROR,
}


def nobodys(case: ReviewCase, on: CareServices) -> bool:
    """Whether nobody is known to have the employment that the case is about: then it can be anybody's, the reviewer's too."""
    return bool(case.employee) and not on.store.persons_by_keys((PersonKey(EMPLOYEE, case.employee),))


def _after(
    case: ReviewCase, person: str, deed: Deed, by: Reviewer, now: int, *, unknown: bool
) -> ReviewCase | CaseRefusal:
    match deed.what:
        case "take":
            return review_cases.take(case, person, by, now)
        case "note":
            return review_cases.note(case, person, by, deed.words, now)
        case "answer":
            return review_cases.answer(case, person, by, deed.words, now)
        case "reopen":
            return review_cases.reopen(case, person, by, deed.words, now)
        case "assess" if deed.outcome is not None:
            return review_cases.assess(case, person, by, deed.outcome, deed.words, now, unknown=unknown)
    raise CareRefused(ResultCode.VALIDATION_ERROR, "unknown-act", "what")
