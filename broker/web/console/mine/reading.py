"""One reading of a patient's access log: what is looked for, which entries are for who reads, and the words for them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from broker.login.effects import PersonKey
from broker.web.console.mine.turn import OwnTurn
from trust_framework import access_words
from trust_framework.access_log import AccessRow, AccessSought
from trust_framework.access_words import Told

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
    def hidden(self) -> frozenset[str]:
        """See `OwnTurn.hidden`."""
        return self.mine.hidden

    def shows(self, row: AccessRow) -> bool:
        """Whether an entry is for who reads: guardians see nothing of a provider that lets them see nothing."""
        sources = {one.provider for one in row.record.resources}
        return row.record.provider not in self.hidden and not sources & self.hidden

    def told(self, row: AccessRow) -> Told:
        """The entry in words."""
        own = self.mine.representation is None
        register = self.mine.care.register
        return access_words.told(row.id, row.record, self.mine.language, register, self.nameless, own=own)

    def nameless(self, employee: str) -> bool:
        """Whether an employee's name is told to nobody: their details are protected."""
        if employee not in self.known:
            ids = self.mine.store.persons_by_keys((PersonKey("employeeHsaId", employee),))
            people = [self.mine.store.person(id_) for id_ in ids]
            self.known[employee] = any(one is not None and one.protected for one in people)
        return self.known[employee]

    @cached_property
    def known(self) -> dict[str, bool]:
        """What was found out of employees, so that each is looked up once."""
        return {}

    def rows(self, most: int = MOST) -> Iterator[AccessRow]:
        """Every entry, the newest first, up to a bound."""
        before, left = None, most
        while left > 0:
            page = self.mine.store.access_page(self.sought, before, min(BATCH, left))
            yield from filter(self.shows, page.rows)
            left, before = left - len(page.rows), page.before
            if before is None:
                return

    def page(self, before: str | None, count: int) -> tuple[tuple[AccessRow, ...], str | None]:
        """Some entries, and after which to go on. What is not shown is told neither by a short page nor by where one ends."""
        found: list[AccessRow] = []
        while len(found) <= count:
            page = self.mine.store.access_page(self.sought, before, count + 1)
            found += filter(self.shows, page.rows)
            before = page.before
            if before is None:
                break
        shown = tuple(found[:count])
        return shown, f"{shown[-1].record.at}-{shown[-1].id}" if len(found) > count else None

    def total(self) -> int:
        """How many entries there are, up to a bound. Where some are not shown, those that are shown are counted."""
        if self.hidden:
            return sum(1 for _ in self.rows())
        return self.mine.store.access_count(self.sought, MOST)
