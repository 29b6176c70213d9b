"""Token introspection (RFC 7662): for the service a token is for, and the client it was given to. Others see inactive."""

from typing import Any

from broker.exchange import Reply, Request
from broker.login.effects import Effects, Grant, StorageUnavailable
from broker.login.ports import Services
from broker.protocols.oidc.client_auth import authenticate
from broker.protocols.oidc.content import Content, case_again
from broker.protocols.oidc.errors import InvalidClient, InvalidToken, ProtocolError, TemporarilyUnavailable
from broker.protocols.oidc.grants.base import required
from broker.protocols.oidc.token import token_request, use_up
from broker.protocols.oidc.tokens import grant_expires, read_access_token
from broker.protocols.oidc.wire import json_reply
from metadata.register import OidcClient, Service
from trust_framework.decide import Released, decide, stopped

INACTIVE = {"active": False}


def introspect(request: Request, now: int, on: Services) -> Reply:
    """Introspection, for an authenticated service (RFC 7662 section 2)."""
    try:
        asked = token_request(request)
        service, client, consumed = authenticate(asked, now, on)
        if client.token_endpoint_auth_method == "none":
            raise InvalidClient("introspection needs an authenticated client")
        use_up(Effects(consumed), on)
        return json_reply(_state(required(asked.form, "token"), service, client, now, on))
    except ProtocolError as error:
        return error.reply()
    except StorageUnavailable:
        return TemporarilyUnavailable("the token could not be looked up").reply()


def _state(token: str, service: Service, client: OidcClient, now: int, on: Services) -> dict[str, Any]:
    try:
        read = read_access_token(token, now, on)
    except InvalidToken:
        return _refresh_state(token, service, now, on)
    if client.client_id != read.claims["client_id"] and not read.is_for(client.client_id):
        return INACTIVE
    grant = on.store.grant(read.grant)
    if grant is None or not _stands(grant, now, on):
        return INACTIVE
    shown = ("iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope")
    state = {"active": True, "token_type": "Bearer", **{name: read.claims[name] for name in shown}}
    if grant.person is None:
        return state
    identity = Content.from_json(grant.content).identity
    return {**state, "acr": identity.level, "auth_time": identity.authenticated_at}


def _stands(grant: Grant, now: int, on: Services) -> bool:
    """Whether a decision made now would let the grant give anything."""
    party = on.federation().parties.get(grant.client)
    if party is None or grant_expires(grant, now) or stopped(party):
        return False
    return grant.person is None or isinstance(
        decide(case_again(grant, Content.from_json(grant.content), on), now), Released
    )


def _refresh_state(token: str, service: Service, now: int, on: Services) -> dict[str, Any]:
    """A refresh token is shown to its own client only."""
    once = on.store.once("refresh", token)
    if once is None or once.owner != service.id or once.used_at is not None or now >= once.expires_at:
        return INACTIVE
    grant = on.store.grant(once.grant or "")
    if grant is None or not _stands(grant, now, on):
        return INACTIVE
    return {"active": True, "scope": grant.content["scope"], "exp": once.expires_at, "sub": grant.content["sub"]}
