"""SAML metadata as it comes: one EntityDescriptor read from a document, form only (saml-metadata 2.0).

Owns the way from octets to the values of `saml_metadata_values`: parsed by the one parser, checked against the schemas,
nothing judged but form. Which keys and addresses may be used is decided in `metadata.saml_rules`. A signature in the
document is not looked at here: who gave us the document vouches for it.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from metadata.wire.saml_messages.vocabulary import saml
from metadata.wire.saml_metadata_keys import read_key
from metadata.wire.saml_metadata_values import (
    ALG,
    IDP_ROLE,
    MDATTR,
    MDRPI,
    MDUI,
    ORGEXT,
    PROTOCOL,
    SHIBMD,
    SP_ROLE,
    AttributeService,
    Contact,
    Entity,
    Interface,
    Localized,
    Location,
    Logo,
    Organization,
    Registration,
    Requested,
    Role,
    Scope,
    md,
)
from metadata.wire.xml import Element, XmlRefused, check_schema, parse, serialized, text

DOCUMENT_LIMIT: Final = 8 * 1024 * 1024

_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?")
_DURATION = re.compile(r"P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})(?:\.\d+)?S)?)?")
_PRIVATE_KEY: Final = b"PRIVATE KEY-----"


def read_entity(document: bytes, entity_id: str | None = None) -> Entity:
    """The entity of a document, or the one named `entity_id` in an aggregate. Raises XmlRefused.

    Without a name the document must hold one entity only.
    """
    element, ends = _chosen(parse_document(document), entity_id)
    return read_element(element, ends)


def parse_document(document: bytes) -> Element:
    """The root, an EntityDescriptor or EntitiesDescriptor. Raises XmlRefused, also for a private key pasted anywhere."""
    if _PRIVATE_KEY in document:
        raise XmlRefused("private-key")
    root = parse(document, limit=DOCUMENT_LIMIT, comments=True)
    if root.tag not in {md("EntityDescriptor"), md("EntitiesDescriptor")}:
        raise XmlRefused("not-metadata", str(root.tag))
    return root


def read_element(element: Element, ends: list[int]) -> Entity:
    """An EntityDescriptor that is the root of a document, `ends` being the validUntil of the groups it stood in."""
    for stranger in element.findall(md("RoleDescriptor")):  # of types that only their own schemas know (WS-Federation)
        element.remove(stranger)
    check_schema(element, "metadata")
    place = "/EntityDescriptor"
    roles = tuple(_role(each, where) for each, where in _placed(element, place) if _is_sso_role(each))
    extensions = element.find(md("Extensions"))
    organization = element.find(md("Organization"))
    ends = [*ends, *_ends(element)]
    return Entity(
        entity_id=element.get("entityID", "").strip(),
        roles=roles,
        attributes=_attributes(extensions),
        organization=None if organization is None else _organization(organization, f"{place}/Organization"),
        contacts=tuple(_contact(each) for each in element.findall(md("ContactPerson"))),
        digest_methods=_methods(extensions, "DigestMethod"),
        signing_methods=_methods(extensions, "SigningMethod"),
        scopes=_scopes(extensions, f"{place}/Extensions"),
        valid_until=min(ends, default=None),
        cache_duration=_duration(element.get("cacheDuration")),
        registration=_registration(extensions, place),
        created=_created(extensions),
        place=place,
    )


def _chosen(root: Element, entity_id: str | None) -> tuple[Element, list[int]]:
    """The entity as the root of its own document, and the ends of the groups around it."""
    if root.tag == md("EntityDescriptor"):
        if entity_id is not None and root.get("entityID") != entity_id:
            raise XmlRefused("entity-missing", entity_id)
        return root, []
    entities = list(root.iter(md("EntityDescriptor")))
    found = [each for each in entities if entity_id in (None, each.get("entityID"))]
    if not found:
        raise XmlRefused("entity-missing", entity_id or "")
    if len(found) > 1:
        raise XmlRefused("duplicate-entity" if entity_id else "several-entities")
    return parse(serialized(found[0]), limit=DOCUMENT_LIMIT, comments=True), validity_ends(found[0])


def validity_ends(element: Element) -> list[int]:
    """The validUntil of the groups around an entity; the earliest holds (2.3.1). Raises XmlRefused."""
    return [end for group in element.iterancestors() for end in _ends(group)]


def _is_sso_role(element: Element) -> bool:
    """Roles that speak SAML 2.0; a role for Shibboleth 1.x or SAML 1.1 alone is none of ours."""
    protocols = element.get("protocolSupportEnumeration", "").split()
    return element.tag in {md(SP_ROLE), md(IDP_ROLE)} and PROTOCOL in protocols


def _placed(parent: Element, place: str) -> Iterator[tuple[Element, str]]:
    """The child elements with their places, counted by name as XPath does."""
    seen: dict[str, int] = {}
    for child in parent.iterchildren("*"):
        name = child.tag.rpartition("}")[2]
        seen[name] = seen.get(name, 0) + 1
        yield child, f"{place}/{name}[{seen[name]}]"


def _role(element: Element, place: str) -> Role:
    extensions = element.find(md("Extensions"))
    children = list(_placed(element, place))
    wants = "WantAssertionsSigned" if element.tag == md(SP_ROLE) else "WantAuthnRequestsSigned"
    return Role(
        kind=element.tag.rpartition("}")[2],
        keys=tuple(read_key(each, where) for each, where in children if each.tag == md("KeyDescriptor")),
        locations=tuple(_location(each, where) for each, where in children if each.get("Binding") is not None),
        signs=_true(element.get("AuthnRequestsSigned")),
        wants_signed=_true(element.get(wants)),
        name_id_formats=tuple(_text(each) for each in element.findall(md("NameIDFormat"))),
        attribute_services=tuple(
            _attribute_service(each, where) for each, where in children if each.tag == md("AttributeConsumingService")
        ),
        interface=_interface(extensions, place),
        scopes=_scopes(extensions, f"{place}/Extensions"),
        digest_methods=_methods(extensions, "DigestMethod"),
        signing_methods=_methods(extensions, "SigningMethod"),
        error_url=element.get("errorURL"),
        valid_until=min(_ends(element), default=None),
        place=place,
    )


def _location(element: Element, place: str) -> Location:
    index = element.get("index")
    return Location(
        name=element.tag.rpartition("}")[2],
        binding=element.get("Binding", "").strip(),
        url=element.get("Location", ""),
        response_url=element.get("ResponseLocation"),
        index=None if index is None else int(index),
        is_default=_true(element.get("isDefault")),
        place=place,
    )


def _attribute_service(element: Element, place: str) -> AttributeService:
    children = list(_placed(element, place))
    return AttributeService(
        index=int(element.get("index", "0")),
        is_default=_true(element.get("isDefault")),
        names=_localized(element, md("ServiceName"), place),
        requested=tuple(
            Requested(each.get("Name", "").strip(), each.get("NameFormat"), _true(each.get("isRequired")), where)
            for each, where in children
            if each.tag == md("RequestedAttribute")
        ),
        place=place,
    )


def _interface(extensions: Element | None, place: str) -> Interface:
    info = None if extensions is None else extensions.find(f"{{{MDUI}}}UIInfo")
    if info is None:
        return Interface()
    where = f"{place}/Extensions/UIInfo"

    def texts(name: str) -> tuple[Localized, ...]:
        return _localized(info, f"{{{MDUI}}}{name}", where)

    logos = info.findall(f"{{{MDUI}}}Logo")
    return Interface(
        texts("DisplayName"),
        texts("Description"),
        texts("InformationURL"),
        texts("PrivacyStatementURL"),
        tuple(Logo(_text(e), int(e.get("width", "0")), int(e.get("height", "0")), e.get(_LANGUAGE)) for e in logos),
    )


def _organization(element: Element, place: str) -> Organization:
    number = element.find(f"{md('Extensions')}/{{{ORGEXT}}}OrganizationNumber")
    return Organization(
        names=_localized(element, md("OrganizationName"), place),
        display_names=_localized(element, md("OrganizationDisplayName"), place),
        urls=_localized(element, md("OrganizationURL"), place),
        number=None if number is None else _text(number),
        place=place,
    )


def _registration(extensions: Element | None, place: str) -> Registration | None:
    """Who registered it elsewhere (mdrpi 2.1). An instant that cannot be read says nothing."""
    found = None if extensions is None else extensions.find(f"{{{MDRPI}}}RegistrationInfo")
    if found is None:
        return None
    policies = _localized(found, f"{{{MDRPI}}}RegistrationPolicy", f"{place}/Extensions/RegistrationInfo")
    return Registration(found.get("registrationAuthority", ""), moment(found.get("registrationInstant", "")), policies)


def _contact(element: Element) -> Contact:
    names = [_text(each) for tag in ("GivenName", "SurName") for each in element.findall(md(tag))]
    mails = tuple(_text(each).removeprefix("mailto:") for each in element.findall(md("EmailAddress")))
    return Contact(element.get("contactType", ""), " ".join(names) or None, mails)


def _localized(parent: Element, tag: str, place: str) -> tuple[Localized, ...]:
    name = tag.rpartition("}")[2]
    found = enumerate(parent.findall(tag), 1)
    return tuple(Localized(e.get(_LANGUAGE, ""), _text(e), f"{place}/{name}[{number}]") for number, e in found)


def _attributes(extensions: Element | None) -> dict[str, tuple[str, ...]]:
    """The entity attributes (mdattr 2.2) by name; those within an assertion are another's word and left out."""
    found: dict[str, tuple[str, ...]] = {}
    path = f"{{{MDATTR}}}EntityAttributes/{saml('Attribute')}"
    for attribute in () if extensions is None else extensions.iterfind(path):
        values = tuple(_text(value) for value in attribute.iterfind(saml("AttributeValue")) if not len(value))
        name = attribute.get("Name", "").strip()
        found[name] = found.get(name, ()) + values
    return found


