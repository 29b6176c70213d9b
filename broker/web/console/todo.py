"""A card "to do": a sentence, and the page where it is done. Which cards there are is `waiting`'s."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

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
"""Looks for what waits, for the member of the turn, or for the federation where the turn has none."""
