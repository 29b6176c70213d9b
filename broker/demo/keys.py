"""Keys of the services around the broker: made once, kept in the demo's folder, loaded by who uses them.

Owns files of keys, self-signed certificates (containers of keys in SAML metadata, nothing more) and shared secrets.
"""

import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from broker.demo.places import Places
from metadata.wire import signing
from metadata.wire.signing import PrivateKey, Signer

KINDS: Final = {
    "saml-idp": "RS256",
    "saml-idp-stranger": "RS256",
    "openid-provider": "ES256",
    "openid-provider-stranger": "ES256",
    "saml-service": "RS256",
    "saml-service-encryption": "RS256",
    "oidc-service": "ES256",
    "relying-party": "ES256",
}
"""Name → the algorithm that it is for."""

SECRETS: Final = ("api", "survey", "session")
LIFETIME: Final = timedelta(days=3650)


def make_all(places: Places) -> None:
    """Make what is not there yet."""
    for name, alg in KINDS.items():
        if not places.key(name).exists():
            _make(places, name, alg)
    for name in SECRETS:
        if not secret_path(places, name).exists():
            write_private(secret_path(places, name), secrets.token_urlsafe(32).encode())


_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def _make(places: Places, name: str, alg: str) -> None:
    key: _Key = rsa.generate_private_key(65537, 2048) if alg == "RS256" else ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    certificate = _self_signed(f"TEST tillit demo {name}", key)
    places.certificate(name).parent.mkdir(parents=True, exist_ok=True)
    places.certificate(name).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    write_private(places.key(name), pem)


def _self_signed(name: str, key: _Key) -> x509.Certificate:
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .sign(key, hashes.SHA256())
    )


def write_private(path: Path, content: bytes) -> None:
    """A file that only its owner may read, from its first byte."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def private_key(places: Places, name: str) -> PrivateKey:
    """The key of that name."""
    return signing.private_key(places.key(name).read_bytes())


def certificate(places: Places, name: str) -> bytes:
    """Its certificate, DER."""
    loaded = x509.load_pem_x509_certificate(places.certificate(name).read_bytes())
    return loaded.public_bytes(serialization.Encoding.DER)


def signer(places: Places, name: str) -> Signer:
    """What signs with it."""
    return signing.signer(private_key(places, name), kid=name, alg=KINDS[name], certificate=certificate(places, name))


def secret_path(places: Places, name: str) -> Path:
    """Where a shared secret is kept."""
    return places.folder / "services" / f"{name}.secret"


def secret(places: Places, name: str) -> str:
    """A shared secret."""
    return secret_path(places, name).read_text()
