"""What may be told of blocks to whoever meets one, in steps: that something is blocked, where it is, what it is.

That blocked information exists may always be told; at which provider or unit, in an emergency alone; and what it says is opened
in a step of its own after that (sweden.md 7.5). Each step is a choice of whoever asks, and has its own record; what somebody was
told counts for a while, in the commission in which they were told.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from trust_framework.blocks import Block, binds, lift_for
from trust_framework.care_access import AccessQuestion, CareFacts
from trust_framework.emergency import EmergencyAccess, emergency_for, may_open

TOLD_FOR: Final = 3600
"""Seconds for which a step counts as taken."""


class Level(IntEnum):
    """How much may be told."""

    NOTHING = 0
    EXISTS = 1
    WHERE = 2
    OPEN = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is blocked: a provider, and the unit of an inner block."""

    provider: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Revealed:
    """What is told. `places` from WHERE on; at OPEN `opened` are the ids of the blocks that no longer hold against whoever asks,
    and `closed_places` are those whose own provider alone may lift the block. `incomplete`: there may be others, of which nothing
    is known just now.
    """

    level: Level
    places: tuple[Place, ...] = ()
    opened: tuple[str, ...] = ()
    closed_places: tuple[Place, ...] = ()
    incomplete: bool = False


def taken(said: Level, recorded: Level) -> Level:
    """The step that somebody has taken: what they say may take a step back, and never one ahead of what is on record."""
    return min(said, recorded)


def reveal(question: AccessQuestion, facts: CareFacts, told: Level, now: int) -> Revealed:
    """The next step after what whoever asks was told before, as far as they may go. No step is skipped."""
    standing = tuple(block for block in facts.blocks if binds(block, question.actor))
    closed = tuple(block for block in standing if lift_for(block, question.actor, now) is None)
    if not closed:
        return Revealed(Level.NOTHING)
    if told < Level.EXISTS or _emergency(question, facts, now) is None:
        return Revealed(Level.EXISTS)
    places = _places(closed)
    if told < Level.WHERE:
        return Revealed(Level.WHERE, places)
    ours = [block for block in closed if may_open(block, question.actor, facts.switches(block.provider))]
    theirs = _places(block for block in closed if block not in ours)
    if not ours:
        return Revealed(Level.WHERE, places, closed_places=theirs)
    return Revealed(Level.OPEN, places, tuple(block.id for block in ours), theirs)


def _emergency(question: AccessQuestion, facts: CareFacts, now: int) -> EmergencyAccess | None:
    own = facts.switches(question.actor.provider)
    return emergency_for(facts.emergencies, question.actor, question.patient, own, now)


def _places(blocks: Iterable[Block]) -> tuple[Place, ...]:
    return tuple(dict.fromkeys(Place(block.provider, block.unit) for block in blocks))
