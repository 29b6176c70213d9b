"""Keys for upstream providers under test."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from metadata.wire import signing
from metadata.wire.signing import PrivateKey, Signer

_MAKERS = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


@cache
def private_key(name: str, alg: str) -> PrivateKey:
    """One key a name, made once."""
    return _MAKERS[alg]()


def signer(name: str, alg: str = "ES256") -> Signer:
    """A signer whose kid is its name."""
    return signing.signer(private_key(name, alg), kid=name, alg=alg)
