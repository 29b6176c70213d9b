"""Decisions to remove what the log may no longer keep, in service: asked for, decided by another person, carried out."""

import secrets

from broker.audit import removal_orders
from broker.audit.removal_orders import OrderRefusal, RemovalOrder
from broker.audit.retention import Due
from broker.audit.review_events import RemovalOrdered
from broker.care.calling import CareRefused, Done, ResultCode
from broker.care.filings import SaveRemovalOrder
from broker.login.effects import Effects


def ask(due: dict[str, Due], person: str, now: int) -> Done[RemovalOrder]:
    """Ask that what is due be removed. Raises CareRefused when nothing is."""
    rows = tuple((name, one.rows) for name, one in sorted(due.items()) if one.rows)
    if not rows:
        raise CareRefused(ResultCode.INVALIDSTATE, "nothing-due")
    return _done(RemovalOrder(secrets.token_hex(8), person, now, rows), None, "asked", person, now)


def decide(order: RemovalOrder, person: str, now: int) -> Done[RemovalOrder]:
    """Another person says yes: a job removes it. Raises CareRefused."""
    return _kept(removal_orders.decide(order, person, now), order, "decided", person, now)


def withdraw(order: RemovalOrder, person: str, now: int) -> Done[RemovalOrder]:
    """It is not to be done. Raises CareRefused."""
    return _kept(removal_orders.withdraw(order, now), order, "withdrawn", person, now)


def carried_out(order: RemovalOrder, removed: int, now: int) -> Done[RemovalOrder]:
    """What was due is gone."""
    return _done(removal_orders.carried_out(order, removed, now), order, "done", "", now)


def _kept(
    after: RemovalOrder | OrderRefusal, before: RemovalOrder, act: str, person: str, now: int
) -> Done[RemovalOrder]:
    if isinstance(after, OrderRefusal):
        raise CareRefused(ResultCode.INVALIDSTATE, after.value)
    return _done(after, before, act, person, now)


def _done(after: RemovalOrder, before: RemovalOrder | None, act: str, person: str, now: int) -> Done[RemovalOrder]:
    rows = after.removed if act == "done" else after.rows
    event = RemovalOrdered(at=now, order=after.id, act=act, rows=rows, by=person)
    return Done(after, Effects((SaveRemovalOrder(after, before),), (event,)))
