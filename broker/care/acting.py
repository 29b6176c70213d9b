"""Staff as callers: the commission that a person has chosen, out of the directory as it says now."""

from collections.abc import Iterator
from dataclasses import replace

from broker.care.calling import Caller, CallerKind, CareServices
from trust_framework.care import CareActor, Purpose, Staff
from trust_framework.directory import Commission, StaffEntry, complete, matches
from trust_framework.identifiers import hsa_compare_form


def staff_callers(person: str, client: str, on: CareServices, reference: str = "") -> Iterator[Caller]:
    """The person in each complete commission that they have at a provider that takes part, in the directory's order."""
    for employment in on.store.staff(person):
        for one in employment.commissions:
            if complete(one) and (caller := _caller(person, employment, one, client, on, reference)):
                yield caller


def care_callers(person: str, on: CareServices, reference: str = "") -> Iterator[Caller]:
    """The person in each of those commissions that is for care, with the purpose as the rules spell it."""
    for caller in staff_callers(person, "", on, reference):
        if caller.actor and matches((caller.actor.purpose,), (Purpose.CARE,)):
            yield replace(caller, actor=replace(caller.actor, purpose=Purpose.CARE))


def staff_caller(person: str, commission: str, client: str, on: CareServices, reference: str = "") -> Caller | None:
    """The person in a commission of theirs, calling through a client; None when it is not theirs any more, is incomplete, or is
    at no provider that takes part.
    """
    wanted = hsa_compare_form(commission)
    callers = staff_callers(person, client, on, reference)
    return next((each for each in callers if each.staff.assignment == wanted), None)


def _caller(
    person: str, employment: StaffEntry, commission: Commission, client: str, on: CareServices, reference: str
) -> Caller | None:
    provider = on.register.provider(_one(commission, "healthCareProviderHsaId"))
    if provider is None:
        return None
    held = (employment.attributes, commission.attributes)
    acting = CareActor(
        hsa_compare_form(employment.hsa_id),
        hsa_compare_form(_one(commission, "healthCareUnitHsaId")),
        provider.hsa_id,
        _one(commission, "commissionPurpose"),
        hsa_compare_form(commission.hsa_id),
        person,
        employment.attributes.get("healthcareProfessionalLicense", ()),
    )
    return Caller(
        CallerKind.STAFF,
        person,
        provider.org,
        client,
        Staff(acting.employee, acting.commission, _one(commission, "commissionName")),
        frozenset({provider.hsa_id}),
        acting,
        frozenset(role for attributes in held for role in attributes.get("systemRole", ())),
        reference,
    )


def _one(commission: Commission, name: str) -> str:
    return next(iter(commission.attributes.get(name, ())), "")
