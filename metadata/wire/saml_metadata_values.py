"""What an entity says of itself in SAML metadata, as plain values: the same for what we read and what we publish.

Values and names of the vocabulary only (saml-metadata 2.0 and its extensions). Reading is `saml_metadata`, writing
`saml_metadata_writer`; whether what is said may be believed is `metadata.saml_rules`. Every value that was read knows its
`place` in the document, an XPath without prefixes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from metadata.wire.signing import PublicKey

MD: Final = "urn:oasis:names:tc:SAML:2.0:metadata"
MDATTR: Final = "urn:oasis:names:tc:SAML:metadata:attribute"
MDUI: Final = "urn:oasis:names:tc:SAML:metadata:ui"
ALG: Final = "urn:oasis:names:tc:SAML:metadata:algsupport"
SHIBMD: Final = "urn:mace:shibboleth:metadata:1.0"
MDRPI: Final = "urn:oasis:names:tc:SAML:metadata:rpi"
ORGEXT: Final = "http://id.swedenconnect.se/authn/1.0/md-org-ext/ns"
PROTOCOL: Final = "urn:oasis:names:tc:SAML:2.0:protocol"

ENTITY_CATEGORY: Final = "http://macedir.org/entity-category"
ENTITY_CATEGORY_SUPPORT: Final = "http://macedir.org/entity-category-support"
ASSURANCE_CERTIFICATION: Final = "urn:oasis:names:tc:SAML:attribute:assurance-certification"

SP_ROLE: Final = "SPSSODescriptor"
IDP_ROLE: Final = "IDPSSODescriptor"
ACS: Final = "AssertionConsumerService"
SSO: Final = "SingleSignOnService"
SLO: Final = "SingleLogoutService"


def md(name: str) -> str:
    """A qualified name of the metadata namespace."""
    return f"{{{MD}}}{name}"


@dataclass(frozen=True, slots=True)
class Localized:
    """A text or an address in one language (saml-metadata 2.2.4, 2.2.5)."""

    language: str
    value: str
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Key:
    """A KeyDescriptor (2.4.1.1). `key` is None when there is a `flaw`: no-key, certificate or private-key.

    `use` None means both. `methods` are the EncryptionMethod URIs; `oaep_digests` the digests declared for
    rsa-oaep-mgf1p. `certificate` is DER; `further` counts certificates after the first, which give no key.
    """

    use: str | None = None
    certificate: bytes | None = field(default=None, repr=False)
    key: PublicKey | None = field(default=None, repr=False, compare=False)
    flaw: str = ""
    methods: tuple[str, ...] = ()
    oaep_digests: tuple[str, ...] = ()
    further: int = 0
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Location:
    """An endpoint (2.2.2, 2.2.3); `name` is the element's, such as SingleLogoutService."""

    name: str
    binding: str
    url: str
    response_url: str | None = None
    index: int | None = None
    is_default: bool = False
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Requested:
    """A RequestedAttribute (2.4.4.2)."""

    name: str
    name_format: str | None = None
    required: bool = False
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AttributeService:
    """An AttributeConsumingService (2.4.4.1)."""

    index: int
    is_default: bool
    names: tuple[Localized, ...]
    requested: tuple[Requested, ...]
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """A shibmd:Scope."""

    value: str
    is_pattern: bool = False
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Logo:
    """An mdui:Logo (MDUI 2.1.4)."""

    url: str
    width: int
    height: int
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """The mdui:UIInfo of a role: what people see of it."""

    names: tuple[Localized, ...] = ()
    descriptions: tuple[Localized, ...] = ()
    information_urls: tuple[Localized, ...] = ()
    privacy_urls: tuple[Localized, ...] = ()
    logos: tuple[Logo, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """An SPSSODescriptor or IDPSSODescriptor (2.4.3, 2.4.4). `signs` is AuthnRequestsSigned of a service;
    `wants_signed` is WantAssertionsSigned of a service and WantAuthnRequestsSigned of a provider. The `digest_methods`
    and `signing_methods` are those of alg, empty when the role says nothing of its own.
    """

    kind: str
    keys: tuple[Key, ...]
    locations: tuple[Location, ...]
    signs: bool = False
    wants_signed: bool = False
    name_id_formats: tuple[str, ...] = ()
    attribute_services: tuple[AttributeService, ...] = ()
    interface: Interface = field(default_factory=Interface)
    scopes: tuple[Scope, ...] = ()
    digest_methods: tuple[str, ...] = ()
    signing_methods: tuple[str, ...] = ()
    error_url: str | None = None
    valid_until: int | None = None
    place: str = field(default="", compare=False)

    def at(self, name: str) -> tuple[Location, ...]:
        """Its endpoints of one kind."""
        return tuple(each for each in self.locations if each.name == name)


@dataclass(frozen=True, slots=True)
class Organization:
    """md:Organization (2.3.2.1), with the number that Sweden Connect adds."""

    names: tuple[Localized, ...]
    display_names: tuple[Localized, ...]
    urls: tuple[Localized, ...]
    number: str | None = None
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Contact:
    """md:ContactPerson (2.3.2.2); mail addresses without `mailto:`."""

    kind: str
    name: str | None = None
    mails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registration:
    """mdrpi:RegistrationInfo (MDRPI 1.0 section 2.1): who registered the entity, when, and by which policy."""

    authority: str
    instant: int | None = None
    policies: tuple[Localized, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """One EntityDescriptor (2.3.2). `valid_until` is the earliest that holds for all of it, in epoch seconds; `created` is
    when its publisher made it (mdrpi 2.2.1).
    """

    entity_id: str
    roles: tuple[Role, ...]
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    organization: Organization | None = None
    contacts: tuple[Contact, ...] = ()
    digest_methods: tuple[str, ...] = ()
    signing_methods: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = ()
    valid_until: int | None = None
    cache_duration: int | None = None
    registration: Registration | None = None
    created: int | None = None
    place: str = field(default="", compare=False)

    def role(self, kind: str) -> Role | None:
        """Its first role of a kind."""
        return next((role for role in self.roles if role.kind == kind), None)
