"""The services of one version of the register, each read when it is first asked for, and kept as long as its version stands.

Owns what a start does not do: reading thousands of documents before anybody has asked. What was read is kept by version of the
service and of its member, so that a change of one costs the reading of one. A service that cannot be read is as good as none: it
is reported once, and the others serve.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from broker.federation import entries
from broker.federation.entries import BadEntry, When
from broker.federation.listing import Contents, Listing
from broker.federation.register import ListedEntry
from broker.federation.schema import ServiceEntry
from metadata.register import Register, Service
from trust_framework.members import RelyingParty, State

KEPT: Final = 4096
"""Services that are kept read. One takes some ten kilobytes, most of it keys; the one read first makes room."""

T = TypeVar("T")
Note = Callable[[str, Exception], None]


@dataclass(frozen=True, slots=True)
class Known:
    """A service, technically and as a party."""

    service: Service
    party: RelyingParty


class Lazy(Mapping[str, T], Generic[T]):
    """A mapping whose values are read when asked for. What cannot be read is not in it, though it is counted and listed."""

    def __init__(self, ids: Mapping[str, str], read: Callable[[str], T]) -> None:
        self._ids, self._read = ids, read

    def __getitem__(self, name: str) -> T:
        return self._read(self._ids[name])

    def __contains__(self, name: object) -> bool:
        return name in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


class KnownServices:
    """Reads services, and keeps them from version to version; safe to share among threads.

    `note` hears of a service, by its id, that cannot be read.
    """

    def __init__(self, contents: Contents, at: When, note: Note) -> None:
        self._contents, self._at, self._note = contents, at, note
        self._kept: dict[str, tuple[int, int, Known | None]] = {}
        self._making_room = threading.Lock()

    def of(self, listing: Listing, own: Iterable[Known]) -> tuple[Register, Mapping[str, RelyingParty]]:
        """The services of a version that are not in test, and the broker's own pages beside them."""
        ours = {known.service.id: known for known in own}

        def read(id: str) -> Known:
            return ours.get(id) or self._known(id, listing)

        listed = [each for each in listing.of("service") if each.about.state != State.TEST.value]
        ids = {name: name for name in (*(each.id for each in listed), *ours)}
        register = Register.over(
            Lazy(ids, lambda key: read(key).service),
            by_entity_id=Lazy(_subjects(listed, "saml"), lambda key: read(key).service),
            by_client_id=Lazy(_subjects(listed, "oidc"), lambda key: read(key).service),
        )
        return register, Lazy(ids, lambda key: read(key).party)

    def _known(self, id: str, listing: Listing) -> Known:
        """Raises KeyError for one that cannot be read."""
        service = listing.entries["service", id]
        member = listing.find("member", service.org)
        versions = service.version, member.version if member else 0
        kept = self._kept.get(id)
        if kept is None or kept[:2] != versions:
            kept = *versions, self._read(service, member)
            self._keep(id, kept)
        if kept[2] is None:
            raise KeyError(id)
        return kept[2]

    def _keep(self, id: str, read: tuple[int, int, Known | None]) -> None:
        with self._making_room:
            if len(self._kept) >= KEPT and id not in self._kept:
                del self._kept[next(iter(self._kept))]
            self._kept[id] = read

    def _read(self, listed: ListedEntry, member: ListedEntry | None) -> Known | None:
        if member is None:
            self._note(listed.id, KeyError(listed.org))
            return None
        try:
            entry = ServiceEntry.model_validate(self._contents.entry(listed).content)
            read = entries.service(entry, self._at)
            owner = entries.member(self._contents.member(member))
            return Known(read.service, entries.party(entry, owner, read))
        except (BadEntry, ValueError, KeyError) as error:
            self._note(listed.id, error)
            return None


def _subjects(listed: list[ListedEntry], protocol: str) -> dict[str, str]:
    return {each.about.subject: each.id for each in listed if each.about.protocol == protocol}
