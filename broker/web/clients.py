"""Endpoints that clients prove themselves at (token, introspection, revocation), and how often they may fail to.

Owns the counting: by source, and by the name that is claimed from that source, so that nobody can shut a client out from
another place. What is proof is `broker.protocols.oidc.client_auth`.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any, Final

from broker.exchange import BadRequest, Reply, Request
from broker.protocols.oidc.wire import json_reply
from broker.web.pages.error import RETRY_AFTER
from broker.web.turn import Turn

FAILURE: Final = "client-failure"
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
        return reply

    view.__doc__ = endpoint.__doc__
    return view


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
        return dict(request.form()).get("client_id", "")
    except BadRequest:
        return ""
