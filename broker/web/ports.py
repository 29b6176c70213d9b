"""What the consoles ask of storage, beyond what a login does. `broker.storage.storage.Storage` implements it."""

from collections.abc import Mapping
from typing import Any, Protocol

from broker.audit.checkpoint import TreeState
from broker.federation.numbers import CauseCount, Logins, MethodCount, MinuteCount
from broker.federation.proposals import ProposalStore
from broker.federation.proposing import ProposalPage
from broker.federation.register import Entry, EntryPage, ListedEntry
from broker.login.ports import Store
from metadata.context import ReadsNames
from trust_framework.approval import Proposal, Stage


class ConsoleStore(Store, ReadsNames, ProposalStore, Protocol):
    """Reads for lists, entries and states. Writes go through `commit`, as everywhere. Add what a page needs."""

    def federation_version(self) -> int: ...

    def federation_document(self) -> Mapping[str, Any]: ...

    def register_entries(self, version: int | None = None) -> tuple[Entry, ...]: ...

    def register_history(self, kind: str, id: str) -> tuple[Entry, ...]: ...

    def register_version_at(self, at: int) -> int: ...

    def register_counts_at(self, version: int) -> Mapping[str, int]: ...

    def register_drifted(self, count: int) -> tuple[ListedEntry, ...]: ...

    def register_drifted_count(self, most: int) -> int: ...

    def register_page(
        self, kind: str, org: str = "", search: str = "", state: str = "", after: str = "", count: int = 50
    ) -> EntryPage: ...

    def logins_of(self, service: str, since: int) -> Logins: ...

    def faults_by_cause(self, service: str, since: int, until: int) -> tuple[CauseCount, ...]: ...

    def logins_by_method(self, since: int) -> tuple[MethodCount, ...]: ...

    def logins_by_minute(self, since: int) -> tuple[MinuteCount, ...]: ...

    def log_state(self) -> TreeState: ...

    def log_waiting(self) -> int: ...

    def log_checkpoint_at(self) -> int | None: ...

    def register_expiring(self, before: int) -> tuple[ListedEntry, ...]: ...

    def proposal(self, id: str, org: str | None = None) -> Proposal | None: ...

    def proposal_page(
        self,
        stage: str = "",
        org: str = "",
        kind: str = "",
        object: str = "",
        author: str = "",
        search: str = "",
        after: str = "",
        count: int = 50,
    ) -> ProposalPage: ...

    def proposal_counts(self, org: str = "") -> Mapping[Stage, int]: ...
