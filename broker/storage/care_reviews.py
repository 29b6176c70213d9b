"""Reviews of care providers' logs: what was looked at, with which seed, and when it was reported."""

from typing import Final

from broker.care.review_values import SaveReview
from broker.storage.database import Database, Unit
from broker.storage.filed import FIRST, Filed, filed_table
from broker.storage.tables import About
from trust_framework.review_report import Review

REVIEWS = filed_table(
    "care_reviews",
    About(
        "Reviews of care providers' logs, each with its seed",
        "Care must review its logs and document it (HSLF-FS 2016:40 4:9)",
        "As long as the provider's log",
    ),
)
STORED: Final = Filed(REVIEWS, Review, "care-review")
DRAWING, OPEN, REMINDED, REPORTED = "drawing", "open", "reminded", "reported"


def save(unit: Unit, change: SaveReview) -> None:
    """Insert or move on. Raises Overtaken."""
    review = change.review
    state = _state(review)
    row = {
        "owner": review.selection.provider,
        "state": state,
        "open": int(state != REPORTED),
        "made_at": review.made_at,
        "due_at": due_at(review),
    }
    STORED.save(unit, review.id, review, change.before, row)


def due_at(review: Review) -> int | None:
    """When somebody must next do something: a review that is asked for is drawn at once, and signed by its day."""
    if review.drawing is not None:
        return review.made_at
    return review.due if review.reported_at is None else None


def due(database: Database, at: int, count: int, state: str, after: Review | None) -> tuple[Review, ...]:
    """What is due in a state, after one that was read so."""
    last = FIRST if after is None else (due_at(after) or 0, after.id)
    return STORED.due(database, at, count, state, last)


def _state(review: Review) -> str:
    if review.drawing is not None:
        return DRAWING
    if review.reported_at is not None:
        return REPORTED
    return OPEN if review.reminded_at is None else REMINDED
