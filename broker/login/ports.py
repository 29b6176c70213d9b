"""What the journey and the fronts lean on: the snapshot of the federation, the store's reads, the keys.

`Store` is what `broker.storage` implements; writes go through `commit` alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from broker.keys.ring import KeyRing
from broker.login.effects import ChainedService, Effects, Grant, Once, PersonKey
from broker.login.request import Transaction
from broker.login.sign_on import Participant, SignOn
from broker.settings import Settings
from idp_adapters.base import Adapter
from metadata.federation.own import OwnEntity
from metadata.federation.resolving import Resolver
from metadata.register import OidcClient, Register
from metadata.wire.jwk import PublicKeySet
from trust_framework.agreements import AnyAgreement
from trust_framework.care_register import NO_CARE, CareRegister
from trust_framework.decide import ConsentGiven
from trust_framework.directory import StaffEntry
from trust_framework.entity_categories import UNBOUND, Categories
from trust_framework.members import RelyingParty
from trust_framework.persons import Person
from trust_framework.policies import NO_POLICIES, Policies
from trust_framework.providers import ProviderTerms
from trust_framework.representation import Representation
from trust_framework.roles import RoleGrant


@dataclass(frozen=True)
class Federation:
    """The register as one version of it says, parsed once. At most two seconds behind the database.

    `parties` and `register.services` share ids; `providers` and `methods` share ids (each is a login method).
    `provider_entities` maps an upstream's SAML entityID to its method id. `entity` is what we are in an OpenID Federation.
    `care` has the care providers and the systems that call for them.
    """

    version: int
    names: Mapping[str, str]
    register: Register
    parties: Mapping[str, RelyingParty]
    providers: Mapping[str, ProviderTerms]
    methods: Mapping[str, Adapter]
    provider_entities: Mapping[str, str] = field(default_factory=dict)
    agreements: tuple[AnyAgreement, ...] = ()
    policies: Policies = NO_POLICIES
    categories: Categories = UNBOUND
    entity: OwnEntity | None = None
    care: CareRegister = NO_CARE

    @cached_property
    def agreements_of(self) -> Mapping[str, tuple[AnyAgreement, ...]]:
        """The agreements that say anything about a service, by its id."""
        found: dict[str, tuple[AnyAgreement, ...]] = {}
        for agreement in self.agreements:
            for service in agreement.reach:
                found[service] = (*found.get(service, ()), agreement)
        return found


class Store(Protocol):
    """Reads by key, and the one write. Every method may raise StorageUnavailable."""

    def commit(self, effects: Effects) -> None:
        """Apply all effects and append the events, durably, or nothing. Raises AlreadyUsed, Overtaken."""
        ...

    def login(self, id: str) -> Transaction | None:
        """A pending login, None when unknown or expired; raises AlreadyUsed("login") when it was answered."""
        ...

    def sign_on(self, id: bytes) -> SignOn | None:
        """The sign-on that this handle's hash finds."""
        ...

    def participants(self, root: str) -> tuple[Participant, ...]: ...

    def person(self, id: str) -> Person | None: ...

    def persons_by_keys(self, keys: tuple[PersonKey, ...]) -> frozenset[str]:
        """Ids of the persons that any of the keys belongs to."""
        ...

    def staff(self, person: str) -> tuple[StaffEntry, ...]: ...

    def representations_of(self, person: str) -> tuple[Representation, ...]:
        """Those that a person has given, and those that they hold, whether they hold now or not."""
        ...

    def consents(self, person: str, service: str) -> tuple[ConsentGiven, ...]: ...

    def role_grants(self, person: str) -> tuple[RoleGrant, ...]:
        """The person's roles, those that have run out among them."""
        ...

    def once(self, kind: str, secret: str) -> Once | None:
        """A single-use secret as it is now, used or not; None when unknown. Expired ones are still shown for reuse
        detection until their descendants have expired; callers look at `expires_at`.
        """
        ...

    def grant(self, id: str) -> Grant | None: ...

    def chained(self, entity_id: str) -> ChainedService | None:
        """What is known of a service that came by a trust chain, expired or not."""
        ...

    def setting(self, name: str) -> Any:
        """A value of the key-value table (checkpoint, schema marks), or None."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a step may use besides the time, which is passed.

    `client_keys` gives the keys of a client that may have signed this token: registered, or fetched from its jwks_uri.
    `resolver` finds trust chains; `hash_secret` hashes a client's secret as the register keeps it.
    """

    settings: Settings
    store: Store
    keys: Callable[[], KeyRing]
    federation: Callable[[], Federation]
    client_keys: Callable[[OidcClient, str], PublicKeySet]
    resolver: Resolver
    hash_secret: Callable[[str], bytes]
