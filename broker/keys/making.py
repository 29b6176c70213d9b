"""New keys of the ring, and the snapshot that is made of its rows.

SAML keys carry a self-signed certificate, since metadata has nothing better to put a key in; nobody should read more than
the key out of it. Private keys are imported here, once for each snapshot.
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from broker.keys.ring import KeyRing, KeyState, RingKey
from broker.keys.rows import KeyChoice, KeyRow
from broker.keys.sealing import SealingVault
from metadata.wire.signing import PrivateKey, PublicKey, Signer, UnfitKey, signer

_PURPOSE = "ring"
_REMOVED = "ring-removed"
_CERTIFICATE_DAYS = 10 * 365
DAY = 86400
METADATA_VALID = 15 * DAY
"""Longer than our own metadata is valid: so long may others go by what they fetched before."""
_SERIAL_BITS = 159

_MAKE: dict[str, Callable[[], PrivateKey]] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


@dataclass(frozen=True, slots=True)
class Need:
    """A key that the ring must have at any time: what for, and of which algorithm; and at which pace one follows another.

    A next key that is made by itself is published for `lead` seconds before it signs; the one before is kept for `retire`
    seconds after. Both are longer than others keep what they fetched, and `retire` than anything lives that was signed.
    Where others pin a key by hand (`pinned`), none is made by itself.
    """

    use: str
    alg: str
    certificate: bool = False
    lead: int = 2 * DAY
    retire: int = 2 * DAY
    pinned: bool = False


NEEDS = (
    Need("oidc", "ES256"),
    Need("oidc", "RS256"),
    Need("saml", "RS256", certificate=True, lead=METADATA_VALID),
    Need("saml", "ES256", certificate=True, lead=METADATA_VALID),
    Need("saml-encryption", "RS256", certificate=True, retire=METADATA_VALID),
    Need("saml-metadata", "RS256", certificate=True, lead=30 * DAY, pinned=True),
    Need("checkpoint", "Ed25519"),
    Need("federation", "ES256", lead=30 * DAY, retire=30 * DAY, pinned=True),
)
"""The ring of a broker. The encryption key is named by the algorithm of its kind, though it never signs."""


class NoSuchKey(Exception):
    """The ring has no place for a key of this use and algorithm, or no key of this name."""


def need(use: str, alg: str) -> Need:
    """The row of `NEEDS`. Raises NoSuchKey."""
    for row in NEEDS:
        if (row.use, row.alg) == (use, alg):
            return row
    raise NoSuchKey(f"{use} {alg}")


def new_key(
    wanted: Need, state: KeyState, name: str, vault: SealingVault, now: int, due_at: int | None = None
) -> KeyRow:
    """A fresh key, sealed. `name` is the broker's, for the certificate."""
    private = _MAKE[wanted.alg]()
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    kid = hashlib.sha256(public).hexdigest()[:16]
    plain = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate = _certificate(private, name, now) if wanted.certificate else None
    sealed = vault.seal(_PURPOSE, plain, kid.encode())
    return KeyRow(kid, wanted.use, wanted.alg, state, now, public, sealed, certificate, due_at, now)


def first_keys(name: str, vault: SealingVault, now: int) -> tuple[KeyRow, ...]:
    """An active key for every need."""
    return tuple(new_key(wanted, KeyState.ACTIVE, name, vault, now) for wanted in NEEDS)


def _certificate(private: PrivateKey, name: str, now: int) -> bytes:
    at = dt.datetime.fromtimestamp(now, dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(1 + secrets.randbits(_SERIAL_BITS))
        .not_valid_before(at - dt.timedelta(hours=1))
        .not_valid_after(at + dt.timedelta(days=_CERTIFICATE_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    return built.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def load_ring(rows: Iterable[KeyRow], vault: SealingVault, choices: Iterable[KeyChoice] = ()) -> KeyRing:
    """The snapshot: every private key imported once. Raises Unsealable, UnfitKey."""
    loaded = [(row, *_load(row, vault)) for row in rows]
    keys = [RingKey(made, row.use, row.state, row.since) for row, made, _ in loaded]
    active = {(row.use, row.alg): made for row, made, _ in loaded if row.state is KeyState.ACTIVE}
    decrypting = sorted(
        (_DECRYPTING.index(row.state), -row.since, place)
        for place, (row, _, private) in enumerate(loaded)
        if row.use == "saml-encryption" and private is not None and row.state in _DECRYPTING
    )
    decryption = [loaded[place][2] for _, _, place in decrypting]
    chosen = _chosen([(row, made) for row, made, _ in loaded], choices)
    return KeyRing(keys, active, [key for key in decryption if key is not None], vault, chosen)


def _chosen(
    loaded: Iterable[tuple[KeyRow, Signer]], choices: Iterable[KeyChoice]
) -> dict[tuple[str, str, str], Signer]:
    """What signs for services that have a key of their own. One that was removed since counts for nothing."""
    standing = {row.kid: (row, made) for row, made in loaded if row.state is not KeyState.REMOVED}
    named = ((choice.service, *standing[choice.kid]) for choice in choices if choice.kid in standing)
    return {(service, row.use, row.alg): made for service, row, made in named}


_DECRYPTING = (KeyState.ACTIVE, KeyState.NEXT, KeyState.RETIRING)


def _load(row: KeyRow, vault: SealingVault) -> tuple[Signer, PrivateKey | None]:
    if row.state is KeyState.REMOVED:
        if vault.open(_REMOVED, row.sealed, row.kid.encode()) != row.public_key:
            raise UnfitKey(f"{row.kid} is not what was removed")
        return Signer(row.kid, row.alg, _public(row), row.certificate, sign=_gone), None
    private = serialization.load_der_private_key(vault.open(_PURPOSE, row.sealed, row.kid.encode()), None)
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise UnfitKey(type(private).__name__)
    return signer(private, kid=row.kid, alg=row.alg, certificate=row.certificate), private


def removed(row: KeyRow, vault: SealingVault, now: int) -> KeyRow:
    """The row with its private key destroyed. What takes its place proves that the public key was ours, so that the log
    that it signed can still be verified.
    """
    proof = vault.seal(_REMOVED, row.public_key, row.kid.encode())
    return replace(row, state=KeyState.REMOVED, since=now, sealed=proof, due_at=None)


def _public(row: KeyRow) -> PublicKey:
    public = serialization.load_der_public_key(row.public_key)
    if not isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        raise UnfitKey(type(public).__name__)
    return public


def _gone(_: bytes) -> bytes:
    raise NoSuchKey("the key was removed")
