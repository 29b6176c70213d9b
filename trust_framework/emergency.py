"""Emergency access (nödåtkomst): somebody opens a named patient's information because care cannot wait.

It is short, has a reason, is told to a reviewer at once, and stays a case until another person has closed it
(threats CB-05).
"""

from dataclasses import dataclass

from trust_framework.care import CareActor
from trust_framework.identifiers import Identifier


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
