"""The only XML parser: what comes in is bounded and plain before anything is read, what goes out is built by API.

Owns parsing, exclusive canonicalisation, reading of text, building of elements, and validation against the SAML
schemas (the files that pysaml2 ships; pysaml2 itself is not imported). What the elements mean is left to
`saml_messages` and to those who read metadata.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any, Final, cast

from lxml import etree

Element = etree._Element  # noqa: SLF001  # lxml has no public name for it

MESSAGE_LIMIT: Final = 256 * 1024
MAX_DEPTH: Final = 50
BYTES_A_MARK: Final = 16
"""Elements and attributes cost memory beyond their own bytes; no honest document has a mark for every 16 bytes."""

SMALL: Final = 8 * 1024 * 1024
"""Up to this a document is bounded by its limit alone: a message of many short elements is honest. Longer ones by length."""

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XENC: Final = "http://www.w3.org/2001/04/xmlenc#"
XENC11: Final = "http://www.w3.org/2009/xmlenc11#"

_DECLARATION = re.compile(
    rb"<\?xml\s+version\s*=\s*(?P<q>[\"'])1\.0(?P=q)"
    rb"(\s+encoding\s*=\s*(?P<e>[\"'])[Uu][Tt][Ff]-8(?P=e))?(\s+standalone\s*=\s*([\"'])(yes|no)\5)?\s*\?>"
)
_BOM = b"\xef\xbb\xbf"
_PARSER = etree.XMLParser(
    encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
)
_INSTRUCTION = etree.XPath("boolean(//processing-instruction())")
_COMMENT = etree.XPath("boolean(//comment())")
_TOO_DEEP = etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")
_IDENTIFIERS = etree.XPath("//@*[contains('|ID|Id|id|iD|AssertionID|', concat('|', local-name(), '|'))]")


class XmlRefused(Exception):
    """The document is not one that tillit reads or writes. `reason` is a short machine word, `detail` for the log.

    `line` is where in the document, when that is known.
    """

    def __init__(self, reason: str, detail: str = "", line: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.detail, self.line = reason, detail[:200], line


def parse(data: bytes, *, limit: int = MESSAGE_LIMIT, comments: bool = False) -> Element:
    """The root of a small, plain UTF-8 document. Raises XmlRefused.

    No DOCTYPE, no processing instruction, no second kind of ID, bounded in bytes, marks and depth. `comments` lets
    comments pass, for metadata files written by hand; `text` never reads around one, and canonical bytes have none.
    """
    _bounded(data, limit)
    _plain_utf8(data)
    try:
        root = etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError as error:
        raise XmlRefused("not-well-formed", str(error), error.lineno) from error
    tree = root.getroottree()
    if tree.docinfo.internalDTD is not None:
        raise XmlRefused("doctype")
    if _INSTRUCTION(root):
        raise XmlRefused("processing-instruction")
    if not comments and _COMMENT(root):
        raise XmlRefused("comment")
    if _TOO_DEEP(root):
        raise XmlRefused("depth")
    _one_kind_of_id(root)
    return root


def _bounded(data: bytes, limit: int) -> None:
    if len(data) > limit:
        raise XmlRefused("size")
    if data.count(b"<") + data.count(b"=") > max(min(limit, SMALL), len(data)) // BYTES_A_MARK:
        raise XmlRefused("too-many-nodes")


def _plain_utf8(data: bytes) -> None:
    """A cheap first net, and the declaration, which lxml overrides in silence when it is given an encoding."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise XmlRefused("doctype")
    start = data.removeprefix(_BOM)
    if start.startswith(b"<?xml") and not _DECLARATION.match(start):
        raise XmlRefused("declaration")


def _one_kind_of_id(root: Element) -> None:
    """Refuse ID look-alikes and repeated values, so that a reference can point at one element only."""
    seen = set()
    for found in cast("list[Any]", _IDENTIFIERS(root)):  # lxml's strings that know where they stood
        encrypted_or_signed = etree.QName(found.getparent()).namespace in {DS, XENC, XENC11}
        if found.attrname != ("Id" if encrypted_or_signed else "ID"):
            raise XmlRefused("id-name")
        if found in seen:
            raise XmlRefused("duplicate-id")
        seen.add(found)


def canonical(element: Element, prefixes: Sequence[str] = ()) -> bytes:
    """Exclusive C14N without comments (xml-exc-c14n), with an InclusiveNamespaces PrefixList. Raises XmlRefused."""
    try:
        octets: bytes = etree.tostring(
            element, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=list(prefixes)
        )
    except etree.C14NError as error:
        raise XmlRefused("canonicalisation") from error
    if not octets:
        raise XmlRefused("canonicalisation")
    return octets


