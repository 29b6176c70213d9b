"""client_secret_basic (RFC 6749 section 2.3.1): both parts are percent-encoded before they are joined."""

import base64
from urllib.parse import unquote_plus

from broker.login.ports import Services
from broker.protocols.oidc.client_auth.base import TokenRequest
from broker.protocols.oidc.client_auth.secret import check
from broker.protocols.oidc.errors import InvalidClient
from idp_adapters.base import Consume
from metadata.register import OidcClient


def present(request: TokenRequest) -> bool:
    """Whether the request uses this method."""
    return request.authorization is not None


def client_id(request: TokenRequest) -> str:
    """Who it says it is."""
    return _parts(request)[0]


def prove(request: TokenRequest, client: OidcClient, now: int, on: Services) -> tuple[Consume, ...]:  # noqa: ARG001
    """Check the secret."""
    check(_parts(request)[1], client, on, basic=True)
    return ()


def _parts(request: TokenRequest) -> tuple[str, str]:
    scheme, _, credentials = (request.authorization or "").partition(" ")
    try:
        name, colon, value = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except ValueError as error:  # not ASCII, not base64, or not UTF-8
        raise InvalidClient("malformed Authorization header", basic=True) from error
    if scheme.lower() != "basic" or not colon:
        raise InvalidClient("malformed Authorization header", basic=True)
    return unquote_plus(name), unquote_plus(value)
