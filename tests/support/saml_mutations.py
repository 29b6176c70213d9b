"""Changes to a signed message, chosen by a seeded random source: octets, text, attributes and the shape of the tree."""

import random
from collections.abc import Callable

from lxml import etree

from metadata.wire import xml
from tests.support import saml as s

_URIS = [
    "http://www.w3.org/2000/09/xmldsig#sha1",
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmlenc#sha512",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
]
_MARKUP = [
    b"<!-- c -->",
    b"<?p x?>",
    b" ",
    b"\n",
    b"&#32;",
    b"<![CDATA[x]]>",
    b"&amp;",
    b"\xc3\xa5",
    b'xmlns:z="urn:z"',
]


def mutated(message: bytes, chance: random.Random) -> bytes:
    """The message after one to three changes; some change nothing that is signed, and may be accepted."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        change = chance.choice(_CHANGES)
        message = change(message, chance)
    return message


def _octet(message: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(message))
    return message[:at] + bytes([message[at] ^ 1 << chance.randrange(8)]) + message[at + 1 :]


def _insertion(message: bytes, chance: random.Random) -> bytes:
    at = chance.choice([i for i, octet in enumerate(message) if octet in b"<> "])
    at += chance.randrange(2)
    return message[:at] + chance.choice(_MARKUP) + message[at:]


def _cut(message: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(message))
    return message[:at] + message[at + chance.randrange(1, 40) :]


def _in_tree(change: Callable[[xml.Element, random.Random], None]) -> Callable[[bytes, random.Random], bytes]:
    def apply(message: bytes, chance: random.Random) -> bytes:
        try:
            root = etree.fromstring(message)
        except etree.XMLSyntaxError:
            return message
        change(root, chance)
        return etree.tostring(root)

    return apply


def _any(root: xml.Element, chance: random.Random) -> xml.Element:
    """An element other than the root, one of the signature's half the time."""
    signature = list(root.iter(f"{s.DS}*"))
    everything = list(root.iter("*"))[1:]
    return chance.choice(signature if signature and chance.random() < 0.5 else everything or [root])


def _move(root: xml.Element, chance: random.Random) -> None:
    moved, target = _any(root, chance), _any(root, chance)
    if target not in list(moved.iter()):
        target.insert(chance.randrange(len(target) + 1), moved)


def _copy(root: xml.Element, chance: random.Random) -> None:
    target = _any(root, chance)
    target.insert(chance.randrange(len(target) + 1), s.twin(_any(root, chance)))


def _remove(root: xml.Element, chance: random.Random) -> None:
    victim = _any(root, chance)
    parent = victim.getparent()
    if parent is not None:
        parent.remove(victim)


def _wrap(root: xml.Element, chance: random.Random) -> None:
    inner = _any(root, chance)
    parent = inner.getparent()
    if parent is not None:
        wrapper = etree.Element(chance.choice([f"{s.DS}Object", "{urn:z}w", inner.tag]))
        parent.replace(inner, wrapper)
        wrapper.append(inner)


def _attribute(root: xml.Element, chance: random.Random) -> None:
    element = _any(root, chance)
    names = [*element.attrib, "Algorithm", "URI", "Id", "ID", "Type"]
    values = [*_URIS, "", f"#{root.get('ID')}", "#_other", "x", *element.attrib.values()]
    element.set(chance.choice(names), chance.choice(values))


def _text(root: xml.Element, chance: random.Random) -> None:
    element = _any(root, chance)
    text = element.text or ""
    element.text = chance.choice(
        [text + " ", "\n" + text, text[:-1], text + "x", text.swapcase(), "", text[:9] + "\n" + text[9:]]
    )


def _rename(root: xml.Element, chance: random.Random) -> None:
    element = _any(root, chance)
    local = etree.QName(element).localname
    element.tag = chance.choice([f"{s.DS}{local}", f"{{urn:z}}{local}", "x"])


_CHANGES = (
    _octet,
    _insertion,
    _cut,
    *(_in_tree(change) for change in (_move, _copy, _remove, _wrap, _attribute, _text, _rename)),
)
