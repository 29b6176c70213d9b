"""Lists that are read page by page, each page beginning at the instant where the one before ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from broker.care.calling import CareRefused, ResultCode

T = TypeVar("T")
PAGE: Final = 1000
MOST: Final = 64 * PAGE
OVERLAP: Final = 60
"""Seconds that one delta reaches back into the one before: what was being committed then is seen twice, not never."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some entries, whether there are more, and from when the next page begins."""

    entries: tuple[T, ...]
    more: bool
    next: int


def page(
    fetch: Callable[[int, int], Sequence[T]], changed: Callable[[T], int], since: int, now: int, size: int = PAGE
) -> Page[T]:
    """The entries changed since, oldest first, as many whole seconds of them as a page holds. One second with more than that
    makes a longer page. `changed` may say too early an instant, never too late a one: then an entry may come twice.
    """
    while size <= MOST:
        found = fetch(since, size + 1)
        if len(found) <= size:
            return Page(tuple(found), more=False, next=now - OVERLAP)
        following = max(since, *map(changed, found))
        whole = tuple(each for each in found if changed(each) < following)
        if whole:
            return Page(whole, more=True, next=following)
        size *= 2
    raise CareRefused(ResultCode.ERROR, "too-many")
