"""Comparing a client secret with the peppered hash that the register holds."""

import hmac

from broker.login.ports import Services
from broker.protocols.oidc.errors import InvalidClient
from metadata.register import OidcClient


def check(secret: str, client: OidcClient, on: Services, *, basic: bool) -> None:
    """Return when the secret is the client's. Raises InvalidClient; the comparison takes constant time."""
    given = on.hash_secret(secret)
    if client.secret_hash is None or not hmac.compare_digest(given, client.secret_hash):
        raise InvalidClient("client authentication failed", "secret", basic=basic)
