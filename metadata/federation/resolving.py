"""Trust in an entity, resolved and kept (OpenID Federation 1.0 section 10): a chain is looked at anew after a while, and the
last good one stays until it expires when somebody on the way does not answer.

Safe to share among threads. A few walks at a time, so that slow peers cannot keep the broker from its other work; one that
failed rests before it is tried again.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from metadata.federation.chain import Anchors, Chain, ChainRefused, judge
from metadata.federation.mark_status import check_active
from metadata.federation.signed_keys import fetch_signed_keys
from metadata.federation.statement import Reader, Statement, StatementRefused
from metadata.federation.walking import KEPT, StatementCache, Unreachable, Walk
from metadata.wire.egress import Fetches
from metadata.wire.jwk import PublicKeySet

RESTING: Final = 30.0
AT_ONCE: Final = 4
MOST_CHAINS: Final = 2000


@dataclass(frozen=True, slots=True)
class _Found:
    """What a look came to: a chain, or why there is none; neither for a trust mark that is active."""

    at: float
    chain: Chain | None = None
    refused: ChainRefused | None = None


class Resolver:
    """Chains of entities to trust anchors. `clock` is monotonic seconds; time of day is passed. `own` begins our addresses."""

    def __init__(
        self,
        egress: Fetches,
        *,
        own: str = "",
        allow_http_loopback: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache, self._clock, self._loopback = StatementCache(egress, clock, own), clock, allow_http_loopback
        self._egress = egress
        self._lock, self._walking = threading.Lock(), threading.BoundedSemaphore(AT_ONCE)
        self._found: OrderedDict[object, _Found] = OrderedDict()

    def reader(self, now: int, *, registering: bool = False) -> Reader:
        """A reader of statements, with what this resolver holds them to."""
        return Reader(now, self._loopback, registering)

    def resolve(self, subject: str, anchors: Anchors, now: int, version: int = 0) -> Chain:
        """The shortest chain that holds. Raises ChainRefused; Unreachable when trying later may help.

        `version` is of what we say of others ourselves: what was found under another one counts no more.
        """
        key = subject, _mark(anchors), version
        with self._lock:
            found = self._found.get(key)
        if found and (kept := self._kept(found, now)):
            return kept
        try:
            chain = self.walk(subject, anchors, now)
        except Unreachable as error:
            if found and found.chain and found.chain.expires_at > now:
                return found.chain
            raise self._remembered(key, error) from error
        except ChainRefused as error:
            raise self._remembered(key, error) from error
        self._remember(key, _Found(self._clock(), chain))
        return chain

    def walk(self, subject: str, anchors: Anchors, now: int, own: Statement | None = None) -> Chain:
        """As `resolve`, without what was found before; `own` is the subject's configuration where it was handed over."""
        if not self._walking.acquire(blocking=False):
            raise Unreachable("too many chains are being resolved")
        try:
            return _walked(Walk(self._cache, self.reader(now), anchors), subject, own)
        finally:
            self._walking.release()

    def signed_keys(self, url: str, chain: Chain, now: int) -> Mapping[str, Any]:
        """The keys that the subject of a chain publishes signed (`signed_jwks_uri`). Raises ChainRefused."""
        return fetch_signed_keys(url, chain, self._egress, now)

    def check_active(self, mark: str, issuer: Chain, now: int) -> None:
        """Return when a trust mark is active by its issuer's word, asked for once in a while. Raises ChainRefused."""
        key = "mark", mark
        with self._lock:
            found = self._found.get(key)
        if found and self._clock() - found.at < (RESTING if found.refused else KEPT):
            if found.refused:
                raise found.refused
            return
        try:
            check_active(mark, issuer, self._egress, now)
        except ChainRefused as error:
            raise self._remembered(key, error) from error
        self._remember(key, _Found(self._clock()))

    def _kept(self, found: _Found, now: int) -> Chain | None:
        age = self._clock() - found.at
        if found.refused is not None and age < RESTING:
            raise found.refused
        fresh = found.chain is not None and age < KEPT and found.chain.expires_at > now
        return found.chain if fresh else None

    def _remembered(self, key: object, error: ChainRefused) -> ChainRefused:
        self._remember(key, _Found(self._clock(), refused=error))
        return error

    def _remember(self, key: object, found: _Found) -> None:
        with self._lock:
            self._found[key] = found
            self._found.move_to_end(key)
            while len(self._found) > MOST_CHAINS:
                self._found.popitem(last=False)


def _walked(walk: Walk, subject: str, own: Statement | None) -> Chain:
    refused: ChainRefused | None = None
    for statements in walk.ways(subject, own):
        try:
            return judge(statements, walk.anchors)
        except (ChainRefused, StatementRefused) as error:
            refused = error if isinstance(error, ChainRefused) else ChainRefused(error.reason)
    if walk.unreachable:
        raise Unreachable("; ".join(walk.faults))
    if walk.faults:
        raise refused or ChainRefused("; ".join(walk.faults))
    raise refused or ChainRefused("no superior", "invalid_trust_anchor")


def _mark(anchors: Anchors) -> Collection[object]:
    """The anchors and their keys: what was found with others counts no more."""
    return frozenset((name, _prints(keys)) for name, keys in anchors.items())


def _prints(keys: PublicKeySet) -> frozenset[bytes]:
    return frozenset(each.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for each in keys.keys)
