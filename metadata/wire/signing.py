"""Signatures over bytes, the same for JOSE and XML.

Owns the one value that can sign (`Signer`) and the one function that verifies (`verify`). Names of
algorithms are those of RFC 7518; `metadata.wire.xmldsig` maps them to URIs. ECDSA signatures are r||s of fixed
length, as RFC 7518 section 3.4 and XML Signature 1.1 section 6.4.3 both want. Keys are imported once, never on a
request: importing an RSA private key costs fifty times a signature.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

MINIMUM_RSA_BITS = 2048


class UnfitKey(Exception):
    """The key is of the wrong kind or too weak for the algorithm."""


class BadSignature(Exception):
    """The signature does not verify, or the key cannot have made it."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A row of RFC 7518 section 3.1 (and RFC 9864 for Ed25519), as far as tillit speaks it."""

    name: str
    family: type
    digest: hashes.HashAlgorithm | None
    curve: type[ec.EllipticCurve] | None = None
    pss: bool = False


ALGORITHMS: dict[str, Algorithm] = {
    row.name: row
    for row in (
        Algorithm("RS256", rsa.RSAPublicKey, hashes.SHA256()),
        Algorithm("RS384", rsa.RSAPublicKey, hashes.SHA384()),
        Algorithm("RS512", rsa.RSAPublicKey, hashes.SHA512()),
        Algorithm("PS256", rsa.RSAPublicKey, hashes.SHA256(), pss=True),
        Algorithm("ES256", ec.EllipticCurvePublicKey, hashes.SHA256(), ec.SECP256R1),
        Algorithm("ES384", ec.EllipticCurvePublicKey, hashes.SHA384(), ec.SECP384R1),
        Algorithm("ES512", ec.EllipticCurvePublicKey, hashes.SHA512(), ec.SECP521R1),
        Algorithm("Ed25519", ed25519.Ed25519PublicKey, None),
    )
}


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key that may be used, behind one call; the key itself may live in a file or a token (PKCS#11).

    `certificate` is DER, for SAML. `sign` takes the bytes to be signed and returns the raw signature.
    """

    kid: str
    alg: str
    public_key: PublicKey
    certificate: bytes | None = None
    sign: Callable[[bytes], bytes] = field(repr=False, kw_only=True)


def check_fit(alg: str, key: PublicKey) -> Algorithm:
    """The row of `alg` when `key` may be used with it. Raises UnfitKey."""
    row = ALGORITHMS.get(alg)
    if row is None or not isinstance(key, row.family):
        raise UnfitKey(f"{type(key).__name__} does not fit {alg}")
    if isinstance(key, rsa.RSAPublicKey) and (key.key_size < MINIMUM_RSA_BITS or key.public_numbers().e < 2**16):
        raise UnfitKey("RSA key under 2048 bits, or with a small exponent")
    if isinstance(key, ec.EllipticCurvePublicKey) and (row.curve is None or not isinstance(key.curve, row.curve)):
        raise UnfitKey(f"curve {key.curve.name} does not fit {alg}")
    return row


def signer(private: PrivateKey, *, kid: str, alg: str, certificate: bytes | None = None) -> Signer:
    """A Signer over a key held in memory. Raises UnfitKey."""
    row = check_fit(alg, private.public_key())
    return Signer(kid, alg, private.public_key(), certificate, sign=_sign_with(private, row))


def _sign_with(private: PrivateKey, row: Algorithm) -> Callable[[bytes], bytes]:
    digest = row.digest
    if isinstance(private, ed25519.Ed25519PrivateKey) or digest is None:
        return private.sign  # type: ignore[call-arg,return-value,unused-ignore]  # Ed25519 has no digest to choose
    if isinstance(private, rsa.RSAPrivateKey):
        pad = padding.PSS(padding.MGF1(digest), digest.digest_size) if row.pss else padding.PKCS1v15()
        return lambda data: private.sign(data, pad, digest)
    size = (private.key_size + 7) // 8
    ecdsa = ec.ECDSA(digest)

    def sign(data: bytes) -> bytes:
        r, s = utils.decode_dss_signature(private.sign(data, ecdsa))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return sign


def verify(alg: str, key: PublicKey, signature: bytes, data: bytes) -> None:
    """Return when `signature` over `data` is `key`'s. Raises BadSignature, also for a key that does not fit."""
    try:
        row = check_fit(alg, key)
        if isinstance(key, ed25519.Ed25519PublicKey) or row.digest is None:
            key.verify(signature, data)  # type: ignore[call-arg,arg-type,unused-ignore]  # Ed25519 has no digest to choose
        elif isinstance(key, rsa.RSAPublicKey):
            pad = padding.PSS(padding.MGF1(row.digest), row.digest.digest_size) if row.pss else padding.PKCS1v15()
            key.verify(signature, data, pad, row.digest)
        else:
            key.verify(_der(signature, (key.key_size + 7) // 8), data, ec.ECDSA(row.digest))
    except (InvalidSignature, UnfitKey, ValueError) as error:
        raise BadSignature(alg) from error


def _der(signature: bytes, size: int) -> bytes:
    if len(signature) != 2 * size:
        raise BadSignature("length")
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    if not r or not s:
        raise BadSignature("zero")  # CVE-2022-21449 class
    return utils.encode_dss_signature(r, s)


def private_key(pem: bytes) -> PrivateKey:
    """Read an unencrypted PEM key. Raises UnfitKey for anything that is not one of ours."""
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise UnfitKey("not a readable private key") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise UnfitKey(type(key).__name__)
    return key
