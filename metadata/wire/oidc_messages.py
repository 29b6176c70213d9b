"""OpenID Connect messages as relying party: the authentication request, the token request, and the reading of answers.

Owns what a client must check of an answer (OpenID Connect Core sections 3.1.3.5, 3.1.3.7 and 5.3), one function an
answer. Sees no clock, no store and no network: time, keys and what was expected are given to it. Which error means what
to the person, and where keys come from, are left to `idp_adapters.methods.oidc`.
"""

import hmac
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

from metadata.wire.base64url import base64url
from metadata.wire.claims import SKEW
from metadata.wire.egress import Outbound, Response
from metadata.wire.jose import (
    JoseRefused,
    PublicKeySet,
    Verified,
    at_hash,
    check_audience,
    check_issuer,
    check_times,
    issue,
    verify,
)
from metadata.wire.signing import Signer
from metadata.wire.strict_json import BadJson, read_object

ASSERTION_LIFETIME: Final = 60
MAXIMUM_SUBJECT: Final = 255
"""Core section 2."""

_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_PLAIN: Final = (None, "JWT")
_OK: Final = 200
_UNAVAILABLE: Final = 500


class OidcRefused(Exception):
    """An answer is an error, or not in the protocol. `unavailable`: its status says that trying later may help."""

    def __init__(self, what: str, *, unavailable: bool = False) -> None:
        super().__init__(what)
        self.unavailable = unavailable


class OutOfTime(JoseRefused):
    """The token is genuine, and of another time: expired, too early, or of a login too long ago."""


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """How we prove who we are at the token endpoint. `audience` is that of the assertion of private_key_jwt."""

    client_id: str
    method: str
    audience: str
    secret: str | None = field(default=None, repr=False)
    signer: Callable[[], Signer] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """A token endpoint's answer."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IdTokenExpectations:
    """What an ID token must fit. `started_at` is when we asked; `login_since` the oldest login that will do, if any."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str = field(repr=False)
    now: int
    started_at: int
    login_since: int | None = None


def code_challenge(verifier: str) -> str:
    """The S256 challenge (RFC 7636 section 4.2)."""
    return base64url(sha256(verifier.encode()).digest())


def authentication_request(endpoint: str, parameters: Mapping[str, str]) -> str:
    """The URL of an authentication request (Core section 3.1.2.1)."""
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"


def token_request(
    endpoint: str, client: ClientCredentials, *, code: str, verifier: str, redirect_uri: str, now: int
) -> Outbound:
    """The request that turns a code into tokens (RFC 6749 section 4.1.3), with one client authentication method."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    fields, header = _AUTHENTICATION[client.method](client, now)
    return Outbound("POST", endpoint, headers | header, urlencode(form | fields).encode())


_Authentication = Callable[[ClientCredentials, int], tuple[dict[str, str], dict[str, str]]]


def _basic(client: ClientCredentials, _now: int) -> tuple[dict[str, str], dict[str, str]]:
    """RFC 6749 section 2.3.1: both parts are form-encoded before they are joined."""
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.secret or '')}"
    return {}, {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _post(client: ClientCredentials, _now: int) -> tuple[dict[str, str], dict[str, str]]:
    return {"client_id": client.client_id, "client_secret": client.secret or ""}, {}


def _public(client: ClientCredentials, _now: int) -> tuple[dict[str, str], dict[str, str]]:
    return {"client_id": client.client_id}, {}


def _private_key_jwt(client: ClientCredentials, now: int) -> tuple[dict[str, str], dict[str, str]]:
    """RFC 7523 section 3; the audience is one string."""
    if client.signer is None:
        raise OidcRefused("no key to authenticate with")
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": client.audience,
        "iat": now,
        "exp": now + ASSERTION_LIFETIME,
        "jti": secrets.token_urlsafe(24),
    }
    assertion = issue(claims, client.signer())
    return {
        "client_id": client.client_id,
        "client_assertion_type": _ASSERTION_TYPE,
        "client_assertion": assertion,
    }, {}


_AUTHENTICATION: Final[Mapping[str, _Authentication]] = {
    "client_secret_basic": _basic,
    "client_secret_post": _post,
    "none": _public,
    "private_key_jwt": _private_key_jwt,
}
AUTH_METHODS: Final = tuple(_AUTHENTICATION)


def read_token_response(response: Response) -> Tokens:
    """The tokens (Core section 3.1.3.3). Raises OidcRefused."""
    members = read_document(response, "token response")
    token_type, id_token, access_token = (members.get(name) for name in ("token_type", "id_token", "access_token"))
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise OidcRefused("token_type is not Bearer")
    if not isinstance(id_token, str) or not isinstance(access_token, str) or not access_token:
        raise OidcRefused("no id_token or access_token")
    return Tokens(id_token, access_token)


def read_document(response: Response, what: str) -> dict[str, Any]:
    """The JSON object of an answer of status 200. Raises OidcRefused, with the code of an OAuth error (RFC 6749 5.2)."""
    try:
        members = read_object(response.body)
    except BadJson:
        members = {}
    if response.status != _OK:
        error = f"{what}: status {response.status}, {str(members.get('error'))[:100]!r}"
        raise OidcRefused(error, unavailable=response.status >= _UNAVAILABLE)
    if not members:
        raise OidcRefused(f"{what}: not one JSON object")
    return members


def open_signed(token: str | bytes, keys: PublicKeySet, alg: str) -> Verified:
    """A token that one of the provider's keys signed with the one algorithm agreed on. Raises JoseRefused."""
    return verify(token, keys, algorithms=(alg,), typ=_PLAIN)


