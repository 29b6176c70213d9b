"""Sharing agreements, release policies and entity categories as the federation file says them, key by key.

What they mean is `trust_framework.agreements` and `…policies`; `sharing` makes the one of the other.
"""

from typing import Annotated, Self

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from broker.federation.values import (
    MAXIMUM_TEXT,
    AttributeName,
    AttributeSet,
    CategoryUri,
    Day,
    Entry,
    Id,
    Level,
    Names,
    OrganisationNumber,
    Text,
    named,
    several,
)
from trust_framework.agreements import PartyRole
from trust_framework.members import Profile
from trust_framework.policies import Effect


class PartyEntry(Entry):
    """A member that is party to an agreement."""

    org: OrganisationNumber = Field(description="Organisation number of the member.")
    role: Annotated[tuple[PartyRole, ...], BeforeValidator(several)] = Field(
        min_length=1, description="`giver`, `receiver`, or a list of both."
    )


class DataEntry(Entry):
    """A detail that one party lets another have."""

    attribute: AttributeName = Field(description="Catalogue name.")
    giver: OrganisationNumber = Field(description="The party that gives it.")
    receiver: OrganisationNumber = Field(description="The party that gets it, for its services of the agreement.")
    definition: str = Field("", max_length=MAXIMUM_TEXT, description="What it means between the two.")


class SignatureEntry(Entry):
    """A signature for a party. The portal writes it; a file may carry it on."""

    org: OrganisationNumber = Field(description="The party that it is made for.")
    person: str = Field(min_length=1, max_length=64, description="The register's id of who signed.")
    name: Text = Field(description="The name of who signed.")
    level: Level = Field(description="Level of the login that it was made in.")
    at: int = Field(description="When, in epoch seconds.")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 over what was signed.")


class TermsEntry(Entry):
    """One version of what is agreed. A draft may lack most of it, and cannot be signed until it is complete."""

    version: int = Field(ge=1, description="1, 2, 3 …")
    parties: tuple[PartyEntry, ...] = Field((), description="At least a giver and a receiver.")
    purpose: str = Field("", max_length=MAXIMUM_TEXT, description="What the details are for.")
    legal_basis: str = Field("", max_length=MAXIMUM_TEXT, description="The law that lets them be shared.")
    services: tuple[Id, ...] = Field((), description="Ids of the receivers' services.")
    data: tuple[DataEntry, ...] = Field((), description="Which details, from whom to whom, and what they mean.")
    retention_days: int = Field(0, ge=0, description="How many days a receiver may keep what it got.")
    transfer: str = Field("", max_length=MAXIMUM_TEXT, description="How the details are carried over.")
    valid_from: Day = Field(validation_alias=AliasChoices("from", "valid_from"), description="First day, YYYY-MM-DD.")
    valid_until: Day = Field(validation_alias=AliasChoices("until", "valid_until"), description="Last day, YYYY-MM-DD.")
    review: Day | None = Field(None, description="Day of its review, at most a year after the first day.")
    signatures: tuple[SignatureEntry, ...] = Field((), description="Those of the parties.")


class PartyContactEntry(Entry):
    """Whom the other parties turn to."""

    org: OrganisationNumber = Field(description="The party.")
    name: Text = Field(description="Name of the person or function.")
    mail: str = Field("", max_length=254, description="Mail address.")
    phone: str = Field("", max_length=32, description="Telephone number.")
    confirmed: Day = Field(description="Day when the party last said that this is right; anew each year.")


class ReviewEntry(Entry):
    """A review that was made."""

    org: OrganisationNumber = Field(description="The party whose review it is.")
    person: str = Field("", max_length=64, description="The register's id of who made it.")
    at: int = Field(description="When, in epoch seconds.")
    note: Text = Field(description="What it came to.")


class SuspensionEntry(Entry):
    """A stop that a party made."""

    org: str = Field(max_length=16, description="The party, or `federation`.")
    person: str = Field("", max_length=64, description="The register's id of who made it.")
    at: int = Field(description="When, in epoch seconds.")
    reason: Text = Field(description="Why.")
    resumed_at: int | None = Field(None, description="When it ended.")
    review: str = Field("", max_length=MAXIMUM_TEXT, description="The review that ended it.")


class LeaveEntry(Entry):
    """A party on its way out."""

    org: OrganisationNumber = Field(description="The party.")
    at: int = Field(description="When nothing more of it is shared, in epoch seconds.")
    version: int = Field(description="The last version that it is party to.")
    gave: str = Field("", max_length=MAXIMUM_TEXT, description="What was decided about what it has given.")
    received: str = Field("", max_length=MAXIMUM_TEXT, description="What was decided about what it has received.")


class ExtraEntry(Entry):
    """A detail beyond the agreed ones, for a short time."""

    attribute: AttributeName = Field(description="Catalogue name.")
    service: Id = Field(description="The service that may have it.")
    giver: OrganisationNumber = Field(description="The party that gives it.")
    person: str = Field("", max_length=64, description="The register's id of who considered it.")
    consideration: Text = Field(description="Why it may go.")
    at: int = Field(description="From when, in epoch seconds.")
    until: int = Field(description="Until when; at most a month later.")


