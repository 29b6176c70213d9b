"""Octets as text that may stand in addresses and tokens: base64url without padding (RFC 4648 section 5, RFC 7515 section 2)."""

from base64 import b64decode, urlsafe_b64encode


def base64url(octets: bytes) -> str:
    """The text."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def octets_of(text: str) -> bytes:
    """The octets. Raises ValueError."""
    return b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
