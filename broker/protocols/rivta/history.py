"""What consents and relations have in common: an entry that is registered, may end, and is kept; how a provider's are read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from broker.care.paging import page
from broker.care.providers import own_provider
from broker.protocols.rivta import reading
from broker.protocols.rivta.operation import Call
from broker.protocols.rivta.reading import written_flag, written_instant
from metadata.wire.soap import Content, Fields
from trust_framework.care import Act, Lasting


class Entry(Lasting, Protocol):
    """A consent or a relation."""

    @property
    def registered(self) -> Act: ...

    @property
    def cancelled(self) -> Act | None: ...

    @property
    def deleted(self) -> Act | None: ...


E = TypeVar("E", bound=Entry)


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


# --- a care provider's, page by page


@dataclass(frozen=True, slots=True)
class OfProvider(Generic[E]):
    """A page of those that are not over: which stand, which have ended (if asked for), whether there are more, from when on."""

    standing: tuple[E, ...]
    ended: tuple[E, ...]
    more: bool
    next: int


def of_provider(
    changed: Callable[[str, int, int], tuple[tuple[E, str], ...]], asked: Fields, call: Call
) -> OfProvider[E]:
    """The page of a care provider's entries that is asked for; `changed` reads them from the store."""
    provider = own_provider(asked.text("careProviderId"), call.who, call.on).hsa_id
    found = page(
        lambda since, count: [each for each, _ in changed(provider, since, count)],
        changed_at,
        reading.maybe_instant(asked, "createdOnOrAfter") or 0,
        call.now,
    )
    lasting = [entry for entry in found.entries if not entry.period.over(call.now)]
    told = reading.flag(asked, "getCancelledFlag")
    return OfProvider(
        tuple(entry for entry in lasting if entry.stands),
        tuple(entry for entry in lasting if told and not entry.stands),
        found.more,
        found.next,
    )


def paged(found: OfProvider[E]) -> Content:
    """From when on there are more."""
    return (("moreOnOrAfter", written_instant(found.next)), ("hasMore", written_flag(found.more)))


NO_PAGE: Final[Content] = paged(OfProvider((), (), more=False, next=0))
