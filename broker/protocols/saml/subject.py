"""What a service calls a person and a sign-on over SAML: pairwise, and of no use to another service.

Persistent identifiers are keyed hashes of a random internal id and the service's entityID (SAML core section 8.3.7);
transient ones are new each time (8.3.8).
"""

import base64

from broker.keys.ring import KeyRing
from metadata.wire.saml_messages.values import NameId, new_id
from metadata.wire.saml_messages.vocabulary import PERSISTENT, TRANSIENT


def _name(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def name_id(format: str, entity_id: str, person: str, issuer: str, keys: KeyRing) -> NameId:
    """The NameID of a person at a service."""
    if format == TRANSIENT:
        return NameId(new_id(), TRANSIENT, issuer, entity_id)
    pairwise = keys.vault.keyed_hash("name-id", f"{entity_id}\x1f{person}".encode())
    return NameId(_name(pairwise), PERSISTENT, issuer, entity_id)


def session_index(entity_id: str, root: str, keys: KeyRing) -> str:
    """The SessionIndex of a sign-on at a service."""
    return "_" + _name(keys.vault.keyed_hash("session", f"{entity_id}\x1f{root}".encode())[:16])
