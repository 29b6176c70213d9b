"""The broker as a relying party of itself: who opens the portal or the console logs in as at any service.

Owns the built-in service that stands for those pages, what they want of a login, and whether a sign-on suffices. The pages
have no session: the sign-on is the session, and the rules that decide every login decide it anew at each request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from broker.login.facts import gather
from broker.login.ports import Services
from broker.login.request import LoginRequest
from broker.login.sign_on import Limits, SignOn
from broker.settings import Settings
from metadata.register import Service
from trust_framework import loa
from trust_framework.decide import Released, Wanted, decide
from trust_framework.identity import Identity
from trust_framework.members import Member, RelyingParty

PROTOCOL: Final = "own"
IDLE: Final = 15 * 60
ABSOLUTE: Final = 8 * 3600
STEP_UP: Final = 5 * 60
"""Seconds: without use, and since identification, after which the pages ask for a login however long a sign-on lasts; since
identification, for what nobody else may do.
"""

_FAMILIES: Final = frozenset({loa.Family.SWEDISH, loa.Family.NONRESIDENT, loa.Family.EIDAS, loa.Family.SAMBI})


def levels(rank: int) -> tuple[str, ...]:
    """The levels of a rank or above, of those whose issuers are audited for it."""
    return tuple(
        level.uri
        for level in sorted(loa.LEVELS.values(), key=lambda level: level.rank)
        if level.rank >= rank and level.family in _FAMILIES and not level.retired
    )


@dataclass(frozen=True, slots=True)
class OwnPages:
    """A set of the broker's own pages, as a service: what it is called when one logs in to it, and what opens it.

    `id` stands among the services, and no entry of the register may have it; `paths` are its pages with all below them.
    """

    id: str
    paths: tuple[str, ...]
    names: Mapping[str, str]
    rank: int

    def service(self, base_url: str) -> Service:
        """The technical entry: its addresses are the pages themselves."""
        return Service(self.id, home=f"{base_url}/", own=tuple(f"{base_url}{path}" for path in self.paths))

    def party(self, federation: Mapping[str, str]) -> RelyingParty:
        """The terms: owned by the federation, at least the level of its rank, and no details."""
        return RelyingParty(self.id, Member("", federation), self.names, levels(self.rank))


OWN: Final = (
    OwnPages("tillit", ("/portal", "/admin"), {"sv": "Federationsportalen", "en": "the federation portal"}, 3),
    OwnPages("tillit-granskning", ("/granskning",), {"sv": "Logggranskningen", "en": "the log review"}, 3),
    OwnPages("tillit-vard", ("/vard",), {"sv": "Vårdens sidor", "en": "the pages of care staff"}, 3),
    OwnPages("tillit-min-sida", ("/min-sida",), {"sv": "Min sida", "en": "My page"}, 2),
)
IDS: Final = frozenset(pages.id for pages in OWN)
LEVELS: Final = levels(3)
"""The levels of whoever changes the register, by its pages or by its API."""


AREAS: Final[Mapping[str, OwnPages]] = {path: pages for pages in OWN for path in pages.paths}
"""The sets by the first part of their pages' paths."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A sign-on that suffices for the pages now, and the identity that makes it so."""

    sign_on: SignOn
    identity: Identity


def limits(settings: Settings) -> Limits:
    """How long a sign-on opens the pages: never longer than it lasts."""
    return Limits(min(IDLE, settings.sign_on_idle), min(ABSOLUTE, settings.sign_on_absolute))


def request(pages: OwnPages, url: str, now: int, *, rank: int = 0, step_up: bool = False) -> LoginRequest:
    """What the pages want of a login when what stands does not suffice: that the person identifies now, at a level of at
    least `rank` where a page wants more than its set does.
    """
    wanted = Wanted(levels(max(rank, pages.rank)), (), now, force=True, max_age=STEP_UP if step_up else None)
    return LoginRequest(pages.id, PROTOCOL, wanted, url)


def standing(
    pages: OwnPages, sign_on_id: bytes | None, now: int, on: Services, *, rank: int = 0, step_up: bool = False
) -> Standing | None:
    """Whether this browser's sign-on opens the pages, or what asks for a step-up. None: a login is needed."""
    sign_on = on.store.sign_on(sign_on_id) if sign_on_id else None
    if sign_on is None:
        return None
    wanted = Wanted(levels(max(rank, pages.rank)), (), now, max_age=STEP_UP if step_up else None)
    asked = LoginRequest(pages.id, PROTOCOL, wanted, "")
    for identity in sign_on.usable(limits(on.settings), now):
        decision = decide(gather(asked, identity, sign_on.person, None, on, unattended=True), now)
        if isinstance(decision, Released):
            return Standing(sign_on, identity)
    return None
