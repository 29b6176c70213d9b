"""Who calls care's JSON API: a record system by a token of its own client, or staff by theirs, in the commission they chose.

What a system may act for: the care providers that its member is, and those that an entry of `care_consumers` names for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from broker.care.acting import staff_caller
from broker.care.calling import (
    Caller,
    CallerKind,
    CareRefused,
    CareServices,
    Done,
    ResultCode,
    carried_out,
    services_of,
)
from broker.login.effects import Grant
from broker.login.handles import new_reference
from broker.login.own import LEVELS
from broker.protocols.oidc.content import Content
from broker.web.api.errors import ApiError
from broker.web.api.turn import grant_of
from broker.web.turn import Turn
from trust_framework.members import RelyingParty

READ, WRITE, CODE = "care:read", "care:write", "care:code"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CareTurn:
    """One call that was let in."""

    who: Caller
    on: CareServices
    now: int
    body: Any = None

    def call(self, function: Callable[..., Done[T]], *arguments: Any) -> Done[T]:
        """Make a call of care's and commit what it does."""
        return carried_out(lambda: function(*arguments, self.who, self.on, self.now), self.on.store)


def turn_of(turn: Turn, scope: str) -> CareTurn:
    """A call with its caller, its body not yet read. Raises ApiError."""
    grant, party = grant_of(turn, scope)
    on = services_of(turn.on.services)
    return CareTurn(caller_of(grant, party, on), on, turn.now)


def caller_of(grant: Grant, party: RelyingParty, on: CareServices) -> Caller:
    """Who calls. A person without a commission is nobody here: patients have My page. Raises ApiError."""
    if not grant.person:
        org = party.member.org
        providers = on.register.of_member(org) | on.register.of_service(grant.client)
        return Caller(
            CallerKind.CLIENT, member=org, client=grant.client, providers=providers, reference=new_reference()
        )
    content = Content.from_json(grant.content)
    known = on.store.person(grant.person)
    if content.identity.level not in LEVELS or (known is not None and known.blocked):
        raise ApiError("level")
    who = staff_caller(grant.person, content.commission or "", grant.client, on, content.reference)
    if who is None:
        raise ApiError("not-allowed", why="no-commission")
    return who


_CODES: Final = {
    ResultCode.VALIDATION_ERROR: "invalid",
    ResultCode.ACCESSDENIED: "denied",
    ResultCode.NOTFOUND: "missing",
    ResultCode.ALREADYEXISTS: "exists",
    ResultCode.INVALIDSTATE: "state",
    ResultCode.ERROR: "unavailable",
}


def problem_of(refused: CareRefused) -> ApiError:
    """The refusal as a problem: what is wrong by field, why as a code."""
    about = (refused.field,) if refused.field else ()
    return ApiError(_CODES[refused.code], *about, why=refused.reason)
