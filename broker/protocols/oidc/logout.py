"""RP-Initiated Logout 1.0, the reading half: who asks, whose sign-on is meant, and where the browser may go back to."""

from collections.abc import Mapping
from dataclasses import dataclass

from broker.login.ports import Services
from broker.protocols.oidc.hints import read_id_token
from metadata.register import ReturnAddress, Service, UnknownService, UnprovenAddress, post_logout_address
from metadata.wire.claims import JoseRefused
from trust_framework.reasons import REASONS, Refusal


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """`sid` is set only by a valid id_token_hint: without one the person must confirm. `back` is proven or None."""

    service: Service | None
    sid: str | None
    back: ReturnAddress | None
    state: str | None


def read(parameters: Mapping[str, str], on: Services) -> LogoutRequest:
    """Read a request (section 2). Raises Refusal for a hint that is not ours, a client or an address that do not fit."""
    claims = _hint(parameters.get("id_token_hint", ""), on)
    client_id = parameters.get("client_id") or str(claims.get("aud", ""))
    if claims and client_id != claims.get("aud"):
        raise Refusal(REASONS["request-malformed"], "client_id is not the audience of id_token_hint")
    service = _service(client_id, on)
    back = parameters.get("post_logout_redirect_uri")
    address = _back(service, back) if back else None
    sid = claims.get("sid")
    return LogoutRequest(service, str(sid) if sid else None, address, parameters.get("state"))


def _hint(token: str, on: Services) -> dict[str, object]:
    if not token:
        return {}
    try:
        return read_id_token(token, None, on)
    except JoseRefused as error:
        raise Refusal(REASONS["request-signature"], f"id_token_hint: {error.reason}") from error


def _service(client_id: str, on: Services) -> Service | None:
    if not client_id:
        return None
    try:
        return on.federation().register.by_client_id(client_id)
    except UnknownService as error:
        raise Refusal(REASONS["request-unknown-service"], "client_id") from error


def _back(service: Service | None, uri: str) -> ReturnAddress:
    """An address is proven against the client that asks, never guessed from the address (section 3)."""
    if service is None:
        raise Refusal(REASONS["request-address"], "post_logout_redirect_uri without a client")
    try:
        return post_logout_address(service, uri)
    except UnprovenAddress as error:
        raise Refusal(REASONS["request-address"], "post_logout_redirect_uri", {"service_id": service.id}) from error
