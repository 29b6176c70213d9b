"""Our own SAML metadata: one signed document in which tillit is an identity provider and a service (saml-metadata 2.0).

Owns what tillit says of itself and at which addresses. How it is written is `metadata.wire.saml_metadata_writer`; where
keys, names and levels come from is the caller's. The same value gives the same octets, so a reply can be kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from metadata.register import POST, REDIRECT
from metadata.wire.saml_messages.vocabulary import PERSISTENT, TRANSIENT
from metadata.wire.saml_metadata_keys import key_of_certificate
from metadata.wire.saml_metadata_values import (
    ACS,
    ASSURANCE_CERTIFICATION,
    ENTITY_CATEGORY,
    ENTITY_CATEGORY_SUPPORT,
    IDP_ROLE,
    SLO,
    SP_ROLE,
    SSO,
    Contact,
    Entity,
    Interface,
    Key,
    Localized,
    Location,
    Logo,
    Organization,
    Role,
    Scope,
)
from metadata.wire.saml_metadata_writer import write_entity
from metadata.wire.signing import Signer
from metadata.wire.xmldsig import DIGEST_ALGORITHMS, SIGNATURE_ALGORITHMS
from metadata.wire.xmlenc import AES_128_GCM, AES_256_CBC, AES_256_GCM, OAEP_MGF1P

__all__ = ["Contact", "Logo", "OwnMetadata", "OwnOrganisation", "entity_id", "own_entity", "own_metadata"]

DAY: Final = 86400
ERROR_QUERY: Final = "code=ERRORURL_CODE&ts=ERRORURL_TS&rp=ERRORURL_RP&tid=ERRORURL_TID&ctx=ERRORURL_CTX"
"""The placeholders that a service fills in (REFEDS SAML errorURL specification 1.0 section 3)."""

_DECRYPTED: Final = (AES_256_GCM, AES_128_GCM, AES_256_CBC, OAEP_MGF1P)


@dataclass(frozen=True, slots=True)
class OwnOrganisation:
    """Who runs tillit: names as registered and as shown, and home pages, by language; the organisation number."""

    names: Mapping[str, str]
    display_names: Mapping[str, str]
    urls: Mapping[str, str]
    number: str | None = None


@dataclass(frozen=True, slots=True)
class OwnMetadata:
    """What the document says. Certificates are DER; signing certificates in the order of the ring, next keys included.

    `encryption_certificate` is the newest only (deployment profile 2.1.1.2). `signer` should be the RSA key, which every
    reader verifies. `levels` are those that we can give, `entity_categories` those that we support. Times in seconds.
    """

    base_url: str
    names: Mapping[str, str]
    organisation: OwnOrganisation
    contacts: tuple[Contact, ...]
    signing_certificates: tuple[bytes, ...]
    encryption_certificate: bytes
    signer: Signer = field(repr=False)
    now: int
    levels: tuple[str, ...] = ()
    entity_categories: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)
    information_urls: Mapping[str, str] = field(default_factory=dict)
    privacy_urls: Mapping[str, str] = field(default_factory=dict)
    logos: tuple[Logo, ...] = ()
    valid_for: int = 14 * DAY
    cache_for: int = DAY // 4


def entity_id(base_url: str) -> str:
    """Our entityID, which is also where the document is found (saml-metadata 4.1)."""
    return f"{base_url}/saml/metadata"


def own_metadata(spec: OwnMetadata) -> bytes:
    """The signed document. Raises XmlRefused for a value that the schemas do not allow, ValueError for a bad certificate."""
    until = spec.now + spec.valid_for
    return write_entity(replace(own_entity(spec), valid_until=until, cache_duration=spec.cache_for), spec.signer)


def own_entity(spec: OwnMetadata) -> Entity:
    """What the document says, without an end: as it also stands among others. Raises ValueError for a bad certificate."""
    organisation = spec.organisation
    return Entity(
        entity_id=entity_id(spec.base_url),
        roles=(_identity_provider(spec), _service(spec)),
        attributes=_entity_attributes(spec),
        organization=Organization(
            _localized(organisation.names),
            _localized(organisation.display_names),
            _localized(organisation.urls),
            organisation.number,
        ),
        contacts=spec.contacts,
        digest_methods=tuple(DIGEST_ALGORITHMS),
        signing_methods=tuple(SIGNATURE_ALGORITHMS),
    )


def _localized(texts: Mapping[str, str]) -> tuple[Localized, ...]:
    return tuple(Localized(language, value) for language, value in texts.items())


def _entity_attributes(spec: OwnMetadata) -> dict[str, tuple[str, ...]]:
    """Levels, and categories under both names in use: Sweden Connect reads the first, REFEDS the second."""
    given = {
        ASSURANCE_CERTIFICATION: spec.levels,
        ENTITY_CATEGORY: spec.entity_categories,
        ENTITY_CATEGORY_SUPPORT: spec.entity_categories,
    }
    return {name: values for name, values in given.items() if values}


def _identity_provider(spec: OwnMetadata) -> Role:
    base = spec.base_url
    return Role(
        kind=IDP_ROLE,
        keys=_keys(spec),
        locations=(
            *(Location(SLO, binding, f"{base}/saml/slo") for binding in (REDIRECT, POST)),
            *(Location(SSO, binding, f"{base}/saml/sso") for binding in (REDIRECT, POST)),
        ),
        wants_signed=True,
        name_id_formats=(PERSISTENT, TRANSIENT),
        interface=_interface(spec),
        scopes=tuple(Scope(value) for value in spec.scopes),
        error_url=f"{base}/error?{ERROR_QUERY}",
    )


def _service(spec: OwnMetadata) -> Role:
    base = spec.base_url
    return Role(
        kind=SP_ROLE,
        keys=_keys(spec),
        locations=(
            *(Location(SLO, binding, f"{base}/saml/slo") for binding in (REDIRECT, POST)),
            Location(ACS, POST, f"{base}/saml/acs", index=0, is_default=True),
        ),
        signs=True,
        wants_signed=True,
        name_id_formats=(PERSISTENT, TRANSIENT),
        interface=_interface(spec),
    )


def _keys(spec: OwnMetadata) -> tuple[Key, ...]:
    """Every signing key, next ones too, so that a peer knows a key before it is used; and one key to encrypt to."""
    for certificate in (*spec.signing_certificates, spec.encryption_certificate):
        key_of_certificate(certificate)
    encryption = Key("encryption", spec.encryption_certificate, methods=_DECRYPTED)
    return (*(Key("signing", certificate) for certificate in spec.signing_certificates), encryption)


def _interface(spec: OwnMetadata) -> Interface:
    return Interface(
        names=_localized(spec.names),
        descriptions=_localized(spec.descriptions),
        information_urls=_localized(spec.information_urls),
        privacy_urls=_localized(spec.privacy_urls),
        logos=spec.logos,
    )
