"""What the consoles ask of storage, beyond what a login does. `broker.storage.storage.Storage` implements it."""

from collections.abc import Mapping
from typing import Any, Protocol

from broker.federation.register import Entry, EntryPage, ListedEntry
from broker.login.ports import Store
from trust_framework.roles import RoleGrant


class ConsoleStore(Store, Protocol):
    """Reads for lists, entries and states. Writes go through `commit`, as everywhere. Add what a page needs."""

    def role_grants_of(self, org: str) -> tuple[RoleGrant, ...]: ...

    def federation_version(self) -> int: ...

    def federation_document(self) -> Mapping[str, Any]: ...

    def register_entries(self, version: int | None = None) -> tuple[Entry, ...]: ...

    def register_entry(self, kind: str, id: str) -> Entry | None: ...

    def register_history(self, kind: str, id: str) -> tuple[Entry, ...]: ...

    def register_version_at(self, at: int) -> int: ...

    def register_drift(self) -> tuple[Entry, ...]: ...

    def register_page(
        self, kind: str, org: str = "", search: str = "", state: str = "", after: str = "", count: int = 50
    ) -> EntryPage: ...

    def register_expiring(self, before: int) -> tuple[ListedEntry, ...]: ...
