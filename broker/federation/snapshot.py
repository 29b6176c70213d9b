"""The register as the running broker uses it: one version, parsed once, from the document that storage keeps.

Runs at start and whenever a version has been applied, so it is quick: no network, no pysaml2, and of the login methods
only the modules of those in use.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from broker.federation import care_running, entries, openid_entries, shared, sharing
from broker.federation.entries import TEST
from broker.federation.schema import FederationFile, PersonEntry, ProviderEntry
from broker.federation.shared import Shared
from broker.login import own
from broker.login.ports import Federation
from broker.settings import Environment, Settings
from idp_adapters.base import Adapter, Tools
from idp_adapters.catalogue import MethodSettings
from metadata.register import Register
from trust_framework.members import RelyingParty, State
from trust_framework.policies import Policies
from trust_framework.providers import ProviderTerms

NAMELESS: Final = {"sv": "tillit", "en": "tillit"}
CARD: Final = "card"


@dataclass(frozen=True, slots=True)
class Provider:
    """An upstream provider, made; `entity_id` is that of a SAML provider."""

    terms: ProviderTerms
    adapter: Adapter
    entity_id: str | None = None


def load(document: Mapping[str, Any], version: int, tools: Tools, settings: Settings) -> Federation:
    """The snapshot of a whole document, everything in it read; of an empty one when none was applied yet.

    `document` is what `reading.read_file` made; one that this release does not understand raises. A service in state test is
    not there: it is the test issuer's alone (`testing`). A running node follows the register instead (`following`).
    """
    file = FederationFile.model_validate(document or {"tillit": "1"})
    at = entries.when(settings)
    standing = tuple(entry for entry in file.services if entry.state is not State.TEST)
    read = {entry.id: entries.service(entry, at) for entry in standing}
    members = {entry.org: entries.member(entry) for entry in file.members}
    parties: dict[str, RelyingParty] = {
        entry.id: entries.party(entry, members[entry.member], read[entry.id]) for entry in standing
    }
    register = Register(
        (*(each.service for each in read.values()), *(pages.service(settings.base_url) for pages in own.OWN))
    )
    parties |= {pages.id: pages.party(file.names or NAMELESS) for pages in own.OWN}
    services = register, parties
    whole = Read(file, shared.of_file(file), services)
    return assembled(whole, version, lambda entry: provider(entry, tools, settings), tools, settings)


@dataclass(frozen=True, slots=True)
class Read:
    """What a snapshot is made of: services that are read, or can be, agreements and policies, and everything else as the file
    says it; `changed` is since when an entry is as it is, by kind and id, where that is known.
    """

    file: FederationFile
    shared: Shared
    services: tuple[Register, Mapping[str, RelyingParty]]
    changed: Mapping[tuple[str, str], int] = field(default_factory=dict)


def assembled(
    read: Read,
    version: int,
    made: Callable[[ProviderEntry], Provider],
    tools: Tools,
    settings: Settings,
) -> Federation:
    """The snapshot."""
    file = read.file
    providers: dict[str, ProviderTerms] = {}
    methods: dict[str, Adapter] = {}
    for name, method in own_methods(file, settings):
        state = entries.method_state(file.methods.get(name, {}))
        reason, since = str(file.methods.get(name, {}).get("reason") or ""), read.changed.get(("method", name))
        providers[name] = replace(method.terms(name), state=state, reason=reason, since=since)
        methods[name] = method.adapter(name, tools)
    members = {entry.org: entries.member(entry) for entry in file.members}
    entities: dict[str, str] = {}
    for entry in file.identity_providers:
        upstream = made(entry)
        terms = entries.in_force(entry, upstream.terms, members, file.declaration_grace_days)
        own = terms.state is entry.state
        providers[entry.id] = replace(terms, since=read.changed.get(("identity_provider", entry.id)) if own else None)
        methods[entry.id] = upstream.adapter
        if upstream.entity_id is not None:
            entities[upstream.entity_id] = entry.id
    return Federation(
        version=version,
        names=file.names or NAMELESS,
        register=read.services[0],
        parties=read.services[1],
        providers=providers,
        methods=methods,
        provider_entities=entities,
        agreements=tuple(read.shared.agreements.values()),
        entity=openid_entries.own_entity(file, members, read.shared.agreements, settings.base_url),
        care=care_running.register(file),
        policies=Policies(read.shared.policies),
        categories=sharing.categories(file.entity_categories),
    )


def provider(entry: ProviderEntry, tools: Tools, settings: Settings) -> Provider:
    """An upstream provider and its adapter."""
    upstream = entries.upstream(entry, entries.when(settings))
    return Provider(entries.terms_of(entry, upstream), upstream.settings.adapter(entry.id, tools), upstream.entity_id)


def own_methods(file: FederationFile, settings: Settings) -> Iterator[tuple[str, MethodSettings]]:
    """The broker's own methods that are on: cards need a card listener, and the test method is there in test alone."""
    for name, given in file.methods.items():
        if entries.method_kind(name, given) != CARD or settings.card_url:
            yield name, entries.method(name, given)
    if settings.environment is Environment.TEST:
        personas = {person.id: _attributes(person) for person in file.persons}
        yield TEST, entries.made(TEST, {"environment": TEST, "persons": personas})


def _attributes(person: PersonEntry) -> Mapping[str, tuple[str, ...]]:
    return person.__pydantic_extra__ or {}
