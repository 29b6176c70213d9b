"""The tokens themselves: ID token (OpenID Connect Core section 2) and access token (RFC 9068)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from broker.login.effects import Grant
from broker.login.ports import Services
from broker.protocols.oidc.asked import API_SCOPES
from broker.protocols.oidc.authorization_details import PARAMETER
from broker.protocols.oidc.claims import claims_of
from broker.protocols.oidc.content import Content
from broker.protocols.oidc.errors import InvalidToken
from broker.protocols.oidc.patient_context import Context, for_token
from metadata.register import OidcClient
from metadata.wire.claims import JoseRefused, check_issuer, check_times
from metadata.wire.jose import at_hash, issue, verify
from trust_framework.identity import Attributes

ID_TOKEN_LIFETIME: Final = 300
ACCESS_TOKEN_LIFETIME: Final = 300
ACCESS_TOKEN_ALG: Final = "ES256"
ACCESS_TOKEN_TYPE: Final = "at+jwt"


@dataclass(frozen=True, slots=True)
class Access:
    """An access token and what names it in the log."""

    token: str
    jti: str


def access_token(
    grant: str, client: OidcClient, sub: str, scope: str, now: int, on: Services, context: Context | None = None
) -> Access:
    """A signed access token. It says nothing of the person but the client's own `sub` (RFC 9068 section 2.2), and of a
    patient no more than the resource servers that it is for can compare.

    Its `jti` leads back to the grant, so that revocation and new decisions reach every token of it.
    """
    jti = f"{grant}.{secrets.token_urlsafe(8)}"
    claims: dict[str, Any] = {
        "iss": on.settings.base_url,
        "aud": audience(scope, on),
        "sub": sub,
        "client_id": client.client_id,
        "iat": now,
        "exp": now + ACCESS_TOKEN_LIFETIME,
        "jti": jti,
        "scope": scope,
    }
    if context:
        claims[PARAMETER] = for_token(context, jti, services_named(scope, on), on)
    return Access(issue(claims, on.keys().signer("oidc", ACCESS_TOKEN_ALG), typ=ACCESS_TOKEN_TYPE), jti)


def api_audience(on: Services) -> str:
    """The JSON API as an audience."""
    return f"{on.settings.base_url}/api/v1"


def audience(scope: str, on: Services) -> str | list[str]:
    """Whom a token is for: the services whose client_id is among the scope values, else this broker's own userinfo."""
    values, named = scope.split(" "), services_named(scope, on)
    if not API_SCOPES.isdisjoint(values):
        named.append(api_audience(on))
    if "openid" in values or not named:
        named.insert(0, on.settings.base_url)
    return named[0] if len(named) == 1 else named


def services_named(scope: str, on: Services) -> list[str]:
    """The services that a scope names: a token with it is for them."""
    register = on.federation().register
    return [value for value in scope.split(" ") if register.has_client(value)]


@dataclass(frozen=True, slots=True)
class Read:
    """An access token of ours whose signature and times hold; whether its grant still stands is another question."""

    claims: Mapping[str, Any]
    grant: str

    def is_for(self, audience: str) -> bool:
        """RFC 9068 section 4."""
        named = self.claims["aud"]
        return audience in ([named] if isinstance(named, str) else named)


def read_access_token(token: str, now: int, on: Services) -> Read:
    """Verify an access token of ours. Raises InvalidToken."""
    keys = [(key.signer.kid, key.signer.public_key) for key in on.keys().published("oidc")]
    try:
        claims = verify(token, keys, algorithms=(ACCESS_TOKEN_ALG,), typ=(ACCESS_TOKEN_TYPE,)).claims
        check_issuer(claims, on.settings.base_url)
        check_times(claims, now, skew=0, required=("exp",))
    except JoseRefused as error:
        raise InvalidToken("the access token is not valid", error.reason) from error
    return Read(claims, str(claims["jti"]).partition(".")[0])


def id_token(
    content: Content,
    client: OidcClient,
    access: str,
    attributes: Attributes,
    nonce: str | None,
    now: int,
    on: Services,
    service: str = "",
) -> str:
    """A signed ID token. `auth_time` is when the person identified, never now. `service` may have a key of its own."""
    identity = content.identity
    alg = client.id_token_signed_response_alg
    claims = {
        **claims_of(attributes, content.id_token),
        "iss": on.settings.base_url,
        "sub": content.sub,
        "aud": client.client_id,
        "iat": now,
        "exp": now + ID_TOKEN_LIFETIME,
        "auth_time": identity.authenticated_at,
        "acr": identity.level,
        "sid": content.sid,
        "at_hash": at_hash(access, alg),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    if identity.authn_methods:
        claims["amr"] = list(identity.authn_methods)
    return issue(claims, on.keys().signer("oidc", alg, service))


def grant_expires(grant: Grant, now: int) -> bool:
    """Whether a grant no longer gives anything."""
    return grant.revoked_at is not None or now >= grant.expires_at
