"""The copy of other nodes' blocks that this node keeps: how old it is, what it cannot say, and what that means for answers.

Blocks of our own care providers are here and always as they are. About information of any other provider an answer is only as
good as the copy: one that is too old, or was never made, is an error or a refusal, never an OK (CB-02). A block that could not be
read makes it so for that patient at that provider alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from broker.care.calling import CareServices

STATE: Final = "care-copy"
"""The setting of the store that holds the state."""


UNSETTLED: Final = -1
"""When something last ended there, if so short a while ago that more may end without moving it: unlike any instant."""

Doubt = tuple[str, str]
"""The provider whose block could not be read, and the register's id of its patient; empty for any."""


@dataclass(frozen=True, slots=True)
class CopyState:
    """From when on to ask for changes the next time, when something had last ended, and when the reading that last made the copy
    whole was begun. `doubts` are blocks that could not be read, by a hash of their ids; `opened` when and how many copies
    readings opened lately.
    """

    next: int | None = None
    latest_cancellation: int | None = None
    synced_at: int | None = None
    doubts: Mapping[str, Doubt] = field(default_factory=dict)
    opened: tuple[tuple[int, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "next": self.next,
            "latest_cancellation": self.latest_cancellation,
            "synced_at": self.synced_at,
            "doubts": {block: list(doubt) for block, doubt in self.doubts.items()},
            "opened": [list(each) for each in self.opened],
        }


def state_of(kept: Any) -> CopyState:
    """The state that the store holds; that of no copy when it holds none."""
    if not isinstance(kept, dict):
        return CopyState()
    doubts = {block: (provider, person) for block, (provider, person) in kept.get("doubts", {}).items()}
    opened = tuple((at, count) for at, count in kept.get("opened", ()))
    return CopyState(kept["next"], kept["latest_cancellation"], kept["synced_at"], doubts, opened)


def foreign(provider: str, on: CareServices) -> bool:
    """Whether blocks of this provider are entered at another node."""
    return provider not in on.register.providers


def unknown_at(places: Iterable[str], person: str, on: CareServices, now: int) -> frozenset[str]:
    """Those of these providers of whose blocks about a patient the copy cannot tell. Without another node there is none to be
    old.
    """
    theirs = frozenset(place for place in places if foreign(place, on))
    if not theirs or not on.stale_after:
        return frozenset()
    state = state_of(on.store.setting(STATE))
    if too_old(state, on, now):
        return theirs
    return theirs & {provider for provider, about in state.doubts.values() if about in {"", person}}


def incomplete(person: str, on: CareServices, now: int) -> bool:
    """Whether a patient (empty: one whom nobody knows here) may have blocks at another node's provider that the copy cannot
    tell.
    """
    if not on.stale_after:
        return False
    state = state_of(on.store.setting(STATE))
    return too_old(state, on, now) or any(about in {"", person} for _, about in state.doubts.values())


def too_old(state: CopyState, on: CareServices, now: int) -> bool:
    """Whether the copy may no longer be relied on."""
    return state.synced_at is None or now - state.synced_at > on.stale_after
