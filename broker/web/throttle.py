"""What costs us and anybody may ask, counted by who asks: the browser or the source is slowed down, never the person.

Limits of a source are wide, since a hospital stands behind one address; those of a browser are what one person needs.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

WINDOW: Final = 60
"""Seconds. What a person has used up comes back within them."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At `most` so many of a `kind` in a window for each `by`: `browser` (its secret), `source` (its address), `client`
    (a source under a client's name).
    """

    kind: str
    by: str
    most: int


LIMITS: Final = (
    Limit("method-start", "source", 3_000),
    Limit("method-start", "browser", 30),
    Limit("login-begun", "source", 30_000),
    Limit("landing", "source", 30_000),
    Limit("chain", "source", 120),
    Limit("registration", "source", 120),
    Limit("validate", "source", 300),
    Limit("reach", "source", 60),
    Limit("logo-miss", "source", 600),
    Limit("proof", "source", 6_000),
    Limit("api", "source", 6_000),
    Limit("care", "source", 120_000),
    Limit("client-failure", "source", 3_000),
    Limit("client-failure", "client", 120),
)
"""A new limit is a row. Of one kind, the wider comes first: what it refuses is not counted further."""

KEPT: Final = 100_000
"""Counters in memory at most. Beyond them all is counted anew: a flood of new browsers costs us no memory."""


class Throttle:
    """Counts in windows of a minute. In memory, a node: it bounds cost, it is no security boundary."""

    def __init__(
        self, limits: tuple[Limit, ...] = LIMITS, clock: Callable[[], float] = time.monotonic, kept: int = KEPT
    ) -> None:
        self._limits: dict[str, list[Limit]] = {}
        for limit in limits:
            self._limits.setdefault(limit.kind, []).append(limit)
        self._clock, self._kept = clock, kept
        self._lock = threading.Lock()
        self._window, self._counts = 0, dict[bytes, int]()

    def allows(self, kind: str, who: Mapping[str, str]) -> bool:
        """Count one more of a kind; False when somebody of `who` (by → name) has had their share of the window."""
        with self._lock:
            return all(self._counted(limit, who[limit.by]) for limit in self._limits[kind])

    def seen(self, kind: str, by: str, name: str) -> bool:
        """Whether anything of this kind was counted for this one in this window."""
        with self._lock:
            self._turn()
            return any(_key(limit, name) in self._counts for limit in self._limits[kind] if limit.by == by)

    def spent(self, kind: str, who: Mapping[str, str]) -> bool:
        """Whether somebody has had their share already. Counts nothing."""
        with self._lock:
            self._turn()
            return any(self._counts.get(_key(limit, who[limit.by]), 0) >= limit.most for limit in self._limits[kind])

    def _counted(self, limit: Limit, name: str) -> bool:
        self._turn()
        key = _key(limit, name)
        count = self._counts.get(key, 0)
        if count >= limit.most:
            return False
        if count == 0 and len(self._counts) >= self._kept:
            self._counts.clear()
        self._counts[key] = count + 1
        return True

    def _turn(self) -> None:
        """A new window begins with nothing."""
        window = int(self._clock() // WINDOW)
        if window != self._window:
            self._window = window
            self._counts.clear()


def _key(limit: Limit, name: str) -> bytes:
    """Of a fixed length, whatever the name."""
    return hashlib.blake2b(f"{limit.kind} {limit.by} {name}".encode(), digest_size=16).digest()
