"""Public keys as JSON (RFC 7517): ours written, others' read once and kept.

Owns what makes a foreign key set usable and which of its keys may be tried for a token. Signing and verifying tokens is
`metadata.wire.jose`; fetching a set is its caller's. Never keep a JWKS document and read it again on each request.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwk as joserfc_jwk
from joserfc.errors import JoseError
from joserfc.util import base64_to_int

from metadata.wire.signing import MINIMUM_RSA_BITS, PublicKey, Signer, UnfitKey, check_fit

MAXIMUM_KEYS = 20
MAXIMUM_CANDIDATES = 4
MINIMUM_EXPONENT = 2**16
MAXIMUM_RSA_BITS = 8192
"""A larger modulus only serves to make us work."""

PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_NUMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_CURVES = {"RSA": (None,), "EC": ("P-256", "P-384", "P-521"), "OKP": ("Ed25519",)}


class BadKeySet(Exception):
    """The document is not a set of public keys that may be used."""


@dataclass(frozen=True, slots=True)
class PublicJwk:
    """One key of a set. `alg` is None where the set does not bind the key to one algorithm (RFC 7517 section 4.4)."""

    kid: str | None
    key: PublicKey
    alg: str | None = None

    def fits(self, alg: str) -> bool:
        """Whether the key may be used with `alg`, by its kind and by what its set says of it."""
        if self.alg is not None and joined_name(self.alg) != alg:
            return False
        try:
            check_fit(alg, self.key)
        except UnfitKey:
            return False
        return True


@dataclass(frozen=True, slots=True)
class PublicKeySet:
    """Keys that may verify one peer's signatures, imported."""

    keys: tuple[PublicJwk, ...]

    @classmethod
    def of(cls, pairs: "Iterable[tuple[str | None, PublicKey]]") -> "PublicKeySet":
        """A set over keys already in memory."""
        return cls(tuple(PublicJwk(kid, key) for kid, key in pairs))

    def candidates(self, kid: str | None, alg: str) -> tuple[PublicJwk, ...]:
        """The keys to try: the one that `kid` names, or at most four that fit `alg` when the token names none.

        `kid` is a dictionary key and nothing else: not a path, not an address (RFC 8725 section 3.10).
        """
        fitting = tuple(key for key in self.keys if (kid is None or key.kid == kid) and key.fits(alg))
        return fitting[: MAXIMUM_CANDIDATES if kid is None else 1]


def joined_name(alg: str) -> str:
    """`EdDSA` under the name that says which curve it is (RFC 9864 section 4.1.2)."""
    return "Ed25519" if alg == "EdDSA" else alg


def public_jwk(signer: Signer) -> dict[str, str]:
    """The public half of `signer` for a JWKS document (RFC 7517 section 4)."""
    return {**_numbers(signer.public_key), "kid": signer.kid, "use": "sig", "alg": signer.alg}


def jwk_of(key: PublicKey) -> dict[str, str]:
    """A public key as a JWK, named by its thumbprint (RFC 7638)."""
    numbers = _numbers(key)
    return {**numbers, "kid": str(joserfc_jwk.thumbprint(numbers))}


def _numbers(key: PublicKey) -> dict[str, str]:
    kinds: dict[type[Any], Any] = {
        rsa.RSAPublicKey: joserfc_jwk.RSAKey,
        ec.EllipticCurvePublicKey: joserfc_jwk.ECKey,
        ed25519.Ed25519PublicKey: joserfc_jwk.OKPKey,
    }
    kind = next(wrapper for family, wrapper in kinds.items() if isinstance(key, family))
    exported: dict[str, str] = kind(key, key).as_dict(private=False)
    return {name: exported[name] for name in ("kty", *_NUMBERS[exported["kty"]])}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """The SHA-256 thumbprint (RFC 7638 section 3), base64url. Raises BadKeySet for a key that could not be used."""
    key = _read_key(jwk)
    if key is None:
        raise BadKeySet("unknown kind of key")
    return str(joserfc_jwk.thumbprint(_numbers(key.key)))


def read_jwks(document: Mapping[str, Any]) -> PublicKeySet:
    """The usable keys of a JWKS document (RFC 7517 section 5). Raises BadKeySet.

    Kinds and uses that are none of ours are skipped, as section 5 wants. A private member, a weak key, a key that does
    not parse, more than twenty keys, or two keys that one `kid` could mean, refuse the whole set: its owner must know.
    """
    entries = document.get("keys")
    if not isinstance(entries, list) or len(entries) > MAXIMUM_KEYS:
        raise BadKeySet("no keys, or too many")
    keys: dict[tuple[str | None, str], PublicJwk] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise BadKeySet("a key that is not an object")
        if (key := _read_key(entry)) is not None and entry.get("use", "sig") == "sig":
            keys[key.kid, str(joserfc_jwk.thumbprint(_numbers(key.key)))] = key
    _refuse_shared_kid(keys.values())
    return PublicKeySet(tuple(keys.values()))


def _refuse_shared_kid(keys: Iterable[PublicJwk]) -> None:
    """RFC 7517 section 4.5 lets different kinds share a `kid`; two of one kind would leave the choice to chance."""
    seen: set[tuple[str, type, str]] = set()
    for key in keys:
        if key.kid is None:
            continue
        curve = key.key.curve.name if isinstance(key.key, ec.EllipticCurvePublicKey) else ""
        mark = (key.kid, type(key.key), curve)
        if mark in seen:
            raise BadKeySet("one kid for two keys")
        seen.add(mark)


def _read_key(entry: Mapping[str, Any]) -> PublicJwk | None:
    if not PRIVATE_MEMBERS.isdisjoint(entry):
        raise BadKeySet("a private or shared key")
    kty, kid, alg = entry.get("kty"), entry.get("kid"), entry.get("alg")
    if not isinstance(kty, str) or not isinstance(kid, str | None) or not isinstance(alg, str | None):
        raise BadKeySet("kty, kid or alg is not text")
    if kty not in _NUMBERS or entry.get("crv") not in _CURVES[kty]:
        return None
    return PublicJwk(kid, _import(kty, entry), alg)


def _import(kty: str, entry: Mapping[str, Any]) -> PublicKey:
    numbers = {name: entry.get(name) for name in _NUMBERS[kty]}
    if not all(isinstance(value, str) and len(value) <= MAXIMUM_RSA_BITS // 5 for value in numbers.values()):
        raise BadKeySet("a number that is missing or too long")
    try:
        if kty == "RSA":
            _check_rsa(base64_to_int(str(numbers["n"])), base64_to_int(str(numbers["e"])))
        key: Any = joserfc_jwk.import_key({"kty": kty, **numbers}).public_key  # type: ignore[dict-item]
    except (JoseError, ValueError, TypeError) as error:
        raise BadKeySet("a key that does not parse") from error
    return cast("PublicKey", key)


def _check_rsa(modulus: int, exponent: int) -> None:
    """Before the import, which only warns of a weak key."""
    if not MINIMUM_RSA_BITS <= modulus.bit_length() <= MAXIMUM_RSA_BITS or exponent < MINIMUM_EXPONENT:
        raise BadKeySet("an RSA key that is too weak or too large")