def know_prefixes(element: Element, prefixes: Sequence[str]) -> None:
    """Make prefixes known to the document of a built element; a parsed one knows its own.

    lxml leaves out of a PrefixList every name that the document's dictionary has never met, and namespaces given by API
    are not met until the document is parsed. An element that bears the name, and goes again, is enough.
    """
    for prefix in prefixes:
        element.remove(etree.SubElement(element, prefix))


def serialized(element: Element) -> bytes:
    """The document as it is sent: UTF-8, every namespace in scope declared, no XML declaration."""
    octets: bytes = etree.tostring(element, encoding="UTF-8", xml_declaration=False, with_tail=False)
    return octets


def text(element: Element) -> str:
    """The whole text of an element that has nothing but text (CVE-2017-11427). Raises XmlRefused."""
    if len(element):
        raise XmlRefused("mixed-content")
    return element.text or ""


def new(
    tag: str, nsmap: Mapping[str, str] | Mapping[None, str], attributes: Mapping[str, str] | None = None
) -> Element:
    """A root element; None is the prefix of the default namespace. Raises XmlRefused for what XML 1.0 cannot carry."""
    try:
        spaces: Any = dict(nsmap.items())  # the stubs know no default namespace
        return etree.Element(tag, attrib=dict(attributes or {}), nsmap=spaces)
    except ValueError as error:
        raise XmlRefused("character") from error


def add(parent: Element, tag: str, content: str | None = None, attributes: Mapping[str, str] | None = None) -> Element:
    """A child with text and attributes. Raises XmlRefused for characters that XML 1.0 cannot carry."""
    try:
        child = etree.SubElement(parent, tag, attrib=dict(attributes or {}))
        child.text = content
    except ValueError as error:
        raise XmlRefused("character") from error
    return child


def check_schema(element: Element, schema: str = "messages") -> None:
    """Return when the element is valid: `messages` (protocol and assertion) or `metadata`. Raises XmlRefused.

    Extensions that a schema does not know are let be, as the SAML schemas ask (processContents="lax").
    """
    try:
        _schema(schema).assertValid(element)
    except etree.DocumentInvalid as error:
        raise XmlRefused("schema", str(error), _first_line(error)) from error


def _first_line(error: etree.DocumentInvalid) -> int:
    return int(cast("Any", error.error_log)[0].line)  # the stub has no items of it


_SCHEMAS: Final = {
    "messages": {
        "urn:oasis:names:tc:SAML:2.0:protocol": "saml-schema-protocol-2.0.xsd",
        "urn:oasis:names:tc:SAML:2.0:assertion": "saml-schema-assertion-2.0.xsd",
    },
    "metadata": {
        "urn:oasis:names:tc:SAML:2.0:metadata": "saml-schema-metadata-2.0.xsd",
        "urn:oasis:names:tc:SAML:metadata:attribute": "sstc-metadata-attr.xsd",
        "urn:oasis:names:tc:SAML:metadata:ui": "sstc-saml-metadata-ui-v1.0.xsd",
        "urn:oasis:names:tc:SAML:metadata:algsupport": "sstc-saml-metadata-algsupport-v1.0.xsd",
    },
}
_XS: Final = "http://www.w3.org/2001/XMLSchema"


class _Shipped(etree.Resolver):
    """Finds every imported schema by its file name in one folder, whatever address the import gives."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder

    def resolve(self, system_url: str, _public_id: str, context: Any) -> Any:  # type: ignore[override]  # stub is old
        """The shipped file of that name; a name that is not shipped fails to open."""
        file = f"{self.folder}/{system_url.rpartition('/')[2]}"
        return self.resolve_filename(file, context)  # type: ignore[attr-defined]  # not in the stub


_COMPILING = threading.Lock()
"""Schemas compiled while other threads were at work were seen to lose an import now and then, and a good message failed."""


def compile_schemas() -> None:
    """Compile them all now, some milliseconds: a server does it before it has threads."""
    for name in _SCHEMAS:
        _schema(name)


def _schema(name: str) -> etree.XMLSchema:
    """The schema, compiled once, when first needed."""
    with _COMPILING:
        return _compiled(name)


@cache
def _compiled(name: str) -> etree.XMLSchema:
    """The files are ours, so their DTDs may be read."""
    package = find_spec("saml2")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("pysaml2 ships the SAML schemas and is not installed")
    folder = f"{package.submodule_search_locations[0]}/data/schemas"
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=True)
    parser.resolvers.add(_Shipped(folder))
    root = etree.Element(f"{{{_XS}}}schema", nsmap={"xs": _XS})
    for namespace, file in _SCHEMAS[name].items():
        etree.SubElement(root, f"{{{_XS}}}import", namespace=namespace, schemaLocation=file)
    return etree.XMLSchema(etree.fromstring(etree.tostring(root), parser))
