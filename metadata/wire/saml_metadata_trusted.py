"""SAML metadata without what only dresses it: the form that an approval is bound to.

Owns what may change in a document without anybody being trusted with anything else: logo, description, contact persons,
comments and layout, how long the document is good for, and a signature, which whoever gave us the document vouches for.
"""

from typing import Final

from metadata.wire.saml_metadata import DOCUMENT_LIMIT
from metadata.wire.saml_metadata_values import MDUI, md
from metadata.wire.xml import DS, Element, canonical, parse

_DRESS: Final = (
    *(f"{{{MDUI}}}{name}" for name in ("Logo", "Description", "Keywords")),
    md("ContactPerson"),
    f"{{{DS}}}Signature",
)
_HOLDERS: Final = (f"{{{MDUI}}}UIInfo", md("Extensions"))
_OF_THE_DOCUMENT: Final = ("ID", "validUntil", "cacheDuration")


def trusted_form(document: bytes) -> bytes:
    """The canonical octets of what is left. Raises XmlRefused for what is no plain XML."""
    root = parse(document, limit=DOCUMENT_LIMIT, comments=True)
    _without_layout(root)
    for tag in _DRESS:
        _remove(root, tag)
    for holder in _HOLDERS:  # the inner first: what holds nothing more was there for what went
        _remove(root, holder, empty=True)
    for name in _OF_THE_DOCUMENT:
        if name in root.attrib:
            del root.attrib[name]
    return canonical(root)


def _remove(root: Element, tag: str, *, empty: bool = False) -> None:
    for element in list(root.iter(tag)):
        parent = element.getparent()
        if parent is not None and not (empty and len(element)):
            parent.remove(element)


def _without_layout(root: Element) -> None:
    """White space between elements goes; the canonical form has no comments anyway."""
    for element in root.iter():
        if len(element):
            element.text = (element.text or "").strip() or None
        element.tail = (element.tail or "").strip() or None
