"""What waits for somebody: the cards "to do" on the first page of the portal and the console.

A source is a function that looks and yields; a new one is a line in `SOURCES`. Numbers that a dashboard shows are counted by
the same functions, so that a number equals its list.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from broker.web.console.turn import ConsoleTurn

Told = Mapping[str, str] | str
"""Names by language, or the key of a text."""


@dataclass(frozen=True, slots=True)
class Todo:
    """A sentence, and the page where it is done, under what the button says."""

    text: Told
    url: str
    label: Told


Source = Callable[[ConsoleTurn], Iterable[Todo]]

SOURCES: Final[tuple[Source, ...]] = ()
"""Each is asked for the member of the turn, or for the federation where the turn has none."""


def waiting(turn: ConsoleTurn) -> tuple[Todo, ...]:
    """Everything that waits, in the order of the sources."""
    return tuple(todo for source in SOURCES for todo in source(turn))
