"""The keys of clients that publish them at a `jwks_uri`: fetched when first needed, kept, and looked at again.

A key we do not know leads to one more look a minute, never one a request (RFC 7517 section 5, threats of unknown `kid`).
Clients that registered their keys by value are answered from the register.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from metadata.register import OidcClient
from metadata.wire.claims import JoseRefused
from metadata.wire.egress import EgressFailed, EgressRefused, Fetches, Outbound
from metadata.wire.jose import PublicKeySet, claimed_header, read_jwks
from metadata.wire.jwk import BadKeySet
from metadata.wire.oidc_messages import OidcRefused, read_document

KEPT: Final = 300.0
REFETCHED: Final = 60.0
RESTING: Final = 10.0
"""Seconds after a look that failed in which nobody's token leads to another."""
LONGEST: Final = 48 * 1024
"""Octets of a token whose `kid` is looked for: a request object may carry a trust chain."""
NO_KEYS: Final = PublicKeySet(())


class ClientKeys:
    """Safe to share among threads. `clock` is monotonic seconds."""

    def __init__(self, egress: Fetches, clock: Callable[[], float] = time.monotonic) -> None:
        self._egress, self._clock = egress, clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[PublicKeySet, float]] = {}
        self._failed: dict[str, float] = {}

    def __call__(self, client: OidcClient, token: str) -> PublicKeySet:
        """The keys that may have signed `token`. Raises JoseRefused when they cannot be had."""
        if client.jwks is not None:
            return client.jwks
        if client.jwks_uri is None:
            return NO_KEYS
        return self._published(client.jwks_uri, claimed_header(token, "kid", longest=LONGEST))

    def _published(self, uri: str, kid: str | None) -> PublicKeySet:
        with self._lock:
            kept, failed = self._kept.get(uri), self._failed.get(uri)
        age = self._clock() - kept[1] if kept else KEPT
        if kept and (age < REFETCHED or (age < KEPT and any(key.kid == kid for key in kept[0].keys))):
            return kept[0]
        if failed is not None and self._clock() - failed < RESTING:
            raise JoseRefused("the client's keys could not be had just now")
        return self._looked(uri)

    def _looked(self, uri: str) -> PublicKeySet:
        try:
            found = self._fetched(uri)
        except JoseRefused:
            with self._lock:
                self._failed[uri] = self._clock()
            raise
        with self._lock:
            self._kept[uri] = found, self._clock()
        return found

    def _fetched(self, uri: str) -> PublicKeySet:
        try:
            return read_jwks(read_document(self._egress.fetch(Outbound("GET", uri)), "jwks_uri"))
        except (EgressFailed, EgressRefused, OidcRefused, BadKeySet) as error:
            raise JoseRefused("the client's keys cannot be had") from error
