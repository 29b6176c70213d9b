"""One reading of a patient's access log: what is looked for, which entries are for who reads, and the words for them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from broker.care import telling
from broker.web.console.mine.turn import Hidden, OwnTurn
from trust_framework import access_words
from trust_framework.access_log import AccessRow, AccessSought
from trust_framework.access_words import Told
from trust_framework.staff_told import AsTold, Reader

BATCH: Final = 1000
MOST: Final = 100_000
"""Entries that are counted, and that a file may have."""


@dataclass(frozen=True)
class Reading:
    """One reading of a patient's log: what is looked for, and the words for what is found."""

    mine: OwnTurn
    asked: Mapping[str, str]
    sought: AccessSought
    wrong: str = ""

    @cached_property
    def hidden(self) -> Hidden:
        """See `OwnTurn.hidden`."""
        return self.mine.hidden

    def shows(self, row: AccessRow) -> bool:
        """Whether an entry is for who reads: guardians see nothing of a provider that lets them see nothing."""
        places = {row.record.provider, *(one.provider for one in row.record.resources)}
        return not any(place in self.hidden for place in places)

    def told(self, rows: Sequence[AccessRow]) -> tuple[AsTold, ...]:
        """The entries, with what a patient is told of staff."""
        care = self.mine.care
        return telling.told(rows, Reader.PATIENT, care.store, care.register)

    def in_words(self, rows: Sequence[AccessRow]) -> Iterator[Told]:
        """The entries in words."""
        own, register = self.mine.representation is None, self.mine.care.register
        for row in self.told(rows):
            yield access_words.told(row, self.mine.language, register, own=own)

    def batches(self, most: int = MOST) -> Iterator[tuple[AccessRow, ...]]:
        """Every entry, the newest first, up to a bound, so many at a time."""
        before, left = None, 0 if self.hidden.all else most
        while left > 0:
            page = self.mine.store.access_page(self.sought, before, min(BATCH, left))
            yield tuple(filter(self.shows, page.rows))
            left, before = left - len(page.rows), page.before
            if before is None:
                return

    def rows(self) -> Iterator[AsTold]:
        """Every entry."""
        for batch in self.batches():
            yield from self.told(batch)

    def words(self, most: int = MOST) -> Iterator[Told]:
        """Every entry in words, up to a bound."""
        for batch in self.batches(most):
            yield from self.in_words(batch)

    def page(self, before: str | None, count: int) -> tuple[tuple[AccessRow, ...], str | None]:
        """Some entries, and after which to go on. What is not shown is told neither by a short page nor by where one ends."""
        found: list[AccessRow] = []
        while len(found) <= count and not self.hidden.all:
            page = self.mine.store.access_page(self.sought, before, count + 1)
            found += filter(self.shows, page.rows)
            before = page.before
            if before is None:
                break
        shown = tuple(found[:count])
        return shown, f"{shown[-1].record.at}-{shown[-1].id}" if len(found) > count else None

    def more_than(self, most: int) -> bool:
        """Whether there are more entries than a file may have."""
        return not self.hidden.all and self.mine.store.access_count(self.sought, most + 1) > most

    def total(self) -> int:
        """How many entries there are, up to a bound. Where some are not shown, those that are shown are counted."""
        if self.hidden:
            return sum(map(len, self.batches()))
        return self.mine.store.access_count(self.sought, MOST)
