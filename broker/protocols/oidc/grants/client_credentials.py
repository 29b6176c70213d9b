"""client_credentials (RFC 6749 section 4.4): a token for the client itself, and no refresh token."""

import secrets
from typing import Any, Final

from broker.audit.events import TokensIssued
from broker.login.effects import Effects, Grant, SaveGrant
from broker.login.ports import Services
from broker.protocols.oidc import tokens
from broker.protocols.oidc.authorization_details import PARAMETER
from broker.protocols.oidc.errors import InvalidAuthorizationDetails, InvalidScope, UnauthorizedClient
from broker.protocols.oidc.grants.base import Form, Granted
from metadata.register import OidcClient, Service
from trust_framework.decide import stopped

GRANT_TYPE: Final = "client_credentials"
PERSONAL_SCOPES = frozenset({"openid", "offline_access"})


def handle(form: Form, service: Service, client: OidcClient, now: int, on: Services) -> Granted:
    """Issue. Raises InvalidScope, UnauthorizedClient, InvalidAuthorizationDetails."""
    if client.token_endpoint_auth_method == "none" or stopped(on.federation().parties[service.id], now):
        raise UnauthorizedClient("the client may not act for itself")
    if PARAMETER in form:
        raise InvalidAuthorizationDetails("a patient's information is opened to a person in a commission")
    scope = _scope(form.get("scope"), client)
    grant = Grant(secrets.token_hex(16), service.id, None, None, now + tokens.ACCESS_TOKEN_LIFETIME, {"scope": scope})
    access = tokens.access_token(grant.id, client, client.client_id, scope, now, on)
    event = TokensIssued(
        at=now,
        service=service.id,
        grant=grant.id,
        grant_type=GRANT_TYPE,
        tokens=("access_token",),
        access=access.jti,
        scope=scope,
    )
    response: dict[str, Any] = {
        "access_token": access.token,
        "token_type": "Bearer",
        "expires_in": tokens.ACCESS_TOKEN_LIFETIME,
    }
    if scope:  # an empty one is none (RFC 6749 section 3.3)
        response["scope"] = scope
    return Granted(response, Effects((SaveGrant(grant),), (event,)))


def _scope(asked: str | None, client: OidcClient) -> str:
    registered = client.scope - PERSONAL_SCOPES
    if asked is None:
        return " ".join(sorted(registered))
    words = asked.split(" ")
    if not registered.issuperset(words):
        raise InvalidScope("scope is not registered for the client")
    return " ".join(dict.fromkeys(words))
