"""What others of the demo know of the broker: its SAML metadata and its keys, fetched from its own addresses over TLS.

Owns when they are fetched again. Nothing is fetched before it is needed, so that everything may start at once.
"""

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from broker.demo.places import Places
from metadata.register import SamlProvider, SamlService
from metadata.saml import read_provider, read_service
from metadata.wire.egress import Egress, EgressPolicy, Outbound
from metadata.wire.jose import PublicKeySet, read_jwks
from metadata.wire.oidc_messages import read_document

KEPT: Final = 60.0
_T = TypeVar("_T")


class _Kept(Generic[_T]):
    """The last of something fetched, at most a minute old."""

    def __init__(self, fetch: Callable[[], _T]) -> None:
        self._fetch, self._lock = fetch, threading.Lock()
        self._found: tuple[_T, float] | None = None

    def __call__(self) -> _T:
        with self._lock:
            if self._found is None or time.monotonic() > self._found[1] + KEPT:
                self._found = self._fetch(), time.monotonic()
            return self._found[0]


class BrokerPeer:
    """The broker as its peers see it. Each may raise EgressFailed while the broker is down."""

    def __init__(self, places: Places) -> None:
        self.entity_id = f"{places.broker}/saml/metadata"
        self._jwks_uri = f"{places.broker}/oidc/jwks"
        self._egress = Egress(EgressPolicy(loopback=True, ca_file=str(places.ca)))
        self._document = _Kept(self._fetch_metadata)
        self.keys: Callable[[], PublicKeySet] = _Kept(self._fetch_keys)

    def provider(self) -> SamlProvider:
        """As the identity provider of its services."""
        return read_provider(self._document()).provider

    def service(self, entity_id: str) -> SamlService | None:
        """As a service of an upstream identity provider, when that is who is asked for."""
        return read_service(self._document()).service if entity_id == self.entity_id else None

    def _fetch_metadata(self) -> bytes:
        answer = self._egress.fetch(Outbound("GET", self.entity_id))
        if answer.status != 200:  # noqa: PLR2004
            raise OSError(f"{self.entity_id} answered {answer.status}")
        return answer.body

    def _fetch_keys(self) -> PublicKeySet:
        return read_jwks(read_document(self._egress.fetch(Outbound("GET", self._jwks_uri)), "jwks"))
