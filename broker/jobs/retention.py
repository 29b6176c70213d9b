"""Jobs: months of the access log go to archives, and what the log may no longer keep is removed, as was decided.

What may go, and that a legal hold keeps it, is `broker.audit.retention`'s; what goes is recorded where it goes. A clock that
jumped ahead would make everything due: nothing is removed before it has been known for a week.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from broker.audit.archive import ArchiveStore, NotArchivable, archive, digest_of, positions_of
from broker.audit.care_events import ArchiveDropped
from broker.audit.removal_orders import RemovalOrder
from broker.audit.removed import month_of
from broker.audit.retention import DAY, YEAR, YEARS
from broker.care import removals
from broker.jobs.runner import Job
from broker.login.effects import Effects, Overtaken
from broker.settings import Settings

BY: Final = "jobs"
REMOVED_AT: Final = "log-removed-at"
KNOWN_FROM, KNOWN_TO = 35 * DAY, 7 * DAY
"""A checkpoint that was signed so long ago, and no longer, shows that the clock has not just jumped."""


class ClockUnknown(Exception):
    """No checkpoint was signed a week to a month ago: perhaps the clock is wrong."""


class RetentionStore(ArchiveStore, Protocol):
    """What these jobs need of the store."""

    def commit(self, effects: Effects) -> None: ...

    def setting(self, name: str) -> Any: ...

    def save_setting(self, name: str, value: Any) -> None: ...

    def access_months(self) -> tuple[tuple[str, int], ...]: ...

    def removals_decided(self) -> tuple[RemovalOrder, ...]: ...

    def remove_due(self, years: int, by: str, until: int | None = None) -> int: ...

    def log_content_left(self, positions: Iterable[int]) -> bool: ...

    def log_began(self, before: int) -> bool: ...

    def log_signed(self, first: int, last: int) -> bool: ...


# --- archives


def archive_months(store: RetentionStore, folder: Path, months: int) -> int:
    """Archive every month that is old enough, each to a file of its own; how many. What a legal hold is about, and what is not
    sealed yet, stays here.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = 0
    for month in _old(store.access_months(), store.clock() - months * 31 * DAY):
        with suppress(NotArchivable):
            archive(store, month, _free(folder, month), BY)
            made += 1
    return made


def _old(months: Iterable[tuple[str, int]], before: int) -> list[str]:
    """Months that have entries here and had ended by then."""
    return [month for month, entries in months if entries and month < month_of(before)]


def _free(folder: Path, month: str) -> Path:
    """A file that is not there: entries that came late make a second archive of their month."""
    names = (folder / f"{month}{f'-{number}' if number else ''}.jsonl" for number in range(1000))
    return next(path for path in names if not path.exists())


def drop_spent(store: RetentionStore, folder: Path, years: int) -> int:
    """Delete the files of archives of which nothing may be kept any more: every leaf has lost its content; how many."""
    before = month_of(store.clock() - max(years, YEARS["access"]) * YEAR)
    old = [path for path in sorted(folder.glob("*.jsonl")) if path.name[:7] < before]
    archives = {one.digest: one for one in store.access_archives()}
    spent = [(path, made) for path in old if (made := archives.get(digest_of(path))) and _spent(store, path)]
    for path, made in spent:
        told = ArchiveDropped(at=store.clock(), archive=made.id, month=made.month, digest=made.digest, by=BY)
        store.commit(Effects(events=(told,)))
        path.unlink()
    return len(spent)


def _spent(store: RetentionStore, path: Path) -> bool:
    return not store.log_content_left(positions_of(path))


# --- removal


def remove(store: RetentionStore, settings: Settings) -> int:
    """Carry out what two persons decided, and what the standing decision says; how many leaves went. What is to be archived is
    archived first. Raises ClockUnknown.
    """
    orders, now = store.removals_decided(), store.clock()
    standing = _standing(store, settings.log_removal_hours, now)
    if not (orders or standing):
        return 0
    if settings.log_archive_dir is not None:
        archive_months(store, settings.log_archive_dir, settings.access_log_months)
    _clock_known(store, now)
    removed = sum(_carried_out(store, order, settings.log_years) for order in orders)
    if standing:
        removed += store.remove_due(settings.log_years, BY)
        store.save_setting(REMOVED_AT, now)
    if settings.log_archive_dir is not None:
        drop_spent(store, settings.log_archive_dir, settings.log_years)
    return removed


def _standing(store: RetentionStore, hours: int, now: int) -> bool:
    """Whether a removal is due by the standing decision, in a log that is old enough for anything to be."""
    if not hours or not store.log_began(now - min(years for years in YEARS.values() if years) * YEAR):
        return False
    return bool(now - (store.setting(REMOVED_AT) or 0) >= hours * 3600)


def _clock_known(store: RetentionStore, now: int) -> None:
    if not store.log_signed(now - KNOWN_FROM, now - KNOWN_TO):
        raise ClockUnknown


def _carried_out(store: RetentionStore, order: RemovalOrder, years: int) -> int:
    removed = store.remove_due(years, order.decided_by, order.asked_at)
    with suppress(Overtaken):  # withdrawn meanwhile: what went is gone, and the log says so
        store.commit(removals.carried_out(order, removed, store.clock()).effects)
    return removed


def retention_jobs(store: RetentionStore, settings: Settings) -> tuple[Job, ...]:
    """The jobs; archives only where there is a folder for them."""
    folder = settings.log_archive_dir
    archives = (
        (Job("archive", DAY, lambda: archive_months(store, folder, settings.access_log_months)),) if folder else ()
    )
    return (*archives, Job("removal", 300, lambda: remove(store, settings)))
