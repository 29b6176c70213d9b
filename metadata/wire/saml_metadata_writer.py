"""SAML metadata as it goes out: an `Entity` written as an EntityDescriptor, signed (saml-metadata 2.0 and extensions).

Owns the order and form of the elements. What we say of ourselves is decided in `metadata.publish`.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from metadata.wire.saml_messages.opening import instant_text
from metadata.wire.saml_messages.vocabulary import NAME_FORMAT_URI, SAML, saml
from metadata.wire.saml_metadata_keys import write_key
from metadata.wire.saml_metadata_values import (
    ACS,
    ALG,
    MD,
    MDATTR,
    MDRPI,
    MDUI,
    ORGEXT,
    PROTOCOL,
    SHIBMD,
    SLO,
    SP_ROLE,
    SSO,
    AttributeService,
    Contact,
    Entity,
    Interface,
    Localized,
    Location,
    Organization,
    Registration,
    Role,
    Scope,
    md,
)
from metadata.wire.signing import Signer
from metadata.wire.xml import DS, Element, add, canonical, check_schema, new, serialized
from metadata.wire.xmldsig import sign

_PREFIXES: Final = {
    "md": MD,
    "ds": DS,
    "saml": SAML,
    "mdattr": MDATTR,
    "mdui": MDUI,
    "alg": ALG,
    "shibmd": SHIBMD,
    "mdorgext": ORGEXT,
    "mdrpi": MDRPI,
}
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"


def write_entity(entity: Entity, signer: Signer | None = None) -> bytes:
    """The document, signed when there is a signer. Raises XmlRefused for what the schemas do not allow.

    The same entity and an RSA signer give the same octets: the ID is the digest of what it names.
    """
    root = entity_element(entity)
    for name, value in validity(entity.valid_until, entity.cache_duration).items():
        root.set(name, value)
    if signer is not None:
        root.set("ID", "_" + hashlib.sha256(canonical(root)).hexdigest())
        sign(root, signer)
    return serialized(root)


def entity_element(entity: Entity) -> Element:
    """The EntityDescriptor without anything of one document of it: no signature, no ID, no end. Raises XmlRefused."""
    root = new(md("EntityDescriptor"), _PREFIXES, {"entityID": entity.entity_id})
    _entity_extensions(root, entity)
    for role in entity.roles:
        _role(root, role)
    if entity.organization is not None:
        _organization(root, entity.organization)
    for contact in entity.contacts:
        _contact(root, contact)
    check_schema(root, "metadata")
    return root


def validity(until: int | None, cached: int | None) -> Mapping[str, str]:
    """The attributes that say how long a document holds and may be kept (saml-metadata 2.3.1, 2.3.2)."""
    end = None if until is None else instant_text(until)
    return _given(validUntil=end, cacheDuration=None if cached is None else f"PT{cached}S")


def _given(**attributes: str | None) -> Mapping[str, str]:
    return {name: value for name, value in attributes.items() if value is not None}


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _entity_extensions(root: Element, entity: Entity) -> None:
    extensions = add(root, md("Extensions"))
    if entity.registration is not None:
        _registration(extensions, entity.registration)
    _methods(extensions, entity.digest_methods, entity.signing_methods)
    if entity.attributes:
        attributes = add(extensions, f"{{{MDATTR}}}EntityAttributes")
        for name, values in entity.attributes.items():
            attribute = add(attributes, saml("Attribute"), None, {"Name": name, "NameFormat": NAME_FORMAT_URI})
            for value in values:
                add(attribute, saml("AttributeValue"), value)
    _scopes(extensions, entity.scopes)
    _unless_empty(extensions)


def _registration(extensions: Element, registration: Registration) -> None:
    instant = None if registration.instant is None else instant_text(registration.instant)
    attributes = _given(registrationAuthority=registration.authority, registrationInstant=instant)
    element = add(extensions, f"{{{MDRPI}}}RegistrationInfo", None, attributes)
    _localized(element, f"{{{MDRPI}}}RegistrationPolicy", registration.policies)


def _unless_empty(element: Element) -> None:
    parent = element.getparent()
    if not len(element) and parent is not None:
        parent.remove(element)


def _methods(extensions: Element, digests: Iterable[str], signatures: Iterable[str]) -> None:
    for algorithm in digests:
        add(extensions, f"{{{ALG}}}DigestMethod", None, {"Algorithm": algorithm})
    for algorithm in signatures:
        add(extensions, f"{{{ALG}}}SigningMethod", None, {"Algorithm": algorithm})


def _scopes(extensions: Element, scopes: Iterable[Scope]) -> None:
    for scope in scopes:
        add(extensions, f"{{{SHIBMD}}}Scope", scope.value, {"regexp": _boolean(scope.is_pattern)})


def _role(root: Element, role: Role) -> None:
    """The children in the order of the schema (2.4.1 to 2.4.4)."""
    service = role.kind == SP_ROLE
    wants = "WantAssertionsSigned" if service else "WantAuthnRequestsSigned"
    flags = {"AuthnRequestsSigned": _boolean(role.signs)} if service else {}
    attributes = {"protocolSupportEnumeration": PROTOCOL, **flags, wants: _boolean(role.wants_signed)}
    element = add(root, md(role.kind), None, {**attributes, **_given(errorURL=role.error_url)})
    extensions = add(element, md("Extensions"))
    _methods(extensions, role.digest_methods, role.signing_methods)
    _scopes(extensions, role.scopes)
    _interface(extensions, role.interface)
    _unless_empty(extensions)
    for key in role.keys:
        write_key(element, key)
    _locations(element, role.at(SLO))
    for name_id_format in role.name_id_formats:
        add(element, md("NameIDFormat"), name_id_format)
    _locations(element, role.at(ACS if service else SSO))
    for attribute_service in role.attribute_services:
        _attribute_service(element, attribute_service)


def _locations(role: Element, locations: Sequence[Location]) -> None:
    for each in locations:
        attributes = _given(Binding=each.binding, Location=each.url, ResponseLocation=each.response_url)
        if each.index is not None:
            attributes = {**attributes, "index": str(each.index), "isDefault": _boolean(each.is_default)}
        add(role, md(each.name), None, attributes)


def _attribute_service(role: Element, service: AttributeService) -> None:
    attributes = {"index": str(service.index), "isDefault": _boolean(service.is_default)}
    element = add(role, md("AttributeConsumingService"), None, attributes)
    _localized(element, md("ServiceName"), service.names)
    for requested in service.requested:
        required = {"isRequired": _boolean(requested.required)}
        names = _given(Name=requested.name, NameFormat=requested.name_format)
        add(element, md("RequestedAttribute"), None, {**names, **required})


def _interface(extensions: Element, interface: Interface) -> None:
    info = add(extensions, f"{{{MDUI}}}UIInfo")
    for name, texts in (
        ("DisplayName", interface.names),
        ("Description", interface.descriptions),
        ("InformationURL", interface.information_urls),
        ("PrivacyStatementURL", interface.privacy_urls),
    ):
        _localized(info, f"{{{MDUI}}}{name}", texts)
    for logo in interface.logos:
        sizes = {"width": str(logo.width), "height": str(logo.height)}
        language = {} if logo.language is None else {_LANGUAGE: logo.language}
        add(info, f"{{{MDUI}}}Logo", logo.url, {**sizes, **language})
    _unless_empty(info)


def _organization(root: Element, organization: Organization) -> None:
    element = add(root, md("Organization"))
    if organization.number is not None:
        add(add(element, md("Extensions")), f"{{{ORGEXT}}}OrganizationNumber", organization.number)
    _localized(element, md("OrganizationName"), organization.names)
    _localized(element, md("OrganizationDisplayName"), organization.display_names)
    _localized(element, md("OrganizationURL"), organization.urls)


def _contact(root: Element, contact: Contact) -> None:
    element = add(root, md("ContactPerson"), None, {"contactType": contact.kind})
    if contact.name is not None:
        add(element, md("GivenName"), contact.name)
    for mail in contact.mails:
        add(element, md("EmailAddress"), f"mailto:{mail}")


def _localized(parent: Element, tag: str, texts: Iterable[Localized]) -> None:
    for each in texts:
        add(parent, tag, each.value, {_LANGUAGE: each.language})
