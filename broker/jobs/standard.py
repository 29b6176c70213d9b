"""The jobs that every broker has. Another job is one more row."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from broker.care.calling import CareServices
from broker.care.filings import ReviewServices
from broker.jobs.addresses import AddressStore, look_at_addresses
from broker.jobs.breaches import BreachStore, breach_jobs
from broker.jobs.care_node import care_node_jobs
from broker.jobs.corrections import CorrectionStore, correction_jobs
from broker.jobs.failing import FailingStore, look_at_jobs
from broker.jobs.feeds import FeedStore, look_at_feeds
from broker.jobs.hosts import HostStore, host_jobs
from broker.jobs.node import NodeStore
from broker.jobs.notices import NoticeStore, look_for_overdue, mail_jobs
from broker.jobs.retention import RetentionStore, retention_jobs
from broker.jobs.reviews import DrawingStore, review_jobs
from broker.jobs.runner import Job
from broker.jobs.sealer import Sealer, SealingStore
from broker.jobs.smtp import Post
from broker.jobs.witnesses import WitnessedStore, witness_jobs
from broker.keys.ring import KeyRing
from broker.keys.rotation import Naming, due
from broker.keys.rows import KeyRow
from broker.keys.sealing import SealingVault
from broker.login.effects import Effects, Overtaken
from broker.login.keys import moved
from broker.login.own import IDS
from broker.settings import Settings
from metadata.wire.outbound import Fetches

BATCH = 1000
MOST_BATCHES = 50
_HOUR = 3600
KEYS = 60
"""Seconds between looks at the keys' dates."""


class HouseStore(
    WitnessedStore,
    SealingStore,
    FeedStore,
    AddressStore,
    NoticeStore,
    NodeStore,
    CorrectionStore,
    BreachStore,
    RetentionStore,
    FailingStore,
    DrawingStore,
    HostStore,
    Protocol,
):
    """What the standard jobs need of the store."""

    @property
    def vault(self) -> SealingVault: ...

    def clock(self) -> int: ...

    def log_origin(self) -> str: ...

    def expire(self, absolute: int, count: int = BATCH) -> int: ...

    def thin_checkpoints(self) -> int: ...

    def count_logins(self, unlisted: frozenset[str] = ..., batch: int = ...) -> int: ...

    def make_months(self) -> None: ...

    def make_report(self) -> bool: ...

    def fill_tiles(self, most: int = ...) -> int: ...

    def ring_rows(self) -> tuple[KeyRow, ...]: ...

    def ring_version(self) -> str: ...

    def commit(self, effects: Effects) -> None: ...


def standard_jobs(
    store: HouseStore,
    ring: Callable[[], KeyRing],
    checkpoint_file: Path | None,
    sign_on_absolute: int,
    name: str,
    every: int = 0,
) -> tuple[Job, ...]:
    """Seal each second; delete what has expired; move keys on when their day has come (`name`, `every`: see `move_keys`).
    None of them waits for others.
    """
    sealer = Sealer(store, ring, store.log_origin(), checkpoint_file)
    return (
        Job("seal", 1, sealer.run),
        Job("counts", 5, lambda: count_logins(store)),
        Job("tiles", 2, lambda: fill_tiles(store)),
        Job("reports", 2, lambda: make_reports(store)),
        Job("months", _HOUR, store.make_months),
        Job("expire", 15, lambda: expire(store, sign_on_absolute)),
        Job("checkpoints", _HOUR, store.thin_checkpoints),
        Job("keys", KEYS, lambda: move_keys(store, name, every)),
    )


def outbound_jobs(
    store: HouseStore, egress: Fetches, settings: Settings, care: Callable[[], CareServices]
) -> tuple[Job, ...]:
    """Jobs that call others and may wait for them, or that may take long, so they run in a thread of their own: nothing else
    stands still.
    """
    return (
        Job("feeds", 5, lambda: look_at_feeds(store, egress)),
        Job("addresses", 300, lambda: look_at_addresses(store, egress, settings)),
        Job("overdue", _HOUR, lambda: look_for_overdue(store, settings)),
        *host_jobs(store, egress, settings),
        Job("failing", 600, lambda: look_at_jobs(store, settings)),
        *retention_jobs(store, settings),
        *witness_jobs(store, egress, settings.witnesses),
        *care_node_jobs(store, egress, settings, care),
        *correction_jobs(store, settings.base_url),
        *breach_jobs(store, settings),
        *review_jobs(store, lambda: ReviewServices(store, care().register)),
        *(mail_jobs(store, Post(settings), settings.base_url) if settings.smtp_host else ()),
    )


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
        if store.count_logins(IDS, BATCH) < BATCH:
            break


def make_reports(store: HouseStore) -> None:
    """Make the reports of the access log that wait, and not for ever: the next turn goes on."""
    for _ in range(MOST_BATCHES):
        if not store.make_report():
            break


def fill_tiles(store: HouseStore) -> None:
    """Keep the tree's inner hashes up with the log, some at a time."""
    for _ in range(MOST_BATCHES):
        if not store.fill_tiles():
            break


def move_keys(store: HouseStore, name: str, every: int = 0) -> None:
    """Do what has come of the keys' dates, and record it: a next key signs, a retired one is destroyed; after `every`
    seconds of signing a key gets a successor. Another who changed the ring meanwhile was first: the next turn looks again.
    """
    now, version = store.clock(), store.ring_version()
    changed = due(store.ring_rows(), now, Naming(name, store.vault), every)
    if changed:
        with suppress(Overtaken):
            store.commit(moved(changed, now, version, "jobs"))
