"""SOAP 1.1 documents as RIV-TA basic profile 2.1 has them: an envelope is read strictly and once, an answer is built by API.

Owns the envelope, the one header that the profile asks for (LogicalAddress), faults, validation against shipped schemas, and
the plain tree (`Fields`) by which everything else reads a message without knowing XML. What operations mean is
`broker.protocols.rivta`.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Union, cast

from lxml import etree

from metadata.wire.xml import Element, XmlRefused, add, canonical, know_prefixes, new, parse, text

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
REGISTRY: Final = "urn:riv:itintegration:registry:1"
MOST_BYTES: Final = 8 * 1024 * 1024
LONGEST_ADDRESS: Final = 64
INSIDE: Final = "a value with an element or a comment inside"

_E: Final = f"{{{ENVELOPE}}}"
_LOGICAL_ADDRESS: Final = f"{{{REGISTRY}}}LogicalAddress"
_TRUE: Final = frozenset({"1", "true"})

Content = tuple[tuple[str, Union[str, "Content"]], ...]
"""What stands in an element: names of its children with their text or content, in the order of the schema."""


class SoapRefused(Exception):
    """The message is no request that can be answered. `code` is SOAP 1.1's (section 4.4.1), `sentence` may be sent."""

    def __init__(self, code: str, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.detail = code, sentence, detail


@dataclass(frozen=True, slots=True)
class Fields:
    """An element's children by local name, each name with all that it stood for, in order. Extensions of other namespaces
    are left out.
    """

    values: dict[str, list[Union[str, "Fields"]]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The text of a child without the space around it; empty when there is none."""
        found = self.values.get(name)
        return found[0].strip() if found and isinstance(found[0], str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of all children of that name."""
        return tuple(each.strip() for each in self.values.get(name, ()) if isinstance(each, str))

    def child(self, name: str) -> "Fields | None":
        """A child that has children itself."""
        found = self.values.get(name)
        return found[0] if found and isinstance(found[0], Fields) else None

    def need(self, name: str) -> "Fields":
        """A child that the schema asks for."""
        return self.child(name) or Fields()

    def children(self, name: str) -> Iterator["Fields"]:
        """All children of that name."""
        return (each for each in self.values.get(name, ()) if isinstance(each, Fields))


@dataclass(frozen=True, slots=True)
class Message:
    """A request: to whom, the qualified name of what is asked, and the element itself, which only this module looks into. It has
    no more than `most` elements.
    """

    logical_address: str
    namespace: str
    name: str
    body: Element = field(repr=False, compare=False)
    most: int = field(repr=False, compare=False)


def read(octets: bytes) -> Message:
    """The one request of an envelope. Raises SoapRefused.

    Comments may stand between elements, as tools leave them in; never inside a value.
    """
    header, element = _opened(octets, MOST_BYTES)
    return _message(_address(header), element, octets)


def read_answer(octets: bytes, limit: int) -> Message:
    """The answer in an envelope that another sent us; a fault is one too, by its name. Raises SoapRefused."""
    return _message("", _opened(octets, limit)[1], octets)


def _message(address: str, element: Element, octets: bytes) -> Message:
    name = etree.QName(element)
    return Message(address, name.namespace or "", name.localname, element, octets.count(b"<"))


def _opened(octets: bytes, limit: int) -> tuple[Element | None, Element]:
    """The Header, if there is one, and the one element of the Body. Raises SoapRefused."""
    try:
        root = parse(octets, limit=limit, comments=True)
    except XmlRefused as error:
        raise SoapRefused("Client", f"the message is no XML that is read here: {error.reason}", error.detail) from error
    if root.tag != f"{_E}Envelope":
        code = "VersionMismatch" if etree.QName(root).localname == "Envelope" else "Client"
        raise SoapRefused(code, "a SOAP 1.1 Envelope is expected")
    parts = _elements(root)
    header = parts.pop(0) if parts and parts[0].tag == f"{_E}Header" else None
    if len(parts) != 1 or parts[0].tag != f"{_E}Body":
        raise SoapRefused("Client", "an Envelope has one Header and one Body")
    found = _elements(parts[0])
    if len(found) != 1:
        raise SoapRefused("Client", "a Body has one element")
    return header, found[0]


def _address(header: Element | None) -> str:
    """The LogicalAddress, once; a header that must be understood, and is not, refuses the message (section 4.2.3)."""
    entries = _elements(header) if header is not None else []
    found = [entry for entry in entries if entry.tag == _LOGICAL_ADDRESS]
    if any(entry.get(f"{_E}mustUnderstand") in _TRUE for entry in entries if entry not in found):
        raise SoapRefused("MustUnderstand", "a header that is not known here")
    if len(found) != 1:
        raise SoapRefused("Client", "the header LogicalAddress is missing, or there twice")
    address = _plain(found[0]).strip()
    if not address or len(address) > LONGEST_ADDRESS:
        raise SoapRefused("Client", "the header LogicalAddress is empty or too long")
    return address


def _elements(element: Element) -> list[Element]:
    return list(element.iterchildren(etree.Element))


def _plain(element: Element) -> str:
    try:
        return text(element)
    except XmlRefused as error:
        raise SoapRefused("Client", INSIDE) from error


def fields(message: Message, namespaces: frozenset[str]) -> Fields:
    """The request as a plain tree, of the elements in these namespaces, whose names begin with a small letter here however the
    domain spells them. Raises SoapRefused.
    """
    reader = _Reader(tuple(f"{{{each}}}" for each in namespaces))
    found = reader.read(message.body) if len(message.body) else _plain(message.body)
    return found if isinstance(found, Fields) else Fields()


class _Reader:
    """Reads elements as trees; what a tag is called is found out once. A message has thousands of elements and few tags."""

    def __init__(self, ours: tuple[str, ...]) -> None:
        self._ours = ours
        self._names: dict[str, str] = {}

    def read(self, element: Element) -> Fields:
        values: dict[str, list[str | Fields]] = {}
        elements, names = 0, self._names
        for child in element:
            tag: Any = child.tag
            if not isinstance(tag, str):
                continue  # a comment
            elements += 1
            name = names.get(tag)
            if name is None:
                name = names[tag] = self._name(tag)
            if name:
                found = self.read(child) if len(child) else child.text or ""
                if name in values:
                    values[name].append(found)
                else:
                    values[name] = [found]
        if not elements:
            raise SoapRefused("Client", INSIDE)
        return Fields(values)

    def _name(self, tag: str) -> str:
        """Empty for an extension."""
        name = tag.rpartition("}")[2]
        return f"{name[0].lower()}{name[1:]}" if tag.startswith(self._ours) else ""


_COMPILING: Final = threading.Lock()


_CROWDED: Final = etree.XPath("boolean(descendant-or-self::*[count(*) > $most])")


def is_crowded(message: Message, most: int) -> bool:
    """Whether any element has more children than that. What is wrong with each of very many would take minutes to say: this is
    asked before a schema is.
    """
    return message.most > most and bool(_CROWDED(message.body, most=most))


@dataclass(frozen=True, slots=True)
class Schema:
    """A compiled schema. Its list of errors is one for all threads, so one at a time is checked by it."""

    compiled: etree.XMLSchema
    lock: threading.Lock = field(default_factory=threading.Lock)


@cache
def _compiled(path: Path) -> Schema:
    return Schema(etree.XMLSchema(file=str(path)))


def schema(path: Path) -> Schema:
    """A shipped schema with what it imports from its folder, compiled when it is first needed."""
    with _COMPILING:
        return _compiled(path)


def check(message: Message, path: Path) -> None:
    """Return when the request is as the schema has it. Raises SoapRefused, whose sentence names the place and no value."""
    found = schema(path)
    with found.lock:
        if found.compiled.validate(message.body):
            return
        last = cast("Any", found.compiled.error_log).last_error  # not in the stub
    place = str(last.path or "").rpartition("/")[2].rpartition(":")[2]
    raise SoapRefused("Client", f"the request is not as its schema has it, line {last.line}: {place}", last.type_name)


def answer(namespace: str, name: str, types: str, content: Content, *, capitals: bool = False) -> bytes:
    """An envelope with one answer: its own children are in `namespace`, what stands below them in that of the domain's
    `types`. With `capitals` every name begins with one.
    """
    root = new(f"{_E}Envelope", {"soap": ENVELOPE})
    return _filled(root, namespace, name, types, content, _capital if capitals else str)


def request(address: str, namespace: str, name: str, types: str, content: Content) -> bytes:
    """An envelope with a request to a logical address, filled as an answer is."""
    root = new(f"{_E}Envelope", {"soap": ENVELOPE})
    add(add(root, f"{_E}Header"), _LOGICAL_ADDRESS, address)
    return _filled(root, namespace, name, types, content, str)


def _filled(
    root: Element, namespace: str, name: str, types: str, content: Content, spelled: Callable[[str], str]
) -> bytes:
    """The envelope with its body. The types' namespace is declared once, where it is first in scope."""
    body = add(root, f"{_E}Body")
    element = etree.SubElement(body, f"{{{namespace}}}{name}", nsmap={"a": namespace, "t": types})
    know_prefixes(element, ("t",))
    _fill(element, content, _Tags(namespace, spelled), _Tags(types, spelled))
    return canonical(root, ("t",))


class _Tags(dict[str, str]):
    """Qualified names in one namespace, each made once: an answer has thousands of elements and few names."""

    def __init__(self, namespace: str, spelled: Callable[[str], str]) -> None:
        self._namespace, self._spelled = namespace, spelled

    def __missing__(self, name: str) -> str:
        tag = self[name] = f"{{{self._namespace}}}{self._spelled(name)}"
        return tag


def _fill(parent: Element, content: Content, here: _Tags, below: _Tags) -> None:
    for name, inner in content:
        child = etree.SubElement(parent, here[name])
        if isinstance(inner, str):
            child.text = inner if inner.isprintable() else _carried(inner)
        else:
            _fill(child, inner, below, below)


def _capital(name: str) -> str:
    return f"{name[0].upper()}{name[1:]}"


def _carried(value: str) -> str:
    """Characters that XML 1.0 cannot carry are replaced: what was stored by another way must not break an answer."""
    return (
        "".join(c if c.isprintable() or c in "\t\n" else "\ufffd" for c in value) if not value.isprintable() else value
    )


def fault(code: str, sentence: str, reference: str) -> bytes:
    """A fault (section 4.4). `reference` is what the log has it under; nothing of the message stands in it."""
    root = new(f"{_E}Envelope", {"soap": ENVELOPE})
    element = add(add(root, f"{_E}Body"), f"{_E}Fault")
    add(element, "faultcode", f"soap:{code}")
    add(element, "faultstring", sentence)
    add(add(element, "detail"), "{urn:tillit:fault}reference", reference)
    return canonical(root)
