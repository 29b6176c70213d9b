"""client_secret_post (RFC 6749 section 2.3.1), in the body only."""

from broker.login.ports import Services
from broker.protocols.oidc.client_auth.base import TokenRequest
from broker.protocols.oidc.client_auth.secret import check
from idp_adapters.base import Consume
from metadata.register import OidcClient


def present(request: TokenRequest) -> bool:
    """Whether the request uses this method."""
    return "client_secret" in request.form


def client_id(request: TokenRequest) -> str:
    """Who it says it is."""
    return request.form.get("client_id", "")


def prove(request: TokenRequest, client: OidcClient, now: int, on: Services) -> tuple[Consume, ...]:  # noqa: ARG001
    """Check the secret."""
    check(request.form["client_secret"], client, on, basic=False)
    return ()
