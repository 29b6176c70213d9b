"""A document as the federation looks at it, whichever protocol it speaks: who, where, with which words and keys.

Owns the way from SAML metadata and from a client's registration to one value that `federation_rules` judges.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from metadata.context import Context
from metadata.described_keys import key_id
from metadata.wire.jose import BadKeySet, read_jwks
from metadata.wire.saml_metadata_values import ENTITY_CATEGORY, Entity, Localized, Role
from trust_framework.names import Name, NameKind

KEYS_AT: Final = "/jwks_uri"


@dataclass(frozen=True, slots=True)
class Told:
    """A text, and where it stands."""

    place: str
    value: str


@dataclass(frozen=True, slots=True)
class Handed:
    """`name` is the identifier as the register knows it. `answers` are addresses that answers go to, `addresses` all that a
    machine is sent to, `keys_at` where a client's keys are fetched; `texts` are shown to people.
    """

    identifier: Told
    name: Name
    answers: tuple[Told, ...]
    addresses: tuple[Told, ...]
    texts: tuple[Told, ...]
    mails: tuple[Told, ...]
    keys: tuple[Told, ...]
    context: Context
    scopes: tuple[Told, ...] = ()
    categories: tuple[Told, ...] = ()
    organisation_number: Told | None = None
    organisation_names: tuple[Told, ...] = ()
    valid_until: int | None = None
    created: int | None = None
    dated: str = ""
    keys_at: Told | None = None


def of_entity(entity: Entity, context: Context) -> Handed:
    """SAML metadata of one entity, in all its roles."""
    locations = [location for role in entity.roles for location in role.locations]
    organization = entity.organization
    names = (*organization.display_names, *organization.names) if organization else ()
    number = organization.number if organization else None
    return Handed(
        identifier=Told("/EntityDescriptor/@entityID", entity.entity_id),
        name=Name(NameKind.ENTITY_ID, entity.entity_id),
        answers=tuple(Told(f"{each.place}/@Location", each.url) for each in locations if each.index is not None),
        addresses=tuple(Told(f"{each.place}/@Location", each.url) for each in locations),
        texts=(*(text for role in entity.roles for text in _texts(role)), *map(_told, names), *_people(entity)),
        mails=_mails(entity),
        keys=tuple(Told(key.place, key_id(key.key)) for role in entity.roles for key in role.keys if key.key),
        context=context,
        scopes=tuple(_scopes(entity)),
        categories=tuple(_categories(entity)),
        organisation_number=Told("/EntityDescriptor/Organization/Extensions/OrganizationNumber", number) if number else None,
        organisation_names=tuple(map(_told, names)),
        valid_until=entity.valid_until,
        created=entity.created,
        dated="/EntityDescriptor/@validUntil",
    )  # fmt: skip


def _told(text: Localized) -> Told:
    return Told(text.place, text.value)


def _texts(role: Role) -> Iterator[Told]:
    shown = role.interface
    yield from (_told(each) for each in (*shown.names, *shown.descriptions))
    yield from (_told(name) for service in role.attribute_services for name in service.names)


def _people(entity: Entity) -> Iterator[Told]:
    for number, contact in enumerate(entity.contacts, 1):
        if contact.name is not None:
            yield Told(f"/EntityDescriptor/ContactPerson[{number}]", contact.name)


def _mails(entity: Entity) -> tuple[Told, ...]:
    return tuple(
        Told(f"/EntityDescriptor/ContactPerson[{number}]/EmailAddress", mail)
        for number, contact in enumerate(entity.contacts, 1)
        for mail in contact.mails
    )


def _scopes(entity: Entity) -> Iterator[Told]:
    for scopes in (entity.scopes, *(role.scopes for role in entity.roles)):
        yield from (Told(each.place, each.value) for each in scopes if not each.is_pattern)


def _categories(entity: Entity) -> Iterator[Told]:
    place = "/EntityDescriptor/Extensions/EntityAttributes/Attribute/AttributeValue"
    for category in entity.attributes.get(ENTITY_CATEGORY, ()):
        yield Told(f"{place}[.='{category}']", category)


def of_client(members: Mapping[str, Any], context: Context) -> Handed:
    """A client's registration. What is not of the right type is left to the rules of registration."""
    answers = tuple(_listed(members, "redirect_uris"))
    return Handed(
        identifier=Told("/client_id", str(members.get("client_id", ""))),
        name=Name(NameKind.CLIENT_ID, str(members.get("client_id", ""))),
        answers=answers,
        addresses=(*answers, *_listed(members, "post_logout_redirect_uris"), *_uris(members)),
        texts=tuple(Told(f"/{name}", value) for name, value in members.items() if _is_name(name, value)),
        mails=tuple(_listed(members, "contacts")),
        keys=tuple(_keys(members)),
        context=context,
        keys_at=next((told for told in _uris(members) if told.place == KEYS_AT), None),
    )


def _listed(members: Mapping[str, Any], name: str) -> Iterator[Told]:
    value = members.get(name)
    for at, each in enumerate(value if isinstance(value, list) else ()):
        if isinstance(each, str):
            yield Told(f"/{name}/{at}", each)


def _uris(members: Mapping[str, Any]) -> Iterator[Told]:
    for name in ("jwks_uri", "initiate_login_uri"):
        if isinstance(value := members.get(name), str):
            yield Told(f"/{name}", value)


def _is_name(name: str, value: Any) -> bool:
    return name.partition("#")[0] == "client_name" and isinstance(value, str)


def _keys(members: Mapping[str, Any]) -> Iterator[Told]:
    document = members.get("jwks")
    try:
        keys = read_jwks(document).keys if isinstance(document, dict) else ()
    except BadKeySet:  # told by the rules of registration
        return
    yield from (Told("/jwks", key_id(key.key)) for key in keys)
