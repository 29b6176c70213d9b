"""An entry of the register as aspects, each with the words that it holds: what two versions of it are compared by.

Owns which words an entry holds; defaults are written out, so that leaving a key out is no change. What the aspects are
called, and which change of them is dangerous, is `aspects`.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel

from broker.federation import entries
from broker.federation.aspects import (
    AGREEMENT,
    CARE_CONSUMER,
    CARE_PROVIDER,
    FEDERATION,
    MEMBER,
    METHOD,
    PROVIDER,
    REST,
    SERVICE,
    YES,
    Facts,
    Word,
    Words,
)
from broker.federation.bringing import pem_settings
from broker.federation.care_entries import CareConsumerEntry, CareProviderEntry
from broker.federation.entries import SECRET_HASH
from broker.federation.schema import (
    AgreementEntry,
    Entry,
    FederationFile,
    MemberEntry,
    ProviderEntry,
    PublishedAt,
    ServiceEntry,
)
from broker.federation.trusted import trusted_part
from broker.settings import Settings
from idp_adapters.catalogue import MethodSettings
from metadata import described_keys
from metadata.described_keys import DescribedKey
from metadata.logos import logo_of
from metadata.register import Endpoint, OidcClient, OidcProvider, SamlProvider, SamlService
from metadata.wire.saml_metadata import read_entity
from metadata.wire.saml_metadata_addresses import addresses
from metadata.wire.saml_metadata_values import (
    ENTITY_CATEGORY,
    ENTITY_CATEGORY_SUPPORT,
    IDP_ROLE,
    SP_ROLE,
    Entity,
    Localized,
    Role,
)

Content = Mapping[str, Any]
CATEGORIES: Final = (ENTITY_CATEGORY, ENTITY_CATEGORY_SUPPORT)
"""Both say which categories an entity has (`metadata.saml`)."""

_PEOPLE: Final = frozenset({"persons", "staff"})
_ALIASES: Final = {"names": "name", "valid_from": "from", "valid_until": "until", "since": "from", "coming": "next"}


def described(kind: str, id: str, content: Content, settings: Settings) -> Facts:
    """The aspects of one entry. Raises what reading it raises: pydantic's ValidationError, BadEntry, UnknownMethod."""
    read = _READERS.get(kind, _as_written)
    return read(id, content, settings)


def _as_written(_id: str, content: Content, _settings: Settings) -> Facts:
    """Key by key, for kinds that have no more to tell."""
    return {_ALIASES.get(name, name): _words(value) for name, value in content.items() if name != "id"}


def _federation(_id: str, content: Content, _settings: Settings) -> Facts:
    """What stands beside the lists; people are the directory's affair."""
    file = FederationFile.model_validate({name: value for name, value in content.items() if name not in _PEOPLE})
    told = {name: value for name, value in file if name in file.model_fields_set and name != "tillit"}
    return {_ALIASES.get(name, name): _words(value) for name, value in told.items()}


def _member(_id: str, content: Content, _settings: Settings) -> Facts:
    return _plain(MemberEntry.model_validate(content))


def _agreement(_id: str, content: Content, _settings: Settings) -> Facts:
    return _plain(AgreementEntry.model_validate(content))


def _care_provider(_id: str, content: Content, _settings: Settings) -> Facts:
    return _plain(CareProviderEntry.model_validate(content), "hsa_id")


def _care_consumer(_id: str, content: Content, _settings: Settings) -> Facts:
    return _plain(CareConsumerEntry.model_validate(content), "hsa_id")


def _plain(entry: Entry, *without: str) -> dict[str, Words]:
    return {
        _ALIASES.get(name, name): _words(value)
        for name, value in entry
        if name not in {"id", "org", "saml", "oidc", *without}
    }


def _words(value: Any) -> Words:
    """A value as words: lists by their items, mappings as `theirs → ours`."""
    if value is None or value is False:
        return frozenset()
    if value is True:
        return frozenset({YES})
    if isinstance(value, Enum):
        return frozenset({str(value.value)})
    if isinstance(value, Entry):
        return _words({name: each for name, each in value if each is not None})
    if isinstance(value, Mapping):
        return frozenset(f"{name} → {_text(each)}" for name, each in value.items())
    if isinstance(value, Sequence | frozenset) and not isinstance(value, str):
        return frozenset(_text(each) for each in value)
    return frozenset({str(value)})


