"""What My page asks of storage, beyond what care does. `broker.storage.storage.Storage` implements it."""

from collections.abc import Sequence
from typing import Protocol

from broker.audit.checkpoint import Verifier
from broker.audit.trace import Logged, LoggedPage
from broker.care.access_values import AccessLogStore
from broker.care.filings import FilingStore
from broker.login.person import ConsentKept, StandingSignOn
from trust_framework.representation import Representation


class OwnPageStore(FilingStore, AccessLogStore, Protocol):
    """Reads of one person; writes go through `commit`."""

    def representations_of(self, person: str) -> tuple[Representation, ...]:
        """Those that a person has given, and those that they hold, whether they hold now or not."""
        ...

    def consents_of(self, person: str) -> tuple[ConsentKept, ...]:
        """Everything that a person has agreed to let services have."""
        ...

    def sign_ons_of(self, person: str) -> tuple[StandingSignOn, ...]:
        """The person's sign-ons that have not ended, with the services that each has served."""
        ...

    def log_of_person(self, person: str, since: int = 0, before: int = 2**62, count: int = 50) -> LoggedPage:
        """A page of a person's own logins, the newest first."""
        ...

    def log_by_representation(self, id: str, since: int = 0, before: int = 2**62, count: int = 50) -> LoggedPage:
        """A page of the logins for another by a representation, the newest first."""
        ...

    def log_waiting_by_representation(self, id: str) -> tuple[Logged, ...]:
        """Those that are not sealed yet."""
        ...

    def log_verifiers(self) -> Sequence[Verifier]:
        """The keys that may have signed checkpoints of the log."""
        ...

    def log_waiting_of_person(self, person: str) -> tuple[Logged, ...]:
        """A person's logins that are not sealed yet."""
        ...
