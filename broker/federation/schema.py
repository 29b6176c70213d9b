"""The federation file, key by key: type, default, one sentence. Its reference and JSON Schema are made from here.

Owns what stands under which key and what one value may be. What values mean together is `checks`; the registration of an
OpenID client is `metadata.oidc`'s, the settings of a login method its own class's (`idp_adapters.catalogue`).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from broker.federation.care_entries import CareConsumerEntry, CareProviderEntry
from broker.federation.feed_entry import FeedEntry
from broker.federation.member import MemberEntry
from broker.federation.openid_schema import OpenIdFederationEntry, SoftwareStatementIssuerEntry, SubordinateEntry
from broker.federation.sharing_schema import AgreementEntry, CategoryEntry, PolicyEntry
from broker.federation.values import (
    PERSON_ID,
    AssertedName,
    AttributeName,
    CategoryUri,
    Day,
    Entry,
    HsaId,
    Id,
    Level,
    Logo,
    Names,
    Note,
    OrganisationNumber,
    Text,
    Values,
    WebAddress,
    named,
)
from metadata.client_fields import acts_alone
from trust_framework.days import day_after, midnight
from trust_framework.members import ConsentPolicy, Profile, State
from trust_framework.representation import AT_SERVICES, RIGHTS, Deed, Kind
from trust_framework.roles import OF_FEDERATION, OF_MEMBER, Role

__all__ = ["AgreementEntry", "Entry", "MemberEntry", "PolicyEntry"]


def _of_service(state: State) -> State:
    if state not in {State.TEST, State.ACTIVE, State.SUSPENDED, State.LEFT}:
        raise ValueError(f"{state.value} is no state of a service")
    return state


ServiceState = Annotated[State, AfterValidator(_of_service)]


def _at_services(kind: Kind) -> Kind:
    if kind not in AT_SERVICES:
        raise ValueError(f"{kind.value} is for My page alone")
    return kind


ForAnother = Annotated[Kind, AfterValidator(_at_services)]


class PublishedAt(Entry):
    """Where an entity publishes its metadata."""

    metadata_url: WebAddress | None = Field(
        None, description="Where it is published: looked at each hour, and what has changed there is proposed."
    )
    metadata_certificate: str | None = Field(
        None, description="PEM of the certificate whose key signs it there: a path, `env:NAME` or the text."
    )

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.metadata_certificate and not self.metadata_url:
            raise ValueError("metadata_certificate is of metadata_url")
        return self

    @classmethod
    def of(cls, saml: Mapping[str, Any]) -> Self:
        """What a SAML entity with other keys says of it. Raises pydantic's ValidationError."""
        return cls.model_validate({name: saml[name] for name in cls.model_fields if name in saml})


