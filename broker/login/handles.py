"""Handles and references: what the browser holds, and how the store knows it again.

A secret in a cookie or an address is random and stored only as its SHA-256; the reference is no secret.
"""

import hashlib
import secrets

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_secret() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> bytes:
    """What the store keeps of a high-entropy secret."""
    return hashlib.sha256(secret.encode()).digest()


def new_reference() -> str:
    """A code that a person can read out: eight characters of Crockford base32 in two groups."""
    number = secrets.randbits(40)
    letters = "".join(_CROCKFORD[number >> shift & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"
