"""Peers' SAML metadata, made into what the register keeps: services and upstream identity providers (saml-metadata 2.0).

Owns which parts of an entity become its register entry and what people see of it. Form is `metadata.wire.saml_metadata`'s,
refusals are rows of `metadata.saml_rules`. Who may hand in a document, and its signature where it came over a network, are
the caller's. Reading is fast and takes no heavy library: the original XML is what is stored, and is read at every load.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from metadata.context import Context
from metadata.findings import Finding, Severity, broken
from metadata.register import (
    POST,
    REDIRECT,
    AttributeConsumingService,
    EncryptionKey,
    Endpoint,
    SamlProvider,
    SamlService,
)
from metadata.saml_rules import RULES, Subject, for_encryption, for_signing
from metadata.wire.saml_metadata import DOCUMENT_LIMIT, read_entity
from metadata.wire.saml_metadata_values import (
    ACS,
    ASSURANCE_CERTIFICATION,
    ENTITY_CATEGORY,
    ENTITY_CATEGORY_SUPPORT,
    IDP_ROLE,
    SLO,
    SP_ROLE,
    SSO,
    AttributeService,
    Contact,
    Entity,
    Localized,
    Role,
)
from metadata.wire.signing import PublicKey
from metadata.wire.xml import XmlRefused
from trust_framework.attributes import by_saml_name

__all__ = ["DOCUMENT_LIMIT", "About", "Contact", "MetadataRefused", "ReadProvider", "ReadService"]
__all__ += ["read_provider", "read_role", "read_service", "shown"]

MAXIMUM_NAME: Final = 200
LONGEST_DESCRIPTION: Final = 2000


class MetadataRefused(Exception):
    """The document cannot be relied upon. `reason` is the id of a rule or of a form, `place` where; `detail` for logs."""

    def __init__(self, reason: str, place: str = "", detail: str = "") -> None:
        super().__init__(f"{reason} at {place}" if place else reason)
        self.reason, self.place, self.detail = reason, place, detail


@dataclass(frozen=True, slots=True)
class About:
    """What people and the trust framework want to know of an entity.

    `names` by language, never empty. `valid_until` in epoch seconds: after it the entry is no longer to be used.
    `findings` tell which parts of the document were left out. `error_url` may hold the REFEDS placeholders.
    """

    names: Mapping[str, str]
    descriptions: Mapping[str, str]
    home: str | None
    privacy_url: str | None
    organisation_names: Mapping[str, str]
    organisation_number: str | None
    contacts: tuple[Contact, ...]
    entity_categories: frozenset[str]
    assurance_certification: frozenset[str]
    scopes: frozenset[str]
    error_url: str | None
    valid_until: int | None
    findings: tuple[Finding, ...]

    def name(self, language: str) -> str:
        """The name to show, in the language or the next best."""
        found = next((code for code in (language, "en", "sv") if code in self.names), next(iter(self.names)))
        return self.names[found]


@dataclass(frozen=True, slots=True)
class ReadService:
    """A service's register entry, and what was told beside it."""

    service: SamlService
    about: About


@dataclass(frozen=True, slots=True)
class ReadProvider:
    """An identity provider's register entry, and what was told beside it."""

    provider: SamlProvider
    about: About


def read_service(
    xml: bytes, *, entity_id: str | None = None, now: int | None = None, allow_http_loopback: bool = False
) -> ReadService:
    """The service in a document, or the one named in an aggregate. Raises MetadataRefused.

    `now` (epoch seconds) refuses a document past its validUntil. `allow_http_loopback` is for test systems.
    """
    entity, role, findings = read_role(xml, SP_ROLE, entity_id, now, allow_http_loopback)
    services = tuple(_attribute_consuming_service(each) for each in role.attribute_services)
    service = SamlService(
        entity_id=entity.entity_id,
        assertion_consumer_services=_endpoints(role, ACS, {POST}),
        single_logout_services=_endpoints(role, SLO, {POST, REDIRECT}),
        signing_keys=_signing_keys(role),
        encryption_keys=_encryption_keys(role),
        authn_requests_signed=role.signs,
        want_assertions_signed=role.wants_signed,
        attribute_consuming_services=services,
        signing_methods=role.signing_methods or entity.signing_methods,
        name_id_formats=role.name_id_formats,
        entity_categories=frozenset(entity.attributes.get(ENTITY_CATEGORY, ())),
        attribute_names=_attribute_names(role),
    )
    return ReadService(service, _about(entity, role, findings))


def read_provider(
    xml: bytes, *, entity_id: str | None = None, now: int | None = None, allow_http_loopback: bool = False
) -> ReadProvider:
    """The identity provider in a document, or the one named in an aggregate. Raises MetadataRefused, as above."""
    entity, role, findings = read_role(xml, IDP_ROLE, entity_id, now, allow_http_loopback)
    about = _about(entity, role, findings)
    provider = SamlProvider(
        entity_id=entity.entity_id,
        single_sign_on_services=_endpoints(role, SSO, {POST, REDIRECT}),
        signing_keys=_signing_keys(role),
        single_logout_services=_endpoints(role, SLO, {POST, REDIRECT}),
        want_authn_requests_signed=role.wants_signed,
        assurance_certification=about.assurance_certification,
        scopes=about.scopes,
    )
    return ReadProvider(provider, about)


