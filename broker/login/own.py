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
from metadata.register import Service
from trust_framework import loa
from trust_framework.decide import Released, Wanted, decide
from trust_framework.identity import Identity
from trust_framework.members import Member, RelyingParty

OWN: Final = "tillit"
"""The id of the built-in service. No entry of the register may have it."""

PROTOCOL: Final = "own"
PATHS: Final = ("/portal", "/admin")
NAMES: Final = {"sv": "Federationsportalen", "en": "the federation portal"}
IDLE: Final = 15 * 60
STEP_UP: Final = 5 * 60
"""Seconds: without use, after which the pages ask for a login; since identification, for what nobody else may do."""

_RANK: Final = 3
_FAMILIES: Final = frozenset({loa.Family.SWEDISH, loa.Family.NONRESIDENT, loa.Family.EIDAS, loa.Family.SAMBI})
LEVELS: Final = tuple(
    level.uri
    for level in sorted(loa.LEVELS.values(), key=lambda level: level.rank)
    if level.rank >= _RANK and level.family in _FAMILIES and not level.retired
)
"""The levels that open the pages: 3 or more, of those whose issuers are audited for it."""


def service(base_url: str) -> Service:
    """The technical entry: its addresses are the pages themselves."""
    return Service(OWN, home=f"{base_url}/", own=tuple(f"{base_url}{path}" for path in PATHS))


def party(federation: Mapping[str, str]) -> RelyingParty:
    """The terms: owned by the federation, level 3, and no details."""
    return RelyingParty(OWN, Member("", federation), NAMES, LEVELS)


@dataclass(frozen=True, slots=True)
class Standing:
    """A sign-on that suffices for the pages now, and the identity that makes it so."""

    sign_on: SignOn
    identity: Identity


def request(url: str, now: int, *, step_up: bool = False) -> LoginRequest:
    """What the pages want of a login when what stands does not suffice: that the person identifies now."""
    wanted = Wanted(LEVELS, (), now, force=True, max_age=STEP_UP if step_up else None)
    return LoginRequest(OWN, PROTOCOL, wanted, url)


def standing(sign_on_id: bytes | None, now: int, on: Services, *, step_up: bool = False) -> Standing | None:
    """Whether this browser's sign-on opens the pages, or what asks for a step-up. None: a login is needed."""
    sign_on = on.store.sign_on(sign_on_id) if sign_on_id else None
    if sign_on is None:
        return None
    asked = LoginRequest(OWN, PROTOCOL, Wanted(LEVELS, (), now, max_age=STEP_UP if step_up else None), "")
    for identity in sign_on.usable(Limits(IDLE, on.settings.sign_on_absolute), now):
        decision = decide(gather(asked, identity, sign_on.person, None, on, unattended=True), now)
        if isinstance(decision, Released):
            return Standing(sign_on, identity)
    return None
