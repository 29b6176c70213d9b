"""Who takes part in care's exchange: care providers with their units, and the record systems that may call for them.

Owns the look-ups by HSA-id, however it is spelled. Where the entries come from is the register's affair.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from trust_framework.care import CareProvider
from trust_framework.identifiers import hsa_compare_form


@dataclass(frozen=True, slots=True)
class CareConsumer:
    """A system that calls (tjänstekonsument): its HSA-id in compare form, the member that runs it, which contracts it may use,
    for which care providers, as which service it calls the JSON API, and whether it may keep a copy of all blocks.
    """

    hsa_id: str
    org: str
    contracts: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    service: str = ""
    copies: bool = False


@dataclass(frozen=True)
class CareRegister:
    """Care providers and consumers by HSA-id in compare form."""

    providers: Mapping[str, CareProvider] = field(default_factory=dict)
    consumers: Mapping[str, CareConsumer] = field(default_factory=dict)

    def provider(self, hsa_id: str) -> CareProvider | None:
        """A provider by its HSA-id, however it is spelled."""
        return self.providers.get(hsa_compare_form(hsa_id))

    def consumer(self, hsa_id: str) -> CareConsumer | None:
        """A consumer by its HSA-id, however it is spelled."""
        return self.consumers.get(hsa_compare_form(hsa_id))

    @cached_property
    def _units(self) -> Mapping[str, CareProvider]:
        return {unit: provider for provider in self.providers.values() for unit in provider.units}

    def provider_of_unit(self, unit: str) -> CareProvider | None:
        """The provider that a care unit belongs to."""
        return self._units.get(hsa_compare_form(unit))

    @cached_property
    def _orgs(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for provider in self.providers.values():
            found.setdefault(provider.org, set()).add(provider.hsa_id)
        return {org: frozenset(ids) for org, ids in found.items()}

    def of_member(self, org: str) -> frozenset[str]:
        """The providers that a member is."""
        return self._orgs.get(org, frozenset())

    @cached_property
    def _services(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for consumer in self.consumers.values():
            if consumer.service:
                found.setdefault(consumer.service, set()).update(consumer.providers)
        return {service: frozenset(ids) for service, ids in found.items()}

    def of_service(self, service: str) -> frozenset[str]:
        """The providers that a client of the JSON API may call for by being a consumer, beside those of its own member."""
        return self._services.get(service, frozenset())

    @cached_property
    def _authorities(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for provider in self.providers.values():
            if provider.authority:
                found.setdefault(provider.rules, set()).add(provider.hsa_id)
        return {rules: frozenset(ids) for rules, ids in found.items()}

    def authorities(self, rules: str) -> frozenset[str]:
        """The authorities of a rule set, by HSA-id."""
        return self._authorities.get(rules, frozenset())

    def may_copy(self, client: str) -> bool:
        """Whether a system, by its HSA-id or its service, may read the blocks of every provider to keep a copy."""
        return any(each.copies and client in {each.hsa_id, each.service} for each in self.consumers.values() if client)


NO_CARE = CareRegister()
"""Nobody takes part."""
