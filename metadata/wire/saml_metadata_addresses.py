"""Every address in SAML metadata to which a browser or a server may be sent, whoever reads the document.

Endpoints of all roles and of extensions, what a role says of errors, and where more metadata is: also those that tillit itself
does not use, for the document is published to others. Pages and pictures for people are not among them.
"""

from typing import Final

from metadata.wire.saml_metadata import DOCUMENT_LIMIT
from metadata.wire.saml_metadata_values import md
from metadata.wire.xml import parse

_ATTRIBUTES: Final = ("Location", "ResponseLocation", "errorURL")
_FURTHER: Final = md("AdditionalMetadataLocation")


def addresses(document: bytes) -> frozenset[str]:
    """The addresses as they are written. Raises XmlRefused."""
    root = parse(document, limit=DOCUMENT_LIMIT, comments=True)
    found = {element.get(name, "") for element in root.iter("*") for name in _ATTRIBUTES}
    found |= {element.text or "" for element in root.iter(_FURTHER)}
    return frozenset(filter(None, map(str.strip, found)))
