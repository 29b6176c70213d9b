"""The list behind the numbers of O1: logins and faults by service."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyRow:
    """A service, and how many it had. `url` is its own list, empty for one that is in the register no more."""

    names: Names
    url: str
    org: Names
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Page):
    """Rows are `TallyRow`, most first; `number` is of all together, those that name no service among them. `cause` is
    `released`, `fault`, a code of a reason (then `told` is its sentence), or empty for everything.
    """

    template: ClassVar[str] = "admin_tally.html"
    mark: ClassVar[str] = "tally"
    rows: Listing
    number: int
    cause: str
    told: Names
    method: Names
