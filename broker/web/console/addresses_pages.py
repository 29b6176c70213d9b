"""How an address fares at which an entry publishes its metadata or keys: on the entry's page, and in the operator's list."""

from dataclasses import dataclass, field
from typing import ClassVar

from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRow:
    """An address. `error` is a text `address.error.<code>`, empty while it is well, and `detail` what it says in the log;
    `proposal` leads to what was made of what was found last. Times are 0 for never.
    """

    kind: str
    url: str
    entry: str
    names: Names
    keys: bool
    checked_at: int
    good_at: int
    next_at: int
    failing_since: int = 0
    error: str = ""
    detail: str = ""
    held: tuple[str, ...] = ()
    proposal: str = ""
    org: Names = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressList(Page):
    """O4: all of them; rows are `AddressRow`."""

    template: ClassVar[str] = "register_addresses.html"
    mark: ClassVar[str] = "O4-addresses"
    addresses: Listing
