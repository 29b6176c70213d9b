"""Our own SAML metadata, made from the ring and the register, and what is published of the whole register at this moment.

Owns the document at our entityID, our place among the entities that are published, and when the list of those is looked at
again. Who is on it is `broker.federation.published`; what becomes of it `metadata.publication`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from broker.federation import entries
from broker.federation.listing import Contents, Listing
from broker.federation.published import Published
from broker.keys.ring import KeyRing
from broker.login.ports import Federation, Services
from metadata.publication import Candidate, Note, Publication, Terms
from metadata.publish import OwnMetadata, OwnOrganisation, own_entity, own_metadata
from metadata.wire.saml_metadata_values import IDP_ROLE, SP_ROLE, Contact, Registration

_USES: Final = ("saml", "saml-encryption")

SIGNING: Final = "saml-metadata"
"""The use of the key that signs what is published; see `broker.keys.making`."""


class Publications:
    """What is published now. `refresh` makes nothing but the list of who is published, so it is quick."""

    def __init__(self, on: Services, contents: Contents, listing: Callable[[], Listing], note: Note) -> None:
        self._on, self._listing, self._note = on, listing, note
        self._published = Published(contents, on.settings.base_url, entries.when(on.settings))
        self._terms = Terms(on.settings.base_url)
        self._made_of = on.keys(), on.federation()
        self.current = self._made(None)

    def refresh(self) -> None:
        """Take up the snapshots as they are now."""
        keys, federation = self._on.keys(), self._on.federation()
        if keys is not self._made_of[0] or federation is not self._made_of[1]:
            self.current = self._made(self.current)
            self._made_of = keys, federation

    def _made(self, before: Publication | None) -> Publication:
        candidates = (own_candidate(self._on), *self._published.candidates(self._listing()))
        return Publication(candidates, self._on.keys().signer(SIGNING, "RS256"), self._terms, self._note, before)


def saml_document(on: Services, now: int) -> bytes:
    """The signed document at our entityID. RSA signs it, which every reader verifies."""
    return own_metadata(_own(on, now))


def own_candidate(on: Services) -> Candidate:
    """Ourselves among the entities that are published: both roles, with the keys of now and of next."""
    keys = [key for use in _USES for key in on.keys().published(use)]
    told = (*(key.signer.kid for key in keys), *_levels(on.federation()), *on.federation().names.items())
    return Candidate(
        entity_id=on.settings.entity_id,
        roles=frozenset({IDP_ROLE, SP_ROLE}),
        digest=hashlib.sha256(repr(told).encode()).hexdigest(),
        changed_at=max((key.since for key in keys), default=0),
        form=lambda: replace(own_entity(_own(on, 0)), registration=Registration(on.settings.base_url)),
    )


def _own(on: Services, now: int) -> OwnMetadata:
    keys, federation, settings = on.keys(), on.federation(), on.settings
    names = federation.names
    return OwnMetadata(
        base_url=settings.base_url,
        names=names,
        organisation=OwnOrganisation(names, names, dict.fromkeys(names, settings.base_url)),
        contacts=_contacts(settings.contact),
        signing_certificates=_certificates(keys, "saml"),
        encryption_certificate=_certificates(keys, "saml-encryption")[0],
        signer=keys.signer("saml", "RS256"),
        now=now,
        levels=_levels(federation),
    )


def _certificates(keys: KeyRing, use: str) -> tuple[bytes, ...]:
    return tuple(key.signer.certificate for key in keys.published(use) if key.signer.certificate is not None)


def _levels(federation: Federation) -> tuple[str, ...]:
    return tuple(sorted({level for terms in federation.providers.values() for level in terms.gives()}))


def _contacts(contact: str) -> tuple[Contact, ...]:
    return (Contact("support", mails=(contact,)),) if "@" in contact and "://" not in contact else ()
