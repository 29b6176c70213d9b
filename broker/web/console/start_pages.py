"""The first pages: of a member's portal (M1) and of the operator's console (O1)."""

from dataclasses import dataclass
from typing import ClassVar

from broker.audit.verified import Verified
from broker.web.console.listing import Listing
from broker.web.console.todo import Todo
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalService:
    """A service on M1. `environment` is `test` or `production`; `status` says how far it has come, `change` how far a change of
    it has: texts `status.<word>`. `faults` is a percentage in words, empty when there was no login.
    """

    names: Names
    id: str
    url: str
    environment: str
    status: str
    change: str = ""
    protocol: str = ""
    logins: int = 0
    faults: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalStart(Page):
    """M1. What waits, and the organisation's services (`PortalService`). `connect` is where a new one is begun, for those
    who may.
    """

    template: ClassVar[str] = "portal_start.html"
    mark: ClassVar[str] = "M1"
    todo: tuple[Todo, ...]
    services: Listing
    connect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of the dashboard: its word is the text `figure.<name>`, and `url` is the list that it counts."""

    name: str
    value: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodHealth:
    """How a method has fared for seven days. `last_good` is None when it has identified nobody; `good_url` and `faults_url`
    are the lists behind the numbers.
    """

    names: Names
    url: str
    good: int
    faults: int
    share: str
    last_good: int | None
    good_url: str
    faults_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRow:
    """A cause of faults (its code, and its sentence), how often it came in seven days (the list behind is at `url`), and in the
    seven before.
    """

    code: str
    text: Names
    number: int
    before: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """Where the log stands: how many events are sealed and wait, when the newest checkpoint was signed, and what the last
    verification came to.
    """

    sealed: int
    waiting: int
    checkpoint_at: int | None
    verified: Verified | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard(Page):
    """O1. What waits, then the figures, methods, faults and the log. `per_minute` is of the last quarter of an hour."""

    template: ClassVar[str] = "console_start.html"
    mark: ClassVar[str] = "O1"
    todo: tuple[Todo, ...]
    figures: tuple[Figure, ...]
    per_minute: str
    methods: tuple[MethodHealth, ...]
    causes: tuple[CauseRow, ...]
    log: LogState