class SamlEntry(PublishedAt):
    """A SAML service. Exactly one of `metadata` and `metadata_xml`."""

    metadata: Text | None = Field(None, description="Path of its SAML metadata, relative to this file.")
    metadata_xml: str | None = Field(None, description="The SAML metadata itself.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.metadata is None) == (self.metadata_xml is None):
            raise ValueError("has either metadata (a path) or metadata_xml (the text)")
        return self


class ContactEntry(Entry):
    """Whom a person may ask about the service."""

    mail: Text | None = Field(None, description="Mail address.")
    phone: Text | None = Field(None, description="Telephone number.")
    url: WebAddress | None = Field(None, description="Address of a page.")


class ServiceEntry(Entry):
    """A service that people log in to. Exactly one of `saml` and `oidc`."""

    id: Id = Field(description="Unique and lasting; what the log and other entries call it.")
    member: OrganisationNumber = Field(description="Organisation number of the member that owns it.")
    saml: SamlEntry | None = Field(None, description="For a SAML service provider.")
    oidc: Mapping[str, Any] | None = Field(
        None, description="For an OpenID client: its registration, in the words of RFC 7591 section 2."
    )
    levels: tuple[Level, ...] = Field(
        (),
        min_length=1,
        description="Level URIs that it accepts, the most wanted first; the only ones it may ask for. Always needed, but for a"
        " client that nobody logs in to (`grant_types` is `client_credentials` alone).",
    )
    methods: tuple[Id, ...] = Field((), description="Login methods that it takes; empty means all.")
    attributes: tuple[AttributeName, ...] = Field((), description="Catalogue names of the most that it may get.")
    required: tuple[AttributeName, ...] = Field((), description="Those of `attributes` without which it cannot work.")
    consent: ConsentPolicy = Field(ConsentPolicy.NEVER, description="Whether people are asked before details go to it.")
    profile: Profile = Field(Profile.DEFAULT, description="A named set of stricter rules that it follows.")
    names: Names | None = named("Name on pages by language; else that of its metadata.", default=None)
    entity_categories: tuple[CategoryUri, ...] = Field(
        (),
        description="Entity category URIs that the federation vouches for; its metadata is published with these alone.",
    )
    state: ServiceState = Field(
        State.ACTIVE, description="`test` before it is approved, `active`, `suspended` to stop it, `left`."
    )
    reason: Note | None = Field(None, description="Why it is in that state; its member sees it.")
    reasons: Mapping[AttributeName, Text] = Field({}, description="Why it needs each of `attributes`.")
    legal_basis: Text | None = Field(
        None,
        description="Legal basis on which it gets what no sharing agreement governs; with `reasons`, told of each release.",
    )
    accepts_coordination_number: bool = Field(
        False, description="Whether it takes people who have a coordination number only."
    )
    on_behalf_of: tuple[ForAnother, ...] = Field(
        (),
        description="How people may act for others at it: `guardian`, `power` (of attorney), `signatory`. They are asked for whom"
        " when it asks for a detail about that.",
    )
    contact: ContactEntry | None = Field(None, description="Whom a person may ask; shown on error pages.")
    information_url: WebAddress | None = Field(None, description="Where the service is described.")
    description: Names | None = Field(
        None, description="What the service is for, by language; shown when people are asked, and published."
    )
    privacy_url: WebAddress | None = Field(None, description="Where it says how it treats personal data.")
    logo: Logo | None = Field(
        None,
        description="Its logo, shown beside its name: path of a PNG of at most 32 KiB and 16 to 512 pixels a side, or the"
        " picture itself (`data:image/png;base64,…`).",
    )
    used_by: tuple[Literal["staff", "citizens"], ...] = Field((), description="Who uses it: `staff`, `citizens`.")
    openid_federation: SubordinateEntry | None = Field(
        None, description="As an entity below us in an OpenID Federation: its identifier and federation keys."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.saml is None) == (self.oidc is None):
            raise ValueError("has either saml or oidc")
        if not (self.levels or acts_alone(self.oidc or {})):
            raise ValueError("levels: is missing")
        if missing := set(self.required) - set(self.attributes):
            raise ValueError(f"required: {', '.join(sorted(missing))} is not among attributes")
        return self


class ProviderEntry(Entry):
    """An upstream identity provider; it is a login method with this id. Exactly one of `saml` and `oidc`."""

    id: Id = Field(description="Unique among login methods; part of the address that an OpenID Provider returns to.")
    saml: Mapping[str, Any] | None = Field(
        None, description="For a SAML identity provider: `metadata` (a path) or `metadata_xml`, and settings."
    )
    oidc: Mapping[str, Any] | None = Field(
        None, description="For an OpenID Provider: what we registered with it, and settings."
    )
    member: OrganisationNumber | None = Field(
        None, description="Organisation number of the member that owns it, which must then be active."
    )
    ceiling: Level = Field(description="The highest level URI that it may give.")
    levels: Mapping[str, Level] = Field(
        min_length=1, description="Its words for levels → our level URIs; an empty word for an answer that says none."
    )
    attributes: Mapping[Text, AssertedName] = Field({}, description="Its names of attributes → catalogue names.")
    scopes: tuple[Text, ...] = Field(
        (), description="Organisation numbers, HSA prefixes and mail domains that it may assert in scoped attributes."
    )
    identifiers: tuple[AssertedName, ...] = Field(
        (), description="Catalogue names of identity numbers that it may vouch for, so that its person is the person."
    )
    names: Names | None = named("Name on the choice page by language; else that of its metadata.", default=None)
    entity_categories: tuple[CategoryUri, ...] = Field(
        (),
        description="Entity category URIs that the federation vouches for; its metadata is published with these alone.",
    )
    state: ServiceState = Field(State.ACTIVE, description="`suspended` and `left` stop all logins with it.")
    reason: Note | None = Field(None, description="Why it is in that state; its member sees it.")
    openid_federation: SubordinateEntry | None = Field(
        None, description="As an entity below us in an OpenID Federation: its identifier and federation keys."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.saml is None) == (self.oidc is None):
            raise ValueError("has either saml or oidc")
        PublishedAt.of(self.saml or {})
        if missing := set(self.identifiers) - set(self.attributes.values()):
            raise ValueError(f"identifiers: {', '.join(sorted(missing))} is not among the values of attributes")
        return self

    @property
    def kind(self) -> str:
        """The kind of method that this is."""
        return "saml" if self.saml is not None else "oidc"


class PersonEntry(Entry):
    """A person of the directory. All other keys are catalogue names, with a text or a list of texts."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)
    __pydantic_extra__: dict[str, Values]

    id: str = Field(pattern=PERSON_ID, description="Unique; staff refer to it, and the test method's hints.")
    protected: bool = Field(
        False, description="Protected identity (skyddade personuppgifter): no contact data is told."
    )
    blocked: bool = Field(False, description="Whether the person is kept from logging in.")
    deceased: bool = Field(False, description="Whether the person has died: nobody acts for them any more.")


class CommissionEntry(Entry):
    """A commission (medarbetaruppdrag). All other keys are catalogue names of commissions."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)
    __pydantic_extra__: dict[str, Values]

    hsa_id: HsaId = Field(description="HSA-id of the commission.")


class StaffMember(Entry):
    """An employment of a person. All other keys are catalogue names of employments."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)
    __pydantic_extra__: dict[str, Values]

    person: str = Field(description="Id of the person.")
    hsa_id: HsaId = Field(description="HSA-id of the employment.")
    commissions: tuple[CommissionEntry, ...] = Field((), description="What the person may act in.")


class RoleEntry(Entry):
    """A role that a person has in the portal and the console."""

    person: str = Field(description="Id of the person.")
    role: Role = Field(description="`operator`, `security-officer`, `owner`, `technical`, `log-reviewer` or `reader`.")
    org: OrganisationNumber | None = Field(
        None, description="Organisation number of the member that it is in; without one it is in the federation."
    )

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if self.role not in (OF_MEMBER if self.org else OF_FEDERATION):
            raise ValueError(f"role: {self.role} is no role {'of a member' if self.org else 'in the federation'}")
        return self


class RepresentedOrganisation(Entry):
    """An organisation that somebody signs for (firmatecknare). It need not be a member."""

    number: OrganisationNumber = Field(description="Organisation number.")
    name: Text = Field(description="What it is called.")


class RepresentationEntry(Entry):
    """That a person may act for another, on My page and at services that take it: a guardian, the holder of a power of
    attorney, a signatory; or a child for itself before the age.
    """

    id: Text = Field(
        description="Unique and lasting: a power that was taken back stays so when the file is applied again."
    )
    person: str = Field("", description="Id of the person that it is about.")
    organisation: RepresentedOrganisation | None = Field(
        None, description="For a signatory: the organisation, in place of a person."
    )
    representative: str = Field(description="Id of the person who may act; for `own` the same.")
    kind: Kind = Field(
        description="`guardian`, `power` (of attorney), `signatory`, or `own`: a child that is let in before the age."
    )
    valid_from: Day | None = Field(None, description="The first day; from now on without one.")
    valid_until: Day | None = Field(None, description="The last day; a power of attorney has one.")
    may: tuple[Deed, ...] = Field(
        (),
        description="What it lets do: `read` and `ask` without more; for others than guardians also `block`, `lift`,"
        " `end-consent` and `export`. With `services`, nothing without more.",
    )
    services: tuple[Id, ...] = Field(
        (), description="For a power of attorney: the services at which it lets act for the person."
    )
    despite_age: bool = Field(
        False, description="For a guardian: decided in this case, so that the age does not count."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.kind is Kind.OWN) != (self.person == self.representative):
            raise ValueError("kind: `own`, and nothing else, is of a person for themselves")
        if (self.kind is Kind.SIGNATORY) != (self.organisation is not None) or bool(self.person) == bool(
            self.organisation
        ):
            raise ValueError(
                "organisation: `signatory`, and nothing else, is of an organisation; the others of a person"
            )
        if self.services and self.kind is not Kind.POWER:
            raise ValueError("services: are named by a power of attorney")
        if self.kind is Kind.POWER and self.valid_until is None:
            raise ValueError("valid_until: a power of attorney has a last day")
        if beyond := sorted(set(self.may) - RIGHTS[self.kind]):
            raise ValueError(f"may: {beyond[0]} is not for a {self.kind}")
        return self

    @property
    def start(self) -> int:
        """When it begins."""
        return midnight(self.valid_from) if self.valid_from else 0

    @property
    def until(self) -> int | None:
        """When it has ended."""
        return day_after(self.valid_until) if self.valid_until else None


MOST_GRACE_DAYS: Final = 90
"""A declaration that ran out counts no longer than this, whatever the file says."""


class FederationFile(Entry):
    """The federation file."""

    tillit: Literal["1"] = Field(description="Version of the format: 1.")
    names: Names | None = named("Name of the federation on pages, by language.", default=None)
    members: tuple[MemberEntry, ...] = Field((), description="The organisations of the federation.")
    services: tuple[ServiceEntry, ...] = Field((), description="What people log in to.")
    identity_providers: tuple[ProviderEntry, ...] = Field((), description="Upstream providers; each is a login method.")
    methods: Mapping[Id, Mapping[str, Any]] = Field(
        {},
        description="The broker's own login methods by id; `kind` where the id does not say it; `state` may be `suspended`.",
    )
    persons: tuple[PersonEntry, ...] = Field((), description="People of the directory.")
    staff: tuple[StaffMember, ...] = Field((), description="Their employments and commissions.")
    roles: tuple[RoleEntry, ...] = Field((), description="What people may do in the portal and the console.")
    representations: tuple[RepresentationEntry, ...] = Field((), description="Who may act for whom.")
    agreements: tuple[AgreementEntry, ...] = Field((), description="Sharing agreements.")
    software_statement_issuers: tuple[SoftwareStatementIssuerEntry, ...] = Field(
        (), description="Whose software may register itself; it stands in test until it is approved."
    )
    openid_federation: OpenIdFederationEntry | None = Field(
        None, description="This broker's place in an OpenID Federation; it has none without."
    )
    feeds: tuple[FeedEntry, ...] = Field((), description="Other federations whose members are taken in.")
    policies: tuple[PolicyEntry, ...] = Field((), description="Release policies.")
    entity_categories: tuple[CategoryEntry, ...] = Field(
        (),
        description="Which details belong to which entity category; what belongs to none is not bounded by category.",
    )
    declaration_grace_days: int = Field(
        30,
        ge=0,
        le=MOST_GRACE_DAYS,
        description="How many days after the last day of a trust declaration the identity providers of its member still give"
        " the levels that it carried. Then such a login is refused; 0 refuses at once.",
    )
    care_providers: tuple[CareProviderEntry, ...] = Field(
        (), description="Care providers whose registers are kept here."
    )
    care_consumers: tuple[CareConsumerEntry, ...] = Field((), description="Systems that call care's contracts.")
