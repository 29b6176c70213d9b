"""What a service calls a person and a sign-on over SAML: pairwise, and of no use to another service.

Persistent identifiers are keyed hashes of a random internal id and the service's entityID (SAML core section 8.3.7);
transient ones of the sign-on, so that they end with it and a logout can name them (8.3.8).
"""

from dataclasses import dataclass

from broker.keys.ring import KeyRing
from metadata.wire.base64url import base64url
from metadata.wire.saml_messages.values import NameId
from metadata.wire.saml_messages.vocabulary import PERSISTENT, TRANSIENT

FORMATS = (PERSISTENT, TRANSIENT)


@dataclass(frozen=True, slots=True)
class Subjects:
    """The names of one person in one sign-on (`root`) at one service (`entity_id`). `issuer` is our own entityID."""

    issuer: str
    entity_id: str
    person: str
    root: str
    keys: KeyRing

    def name_id(self, format: str) -> NameId:
        """The NameID in a format of `FORMATS`."""
        named = self._hashed("name-id", self.person)
        value = "_" + self._hashed("transient", self.root) if format == TRANSIENT else named
        return NameId(value, format, self.issuer, self.entity_id)

    def session_index(self) -> str:
        """The SessionIndex."""
        return "_" + base64url(self.keys.vault.keyed_hash("session", self._of(self.root))[:16])

    def is_named_by(self, asked: NameId) -> bool:
        """Whether a peer's NameID strongly matches one of ours: a part that is left out matches (SAML core 3.3.4)."""
        return any(_matches(asked, self.name_id(each)) for each in FORMATS)

    def _hashed(self, purpose: str, what: str) -> str:
        return base64url(self.keys.vault.keyed_hash(purpose, self._of(what)))

    def _of(self, what: str) -> bytes:
        return f"{self.entity_id}\x1f{what}".encode()


def _matches(asked: NameId, own: NameId) -> bool:
    return (
        asked.value == own.value
        and asked.format in {None, own.format}
        and asked.name_qualifier in {None, own.name_qualifier}
        and asked.sp_name_qualifier in {None, own.sp_name_qualifier}
    )
