"""Care providers and the systems that call for them, as the federation file says them."""

from typing import Annotated

from pydantic import AfterValidator, Field

from broker.federation.values import Entry, HsaId, Id, MailAddress, Names, OrganisationNumber, Text, named
from trust_framework.rules import DEFAULT, SETS


def _rules(id: str) -> str:
    if id not in SETS:
        raise ValueError(f"{id} is no rule set; those are {', '.join(sorted(SETS))}")
    return id


class CareUnitEntry(Entry):
    """A care unit (vårdenhet) of the provider."""

    hsa_id: HsaId = Field(description="HSA-id of the unit.")
    names: Names | None = named("Name on pages by language; else its HSA-id.", default=None)


class SwitchesEntry(Entry):
    """What a care provider decides for itself."""

    staff_names_shown: bool = Field(True, description="Whether the patient's access log names staff.")
    outer_lift_by_others: bool = Field(
        False, description="Whether a block set here may be lifted for a time, or opened in an emergency, by others."
    )
    relation_needed: bool = Field(True, description="Whether a patient relation is asked for inside the provider.")
    guardians_read: bool = Field(True, description="Whether guardians see a child's information here at all.")
    patient_blocks_directly: bool = Field(
        True, description="Whether a block that the patient sets on My page holds at once, or waits for staff."
    )
    emergency_mailed: bool = Field(
        True,
        description="Whether the patient gets word by mail of an emergency, where the register has an address and the person is "
        "not protected. My page tells of it in any case.",
    )
    consent_lift_days: Annotated[int, Field(ge=1, le=7)] = Field(
        7, description="At most: days that a block is lifted with the patient's consent."
    )
    emergency_hours: Annotated[int, Field(ge=1, le=24)] = Field(
        24, description="At most: hours of emergency access, and of a lift or a consent in an emergency."
    )


class CareProviderEntry(Entry):
    """A care provider (vårdgivare) whose blocks, consents, relations and access log are kept here."""

    hsa_id: HsaId = Field(description="HSA-id of the provider; how it is spelled makes no difference.")
    member: OrganisationNumber = Field(description="Organisation number of the member that it is.")
    names: Names | None = named("Name on pages by language; else its HSA-id.", default=None)
    units: tuple[CareUnitEntry, ...] = Field((), description="Its care units.")
    switches: SwitchesEntry = Field(
        default_factory=lambda: SwitchesEntry.model_validate({}), description="What it decides for itself."
    )
    rules: Annotated[str, AfterValidator(_rules)] = Field(
        DEFAULT,
        description=f"The rule set by which access at it is decided: {', '.join(f'`{id_}`' for id_ in sorted(SETS))}.",
    )
    registrars: tuple[Text, ...] = Field(
        (), description="Values of systemRole that let staff enter blocks; without any, systems alone do."
    )
    authority: bool = Field(
        False,
        description="Whether it is the authority of its rule set, such as a ministry: what it restricts holds at every "
        "provider under those rules.",
    )
    review_contact: MailAddress | None = Field(None, description="Where its log reviewers get word of emergencies.")


class CareConsumerEntry(Entry):
    """A system that calls care's contracts (tjänstekonsument)."""

    hsa_id: HsaId = Field(description="HSA-id of the system, as its certificate says it.")
    member: OrganisationNumber = Field(description="Organisation number of the member that runs it.")
    service: Id | None = Field(
        None, description="Id of the service that is its client of the JSON API, where it has one."
    )
    contracts: tuple[Id, ...] = Field(
        (),
        description="The operations that it may call over SOAP, such as `CheckBlocks`, or all of a domain: `blocking`, "
        "`consent`, `patientrelationship`, `log`.",
    )
    providers: tuple[HsaId, ...] = Field((), description="HSA-ids of the care providers that it may call for.")
    copies: bool = Field(
        False, description="Whether it is another node, which may read the blocks of every provider to keep a copy."
    )
