"""Which care provider and unit a call means, and whether its caller may act there. HSA-ids come as the caller spelled them."""

from dataclasses import replace

from broker.care import employees
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, ResultCode
from trust_framework.care import CareActor, CareProvider
from trust_framework.identifiers import hsa_compare_form, hsa_id

LONGEST_ID = 36


def hsa(value: str, field: str) -> str:
    """An HSA-id in compare form. Raises CareRefused when the value cannot be one."""
    plain = value.strip()
    if not hsa_id(plain):
        raise CareRefused(ResultCode.VALIDATION_ERROR, "hsa-id", field)
    return hsa_compare_form(plain)


def entry_id(value: str, field: str = "id") -> str:
    """The caller's id of an entry: a UUID, at most 36 characters."""
    plain = value.strip().lower()
    if not plain or len(plain) > LONGEST_ID or not plain.isascii() or not plain.replace("-", "").isalnum():
        raise CareRefused(ResultCode.VALIDATION_ERROR, "id", field)
    return plain


def provider(value: str, on: CareServices) -> CareProvider:
    """A care provider that takes part."""
    found = on.register.provider(hsa(value, "provider"))
    if found is None:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "unknown-provider", "provider")
    return found


def own_provider(value: str, who: Caller, on: CareServices) -> CareProvider:
    """A care provider that the caller may act for. The patient reaches every provider, for entries about themself."""
    found = provider(value, on)
    if who.kind is not CallerKind.PATIENT and not who.may_act_for(found.hsa_id):
        raise CareRefused(ResultCode.ACCESSDENIED, "foreign-provider", "provider")
    return found


def unit(of: CareProvider, value: str, field: str = "unit") -> str:
    """A unit of the provider, in compare form."""
    wanted = hsa(value, field)
    if wanted not in of.units:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "unknown-unit", field)
    return wanted


def actor(value: CareActor | None, who: Caller, on: CareServices) -> CareActor:
    """For whom the call is made. Staff act in the commission that they chose, whatever the call says; a system names who asks
    through it, at a provider that it may act for, in a commission that they have as far as our directory knows.
    """
    if who.kind is CallerKind.STAFF:
        value = who.actor
    if value is None:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "no-actor", "actor")
    own = own_provider(value.provider, who, on)
    employee = hsa(value.employee, "employee")
    commission = hsa(value.commission, "commission") if value.commission else ""
    at = unit(own, value.unit) if value.unit else ""
    acting = CareActor(employee, at, own.hsa_id, value.purpose, commission, value.person, value.licences)
    return acting if who.kind is CallerKind.STAFF else employees.vouched(replace(acting, person=""), on)


def registrar(of: CareProvider, who: Caller) -> None:
    """See that staff who enter what binds everybody have the role for it. Systems answer for their own users."""
    if who.kind is CallerKind.STAFF and not (of.registrars & who.system_roles):
        raise CareRefused(ResultCode.ACCESSDENIED, "not-registrar")
