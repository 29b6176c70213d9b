"""Token revocation (RFC 7009): either kind of token ends its grant, and with it every token of it."""

from broker.audit.events import GrantEnded
from broker.exchange import Reply, Request
from broker.login.effects import Effects, EndGrant, Grant, StorageUnavailable
from broker.login.ports import Services
from broker.protocols.oidc.client_auth import authenticate
from broker.protocols.oidc.errors import InvalidToken, ProtocolError, TemporarilyUnavailable
from broker.protocols.oidc.grants.base import required
from broker.protocols.oidc.token import token_request, use_up
from broker.protocols.oidc.tokens import read_access_token
from broker.protocols.oidc.wire import json_reply
from metadata.register import Service


def revoke(request: Request, now: int, on: Services) -> Reply:
    """Revocation (RFC 7009). 200 for an unknown token and for another client's, which nothing happens to (section 2.2)."""
    try:
        asked = token_request(request)
        service, _, consumed = authenticate(asked, now, on)
        grant = _grant(required(asked.form, "token"), service, now, on)
        if grant is None or grant.revoked_at is not None:
            use_up(Effects(consumed), on)
            return json_reply({})
        ended = GrantEnded(at=now, service=service.id, grant=grant.id, person=grant.person or "", cause="revoked")
        use_up(Effects((*consumed, EndGrant(grant.id, now)), (ended,)), on)
        return json_reply({})
    except ProtocolError as error:
        return error.reply()
    except StorageUnavailable:
        return TemporarilyUnavailable("the revocation could not be recorded").reply()


def _grant(token: str, service: Service, now: int, on: Services) -> Grant | None:
    """The grant of a token, when it is this client's; `token_type_hint` is only a hint and is not needed."""
    once = on.store.once("refresh", token)
    if once is not None:
        grant_id = once.grant
    else:
        try:
            grant_id = read_access_token(token, now, on).grant
        except InvalidToken:
            return None
    grant = on.store.grant(grant_id or "")
    return grant if grant is not None and grant.client == service.id else None
