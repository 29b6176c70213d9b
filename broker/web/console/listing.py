"""Lists: a page of rows with what it takes to search it, go on in it, and save it. Storage does the paging."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from broker.web.console.turn import ConsoleTurn

SEARCH, AFTER, SAVE, STATE = "q", "efter", "som", "lage"
CSV: Final = "csv"
LONGEST_SEARCH = 100
PAGE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks of a list: what is searched for, in which state, after which row."""

    search: str = ""
    state: str = ""
    after: str = ""
    csv: bool = False


def asked(turn: ConsoleTurn) -> Asked:
    """Read from the address. Whatever is not understood asks for nothing."""
    query = turn.query
    return Asked(
        query.get(SEARCH, "").strip()[:LONGEST_SEARCH],
        query.get(STATE, ""),
        query.get(AFTER, ""),
        query.get(SAVE) == CSV,
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """`rows` of `total`; `next` is the cursor after the last. `states` may be chosen among; `csv`: it can be saved."""

    url: str
    rows: Sequence[Any]
    total: int
    asked: Asked = field(default_factory=Asked)
    next: str | None = None
    states: tuple[str, ...] = ()
    csv: bool = False
    searched: bool = True

    @property
    def narrowed(self) -> bool:
        """Whether fewer than all are asked for: an empty list then says something else."""
        return bool(self.asked.search or self.asked.state)

    @property
    def first_url(self) -> str:
        return self._url({})

    @property
    def next_url(self) -> str | None:
        return self._url({AFTER: self.next}) if self.next else None

    @property
    def csv_url(self) -> str | None:
        return self._url({SAVE: CSV}) if self.csv else None

    def _url(self, more: Mapping[str, str]) -> str:
        kept = {SEARCH: self.asked.search, STATE: self.asked.state, **more}
        query = urlencode({name: value for name, value in kept.items() if value})
        return f"{self.url}?{query}" if query else self.url
