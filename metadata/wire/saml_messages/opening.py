"""What every reader begins with: parse, schema, version, issuer, enveloped signature; and small readings of the tree.

After `opened`, the tree is that of the signed octets when the message was signed. Owns the translation of XmlRefused to
SamlRefused, and the checks of time and place that all messages share.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Final, ParamSpec, Protocol, TypeVar

from metadata.wire.saml_messages.values import NameId, SamlRefused
from metadata.wire.saml_messages.vocabulary import ENTITY, saml, samlp
from metadata.wire.signing import PublicKey
from metadata.wire.xml import Element, XmlRefused, check_schema, parse, text
from metadata.wire.xmldsig import ACCEPTED, carries_signature, proven

KeysOf = Callable[[str], Sequence[PublicKey]]

_P = ParamSpec("_P")
_T = TypeVar("_T")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_XML_SPACE: Final = " \t\r\n"


def refusing(reader: Callable[_P, _T]) -> Callable[_P, _T]:
    """A reader whose every refusal is a SamlRefused."""

    @wraps(reader)
    def read(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return reader(*args, **kwargs)
        except XmlRefused as error:
            raise SamlRefused(error.reason, error.detail) from error

    return read


@dataclass(frozen=True, slots=True)
class Opened:
    """A message whose root is of the right kind. `signed`: `root` was parsed from octets whose signature verified, made by
    `key`.
    """

    root: Element
    issuer: str
    signed: bool
    key: PublicKey | None = None


def opened(xml: bytes, name: str, keys_of: KeysOf | None, algorithms: frozenset[str] = ACCEPTED) -> Opened:
    """Open a message of the protocol namespace. Raises SamlRefused or XmlRefused.

    `keys_of` gives the keys of the issuer by its metadata. Without it (HTTP-Redirect, where the signature is in the
    query) an enveloped signature is refused: it would be one that nobody checked.
    """
    root = parse(xml)
    if root.tag != samlp(name):
        raise SamlRefused("message-type", str(root.tag))
    check_schema(root)
    issuer = issuer_of(root)
    if not carries_signature(root):
        return Opened(root, issuer, signed=False)
    if keys_of is None:
        raise SamlRefused("signature-unverified")
    octets, key = proven(root, keys_of(issuer), algorithms)
    signed = parse(octets)
    return Opened(signed, issuer_of(signed), signed=True, key=key)


def issuer_of(root: Element) -> str:
    """The Issuer, an entityID (SAML profiles sections 4.1.4.1 and 4.4.4); the Version is checked on the way."""
    if root.get("Version") != "2.0":
        raise SamlRefused("version", root.get("Version", ""))
    issuer = child(root, saml("Issuer"))
    if issuer is None:
        raise SamlRefused("issuer-missing")
    value = text(issuer)
    if issuer.get("Format", ENTITY) != ENTITY or not value or value != value.strip():
        raise SamlRefused("issuer", value)
    return value


def child(parent: Element, tag: str) -> Element | None:
    """The only child of that name, by position under `parent`. Raises SamlRefused when there are several."""
    found = children(parent, tag)
    if len(found) > 1:
        raise SamlRefused("repeated-element", tag)
    return found[0] if found else None


def children(parent: Element, tag: str) -> list[Element]:
    """The children of that name."""
    return [found for found in parent if found.tag == tag]


def uri(element: Element) -> str:
    """The text of an xs:anyURI element, whose surrounding white space the schema does not count."""
    return text(element).strip(_XML_SPACE)


def uris(parent: Element, tag: str) -> tuple[str, ...]:
    """The URIs of all children of that name."""
    return tuple(uri(found) for found in children(parent, tag))


def flag(element: Element, name: str) -> bool:
    """An xs:boolean attribute, false when absent. The schema has been checked."""
    return element.get(name, "false").strip(_XML_SPACE) in {"true", "1"}


def number(element: Element, name: str) -> int | None:
    """A small unsigned integer attribute. The schema has been checked."""
    value = element.get(name)
    return None if value is None else int(value)


def instant(value: str | None) -> int:
    """Epoch seconds of a time in UTC form (SAML core section 1.3.3). Raises SamlRefused, also when there is none."""
    if value is None or not _INSTANT.fullmatch(value):
        raise SamlRefused("instant", value or "")
    try:
        return int(datetime.fromisoformat(value).timestamp())
    except (ValueError, OverflowError) as error:
        raise SamlRefused("instant", value) from error


def optional_instant(value: str | None) -> int | None:
    """Epoch seconds, or None when there is no such attribute."""
    return None if value is None else instant(value)


def instant_text(seconds: int) -> str:
    """A time as SAML writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def name_id(element: Element) -> NameId:
    """A NameID element. Raises SamlRefused when it is empty."""
    value = text(element)
    if not value:
        raise SamlRefused("name-id")
    return NameId(value, element.get("Format"), element.get("NameQualifier"), element.get("SPNameQualifier"))


def status(root: Element) -> tuple[str, str | None, str]:
    """Top-level code, second-level code and message of a response (SAML core section 3.2.2)."""
    found = child(root, samlp("Status"))
    top = None if found is None else child(found, samlp("StatusCode"))
    if found is None or top is None:
        raise SamlRefused("status-missing")
    second, message = child(top, samlp("StatusCode")), child(found, samlp("StatusMessage"))
    return (
        top.get("Value", ""),
        None if second is None else second.get("Value"),
        "" if message is None else text(message),
    )


class Received(Protocol):
    """What `check_received` looks at; every message has it."""

    @property
    def destination(self) -> str | None:
        """The URL it says it was sent to."""

    @property
    def issue_instant(self) -> int:
        """When it says it was made."""


def check_received(message: Received, *, at: str, now: int, signed: bool, max_age: int = 300, skew: int = 60) -> None:
    """Refuse what was meant for another address, or made too long ago or in the future. Raises SamlRefused.

    A signed message must name its Destination (SAML bindings sections 3.4.5.2 and 3.5.5.2); plain comparison.
    """
    if message.destination is None and signed:
        raise SamlRefused("destination-missing")
    if message.destination is not None and message.destination != at:
        raise SamlRefused("destination", message.destination)
    if not now - max_age - skew <= message.issue_instant <= now + skew:
        raise SamlRefused("issue-instant", instant_text(message.issue_instant))
