"""Keys of an entity that it publishes signed with its federation key (OpenID Federation 1.0 section 5.2.1, signed_jwks_uri)."""

from collections.abc import Mapping
from typing import Any

from metadata.federation.chain import Chain, ChainRefused
from metadata.federation.documents import KEY_SET
from metadata.federation.statement import LONGEST
from metadata.federation.walking import Unreachable
from metadata.wire.claims import JoseRefused, check_issuer, check_times
from metadata.wire.egress import EgressFailed, EgressRefused, Fetches, Outbound
from metadata.wire.jose import unverified, verify
from metadata.wire.signing import ALGORITHMS


def fetch_signed_keys(url: str, chain: Chain, egress: Fetches, now: int) -> Mapping[str, Any]:
    """The key set at the address. Raises ChainRefused; Unreachable when trying later may help."""
    try:
        response = egress.fetch(Outbound("GET", url, {"Accept": f"application/{KEY_SET}"}, purpose="federation"))
    except EgressFailed as error:
        raise Unreachable(str(error)) from error
    except EgressRefused as error:
        raise ChainRefused(str(error), "invalid_metadata") from error
    if response.status != 200:  # noqa: PLR2004
        raise Unreachable(f"{url} answers {response.status}")
    try:
        return {"keys": _verified(response.body, chain, now)["keys"]}
    except (JoseRefused, KeyError) as error:
        raise ChainRefused(f"signed_jwks_uri: {error}", "invalid_metadata") from error


def _verified(token: bytes, chain: Chain, now: int) -> Mapping[str, Any]:
    header, _ = unverified(token, longest=LONGEST)
    if not header.get("kid"):
        raise JoseRefused("no kid")
    claims = verify(token, chain.subject_keys, algorithms=tuple(ALGORITHMS), typ=(KEY_SET,), longest=LONGEST).claims
    check_times(claims, now, required=())
    check_issuer(claims, chain.subject)
    if claims.get("sub") != chain.subject:
        raise JoseRefused("another subject")
    return claims
