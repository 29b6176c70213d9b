"""Client authentication (RFC 6749 section 2.3): exactly one method a request, and the one that is registered.

A method is a module with `present(request) -> bool`, `client_id(request) -> str` and
`prove(request, client, now, on) -> Consumed`; to add one, write its module and a line in `METHODS`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from broker.login.ports import Services
from broker.protocols.oidc.client_auth import basic, none, post, private_key_jwt
from broker.protocols.oidc.client_auth.base import Method, TokenRequest
from broker.protocols.oidc.errors import InvalidClient, InvalidRequest
from idp_adapters.base import Consume
from metadata.register import OidcClient, Service, UnknownService

METHODS: dict[str, Method] = {
    "private_key_jwt": private_key_jwt,
    "client_secret_basic": basic,
    "client_secret_post": post,
    "none": none,
}

__all__ = ["METHODS", "TokenRequest", "authenticate"]


def authenticate(
    request: TokenRequest, now: int, on: Services, methods: Mapping[str, Method] = MappingProxyType(METHODS)
) -> tuple[Service, OidcClient, tuple[Consume, ...]]:
    """The client, proven, and what its proof uses up. Raises InvalidClient, InvalidRequest."""
    presented = [name for name, method in methods.items() if method.present(request)]
    if len(presented) > 1:  # a client_id without what any other method brings is one by itself only
        presented = [name for name in presented if name != "none"]
    if not presented:
        raise InvalidClient("client authentication is needed")
    if len(presented) > 1:
        raise InvalidRequest("more than one client authentication method is used")
    name = presented[0]
    client_id = methods[name].client_id(request)
    if request.form.get("client_id", client_id) != client_id:
        raise InvalidRequest("client_id does not match the client authentication")
    service = _service(client_id, request, on)
    client = service.oidc
    if client is None or client.token_endpoint_auth_method != name:
        raise InvalidClient("client authentication failed", f"{name} is not registered", basic=request.tried_basic)
    return service, client, methods[name].prove(request, client, now, on)


def _service(client_id: str, request: TokenRequest, on: Services) -> Service:
    try:
        return on.federation().register.by_client_id(client_id)
    except UnknownService as error:
        raise InvalidClient("client authentication failed", "unknown client", basic=request.tried_basic) from error
