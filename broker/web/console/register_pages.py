"""Pages of the register: its kinds, the entries of one kind, an entry with its history, one version, a point in time."""

from dataclasses import dataclass, field
from typing import ClassVar

from broker.web.console.addresses_pages import AddressRow
from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount:
    """A kind of entry (text `kind.<name>`), how many stand, and their list."""

    name: str
    count: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterStart(Page):
    """The kinds; and, when a time was asked for, the version that stood then with how many entries of each kind."""

    template: ClassVar[str] = "register_start.html"
    mark: ClassVar[str] = "register"
    kinds: tuple[KindCount, ...]
    version: int
    asked: str = ""
    wrong: bool = False
    at: int | None = None
    then: int = 0
    counts: tuple[KindCount, ...] = ()
    export: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """An entry as lists show it. `org` is whose it is, by name."""

    names: Names
    id: str
    url: str
    subject: str
    state: str
    protocol: str
    org: Names
    changed_at: int
    expires_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterList(Page):
    """The entries of one kind; rows are `EntryRow`."""

    template: ClassVar[str] = "register_list.html"
    mark: ClassVar[str] = "register-list"
    kind: str
    entries: Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """An aspect of an entry and what it holds, in every language."""

    label: Names
    values: tuple[Names, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """A version of the entry. `origin` is a text `origin.<code>`; `who` is a person's name or id, empty for a file."""

    version: int
    at: int
    origin: str
    who: str
    reason: str
    url: str
    gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryShown(Page):
    """An entry as it stands, and every version of it. `stop` is where it can be stopped, `change` where a change of it is
    begun, by those who may, `leave` where its member takes it out, `snippets` how it is connected, `address` how that fares at
    which it publishes.
    """

    template: ClassVar[str] = "register_entry.html"
    mark: ClassVar[str] = "register-entry"
    kind: str
    names: Names
    id: str
    facts: tuple[Fact, ...]
    history: tuple[VersionRow, ...]
    state: str = ""
    back: str
    org: Names = field(default_factory=dict)
    stop: str = ""
    change: str = ""
    leave: str = ""
    csrf: str = ""
    snippets: str = ""
    address: AddressRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionShown(Page):
    """One version of an entry: what it changed, in words, and the content as the federation file has it."""

    template: ClassVar[str] = "register_version.html"
    mark: ClassVar[str] = "register-version"
    kind: str
    names: Names
    row: VersionRow
    changes: tuple[tuple[str, Names], ...]
    raw: str
    back: str
