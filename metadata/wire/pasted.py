"""An assertion that somebody pasted to see what becomes of it: read for its words alone, believed in nothing.

Owns the reading of a SAML assertion or response, as XML or base64, and of claims as JSON. Signature, audience and time are
not looked at, so nothing that is read here may ever let anybody in: `saml_messages` and `jose` read what counts.
"""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from metadata.wire.saml_messages.vocabulary import saml
from metadata.wire.strict_json import BadJson, read_object
from metadata.wire.xml import Element, XmlRefused, parse, text

LONGEST: Final = 64 * 1024
NO_CLAIMS: Final = frozenset(
    {"iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "acr", "amr", "azp", "auth_time", "at_hash", "jti"}
)
"""Members of an ID token that are not about the person (OpenID Connect Core section 2)."""


class NotReadable(Exception):
    """There is no assertion in it. `reason` is a short machine word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Pasted:
    """What it says: the level in the provider's word, and attributes by the provider's names."""

    level: str
    attributes: Mapping[str, tuple[str, ...]] = field(repr=False)


def read_pasted(pasted: str) -> Pasted:
    """The words of an assertion or of claims. Raises NotReadable."""
    pasted = pasted.strip()
    if not pasted or len(pasted) > LONGEST:
        raise NotReadable("length" if pasted else "empty")
    if pasted.startswith("{"):
        return _claims(pasted)
    octets = pasted.encode() if pasted.startswith("<") else _unpacked(pasted)
    try:
        return _assertion(parse(octets, comments=True))
    except XmlRefused as error:
        raise NotReadable(error.reason) from error


def _unpacked(pasted: str) -> bytes:
    try:
        return b64decode("".join(pasted.split()), validate=True)
    except ValueError as error:
        raise NotReadable("form") from error


def _assertion(root: Element) -> Pasted:
    found = list(root.iter(saml("Assertion")))
    if len(found) != 1:
        encrypted = next(root.iter(saml("EncryptedAssertion")), None) is not None
        raise NotReadable("encrypted" if encrypted and not found else "no-assertion")
    attributes: dict[str, tuple[str, ...]] = {}
    for attribute in found[0].iter(saml("Attribute")):
        name = attribute.get("Name", "")
        values = tuple(text(value) for value in attribute.iter(saml("AttributeValue")) if not len(value))
        attributes[name] = attributes.get(name, ()) + values
    level = next((text(each).strip() for each in found[0].iter(saml("AuthnContextClassRef"))), "")
    return Pasted(level, attributes)


def _claims(pasted: str) -> Pasted:
    try:
        claims = read_object(pasted.encode())
    except BadJson as error:
        raise NotReadable("form") from error
    attributes = {name: _values(value) for name, value in claims.items() if name not in NO_CLAIMS}
    return Pasted(str(claims.get("acr", "")), {name: values for name, values in attributes.items() if values})


def _values(value: Any) -> tuple[str, ...]:
    """A text, or a list of them; a claim of another form is shown as a login would read it: not at all."""
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values if isinstance(each, str))
