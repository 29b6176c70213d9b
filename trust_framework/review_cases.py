"""Cases of log review (logguppföljning): one access or event that somebody else must look at, and what came of it."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from trust_framework.identifiers import Identifier


class CaseKind(StrEnum):
    """Why there is a case."""

    EMERGENCY = "emergency"
    EMERGENCY_RATE = "emergency-rate"
    PATIENT_ASKS = "patient-asks"
    SAMPLED = "sampled"
    RULE = "rule"
    MISUSE = "misuse"


class Outcome(StrEnum):
    """What the reviewer found."""

    JUSTIFIED = "justified"
    ASK_MANAGER = "ask-manager"
    SUSPECTED = "suspected"


@dataclass(frozen=True, slots=True)
class CaseAct:
    """One act on a case: who, when, what (`opened`, `taken`, `asked`, `noted`, `found`, `closed`, `reopened`), in words."""

    at: int
    person: str
    what: str
    note: str = ""
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """A case of a care provider: about whom (`employee`, `patient`), since when, and every act on it, oldest first.

    `about` names what it is about: an emergency access, a record of the access log, a rule. `review` is the review that drew it.
    """

    id: str
    kind: CaseKind
    provider: str
    opened_at: int
    employee: str = ""
    unit: str = ""
    patient: Identifier | None = None
    about: str = ""
    rules: tuple[str, ...] = ()
    review: str = ""
    acts: tuple[CaseAct, ...] = ()
    closed_at: int | None = None


# --- what may be done with a case -----------------------------------------------------------------------------------------

LONGEST_NOTE: Final = 2_000


class CaseState(StrEnum):
    """Where a case is: nobody has looked, somebody looks, somebody was asked, a second person must look, done."""

    NEW = "new"
    TAKEN = "taken"
    ASKED = "asked"
    SECOND = "second"
    CLOSED = "closed"


class CaseRefusal(StrEnum):
    """Why an act is not done."""

    OWN_ACCESS = "own-access"
    OWN_RECORD = "own-record"
    SECOND_PERSON = "second-person"
    NO_NOTE = "no-note"
    LONG_NOTE = "long-note"
    CLOSED = "case-closed"
    OPEN = "case-open"
    NOT_ASKED = "nobody-asked"


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who reviews: the register's id, and the HSA-ids (compare form) of their own employments."""

    person: str
    employees: frozenset[str] = frozenset()


def state(case: ReviewCase) -> CaseState:
    """Where the case is."""
    if case.closed_at is not None:
        return CaseState.CLOSED
    if found_by(case):
        return CaseState.SECOND
    since = tuple(act.what for act in _since_opened(case))
    if "asked" in since:
        return CaseState.ASKED
    return CaseState.TAKEN if since else CaseState.NEW


def outcome(case: ReviewCase) -> Outcome | None:
    """What the case came to; None while it is open."""
    if case.closed_at is None:
        return None
    return next((act.outcome for act in reversed(case.acts) if act.what == "closed"), None)


def suspected_by(case: ReviewCase) -> str:
    """Who suspects misuse, and waits for a second person; empty when nobody does."""
    return next((act.person for act in _since_opened(case) if act.outcome is Outcome.SUSPECTED), "")


def found_by(case: ReviewCase) -> str:
    """Who last found something that a second person must look at; empty when nobody did."""
    return next((act.person for act in reversed(_since_opened(case)) if act.what == "found"), "")


def _reopened_by(case: ReviewCase) -> str:
    return next((act.person for act in reversed(case.acts) if act.what == "reopened"), "")


def _since_opened(case: ReviewCase) -> tuple[CaseAct, ...]:
    """The acts since the case was opened, or opened again."""
    begins = max((n for n, act in enumerate(case.acts) if act.what in {"opened", "reopened"}), default=-1)
    return case.acts[begins + 1 :]


