"""That somebody opened in an emergency, as an entry of the access log (Nödöppning), whichever way it was made.

A record system logs what was then read; that it was opened at all is known here first, and the patient is to see it. An emergency
that was let is never held up by its entry: what cannot stand in one is left out.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from broker.care.access_values import StoreAccess
from broker.care.calling import Caller, CallerKind, CareServices
from broker.care.employees import Employee
from broker.login.effects import Effects
from trust_framework.access_log import LONGEST_TEXT, AccessedResource, AccessRecord, checked
from trust_framework.block_reveal import Place
from trust_framework.care import Activity, CareProvider, Purpose
from trust_framework.identifiers import Identifier, hsa_compare_form, hsa_id

SYSTEM_NAME: Final = "tillit"
RESOURCE: Final = "Nödåtkomst"


@dataclass(frozen=True, slots=True)
class Emergency:
    """What happened: by which employee at which unit, about which patient, why; `about` is the id of what was entered,
    `assignment` what the employee's commission is called. `opens` is whose information: that of the provider itself unless a
    block says which.
    """

    about: str
    provider: CareProvider
    unit: str
    employee: str
    patient: Identifier
    person: str
    reason: str
    assignment: str = ""
    opens: Place | None = None


def entered(emergency: Emergency, by: Employee, who: Caller, on: CareServices, now: int) -> Effects:
    """The entry. Its log id is made here: no caller can take it beforehand."""
    provider, unit = emergency.provider, emergency.unit
    opens = emergency.opens or Place(provider.hsa_id, unit)
    record = AccessRecord(
        secrets.token_hex(16),
        _system(who, on) or provider.hsa_id,
        Activity.EMERGENCY.value,
        now,
        Purpose.CARE.value,
        emergency.employee,
        provider.hsa_id,
        unit,
        (
            AccessedResource(
                RESOURCE,
                opens.provider,
                _provider_name(opens.provider, on),
                opens.unit,
                _unit_name(opens.unit, on),
                emergency.patient,
            ),
        ),
        system_name=_plain(who.client) if who.kind is CallerKind.CLIENT else SYSTEM_NAME,
        arguments=_plain(emergency.reason, None),
        user_name=_plain(by.name),
        assignment=_plain(emergency.assignment),
        provider_name=_provider_name(provider.hsa_id, on),
        unit_name=_unit_name(unit, on),
    )
    return Effects((StoreAccess((checked(record, now),), now, who.by),))


def _system(who: Caller, on: CareServices) -> str:
    """The HSA-id of the system that called; empty for one that has none, and for pages of ours."""
    if hsa_id(who.client):
        return who.client
    consumers = on.register.consumers.values()
    return next((each.hsa_id for each in consumers if who.client and each.service == who.client), "")


def _provider_name(provider: str, on: CareServices) -> str:
    found = on.register.provider(provider)
    return _plain(found.names.get("sv", "")) if found else ""


def _unit_name(unit: str, on: CareServices) -> str:
    found = on.register.provider_of_unit(unit)
    return _plain(found.units[hsa_compare_form(unit)].names.get("sv", "")) if found else ""


def _plain(words: str, most: int | None = LONGEST_TEXT) -> str:
    """The words on one line, without what cannot be printed."""
    return " ".join("".join(each if each.isprintable() else " " for each in words).split())[:most]
