"""Calls of ours that would reach ourselves, answered here: our own statements are part of the chains that we resolve."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from broker.login.ports import Services
from broker.protocols.openid_federation import statements
from metadata.federation.documents import PATHS, STATEMENT
from metadata.federation.entity_id import configuration_url
from metadata.wire.egress import Fetches, Outbound, Response

_TYPE = {"content-type": f"application/{STATEMENT}"}


@dataclass(frozen=True, slots=True)
class OwnFirst:
    """`others` is asked for whatever is not ours. `on` is given late, since it is made with this."""

    others: Fetches
    on: Callable[[], Services]
    clock: Callable[[], int]

    def fetch(self, outbound: Outbound) -> Response:
        """Our own answer, or that of whoever is asked."""
        own = self.on().federation().entity
        if own is None or not outbound.url.startswith(f"{own.entity_id}/"):
            return self.others.fetch(outbound)
        if outbound.url == configuration_url(own.entity_id):
            return Response(200, _TYPE, statements.configuration(own, self.clock(), self.on()).encode())
        parts = urlsplit(outbound.url)
        subjects = parse_qs(parts.query).get("sub", [""])
        asked = own.superior and parts.path == PATHS["federation_fetch_endpoint"]
        said = statements.about(own, subjects[0], self.clock(), self.on()) if asked else None
        return Response(200, _TYPE, said.encode()) if said else Response(404, {}, b"")
