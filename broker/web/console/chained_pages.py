"""The list of services that came by a trust chain (O4)."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedRow:
    """A service. `state`: `active` when it is let in, `expired` when its chain has ended, `off` when its terms let it in no
    more.
    """

    names: Names
    entity_id: str
    anchor: str
    superior: str
    way: str
    trust_marks: tuple[str, ...]
    checked_at: int
    expires_at: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedList(Page):
    """Some of them; rows are `ChainedRow`."""

    template: ClassVar[str] = "register_chained.html"
    mark: ClassVar[str] = "O4-chained"
    services: Listing
