"""Care providers and the systems that call for them, as the federation file says them and as the running broker uses them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from broker.federation.faults import Place
from broker.federation.values import Entry, HsaId, Id, MailAddress, Names, OrganisationNumber, Text, named
from trust_framework.care import CareProvider, CareUnit, Switches
from trust_framework.care_register import CareConsumer, CareRegister
from trust_framework.identifiers import hsa_compare_form
from trust_framework.members import State
from trust_framework.rules import SETS

if TYPE_CHECKING:
    from broker.federation.schema import FederationFile


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
        "se", description="The rule set by which access to its staff is decided: `se` or `tr`."
    )
    registrars: tuple[Text, ...] = Field(
        (), description="Values of systemRole that let staff enter blocks; without any, systems alone do."
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


def provider(entry: CareProviderEntry) -> CareProvider:
    """The provider, its ids in compare form."""
    hsa_id = hsa_compare_form(entry.hsa_id)
    units = [CareUnit(hsa_compare_form(each.hsa_id), each.names or _nameless(each.hsa_id)) for each in entry.units]
    return CareProvider(
        hsa_id,
        entry.member,
        entry.names or _nameless(hsa_id),
        {unit.hsa_id: unit for unit in units},
        Switches(**entry.switches.model_dump()),
        entry.rules,
        frozenset(entry.registrars),
        entry.review_contact or "",
    )


def _nameless(hsa_id: str) -> dict[str, str]:
    return {"sv": hsa_id, "en": hsa_id}


def consumer(entry: CareConsumerEntry) -> CareConsumer:
    """The system, its ids in compare form."""
    return CareConsumer(
        hsa_compare_form(entry.hsa_id),
        entry.member,
        frozenset(entry.contracts),
        frozenset(map(hsa_compare_form, entry.providers)),
        entry.service or "",
        entry.copies,
    )


def register(file: "FederationFile") -> CareRegister:
    """Who takes part: the providers and systems whose member is active."""
    active = {member.org for member in file.members if member.state is State.ACTIVE}
    providers = [provider(entry) for entry in file.care_providers if entry.member in active]
    consumers = [consumer(entry) for entry in file.care_consumers if entry.member in active]
    return CareRegister({each.hsa_id: each for each in providers}, {each.hsa_id: each for each in consumers})


def named_things(file: "FederationFile") -> Iterator[tuple[tuple[Place, str], ...]]:
    """Names that must be one entry's each, in compare form: providers, consumers, units of all providers together."""
    yield tuple(
        (("care_providers", at, "hsa_id"), hsa_compare_form(e.hsa_id)) for at, e in enumerate(file.care_providers)
    )
    yield tuple(
        (("care_consumers", at, "hsa_id"), hsa_compare_form(e.hsa_id)) for at, e in enumerate(file.care_consumers)
    )
    yield tuple(
        (("care_providers", at, "units", nth, "hsa_id"), hsa_compare_form(unit.hsa_id))
        for at, entry in enumerate(file.care_providers)
        for nth, unit in enumerate(entry.units)
    )


def wrong(file: "FederationFile") -> Iterator[tuple[Place, str]]:
    """What entries of care name is there."""
    organisations = {member.org for member in file.members}
    services = {service.id for service in file.services}
    providers = {hsa_compare_form(entry.hsa_id) for entry in file.care_providers}
    owners: list[tuple[Place, str]] = [
        *((("care_providers", at, "member"), entry.member) for at, entry in enumerate(file.care_providers)),
        *((("care_consumers", at, "member"), entry.member) for at, entry in enumerate(file.care_consumers)),
    ]
    for place, org in owners:
        if org not in organisations:
            yield place, f"no member has the organisation number {org}"
    for at, each in enumerate(file.care_consumers):
        if each.service is not None and each.service not in services:
            yield ("care_consumers", at, "service"), f"no service has the id {each.service}"
        for nth, hsa in enumerate(each.providers):
            if hsa_compare_form(hsa) not in providers:
                yield ("care_consumers", at, "providers", nth), f"no care provider has the HSA-id {hsa}"