def read_role(
    xml: bytes, kind: str, entity_id: str | None, now: int | None, allow_http_loopback: bool
) -> tuple[Entity, Role, tuple[Finding, ...]]:
    """The entity in the wanted role, when no rule refuses it, and what was left out. Raises MetadataRefused, as above."""
    try:
        entity = read_entity(xml, entity_id)
    except XmlRefused as error:
        raise MetadataRefused(error.reason, detail=error.detail) from error
    role = entity.role(kind)
    if role is None:
        raise MetadataRefused("no-role", f"/EntityDescriptor/{kind}")
    context = Context(now=now, allow_http_loopback=allow_http_loopback)
    findings = []
    for finding in broken(RULES, Subject(entity, role, context)):
        if finding.severity is Severity.ERROR:
            raise MetadataRefused(finding.id, finding.place, finding.detail or finding.why)
        findings.append(finding)
    return entity, role, tuple(findings)


def _endpoints(role: Role, name: str, bindings: set[str]) -> tuple[Endpoint, ...]:
    return tuple(
        Endpoint(each.url, each.binding, each.index or 0, each.is_default, each.response_url)
        for each in role.at(name)
        if each.binding in bindings
    )


def _signing_keys(role: Role) -> tuple[PublicKey, ...]:
    return tuple(key.key for key in for_signing(role) if key.key is not None)


def _encryption_keys(role: Role) -> tuple[EncryptionKey, ...]:
    keys = for_encryption(role)
    return tuple(EncryptionKey(each.key, each.methods, each.oaep_digests) for each in keys if each.key is not None)


def _attribute_consuming_service(described: AttributeService) -> AttributeConsumingService:
    known = [(row.name, each.required) for each in described.requested if (row := by_saml_name(each.name)) is not None]
    return AttributeConsumingService(
        index=described.index,
        is_default=described.is_default,
        requested=tuple(dict.fromkeys(name for name, _ in known)),
        required=frozenset(name for name, required in known if required),
    )


def _attribute_names(role: Role) -> dict[str, str]:
    """The SAML Name by which each attribute is asked for; the first, should it be asked for by several."""
    names: dict[str, str] = {}
    for service in role.attribute_services:
        for each in service.requested:
            if (row := by_saml_name(each.name)) is not None:
                names.setdefault(row.name, each.name)
    return names


def _about(entity: Entity, role: Role, findings: tuple[Finding, ...]) -> About:
    organization = entity.organization
    categories = entity.attributes.get(ENTITY_CATEGORY, ()) + entity.attributes.get(ENTITY_CATEGORY_SUPPORT, ())
    ends = [end for end in (entity.valid_until, role.valid_until) if end is not None]
    return About(
        names=_names(entity, role),
        descriptions=_by_language(role.interface.descriptions, LONGEST_DESCRIPTION),
        home=_home(entity, role),
        privacy_url=_nearest(role.interface.privacy_urls),
        organisation_names=_by_language(() if organization is None else organization.display_names),
        organisation_number=None if organization is None else organization.number,
        contacts=entity.contacts,
        entity_categories=frozenset(categories),
        assurance_certification=frozenset(entity.attributes.get(ASSURANCE_CERTIFICATION, ())),
        scopes=frozenset(each.value for each in (*entity.scopes, *role.scopes) if not each.is_pattern),
        error_url=role.error_url,
        valid_until=min(ends, default=None),
        findings=findings,
    )


def _names(entity: Entity, role: Role) -> dict[str, str]:
    """Mdui DisplayName, else ServiceName, else the organisation's name, else the entityID."""
    services = sorted(role.attribute_services, key=lambda each: (not each.is_default, each.index))
    service_names = services[0].names if services else ()
    organization = entity.organization.display_names if entity.organization is not None else ()
    for candidates in (role.interface.names, service_names, organization):
        if found := _by_language(candidates):
            return found
    return {"sv": entity.entity_id, "en": entity.entity_id}


def _by_language(texts: Sequence[Localized], longest: int = MAXIMUM_NAME) -> dict[str, str]:
    """By primary language subtag; the first text in a language counts."""
    found: dict[str, str] = {}
    for each in texts:
        if one_line := shown(each.value, longest):
            found.setdefault(each.language.partition("-")[0].lower(), one_line)
    return found


def shown(value: str, longest: int = MAXIMUM_NAME) -> str:
    """A text as it may stand in a page: one line, nothing unseen that could turn the text around."""
    seen = "".join(
        letter for letter in " ".join(value.split()) if unicodedata.category(letter) not in {"Cc", "Cf", "Co"}
    )
    return seen[:longest]


def _home(entity: Entity, role: Role) -> str | None:
    """Where a lost person is sent: the page about the service, else the organisation's."""
    organization = entity.organization.urls if entity.organization is not None else ()
    return _nearest(role.interface.information_urls) or _nearest(organization)


def _nearest(addresses: Sequence[Localized]) -> str | None:
    """The address of a page in Swedish, English, or any language."""
    by_language = {each.language.partition("-")[0].lower(): each.value for each in reversed(addresses)}
    return next((by_language[language] for language in ("sv", "en", *by_language) if language in by_language), None)
