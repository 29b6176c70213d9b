"""Pages of logins and faults: the services, one service's list with its chart, and one login with its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlencode

from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page
from trust_framework.explanation import Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLink:
    """A service and where its logins are."""

    names: Names
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginServices(Page):
    """The services of a member, each with a link to its logins; `suppose` is where one is supposed, by who may."""

    template: ClassVar[str] = "portal_login_services.html"
    mark: ClassVar[str] = "M5"
    services: Listing
    suppose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRow:
    """How one request ended. `subject` is a mark of the person that tells nothing but that two rows are of the same."""

    at: int
    reference: str
    url: str
    result: str
    told: Names
    level: str
    method: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the chart: logins and faults, and the bar's heights out of a hundred."""

    day: str
    logins: int
    faults: int
    left: int = 0
    login_height: int = 0
    fault_height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginList(Page):
    """A service's logins and faults, the newest first. `asked` is what the list is narrowed to, by name of the field."""

    template: ClassVar[str] = "portal_logins.html"
    mark: ClassVar[str] = "M5-list"
    names: Names
    url: str
    back: str
    rows: tuple[LoginRow, ...]
    total: int
    results: Mapping[str, Names]
    methods: Mapping[str, Names]
    days: tuple[Day, ...] = ()
    asked: Mapping[str, str] = field(default_factory=dict)
    before: int | None = None
    wrong: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.asked)

    @property
    def next_url(self) -> str | None:
        return self._url({"efter": str(self.before)}) if self.before is not None else None

    @property
    def csv_url(self) -> str:
        return self._url({"som": "csv"})

    def _url(self, more: Mapping[str, str]) -> str:
        return f"{self.url}?{urlencode({**self.asked, **more})}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One event of a reference, in words. `kind` is a text `logins.kind.<kind>`."""

    at: int
    kind: str
    explanation: Explanation
    level: str
    method: str
    subject: str
    register: int = 0
    sealed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained(Page):
    """O5: one login by its reference, every time that it was decided. `links` lead to rules and agreements by id."""

    template: ClassVar[str] = "console_explained.html"
    mark: ClassVar[str] = "O5"
    reference: str
    service: Names
    occasions: tuple[Occasion, ...]
    back: str
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search(Page):
    """O5: search by reference, or suppose a login. `form` is a `SupposeForm`, None for who may not suppose any."""

    template: ClassVar[str] = "console_explain.html"
    mark: ClassVar[str] = "O5-search"
    search: str
    action: str
    form: object | None = None
    wrong: str = ""
    simulated: Explanation | None = None
    service: Names = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
