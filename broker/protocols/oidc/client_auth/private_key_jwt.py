"""private_key_jwt (OpenID Connect Core section 9, RFC 7523 section 3): a short assertion, for us alone, used once."""

from typing import Final

from broker.login.ports import Services
from broker.protocols.oidc.client_auth.base import TokenRequest
from broker.protocols.oidc.errors import InvalidClient
from broker.protocols.oidc.wire import PATHS
from idp_adapters.base import Consume
from metadata.described_keys import key_id
from metadata.register import OidcClient
from metadata.wire.claims import JoseRefused, check_audience, check_issuer, check_times
from metadata.wire.jose import claimed, verify

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS: Final = ("ES256", "ES384", "ES512", "PS256", "RS256", "RS384", "RS512", "Ed25519")
# In the field most carry none or JWT; the draft of RFC 7523bis has a value of its own. Every other one is refused.
TYPES: Final = (None, "JWT", "client-authentication+jwt")
LONGEST_LIFE = 300
LONGEST_JTI = 255
CONSUMED: Final = "client-assertion"


def present(request: TokenRequest) -> bool:
    """Whether the request uses this method."""
    return "client_assertion" in request.form or "client_assertion_type" in request.form


def client_id(request: TokenRequest) -> str:
    """Who the assertion says made it, before anything is verified."""
    try:
        return request.form.get("client_id") or claimed(request.form.get("client_assertion", ""), "sub")
    except JoseRefused as error:
        raise InvalidClient("client authentication failed", error.reason) from error


def prove(request: TokenRequest, client: OidcClient, now: int, on: Services) -> tuple[Consume, ...]:
    """Verify signature, issuer, audience and life; the jti is used up in the commit of the answer."""
    if request.form.get("client_assertion_type") != ASSERTION_TYPE:
        raise InvalidClient("unknown client_assertion_type")
    try:
        return _verified(request.form.get("client_assertion", ""), client, now, on)
    except JoseRefused as error:
        raise InvalidClient("client authentication failed", error.reason) from error


def _verified(assertion: str, client: OidcClient, now: int, on: Services) -> tuple[Consume, ...]:
    registered = client.token_endpoint_auth_signing_alg
    algorithms = (registered,) if registered else ALGORITHMS
    verified = verify(assertion, on.client_keys(client, assertion), algorithms=algorithms, typ=TYPES)
    claims = verified.claims
    check_issuer(claims, client.client_id)
    if claims.get("sub") != client.client_id:
        raise JoseRefused("another subject")
    check_audience(claims, _audiences(client, on), single=True)
    check_times(claims, now, required=("exp", "iat"))
    jti, expires = claims.get("jti"), claims["exp"]
    if expires > now + LONGEST_LIFE + 60:
        raise JoseRefused("lives too long")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise JoseRefused("no jti")
    return (Consume(CONSUMED, f"{client.client_id}\x1f{jti}", expires + 60, key_id(verified.key.key)),)


def _audiences(client: OidcClient, on: Services) -> tuple[str, ...]:
    """The issuer alone (FAPI 2.0 section 5.3.2.1); the token endpoint too for clients of the Swedish profile (3.1.1)."""
    base = on.settings.base_url
    return (base, base + PATHS["token_endpoint"]) if client.assertion_audience == "token_endpoint" else (base,)
