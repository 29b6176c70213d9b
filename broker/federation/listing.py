"""The register's list in memory: what stands, without its contents, at one version.

Owns how one version's list becomes the next one's. A content is read when it is needed, by the version that is listed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from broker.federation.register import Key, ListedEntry, RegisterChanges


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
