"""Membership (medlemskap), step by step: who may move a member on, with how many, and that each move has its reason.

The steps follow the known order: an application with a trust declaration, its review, approval, the agreement, then
services. What an approval is, is `trust_framework.approval`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from trust_framework.approval import Proposal, Stage, in_review
from trust_framework.members import State


class Mover(StrEnum):
    """Who moves a member: itself, one operator at once, or two operators by a proposal."""

    MEMBER = "member"
    OPERATOR = "operator"
    TWO_OPERATORS = "two-operators"


class MoveRefusal(StrEnum):
    """Why a member is not moved."""

    NO_SUCH_STEP = "no-such-step"
    NOT_YOURS = "not-yours"
    NO_REASON = "no-reason"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands, since when (epoch seconds), and the reason that it sees."""

    state: State
    since: int
    reason: str = ""


_S, _M = State, Mover
_LEAVES: Final = frozenset({_M.MEMBER, _M.TWO_OPERATORS})

STEPS: Final[Mapping[tuple[State | None, State], frozenset[Mover]]] = {
    (None, _S.APPLICATION): frozenset({_M.MEMBER}),
    (_S.APPLICATION, _S.REVIEW): frozenset({_M.OPERATOR}),
    (_S.REVIEW, _S.APPLICATION): frozenset({_M.OPERATOR}),
    (_S.REVIEW, _S.APPROVED): frozenset({_M.TWO_OPERATORS}),
    (_S.APPROVED, _S.ACTIVE): frozenset({_M.TWO_OPERATORS}),
    (_S.ACTIVE, _S.SUSPENDED): frozenset({_M.OPERATOR}),
    (_S.APPROVED, _S.SUSPENDED): frozenset({_M.OPERATOR}),
    (_S.SUSPENDED, _S.ACTIVE): frozenset({_M.TWO_OPERATORS}),
    (_S.APPLICATION, _S.LEFT): _LEAVES,
    (_S.REVIEW, _S.LEFT): _LEAVES,
    (_S.APPROVED, _S.LEFT): _LEAVES,
    (_S.ACTIVE, _S.LEFT): _LEAVES,
    (_S.SUSPENDED, _S.LEFT): frozenset({_M.TWO_OPERATORS}),
    (_S.LEFT, _S.APPLICATION): frozenset({_M.MEMBER}),
}
"""Every step there is, and who may take it."""


def move(standing: Standing | None, to: State, mover: Mover, reason: str, now: int) -> Standing | MoveRefusal:
    """Where the member stands after the step, or why it is not taken."""
    movers = STEPS.get((standing.state if standing else None, to))
    if movers is None:
        return MoveRefusal.NO_SUCH_STEP
    if mover not in movers:
        return MoveRefusal.NOT_YOURS
    if not reason.strip():
        return MoveRefusal.NO_REASON
    return Standing(to, now, reason.strip())


def applying(proposal: Proposal) -> State | None:
    """Where a proposed member stands while its application is not decided; None when it is."""
    if proposal.stage is Stage.APPROVED:
        return State.APPROVED
    if proposal.stage is Stage.SUBMITTED:
        return State.REVIEW if in_review(proposal) else State.APPLICATION
    return State.APPLICATION if proposal.stage in {Stage.DRAFT, Stage.RETURNED} else None
