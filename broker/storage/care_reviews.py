"""Reviews of care providers' logs: what was looked at, with which seed, and when it was reported."""

from typing import Final

from broker.care.filings import SaveReview
from broker.storage.database import Unit
from broker.storage.filed import Filed, filed_table
from broker.storage.tables import About
from trust_framework.log_review import Review

REVIEWS = filed_table(
    "care_reviews",
    About(
        "Reviews of care providers' logs, each with its seed",
        "Care must review its logs and document it (HSLF-FS 2016:40 4:9)",
        "As long as the provider's log",
    ),
)
STORED: Final = Filed(REVIEWS, Review, "care-review")


def save(unit: Unit, change: SaveReview) -> None:
    """Insert or move on. Raises Overtaken."""
    review = change.review
    reported = review.reported_at is not None
    row = {
        "owner": review.selection.provider,
        "state": "reported" if reported else "open",
        "open": int(not reported),
        "made_at": review.made_at,
        "due_at": None,
    }
    STORED.save(unit, review.id, review, change.before, row)
