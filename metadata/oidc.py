"""OpenID Connect and OAuth metadata: what an upstream OpenID Provider publishes, what a client registers.

Owns the reading of a discovery document (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2) and the rules of a
client's registration (RFC 7591 section 2, OpenID Connect Dynamic Client Registration 1.0 section 2). Fetching documents
and hashing secrets are the caller's; single members are `metadata.client_fields`, URIs `metadata.redirect_uris`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final
from urllib.parse import urlsplit

from metadata.client_fields import MAXIMUM_ITEMS, ClientFields, InvalidClientMetadata, InvalidRedirectUri
from metadata.redirect_uris import LOOPBACK_LITERALS, UnfitUri, check_https_uri
from metadata.register import OidcClient
from metadata.wire.jose import BadKeySet, PublicKeySet, read_jwks
from metadata.wire.signing import ALGORITHMS
from trust_framework import patient_context

__all__ = ["BadDiscovery", "InvalidClientMetadata", "InvalidRedirectUri", "OidcEndpoints"]
__all__ += ["read_client", "read_discovery"]

ID_TOKEN_ALGORITHMS: Final = ("ES256", "RS256")
"""What tillit signs with; a client chooses one."""

GRANT_TYPES: Final = ("authorization_code", "client_credentials", "refresh_token")
SECRET_METHODS: Final = ("client_secret_basic", "client_secret_post")
AUTH_METHODS: Final = (*SECRET_METHODS, "none", "private_key_jwt")
AUTHORIZATION_DETAILS_TYPES: Final = (patient_context.TYPE,)
MINIMUM_SECRET: Final = 16
"""Secrets are hashed fast, so they must be too long to guess."""

_VERIFIED_ALGORITHMS: Final = (*ALGORITHMS, "EdDSA")

_TOLD_ONLY = frozenset(
    {"client_name", "logo_uri", "contacts", "tos_uri", "policy_uri", "software_id", "software_version"}
)
"""Members for people: known, and of no weight here. They may carry a language tag (RFC 7591 section 2.2)."""

_PAGES = frozenset({"logo_uri", "tos_uri", "policy_uri"})

_MEMBERS = {field.name for field in fields(OidcClient)} - {"secret_hash", "sector_identifier"}
_MEMBERS |= {"client_secret", "response_types", "sector_identifier_uri"}

REGISTERED_MEMBERS: Final = frozenset(_MEMBERS | _TOLD_ONLY)
"""Members that are understood, without their language tags."""


class BadDiscovery(Exception):
    """The discovery document is not this issuer's, or lacks what we need. `field` names the member."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


