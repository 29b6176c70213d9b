"""id_token_hint: an ID token of ours that names the person expected (OpenID Connect Core section 3.1.2.1)."""

from broker.login.ports import Services
from broker.protocols.oidc.errors import AuthorizeError
from metadata.register import OidcClient
from metadata.wire.claims import JoseRefused, check_audience, check_issuer
from metadata.wire.jose import verify

ID_TOKEN_TYPES = (None, "JWT")
ID_TOKEN_CLAIMS = frozenset({"sub", "aud", "exp", "iat", "auth_time"})


def read_id_token(token: str, client: OidcClient | None, on: Services) -> dict[str, object]:
    """The claims of an ID token of ours; an expired one is still a hint. Raises JoseRefused."""
    keys = [(key.signer.kid, key.signer.public_key) for key in on.keys().published("oidc")]
    verified = verify(token, keys, algorithms=("ES256", "RS256"), typ=ID_TOKEN_TYPES)
    check_issuer(verified.claims, on.settings.base_url)
    if not verified.claims.keys() >= ID_TOKEN_CLAIMS:  # a signed userinfo answer is by the same key, and no ID token
        raise JoseRefused("no ID token")
    if client is not None:
        check_audience(verified.claims, client.client_id)
    return dict(verified.claims)


def subject_hint(token: str, client: OidcClient, on: Services) -> list[str]:
    """Whom the client expects, if it says. Raises AuthorizeError for a token that is not ours or not its own."""
    if not token:
        return []
    try:
        return [str(read_id_token(token, client, on)["sub"])]
    except JoseRefused as error:
        raise AuthorizeError("invalid_request", "id_token_hint is not an ID token of this client") from error
