"""none: a public client names itself and proves nothing; PKCE and its redirect URI bind what it gets (RFC 9700 2.1.1)."""

from broker.login.ports import Services
from broker.protocols.oidc.client_auth.base import TokenRequest
from idp_adapters.base import Consume
from metadata.register import OidcClient


def present(request: TokenRequest) -> bool:
    """Only when no other method is used."""
    proofs = {"client_secret", "client_assertion", "client_assertion_type"}
    return request.authorization is None and "client_id" in request.form and proofs.isdisjoint(request.form)


def client_id(request: TokenRequest) -> str:
    """Who it says it is."""
    return request.form["client_id"]


def prove(request: TokenRequest, client: OidcClient, now: int, on: Services) -> tuple[Consume, ...]:  # noqa: ARG001
    """Nothing to prove."""
    return ()