def hindered(case: ReviewCase, patient: str, reviewer: Reviewer) -> CaseRefusal | None:
    """Why this person may not look at the case at all: it is about what they did, or about their own information.

    `patient` is the register's id of the patient.
    """
    began = {act.person for act in case.acts if act.what == "opened"} if case.kind in BEGUN_BY_STAFF else set()
    if case.employee in reviewer.employees or reviewer.person in began:
        return CaseRefusal.OWN_ACCESS
    return CaseRefusal.OWN_RECORD if reviewer.person == patient else None


BEGUN_BY_STAFF: Final = frozenset({CaseKind.EMERGENCY, CaseKind.EMERGENCY_RATE})
"""Cases that an entry of staff began. What they are about has an id of its caller's choice."""


def take(case: ReviewCase, patient: str, reviewer: Reviewer, now: int) -> ReviewCase | CaseRefusal:
    """Somebody begins to look."""
    return _refused(case, patient, reviewer) or _with(case, CaseAct(now, reviewer.person, "taken"))


def note(case: ReviewCase, patient: str, reviewer: Reviewer, words: str, now: int) -> ReviewCase | CaseRefusal:
    """Something to be remembered: what a manager answered, what the employee said."""
    fault = _refused(case, patient, reviewer) or _wrong(words)
    return fault or _with(case, CaseAct(now, reviewer.person, "noted", words.strip()))


def answer(case: ReviewCase, patient: str, reviewer: Reviewer, words: str, now: int) -> ReviewCase | CaseRefusal:
    """What the patient who asked is told: these words, as they are, and no others of the case."""
    if case.kind is not CaseKind.PATIENT_ASKS:
        return CaseRefusal.NOT_ASKED
    fault = _refused(case, patient, reviewer) or _wrong(words)
    return fault or _with(case, CaseAct(now, reviewer.person, "answered", words.strip()))


def assess(
    case: ReviewCase, patient: str, reviewer: Reviewer, found: Outcome, words: str, now: int, *, unknown: bool = False
) -> ReviewCase | CaseRefusal:
    """What the reviewer finds, with words that document it. Justified closes the case, unless somebody suspects misuse; a
    suspicion waits for a second person, who closes it either way. Asking a manager leaves it open. Who opened a closed case
    again does not close it.

    `unknown`: nobody is known to be the employee, so it may have been the reviewer: whatever they find waits for a second person.
    """
    fault = _refused(case, patient, reviewer) or _wrong(words)
    if fault:
        return fault
    if found is Outcome.ASK_MANAGER:
        return _with(case, CaseAct(now, reviewer.person, "asked", words.strip(), found))
    if reviewer.person in {found_by(case), _reopened_by(case)}:
        return CaseRefusal.SECOND_PERSON
    if (found is Outcome.SUSPECTED and not suspected_by(case)) or (unknown and not found_by(case)):
        return _with(case, CaseAct(now, reviewer.person, "found", words.strip(), found))
    return replace(_with(case, CaseAct(now, reviewer.person, "closed", words.strip(), found)), closed_at=now)


def reopen(case: ReviewCase, patient: str, reviewer: Reviewer, words: str, now: int) -> ReviewCase | CaseRefusal:
    """Look again, for a reason."""
    if case.closed_at is None:
        return CaseRefusal.OPEN
    fault = hindered(case, patient, reviewer) or _wrong(words)
    return fault or replace(_with(case, CaseAct(now, reviewer.person, "reopened", words.strip())), closed_at=None)


def _refused(case: ReviewCase, patient: str, reviewer: Reviewer) -> CaseRefusal | None:
    return CaseRefusal.CLOSED if case.closed_at is not None else hindered(case, patient, reviewer)


def _wrong(words: str) -> CaseRefusal | None:
    if not words.strip():
        return CaseRefusal.NO_NOTE
    return CaseRefusal.LONG_NOTE if len(words) > LONGEST_NOTE else None


def _with(case: ReviewCase, act: CaseAct) -> ReviewCase:
    return replace(case, acts=(*case.acts, act))
