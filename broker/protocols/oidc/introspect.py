"""Token introspection (RFC 7662): for the service a token is for, and the client it was given to. Others see inactive.

A token with patient context is decided anew, on record, each time (RFC 9396 section 9.2).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from broker.exchange import Reply, Request
from broker.login.effects import NOTHING, Effects, Grant, Overtaken, StorageUnavailable, anew
from broker.login.ports import Services
from broker.protocols.oidc.authorization_details import PARAMETER
from broker.protocols.oidc.client_auth import authenticate
from broker.protocols.oidc.content import Content, case_again
from broker.protocols.oidc.errors import (
    InvalidClient,
    InvalidRequest,
    InvalidToken,
    ProtocolError,
    TemporarilyUnavailable,
)
from broker.protocols.oidc.patient_context import (
    Context,
    NotPermitted,
    decided,
    for_service,
    holder_of,
    patient_key,
)
from broker.protocols.oidc.token import token_request, use_up
from broker.protocols.oidc.tokens import grant_expires, read_access_token
from broker.protocols.oidc.wire import json_reply
from metadata.register import OidcClient, Service
from metadata.wire.base64url import base64url
from trust_framework.decide import Released, decide, stopped
from trust_framework.patient_context import ContextWish

INACTIVE = {"active": False}
_SHOWN = ("iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope")


@dataclass(frozen=True, slots=True)
class State:
    """What an access token is just now: what may be said of it, its patient context, and the record of its decision."""

    told: Mapping[str, Any]
    context: Context | None = None
    effects: Effects = NOTHING

    @property
    def active(self) -> bool:
        return self.told["active"] is True


def introspect(request: Request, now: int, on: Services) -> Reply:
    """Introspection, for an authenticated service (RFC 7662 section 2)."""
    try:
        asked = token_request(request)
        service, client, consumed = authenticate(asked, now, on)
        if client.token_endpoint_auth_method == "none":
            raise InvalidClient("introspection needs an authenticated client")
        if not (token := asked.form.get("token")):
            use_up(Effects(consumed), on)
            raise InvalidRequest("token is missing")
        return json_reply(on_record(token, service, client, Effects(consumed), now, on).told)
    except ProtocolError as error:
        return error.reply()
    except (StorageUnavailable, Overtaken):
        return TemporarilyUnavailable("the token could not be looked up").reply()


def on_record(token: str, service: Service, client: OidcClient, used: Effects, now: int, on: Services) -> State:
    """What this service may know of a token, once that it was told is on record. Raises InvalidClient, Overtaken."""

    def looked_at() -> State:
        state = state_of(token, service, client, now, on)
        use_up(used + state.effects, on)
        return state

    return anew(looked_at)


def state_of(token: str, service: Service, client: OidcClient, now: int, on: Services) -> State:
    """What this service may know of a token. Nothing of it is told before `effects` are on record."""
    try:
        read = read_access_token(token, now, on)
    except InvalidToken:
        return _refresh_state(token, service, now, on)
    if client.client_id != read.claims["client_id"] and not read.is_for(client.client_id):
        return State(INACTIVE)
    found = _standing(on.store.grant(read.grant), lambda wish: _of_token(wish, read.claims[PARAMETER]), now, on)
    if not found.active:
        return found
    told = {"active": True, "token_type": "Bearer", **{name: read.claims[name] for name in _SHOWN}}
    if found.context:
        told[PARAMETER] = for_service(found.context)
        if read.is_for(client.client_id):
            told["patient_key"] = base64url(patient_key(client.client_id, on))
    return replace(found, told={**told, **found.told})


def _standing(
    grant: Grant | None, narrowed: Callable[[ContextWish], ContextWish | None], now: int, on: Services
) -> State:
    """What a decision made now would let the grant give: its level and time where there is a person, and its context,
    `narrowed` to what is looked at.
    """
    party = on.federation().parties.get(grant.client) if grant else None
    if grant is None or party is None or grant_expires(grant, now) or stopped(party, now):
        return State(INACTIVE)
    if grant.person is None:
        return State({"active": True})
    content = Content.from_json(grant.content)
    decision = decide(case_again(grant, content, on), now)
    if not isinstance(decision, Released):
        return State(INACTIVE)
    identity = content.identity
    told = {"active": True, "acr": identity.level, "auth_time": identity.authenticated_at}
    if content.context is None:
        return State(told)
    wish = narrowed(content.context)
    if wish is None:
        return State(INACTIVE)
    try:
        done = decided(wish, decision.acting, holder_of(grant, content), now, on)
    except NotPermitted as refused:
        return State(INACTIVE, effects=refused.effects)
    return State(told, done.result, done.effects)


def _of_token(wish: ContextWish, details: Any) -> ContextWish | None:
    """No more than this very token was given: it may be narrower than its grant, and never grows."""
    return wish.only(details[0]["actions"], {each["id"] for each in details[0]["resources"]})


def _refresh_state(token: str, service: Service, now: int, on: Services) -> State:
    """A refresh token is shown to its own client only."""
    once = on.store.once("refresh", token)
    if once is None or once.owner != service.id or once.used_at is not None or now >= once.expires_at:
        return State(INACTIVE)
    grant = on.store.grant(once.grant or "")
    found = _standing(grant, lambda wish: wish, now, on)
    if grant is None or not found.active:
        return found
    told = {"active": True, "scope": grant.content["scope"], "exp": once.expires_at, "sub": grant.content["sub"]}
    return replace(found, told=told)
