"""What an entity publishes, as claims: its configuration, statements about subordinates, trust marks, answers of a resolver.

Pure; whoever has the federation key signs them with the `typ` that stands beside each (OpenID Federation 1.0 sections 3, 7, 8).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from metadata.federation.chain import Chain
from metadata.federation.constraints import FEDERATION_ENTITY
from metadata.federation.own import MarkType, OwnEntity, Role, Subordinate
from metadata.federation.policy import Metadata
from metadata.federation.statement import TYP as STATEMENT
from metadata.federation.trust_marks import TYP as TRUST_MARK
from metadata.federation.trust_marks import TrustMark

__all__ = ["STATEMENT", "TRUST_MARK"]

RESOLVED: Final = "resolve-response+jwt"
MARK_STATUS: Final = "trust-mark-status-response+jwt"
KEY_SET: Final = "jwk-set+jwt"
REGISTERED: Final = "explicit-registration-response+jwt"

LIFE: Final = 12 * 3600
"""Seconds that what we say of others is valid: as long may they be believed elsewhere after they were stopped here."""
OWN_LIFE: Final = 48 * 3600

PATHS: Final[Mapping[str, str]] = {
    "federation_fetch_endpoint": "/federation/fetch",
    "federation_list_endpoint": "/federation/list",
    "federation_resolve_endpoint": "/federation/resolve",
    "federation_trust_mark_status_endpoint": "/federation/trust-mark-status",
    "federation_trust_mark_list_endpoint": "/federation/trust-mark-list",
    "federation_trust_mark_endpoint": "/federation/trust-mark",
    "federation_historical_keys_endpoint": "/federation/historical-keys",
}
OF_SUPERIORS: Final = frozenset({"federation_fetch_endpoint", "federation_list_endpoint"})
OF_MARK_ISSUERS: Final = frozenset(
    {
        "federation_trust_mark_status_endpoint",
        "federation_trust_mark_list_endpoint",
        "federation_trust_mark_endpoint",
    }
)
REGISTRATION_PATH: Final = "/federation/register"


def configuration(own: OwnEntity, jwks: Mapping[str, Any], metadata: Metadata, now: int) -> dict[str, Any]:
    """Our entity configuration (section 3). `metadata` is that of our other roles, and what people call us."""
    claims = _statement(own.entity_id, own.entity_id, jwks, now, OWN_LIFE)
    about = {**metadata.get(FEDERATION_ENTITY, {}), **_endpoints(own)}
    claims["metadata"] = {**metadata, FEDERATION_ENTITY: about}
    claims |= _present(authority_hints=list(own.authority_hints), trust_marks=[dict(each) for each in own.trust_marks])
    if own.role is Role.TRUST_ANCHOR:
        issuers = {kind: list(others) for kind, others in own.mark_issuers.items()}
        for kind in own.mark_types:
            issuers[kind] = [own.entity_id, *issuers.get(kind, ())]
        claims |= _present(trust_mark_issuers=issuers, trust_mark_owners=dict(own.mark_owners))
    return claims


def _endpoints(own: OwnEntity) -> dict[str, str]:
    """A leaf has nobody to speak of, and who gives no marks has none to answer for (section 5.1.1)."""
    return {
        name: own.entity_id + path
        for name, path in PATHS.items()
        if (own.superior or name not in OF_SUPERIORS) and (own.mark_types or name not in OF_MARK_ISSUERS)
    }


def subordinate(own: OwnEntity, below: Subordinate, now: int) -> dict[str, Any]:
    """What we say of an entity below us (section 3)."""
    return {
        **_statement(own.entity_id, below.entity_id, below.jwks, now, LIFE),
        "source_endpoint": own.entity_id + PATHS["federation_fetch_endpoint"],
        **_present(
            metadata={kind: dict(members) for kind, members in below.metadata.items()},
            metadata_policy=dict(below.metadata_policy),
            constraints=dict(below.constraints),
        ),
    }


def _statement(issuer: str, subject: str, jwks: Mapping[str, Any], now: int, life: int) -> dict[str, Any]:
    return {"iss": issuer, "sub": subject, "iat": now, "exp": now + life, "jwks": dict(jwks)}


def _present(**claims: Any) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value}


def trust_mark(own: OwnEntity, kind: MarkType, entity_id: str, now: int) -> dict[str, Any]:
    """A trust mark that we give (section 7.1)."""
    return {
        "iss": own.entity_id,
        "sub": entity_id,
        "trust_mark_type": kind.type,
        "iat": now,
        "exp": now + kind.life,
        **_present(logo_uri=kind.logo_uri, ref=kind.ref),
    }


def mark_status(own: OwnEntity, token: str, status: str, now: int) -> dict[str, Any]:
    """What we say of a trust mark (section 8.4.2): active, expired, revoked or invalid."""
    return {"iss": own.entity_id, "iat": now, "trust_mark": token, "status": status}


def historical_keys(own: OwnEntity, keys: Sequence[Mapping[str, Any]], now: int) -> dict[str, Any]:
    """The keys that we signed with and do no more (section 8.7.3), each with the time of its end as `exp`."""
    return {"iss": own.entity_id, "iat": now, "keys": list(keys)}


def resolved(
    own: OwnEntity, chain: Chain, marks: Sequence[TrustMark], entity_types: Iterable[str], now: int
) -> dict[str, Any]:
    """What we found out of an entity (section 8.3.2)."""
    wanted = set(entity_types) or set(chain.metadata)
    ends = [chain.expires_at, *(each.expires_at for each in marks if each.expires_at is not None)]
    return {
        "iss": own.entity_id,
        "sub": chain.subject,
        "iat": now,
        "exp": min(ends),
        "metadata": {kind: members for kind, members in chain.metadata.items() if kind in wanted},
        "trust_chain": list(chain.tokens),
        **_present(trust_marks=[{"trust_mark_type": each.type, "trust_mark": each.token} for each in marks]),
    }


def registered(own: OwnEntity, chain: Chain, client: Mapping[str, Any], expires_at: int, now: int) -> dict[str, Any]:
    """The answer to an explicit registration (section 12.2.3), for the one that it is about."""
    return {
        "iss": own.entity_id,
        "sub": chain.subject,
        "aud": chain.subject,
        "iat": now,
        "exp": expires_at,
        "trust_anchor": chain.anchor.subject,
        "authority_hints": [chain.superior],
        "jwks": chain.statements[0].claims["jwks"],
        "metadata": {"openid_relying_party": dict(client)},
    }
