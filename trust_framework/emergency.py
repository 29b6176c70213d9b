"""Emergency access (nödåtkomst): somebody opens a named patient's information because care cannot wait.

It is short, has a reason, is told to a reviewer at once, and stays a case until another person has closed it
(threats CB-05).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from trust_framework.blocks import Block
from trust_framework.care import CareActor, Purpose, Switches
from trust_framework.identifiers import Identifier

HOUR: Final = 3600
DAY: Final = 24 * HOUR
HOURS: Final = 24
"""At most: a provider may decide for less."""
USUAL: Final = 3
"""How many a person may begin within 24 hours before it is an alarm."""


@dataclass(frozen=True, slots=True)
class EmergencyAccess:
    """One opening: by whom, in which commission, of whom, why, from when until when. `case` is the review case that it began."""

    id: str
    patient: Identifier
    actor: CareActor
    reason: str
    at: int
    until: int
    case: str
    ended_at: int | None = None

    def serves(self, actor: CareActor, patient: Identifier, longest: int, now: int) -> bool:
        """Whether it opens this patient's information to whoever asks, now: the same person in the same commission, the named
        patient, with its reason and its case, and for no more than `longest` seconds whatever it says.
        """
        begun_by = self.actor
        return (
            bool(self.reason.strip() and self.case and begun_by.commission)
            and (begun_by.employee, begun_by.unit, begun_by.provider, begun_by.commission)
            == (actor.employee, actor.unit, actor.provider, actor.commission)
            and actor.purpose == Purpose.CARE
            and (self.patient.oid, self.patient.value) == (patient.oid, patient.value)
            and self.at <= now < min(self.until, self.at + longest)
            and (self.ended_at is None or now < self.ended_at)
        )


def longest(switches: Switches) -> int:
    """For how many seconds at most emergency access stands at a provider."""
    return min(switches.emergency_hours, HOURS) * HOUR


def emergency_for(
    emergencies: Iterable[EmergencyAccess], actor: CareActor, patient: Identifier, switches: Switches, now: int
) -> EmergencyAccess | None:
    """The emergency access that opens this patient's information to whoever asks, None for none: the one that ends last."""
    at_most = longest(switches)
    serving = (each for each in emergencies if each.serves(actor, patient, at_most, now))
    return max(serving, key=lambda each: (each.until, each.id), default=None)


def may_open(block: Block, actor: CareActor, switches: Switches) -> bool:
    """Whether emergency access of whoever asks can open a block: another provider's only where that provider lets others lift
    its blocks (`switches` are its own).
    """
    return block.provider == actor.provider or switches.outer_lift_by_others


def counted_since(now: int) -> int:
    """From when on the openings of a person are counted."""
    return now - DAY


def too_many(begun: int) -> bool:
    """Whether so many openings of one person since `counted_since`, this one among them, are an alarm (CB-05)."""
    return begun > USUAL
