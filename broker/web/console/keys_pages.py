"""The federation's own keys (O6) and a member's certificates (M6)."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.console.forms import ConsoleForm
from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True)
class KeyLine:
    """What comes of a key, and when; `what` as in `broker.keys.timeline`."""

    what: str
    at: int


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key of the ring. `service` is one that it signs for whichever is active."""

    use: str
    alg: str
    kid: str
    state: str
    since: int
    next: KeyLine | None = None
    service: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What may be done with the keys of a use and algorithm now: `plan`, `abort`, `switch`, `back`."""

    use: str
    alg: str
    moves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnChoice:
    """A service that is signed for with a key of its own."""

    service: str
    use: str
    alg: str
    kid: str


@dataclass(frozen=True, slots=True)
class FetchRow:
    """Somebody fetched our keys: from which network, and what it calls itself. `service` is what it said."""

    document: str
    network: str
    agent: str
    service: str
    at: int


@dataclass(frozen=True, slots=True)
class HeldRow:
    """What is known of whether a service has our newest keys. `at` is its last fetch, None when none is known; `how` it is
    known that it was the service's, with how many others `shared`: see `broker.web.fetches`.
    """

    service: str
    document: str = ""
    at: int | None = None
    new: bool = False
    how: str = ""
    shared: int = 0


@dataclass(frozen=True, slots=True)
class Reach:
    """How many services are active; of how many some fetch is known, and of how many one of the newest keys."""

    services: int
    known: int
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FederationKeys(Page):
    """O6. The keys with their dates, the buttons, services with a key of their own, which services are known to have the
    newest, and who has fetched them.
    """

    template: ClassVar[str] = "admin_keys.html"
    mark: ClassVar[str] = "O6"
    keys: tuple[OwnKey, ...]
    choices: tuple[OwnChoice, ...]
    changes: tuple[Change, ...]
    reach: Reach
    held: tuple[HeldRow, ...]
    fetches: tuple[FetchRow, ...]
    action: str
    csrf: str


@dataclass(frozen=True, slots=True)
class EndRow:
    """Something that runs out; `days` is negative once it has."""

    kind: str
    names: Names
    what: str
    detail: str
    at: int
    days: int


@dataclass(frozen=True, slots=True)
class OwnStep:
    """What comes of a key of ours, and when; `what` as in `broker.keys.timeline`."""

    at: int
    what: str
    use: str
    alg: str
    kid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberKeys(Page):
    """M6. What runs out, the soonest first; what comes of our own keys, day by day; and what is known of which of them the
    member's services have. `newest` is a time.
    """

    template: ClassVar[str] = "portal_keys.html"
    mark: ClassVar[str] = "M6"
    ends: Listing
    newest: int
    coming: tuple[OwnStep, ...]
    services: tuple[tuple[str, Names], ...]
    held: tuple[HeldRow, ...]
    more: str = ""
    calendar_url: str


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A key of a service. `share` is the percent of its logins of late that it proved, None where that cannot be known;
    `told`: whether there were any. `alone`: nothing can stand in for it. `place`: `active`, `next` or `retiring`, by what the
    logins proved and which began first; empty where that is not known.
    """

    id: str
    short: str
    kind: str
    use: str
    until: int | None
    days: int | None
    share: int | None
    told: bool
    alone: bool
    place: str = ""


@dataclass(frozen=True, slots=True)
class OpenChange:
    """A proposal about the service that is on its way."""

    url: str
    stage: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceKeys(Page):
    """M6 for one service. `elsewhere` is the address where it publishes its keys itself; then they change there. `wrong` is
    the form whose faults are told. Without `form` and `phasing_out` nothing may be changed. `ours` is where the service
    fetches our keys, so that we know it has them.
    """

    template: ClassVar[str] = "portal_service_keys.html"
    mark: ClassVar[str] = "M6"
    names: Names
    protocol: str
    keys: tuple[ServiceKey, ...]
    ours: str
    elsewhere: str
    open: tuple[OpenChange, ...]
    form: ConsoleForm | None
    wrong: ConsoleForm
    action: str
    phasing_out: str
    csrf: str
    back: str
