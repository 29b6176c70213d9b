"""What care asks of storage, beyond what a login does. `broker.storage.storage.Storage` implements it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from broker.care.access_values import AccessLogStore
from broker.login.effects import PersonKey
from broker.login.ports import Store
from trust_framework.access_facts import AccessFact
from trust_framework.block_reveal import Level
from trust_framework.blocks import Block
from trust_framework.care import CareActor
from trust_framework.care_consents import CareConsent
from trust_framework.care_relations import CareRelation
from trust_framework.care_requests import CareRequest
from trust_framework.emergency import EmergencyAccess
from trust_framework.identifiers import Identifier
from trust_framework.persons import Person
from trust_framework.review_cases import CaseKind, ReviewCase


class CareStore(Store, AccessLogStore, Protocol):
    """Reads; writes go through `commit`, as everywhere. `person` is the register's id of a patient."""

    def person_owners(self, keys: Sequence[PersonKey]) -> Mapping[PersonKey, str]:
        """Whom each of many keys finds."""
        ...

    def known_persons(self, ids: frozenset[str]) -> Mapping[str, Person]:
        """What the register knows of many persons, by their ids; those who were forgotten are not among them."""
        ...

    def patient(self, patient: Identifier) -> str | None:
        """The register's id of who has this number, None for nobody known."""
        ...

    def care_version(self, person: str) -> int:
        """Grows with every change of the patient's blocks, consents, relations, emergency accesses and facts; of a care
        provider (HSA-id) with every change of its own facts; of a rule set with every change of any provider's own.
        """
        ...

    def block(self, id: str) -> tuple[Block, str] | None:
        """A block, ended or not, with its patient's id."""
        ...

    def block_of_lift(self, lift: str) -> tuple[Block, str] | None:
        """The block that a lift belongs to, with its patient's id."""
        ...

    def block_untold(self, id: str) -> bool:
        """Whether another node has not been told of a block as it stands here."""
        ...

    def blocks_of(self, person: str) -> tuple[Block, ...]:
        """Every block of a patient, ended ones among them, oldest first."""
        ...

    def blocks_changed(self, provider: str, since: int, until: int, count: int) -> tuple[tuple[Block, str], ...]:
        """Blocks of a provider (empty: of all) that stand and were last changed from an instant on until another, the oldest
        change first, each with its patient's id.
        """
        ...

    def block_instants(self, provider: str, since: int, count: int) -> tuple[int, ...]:
        """When each of the blocks that `blocks_changed` finds from an instant on was last changed."""
        ...

    def latest_cancellation(self, provider: str) -> int | None:
        """When a block of the provider (empty: of any), or a lift, last ended before its time."""
        ...

    def told_of_blocks(self, actor: CareActor, person: str) -> Level:
        """How much of what a patient has closed the actor has lately been told, in the same commission."""
        ...

    def care_consent(self, id: str) -> tuple[CareConsent, str] | None: ...

    def care_consents_of(self, person: str) -> tuple[CareConsent, ...]: ...

    def care_consents_changed(self, provider: str, since: int, count: int) -> tuple[tuple[CareConsent, str], ...]:
        """A provider's that changed at or after an instant, the oldest change first, each with its patient's id."""
        ...

    def relation(self, id: str) -> tuple[CareRelation, str] | None: ...

    def relations_of(self, person: str) -> tuple[CareRelation, ...]: ...

    def relations_changed(self, provider: str, since: int, count: int) -> tuple[tuple[CareRelation, str], ...]:
        """As `care_consents_changed`."""
        ...

    def access_fact(self, id: str) -> tuple[AccessFact, str] | None:
        """A fact that a rule set names, with its patient's id; with none where it is a provider's own."""
        ...

    def access_facts_of(self, person: str) -> tuple[AccessFact, ...]:
        """Every fact about a patient, ended ones among them, oldest first."""
        ...

    def access_facts_of_provider(self, provider: str) -> tuple[AccessFact, ...]:
        """Every fact of a provider's own, ended ones among them, oldest first."""
        ...

    def access_facts_at(self, provider: str, beyond: Collection[str]) -> tuple[AccessFact, ...]:
        """Every fact of a provider's own, ended ones among them, and those of these kinds that others have and have not ended,
        oldest first.
        """
        ...

    def access_code(self, fact: str, code: str) -> str:
        """The keyed hash of a code of a fact."""
        ...

    def emergency(self, id: str) -> tuple[EmergencyAccess, str] | None: ...

    def emergencies_of(self, person: str) -> tuple[EmergencyAccess, ...]: ...

    def review_cases_about(self, kind: CaseKind, employee: str, since: int) -> int:
        """How many cases of a kind about an employee were opened at or after an instant."""
        ...

    def care_request(self, id: str) -> tuple[CareRequest, str] | None:
        """A request of a patient to care staff, with the patient's id."""
        ...

    def care_requests_of(self, person: str) -> tuple[CareRequest, ...]: ...

    def care_requests_of_provider(
        self, provider: str, state: str = "waiting", count: int = 200
    ) -> tuple[tuple[CareRequest, str], ...]:
        """Those of a provider in one state, oldest first."""
        ...

    def emergencies_counted(self, by: str) -> int:
        """How many emergencies there ever were by a person, or an employee whom nobody knows."""
        ...

    def review_case(self, id: str) -> tuple[ReviewCase, str] | None: ...