def _text(value: Any) -> str:
    if isinstance(value, Entry):
        value = value.model_dump(mode="json", exclude_none=True)
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)


# services


def _service(_id: str, content: Content, settings: Settings) -> Facts:
    entry = ServiceEntry.model_validate(content)
    read = entries.service(entry, entries.when(settings))
    if read.service.saml is not None and entry.saml is not None:
        xml = entry.saml.metadata_xml or ""
        told = _saml_service(read.service.saml) | _of_role(xml, SP_ROLE)
        further = _further(xml, told, "assertion consumer service", "single logout service")
        return _own(entry) | told | further | _by_address(entry.saml) | _rest(SERVICE, content)
    return _own(entry) | _client(read.service.oidc, entry.oidc or {})


def _own(entry: ServiceEntry) -> dict[str, Words]:
    """What the entry itself says; its logo by size and digest."""
    image = logo_of(entry.logo) if entry.logo else None
    logo = {f"PNG {image.width} × {image.height} ({image.digest[:12]})"} if image else ()
    return {**_plain(entry), "logo": frozenset(logo)}


def _client(client: OidcClient | None, registration: Content) -> dict[str, Words]:
    """The client as it is understood, defaults included, and what was told beside it."""
    facts = {name: _words(value) for name, value in registration.items()}
    if client is not None:
        facts |= {field.name: _words(getattr(client, field.name)) for field in fields(client)}
        facts["jwks"] = frozenset(described_keys.of_set(client.jwks)) if client.jwks else frozenset()
    facts["client_secret"] = _words(registration.get(SECRET_HASH))
    return {name: words for name, words in facts.items() if name not in {SECRET_HASH, "secret_hash", "response_types"}}


def _by_address(saml: PublishedAt) -> dict[str, Words]:
    return {
        "metadata_url": _words(saml.metadata_url),
        "metadata_certificate": _pem(saml.metadata_certificate) if saml.metadata_certificate else frozenset(),
    }


def _saml_service(service: SamlService) -> dict[str, Words]:
    return {
        "entityID": _words(service.entity_id),
        "assertion consumer service": _urls(service.assertion_consumer_services),
        "single logout service": _urls(service.single_logout_services),
        "signs its requests": _words(service.authn_requests_signed),
        "wants assertions signed": _words(service.want_assertions_signed),
        "asks for": _words([name for each in service.attribute_consuming_services for name in each.requested]),
    }


def _of_role(xml: str, kind: str) -> dict[str, Words]:
    """What the metadata says beside what the register keeps of it: certificates, names, whom to ask."""
    entity = read_entity(xml.encode())
    role = entity.role(kind)
    if role is None:  # the entry was read, so it is there
        return {}
    shown = role.interface
    pages = [*shown.information_urls, *shown.privacy_urls, *(entity.organization.urls if entity.organization else ())]
    return {
        **_role_keys(role),
        "display name": _localized(shown.names),
        "description in metadata": _localized(shown.descriptions),
        "logo in metadata": _words([logo.url for logo in shown.logos]),
        "contact persons": _words([f"{each.kind} → {mail}" for each in entity.contacts for mail in each.mails]),
        "organisation": _organisation(entity),
        "entity categories": _words([each for name in CATEGORIES for each in entity.attributes.get(name, ())]),
        "pages": _words([each.value for each in pages]),
    }


def _role_keys(role: Role) -> dict[str, Words]:
    keys = described_keys.of_metadata(role.keys)
    return {
        "signing key": frozenset(_useless(key) for key in keys if key.use in {None, "signing"}),
        "encryption key": frozenset(_useless(key) for key in keys if key.use in {None, "encryption"}),
    }


def _useless(key: DescribedKey) -> DescribedKey:
    """Without its use, which the aspect tells."""
    return DescribedKey(key.id, key.kind, None, key.name, key.fingerprint, key.valid_from, key.valid_until)


