"""The token endpoint (RFC 6749 section 3.2): client authentication, then the grant, then one commit."""

from dataclasses import replace

from broker.audit.events import TokensIssued
from broker.exchange import BadRequest, Reply, Request, single
from broker.login.effects import AlreadyUsed, Effects, Overtaken, StorageUnavailable, anew
from broker.login.ports import Services
from broker.protocols.oidc.client_auth import TokenRequest, authenticate, private_key_jwt
from broker.protocols.oidc.errors import (
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    ProtocolError,
    TemporarilyUnavailable,
    UnauthorizedClient,
    UnsupportedGrantType,
)
from broker.protocols.oidc.grants import GRANTS
from broker.protocols.oidc.grants.base import Form, Granted, Grants, Reused, required
from broker.protocols.oidc.recorded import NotReleased
from broker.protocols.oidc.wire import json_reply
from idp_adapters.base import Consume
from metadata.register import OidcClient, Service

SECRET_PARAMETERS = frozenset(
    {"client_secret", "client_assertion", "code", "code_verifier", "refresh_token", "token", "access_token"}
)


def token_request(request: Request) -> TokenRequest:
    """The form, each parameter once, and the Authorization header. Raises InvalidRequest.

    What must not be in logs must not be in addresses (RFC 6749 section 2.3.1, RFC 9700 section 4.3.2).
    """
    try:
        if not SECRET_PARAMETERS.isdisjoint(name for name, _ in request.parameters()):
            raise InvalidRequest("secrets in the address")
        form = {name: value for name, value in single(request.form()).items() if value}
    except BadRequest as error:
        raise InvalidRequest(str(error)) from error
    return TokenRequest(form, request.headers.get("authorization"))


def token(request: Request, now: int, on: Services) -> Reply:
    """The token endpoint (RFC 6749 section 3.2). Nothing leaves before its record is committed."""
    try:
        return json_reply(_tokens(request, now, on).response)
    except ProtocolError as error:
        return error.reply()
    except (StorageUnavailable, Overtaken):
        return TemporarilyUnavailable("the request could not be recorded").reply()


def _tokens(request: Request, now: int, on: Services) -> Granted:
    asked = token_request(request)
    service, client, consumed = authenticate(asked, now, on)
    return anew(lambda: _granted(asked.form, service, client, Effects(consumed), now, on))


def _granted(form: Form, service: Service, client: OidcClient, used: Effects, now: int, on: Services) -> Granted:
    try:
        granted = _grant(form, client).handle(form, service, client, now, on)
    except Reused as reused:
        use_up(used + reused.effects, on)
        raise InvalidGrant("it was used before") from reused
    except NotReleased as refused:
        use_up(used + refused.effects, on)
        raise
    except ProtocolError:
        use_up(used, on)
        raise
    _record(replace(granted, effects=_proved(granted.effects, used)), used, on)
    return granted


def _proved(effects: Effects, used: Effects) -> Effects:
    """The record with the key that the client proved itself with."""
    key = next((each.proved_by for each in used.changes if isinstance(each, Consume)), "")
    if not key:
        return effects
    named = (replace(each, proved_by=key) if isinstance(each, TokensIssued) else each for each in effects.events)
    return Effects(effects.changes, tuple(named))


def _grant(form: Form, client: OidcClient) -> Grants:
    grant_type = required(form, "grant_type")
    if grant_type not in GRANTS:
        raise UnsupportedGrantType("this grant type is not supported")
    if grant_type not in client.grant_types:
        raise UnauthorizedClient("the client is not registered for this grant type")
    return GRANTS[grant_type]


def _record(granted: Granted, used: Effects, on: Services) -> None:
    """The one commit. Losing the race for a single-use thing is using it a second time. Raises Overtaken."""
    try:
        on.store.commit(used + granted.effects)
    except AlreadyUsed as error:
        if error.kind == private_key_jwt.CONSUMED:
            raise InvalidClient("client authentication failed", "assertion used before") from error
        use_up(used + granted.lost, on)
        raise InvalidGrant("it was used before") from error


def use_up(effects: Effects, on: Services) -> None:
    """Record what no token comes of: an assertion used, a grant ended. Raises InvalidClient for an assertion used before, and
    Overtaken.
    """
    if not (effects.changes or effects.events):
        return
    try:
        on.store.commit(effects)
    except AlreadyUsed as error:
        raise InvalidClient("client authentication failed", "assertion used before") from error
