"""Cases of log review (logguppföljning): one access or event that somebody else must look at, and what came of it."""

from dataclasses import dataclass
from enum import StrEnum

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
