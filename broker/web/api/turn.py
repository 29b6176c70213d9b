"""Who calls the API, with which right: an access token of ours for it, of a person or of a client, and the roles behind it.

A client's token acts for the member that owns the client, as its technical people do; a person's token as the person, with
the roles that the person has now. What no token allows is told as for a thing that is not there.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

from broker.login.effects import AlreadyUsed, Effects, Grant, Overtaken
from broker.login.own import LEVELS, STEP_UP
from broker.protocols.oidc.content import Content
from broker.protocols.oidc.errors import InvalidToken
from broker.protocols.oidc.tokens import api_audience, grant_expires, read_access_token
from broker.web.api.errors import ApiError
from broker.web.context import Broker
from broker.web.ports import ConsoleStore
from broker.web.turn import Turn
from trust_framework.decide import stopped
from trust_framework.members import RelyingParty
from trust_framework.roles import FEDERATION, MACHINE, Action, Actor, Role, RoleGrant, active, may

READ, WRITE = "register:read", "register:write"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ApiTurn:
    """One call that was let in. `org` is the member of the path, empty where the path has none; `body` a model or None."""

    turn: Turn
    actor: Actor
    org: str
    body: Any = None

    @property
    def on(self) -> Broker:
        return self.turn.on

    @property
    def now(self) -> int:
        return self.turn.now

    @property
    def store(self) -> ConsoleStore:
        return self.turn.on.store

    def found(self, thing: T | None, org: str | None = None) -> T:
        """The thing, when there is one and it is of this call's member. Raises ApiError(missing)."""
        if thing is None or (org is not None and self.org and org != self.org):
            raise ApiError("missing")
        return thing

    def commit(self, effects: Effects) -> None:
        """Record the effects. Raises ApiError(overtaken) when another call was first."""
        try:
            self.on.services.store.commit(effects)
        except (Overtaken, AlreadyUsed) as error:
            raise ApiError("overtaken") from error


def actor_of(turn: Turn, scope: str) -> Actor:
    """Whose token it is. Raises ApiError."""
    grant, party = grant_of(turn, scope)
    return _person(grant, turn) if grant.person else _client(grant, party.member.org)


def just_identified(actor: Actor, now: int) -> None:
    """What only a person does who has identified of late; a client never has. Raises ApiError."""
    if now - actor.authenticated_at > STEP_UP:
        raise ApiError("step-up")


def grant_of(turn: Turn, scope: str) -> tuple[Grant, RelyingParty]:
    """The grant behind a call's token, and the service that it was given to. Raises ApiError."""
    kind, _, token = turn.request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise ApiError("no-token")
    on = turn.on.services
    try:
        read = read_access_token(token.strip(), turn.now, on)
    except InvalidToken as error:
        raise ApiError("token") from error
    grant = on.store.grant(read.grant)
    if not read.is_for(api_audience(on)) or grant is None or grant_expires(grant, turn.now):
        raise ApiError("token")
    if scope not in str(read.claims["scope"]).split(" "):
        raise ApiError("scope")
    party = on.federation().parties.get(grant.client)
    if party is None or stopped(party, turn.now):
        raise ApiError("token")
    return grant, party


def _client(grant: Grant, org: str) -> Actor:
    """The client itself, for its member."""
    name = MACHINE + grant.client
    return Actor(name, grant.client, (RoleGrant(name, org, Role.TECHNICAL, "owner", 0),))


def _person(grant: Grant, turn: Turn) -> Actor:
    identity = Content.from_json(grant.content).identity
    person = grant.person or ""
    known = turn.on.services.store.person(person)
    if identity.level not in LEVELS or (known is not None and known.blocked):
        raise ApiError("level")
    grants = active(turn.on.services.store.role_grants(person), turn.now)
    return Actor(person, "", grants, identity.level, identity.authenticated_at)


def allow(actor: Actor, action: Action, org: str, turn: Turn, *, step_up: bool = False) -> None:
    """Whether the actor may do this to what belongs to a member, or the federation. Raises ApiError.

    Another member is as missing as one that never was.
    """
    if org and (not may(actor, Action.VIEW, org) or turn.on.store.register_entry("member", org) is None):
        raise ApiError("missing")
    if step_up:
        just_identified(actor, turn.now)
    if not may(actor, action, org or FEDERATION):
        raise ApiError("not-allowed")
