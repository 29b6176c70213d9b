"""Blocks (spärrar): that a patient has closed information to others than those who recorded it.

Inner: information of one care unit, closed to other units of the same provider and to everybody outside. Outer: information of
one provider, closed to other providers. Dates select information by when it was recorded, not when the block stands
(RIV-TA informationsecurity:authorization:blocking 4).
"""

from dataclasses import dataclass, field
from enum import StrEnum

from trust_framework.care import Act, Period
from trust_framework.identifiers import Identifier


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
