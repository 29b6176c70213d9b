"""Jobs of log review: reviews are drawn, a portion each in turn; those that a plan is due for are asked for; what is overdue is
told of once.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, Protocol

from broker.care import review_plans
from broker.care.calling import CareRefused, carried_out
from broker.care.filings import ReviewServices, ReviewStore
from broker.care.review_drawing import step
from broker.jobs.runner import Job
from broker.login.effects import Overtaken
from trust_framework.review_plans import ReviewPlan
from trust_framework.review_report import Review

_log = logging.getLogger("tillit.jobs")
AT_ONCE: Final = 20
PLANS_AT_ONCE: Final = 200


class DrawingStore(ReviewStore, Protocol):
    """What these jobs need of the store."""

    def clock(self) -> int: ...

    def log_reviews_drawing(self, count: int) -> tuple[Review, ...]: ...

    def log_reviews_overdue(self, count: int) -> tuple[Review, ...]: ...

    def review_plans_due(self, count: int) -> tuple[ReviewPlan, ...]: ...

    def notices_told(self, kind: str, entry: str) -> Mapping[tuple[str, str, str, int], int]: ...


Register = Callable[[], ReviewServices]


def draw(store: DrawingStore, on: Register) -> None:
    """One portion of each review that is being drawn: what else the broker does has its turn between them. One whose provider is
    not in the register waits; one that another node moved on just then is its.
    """
    for review in store.log_reviews_drawing(AT_ONCE):
        services = on()
        provider = services.register.provider(review.selection.provider)
        if provider is not None and review.drawing is not None:
            with suppress(Overtaken):
                store.commit(step(review, review.drawing, provider, services, store.clock()).effects)


def ask(store: DrawingStore, on: Register) -> None:
    """Ask for the reviews that are due by a plan. A plan that does not fit its provider any more (a unit is gone) is passed over:
    the page shows that it is overdue.
    """
    for plan in store.review_plans_due(PLANS_AT_ONCE):
        try:
            carried_out(lambda plan=plan: review_plans.ask_due(plan, on(), store.clock()), store)  # type: ignore[misc]
        except CareRefused as refused:
            _log.warning("review plan %s: %s", plan.id, refused.reason)


def remind(store: DrawingStore, on: Register) -> None:
    """Tell of each review that is overdue, once."""
    for review in store.log_reviews_overdue(PLANS_AT_ONCE):
        if not store.notices_told(review_plans.KIND, review.id):
            store.commit(review_plans.remind(review, on(), store.clock()))


def review_jobs(store: DrawingStore, on: Register) -> tuple[Job, ...]:
    """The jobs of a broker in which logs are reviewed."""
    return (
        Job("reviews", 1, lambda: draw(store, on)),
        Job("review-plans", 600, lambda: ask(store, on)),
        Job("reviews-overdue", 3600, lambda: remind(store, on)),
    )
