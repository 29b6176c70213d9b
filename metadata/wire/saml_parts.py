"""Signed metadata joined from canonical parts: what is inside an entity is written once and stands in every document of it.

A document is an opening tag, the signature, what is inside, and a closing tag, each in exclusive canonical form in its
place, so that the octets that were signed are the octets that are sent. Two elements with the prefix `md` alone surround
the parts: one EntityDescriptor, or an EntitiesDescriptor of many. A signer walks the parts once for the digest; whoever
sends them walks them again.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from metadata.wire.saml_metadata_values import MD, MDRPI, Entity, md
from metadata.wire.saml_metadata_writer import entity_element
from metadata.wire.signing import Signer
from metadata.wire.xml import Element, add, canonical, new
from metadata.wire.xmldsig import signature

_ONE: Final = md("EntityDescriptor")
_MANY: Final = md("EntitiesDescriptor")
_NAMESPACES: Final = {"md": MD}


@dataclass(frozen=True, slots=True)
class Frame:
    """The opening and closing tags around parts. `identifier` is the ID to which a signature refers."""

    opened: bytes
    closed: bytes
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class EntityPart:
    """One entity as it stands among others: `inside` is what a document of its own holds as well."""

    frame: Frame
    inside: bytes = field(repr=False)


def entity_part(entity: Entity) -> EntityPart:
    """An entity without its validity. Raises XmlRefused for what the schemas do not allow."""
    element = entity_element(entity)
    alone = _around(_empty(_ONE, {"entityID": entity.entity_id}))
    whole = canonical(element)
    among = _empty(_MANY, {})
    outer = _around(among)
    add(among, _ONE, None, {"entityID": entity.entity_id})
    inner = canonical(among)[len(outer.opened) : -len(outer.closed)]
    frame = Frame(inner[: -len(alone.closed)], alone.closed)
    return EntityPart(frame, whole[len(alone.opened) : -len(alone.closed)])


def entity_frame(entity_id: str, identifier: str, validity: Mapping[str, str]) -> Frame:
    """The tags of a document of one entity."""
    return _around(_empty(_ONE, {"ID": identifier, "entityID": entity_id, **validity}), identifier)


def group_frame(name: str, identifier: str, validity: Mapping[str, str]) -> Frame:
    """The tags of a document of many entities (saml-metadata 2.3.1)."""
    return _around(_empty(_MANY, {"ID": identifier, "Name": name, **validity}), identifier)


def publication_info(publisher: str, instant: str) -> bytes:
    """The md:Extensions of a group: who published it, and when (MDRPI 1.0 section 2.2)."""
    among = _empty(_MANY, {})
    outer = _around(among)
    extensions = add(among, md("Extensions"))
    info = new(f"{{{MDRPI}}}PublicationInfo", {"mdrpi": MDRPI}, {"publisher": publisher, "creationInstant": instant})
    extensions.append(info)
    return canonical(among)[len(outer.opened) : -len(outer.closed)]


def signature_of(frame: Frame, inside: Iterable[bytes], signer: Signer) -> bytes:
    """The signature that follows the opening tag. Raises XmlRefused for a key that XML signatures here do not use."""
    digest = hashlib.sha256(frame.opened)
    for part in inside:
        digest.update(part)
    digest.update(frame.closed)
    among = _empty(_MANY, {})
    outer = _around(among)
    among.append(signature(frame.identifier, digest.digest(), signer))
    return canonical(among)[len(outer.opened) : -len(outer.closed)]


def _empty(tag: str, attributes: Mapping[str, str]) -> Element:
    return new(tag, _NAMESPACES, attributes)


def _around(empty: Element, identifier: str = "") -> Frame:
    """The canonical tags of an element without content: it closes with the name that it has, and nothing stands between."""
    whole = canonical(empty)
    closed = b"</md:" + empty.tag.rpartition("}")[2].encode() + b">"
    return Frame(whole.removesuffix(closed), closed, identifier)
