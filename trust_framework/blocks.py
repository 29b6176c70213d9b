"""Blocks (spärrar): that a patient has closed information to others than those who recorded it.

Inner: information of one care unit, closed to other units of the same provider and to everybody outside. Outer: information of
one provider, closed to other providers. Dates select information by when it was recorded, not when the block stands
(RIV-TA informationsecurity:authorization:blocking 4).

Owns what a block is and what it closes to whom. What may be entered is `trust_framework.block_entry`, what may be told of blocks
`trust_framework.block_reveal`, the whole decision `trust_framework.care_access`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from trust_framework.care import Act, CareActor, Period, Resource
from trust_framework.identifiers import Identifier

EXCLUDABLE: Final = frozenset({"lak", "upp"})
"""Types of information that a block may leave open: medicines, and what care must be aware of. Any other type is held to be
unspecified, whatever a block says of it.
"""


class BlockType(StrEnum):
    """How far a block reaches."""

    INNER = "Inner"
    OUTER = "Outer"


class LiftReason(StrEnum):
    """Why a block is lifted for a time."""

    PATIENTS_CONSENT = "PatientsConsent"
    EMERGENCY = "Emergency"


@dataclass(frozen=True, slots=True)
class Lift:
    """A block does not hold, for a time, for one unit, or for one employee there (`employee`, empty for all of the unit)."""

    id: str
    block: str
    until: int
    unit: str
    reason: LiftReason
    registered: Act
    employee: str = ""
    cancelled: Act | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A block. `unit` is given for an inner one, and only then; `excluded` are types of information left open (lak, upp);
    `revoked` lifts it for good at the patient's wish, `deleted` voids a mistaken one: neither erases it.
    """

    id: str
    type: BlockType
    patient: Identifier
    provider: str
    registered: Act
    unit: str = ""
    information: Period = field(default_factory=Period)
    excluded: frozenset[str] = frozenset()
    lifts: tuple[Lift, ...] = ()
    owner: str = ""
    local: bool = True
    revoked: Act | None = None
    deleted: Act | None = None

    @property
    def stands(self) -> bool:
        """Whether it holds at all, temporary lifts apart."""
        return self.revoked is None and self.deleted is None


class BlockStatus(StrEnum):
    """What CheckBlocks says of one row (CheckStatusType)."""

    OK = "OK"
    BLOCKED = "BLOCKED"
    VALIDATION_ERROR = "VALIDATIONERROR"


@dataclass(frozen=True, slots=True)
class BlockCheck:
    """The answer about one row; `blocks` are the ids of those that close it."""

    resource: str
    status: BlockStatus
    blocks: tuple[str, ...] = ()


def binds(block: Block, actor: CareActor) -> bool:
    """Whether a block holds against whoever asks, temporary lifts apart: an outer one against other providers, an inner one
    against other units and other providers.
    """
    if not block.stands:
        return False
    if actor.provider != block.provider:
        return True
    return block.type is BlockType.INNER and actor.unit != block.unit


def selects(block: Block, resource: Resource) -> bool:
    """Whether the information is what a block closes: place, type, and any overlap of the time of recording.

    What cannot be told apart is closed: information of no known unit, and a block whose own dates are inverted.
    """
    if block.provider != resource.provider:
        return False
    if resource.unit and block.type is BlockType.INNER and resource.unit != block.unit:
        return False
    if resource.type in EXCLUDABLE and resource.type in block.excluded:
        return False
    return block.information.overlaps(resource.recorded) or block.information.inverted


def lift_for(block: Block, actor: CareActor, now: int) -> Lift | None:
    """A temporary lift that is valid for whoever asks. One ends when its `until` comes (endDate)."""
    for lift in block.lifts:
        if actor.within(lift.unit, lift.employee) and lift.cancelled is None and now < lift.until:
            return lift
    return None


def evaluate(
    actor: CareActor, resources: Iterable[Resource], blocks: Iterable[Block], now: int
) -> tuple[BlockCheck, ...]:
    """Each row by the rules of CheckBlocks (TKB blocking 4.0.4, CheckBlocks). It knows no purpose and no emergency access."""
    standing = [block for block in blocks if binds(block, actor) and lift_for(block, actor, now) is None]
    return tuple(_check(resource, standing) for resource in resources)


def _check(resource: Resource, standing: list[Block]) -> BlockCheck:
    if not (resource.provider and resource.unit) or resource.recorded.inverted:
        return BlockCheck(resource.id, BlockStatus.VALIDATION_ERROR)
    closing = tuple([block.id for block in standing if selects(block, resource)])
    return BlockCheck(resource.id, BlockStatus.BLOCKED if closing else BlockStatus.OK, closing)
