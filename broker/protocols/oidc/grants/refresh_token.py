"""refresh_token (RFC 6749 section 6) with rotation and reuse detection (RFC 9700 section 4.14).

A token used again within the grace is refused and ends nothing: the client has most likely retried. Later it ends the
family. No token is ever returned twice.
"""

from dataclasses import replace
from typing import Final

from broker.login.effects import Once
from broker.login.ports import Services
from broker.protocols.oidc.content import narrowed
from broker.protocols.oidc.errors import InvalidGrant, InvalidScope
from broker.protocols.oidc.grants.base import Form, Granted, Reused, required
from broker.protocols.oidc.grants.personal import REFRESH, Standing, ended, granted, standing
from metadata.register import OidcClient, Service

GRANT_TYPE: Final = REFRESH
GRACE = 10


def handle(form: Form, service: Service, client: OidcClient, now: int, on: Services) -> Granted:
    """Refresh. Raises InvalidGrant, InvalidScope, and Reused for a token used before the grace."""
    token = on.store.once("refresh", required(form, "refresh_token"))
    if token is None or token.owner != service.id:
        raise InvalidGrant("the refresh token is unknown")
    if token.used_at is not None:
        raise InvalidGrant("the refresh token was just used") if _within_grace(token, now) else _reused(token, now)
    if now >= token.expires_at:
        raise InvalidGrant("the refresh token has expired")
    found = _narrow(standing(token.grant, client, "refresh", form, now, on), form.get("scope"))
    return granted(found, client, token, GRANT_TYPE, None, now, on)


def _within_grace(token: Once, now: int) -> bool:
    return token.used_at is not None and now - token.used_at <= GRACE


def _reused(token: Once, now: int) -> Reused:
    return Reused(ended(token, "refresh-token-used-again", now))


def _narrow(found: Standing, scope: str | None) -> Standing:
    """The scope of this answer may shrink, never grow (RFC 6749 section 6). The grant itself keeps its own."""
    if scope is None:
        return found
    had, wanted = found.content.scope.split(" "), scope.split(" ")
    if not set(wanted) <= set(had):
        raise InvalidScope("scope is wider than what was granted")
    kept = " ".join(value for value in had if value in wanted)
    return replace(found, content=narrowed(found.content, kept))