def check_id_token(token: Verified, expected: IdTokenExpectations) -> None:
    """The claims of an ID token (Core section 3.1.3.7). Raises JoseRefused; OutOfTime where only the time is wrong."""
    claims = token.claims
    check_issuer(claims, expected.issuer)
    _check_our_audience(claims, expected.client_id)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise JoseRefused("another nonce")
    sub = claims.get("sub")
    if not isinstance(sub, str) or not 0 < len(sub) <= MAXIMUM_SUBJECT:
        raise JoseRefused("no sub")
    if "at_hash" in claims and claims["at_hash"] != at_hash(expected.access_token, token.header["alg"]):
        raise JoseRefused("at_hash of another access token")
    _check_when(claims, expected)


def _check_our_audience(claims: Mapping[str, Any], client_id: str) -> None:
    """For us alone: we trust no other audience (Core section 3.1.3.7 steps 3 to 5)."""
    check_audience(claims, client_id)
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1:
        raise JoseRefused("other audiences beside us")
    if claims.get("azp", client_id) != client_id:
        raise JoseRefused("another authorized party")


def _check_when(claims: Mapping[str, Any], expected: IdTokenExpectations) -> None:
    try:
        check_times(claims, expected.now)
    except JoseRefused as refused:
        raise OutOfTime(refused.reason) from refused
    if claims["iat"] < expected.started_at - SKEW:
        raise OutOfTime("issued before we asked")
    if "auth_time" not in claims and expected.login_since is None:
        return
    auth_time = claims.get("auth_time")
    if type(auth_time) is not int:  # a bool is an int, and no time
        raise OutOfTime("no auth_time")
    if auth_time > expected.now + SKEW:
        raise OutOfTime("auth_time in the future")
    if expected.login_since is not None and auth_time < expected.login_since - SKEW:
        raise OutOfTime("auth_time too long ago")


def userinfo_request(endpoint: str, access_token: str) -> Outbound:
    """Core section 5.3.1."""
    headers = {"authorization": f"Bearer {access_token}", "accept": "application/json, application/jwt"}
    return Outbound("GET", endpoint, headers)


def is_signed_userinfo(response: Response) -> bool:
    """Whether the answer says that it is a JWT (Core section 5.3.2)."""
    return response.headers.get("content-type", "").split(";")[0].strip().lower() == "application/jwt"


def signed_userinfo_claims(token: Verified, issuer: str, client_id: str, now: int) -> Mapping[str, Any]:
    """The claims of a signed userinfo answer, which must be this provider's and for us. Raises JoseRefused.

    An ID token has the same issuer, audience and key; the nonce that it alone carries tells them apart.
    """
    check_issuer(token.claims, issuer)
    _check_our_audience(token.claims, client_id)
    if "nonce" in token.claims:
        raise JoseRefused("an ID token in the place of userinfo")
    check_times(token.claims, now, required=())
    return token.claims


def check_userinfo_subject(claims: Mapping[str, Any], sub: str) -> None:
    """Userinfo of another person must not be used (Core section 5.3.2). Raises JoseRefused."""
    if claims.get("sub") != sub:
        raise JoseRefused("userinfo of another sub")
