"""The jobs that every broker has. Another job is one more row."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from broker.audit.events import Event, KeyChanged
from broker.federation import domains
from broker.jobs.feeds import FeedStore, look_at_feeds
from broker.jobs.runner import Job
from broker.jobs.sealer import Sealer, SealingStore
from broker.keys.ring import KeyRing
from broker.keys.rotation import remove_retired
from broker.keys.rows import KeyRow
from broker.keys.sealing import SealingVault
from broker.login.effects import Effects
from broker.login.own import OWN
from metadata.wire.dns_texts import Texts, dns_texts
from metadata.wire.outbound import Fetches
from trust_framework.domains import DomainProof

BATCH = 1000
MOST_BATCHES = 50
HOSTS = 20
"""Hosts looked at in a turn: one that does not answer takes some seconds."""
_HOUR = 3600


class HouseStore(SealingStore, FeedStore, Protocol):
    """What the standard jobs need of the store."""

    @property
    def vault(self) -> SealingVault: ...

    def clock(self) -> int: ...

    def log_origin(self) -> str: ...

    def expire(self, absolute: int, count: int = BATCH) -> int: ...

    def thin_checkpoints(self) -> int: ...

    def count_logins(self, unlisted: frozenset[str] = ..., batch: int = ...) -> int: ...

    def ring_rows(self) -> tuple[KeyRow, ...]: ...

    def save_ring(self, rows: Iterable[KeyRow], events: tuple[Event, ...] = ()) -> None: ...

    def domain_proofs_due(self, count: int) -> tuple[DomainProof, ...]: ...

    def commit(self, effects: Effects) -> None: ...


def standard_jobs(
    store: HouseStore,
    ring: Callable[[], KeyRing],
    checkpoint_file: Path | None,
    sign_on_absolute: int,
) -> tuple[Job, ...]:
    """Seal each second; delete what has expired; end keys that have retired long enough. None of them waits for others."""
    sealer = Sealer(store, ring, store.log_origin(), checkpoint_file)
    return (
        Job("seal", 1, sealer.run),
        Job("counts", 5, lambda: count_logins(store)),
        Job("expire", 15, lambda: expire(store, sign_on_absolute)),
        Job("checkpoints", _HOUR, store.thin_checkpoints),
        Job("keys", _HOUR, lambda: end_retired_keys(store)),
    )


def outbound_jobs(store: HouseStore, egress: Fetches) -> tuple[Job, ...]:
    """Jobs that call others and may wait for them, so they run in a thread of their own: nothing else stands still."""
    return (
        Job("feeds", 5, lambda: look_at_feeds(store, egress)),
        Job("hosts", _HOUR, lambda: look_at_hosts(store, egress)),
    )


def look_at_hosts(store: HouseStore, egress: Fetches, texts: Texts = dns_texts) -> None:
    """Look again at hosts that were proven a while ago, some at a time."""
    for proof in store.domain_proofs_due(HOSTS):
        now = store.clock()
        store.commit(domains.noted(proof, domains.looked(proof, egress, texts, now), now))


def expire(store: HouseStore, absolute: int) -> int:
    """Delete what has expired, a batch a transaction, and not for ever: the next turn goes on."""
    gone = 0
    for _ in range(MOST_BATCHES):
        batch = store.expire(absolute, BATCH)
        gone += batch
        if batch < BATCH:
            break
    return gone


def count_logins(store: HouseStore) -> None:
    """Count what the log has gained, a batch a transaction, and not for ever: the next turn goes on."""
    for _ in range(MOST_BATCHES):
        if store.count_logins(frozenset({OWN}), BATCH) < BATCH:
            break


def end_retired_keys(store: HouseStore) -> None:
    """Destroy the private parts of keys that nobody needs any more, and record it."""
    now = store.clock()
    ended = remove_retired(store.ring_rows(), store.vault, now)
    if ended:
        store.save_ring(ended, tuple(KeyChanged(at=now, use=k.use, kid=k.kid, state=k.state.value) for k in ended))
