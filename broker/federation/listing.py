"""The register's list in memory: what stands, without its contents, at one version; and contents read by what is listed.

Owns how one version's list becomes the next one's. A content is read when it is needed, as the version that is listed says it,
whatever has been written since.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from broker.federation.register import Entry, Key, ListedEntry, RegisterChanges
from broker.federation.schema import MemberEntry

MEMBERS_KEPT: Final = 1000


@dataclass(frozen=True, slots=True)
class Listing:
    """Every entry that stands, by kind and id."""

    version: int = 0
    entries: Mapping[Key, ListedEntry] = field(default_factory=dict, repr=False)

    def after(self, changes: RegisterChanges, version: int) -> "Listing":
        """The list of a later version."""
        entries = {key: entry for key, entry in self.entries.items() if key not in changes.gone}
        entries |= {(entry.kind, entry.id): entry for entry in changes.listed}
        return Listing(version, entries)

    def of(self, kind: str) -> Iterator[ListedEntry]:
        """The entries of a kind."""
        return (entry for (found, _), entry in self.entries.items() if found == kind)

    def find(self, kind: str, id: str) -> ListedEntry | None:
        """An entry that stands, or None."""
        return self.entries.get((kind, id))


class ContentStore(Protocol):
    """Reads of single entries; see `broker.storage.storage`."""

    def register_exact(self, kind: str, id: str, version: int) -> Entry | None: ...

    def register_first_at(self, kind: str, id: str) -> int | None: ...


class Contents:
    """Contents of listed entries. Members have many services, so those read last are kept."""

    def __init__(self, store: ContentStore) -> None:
        self._store = store
        self._members: dict[tuple[str, int], MemberEntry] = {}

    def entry(self, listed: ListedEntry) -> Entry:
        """The whole entry. Raises KeyError for one that the database does not have, as after another was restored."""
        found = self._store.register_exact(listed.kind, listed.id, listed.version)
        if found is None:
            raise KeyError(listed.kind, listed.id)
        return found

    def member(self, listed: ListedEntry) -> MemberEntry:
        """A member. Raises pydantic's ValidationError."""
        key = listed.id, listed.version
        found = self._members.get(key)
        if found is None:
            found = MemberEntry.model_validate(self.entry(listed).content)
            if len(self._members) >= MEMBERS_KEPT:
                self._members.clear()
            self._members[key] = found
        return found

    def first_at(self, listed: ListedEntry) -> int | None:
        """When the entry first came."""
        return self._store.register_first_at(listed.kind, listed.id)
