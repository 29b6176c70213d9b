"""Keys as people and logs speak of them: one id for each public key, and what its certificate says.

Owns the id (`key_id`: the same for a certificate, a JWK and a key in memory) and the description of the keys of a service.
Which keys may be used is decided by `metadata.saml_rules` and `metadata.wire.jwk`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from metadata.wire.jose import PublicKeySet
from metadata.wire.saml_metadata_values import Key
from metadata.wire.signing import PublicKey

ID_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class DescribedKey:
    """A public key. `id` is the one by which the log knows it; `fingerprint` the SHA-256 of its certificate, where it has
    one, in hexadecimal; `name` the `kid` of a JWK. Times are epoch seconds, of the certificate. `use` None is for both.
    """

    id: str
    kind: str
    use: str | None = None
    name: str | None = None
    fingerprint: str | None = None
    valid_from: int | None = None
    valid_until: int | None = None

    @property
    def short(self) -> str:
        """The first eight octets of what people compare, with colons: of the certificate, else of the key."""
        digits = (self.fingerprint or self.id)[:16].upper()
        return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def key_id(key: PublicKey) -> str:
    """The first 16 octets of the SHA-256 of the SubjectPublicKeyInfo, in hexadecimal (a few microseconds)."""
    octets = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(octets).hexdigest()[:ID_DIGITS]


def kind_of(key: PublicKey) -> str:
    """What sort of key it is, and how long: `RSA 3072`, `P-256`, `Ed25519`."""
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"P-{key.key_size}" if key.curve.name.endswith("r1") else key.curve.name
    return "Ed25519"


def of_metadata(keys: Iterable[Key]) -> tuple[DescribedKey, ...]:
    """The keys of a role that can be read."""
    return tuple(_described(each.key, each.use, each.certificate) for each in keys if each.key is not None)


def of_set(keys: PublicKeySet) -> tuple[DescribedKey, ...]:
    """The keys of a JWKS document."""
    return tuple(DescribedKey(key_id(each.key), kind_of(each.key), "signing", each.kid) for each in keys.keys)


def of_pem(pem: str) -> DescribedKey | None:
    """The first certificate in a PEM text, or None when there is none that can be read."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        return _described(certificate.public_key(), None, certificate.public_bytes(Encoding.DER))  # type: ignore[arg-type]
    except ValueError:
        return None


def _described(key: PublicKey, use: str | None, der: bytes | None) -> DescribedKey:
    if der is None:
        return DescribedKey(key_id(key), kind_of(key), use)
    certificate = x509.load_der_x509_certificate(der)
    return DescribedKey(
        id=key_id(key),
        kind=kind_of(key),
        use=use,
        fingerprint=hashlib.sha256(der).hexdigest(),
        valid_from=int(certificate.not_valid_before_utc.timestamp()),
        valid_until=int(certificate.not_valid_after_utc.timestamp()),
    )
