"""The federation endpoints as views, and how often a source may make us look for a trust chain.

Owns the counting; what the endpoints answer is `broker.protocols.openid_federation`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from broker.exchange import Reply, Request
from broker.login.effects import AlreadyUsed
from broker.login.ports import Services
from broker.protocols.oidc.wire import json_reply
from broker.protocols.openid_federation import endpoints, registration
from broker.protocols.openid_federation.endpoints import endpoint
from broker.protocols.openid_federation.errors import InvalidRequest
from broker.web.answers import record, refused
from broker.web.pages.error import RETRY_AFTER
from broker.web.turn import Turn
from metadata.federation.documents import PATHS, REGISTRATION_PATH
from metadata.federation.entity_id import WELL_KNOWN
from trust_framework.reasons import REASONS

View = Callable[[Turn], Reply]


def _plain(answer: Callable[[Request, int, Services], Reply]) -> View:
    def view(turn: Turn) -> Reply:
        return answer(turn.request, turn.now, turn.on.services)

    view.__doc__ = answer.__doc__
    return view


def counted(view: View) -> View:
    """A view whose answer may cost many calls to others, so many a minute for each source."""

    def counting(turn: Turn) -> Reply:
        if turn.on.throttle.allows("chain", {"source": turn.request.remote}):
            return view(turn)
        told = {"error": "temporarily_unavailable", "error_description": "too many trust chains asked for"}
        return json_reply(told, 429).adding(("Retry-After", str(RETRY_AFTER)))

    counting.__doc__ = view.__doc__
    return counting


def let_in(turn: Turn) -> Reply | None:
    """Register whoever asks for an authorization and is an entity that we do not know yet; a page when that cannot be."""
    services = turn.on.services
    who = registration.newcomer(turn.request, turn.now, services)
    if who is None:
        return None
    if not turn.on.throttle.allows("chain", {"source": turn.request.remote}):
        return refused(REASONS["too-many"], turn)
    reason = record(registration.automatic(who, turn.now, services), turn)
    return refused(reason, turn) if reason else None


def register(turn: Turn) -> Reply:
    """Explicit registration (section 12.2): recorded, then answered."""
    reply, effects = registration.explicit(turn.request, turn.now, turn.on.services)
    try:
        if effects.changes:
            turn.on.services.store.commit(effects)
    except AlreadyUsed:
        return InvalidRequest("this registration was sent before").reply()
    return reply


VIEWS: Final[Mapping[str, View]] = {
    WELL_KNOWN: _plain(endpoint(endpoints.configuration)),
    PATHS["federation_fetch_endpoint"]: _plain(endpoint(endpoints.fetch)),
    PATHS["federation_list_endpoint"]: _plain(endpoint(endpoints.listing)),
    PATHS["federation_resolve_endpoint"]: counted(_plain(endpoint(endpoints.resolve))),
    PATHS["federation_trust_mark_endpoint"]: _plain(endpoint(endpoints.trust_mark)),
    PATHS["federation_trust_mark_list_endpoint"]: _plain(endpoint(endpoints.trust_marked)),
    PATHS["federation_historical_keys_endpoint"]: _plain(endpoint(endpoints.historical_keys)),
}
"""Asked by GET."""

POSTED: Final[Mapping[str, View]] = {
    REGISTRATION_PATH: counted(register),
    PATHS["federation_trust_mark_status_endpoint"]: _plain(endpoint(endpoints.trust_mark_status)),
}
