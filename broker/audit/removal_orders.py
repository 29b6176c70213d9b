"""Decisions to remove what the log may no longer keep (gallringsbeslut): one person asks, another decides, a job carries it out.

Owns who may do what and in which order. What may go at all, and what a legal hold keeps, is `broker.audit.retention`'s; it is
asked again when the decision is carried out.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

GOOD_FOR: Final = 30 * 86_400
"""Seconds in which what was asked for is decided; after that it is asked for anew."""


class OrderState(StrEnum):
    """Where a decision is."""

    ASKED = "asked"
    DECIDED = "decided"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class OrderRefusal(StrEnum):
    """Why something is not done."""

    SAME_PERSON = "second-person"
    NOT_WAITING = "removal-not-waiting"
    TOO_OLD = "removal-too-old"


@dataclass(frozen=True, slots=True)
class RemovalOrder:
    """What may go as it was when somebody asked (`asked_at`): `due` counts it by class. Nothing that came to be due later goes
    with it. `removed` counts what went.
    """

    id: str
    asked_by: str
    asked_at: int
    due: tuple[tuple[str, int], ...]
    decided_by: str = ""
    decided_at: int | None = None
    ended_at: int | None = None
    withdrawn: bool = False
    removed: int = 0

    @property
    def state(self) -> OrderState:
        """Where it is."""
        if self.ended_at is not None:
            return OrderState.WITHDRAWN if self.withdrawn else OrderState.DONE
        return OrderState.ASKED if self.decided_at is None else OrderState.DECIDED

    @property
    def rows(self) -> int:
        """How many leaves were due."""
        return sum(rows for _, rows in self.due)


def decide(order: RemovalOrder, person: str, now: int) -> RemovalOrder | OrderRefusal:
    """Another person than who asked says yes."""
    if order.state is not OrderState.ASKED:
        return OrderRefusal.NOT_WAITING
    if now > order.asked_at + GOOD_FOR:
        return OrderRefusal.TOO_OLD
    if person == order.asked_by:
        return OrderRefusal.SAME_PERSON
    return replace(order, decided_by=person, decided_at=now)


def withdraw(order: RemovalOrder, now: int) -> RemovalOrder | OrderRefusal:
    """It is not to be done, whoever says so."""
    if order.state not in {OrderState.ASKED, OrderState.DECIDED}:
        return OrderRefusal.NOT_WAITING
    return replace(order, ended_at=now, withdrawn=True)


def carried_out(order: RemovalOrder, removed: int, now: int) -> RemovalOrder:
    """What was due is gone."""
    return replace(order, ended_at=now, removed=removed)
