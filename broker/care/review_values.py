"""What log review and storage pass between them while a review is drawn, and its plans."""

from dataclasses import dataclass
from typing import Final

from broker.login.effects import Change
from trust_framework.log_drawing import Selection
from trust_framework.review_plans import ReviewPlan
from trust_framework.review_report import Review

PARTS: Final = 8
"""So many times are days counted, of a part of the employees each: none of the statements is long."""


@dataclass(frozen=True, slots=True)
class AccessTrace:
    """What an entry of the access log tells unopened: its number (`id`), when, whose (the keyed hash of `employee`), to which
    `patient`, where; `returning` says that the employee was counted among those who came back to the patient on many days.
    """

    id: str
    at: int
    employee: bytes
    patient: str
    unit: str = ""
    emergency: bool = False
    returning: bool = False


@dataclass(frozen=True, slots=True)
class AccessPortion:
    """Some accesses in order of time, and which was the last that was looked at (when, number): perhaps one that is not among
    them. None when there are no more.
    """

    traces: tuple[AccessTrace, ...]
    last: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Traced:
    """Which accesses a portion is of: those of a review's selection after the last that was examined (when, number), that were in
    the log at this size.
    """

    review: str
    selection: Selection
    after: tuple[int, int]
    size: int


@dataclass(frozen=True, slots=True)
class SaveReview(Change):
    """A review of a care provider's log. `before` is what the writer read, None for a new one; raises Overtaken."""

    review: Review
    before: Review | None = None


@dataclass(frozen=True, slots=True)
class SavePlan(Change):
    """A plan of reviews, as `SaveReview`."""

    plan: ReviewPlan
    before: ReviewPlan | None = None


@dataclass(frozen=True, slots=True)
class CountReturning(Change):
    """Count who came back to the same patient on many days, of one part of the employees."""

    review: str
    selection: Selection
    part: int


@dataclass(frozen=True, slots=True)
class ForgetReturning(Change):
    """A review is drawn: what was counted for it is not needed any more."""

    review: str
