"""Signed JSON: the only maker and the only verifier of JWTs (RFC 7515, RFC 7519, RFC 8725).

Owns the compact serialization: what is read before a signature is believed, and what comes out of it. Keys and sets of
them are `metadata.wire.jwk` over joserfc, claims are `metadata.wire.claims`; both are offered here by their names, so
that callers need this one module. The signature itself is `metadata.wire.signing`, the same as for XML. `none` and the
HMAC algorithms have no row there and can therefore never be accepted.
"""

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json import JSONEncoder
from typing import Any

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from metadata.wire import signing
from metadata.wire.claims import JoseRefused, check_audience, check_issuer, check_times
from metadata.wire.jwk import (
    PRIVATE_MEMBERS,
    BadKeySet,
    PublicJwk,
    PublicKeySet,
    joined_name,
    public_jwk,
    read_jwks,
    thumbprint,
)
from metadata.wire.signing import ALGORITHMS, BadSignature, PublicKey, Signer
from metadata.wire.strict_json import BadJson, read_object

__all__ = [
    "BadKeySet",
    "JoseRefused",
    "PublicJwk",
    "PublicKeySet",
    "Verified",
    "at_hash",
    "check_audience",
    "check_issuer",
    "check_times",
    "claimed",
    "issue",
    "public_jwk",
    "read_jwks",
    "thumbprint",
    "unverified",
    "verify",
]

MAXIMUM_TOKEN = 16 * 1024
_ENCODER = JSONEncoder(separators=(",", ":"), allow_nan=False)
_COMPACT = re.compile(rb"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
# joserfc knows the type of each registered header parameter; what it does not know is left alone (RFC 7515 section 4).
_HEADER = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """A token whose signature holds. `key` is the key that made it; nothing else in the token has been judged."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    key: PublicJwk


def issue(claims: Mapping[str, Any], signer: Signer, *, typ: str | None = None) -> str:
    """A signed JWT in compact serialization (RFC 7515 section 7.1), `typ` as RFC 8725 section 3.11 wants it."""
    payload = _encode(_ENCODER.encode(dict(claims)).encode())
    signing_input = _header_segment(signer.kid, signer.alg, typ) + payload
    return (signing_input + b"." + _encode(signer.sign(signing_input))).decode()


@lru_cache(maxsize=256)
def _header_segment(kid: str, alg: str, typ: str | None) -> bytes:
    header = {"alg": alg, "kid": kid} if typ is None else {"alg": alg, "kid": kid, "typ": typ}
    return _encode(_ENCODER.encode(header).encode()) + b"."


def verify(
    token: str | bytes,
    keys: PublicKeySet | Sequence[tuple[str | None, PublicKey]],
    *,
    algorithms: Collection[str],
    typ: Collection[str | None],
    longest: int = MAXIMUM_TOKEN,
) -> Verified:
    """The header and claims of `token` when one of `keys` signed it. Raises JoseRefused, and nothing else.

    `algorithms` and `typ` are what this one use accepts from this one peer; None in `typ` stands for its absence. The
    claims still have to be checked: see `check_times`, `check_audience`, `check_issuer`.
    """
    segments = _segments(token, longest)
    header = _header(segments[0])
    alg = _algorithm(header, algorithms)
    if _media_type(header.get("typ")) not in {_media_type(each) for each in typ}:
        raise JoseRefused("another typ")
    known = keys if isinstance(keys, PublicKeySet) else PublicKeySet.of(keys)
    signature, signing_input = _decode(segments[2]), segments[0] + b"." + segments[1]
    for key in known.candidates(header.get("kid"), alg):
        try:
            signing.verify(alg, key.key, signature, signing_input)
        except BadSignature:
            continue
        return Verified(header, _object(segments[1]), key)
    raise JoseRefused("no key that made it")


def unverified(token: str | bytes, *, longest: int = MAXIMUM_TOKEN) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims of a token that **nobody has verified**: for one that brings its own keys, or whose sender has to
    be looked up by what it says. Verify it before anything is done with it. Raises JoseRefused.
    """
    header, payload, _ = _segments(token, longest)
    return _header(header), _object(payload)


def claimed(token: str | bytes, name: str, *, longest: int = MAXIMUM_TOKEN) -> str:
    """A text claim of a token that **nobody has verified**: fit to find whose keys to try, and for nothing else."""
    value = _object(_segments(token, longest)[1]).get(name)
    if not isinstance(value, str):
        raise JoseRefused(f"no {name}")
    return value


def claimed_header(token: str | bytes, name: str, *, longest: int = MAXIMUM_TOKEN) -> str | None:
    """A text parameter of the header of a token that **nobody has verified**, None when it has none. Raises JoseRefused."""
    value = _header(_segments(token, longest)[0]).get(name)
    return value if isinstance(value, str) else None


def at_hash(token: str, alg: str) -> str:
    """`at_hash` and `c_hash` (OpenID Connect Core sections 3.1.3.6 and 3.3.2.11): the left half of the hash that `alg`
    signs with; for Ed25519 that is SHA-512. Raises JoseRefused for an algorithm without one: never fail open.
    """
    row = ALGORITHMS.get(joined_name(alg))
    if row is None:
        raise JoseRefused("unknown alg")
    full = hashlib.new(row.digest.name if row.digest else "sha512", token.encode()).digest()
    return _encode(full[: len(full) // 2]).decode()


def _segments(token: str | bytes, longest: int = MAXIMUM_TOKEN) -> tuple[bytes, bytes, bytes]:
    """The three parts of RFC 7515 section 3.1. Five (JWE) and JSON serialization are other things, and refused."""
    if len(token) > longest:
        raise JoseRefused("too long")
    try:
        raw = token if isinstance(token, bytes) else token.encode("ascii")
    except UnicodeEncodeError as error:
        raise JoseRefused("not ASCII") from error
    match = _COMPACT.fullmatch(raw)
    if match is None:
        raise JoseRefused("not a compact serialization")
    return match[1], match[2], match[3]


def _header(segment: bytes) -> dict[str, Any]:
    header = _object(segment)
    if "crit" in header or "b64" in header:  # we know no extension, so none may be critical (RFC 7515 section 4.1.11)
        raise JoseRefused("crit or b64")
    try:
        _HEADER.check_header(header)
    except (JoseError, AttributeError, TypeError, ValueError) as error:
        raise JoseRefused("a header parameter of the wrong type") from error
    if any(isinstance(value, dict) for name, value in header.items() if name != "jwk"):
        raise JoseRefused("a nested header")
    if not PRIVATE_MEMBERS.isdisjoint(header.get("jwk", ())):
        raise JoseRefused("a private key in the header")
    return header


def _algorithm(header: Mapping[str, Any], algorithms: Collection[str]) -> str:
    alg = joined_name(header["alg"])
    if alg not in ALGORITHMS or alg not in {joined_name(each) for each in algorithms}:
        raise JoseRefused("another alg")
    return alg


def _media_type(typ: str | None) -> str | None:
    """RFC 7515 section 4.1.9: without regard to case, and `application/` may be left out."""
    return None if typ is None else typ.lower().removeprefix("application/")


def _object(segment: bytes) -> dict[str, Any]:
    try:
        return read_object(_decode(segment))
    except BadJson as error:
        raise JoseRefused("not one JSON object") from error


def _encode(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")


def _decode(segment: bytes) -> bytes:
    """Base64url without padding, and only the canonical spelling of it (RFC 4648 section 3.5)."""
    try:
        raw = urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except ValueError as error:
        raise JoseRefused("not base64url") from error
    if _encode(raw) != segment:
        raise JoseRefused("not canonical base64url")
    return raw
