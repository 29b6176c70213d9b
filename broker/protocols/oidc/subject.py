"""What a client calls a person and a sign-on: never the same in two sectors (OpenID Connect Core section 8.1).

Both are keyed hashes of random internal ids, so that nothing of a personal number is in them.
"""

from broker.keys.ring import KeyRing
from metadata.register import OidcClient
from metadata.wire.base64url import base64url


def subject_of(client: OidcClient, person: str, keys: KeyRing) -> str:
    """The `sub` of a person at a client: pairwise by sector unless the client registered `public`."""
    sector = "" if client.subject_type == "public" else client.sector_identifier
    return base64url(keys.vault.keyed_hash("subject", f"{sector}\x1f{person}".encode()))


def session_of(service: str, root: str, keys: KeyRing) -> str:
    """The `sid` of a sign-on at a service (Back-Channel Logout 1.0 section 2.1)."""
    return base64url(keys.vault.keyed_hash("session", f"{service}\x1f{root}".encode())[:16])
