"""What the federation file says of OpenID Federation: our role, the anchors we trust, our subordinates, what marks we give.

Owns these keys of the file. What they mean together is made in `openid_entries`; the documents are `metadata.federation`'s.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from broker.federation.values import AttributeName, Entry, Id, Level, OrganisationNumber, Text
from trust_framework.members import ConsentPolicy, Profile

MOST_DAYS: Final = 366


def _entity_id(value: str) -> str:
    from metadata.federation.entity_id import is_entity_id

    if not is_entity_id(value, allow_http_loopback=True):
        raise ValueError("is no entity identifier: an https URL without query and fragment")
    return value


def _public_keys(value: Mapping[str, Any]) -> Mapping[str, Any]:
    from metadata.federation.statement import StatementRefused, federation_keys

    try:
        federation_keys(value)
    except StatementRefused as error:
        raise ValueError(f"cannot be used: {error.reason}") from error
    return value


def _flags(policy: Any) -> Any:
    """The flag `essential` of each parameter, which the file has as text like everything."""
    if not isinstance(policy, Mapping):
        return policy
    return {
        name: value == "true" if name == "essential" and value in ("true", "false") else _flags(value)
        for name, value in policy.items()
    }


def _policy(value: Mapping[str, Any]) -> Mapping[str, Any]:
    from metadata.federation.policy import PolicyError, check

    try:
        check(value)
    except PolicyError as error:
        raise ValueError(str(error)) from error
    return value


EntityId = Annotated[str, AfterValidator(_entity_id)]
Jwks = Annotated[Mapping[str, Any], AfterValidator(_public_keys)]
MetadataPolicy = Annotated[Mapping[str, Any], BeforeValidator(_flags), AfterValidator(_policy)]
MetadataOf = Mapping[str, Mapping[str, Any]]


class NamingConstraintsEntry(Entry):
    """Hosts that entities below may have: a name is one host, one with a leading dot all hosts within."""

    permitted: tuple[Text, ...] | None = Field(None, description="The only ones.")
    excluded: tuple[Text, ...] = Field((), description="These not, whatever is permitted.")


class ConstraintsEntry(Entry):
    """What entities below are bound by (section 6.2)."""

    max_path_length: int | None = Field(None, ge=0, description="Most intermediates below.")
    naming_constraints: NamingConstraintsEntry | None = Field(None, description="Which hosts they may have.")
    allowed_entity_types: tuple[Text, ...] | None = Field(None, description="The only entity types they may have.")


class SubordinateEntry(Entry):
    """A member's organisation, service or provider as an entity below us (OpenID Federation 1.0)."""

    entity_id: EntityId = Field(description="Its entity identifier.")
    jwks: Jwks = Field(description="Its federation keys (not those that it logs people in with), each with a `kid`.")
    intermediate: bool = Field(False, description="Whether it has entities below itself.")
    entity_types: tuple[Text, ...] = Field(
        (), description="Its entity types, when not those of its place in this file."
    )
    metadata: MetadataOf = Field({}, description="Metadata that we say for it, by entity type.")
    metadata_policy: MetadataPolicy = Field(
        {}, description="A policy for it and all below it, beside that for everybody."
    )
    constraints: ConstraintsEntry | None = Field(None, description="Constraints on it and all below it.")


class ChainTermsEntry(Entry):
    """What services may do here that come by a trust chain, without an entry of their own."""

    member: OrganisationNumber = Field(
        description="Organisation number of the member that answers for them; they stop when it is suspended."
    )
    levels: tuple[Level, ...] = Field(min_length=1, description="Level URIs, the only ones that they may ask for.")
    methods: tuple[Id, ...] = Field((), description="Login methods; empty means all.")
    attributes: tuple[AttributeName, ...] = Field((), description="Catalogue names of the most that they may get.")
    consent: ConsentPolicy = Field(ConsentPolicy.ASK, description="Whether people are asked before details go to them.")
    profile: Profile = Field(Profile.DEFAULT, description="A named set of stricter rules that they follow.")
    trust_marks: tuple[Text, ...] = Field((), description="Types of trust marks that each of them must have.")
    registration: tuple[Literal["automatic", "explicit"], ...] = Field(
        ("automatic", "explicit"), min_length=1, description="How they may come."
    )
    stopped: tuple[EntityId, ...] = Field((), description="Entities that may not, or no longer.")


