"""What the pages of care staff write to the access log themselves: that somebody opened in an emergency (Nödöppning).

A record system logs what was then read; that it was opened at all is known here first, and the patient is to see it.
"""

from dataclasses import replace
from typing import Any, Final

from broker.care import access_log
from broker.care.calling import Done
from broker.login.effects import NOTHING
from broker.web.console.care_desk import Bedside
from trust_framework.access_log import AccessedResource, AccessRecord
from trust_framework.care import Activity

SYSTEM_NAME: Final = "tillit"
RESOURCE: Final = "Nödåtkomst"


def logged(place: Bedside, id: str, reason: str, done: Done[Any]) -> Done[Any]:
    """What was done, with its record in the log; what was done before has its record already."""
    if done.effects == NOTHING:
        return done
    stored = access_log.entered((_record(place, id, reason),), place.desk.caller, place.desk.services, place.turn.now)
    return replace(done, effects=done.effects + stored.effects)


def _record(place: Bedside, id: str, reason: str) -> AccessRecord:
    desk, provider = place.desk, place.desk.provider
    named = {"provider_name": desk.provider_names(provider.hsa_id).get("sv", "")}
    names = {**named, "unit_name": desk.unit_names(desk.unit).get("sv", "")}
    return AccessRecord(
        id,
        provider.hsa_id,
        Activity.EMERGENCY.value,
        place.turn.now,
        desk.actor.purpose,
        desk.actor.employee,
        provider.hsa_id,
        desk.unit,
        (AccessedResource(RESOURCE, provider.hsa_id, unit=desk.unit, patient=place.patient, **names),),
        system_name=SYSTEM_NAME,
        arguments=" ".join(reason.split()),
        user_name=place.turn.actor.name,
        assignment=desk.caller.staff.assignment_name,
        **names,
    )
