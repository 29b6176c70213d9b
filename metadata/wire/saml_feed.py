"""A signed document of another federation: the entities that its operator vouches for, each cut out on its own.

Owns the reading of large aggregates and of MDQ answers, whose root carries the signature. Nothing is read but the octets
that were signed. What is taken from a feed is `metadata.feeds`'s affair.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from metadata.wire.outbound import MIB
from metadata.wire.saml_metadata import moment, validity_ends
from metadata.wire.saml_metadata_document import Part
from metadata.wire.saml_metadata_values import MDRPI, md
from metadata.wire.signing import PublicKey
from metadata.wire.xml import Element, XmlRefused, parse, serialized
from metadata.wire.xmldsig import verify

FEED_LIMIT: Final = 150 * MIB

_PUBLICATION: Final = f"{md('Extensions')}/{{{MDRPI}}}PublicationInfo"
_ENTITY: Final = md("EntityDescriptor")
_PASSING: Final = ("validUntil", "cacheDuration", "ID")
_ROOTS: Final = frozenset({_ENTITY, md("EntitiesDescriptor")})


@dataclass(frozen=True, slots=True)
class SignedFeed:
    """`valid_until` is the root's own, `created_at` its PublicationInfo's creationInstant; either may be missing."""

    parts: tuple[Part, ...]
    valid_until: int | None
    created_at: int | None


def read_signed(octets: bytes, keys: Sequence[PublicKey], *, limit: int = FEED_LIMIT) -> SignedFeed:
    """The entities of a document that one of `keys` signed as a whole. Raises XmlRefused."""
    signed = verify(_root(octets, limit), keys)
    root = _root(signed, limit)
    until, created = min(_own_ends(root), default=None), _created(root)
    return SignedFeed(tuple(_parts(root)), until, created)


def _root(octets: bytes, limit: int) -> Element:
    root = parse(octets, limit=limit, comments=True)
    if root.tag not in _ROOTS:
        raise XmlRefused("not-metadata", str(root.tag))
    return root


def _parts(root: Element) -> Iterable[Part]:
    """Each entity without what changes from one publication to the next, so that it is the same until it changes."""
    for element in root.iter(_ENTITY):
        ends = (*validity_ends(element), *_own_ends(element))
        for passing in _PASSING:
            if passing in element.attrib:
                del element.attrib[passing]
        yield Part(element.get("entityID", ""), "", serialized(element), ends)


def _own_ends(root: Element) -> list[int]:
    value = root.get("validUntil")
    return [] if value is None else [_moment(value)]


def _moment(value: str) -> int:
    found = moment(value)
    if found is None:
        raise XmlRefused("valid-until", value)
    return found


def _created(root: Element) -> int | None:
    info = root.find(_PUBLICATION)
    value = None if info is None else info.get("creationInstant")
    return None if value is None else _moment(value)
