"""What consents and relations have in common: an entry that is registered, may end, and is kept."""

from typing import Protocol

from trust_framework.care import Act, Period


class Entry(Protocol):
    """A consent or a relation."""

    @property
    def period(self) -> Period: ...

    @property
    def registered(self) -> Act: ...

    @property
    def cancelled(self) -> Act | None: ...

    @property
    def deleted(self) -> Act | None: ...

    @property
    def stands(self) -> bool: ...


def current(entry: Entry, now: int) -> bool:
    """Whether it stands and is not over; it may begin later."""
    return entry.stands and entry.period.last >= now


def ended_at(entry: Entry) -> int:
    """When one that stands no longer first ended."""
    return min(act.registered_at for act in (entry.cancelled, entry.deleted) if act is not None)


def changed_at(entry: Entry) -> int:
    """When it was last changed."""
    acts = (entry.registered, entry.cancelled, entry.deleted)
    return max(act.registered_at for act in acts if act is not None)


def starts_at(entry: Entry) -> int:
    """From when it holds; without a start it began when it was registered."""
    return entry.registered.registered_at if entry.period.start is None else entry.period.start
