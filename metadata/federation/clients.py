"""A relying party's resolved metadata as a client's registration (OpenID Federation 1.0 sections 5.1.2, 12.1.4 and 12.2.2).

Owns what of it is taken, what is set whatever it says, and what is refused. What a registration may be is `metadata.oidc`'s.
"""

from collections.abc import Mapping
from typing import Any, Final

from metadata.client_fields import InvalidClientMetadata
from metadata.federation.chain import Chain, ChainRefused
from metadata.oidc import AUTH_METHODS
from trust_framework.attribute_sets import SCOPES

KIND: Final = "openid_relying_party"
METHOD: Final = "private_key_jwt"
GRANTS: Final = ("authorization_code", "refresh_token")
KEYS: Final = ("jwks", "signed_jwks_uri", "jwks_uri")
"""Where its keys are, the surest first: only one of them is taken."""

TAKEN: Final = (
    "redirect_uris", "application_type", "token_endpoint_auth_signing_alg", "request_object_signing_alg",
    "id_token_signed_response_alg", "userinfo_signed_response_alg", "post_logout_redirect_uris", "default_max_age",
    "require_auth_time", "default_acr_values", "initiate_login_uri", "client_uri", "sector_identifier_uri",
)  # fmt: skip


def metadata_of(chain: Chain, way: str) -> Mapping[str, Any]:
    """The metadata of a relying party that may come this way. Raises ChainRefused."""
    metadata = chain.metadata.get(KIND)
    if metadata is None:
        raise ChainRefused("the entity is no relying party", "invalid_metadata")
    if way not in metadata.get("client_registration_types", [way]):
        raise ChainRefused(f"the entity does not register in this way: {way}", "invalid_metadata")
    return metadata


def registration(metadata: Mapping[str, Any], entity_id: str, *, signs: bool) -> dict[str, Any]:
    """Its registration, keys left out (see `KEYS`). Raises InvalidClientMetadata.

    It proves itself with its keys, and knows people by names of its own. `signs`: it always sends a request object, as one
    must that nobody has registered before (section 12.1.1).
    """
    _check_method(metadata)
    grants = _some_of(metadata, "grant_types", GRANTS, "authorization_code")
    _some_of(metadata, "response_types", ("code",), "code")
    taken = {name: metadata[name] for name in TAKEN if name in metadata}
    scope = metadata.get("scope", " ".join(("openid", *sorted(SCOPES))))
    return {
        "id_token_signed_response_alg": "RS256",
        **taken,
        **_names(metadata),
        "client_id": entity_id,
        "token_endpoint_auth_method": METHOD,
        "grant_types": grants,
        "response_types": ["code"],
        "scope": scope,
        "subject_type": "pairwise",
        "require_signed_request_object": signs or metadata.get("require_signed_request_object") is True,
        "assertion_audience": "token_endpoint",
    }


def _check_method(metadata: Mapping[str, Any]) -> None:
    """Section 12.1.4: only keys prove a client here."""
    offered = metadata.get("token_endpoint_auth_methods_supported")
    if offered is None:
        offered = [metadata.get("token_endpoint_auth_method", METHOD)]
    if not isinstance(offered, list) or METHOD not in offered:
        others = ", ".join(name for name in AUTH_METHODS if name != METHOD)
        raise InvalidClientMetadata(
            "token_endpoint_auth_method", f"must be {METHOD}; {others} are not taken in a federation"
        )


def _some_of(metadata: Mapping[str, Any], name: str, known: tuple[str, ...], needed: str) -> list[str]:
    """Those of a list that we do. Without the one that is needed there is nothing to register."""
    stated = metadata.get(name, [needed])
    if not isinstance(stated, list) or needed not in stated:
        raise InvalidClientMetadata(name, f"is without {needed}")
    return [each for each in known if each in stated]


def _names(metadata: Mapping[str, Any]) -> dict[str, str]:
    """What people call it: `client_name`, else the organisation's name; of text in a language only what is known here."""
    names = {
        f"client_name{tag}": metadata.get(f"client_name{tag}", metadata.get(f"organization_name{tag}"))
        for tag in ("", "#sv", "#en")
    }
    return {name: value for name, value in names.items() if isinstance(value, str) and value.isprintable()}
