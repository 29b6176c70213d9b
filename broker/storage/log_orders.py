"""Decisions to remove what the log may no longer keep, each by two persons."""

from typing import Final

from sqlalchemy import bindparam

from broker.audit.removal_orders import OrderState, RemovalOrder
from broker.care.filings import SaveRemovalOrder
from broker.storage.database import Database, Kept, Unit
from broker.storage.filed import Filed, filed_table
from broker.storage.tables import About
from trust_framework.roles import FEDERATION

ORDERS = filed_table(
    "log_removal_orders",
    About(
        "Decisions to remove what the log may no longer keep",
        "Public interest: showing why something is no longer there (GDPR 5.2)",
        "As long as the log",
    ),
)
STORED: Final = Filed(ORDERS, RemovalOrder, "removal-order")
_DECIDED = Kept(STORED.read.where(ORDERS.c.state == bindparam("of")).order_by(ORDERS.c.made_at, ORDERS.c.id))
_WAIT: Final = frozenset({OrderState.ASKED, OrderState.DECIDED})


def save(unit: Unit, change: SaveRemovalOrder) -> None:
    """Insert or move on. Raises Overtaken."""
    order = change.order
    row = {
        "owner": FEDERATION,
        "state": order.state.value,
        "open": int(order.state in _WAIT),
        "made_at": order.asked_at,
        "due_at": None,
    }
    STORED.save(unit, order.id, order, change.before, row)


def decided(database: Database) -> tuple[RemovalOrder, ...]:
    """Those that are to be carried out, the oldest first."""
    return STORED.opened(database, _DECIDED, {"of": OrderState.DECIDED.value})
