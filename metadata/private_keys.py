"""Private keys pasted where something public belongs, found before anything is kept.

Owns what a private key looks like as text: PEM of any label, base64 of DER (PKCS #1, PKCS #8 also encrypted, SEC 1, PKCS #12),
a JWK, an RSAKeyValue with the private exponent, a key file of PuTTY. It looks at texts and not at documents: a key in a comment,
or in a field where nobody looks for one, is as public as any.
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from metadata.wire.jwk import PRIVATE_MEMBERS

WORDS: Final = (
    "holds a private key, so nothing was kept. The key is no longer secret: "
    "make a new key pair, and hand in its public half alone"
)
_LONGEST_PLACE: Final = 100
_WRITTEN: Final = re.compile("PRIVATE KEY-----|PuTTY-User-Key-File-")
_NUMBERS: Final = re.compile(r"<(?:[\w.-]{1,40}:)?(?:D|InverseQ)>\s{0,80}[A-Za-z0-9+/]")
"""RFC 6931 has no private half; .NET writes one into the same element."""

_MEMBERS: Final = re.compile(f'"(?:{"|".join(sorted(PRIVATE_MEMBERS))})"\\s{{0,80}}:')
_SEQUENCE: Final = re.compile(r"(?<![A-Za-z0-9+/])M[A-P](?:\s{0,80}[A-Za-z0-9+/]){26}")
"""Twenty-one octets in base64 of which the first is that of a SEQUENCE: enough to tell what DER it begins."""

_BEGINNINGS: Final = (
    bytes.fromhex("02010002"),  # RSAPrivateKey (RFC 8017 A.1.2), and the one of DSA
    bytes.fromhex("02010030"),  # PrivateKeyInfo (RFC 5208 5)
    bytes.fromhex("02010130"),  # OneAsymmetricKey (RFC 5958 2)
    bytes.fromhex("02010104"),  # ECPrivateKey (RFC 5915 3)
    bytes.fromhex("02010330"),  # PFX (RFC 7292 4)
)
_PASSWORDS: Final = (bytes.fromhex("06092a864886f70d0105"), bytes.fromhex("060a2a864886f70d010c01"))
"""The algorithms of an EncryptedPrivateKeyInfo (RFC 5208 6): those of PKCS #5 and of PKCS #12."""


def private_key_at(text: str) -> int | None:
    """Where in a text a private key begins."""
    if found := _WRITTEN.search(text):
        return found.start()
    if '"kty"' in text and (found := _MEMBERS.search(text)):
        return found.start()
    if "RSAKeyValue" in text and (found := _NUMBERS.search(text)):
        return found.start()
    return next((each.start() for each in _SEQUENCE.finditer(text) if _begins_private(each.group())), None)


def _begins_private(base64: str) -> bool:
    octets = b64decode("".join(base64.split()))
    within = _content(octets)
    return within.startswith(_BEGINNINGS) or (within[:1] == b"\x30" and _content(within).startswith(_PASSWORDS))


def _content(der: bytes) -> bytes:
    """What follows the tag and the length of an element."""
    return der[2 + (der[1] & 0x7F if der[1] & 0x80 else 0) :]


def private_key_in(value: Any, place: str = "") -> str | None:
    """The place (a JSON pointer) of the first private key in what somebody hands in; None when there is none."""
    if isinstance(value, str):
        return place if private_key_at(value.replace("\0", "")) is not None else None  # UTF-16 that was read as UTF-8
    if isinstance(value, Mapping):
        return _in_members(value, place)
    if isinstance(value, list | tuple):
        within = (private_key_in(each, f"{place}/{at}") for at, each in enumerate(value))
        return next((found for found in within if found is not None), None)
    return None


def _in_members(members: Mapping[str, Any], place: str) -> str | None:
    if "kty" in members and not PRIVATE_MEMBERS.isdisjoint(members):
        return place
    for name, value in members.items():
        if private_key_in(str(name)) is not None:
            return place
        if (found := private_key_in(value, f"{place}/{name}"[:_LONGEST_PLACE])) is not None:
            return found
    return None
