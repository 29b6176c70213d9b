"""What an upstream OpenID Provider publishes, kept: its endpoints and its keys.

Owns when the two documents are fetched again. Nothing is fetched before it is needed, so that the broker starts while
the provider is down. Where calls may go and how long they may take is the egress client's.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from metadata.oidc import OidcEndpoints, read_discovery
from metadata.wire.egress import Fetches, Outbound
from metadata.wire.jose import PublicKeySet, read_jwks
from metadata.wire.oidc_messages import read_document

T = TypeVar("T")
KEPT: Final = 3600
LONGEST: Final = 200
REFETCHED: Final = 60
"""A signature that no known key made leads to one more look at the keys a minute, not one an answer."""


@dataclass(frozen=True, slots=True)
class Heard:
    """When a peer's documents were fetched last, and when and why that failed since. Epoch seconds."""

    fetched_at: int | None = None
    failed_at: int | None = None
    why: str = ""


class PublishedProvider:
    """One issuer's documents; safe to share among threads.

    Every method may raise EgressFailed, EgressRefused, OidcRefused, BadDiscovery and BadKeySet. With an `http` issuer
    (loopback, in test) its endpoints may be `http` too; whether those are reached is decided by the egress client, before
    any browser is sent there.
    """

    def __init__(self, issuer: str, egress: Fetches) -> None:
        self.issuer, self._egress = issuer, egress
        self._lock = threading.Lock()
        self._endpoints: tuple[OidcEndpoints, int] | None = None
        self._keys: tuple[PublicKeySet, int] | None = None
        self.heard = Heard()

    @property
    def known(self) -> OidcEndpoints | None:
        """The discovery document as it was read last, however long ago; never fetched for this."""
        with self._lock:
            return None if self._endpoints is None else self._endpoints[0]

    def endpoints(self, now: int) -> OidcEndpoints:
        """The discovery document (Discovery 1.0 section 4), at most an hour old."""
        with self._lock:
            kept = self._endpoints
        if kept is not None and now < kept[1] + KEPT:
            return kept[0]
        found = self._noting(now, self._discovered)
        with self._lock:
            self._endpoints = found, now
        return found

    def keys(self, now: int) -> PublicKeySet:
        """The keys, at most an hour old."""
        with self._lock:
            kept = self._keys
        return kept[0] if kept is not None and now < kept[1] + KEPT else self._fetch_keys(now)

    def newer_keys(self, now: int) -> PublicKeySet | None:
        """The keys as they are now, or None when they were fetched within the last minute."""
        with self._lock:
            kept = self._keys
        return None if kept is not None and now < kept[1] + REFETCHED else self._fetch_keys(now)

    def _fetch_keys(self, now: int) -> PublicKeySet:
        uri = self.endpoints(now).jwks_uri
        found = self._noting(now, lambda: read_jwks(self._document(uri)))
        with self._lock:
            self._keys = found, now
        return found

    def _discovered(self) -> OidcEndpoints:
        document = self._document(f"{self.issuer.removesuffix('/')}/.well-known/openid-configuration")
        return read_discovery(document, self.issuer, allow_http_loopback=self.issuer.startswith("http:"))

    def _noting(self, now: int, fetch: Callable[[], T]) -> T:
        """Fetch, and remember how it went."""
        try:
            found = fetch()
        except Exception as error:
            self.heard = Heard(self.heard.fetched_at, now, f"{type(error).__name__}: {error}"[:LONGEST])
            raise
        self.heard = Heard(now)
        return found

    def _document(self, url: str) -> Mapping[str, Any]:
        return read_document(self._egress.fetch(Outbound("GET", url)), url)
