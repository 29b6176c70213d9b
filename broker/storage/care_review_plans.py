"""Plans by which care providers' logs are reviewed again and again."""

from typing import Final

from broker.care.review_values import SavePlan
from broker.storage.database import Database, Unit
from broker.storage.filed import FIRST, Filed, filed_table
from broker.storage.tables import About
from trust_framework.review_plans import ReviewPlan

PLANS = filed_table(
    "care_review_plans",
    About(
        "Plans by which care providers' logs are reviewed again and again",
        "Care must review its logs systematically and recurrently (HSLF-FS 2016:40 4:9)",
        "As long as the provider's log",
    ),
)
STORED: Final = Filed(PLANS, ReviewPlan, "care-review-plan")


def due(database: Database, at: int, count: int, after: ReviewPlan | None) -> tuple[ReviewPlan, ...]:
    """Plans that are due, after one that was read so."""
    return STORED.due(database, at, count, after=FIRST if after is None else (after.due, after.id))


def save(unit: Unit, change: SavePlan) -> None:
    """Insert or move on. Raises Overtaken."""
    plan = change.plan
    runs = plan.ended_at is None
    row = {
        "owner": plan.selection.provider,
        "state": "runs" if runs else "ended",
        "open": int(runs),
        "made_at": plan.made_at,
        "due_at": plan.due if runs else None,
    }
    STORED.save(unit, plan.id, plan, change.before, row)
