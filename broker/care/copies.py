"""The copy of other nodes' blocks that this node keeps: how old it is, and what that means for answers.

Blocks of our own care providers are here and always as they are. About information of any other provider an answer is only as
good as the copy: one that is too old, or was never made, is an error or a refusal, never an OK (CB-02).
"""

from dataclasses import dataclass
from typing import Any, Final

from broker.care.calling import CareServices

STATE: Final = "care-copy"
"""The setting of the store that holds the state."""


UNSETTLED: Final = -1
"""When something last ended there, if so short a while ago that more may end without moving it: unlike any instant."""


@dataclass(frozen=True, slots=True)
class CopyState:
    """From when on to ask for changes the next time, when something had last ended, and when the reading that last made the copy
    whole was begun.
    """

    next: int | None = None
    latest_cancellation: int | None = None
    synced_at: int | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {"next": self.next, "latest_cancellation": self.latest_cancellation, "synced_at": self.synced_at}


def state_of(kept: Any) -> CopyState:
    """The state that the store holds; that of no copy when it holds none."""
    return CopyState(**kept) if isinstance(kept, dict) else CopyState()


def foreign(provider: str, on: CareServices) -> bool:
    """Whether blocks of this provider are entered at another node."""
    return provider not in on.register.providers


def too_old(on: CareServices, now: int) -> bool:
    """Whether the copy may no longer be relied on. Without another node there is none to be old."""
    if not on.stale_after:
        return False
    synced_at = state_of(on.store.setting(STATE)).synced_at
    return synced_at is None or now - synced_at > on.stale_after
