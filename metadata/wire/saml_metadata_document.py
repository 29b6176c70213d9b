"""A metadata document taken apart for a thorough look: every entity in it, and whether its own signature holds.

Owns the walk through an aggregate that may be partly broken, and the look at signatures. Nobody's key is trusted here: a
signature that holds says only that the document is as its signer left it.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, cast

from metadata.wire.saml_metadata import DOCUMENT_LIMIT, parse_document, read_element, validity_ends
from metadata.wire.saml_metadata_keys import CERTIFICATE, key_of_certificate
from metadata.wire.saml_metadata_values import Entity, md
from metadata.wire.xml import Element, XmlRefused, parse, serialized, text
from metadata.wire.xmldsig import SIGNATURE, carries_signature, strict_base64, verify

ENTITIES_LIMIT: Final = 500
_WITHIN: Final = "/EntitiesDescriptor//EntityDescriptor[@entityID='"


@dataclass(frozen=True, slots=True)
class Part:
    """An entity in a document: its place, octets on their own, and the validUntil of the groups around it."""

    entity_id: str
    place: str
    octets: bytes = field(repr=False)
    ends: tuple[int, ...]

    def read(self) -> Entity:
        """The entity. Raises XmlRefused."""
        return read_element(parse(self.octets, limit=DOCUMENT_LIMIT, comments=True), list(self.ends))


@dataclass(frozen=True, slots=True)
class Taken:
    """What a document holds: its entities, names borne by several, and what its signature is (see `_signature`)."""

    parts: tuple[Part, ...]
    duplicates: tuple[str, ...]
    signature: str
    root: Element = field(repr=False)

    def line(self, place: str) -> int | None:
        """The line of a place (an XPath as findings have it), or of the nearest element around it that is there."""
        element = self.root
        for step in _steps(place):
            within = _step(element, step)
            if within is None:
                break
            element = within
        return cast("int | None", element.sourceline)


def take_apart(document: bytes) -> Taken:
    """Every entity, whether it can be read or not. Raises XmlRefused for what is no metadata document at all."""
    root = parse_document(document)
    elements = list(root.iter(md("EntityDescriptor")))
    if len(elements) > ENTITIES_LIMIT:
        raise XmlRefused("too-many-entities", str(len(elements)))
    counted = Counter(each.get("entityID", "") for each in elements)
    return Taken(
        parts=tuple(_part(each, root, document) for each in elements),
        duplicates=tuple(name for name, count in counted.items() if count > 1),
        signature=_signature(root),
        root=root,
    )


def _part(element: Element, root: Element, document: bytes) -> Part:
    entity_id = element.get("entityID", "")
    if element is root:
        return Part(entity_id, "", document, ())
    place = f"{_WITHIN}{entity_id}']"
    return Part(entity_id, place, serialized(element), tuple(validity_ends(element)))


def _steps(place: str) -> list[str]:
    """The steps below the root; the entity of an aggregate is one step, whatever its name holds."""
    if place.startswith(_WITHIN):
        name, _, rest = place.removeprefix(_WITHIN).partition("']")
        return [f"{_WITHIN}{name}", *rest.split("/")[1:]]
    return place.split("/")[2:]


def _step(element: Element, step: str) -> Element | None:
    """The child of that local name and number; None where there is none."""
    if step.startswith(_WITHIN):
        name = step.removeprefix(_WITHIN)
        return next((each for each in element.iter(md("EntityDescriptor")) if each.get("entityID") == name), None)
    name, _, number = step.partition("[")
    wanted = int(number[:-1]) if number[:-1].isdigit() else 1
    found = [each for each in element.iterchildren("*") if each.tag.rpartition("}")[2] == name]
    return found[wanted - 1] if wanted <= len(found) else None


def _signature(root: Element) -> str:
    """`none`, `holds`, `unknown` when it names no key, or the reason why it does not hold with the key it names."""
    if not carries_signature(root):
        return "none"
    certificate = root.find(f"{SIGNATURE}/{CERTIFICATE}")
    if certificate is None:
        return "unknown"
    try:
        verify(root, [key_of_certificate(strict_base64(text(certificate)))])
    except ValueError:
        return "unknown"
    except XmlRefused as error:
        return error.reason
    return "holds"
