"""Pages of hosts: those that a member has been asked to prove, one of them with what it is to show, and all for the operator."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.console.forms import ConsoleForm
from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRow:
    """A host as lists show it. `state` is a text `host.state.<code>`; times are None for never. `org` is whose it is."""

    host: str
    url: str
    state: str
    checked_at: int | None = None
    next_at: int | None = None
    ends_at: int | None = None
    org: Names | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberHosts(Page):
    """The member's hosts. `wanted` are hosts of its open proposals that nobody has begun to prove. Without a `form` the
    person may only look.
    """

    template: ClassVar[str] = "portal_hosts.html"
    mark: ClassVar[str] = "M9"
    hosts: tuple[HostRow, ...]
    wanted: tuple[str, ...]
    form: ConsoleForm | None
    action: str
    csrf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostShown(Page):
    """One host: how its proof stands, and what is to be shown where. `missed` are texts `host.at-host.<code>` and
    `host.in-dns.<code>` of the last look; `renews` says that it begins anew. Without an `action` the person may only look.
    """

    template: ClassVar[str] = "portal_host.html"
    mark: ClassVar[str] = "M9"
    host: str
    state: str
    line: str
    well_known: str
    dns_name: str
    in_dns: bool
    checked_at: int | None
    proven_at: int | None
    failing_since: int | None
    ends_at: int | None
    next_at: int | None
    missed: tuple[str, ...]
    renews: bool
    action: str
    csrf: str
    back: str

    @property
    def file_try(self) -> str:
        """A command that shows what the host shows."""
        return f"curl -i {self.well_known}"

    @property
    def zone_line(self) -> str:
        """The record as a zone file has it (RFC 1035 section 5.1)."""
        return f'{self.dns_name}. 3600 IN TXT "{self.line}"'

    @property
    def dns_try(self) -> str:
        """A command that shows what the DNS has."""
        return f"dig +short TXT {self.dns_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FederationHosts(Page):
    """O4: the hosts of all members; rows are `HostRow`."""

    template: ClassVar[str] = "admin_hosts.html"
    mark: ClassVar[str] = "O4-hosts"
    hosts: Listing
