"""What waits for somebody: the cards "to do" on the first page of the portal and the console.

A source is a function that looks and yields; a new one is a line in `SOURCES`. Numbers that a dashboard shows are counted by
the same functions, so that a number equals its list.
"""

from typing import Final

from broker.web.console import (
    addresses,
    copy_held,
    ending,
    feeds,
    hosts,
    methods,
    pinning,
    proposals,
    running_out,
    sharing,
    testing,
)
from broker.web.console.review import acknowledging
from broker.web.console.todo import Source, Todo
from broker.web.console.turn import ConsoleTurn

SOURCES: Final[tuple[Source, ...]] = (
    proposals.waiting,
    hosts.waiting,
    ending.waiting,
    addresses.waiting,
    feeds.waiting,
    running_out.waiting,
    pinning.waiting,
    methods.waiting,
    testing.waiting,
    sharing.waiting,
    acknowledging.waiting,
    copy_held.waiting,
)


def waiting(turn: ConsoleTurn) -> tuple[Todo, ...]:
    """Everything that waits, in the order of the sources."""
    return tuple(todo for source in SOURCES for todo in source(turn))