@dataclass(frozen=True, slots=True)
class OidcEndpoints:
    """Where an upstream OpenID Provider is reached, and what it says it can do."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    iss_in_response: bool = False
    claims_parameter: bool = False
    original_client_id: bool = False


def read_discovery(document: Mapping[str, Any], issuer: str, *, allow_http_loopback: bool = False) -> OidcEndpoints:
    """The endpoints of `issuer` (Discovery 1.0 section 4.3: the document must name exactly it). Raises BadDiscovery."""
    if document.get("issuer") != issuer:
        raise BadDiscovery("issuer", "not the issuer that was asked")
    if "code" not in _offered(document, "response_types_supported"):
        raise BadDiscovery("response_types_supported", "without code")
    for name in ("subject_types_supported", "id_token_signing_alg_values_supported"):
        _offered(document, name)

    def address(name: str) -> str | None:
        return _address(document, name, allow_http_loopback=allow_http_loopback)

    def needed(name: str) -> str:
        if (found := address(name)) is None:
            raise BadDiscovery(name, "missing")
        return found

    return OidcEndpoints(
        issuer=issuer,
        authorization_endpoint=needed("authorization_endpoint"),
        token_endpoint=needed("token_endpoint"),
        jwks_uri=needed("jwks_uri"),
        userinfo_endpoint=address("userinfo_endpoint"),
        end_session_endpoint=address("end_session_endpoint"),
        iss_in_response=document.get("authorization_response_iss_parameter_supported") is True,
        claims_parameter=document.get("claims_parameter_supported") is True,
        original_client_id=document.get("https://id.oidc.se/disco/originalClientIdSupported") is True,
    )


def _offered(document: Mapping[str, Any], name: str) -> list[str]:
    value = document.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        raise BadDiscovery(name, "missing, or not a list of names")
    return value


def _address(document: Mapping[str, Any], name: str, *, allow_http_loopback: bool) -> str | None:
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadDiscovery(name, "not an address")
    try:
        check_https_uri(value, allow_http_loopback=allow_http_loopback)
    except UnfitUri as error:
        raise BadDiscovery(name, str(error)) from error
    return value


def read_client(
    members: Mapping[str, Any],
    *,
    allow_http_loopback: bool = False,
    hash_secret: Callable[[str], bytes] | None = None,
    sector_redirect_uris: Callable[[str], Collection[str]] | None = None,
) -> OidcClient:
    """A client as its registration describes it. Raises InvalidClientMetadata or InvalidRedirectUri.

    `hash_secret` turns the secret into what may be kept; without it no secret is taken. `sector_redirect_uris` fetches
    the array behind a `sector_identifier_uri` (Core section 8.1); without it none can be proven, so none is taken.
    `allow_http_loopback` is for test systems, which may also use short secrets. Members that stand for something we
    do not do are refused by name: who wrote them would count on it.
    """
    _refuse_unknown(members)
    read = ClientFields(members, allow_http_loopback)
    _check_pages(read)
    grant_types = _grant_types(read)
    native = read.choice("application_type", "web", ("web", "native")) == "native"
    redirect_uris = read.redirect_uris("redirect_uris", native=native)
    if "authorization_code" in grant_types and not redirect_uris:
        raise InvalidRedirectUri("redirect_uris", "is needed for authorization_code")
    method = _auth_method(read, grant_types)
    return OidcClient(
        client_id=_client_id(read),
        redirect_uris=redirect_uris,
        token_endpoint_auth_method=method,
        secret_hash=_secret_hash(read, method, hash_secret),
        jwks=_jwks(read, method),
        jwks_uri=read.web_address("jwks_uri"),
        token_endpoint_auth_signing_alg=read.choice_or_none("token_endpoint_auth_signing_alg", _VERIFIED_ALGORITHMS),
        grant_types=grant_types,
        scope=_scope(read, grant_types),
        application_type="native" if native else "web",
        subject_type=read.choice("subject_type", "pairwise", ("pairwise", "public")),
        sector_identifier=_sector(read, redirect_uris, sector_redirect_uris, native=native),
        id_token_signed_response_alg=read.choice("id_token_signed_response_alg", "ES256", ID_TOKEN_ALGORITHMS),
        userinfo_signed_response_alg=read.choice_or_none("userinfo_signed_response_alg", ID_TOKEN_ALGORITHMS),
        post_logout_redirect_uris=read.redirect_uris("post_logout_redirect_uris", native=native),
        default_max_age=read.seconds("default_max_age"),
        require_auth_time=read.flag("require_auth_time"),
        default_acr_values=read.texts("default_acr_values"),
        initiate_login_uri=read.web_address("initiate_login_uri"),
        client_uri=read.web_address("client_uri"),
        assertion_audience=read.choice("assertion_audience", "issuer", ("issuer", "token_endpoint")),
        request_object_signing_alg=read.choice_or_none("request_object_signing_alg", _VERIFIED_ALGORITHMS),
        require_signed_request_object=read.flag("require_signed_request_object"),
        authorization_details_types=_details_types(read, grant_types),
    )


def _refuse_unknown(members: Mapping[str, Any]) -> None:
    for name in members:
        if name not in _MEMBERS and str(name).split("#")[0] not in _TOLD_ONLY:
            raise InvalidClientMetadata(str(name)[:100], "is not known, or not supported")


def _check_pages(read: ClientFields) -> None:
    """Addresses that are shown to people, in whatever language (RFC 7591 section 2.2): of the web, or refused."""
    for name in read.members:
        if str(name).split("#")[0] in _PAGES:
            read.web_address(name)


def _client_id(read: ClientFields) -> str:
    value = read.text("client_id")
    if value is None or not value.isascii() or len(value) > 255:  # noqa: PLR2004  VSCHAR (RFC 6749 appendix A.1)
        raise InvalidClientMetadata("client_id", "is missing, or not up to 255 printable ASCII characters")
    return value


def _grant_types(read: ClientFields) -> frozenset[str]:
    """Grant types, with the response types that go with them (RFC 7591 section 2.1)."""
    grants = frozenset(read.texts("grant_types")) or frozenset({"authorization_code"})
    if not grants <= set(GRANT_TYPES):
        raise InvalidClientMetadata("grant_types", f"holds one that is none of {', '.join(GRANT_TYPES)}")
    if "refresh_token" in grants and "authorization_code" not in grants:
        raise InvalidClientMetadata("grant_types", "refresh_token needs authorization_code")
    expected = {"code"} if "authorization_code" in grants else set()
    if set(read.texts("response_types") or expected) != expected:
        raise InvalidClientMetadata("response_types", "does not go with grant_types; code is the only one")
    return grants


def _auth_method(read: ClientFields, grants: frozenset[str]) -> str:
    """As stated, else client_secret_basic (RFC 7591 section 2) or, for a client with keys alone, private_key_jwt."""
    keys_alone = "client_secret" not in read.members and not {"jwks", "jwks_uri"}.isdisjoint(read.members)
    default = "private_key_jwt" if keys_alone else "client_secret_basic"
    method = read.choice("token_endpoint_auth_method", default, AUTH_METHODS)
    if method == "none" and "client_credentials" in grants:
        raise InvalidClientMetadata("grant_types", "client_credentials needs a client that authenticates itself")
    return method


def _secret_hash(read: ClientFields, method: str, hash_secret: Callable[[str], bytes] | None) -> bytes | None:
    secret = read.text("client_secret")
    if (secret is not None) != (method in SECRET_METHODS):
        raise InvalidClientMetadata("client_secret", f"is missing, or does not go with {method}")
    if secret is None:
        return None
    if not read.allow_http_loopback and len(secret) < MINIMUM_SECRET:
        raise InvalidClientMetadata("client_secret", f"is shorter than {MINIMUM_SECRET} characters")
    if hash_secret is None:
        raise InvalidClientMetadata("client_secret", "cannot be kept here")
    return hash_secret(secret)


def _jwks(read: ClientFields, method: str) -> PublicKeySet | None:
    given = {"jwks", "jwks_uri"} & read.members.keys()
    if len(given) > 1:
        raise InvalidClientMetadata("jwks", "excludes jwks_uri (RFC 7591 section 2)")
    if method == "private_key_jwt" and not given:
        raise InvalidClientMetadata("jwks", "is needed for private_key_jwt, or jwks_uri")
    if "jwks" not in given:
        return None
    document = read.members["jwks"]
    try:
        keys = read_jwks(document) if isinstance(document, Mapping) else PublicKeySet(())
    except BadKeySet as error:
        raise InvalidClientMetadata("jwks", str(error)) from error
    if not keys.keys:
        raise InvalidClientMetadata("jwks", "holds no key that can be used")
    return keys


def _scope(read: ClientFields, grants: frozenset[str]) -> frozenset[str]:
    """The scopes that the client may ask for (RFC 6749 section 3.3); when none are stated, what its grants need."""
    stated = read.text("scope")
    if stated is None:
        needed = {"authorization_code": "openid", "refresh_token": "offline_access"}
        return frozenset(needed[grant] for grant in grants & needed.keys())
    scopes = frozenset(stated.split())
    if len(scopes) > MAXIMUM_ITEMS:
        raise InvalidClientMetadata("scope", "holds too many")
    return scopes


def _details_types(read: ClientFields, grants: frozenset[str]) -> frozenset[str]:
    """The types of authorization details that the client may ask for (RFC 9396 section 10): each is about what a person may
    do, so there must be one.
    """
    types = frozenset(read.texts("authorization_details_types"))
    if not types <= set(AUTHORIZATION_DETAILS_TYPES):
        known = ", ".join(AUTHORIZATION_DETAILS_TYPES)
        raise InvalidClientMetadata("authorization_details_types", f"holds one that is none of {known}")
    if types and "authorization_code" not in grants:
        raise InvalidClientMetadata("authorization_details_types", "needs authorization_code")
    return types


def _sector(
    read: ClientFields,
    redirect_uris: tuple[str, ...],
    fetch: Callable[[str], Collection[str]] | None,
    *,
    native: bool,
) -> str:
    """The host within which `sub` is the same (Core section 8.1), or the client alone where no host is proven."""
    if (uri := read.web_address("sector_identifier_uri")) is not None:
        if fetch is None or not set(redirect_uris) <= set(fetch(uri)):
            raise InvalidClientMetadata("sector_identifier_uri", "is not proven to list every redirect URI")
        return str(urlsplit(uri).hostname)
    hosts = {host for each in redirect_uris if (host := _sector_host(each, native=native)) is not None}
    if len(hosts) > 1 and read.members.get("subject_type", "pairwise") == "pairwise":
        raise InvalidClientMetadata("sector_identifier_uri", "is needed when redirect URIs have several hosts")
    return hosts.pop() if len(hosts) == 1 else f"client:{read.members['client_id']}"


def _sector_host(redirect_uri: str, *, native: bool) -> str | None:
    """None where the host proves nothing of who the client is: every native client has loopback."""
    parts = urlsplit(redirect_uri)
    return None if native and (parts.scheme != "https" or parts.hostname in LOOPBACK_LITERALS) else parts.hostname
