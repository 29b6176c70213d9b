"""What persons asked of members about their data, each with the day when it must be answered."""

from typing import Final

from sqlalchemy import Index, bindparam

from broker.care.filings import SaveRequest
from broker.storage.database import Database, Kept, Unit
from broker.storage.filed import Filed, filed_table
from broker.storage.tables import About, text
from trust_framework.subject_requests import RequestState, SubjectRequest

REQUESTS = filed_table(
    "subject_requests",
    About(
        "What persons asked of members about their data, and what came of it",
        "Requests must be answered in time, and that they were must be shown (GDPR 5.2, 12.3)",
        "As long as the federation",
    ),
    text("asked_org", "Organisation number of the member that was asked for advice and has not answered, else empty"),
    Index(None, "asked_org"),
)
STORED: Final = Filed(REQUESTS, SubjectRequest, "subject-request")
_CONSULTING = Kept(
    STORED.read.where(REQUESTS.c.asked_org == bindparam("org")).order_by(REQUESTS.c.made_at, REQUESTS.c.id)
)


def save(unit: Unit, change: SaveRequest) -> None:
    """Insert or move on. Raises Overtaken."""
    request = change.request
    waits = request.state is RequestState.CONSULTING
    asked = next((act.org for act in reversed(request.acts) if act.what == "consulted"), "") if waits else ""
    row = {
        "owner": request.org,
        "state": request.state.value,
        "open": int(not request.done),
        "made_at": request.received_at,
        "due_at": None if request.done else request.due,
        "asked_org": asked,
    }
    STORED.save(unit, request.id, request, change.before, row)


def consulting(database: Database, org: str) -> tuple[SubjectRequest, ...]:
    """Requests to others about which this member was asked and has not answered."""
    return STORED.opened(database, _CONSULTING, {"org": org})
