"""How long the content of a leaf is kept: by the class of its event, unless a legal hold is about it.

Its hash is kept for ever, so the tree stays whole. The law asks for five years at least of what shows who had access to a
patient's data (HSLF-FS 2016:40 chapter 4 section 9); an installation may keep more, never less.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from broker.audit.kinds import kinds

DAY: Final = 86_400
YEAR: Final = 366 * DAY
EVER: Final = 2**62

YEARS: Final[Mapping[str, int]] = {
    "access": 5,
    "care": 5,
    "login": 5,
    "consent": 5,
    "operation": 10,
    "log": 0,
}
"""By class: years that content is kept at least; 0 for what is never removed, since it explains what was."""


class Held(Exception):
    """A legal hold is about it: it is neither removed nor forgotten."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold (bevarandeföreläggande): what it is about may not be removed while it stands.

    `kind` is `person` (the register's id), `provider` (HSA-id) or `all`; `about` which one.
    """

    id: str
    kind: str
    about: str
    reason: str
    by: str
    made_at: int
    ended_at: int | None = None

    def covers(self, event: Mapping[str, Any]) -> bool:
        """Whether an event is of what is held."""
        return self.kind == "all" or str(event.get(self.kind, "")) == self.about


@dataclass(frozen=True, slots=True)
class Keeping:
    """When content may go: the years of each class, never fewer than `YEARS`, and what is held."""

    now: int
    holds: tuple[Hold, ...] = ()
    years: int = 0

    def due(self, event: Mapping[str, Any]) -> bool:
        """Whether the time of an event is over, whoever holds it."""
        happened = max(int(event.get("at", EVER)), int(event.get("occurred", 0)))
        return happened + self.span(class_of(event)) < self.now

    def held(self, event: Mapping[str, Any]) -> bool:
        """Whether a hold is about an event."""
        return any(hold.covers(event) for hold in self.holds)

    @property
    def shortest(self) -> int:
        """Seconds that everything is kept."""
        return min(map(self.span, YEARS))

    def span(self, of: str) -> int:
        """Seconds that a class is kept."""
        least = YEARS.get(of, 0)
        return max(least, self.years) * YEAR if least else EVER


def class_of(event: Mapping[str, Any]) -> str:
    """The retention class of an event; of one whose kind is not known, that of what is never removed."""
    kind = kinds().get(event.get("event", ""))
    return kind.retention if kind else "log"


@dataclass(slots=True)
class Due:
    """What of a class may go, and what is held."""

    rows: int = 0
    held: int = 0
    oldest: int = EVER


def tally(leaves: Iterable[bytes], keeping: Keeping) -> dict[str, Due]:
    """What would go, by class."""
    found: dict[str, Due] = {}
    for leaf in leaves:
        event = json.loads(leaf)
        if keeping.due(event):
            due = found.setdefault(class_of(event), Due())
            due.held += keeping.held(event)
            due.rows += not keeping.held(event)
            due.oldest = min(due.oldest, event["at"])
    return found
