"""The facts of a care decision, loaded at the moment it is made: nothing is kept from one decision to the next (CB-01)."""

from collections.abc import Mapping
from typing import Any

from broker.care import patients
from broker.care.calling import CareServices
from broker.care.changes import SameCare
from trust_framework.care import Patient
from trust_framework.care_access import CareFacts
from trust_framework.identifiers import Identifier


def facts(
    patient: Identifier, on: CareServices, more: Mapping[str, Any] | None = None
) -> tuple[CareFacts, SameCare | None]:
    """What stands about a patient now, and what sees to it that it still does when the answer is committed. About somebody
    nobody knows there is nothing, which permits nothing by itself.
    """
    found = patients.known(patient, on)
    if found is None:
        return CareFacts(Patient(""), providers=on.register.providers, more=more or {}), None
    person = found.person
    same = SameCare(person, on.store.care_version(person))
    known = CareFacts(
        patients.described(found, on),
        on.store.blocks_of(person),
        on.store.care_consents_of(person),
        on.store.relations_of(person),
        on.store.emergencies_of(person),
        on.register.providers,
        more or {},
    )
    return known, same
