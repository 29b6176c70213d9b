"""Refusals of requests that nobody had to be asked about, on their way to the log.

Whoever can send a request can have it refused, so a refusal of its own is never worth a commit: they are kept here and
recorded together, each second, at most so many at a time. A request of no service that is known is only counted.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Final

from broker.audit.events import Event, RequestRefused

MOST: Final = 100
"""Refusals recorded a second and node. What comes beyond them is counted, and stands in the process's own log."""


class Refusals:
    """Those of one node that are not recorded yet."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: list[RequestRefused] = []

    def note(self, refused: RequestRefused) -> None:
        """Keep it, unless too many are kept already."""
        with self._guard:
            if len(self._waiting) < MOST:
                self._waiting.append(refused)

    def record(self, append: Callable[[Iterable[Event]], None]) -> None:
        """Record all that wait. When that fails they are lost: the next ones are as telling."""
        with self._guard:
            waiting, self._waiting = self._waiting, []
        if waiting:
            append(tuple(waiting))
