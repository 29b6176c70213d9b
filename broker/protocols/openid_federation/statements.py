"""What we publish as an entity, signed with the federation key: our configuration, statements, marks, old keys.

Owns the signing and our own metadata; what the claims are is `metadata.federation.documents`.
"""

from collections.abc import Mapping
from typing import Any, Final

from broker.keys.ring import KeyState
from broker.login.ports import Services
from broker.protocols.oidc import discovery
from metadata.federation import documents
from metadata.federation.constraints import FEDERATION_ENTITY
from metadata.federation.own import MarkType, OwnEntity
from metadata.wire.jose import issue, public_jwk, read_jwks
from metadata.wire.jwk import PublicKeySet
from trust_framework.chained import EXPLICIT

USE: Final = "federation"
ALG: Final = "ES256"


def signed(claims: Mapping[str, Any], typ: str, on: Services) -> str:
    """The claims under our federation key."""
    return issue(claims, on.keys().signer(USE, ALG), typ=typ)


def jwks(on: Services) -> dict[str, Any]:
    """Our federation keys: the one that signs, the next one, and those that still verify (section 11.1)."""
    return {"keys": [public_jwk(key.signer) for key in on.keys().published(USE)]}


def own_keys(on: Services) -> PublicKeySet:
    """The same, to verify with."""
    return read_jwks(jwks(on))


def configuration(own: OwnEntity, now: int, on: Services) -> str:
    """Our entity configuration (section 3)."""
    return signed(documents.configuration(own, jwks(on), _metadata(own, on), now), documents.STATEMENT, on)


def _metadata(own: OwnEntity, on: Services) -> dict[str, dict[str, Any]]:
    names = on.federation().names
    name = names.get("en") or next(iter(names.values()))
    told = {"organization_name": name, **{f"organization_name#{language}": each for language, each in names.items()}}
    contact = on.settings.contact
    about = {**told, **({"contacts": [contact]} if contact else {})}
    ways = sorted({way for terms in own.terms.values() for way in terms.registration})
    provider = {**discovery.metadata(on), **told, "client_registration_types_supported": ways}
    if EXPLICIT in ways:
        provider["federation_registration_endpoint"] = own.entity_id + documents.REGISTRATION_PATH
    return {"openid_provider": provider, FEDERATION_ENTITY: about}


def about(own: OwnEntity, entity_id: str, now: int, on: Services) -> str | None:
    """What we say of an entity right below us, or None when there is none (section 8.1)."""
    below = own.subordinates.get(entity_id)
    return signed(documents.subordinate(own, below, now), documents.STATEMENT, on) if below else None


def trust_mark(own: OwnEntity, kind: MarkType, entity_id: str, now: int, on: Services) -> str | None:
    """The mark that we give the entity, or None when it has none of this type (section 8.6)."""
    if entity_id not in kind.holders(now):
        return None
    return signed(documents.trust_mark(own, kind, entity_id, now), documents.TRUST_MARK, on)


def historical_keys(own: OwnEntity, now: int, on: Services) -> str:
    """Keys of ours that are published no more, each with when it ended (section 8.7)."""
    ended = [key for key in on.keys().keys if key.use == USE and key.state is KeyState.REMOVED]
    keys = [{**public_jwk(key.signer), "exp": key.since} for key in ended]
    return signed(documents.historical_keys(own, keys, now), documents.KEY_SET, on)
