"""A service's metadata with one certificate more, or without one of its keys; nothing else that it says changes.

A signature in the document would no longer hold and goes: what is published is written and signed anew anyway.
"""

from collections.abc import Callable, Iterator
from typing import Final

from metadata.wire.saml_metadata import parse_document
from metadata.wire.saml_metadata_keys import key_of_certificate, read_key, write_key
from metadata.wire.saml_metadata_values import PROTOCOL, SP_ROLE, Key, md
from metadata.wire.signing import PublicKey
from metadata.wire.xml import DS, Element, serialized

BEFORE_KEYS: Final = frozenset({f"{{{DS}}}Signature", md("Extensions")})
"""What stands before the keys of a role (saml-metadata 2.4.1)."""


class NoSuchKey(Exception):
    """The document has no such key, or no service that could have one."""


def with_certificate(document: bytes, use: str | None, certificate: bytes) -> bytes:
    """The document with a certificate (DER) after the keys that are there. Raises XmlRefused, ValueError, NoSuchKey."""
    root = parse_document(document)
    role = next(_roles(root), None)
    if role is None:
        raise NoSuchKey("no service")
    write_key(role, Key(use, certificate, key_of_certificate(certificate)))
    written = role[-1]
    role.insert(_place(role), written)
    return _unsigned(root)


def without_key(document: bytes, gone: Callable[[PublicKey], bool], use: str | None) -> bytes:
    """The document without the key that is `gone`, where it stands for just this use. Raises XmlRefused, NoSuchKey."""
    root = parse_document(document)
    keys = [(role, each) for role in _roles(root) for each in role.findall(md("KeyDescriptor"))]
    found = [(role, each) for role, each in keys if _is(each, gone, use)]
    if not found:
        raise NoSuchKey("no such key")
    for role, each in found:
        role.remove(each)
    return _unsigned(root)


def _roles(root: Element) -> Iterator[Element]:
    """The service roles that speak SAML 2.0."""
    return (each for each in root.iter(md(SP_ROLE)) if PROTOCOL in each.get("protocolSupportEnumeration", "").split())


def _place(role: Element) -> int:
    """Where a key stands that comes last of the keys."""
    before = [n for n, each in enumerate(role) if each.tag in BEFORE_KEYS or each.tag == md("KeyDescriptor")]
    ours = [n for n in before if n < len(role) - 1]
    return ours[-1] + 1 if ours else 0


def _is(element: Element, gone: Callable[[PublicKey], bool], use: str | None) -> bool:
    key = read_key(element, "").key
    return key is not None and gone(key) and element.get("use") == use


def _unsigned(root: Element) -> bytes:
    for element in list(root.iter()):
        for signature in element.findall(f"{{{DS}}}Signature"):
            element.remove(signature)
    return serialized(root)
