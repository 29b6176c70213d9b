"""Jobs of log review: reviews are drawn, a portion each in turn; those that a plan is due for are asked for; what is overdue is
told of once.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Final, Protocol, TypeVar

from broker.care import review_plans
from broker.care.calling import CareRefused, Done, carried_out
from broker.care.filings import ReviewServices, ReviewStore
from broker.care.review_drawing import step
from broker.jobs.runner import Job
from broker.login.effects import Overtaken
from trust_framework.care import CareProvider
from trust_framework.log_drawing import Drawing
from trust_framework.review_plans import ReviewPlan
from trust_framework.review_report import Review

_log = logging.getLogger("tillit.jobs")
AT_ONCE: Final = 20
"""Reviews of which a portion is drawn in one turn."""

PAGE: Final = 100


class DrawingStore(ReviewStore, Protocol):
    """What these jobs need of the store."""

    def clock(self) -> int: ...

    def log_reviews_drawing(self, count: int, after: Review | None = None) -> tuple[Review, ...]: ...

    def log_reviews_overdue(self, count: int, after: Review | None = None) -> tuple[Review, ...]: ...

    def review_plans_due(self, count: int, after: ReviewPlan | None = None) -> tuple[ReviewPlan, ...]: ...


Register = Callable[[], ReviewServices]
T = TypeVar("T")


def _every(due: Callable[[int, T | None], tuple[T, ...]]) -> Iterator[T]:
    """All that is due, a page at a time: what cannot be done, and is due for ever, is in nobody's way."""
    last: T | None = None
    while page := due(PAGE, last):
        yield from page
        last = page[-1]


def draw(store: DrawingStore, on: Register) -> None:
    """One portion of each review that is being drawn, the oldest first and so many at once: what else the broker does has its
    turn between them. One that another node moved on just then is its.
    """
    for review, drawing, provider, services in islice(_drawable(store, on), AT_ONCE):
        with suppress(Overtaken):
            store.commit(step(review, drawing, provider, services, store.clock()).effects)


def _drawable(store: DrawingStore, on: Register) -> Iterator[tuple[Review, Drawing, CareProvider, ReviewServices]]:
    """The reviews that can be drawn now. One whose provider is not in the register waits, and lets the others pass."""
    for review in _every(store.log_reviews_drawing):
        services = on()
        provider = services.register.provider(review.selection.provider)
        if provider is not None and review.drawing is not None:
            yield review, review.drawing, provider, services


def ask(store: DrawingStore, on: Register) -> None:
    """Ask for the reviews that are due by a plan. A plan that does not fit its provider any more (a unit is gone) is passed over:
    the page shows that it is overdue.
    """
    for plan in _every(store.review_plans_due):
        try:
            carried_out(partial(_asked, plan, store, on), store)
        except CareRefused as refused:
            _log.warning("review plan %s: %s", plan.id, refused.reason)


def _asked(plan: ReviewPlan, store: DrawingStore, on: Register) -> Done[Review]:
    return review_plans.ask_due(plan, on(), store.clock())


def remind(store: DrawingStore, on: Register) -> None:
    """Tell of each review that is overdue, once: by one node, unless somebody signs it just then."""
    for review in _every(store.log_reviews_overdue):
        with suppress(Overtaken):
            store.commit(review_plans.remind(review, on(), store.clock()))


def review_jobs(store: DrawingStore, on: Register) -> tuple[Job, ...]:
    """The jobs of a broker in which logs are reviewed."""
    return (
        Job("reviews", 1, lambda: draw(store, on)),
        Job("review-plans", 600, lambda: ask(store, on)),
        Job("reviews-overdue", 3600, lambda: remind(store, on)),
    )
