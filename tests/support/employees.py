"""Staff in the directory of a store: their employments with commissions and licences."""

from collections.abc import Iterable
from typing import Any

from broker.login.effects import PersonKey
from broker.storage.persons import Listed
from tests.support import care_values as a
from trust_framework.care import Purpose
from trust_framework.directory import Commission, StaffEntry
from trust_framework.persons import Person

COMMISSION = "SE2321000016-A1"


def commission(
    hsa_id: str = COMMISSION, unit: str = a.OTHER_UNIT, purpose: str = Purpose.CARE, **more: Any
) -> Commission:
    """A commission at a unit of the first provider; without one directly under the provider."""
    whole = {
        "commissionName": ("Uppdrag",),
        "commissionPurpose": (str(purpose),),
        "healthCareProviderHsaId": (a.PROVIDER,),
        "healthCareProviderName": ("Region Ett",),
        "healthcareProviderId": ("2321000016",),
        **({"healthCareUnitHsaId": (unit,), "healthCareUnitName": ("Enheten",)} if unit else {}),
    }
    return Commission(hsa_id, {**whole, **more})


def employ(
    store: Any, *hsa_ids: str, commissions: Iterable[Commission] | None = None, name: str = "Carin Vik", **person: Any
):
    """One person with so many employments, each with these commissions, or the one; a licensed nurse. Nobody else is listed."""
    held = tuple(commissions) if commissions is not None else (commission(),)
    keys = tuple(PersonKey("employeeHsaId", each) for each in hsa_ids)
    staff = tuple(StaffEntry(each, {"healthcareProfessionalLicense": ("SJ",)}, held) for each in hsa_ids)
    store.save_directory((Listed(keys, Person("", {"displayName": (name,)}, **person), staff),))
