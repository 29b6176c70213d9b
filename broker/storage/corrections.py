"""Corrections, and which members have yet to acknowledge them."""

from typing import Final

from sqlalchemy import Index, bindparam, delete, insert, select

from broker.care.filings import SaveCorrection
from broker.storage.database import Database, Kept, Unit
from broker.storage.filed import Filed, filed_table
from broker.storage.tables import About, table, text
from trust_framework.corrections import Correction

_BASIS: Final = "Whoever was given a detail must be told that it was wrong (GDPR 19)"
CORRECTIONS = filed_table(
    "corrections", About("Details that were wrong, and who was told so", _BASIS, "As long as the federation")
)
RECEIVERS = table(
    "correction_receivers",
    About("Who has yet to acknowledge a correction", _BASIS, "Until acknowledged"),
    text("correction", "The correction's id", primary_key=True),
    text("service", "The service that got the detail", primary_key=True),
    text("org", "Organisation number of the member that it belongs to"),
    Index(None, "org"),
)
STORED: Final = Filed(CORRECTIONS, Correction, "correction")
_R = RECEIVERS.c
_DROP = Kept(delete(RECEIVERS).where(_R.correction == bindparam("row")))
_ADD = Kept(insert(RECEIVERS).values({name: bindparam(name) for name in ("correction", "service", "org")}))
_TO = Kept(
    STORED.read.where(CORRECTIONS.c.id.in_(select(_R.correction).where(_R.org == bindparam("org")))).order_by(
        CORRECTIONS.c.made_at, CORRECTIONS.c.id
    )
)


def save(unit: Unit, change: SaveCorrection) -> None:
    """Insert or move on. Raises Overtaken."""
    one = change.correction
    row = {
        "owner": one.org,
        "state": "open" if one.open else "acknowledged",
        "open": int(bool(one.open)),
        "made_at": one.at,
        "due_at": one.next_at,
    }
    STORED.save(unit, one.id, one, change.before, row)
    unit.run(_DROP, {"row": one.id})
    waiting = [each for each in one.receipts if each.acknowledged_at is None]
    unit.run_many(_ADD, [{"correction": one.id, "service": each.service, "org": each.org} for each in waiting])


def to(database: Database, org: str) -> tuple[Correction, ...]:
    """Corrections that services of a member have not acknowledged."""
    return STORED.opened(database, _TO, {"org": org})