class AgreementEntry(Entry):
    """A sharing agreement: details that it names reach its services only while one is in force. In its short form it has
    `services`, `attributes`, `from` and `until`, and is signed elsewhere; in full it has `versions` and the rest.
    """

    id: Id = Field(description="Unique.")
    names: Names | None = named("What it is called, by language.", default=None)
    services: tuple[Id, ...] | None = Field(None, min_length=1, description="Short form: ids of services.")
    attributes: tuple[AttributeName, ...] | None = Field(None, min_length=1, description="Short form: catalogue names.")
    valid_from: Day | None = Field(
        None, validation_alias=AliasChoices("from", "valid_from"), description="Short form: first day, YYYY-MM-DD."
    )
    valid_until: Day | None = Field(
        None, validation_alias=AliasChoices("until", "valid_until"), description="Short form: last day, YYYY-MM-DD."
    )
    versions: tuple[TermsEntry, ...] = Field((), description="Full form: the versions of its terms, the newest last.")
    contacts: tuple[PartyContactEntry, ...] = Field((), description="A contact of each party.")
    reviews: tuple[ReviewEntry, ...] = Field((), description="Reviews made.")
    suspensions: tuple[SuspensionEntry, ...] = Field((), description="Stops, past and present.")
    leaves: tuple[LeaveEntry, ...] = Field((), description="Parties that leave or have left.")
    extras: tuple[ExtraEntry, ...] = Field((), description="Details beyond the agreed ones.")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        short = (self.services, self.attributes, self.valid_from, self.valid_until)
        if self.versions and any(part is not None for part in short):
            raise ValueError("has either versions or services, attributes, from and until")
        if not self.versions and any(part is None for part in short):
            raise ValueError("lacks services, attributes, from or until (or versions, in full)")
        return self

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = [(self.valid_from, self.valid_until), *((each.valid_from, each.valid_until) for each in self.versions)]
        if any(first and last and last < first for first, last in days):
            raise ValueError("ends before it begins")
        numbers = [each.version for each in self.versions]
        if numbers != sorted(set(numbers)):
            raise ValueError("has versions that are not numbered upwards")
        return self


class AudienceEntry(Entry):
    """Which services a policy is about: all, or those that any of the lists names."""

    all: bool = Field(False, description="Every service.")
    services: tuple[Id, ...] = Field((), description="Ids of services.")
    categories: tuple[Text, ...] = Field((), description="URIs of entity categories that the service has.")
    members: tuple[OrganisationNumber, ...] = Field((), description="Services of these members.")
    member_types: tuple[Id, ...] = Field((), description="Services of members of these types.")

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.all == bool(self.services or self.categories or self.members or self.member_types):
            raise ValueError("names either all services or some")
        return self


class NeedsEntry(Entry):
    """What must hold before an allowed detail goes."""

    level: int = Field(0, ge=0, le=4, description="The weakest rank of the login, 1 to 4.")
    agreement: bool = Field(False, description="Whether an agreement in force must name the detail.")
    consent: bool = Field(False, description="Whether the person must agree.")
    profile: Profile | None = Field(None, description="The profile that the service must follow.")


class RuleEntry(Entry):
    """One version of a policy."""

    effect: Effect = Field(description="`allow` or `deny`; one that denies wins.")
    to: AudienceEntry = Field(description="Which services it is about.")
    attributes: tuple[AttributeName, ...] = Field((), description="Catalogue names.")
    sets: tuple[AttributeSet, ...] = Field((), description="URIs of attribute sets.")
    needs: NeedsEntry | None = Field(None, description="Only with `allow`: what must hold.")
    version: int = Field(1, ge=1, description="Counts up with each change, and is told in every trace.")
    since: Day | None = Field(
        None,
        validation_alias=AliasChoices("from", "since"),
        description="First day, YYYY-MM-DD; at once when left out.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not (self.attributes or self.sets):
            raise ValueError("names no attributes and no sets")
        if self.effect is Effect.DENY and self.needs:
            raise ValueError("needs belong to a policy that allows")
        return self


class PolicyEntry(RuleEntry):
    """A release policy. What no policy names follows the service's terms alone; what one allows goes only where one does."""

    id: Id = Field(description="Unique, and short: traces name it.")
    names: Names | None = named("What it is for, by language.", default=None)
    coming: RuleEntry | None = Field(
        None, validation_alias=AliasChoices("next", "coming"), description="The version that follows on its first day."
    )

    @model_validator(mode="after")
    def _coming_later(self) -> Self:
        if self.coming and (self.coming.since is None or self.coming.version <= self.version):
            raise ValueError("next needs a first day and a higher version")
        return self


class CategoryEntry(Entry):
    """Which details belong to an entity category: they go only to services that the federation vouches for having it, or
    another category that they belong to.
    """

    uri: CategoryUri = Field(description="URI of the category.")
    attributes: tuple[AttributeName, ...] = Field((), description="Catalogue names.")
    sets: tuple[AttributeSet, ...] = Field((), description="URIs of attribute sets.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.attributes or self.sets):
            raise ValueError("names no attributes and no sets")
        return self
