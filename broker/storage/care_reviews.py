"""Reviews of care providers' logs: what was looked at, with which seed, and when it was reported."""

from typing import Final

from broker.care.review_values import SaveReview
from broker.storage.database import Unit
from broker.storage.filed import Filed, filed_table
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
DRAWING, OPEN, REPORTED = "drawing", "open", "reported"


def save(unit: Unit, change: SaveReview) -> None:
    """Insert or move on. Raises Overtaken."""
    review = change.review
    state = _state(review)
    row = {
        "owner": review.selection.provider,
        "state": state,
        "open": int(state != REPORTED),
        "made_at": review.made_at,
        "due_at": {DRAWING: review.made_at, OPEN: review.due, REPORTED: None}[state],
    }
    STORED.save(unit, review.id, review, change.before, row)


def _state(review: Review) -> str:
    if review.drawing is not None:
        return DRAWING
    return OPEN if review.reported_at is None else REPORTED
