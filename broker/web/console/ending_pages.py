"""What of the federation's entries runs out soon, or has (O1)."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.console.keys_pages import EndRow
from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingEntry:
    """An entry with everything of it that ends within the time. `reached`: somebody is mailed about it."""

    kind: str
    names: Names
    url: str
    org: Names
    ends: tuple[EndRow, ...]
    reached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingList(Page):
    """Rows are `EndingEntry`; `choices` are states (texts `state.<code>`), how many are in each, and where those are listed."""

    template: ClassVar[str] = "admin_ends.html"
    mark: ClassVar[str] = "ends"
    ends: Listing
    choices: tuple[tuple[str, int, str], ...]
