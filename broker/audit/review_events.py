"""The audit events of log review and of the duties of those who hold data. A new event is a class here and nothing else.

What somebody wrote stands in the case, sealed; an event says that it was done, by whom, and what it came to.
"""

from dataclasses import dataclass
from typing import ClassVar

from broker.audit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseActed(Event):
    """Somebody took a case of log review, noted, asked, answered, found, closed or opened it again (`act`)."""

    name: ClassVar[str] = "care.case-acted"
    retention: ClassVar[str] = "care"
    case: str
    act: str
    provider: str
    outcome: str = ""
    person: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAsked(Event):
    """Somebody, or a plan (`plan`), asked for a review of a care provider's log; at `most` so many cases come of it."""

    name: ClassVar[str] = "care.review-asked"
    retention: ClassVar[str] = "care"
    review: str
    provider: str
    since: int
    until: int
    percent: int
    most: int
    unit: str = ""
    rules: tuple[str, ...] = ()
    plan: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewBegun(Event):
    """Drawing of a review begins, with this seed, of what the sealed log holds at this size."""

    name: ClassVar[str] = "care.review-begun"
    retention: ClassVar[str] = "care"
    review: str
    provider: str
    seed: str
    log_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPlanned(Event):
    """A care provider's log is to be reviewed every so many weeks or months, or not any more (`act`)."""

    name: ClassVar[str] = "care.review-planned"
    retention: ClassVar[str] = "care"
    plan: str
    provider: str
    act: str
    every: int
    interval: str
    first: str
    days: int
    percent: int
    most: int
    unit: str = ""
    rules: tuple[str, ...] = ()
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewTold(Event):
    """A care provider's log reviewers were told that a planned review is to be done, or is overdue (`act`); `mail` is empty where
    nobody could be written to.
    """

    name: ClassVar[str] = "care.review-told"
    retention: ClassVar[str] = "care"
    review: str
    provider: str
    act: str
    mail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewMade(Event):
    """A review of a care provider's log was drawn: from how many accesses, with which seed and rules; how many some rule holds of
    (`hit`), how many chance would have drawn (`sample`), and how many became cases.
    """

    name: ClassVar[str] = "care.review-made"
    retention: ClassVar[str] = "care"
    review: str
    provider: str
    since: int
    until: int
    percent: int
    seed: str
    examined: int
    hit: int
    sample: int
    most: int
    drawn: int
    unit: str = ""
    rules: tuple[str, ...] = ()
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReported(Event):
    """A review was signed off; `digest` is SHA-256 of its report."""

    name: ClassVar[str] = "care.review-reported"
    retention: ClassVar[str] = "care"
    review: str
    provider: str
    digest: str
    cases: int
    suspected: int
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchChanged(Event):
    """A person was put on a care provider's watch list, or taken off it (`act`)."""

    name: ClassVar[str] = "care.watch-changed"
    retention: ClassVar[str] = "care"
    provider: str
    person: str
    act: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractMade(Event):
    """A file of the access log was made; `digest` is SHA-256 of it, by which it is known again."""

    name: ClassVar[str] = "care.extract-made"
    retention: ClassVar[str] = "care"
    provider: str
    digest: str
    rows: int
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogVerified(Event):
    """Somebody verified a part of the log, from one position to another; `wrong` says how many leaves are not as signed."""

    name: ClassVar[str] = "log.verified"
    retention: ClassVar[str] = "operation"
    first: int
    last: int
    checked: int
    wrong: int
    org: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalOrdered(Event):
    """Somebody asked that what the log may no longer keep be removed, another decided it, a job carried it out, or it was
    withdrawn (`act`). `rows` leaves were due, or went.
    """

    name: ClassVar[str] = "log.removal-ordered"
    retention: ClassVar[str] = "log"
    order: str
    act: str
    rows: int
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachActed(Event):
    """A breach was opened, described, told to the authority or to the persons, exempted or closed (`act`)."""

    name: ClassVar[str] = "data.breach-acted"
    retention: ClassVar[str] = "operation"
    breach: str
    org: str
    act: str
    risk: str = ""
    late: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachTold(Event):
    """A member was told of a breach, or reminded of its clock; `mail` is empty when it had nobody to write to."""

    name: ClassVar[str] = "data.breach-told"
    retention: ClassVar[str] = "operation"
    breach: str
    org: str
    mail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestActed(Event):
    """A person's request was received, flagged, sent for advice, advised on, put off, answered or refused (`act`). `to` is the
    member that was asked, or that advised.
    """

    name: ClassVar[str] = "data.request-acted"
    retention: ClassVar[str] = "operation"
    request: str
    org: str
    kind: str
    act: str
    person: str = ""
    to: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCorrected(Event):
    """Details of a person were wrong, and who got them is to be told: the replacement event. `services` are the receivers."""

    name: ClassVar[str] = "data.corrected"
    retention: ClassVar[str] = "operation"
    correction: str
    org: str
    person: str
    attributes: tuple[str, ...]
    services: tuple[str, ...]
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionTold(Event):
    """A receiver was told of a correction, for the `times`-th time, or has acknowledged it."""

    name: ClassVar[str] = "data.correction-told"
    retention: ClassVar[str] = "operation"
    correction: str
    service: str
    org: str
    act: str
    times: int = 0
    mail: str = ""
    by: str = ""
