"""What a patient asks care staff to do with blocks, where the provider does not let them do it themselves: a request that waits
for somebody to talk with them (väntar på vården).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from trust_framework.blocks import BlockType
from trust_framework.care import Period
from trust_framework.identifiers import Identifier


class Wish(StrEnum):
    """What is asked for: a new block, or that one is lifted for good."""

    BLOCK = "block"
    LIFT = "lift"


class RequestState(StrEnum):
    """Where it stands. Only what waits can change."""

    WAITING = "waiting"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


LONGEST_NOTE: Final = 1024


@dataclass(frozen=True, slots=True)
class CareRequest:
    """A request to a care provider. `block` is the id of the block to lift, or the one that the new block is to have; the
    fields of a block are those of a wished one. `answer` is what staff say to the patient.
    """

    id: str
    wish: Wish
    patient: Identifier
    provider: str
    block: str
    asked_at: int
    type: BlockType = BlockType.OUTER
    unit: str = ""
    information: Period = field(default_factory=Period)
    note: str = ""
    state: RequestState = RequestState.WAITING
    answered_at: int | None = None
    answer: str = ""
