"""The federation's own keys (O6) and a member's certificates (M6)."""

from dataclasses import dataclass
from typing import ClassVar

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


@dataclass(frozen=True, slots=True, kw_only=True)
class FederationKeys(Page):
    """O6. The keys with their dates, the buttons, services with a key of their own, and who has fetched them."""

    template: ClassVar[str] = "admin_keys.html"
    mark: ClassVar[str] = "O6"
    keys: tuple[OwnKey, ...]
    choices: tuple[OwnChoice, ...]
    changes: tuple[Change, ...]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberKeys(Page):
    """M6. What runs out, the soonest first; and which of our keys the member's services have. `newest` is a time."""

    template: ClassVar[str] = "portal_keys.html"
    mark: ClassVar[str] = "M6"
    ends: tuple[EndRow, ...]
    newest: int
    fetches: tuple[FetchRow, ...]
    calendar_url: str
