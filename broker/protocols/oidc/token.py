"""The token endpoint (RFC 6749 section 3.2): client authentication, then the grant, then one commit."""

from broker.exchange import BadRequest, Reply, Request, single
from broker.login.effects import AlreadyUsed, Effects, StorageUnavailable
from broker.login.ports import Services
from broker.protocols.oidc.client_auth import TokenRequest, authenticate
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
from broker.protocols.oidc.grants.base import Granted, Reused
from broker.protocols.oidc.wire import json_reply


def token_request(request: Request) -> TokenRequest:
    """The form, each parameter once, and the Authorization header. Raises InvalidRequest."""
    if b"client_secret=" in request.query or b"client_assertion=" in request.query:
        raise InvalidRequest("client credentials in the address")
    try:
        form = {name: value for name, value in single(request.form()).items() if value}
    except BadRequest as error:
        raise InvalidRequest(str(error)) from error
    return TokenRequest(form, request.headers.get("authorization"))


def token(request: Request, now: int, on: Services) -> Reply:
    """Answer a token request. Nothing leaves before its record is committed."""
    try:
        return json_reply(_tokens(request, now, on).response)
    except ProtocolError as error:
        return error.reply()
    except StorageUnavailable:
        return TemporarilyUnavailable("the request could not be recorded").reply()


def _tokens(request: Request, now: int, on: Services) -> Granted:
    asked = token_request(request)
    service, client, consumed = authenticate(asked, now, on)
    grant_type = asked.form.get("grant_type", "")
    if not grant_type:
        raise InvalidRequest("grant_type is missing")
    if grant_type not in GRANTS:
        raise UnsupportedGrantType("this grant type is not supported")
    if grant_type not in client.grant_types:
        raise UnauthorizedClient("the client is not registered for this grant type")
    try:
        granted = GRANTS[grant_type].handle(asked.form, service, client, now, on)
    except Reused as reused:
        on.store.commit(Effects(consumed) + reused.effects)
        raise InvalidGrant("it was used before") from reused
    _record(granted, Effects(consumed), on)
    return granted


def _record(granted: Granted, consumed: Effects, on: Services) -> None:
    """The one commit. Losing the race for a single-use thing is using it a second time."""
    try:
        on.store.commit(consumed + granted.effects)
    except AlreadyUsed as error:
        if error.kind == "client-assertion":
            raise InvalidClient("client authentication failed", "assertion used before") from error
        on.store.commit(granted.lost)
        raise InvalidGrant("it was used before") from error
