"""authorization_code (RFC 6749 section 4.1.3, RFC 7636 section 4.5)."""

import hmac
import re
from dataclasses import replace
from typing import Final

from broker.login.effects import Once
from broker.login.ports import Services
from broker.protocols.oidc.errors import InvalidGrant
from broker.protocols.oidc.grants.base import Form, Granted, Reused, required
from broker.protocols.oidc.grants.personal import ended, granted, standing
from metadata.register import OidcClient, Service
from metadata.wire.oidc_messages import code_challenge

GRANT_TYPE: Final = "authorization_code"
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def handle(form: Form, service: Service, client: OidcClient, now: int, on: Services) -> Granted:
    """Redeem a code. Raises InvalidGrant, InvalidRequest, and Reused when it was redeemed before."""
    secret, verifier = required(form, "code"), required(form, "code_verifier")
    code = on.store.once("code", secret)
    if code is None or code.owner != service.id:
        raise InvalidGrant("the code is unknown")
    if code.used_at is not None:
        raise Reused(ended(code, "code-used-again", now))
    if now >= code.expires_at:
        raise InvalidGrant("the code has expired")
    _check_bound(code, required(form, "redirect_uri"), verifier)
    tokens = granted(
        standing(code.grant, client, "code", form, now, on), client, code, GRANT_TYPE, code.payload["nonce"], now, on
    )
    return replace(tokens, lost=ended(code, "code-used-again", now))


def _check_bound(code: Once, redirect_uri: str, verifier: str) -> None:
    """The code's binding to redirect URI and PKCE. Raises InvalidGrant."""
    if redirect_uri != code.payload["uri"]:
        raise InvalidGrant("redirect_uri is not that of the authorization request")
    challenge = code_challenge(verifier).encode()
    if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(challenge, code.payload["challenge"].encode()):
        raise InvalidGrant("code_verifier does not match")