def _organisation(entity: Entity) -> Words:
    organization = entity.organization
    if organization is None:
        return frozenset()
    return _localized((*organization.names, *organization.display_names)) | _words(organization.number)


def _localized(texts: Sequence[Localized]) -> Words:
    return frozenset(f"{each.language} → {each.value}" for each in texts)


def _urls(endpoints: Sequence[Endpoint]) -> Words:
    """Addresses, also those that answers go to (ResponseLocation)."""
    return frozenset(url for each in endpoints for url in (each.url, each.response_url) if url)


def _further(xml: str, told: Mapping[str, Words], *names: str) -> dict[str, Words]:
    """Addresses of the document that are not among those told under these names."""
    known = frozenset[Word]().union(*(told[name] for name in names))
    return {"other addresses": frozenset(addresses(xml.encode())) - known}


def _rest(kind: str, content: Content) -> dict[str, Words]:
    """A mark of the whole document as far as it is trusted, for what no other aspect tells."""
    saml = trusted_part(kind, content).get("saml")
    return {REST: frozenset({hashlib.sha256(_text(saml).encode()).hexdigest()})}


# providers and methods


def _provider(_id: str, content: Content, settings: Settings) -> Facts:
    """The entry, the provider's own settings with their defaults, and what it is reached by."""
    entry = ProviderEntry.model_validate(content)
    read = entries.upstream(entry, entries.when(settings))
    provider = getattr(read.settings, "provider", None)
    own = {name: words for name, words in _effective(read.settings).items() if name not in entry.model_fields_set}
    if isinstance(provider, SamlProvider):
        xml = str((entry.saml or {}).get("metadata_xml", ""))
        told = {name: words for name, words in _of_role(xml, IDP_ROLE).items() if name != "encryption key"}
        told |= _saml_provider(provider)
        return (
            own
            | _plain(entry)
            | told
            | _further(xml, told, "single sign-on service", "single logout service")
            | _by_address(PublishedAt.of(entry.saml or {}))
            | _rest(PROVIDER, content)
        )
    registered = fields(provider) if isinstance(provider, OidcProvider) else ()
    return own | _plain(entry) | {field.name: _words(getattr(provider, field.name)) for field in registered}


def _saml_provider(provider: SamlProvider) -> dict[str, Words]:
    return {
        "entityID": _words(provider.entity_id),
        "single sign-on service": _urls(provider.single_sign_on_services),
        "single logout service": _urls(provider.single_logout_services),
        "certified for": _words(provider.assurance_certification),
        "scopes of its metadata": _words(provider.scopes),
    }


def _method(id: str, content: Content, _settings: Settings) -> Facts:
    kind = entries.method_kind(id, content)
    pem = {key: _pem(content[key]) for key in pem_settings(kind) if key in content}
    return {
        **_effective(entries.method(id, content)),
        **pem,
        "kind": _words(kind),
        "state": _words(entries.method_state(content)),
        "reason": _words(content.get("reason")),
    }


def _effective(settings: MethodSettings) -> dict[str, Words]:
    """Settings as they are understood, so that writing out a default is no change."""
    model = settings if isinstance(settings, BaseModel) else None
    values = model.model_dump(by_alias=True, exclude={"provider", "names"}) if model else {}
    names = getattr(model, "names", None)
    return {name: _words(value) for name, value in values.items()} | ({"name": _words(names)} if names else {})


def _pem(value: Any) -> Words:
    """Certificates as keys; what is none by fingerprint."""
    return frozenset(_certificate(str(part)) for part in (value if isinstance(value, list | tuple) else [value]))


def _certificate(pem: str) -> DescribedKey | str:
    return described_keys.of_pem(pem) or f"sha256 {hashlib.sha256(pem.encode()).hexdigest()[:32]}"


_READERS: Final[Mapping[str, Callable[[str, Content, Settings], Facts]]] = {
    FEDERATION: _federation,
    MEMBER: _member,
    SERVICE: _service,
    PROVIDER: _provider,
    METHOD: _method,
    AGREEMENT: _agreement,
    CARE_PROVIDER: _care_provider,
    CARE_CONSUMER: _care_consumer,
}
