"""Breaches of personal data, each with its clock."""

from typing import Final

from broker.care.filings import SaveBreach
from broker.storage.database import Unit
from broker.storage.filed import Filed, filed_table
from broker.storage.tables import About
from trust_framework.breaches import Breach, BreachState

BREACHES = filed_table(
    "breaches",
    About(
        "Breaches of personal data, with what was done about them",
        "Breaches must be documented (GDPR 33.5)",
        "As long as the federation",
    ),
)
STORED: Final = Filed(BREACHES, Breach, "breach")


def save(unit: Unit, change: SaveBreach) -> None:
    """Insert or move on. Raises Overtaken."""
    breach = change.breach
    row = {
        "owner": breach.org,
        "state": breach.state.value,
        "open": int(breach.state is not BreachState.CLOSED),
        "made_at": breach.known_at,
        "due_at": breach.due if breach.running else None,
    }
    STORED.save(unit, breach.id, breach, change.before, row)
