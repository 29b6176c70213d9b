"""The register as a running node follows it: at each new version, only what has changed is read.

Owns what is taken over from version to version: the list, services as they are asked for, contents of all that is few, and
upstream providers with the adapters that know what those publish.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from broker.federation import entries
from broker.federation.listing import Contents, ContentStore, Listing
from broker.federation.register import FEDERATION, Entry, Key, ListedEntry, RegisterChanges, put_together
from broker.federation.schema import FederationFile, ProviderEntry
from broker.federation.services import Known, KnownServices, Note
from broker.federation.shared import READERS, KnownShared
from broker.federation.snapshot import NAMELESS, Provider, Read, assembled, provider
from broker.login import own
from broker.login.ports import Federation
from broker.settings import Settings
from idp_adapters.base import Tools

MANY: Final = frozenset({"member", "service"})
"""Kinds whose contents are read one by one, when somebody asks; at once only what providers and OpenID Federation are about."""
APART: Final = MANY | frozenset(READERS)
"""Those, and kinds that are kept as they were read."""


class FollowedStore(ContentStore, Protocol):
    """What following reads."""

    def federation_version(self) -> int: ...

    def register_changed(self, after: int) -> RegisterChanges: ...


class Following:
    """Makes the snapshot of each version. `listing` is the list that the last one was made of."""

    def __init__(self, store: FollowedStore, tools: Tools, settings: Settings, note: Note) -> None:
        self._store, self._tools, self._settings = store, tools, settings
        self.contents = Contents(store)
        self.listing = Listing()
        self._services = KnownServices(self.contents, entries.when(settings), note)
        self._shared = KnownShared(self.contents)
        self._few: dict[Key, Entry] = {}
        self._providers: dict[str, tuple[int, Provider]] = {}

    def federation(self) -> Federation:
        """The snapshot of the newest version. What raises leaves everything as it was before."""
        version = self._store.federation_version()
        listing = self.listing.after(self._store.register_changed(self.listing.version), version)
        few = {key: self._entry(listed) for key, listed in listing.entries.items() if listed.kind not in APART}
        few |= {key: self._entry(listing.entries[key]) for key in _entities(listing, few) if key in listing.entries}
        file = FederationFile.model_validate({"tillit": "1", **put_together(few.values())})
        pages = [Known(each.service(self._settings.base_url), each.party(file.names or NAMELESS)) for each in own.OWN]
        changed = {key: listing.entries[key].changed_at for key in few if key in listing.entries}
        read = Read(file, self._shared.of(listing), self._services.of(listing, pages), changed)
        made = assembled(read, version, self._provider(listing), self._tools, self._settings)
        self.listing, self._few = listing, few
        return made

    def _entry(self, listed: ListedEntry) -> Entry:
        kept = self._few.get((listed.kind, listed.id))
        return kept if kept is not None and kept.version == listed.version else self.contents.entry(listed)

    def _provider(self, listing: Listing) -> Callable[[ProviderEntry], Provider]:
        """Makes providers, or takes them as they were made when their entry has not changed."""

        def made(entry: ProviderEntry) -> Provider:
            version = listing.entries["identity_provider", entry.id].version
            kept = self._providers.get(entry.id)
            if kept is None or kept[0] != version:
                kept = self._providers[entry.id] = version, provider(entry, self._tools, self._settings)
            return kept[1]

        return made


def _entities(listing: Listing, few: Mapping[Key, Entry]) -> Iterator[Key]:
    """Owners of providers and of what takes part in care; members and services that are entities of an OpenID Federation,
    whoever owns those, and owners of what comes by a chain.
    """
    for kind in ("identity_provider", "care_provider", "care_consumer"):
        yield from (("member", listed.org) for listed in listing.of(kind))
    for listed in (*listing.of("member"), *listing.of("service")):
        if listed.about.entity:
            yield listed.kind, listed.id
            yield "member", listed.org
    federation = few.get((FEDERATION, ""))
    said = ((federation.content if federation else None) or {}).get("openid_federation") or {}
    for below in (said, *said.get("trust_anchors", ())):
        yield "member", (below.get("services") or {}).get("member", "")
