"""The published form of an entity: rebuilt from what was approved, whatever else its own document says.

Owns what of a member's document goes out, and what the federation says in its place: registration, organisation, entity
attributes, scopes, and which details a service may ask for. A signature, an end or a cache duration of the member's is
never passed on: the federation signs, and says how long that holds. Roles, endpoints and extensions that have no place in
these values are left out. Every text is made one line without unseen characters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from metadata.saml import LONGEST_DESCRIPTION, read_role, shown
from metadata.saml_rules import is_page
from metadata.wire.saml_metadata_values import (
    ASSURANCE_CERTIFICATION,
    ENTITY_CATEGORY,
    ENTITY_CATEGORY_SUPPORT,
    IDP_ROLE,
    SP_ROLE,
    AttributeService,
    Contact,
    Entity,
    Interface,
    Localized,
    Logo,
    Organization,
    Registration,
    Role,
    Scope,
)
from trust_framework.attributes import by_saml_name

LONGEST_MAIL: Final = 254


@dataclass(frozen=True, slots=True)
class Approved:
    """What the register holds of one entity in one role, as it was approved.

    `document` is the member's metadata. What of `names`, `descriptions`, pages and `logos` is empty leaves the document's;
    without `organisation_names` the document's organisation stands, for a provider that is no member. `attributes` are the
    catalogue names that a service may be given; `levels` the words in which a provider is trusted to give a level.
    """

    document: bytes = field(repr=False)
    role: str
    registration: Registration
    organisation: str | None = None
    organisation_names: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    information_url: str | None = None
    privacy_url: str | None = None
    logos: tuple[Logo, ...] = ()
    attributes: frozenset[str] = frozenset()
    entity_categories: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    allow_http_loopback: bool = False


def published_form(approved: Approved) -> Entity:
    """The entity as the federation publishes it, without an end. Raises MetadataRefused: what is refused is not published."""
    entity, role, _ = read_role(approved.document, approved.role, None, None, approved.allow_http_loopback)
    return Entity(
        entity_id=entity.entity_id,
        roles=(_role(role, approved),),
        attributes=_entity_attributes(approved),
        organization=_organization(entity.organization, approved),
        contacts=tuple(_contact(each) for each in entity.contacts),
        digest_methods=entity.digest_methods,
        signing_methods=entity.signing_methods,
        registration=approved.registration,
    )


def merged(forms: tuple[Entity, ...]) -> Entity:
    """One entity that was approved in several roles, such as a proxy: everything that is said once is the first's."""
    first = forms[0]
    attributes: dict[str, tuple[str, ...]] = {}
    for form in forms:
        for name, values in form.attributes.items():
            attributes[name] = tuple(dict.fromkeys(attributes.get(name, ()) + values))
    return replace(first, roles=tuple(role for form in forms for role in form.roles), attributes=attributes)


def _entity_attributes(approved: Approved) -> dict[str, tuple[str, ...]]:
    """A service belongs to categories; a provider belongs to them and supports them."""
    provider = approved.role == IDP_ROLE
    given = {
        ASSURANCE_CERTIFICATION: approved.levels if provider else (),
        ENTITY_CATEGORY: approved.entity_categories,
        ENTITY_CATEGORY_SUPPORT: approved.entity_categories if provider else (),
    }
    return {name: values for name, values in given.items() if values}


def _role(role: Role, approved: Approved) -> Role:
    """The role with keys that can be read, what the register says of it, and no end."""
    services = (_attribute_service(each, approved) for each in role.attribute_services)
    return replace(
        role,
        keys=tuple(key for key in role.keys if key.key is not None),
        interface=_interface(role.interface, approved),
        scopes=tuple(Scope(value) for value in approved.scopes) if role.kind != SP_ROLE else (),
        attribute_services=tuple(service for service in services if service is not None),
        valid_until=None,
    )


def _attribute_service(service: AttributeService, approved: Approved) -> AttributeService | None:
    """What it asks for and may be given; a service that may be given nothing of it asks for nothing."""
    requested = tuple(
        each
        for each in service.requested
        if (row := by_saml_name(each.name)) is not None and row.name in approved.attributes
    )
    names = _texts(service.names) or (Localized("en", str(service.index)),)
    return replace(service, names=names, requested=requested) if requested else None


def _interface(interface: Interface, approved: Approved) -> Interface:
    return Interface(
        names=_localized(approved.names) or _texts(interface.names),
        descriptions=_localized(approved.descriptions) or _texts(interface.descriptions, LONGEST_DESCRIPTION),
        information_urls=_page(approved.information_url) or interface.information_urls,
        privacy_urls=_page(approved.privacy_url) or interface.privacy_urls,
        logos=approved.logos or tuple(logo for logo in interface.logos if _may_be_shown(logo)),
    )


def _page(url: str | None) -> tuple[Localized, ...]:
    """One page, for readers of both languages (MDUI 2.1.5, 2.1.6)."""
    return tuple(Localized(language, url) for language in ("sv", "en")) if url else ()


def _may_be_shown(logo: Logo) -> bool:
    return logo.url.startswith("https:") and is_page(logo.url)


def _organization(told: Organization | None, approved: Approved) -> Organization | None:
    """The member's names and number are the register's; of the document only the address of its page is used."""
    if not approved.organisation_names:
        return told and replace(told, names=_texts(told.names), display_names=_texts(told.display_names), number=None)
    names = _localized(approved.organisation_names)
    authority = approved.registration.authority
    urls = (told.urls if told else ()) or tuple(Localized(each.language, authority) for each in names)
    return Organization(names, names, urls, approved.organisation)


def _contact(contact: Contact) -> Contact:
    """A name in one line; of mail addresses those that are one word."""
    mails = tuple(
        mail for mail in contact.mails if mail.isprintable() and " " not in mail and len(mail) <= LONGEST_MAIL
    )
    return Contact(contact.kind, shown(contact.name) or None if contact.name else None, mails)


def _localized(texts: Mapping[str, str]) -> tuple[Localized, ...]:
    return tuple(Localized(language, value) for language, value in texts.items())


def _texts(texts: tuple[Localized, ...], longest: int = 200) -> tuple[Localized, ...]:
    seen = ((each.language, shown(each.value, longest)) for each in texts)
    return tuple(Localized(language, value) for language, value in seen if value)
