"""Another federation's feed as the federation file says it: where it is, what is taken of it, and on which terms."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from broker.federation.values import (
    AssertedName,
    AttributeName,
    Entry,
    Id,
    Level,
    Names,
    OrganisationNumber,
    Text,
    WebAddress,
    named,
)
from trust_framework.members import ConsentPolicy, State


def _step(sentence: str) -> str:
    from metadata.feeds import read_step

    read_step(sentence)
    return sentence


class FeedServices(Entry):
    """Terms of every service that a feed brings. Each may have what its own metadata asks for, and these allow."""

    member: OrganisationNumber = Field(description="The member that answers for them: the other federation's operator.")
    levels: tuple[Level, ...] = Field(min_length=1, description="As of a service.")
    methods: tuple[Id, ...] = Field((), description="As of a service.")
    attributes: tuple[AttributeName, ...] = Field((), description="As of a service.")
    consent: ConsentPolicy = Field(ConsentPolicy.ASK, description="As of a service.")


class FeedProviders(Entry):
    """Terms of every identity provider that a feed brings. Its scopes are those that the feed's operator vouches for."""

    ceiling: Level = Field(description="As of an identity provider.")
    levels: Mapping[str, Level] = Field(min_length=1, description="As of an identity provider.")
    attributes: Mapping[Text, AssertedName] = Field({}, description="As of an identity provider.")


class FeedEntry(Entry):
    """Another federation's metadata, fetched, verified and taken in. Exactly one of `services` and `identity_providers`."""

    id: Id = Field(description="Unique among feeds; the ids of what it brings begin with it.")
    names: Names | None = named("Name of the other federation, by language.", default=None)
    url: WebAddress = Field(
        description="Address of a signed aggregate, or the base address of a metadata query service."
    )
    certificate: str = Field(description="PEM of the certificate whose key signs it: a path, `env:NAME` or the text.")
    entities: tuple[Text, ...] = Field(
        (), description="entityIDs to ask a metadata query service (MDQ) for; empty: `url` is an aggregate."
    )
    steps: tuple[Annotated[Text, AfterValidator(_step)], ...] = Field(
        (), description="Sentences run in order: `keep` or `drop`, a property, values (see docs/feeds.md)."
    )
    services: FeedServices | None = Field(None, description="Take services, on these terms.")
    identity_providers: FeedProviders | None = Field(None, description="Take identity providers, on these terms.")
    refresh_minutes: Annotated[int, Field(ge=5, le=1440)] = Field(60, description="How often it is fetched.")
    max_days: Annotated[int, Field(ge=1, le=30)] = Field(14, description="The longest validity that is believed.")
    state: State = Field(State.ACTIVE, description="`suspended` takes out what it brought.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.services is None) == (self.identity_providers is None):
            raise ValueError("has either services or identity_providers")
        return self
