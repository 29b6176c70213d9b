"""The keys by which a service proves itself, in the content of its entry: which there are, the next one, and one fewer.

Owns the way from what a person pastes to another content; that a change is approved, and how it is told, is the proposal's.
Whether a key is fit to be used, and whether enough are left, the validator says when the proposal is sent in.
"""

from base64 import b64encode
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from metadata import described_keys
from metadata.described_keys import DescribedKey, key_id
from metadata.private_keys import private_key_at
from metadata.wire.jwk import BadKeySet, jwk_of, read_jwks, thumbprint
from metadata.wire.saml_metadata import read_entity
from metadata.wire.saml_metadata_keys import key_of_certificate
from metadata.wire.saml_metadata_rekey import NoSuchKey, with_certificate, without_key
from metadata.wire.saml_metadata_values import SP_ROLE
from metadata.wire.strict_json import BadJson, read_object
from metadata.wire.xml import XmlRefused

Content = Mapping[str, Any]
USES: Final[Mapping[str, str | None]] = {"signing": "signing", "encryption": "encryption", "both": None}
"""What a certificate of a SAML service is for, as a form says it."""


class Fault(StrEnum):
    """Why keys are not changed."""

    PRIVATE = "private-key"
    UNREADABLE = "not-a-key"
    THERE = "key-there"
    MISSING = "key-missing"
    ELSEWHERE = "keys-elsewhere"


class Unfit(Exception):
    """The keys are not changed."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def published_at(content: Content) -> str:
    """The address where the service publishes its own keys, which is then where they change; empty for none."""
    saml, oidc = content.get("saml") or {}, content.get("oidc") or {}
    return str(saml.get("metadata_url") or oidc.get("jwks_uri") or "")


def keys_of(content: Content) -> tuple[DescribedKey, ...]:
    """The keys that the entry holds, those that can be read."""
    try:
        if saml := content.get("saml"):
            role = read_entity(str(saml.get("metadata_xml") or "").encode()).role(SP_ROLE)
            return described_keys.of_metadata(role.keys) if role else ()
        return described_keys.of_set(read_jwks({"keys": _jwks(content)}))
    except (XmlRefused, BadKeySet):
        return ()


def _jwks(content: Content) -> list[Any]:
    held = (content.get("oidc") or {}).get("jwks") or {}
    return list(held.get("keys") or ()) if isinstance(held, Mapping) else []


def with_next(content: Content, pasted: str, use: str | None) -> Content:
    """The content with one key more: a certificate (PEM), or for an OpenID client also a public JWK. Raises Unfit."""
    _here(content)
    pasted = _public(pasted)
    if content.get("saml"):
        return _saml_with(content, _certificate(pasted), use)
    return _oidc_with(content, _jwk(pasted) if pasted.startswith("{") else _certified(_certificate(pasted)))


def key_set(pasted: str) -> dict[str, Any]:
    """All keys of an OpenID client as its team hands them in: a JWK Set, one JWK, or a certificate (PEM). Raises Unfit."""
    pasted = _public(pasted)
    keys = _jwks_in(pasted) if pasted.startswith("{") else [_certified(_certificate(pasted))]
    try:
        usable = read_jwks({"keys": keys}).keys
    except BadKeySet as error:
        raise Unfit(Fault.PRIVATE if "private" in str(error) else Fault.UNREADABLE) from error
    if not usable:
        raise Unfit(Fault.UNREADABLE)
    return {"keys": keys}


def _public(pasted: str) -> str:
    """What was pasted, unless it is what should never have left the service."""
    if private_key_at(pasted) is not None:
        raise Unfit(Fault.PRIVATE)
    return pasted.strip()


def without(content: Content, key: str, use: str | None) -> Content:
    """The content without a key, by its id; of a SAML service for one use. Raises Unfit."""
    _here(content)
    if not content.get("saml"):
        return _oidc_without(content, key)
    try:
        xml = without_key(_xml(content), lambda each: key_id(each) == key, use)
    except (NoSuchKey, XmlRefused) as error:
        raise Unfit(Fault.MISSING) from error
    return _rewritten(content, xml)


def _here(content: Content) -> None:
    if published_at(content):
        raise Unfit(Fault.ELSEWHERE)


# --- SAML


def _xml(content: Content) -> bytes:
    return str(content["saml"].get("metadata_xml") or "").encode()


def _rewritten(content: Content, xml: bytes) -> Content:
    return {**content, "saml": {**content["saml"], "metadata_xml": xml.decode()}}


def _saml_with(content: Content, der: bytes, use: str | None) -> Content:
    added = key_id(key_of_certificate(der))
    if any(each.id == added and each.use in {None, use} for each in keys_of(content)):
        raise Unfit(Fault.THERE)
    try:
        return _rewritten(content, with_certificate(_xml(content), use, der))
    except (NoSuchKey, XmlRefused) as error:
        raise Unfit(Fault.UNREADABLE) from error


def _certificate(pem: str) -> bytes:
    """The DER octets of the first certificate of a PEM text, with a key that we can use."""
    try:
        der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
        key_of_certificate(der)
    except ValueError as error:
        raise Unfit(Fault.UNREADABLE) from error
    return der


# --- OpenID Connect


def _certified(der: bytes) -> dict[str, Any]:
    """A certificate as a JWK that carries it (RFC 7517 section 4.7), so that its end is known."""
    return {**jwk_of(key_of_certificate(der)), "use": "sig", "x5c": [b64encode(der).decode()]}


def _jwk(pasted: str) -> dict[str, Any]:
    entries = _jwks_in(pasted)
    if len(entries) != 1 or not isinstance(entries[0], dict):
        raise Unfit(Fault.UNREADABLE)
    return dict(entries[0])


def _jwks_in(pasted: str) -> list[Any]:
    """The keys of a JWK Set, or the one JWK (RFC 7517 sections 4 and 5)."""
    try:
        found = read_object(pasted.encode())
    except BadJson as error:
        raise Unfit(Fault.UNREADABLE) from error
    entries = found.get("keys", [found])
    if not isinstance(entries, list):
        raise Unfit(Fault.UNREADABLE)
    return entries


def _oidc_with(content: Content, jwk: dict[str, Any]) -> Content:
    """A key without a `kid` gets its thumbprint, so that its tokens can name it."""
    try:
        named = jwk if jwk.get("kid") else {**jwk, "kid": thumbprint(jwk)}
        (added,) = described_keys.of_set(read_jwks({"keys": [named]}))
    except BadKeySet as error:
        raise Unfit(Fault.PRIVATE if "private" in str(error) else Fault.UNREADABLE) from error
    except ValueError as error:  # a key for something else than signatures
        raise Unfit(Fault.UNREADABLE) from error
    if any(each.id == added.id for each in keys_of(content)):
        raise Unfit(Fault.THERE)
    return _oidc_of(content, [*_jwks(content), named])


def _oidc_without(content: Content, key: str) -> Content:
    held = _jwks(content)
    left = [each for each in held if not _is(each, key)]
    if len(left) == len(held):
        raise Unfit(Fault.MISSING)
    return _oidc_of(content, left)


def _is(jwk: Any, key: str) -> bool:
    try:
        return any(each.id == key for each in described_keys.of_set(read_jwks({"keys": [jwk]})))
    except BadKeySet:
        return False


def _oidc_of(content: Content, keys: list[Any]) -> Content:
    registration = {name: value for name, value in (content.get("oidc") or {}).items() if name != "jwks"}
    return {**content, "oidc": {**registration, "jwks": {"keys": keys}} if keys else registration}
