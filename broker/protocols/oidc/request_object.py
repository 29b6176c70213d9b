"""Request objects by value (RFC 9101, OpenID Connect Core section 6.1): an authorization request that its client has signed.

What is outside of the object counts for nothing but to find the client. Each object serves once.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from broker.login.ports import Services
from broker.protocols.oidc import authorization_details
from broker.protocols.oidc.client_auth.private_key_jwt import ALGORITHMS
from broker.protocols.oidc.errors import AuthorizeError
from broker.protocols.oidc.parameters import Parameters
from broker.protocols.oidc.wire import PATHS
from idp_adapters.base import Consume
from metadata.described_keys import key_id
from metadata.register import OidcClient
from metadata.wire.claims import JoseRefused, check_audience, check_issuer, check_times
from metadata.wire.jose import Verified, verify

TYPES: Final = (None, "JWT", "oauth-authz-req+jwt")
LONGEST: Final = 48 * 1024
"""Octets: an object may carry a trust chain in its header."""
LONGEST_LIFE: Final = 3600
CONSUMED: Final = "request-object"
_OF_THE_TOKEN: Final = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti"})
_NEVER_WITHIN: Final = ("request", "request_uri", "sub")


def opened(sent: Parameters, client: OidcClient, now: int, on: Services) -> tuple[Parameters, tuple[Consume, ...]]:
    """The parameters that count, and what their object uses up. Raises AuthorizeError.

    A client without keys cannot sign: what it sends is left as it is, and refused as not supported.
    """
    token = sent.get("request")
    if not token or (client.jwks is None and client.jwks_uri is None):
        return sent, ()
    try:
        verified = _verified(token, client, now, on)
        parameters = Parameters(_parameters(verified.claims), signed=True, posted=sent.posted)
        return parameters, (_use(token, verified, client),)
    except JoseRefused as error:
        raise AuthorizeError("invalid_request_object", f"the request object is refused: {error.reason}") from error


def _verified(token: str, client: OidcClient, now: int, on: Services) -> Verified:
    registered = client.request_object_signing_alg
    algorithms = (registered,) if registered else ALGORITHMS
    verified = verify(token, on.client_keys(client, token), algorithms=algorithms, typ=TYPES, longest=LONGEST)
    claims = verified.claims
    check_issuer(claims, client.client_id)
    if claims.get("client_id") != client.client_id:
        raise JoseRefused("another client_id")
    if within := [name for name in _NEVER_WITHIN if name in claims]:
        raise JoseRefused(f"{within[0]} may not stand in it")
    _check_audience(claims, client, on)
    check_times(claims, now, required=("exp",))
    if claims["exp"] > now + LONGEST_LIFE + 60:
        raise JoseRefused("lives too long")
    return verified


def _check_audience(claims: Mapping[str, Any], client: OidcClient, on: Services) -> None:
    """The issuer; the Swedish profile allows the endpoint too, a federation (section 12.1.1.1) nobody else at all."""
    base = on.settings.base_url
    if client.require_signed_request_object:
        check_audience({"aud": _only(claims.get("aud"))}, base, single=True)
    else:
        check_audience(claims, (base, base + PATHS["authorization_endpoint"]))


def _only(audience: Any) -> Any:
    return audience[0] if isinstance(audience, list) and len(audience) == 1 else audience


def _use(token: str, verified: Verified, client: OidcClient) -> Consume:
    """By its `jti`, which a client of a federation must give; else by what it is."""
    jti = verified.claims.get("jti")
    if jti is None and not client.require_signed_request_object:
        jti = hashlib.sha256(token.encode()).hexdigest()
    if not isinstance(jti, str) or not 0 < len(jti) <= 255:  # noqa: PLR2004
        raise JoseRefused("no jti")
    expires, made_by = verified.claims["exp"], key_id(verified.key.key)
    return Consume(CONSUMED, f"{client.client_id}\x1f{jti}", expires + 60, made_by)


def _parameters(claims: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(name, value) for name, value in claims.items() if name not in _OF_THE_TOKEN}


def _text(name: str, value: Any) -> str:
    """A parameter as it would stand in an address."""
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    if isinstance(value, dict) or (name == authorization_details.PARAMETER and isinstance(value, list)):
        return json.dumps(value)
    raise JoseRefused(f"{name} is no parameter")