def _methods(extensions: Element | None, name: str) -> tuple[str, ...]:
    found = () if extensions is None else extensions.iterfind(f"{{{ALG}}}{name}")
    return tuple(each.get("Algorithm", "").strip() for each in found)


def _scopes(extensions: Element | None, place: str) -> tuple[Scope, ...]:
    found = [] if extensions is None else extensions.findall(f"{{{SHIBMD}}}Scope")
    return tuple(
        Scope(_text(each), _true(each.get("regexp")), f"{place}/Scope[{number}]")
        for number, each in enumerate(found, 1)
    )


def _text(element: Element) -> str:
    """The text without its outer white space. A comment within it is refused, as one would read around it."""
    return text(element).strip()


def _true(value: str | None) -> bool:
    return value is not None and value.strip() in {"true", "1"}


def _created(extensions: Element | None) -> int | None:
    """When the publisher made it; a time that cannot be read is none."""
    info = None if extensions is None else extensions.find(f"{{{MDRPI}}}PublicationInfo")
    return None if info is None else moment(info.get("creationInstant", ""))


def _ends(element: Element) -> list[int]:
    value = element.get("validUntil")
    if value is None:
        return []
    end = moment(value)
    if end is None:
        raise XmlRefused("valid-until", value)
    return [end]


def moment(value: str) -> int | None:
    """Epoch seconds of an xs:dateTime, None for what is none."""
    parts = _TIME.fullmatch(value.strip())
    try:
        found = None if parts is None else datetime.fromisoformat(parts[1] + (parts[2] or "Z"))
        return None if found is None else int(found.astimezone(UTC).timestamp())
    except (ValueError, OverflowError):
        return None


def _duration(value: str | None) -> int | None:
    """Seconds of an xs:duration in days and less; one in months and years says nothing that we keep to."""
    parts = _DURATION.fullmatch((value or "").strip())
    if parts is None:
        return None
    days, hours, minutes, seconds = (int(each or 0) for each in parts.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
