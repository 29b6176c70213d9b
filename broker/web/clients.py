"""Endpoints that clients prove themselves at (token, introspection, revocation), and how often they may fail to.

Owns the counting of failures, by source, and by the name that is claimed from that source, so that nobody can shut a client
out from another place; and notes from where each proved itself. What is proof is `broker.protocols.oidc.client_auth`.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any, Final

from broker.exchange import BadRequest, Reply, Request
from broker.protocols.oidc.wire import json_reply
from broker.web.pages.error import RETRY_AFTER
from broker.web.turn import Turn
from metadata.register import UnknownService
from metadata.wire.claims import JoseRefused
from metadata.wire.jose import claimed

FAILURE: Final = "client-failure"
_REDIRECTED: Final = 300
_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429


def authenticated(
    endpoint: Callable[[Request, int, Any], Reply], header: str = "authorization", unproven: int = _UNAUTHORIZED
) -> Callable[[Turn], Reply]:
    """The endpoint as a view that refuses to look at a client that has failed too often a minute (RFC 6585 section 4).

    The client proves itself in `header`; `unproven` is the status of one that did not.
    """

    def view(turn: Turn) -> Reply:
        throttle, remote = turn.on.throttle, turn.request.remote
        if throttle.seen(FAILURE, "source", remote) and throttle.spent(FAILURE, _who(turn.request, header)):
            return _too_many()
        reply = endpoint(turn.request, turn.now, turn.on.services)
        if reply.status == unproven:
            throttle.allows(FAILURE, _who(turn.request, header))
        elif reply.status < _REDIRECTED:
            _proved(turn, header)
        return reply

    view.__doc__ = endpoint.__doc__
    return view


def _proved(turn: Turn, header: str) -> None:
    """Note from where the client of a service proved itself, which tells whose client fetches our keys from there.

    A public client proves nothing, and its address may be a person's.
    """
    try:
        service = turn.on.services.federation().register.by_client_id(_claimed(turn.request, header))
    except UnknownService:
        return
    if service.oidc is not None and service.oidc.token_endpoint_auth_method != "none":
        turn.on.fetches.proved(service.id, turn.request.remote, turn.now)


def _too_many() -> Reply:
    told = {"error": "temporarily_unavailable", "error_description": "too many failed client authentications"}
    return json_reply(told, _TOO_MANY).adding(("Retry-After", str(RETRY_AFTER)))


def _who(request: Request, header: str) -> dict[str, str]:
    return {"source": request.remote, "client": f"{request.remote} {_claimed(request, header)}"}


def _claimed(request: Request, header: str) -> str:
    """The client that is claimed, as far as it can be read; nothing depends on its being true."""
    scheme, _, credentials = request.headers.get(header, "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials).decode("utf-8", "replace").partition(":")[0]
        except (binascii.Error, ValueError):
            return ""
    try:
        form = dict(request.form())
        return form.get("client_id") or claimed(form.get("client_assertion", ""), "sub")
    except (BadRequest, JoseRefused):
        return ""
