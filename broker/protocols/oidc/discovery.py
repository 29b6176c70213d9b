"""Discovery and keys (OpenID Connect Discovery 1.0, RFC 8414, RFC 7517): documents made once a version, served as bytes.

Nothing is advertised that is not implemented: the lists come from the tables that implement them.
"""

import json
from typing import Any
from urllib.parse import urlsplit

from broker.login.ports import Federation, Services
from broker.protocols.oidc.asked import API_SCOPES
from broker.protocols.oidc.claims import place
from broker.protocols.oidc.client_auth import METHODS
from broker.protocols.oidc.client_auth.private_key_jwt import ALGORITHMS
from broker.protocols.oidc.grants import GRANTS
from broker.protocols.oidc.wire import PATHS, REGISTRATION
from metadata.oidc import AUTHORIZATION_DETAILS_TYPES
from metadata.wire.jwk import public_jwk
from trust_framework.attribute_sets import SCOPES
from trust_framework.attributes import CATALOGUE

SIGNING_ALGS = ("ES256", "RS256")


def configuration(on: Services) -> bytes:
    """The provider's metadata as it is published."""
    return json.dumps(metadata(on), ensure_ascii=False, separators=(",", ":")).encode()


def metadata(on: Services) -> dict[str, Any]:
    """The provider's metadata (Discovery section 3, RFC 8414 section 2). An issuer beneath another registers nobody."""
    base = on.settings.base_url
    return {
        "issuer": base,
        **{name: base + path for name, path in PATHS.items()},
        **({} if urlsplit(base).path else {"registration_endpoint": f"{base}{REGISTRATION}"}),
        "scopes_supported": ["openid", "offline_access", *sorted(API_SCOPES | SCOPES.keys())],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANTS),
        "acr_values_supported": _levels(on.federation()),
        "subject_types_supported": ["pairwise", "public"],
        "id_token_signing_alg_values_supported": list(SIGNING_ALGS),
        "userinfo_signing_alg_values_supported": list(SIGNING_ALGS),
        "token_endpoint_auth_methods_supported": list(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": [name for name in METHODS if name != "none"],
        "introspection_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "authorization_details_types_supported": list(AUTHORIZATION_DETAILS_TYPES),
        "claims_supported": sorted({"sub", "acr", "amr", "auth_time", "sid", *_claims()}),
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": list(ALGORITHMS),
        "request_uri_parameter_supported": False,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": ["sv", "en"],
    }


def _levels(federation: Federation) -> list[str]:
    return sorted({level for terms in federation.providers.values() for level in terms.gives()})


def _claims() -> set[str]:
    return {place(row)[0] for row in CATALOGUE.values()}


def jwks(on: Services) -> bytes:
    """Public keys only, each with `kid`, `use` and `alg`: next, active and retiring."""
    keys = [public_jwk(key.signer) for key in on.keys().published("oidc")]
    return json.dumps({"keys": keys}, separators=(",", ":")).encode()
