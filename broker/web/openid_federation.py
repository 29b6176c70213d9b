"""The federation endpoints as views, and how often a source may make us look for a trust chain.

Owns the counting; what the endpoints answer is `broker.protocols.openid_federation`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from broker.exchange import Reply, Request
from broker.login.ports import Services
from broker.protocols.oidc.wire import json_reply
from broker.protocols.openid_federation import endpoints
from broker.protocols.openid_federation.endpoints import endpoint
from broker.web.pages.error import RETRY_AFTER
from broker.web.turn import Turn
from metadata.federation.documents import PATHS
from metadata.federation.entity_id import WELL_KNOWN

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
    PATHS["federation_trust_mark_status_endpoint"]: _plain(endpoint(endpoints.trust_mark_status)),
}
