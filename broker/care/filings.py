"""What is filed by those who answer for data: reviews, cases, breaches, requests of persons, corrections; how each is kept and
listed.

`before` is what the writer read, None for what is new; raises Overtaken when something else stands there now.
"""

from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from broker.audit.checkpoint import TreeState
from broker.audit.removal_orders import RemovalOrder
from broker.care.calling import CareServices
from broker.care.ports import CareStore
from broker.care.review_values import AccessPortion, Traced
from broker.login.effects import Change
from trust_framework.access_log import AccessPage, AccessRow, AccessSought
from trust_framework.breaches import Breach
from trust_framework.care_relations import CareRelation
from trust_framework.corrections import Correction
from trust_framework.directory import StaffEntry
from trust_framework.log_drawing import Selection
from trust_framework.log_review import Crowd
from trust_framework.persons import Person
from trust_framework.review_cases import CaseState, ReviewCase
from trust_framework.review_plans import ReviewPlan
from trust_framework.review_report import Review
from trust_framework.subject_requests import SubjectRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SaveBreach(Change):
    """A breach at a member."""

    breach: Breach
    before: Breach | None = None


@dataclass(frozen=True, slots=True)
class SaveRequest(Change):
    """A person's request to a member."""

    request: SubjectRequest
    before: SubjectRequest | None = None


@dataclass(frozen=True, slots=True)
class SaveCorrection(Change):
    """A correction with its receivers."""

    correction: Correction
    before: Correction | None = None


@dataclass(frozen=True, slots=True)
class SaveRemovalOrder(Change):
    """A decision to remove what the log may no longer keep."""

    order: RemovalOrder
    before: RemovalOrder | None = None


@dataclass(frozen=True, slots=True)
class Watch(Change):
    """A person on a care provider's watch list. One who is on it already stays."""

    provider: str
    person: str
    at: int
    by: str


@dataclass(frozen=True, slots=True)
class Unwatch(Change):
    """A person is on the watch list no more."""

    provider: str
    person: str


@dataclass(frozen=True, slots=True)
class FiledPage(Generic[T]):
    """Some of a list, the newest first; `total` match, `next` goes on after the last."""

    rows: tuple[T, ...]
    total: int
    next: str | None = None


@dataclass(frozen=True, slots=True)
class CasesAsked:
    """Which cases a list shows. `state` may be `open`; what is empty narrows nothing."""

    provider: str
    state: str = ""
    kind: str = ""
    review: str = ""
    after: str = ""
    count: int = 50


@dataclass(frozen=True, slots=True)
class HoldsAsked:
    """Which legal holds a list shows: those about everything and about a care provider, and, for who may see them, those about
    `persons`.
    """

    provider: str
    persons: bool = False
    after: str = ""
    count: int = 50


class FilingStore(CareStore, Protocol):
    """Reads of what is filed; writes go through `commit`."""

    def watched(self, provider: str) -> frozenset[str]:
        """The persons on a care provider's watch list."""
        ...

    def watches(self, provider: str, person: str) -> bool:
        """Whether a person is on a care provider's watch list."""
        ...

    def watched_page(self, provider: str, after: str = "", count: int = 50) -> FiledPage[str]:
        """A page of the persons on a care provider's watch list, by id."""
        ...

    def review_cases(self, asked: CasesAsked) -> FiledPage[tuple[ReviewCase, str]]:
        """A page of a care provider's cases, the newest first, each with its patient's id."""
        ...

    def review_cases_of(self, person: str) -> tuple[ReviewCase, ...]:
        """The cases about a patient, oldest first."""
        ...

    def review_case_counts(self, provider: str, review: str = "") -> dict[CaseState, int]:
        """How many cases there are in each state."""
        ...

    def log_review(self, id: str) -> Review | None: ...

    def log_reviews(self, provider: str, after: str = "", count: int = 50, state: str = "") -> FiledPage[Review]:
        """A page of a care provider's reviews; `state` may be `drawing`, `open` (those too) or `reported`."""
        ...

    def log_reviews_running(self, provider: str) -> tuple[Review, ...]:
        """Those that are drawn, or to be signed by a day, the most urgent first."""
        ...

    def review_plan(self, id: str) -> ReviewPlan | None: ...

    def review_plans(self, provider: str, after: str = "", count: int = 50, state: str = "") -> FiledPage[ReviewPlan]:
        """A page of a care provider's plans; `state` may be `runs` or `ended`."""
        ...

    def breach(self, id: str) -> Breach | None: ...

    def breaches(self, org: str, after: str = "", count: int = 50) -> FiledPage[Breach]: ...

    def breaches_running(self, org: str) -> tuple[Breach, ...]:
        """Those whose clock runs, the most urgent first."""
        ...

    def subject_request(self, id: str) -> SubjectRequest | None: ...

    def subject_requests(
        self, org: str, state: str = "", after: str = "", count: int = 50
    ) -> FiledPage[SubjectRequest]:
        """A page of a member's requests; `state` may be `open`."""
        ...

    def subject_requests_consulting(self, org: str) -> tuple[SubjectRequest, ...]:
        """Requests to others about which this member was asked and has not answered."""
        ...

    def correction(self, id: str) -> Correction | None: ...

    def corrections(self, org: str, after: str = "", count: int = 50) -> FiledPage[Correction]: ...

    def corrections_to(self, org: str) -> tuple[Correction, ...]:
        """Corrections that services of this member have not acknowledged."""
        ...

    def corrections_waiting(self, org: str, after: str = "", count: int = 50) -> FiledPage[Correction]:
        """A page of them, the oldest first."""
        ...

    def corrections_due(self, count: int) -> tuple[Correction, ...]:
        """Corrections of which some receiver must be told now."""
        ...


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What the register knows of the people of a review, by their ids."""

    persons: dict[str, Person] = field(default_factory=dict)
    staff: dict[str, tuple[StaffEntry, ...]] = field(default_factory=dict)
    relations: dict[str, tuple[CareRelation, ...]] = field(default_factory=dict)


class ReviewStore(FilingStore, Protocol):
    """What log review reads: what is filed, the access log, and what is known of the many people in it."""

    def reviewed(self, people: frozenset[str], patients: frozenset[str]) -> Reviewed: ...

    def patients_asking(self, provider: str) -> frozenset[str]:
        """Patients who asked about an access at a care provider, and have no end of it yet."""
        ...

    def access_page(self, sought: AccessSought, before: str | None = None, count: int = 50) -> AccessPage: ...

    def access_row(self, id: str) -> AccessRow | None: ...

    def access_portion(self, sought: Traced, count: int) -> AccessPortion:
        """The next accesses that a review is drawn from, in order of time."""
        ...

    def access_crowds(self, selection: Selection, since: int, until: int) -> tuple[Crowd, ...]:
        """When somebody read many patients, in a part of a review's time."""
        ...

    def log_state(self) -> TreeState: ...


@dataclass(frozen=True, slots=True)
class ReviewServices(CareServices):
    """What a call works with."""

    store: ReviewStore
