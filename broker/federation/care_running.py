"""Care providers and the systems that call for them, of the federation file made into those of the running broker."""

from collections.abc import Iterator

from broker.federation.care_entries import CareConsumerEntry, CareProviderEntry
from broker.federation.faults import Place
from broker.federation.schema import FederationFile
from trust_framework.care import CareProvider, CareUnit, Switches
from trust_framework.care_register import CareConsumer, CareRegister
from trust_framework.identifiers import hsa_compare_form
from trust_framework.members import State


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
        entry.authority,
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


def register(file: FederationFile) -> CareRegister:
    """Who takes part: the providers and systems whose member is active."""
    active = {member.org for member in file.members if member.state is State.ACTIVE}
    providers = [provider(entry) for entry in file.care_providers if entry.member in active]
    consumers = [consumer(entry) for entry in file.care_consumers if entry.member in active]
    return CareRegister({each.hsa_id: each for each in providers}, {each.hsa_id: each for each in consumers})


def named_things(file: FederationFile) -> Iterator[tuple[tuple[Place, str], ...]]:
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


def wrong(file: FederationFile) -> Iterator[tuple[Place, str]]:
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
