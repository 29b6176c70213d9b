"""How much a change of the register may do, in three words: what decides who must say yes before it is published.

Owns the words and their order. Which change is of which class is a row of `broker.federation.aspects`.
"""

from collections.abc import Iterable
from enum import StrEnum


class Danger(StrEnum):
    """Harmless: how something looks. Careful: it may stop somebody. Dangerous: it may let somebody in, or more out."""

    HARMLESS = "harmless"
    CAREFUL = "careful"
    DANGEROUS = "dangerous"


_ORDER = tuple(Danger)


def worst(dangers: Iterable[Danger]) -> Danger:
    """The class of a whole change: that of its worst part. Harmless when nothing changes."""
    return max(dangers, key=_ORDER.index, default=Danger.HARMLESS)
