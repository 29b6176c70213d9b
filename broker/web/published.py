"""Our own SAML metadata, made from the ring and the register."""

from broker.keys.ring import KeyRing
from broker.login.ports import Federation, Services
from metadata.publish import OwnMetadata, OwnOrganisation, own_metadata
from metadata.wire.saml_metadata_values import Contact


def saml_document(on: Services, now: int) -> bytes:
    """The signed document at our entityID. RSA signs it, which every reader verifies."""
    keys, federation, settings = on.keys(), on.federation(), on.settings
    names = federation.names
    return own_metadata(
        OwnMetadata(
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
    )


def _certificates(keys: KeyRing, use: str) -> tuple[bytes, ...]:
    return tuple(key.signer.certificate for key in keys.published(use) if key.signer.certificate is not None)


def _levels(federation: Federation) -> tuple[str, ...]:
    return tuple(sorted({level for terms in federation.providers.values() for level in terms.gives()}))


def _contacts(contact: str) -> tuple[Contact, ...]:
    return (Contact("support", mails=(contact,)),) if "@" in contact and "://" not in contact else ()