class TrustAnchorEntry(Entry):
    """A trust anchor whose chains we believe."""

    entity_id: EntityId = Field(description="Its entity identifier.")
    jwks: Jwks = Field(description="Its federation keys, come by in a way that can be relied on.")
    services: ChainTermsEntry | None = Field(
        None, description="What services below it may do here; none may come without."
    )


class TrustMarkTypeEntry(Entry):
    """A type of trust mark that we give. Who has it follows from the register, so it ends when the ground does."""

    type: EntityId = Field(description="Its identifier, a URL.")
    agreement: Id | None = Field(None, description="Given to the services of this agreement, while it is valid.")
    entities: tuple[EntityId, ...] | None = Field(
        None, description="Given to these; all subordinates when neither stands."
    )
    days: int = Field(7, ge=1, le=MOST_DAYS, description="Days that one mark is valid.")
    logo_uri: EntityId | None = Field(None, description="Address of its picture.")
    ref: EntityId | None = Field(None, description="Address where it is explained.")

    @model_validator(mode="after")
    def _one_ground(self) -> Self:
        if self.agreement is not None and self.entities is not None:
            raise ValueError("has either agreement or entities")
        return self


class TrustMarkOwnerEntry(Entry):
    """Who owns a type of trust mark that others issue."""

    sub: EntityId = Field(description="Its entity identifier.")
    jwks: Jwks = Field(description="Its federation keys.")


class OwnTrustMarkEntry(Entry):
    """A trust mark that we have been given."""

    trust_mark_type: Text = Field(description="Its type.")
    trust_mark: str = Field(description="The mark, a signed JWT.")


class OpenIdFederationEntry(Entry):
    """This broker in an OpenID Federation. Its entity identifier is the base URL."""

    role: Literal["leaf", "intermediate", "trust-anchor"] = Field(
        "leaf", description="`intermediate` and `trust-anchor` have the members' entities below them."
    )
    authority_hints: tuple[EntityId, ...] = Field((), description="Our superiors.")
    trust_anchors: tuple[TrustAnchorEntry, ...] = Field((), description="Anchors whose chains we believe.")
    services: ChainTermsEntry | None = Field(
        None,
        description="As trust anchor: what services somewhere below us may do here that have no entry of their own.",
    )
    trust_marks: tuple[OwnTrustMarkEntry, ...] = Field((), description="Trust marks that we have been given.")
    trust_mark_types: tuple[TrustMarkTypeEntry, ...] = Field((), description="Types of trust marks that we give.")
    trust_mark_issuers: Mapping[Text, tuple[EntityId, ...]] = Field(
        {}, description="As trust anchor: who else may issue which type of trust mark; empty means anybody."
    )
    trust_mark_owners: Mapping[Text, TrustMarkOwnerEntry] = Field(
        {}, description="As trust anchor: who owns which type."
    )
    metadata_policy: MetadataPolicy = Field({}, description="A policy for everybody below us (section 6.1).")
    constraints: ConstraintsEntry | None = Field(None, description="Constraints on everybody below us.")

    @model_validator(mode="after")
    def _in_role(self) -> Self:
        if self.role == "intermediate" and not self.authority_hints:
            raise ValueError("an intermediate has authority_hints")
        if self.role != "trust-anchor" and (self.trust_mark_issuers or self.trust_mark_owners):
            raise ValueError("trust_mark_issuers and trust_mark_owners are a trust anchor's to say")
        if self.role != "trust-anchor" and self.services:
            raise ValueError("services below us come by a chain to us, so we must be a trust anchor")
        if self.role == "leaf" and (self.metadata_policy or self.constraints):
            raise ValueError("metadata_policy and constraints need entities below us")
        return self


class SoftwareStatementIssuerEntry(Entry):
    """Who may vouch for software by a software statement (RFC 7591 section 2.3), so that it can register itself for a member."""

    issuer: Text = Field(description="The `iss` of its statements.")
    jwks: Jwks = Field(description="Its keys, each with a `kid`.")
    member: OrganisationNumber = Field(description="Organisation number of the member that its clients belong to.")
    levels: tuple[Level, ...] = Field(min_length=1, description="Level URIs that they may ask for.")
    attributes: tuple[AttributeName, ...] = Field((), description="Catalogue names of the most that they may get.")
    methods: tuple[Id, ...] = Field((), description="Login methods; empty means all.")
