"""Whether a content can stand in the register as it is: shaped as a federation file says, readable, its references there.

The same judgement as that on a whole file (`reading`, `checks`), for one entry, without reading the others.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from pydantic import ValidationError

from broker.federation import entries
from broker.federation.entries import TEST, BadEntry
from broker.federation.faults import Fault, Place
from broker.federation.reading import told
from broker.federation.register import FEDERATION, METHODS, SECTIONS, Content, Entry
from broker.federation.schema import FederationFile, ProviderEntry, ServiceEntry
from broker.login.own import IDS
from broker.settings import Environment, Settings
from metadata.logos import PREFIX

SECTION_OF: Final[Mapping[str, tuple[str, str]]] = {kind: (key, id_key) for key, (kind, id_key) in SECTIONS.items()}
OWN_ENTRIES: Final = frozenset({*SECTIONS, METHODS[0], "persons", "staff", "roles", "representations"})
"""Keys of a file that are never part of the federation's own entry."""

_TWINS: Final = {"identity_provider": METHODS[1], METHODS[1]: "identity_provider"}
"""Kinds whose ids are one: each is a login method."""

RESERVED: Final = frozenset({TEST}) | IDS


class ReadsEntries(Protocol):
    """What is read of the register."""

    def register_entry(self, kind: str, id: str) -> Entry | None: ...


def faults(
    kind: str, id: str, org: str, content: Content, store: ReadsEntries, settings: Settings, now: int
) -> tuple[Fault, ...]:
    """What keeps the content from standing in the register, with places within it."""
    return tuple(Fault(place, why) for place, why in _found(kind, id, org, content, store, settings, now))


def _found(
    kind: str, id: str, org: str, content: Content, store: ReadsEntries, settings: Settings, now: int
) -> Iterator[tuple[Place, str]]:
    try:
        file = FederationFile.model_validate({"tillit": "1", **_alone(kind, id, content)})
    except ValidationError as error:
        yield from ((place[2:], why) for place, why in told(error))
        return
    if kind in SECTION_OF and content.get(SECTION_OF[kind][1]) != id:
        yield (SECTION_OF[kind][1],), "is another entry's"
    if id in RESERVED and kind != "member":
        yield (SECTION_OF.get(kind, ("", "id"))[1],), f"{id} is reserved"
    if str(content.get("member", org)) != org:
        yield ("member",), "is another member"
    if kind == FEDERATION:
        yield from (((name,), "has entries of its own") for name in content if name in OWN_ENTRIES)
    if (other := _TWINS.get(kind)) and store.register_entry(other, id) is not None:
        yield (SECTION_OF.get(kind, ("", "id"))[1],), f"{id} is a login method already"
    owned: tuple[ServiceEntry | ProviderEntry, ...] = (*file.services, *file.identity_providers)
    for entry in owned:
        yield from _read(entry, settings, now)
        yield from _references(entry, org, store, settings)
    for part in (*(each.member for each in file.care_providers), *(each.member for each in file.care_consumers)):
        if store.register_entry("member", part) is None:
            yield ("member",), f"no member has the organisation number {part}"
    yield from _named_services(file, store)


def _named_services(file: FederationFile, store: ReadsEntries) -> Iterator[tuple[Place, str]]:
    """The services that a release policy is about are there."""
    for policy in file.policies:
        for rule in filter(None, (policy, policy.coming)):
            for place, name in enumerate(rule.to.services):
                if store.register_entry("service", name) is None:
                    yield ("to", "services", place), f"no service has the id {name}"


def _alone(kind: str, id: str, content: Content) -> dict[str, Any]:
    """A file with nothing but this entry."""
    if kind == METHODS[1]:
        return {METHODS[0]: {id: content}}
    return {SECTION_OF[kind][0]: [content]} if kind in SECTION_OF else dict(content)


def _read(entry: ServiceEntry | ProviderEntry, settings: Settings, now: int) -> Iterator[tuple[Place, str]]:
    at = entries.when(settings, now)
    try:
        if isinstance(entry, ServiceEntry):
            if entry.logo is not None and not entry.logo.startswith(PREFIX):
                yield ("logo",), "is a path, which only a file may name"
            if entry.saml is not None and entry.saml.metadata is not None:
                yield ("saml", "metadata"), "is a path, which only a file may name"
                return
            read = entries.service(entry, at).service
            entity_id = read.saml.entity_id if read.saml else None
        else:
            entity_id = entries.upstream(entry, at).entity_id
        if entity_id == settings.entity_id:
            yield ("saml",), "is this broker itself"
    except BadEntry as error:
        yield error.place, error.why
    except ValidationError as error:
        yield from told(error)


def _references(
    entry: ServiceEntry | ProviderEntry, org: str, store: ReadsEntries, settings: Settings
) -> Iterator[tuple[Place, str]]:
    if org and store.register_entry("member", org) is None:
        yield ("member",), f"no member has the organisation number {org}"
    if isinstance(entry, ServiceEntry):
        for place, name in enumerate(entry.methods):
            if not _method(name, store, settings):
                yield ("methods", place), f"no login method has the id {name}"


def _method(name: str, store: ReadsEntries, settings: Settings) -> bool:
    known = any(store.register_entry(kind, name) for kind in ("method", "identity_provider"))
    return known or (name == TEST and settings.environment is Environment.TEST)
