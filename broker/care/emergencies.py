"""Emergency access (nödåtkomst): begin and end one.

Owns who may open what in an emergency: somebody in an active commission, of the named patient alone, for a short time, with a
reason. What follows, the case, the reviewer's mail and the alarm, is `emergency_cases`.
"""

import secrets
from dataclasses import dataclass, replace

from broker.audit.care_events import EmergencyBegun, EmergencyEnded
from broker.care import acts, emergency_cases, patients, providers
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, Done, ResultCode
from broker.care.changes import SaveEmergency
from broker.care.emergency_log import Emergency
from broker.care.patients import Patient
from broker.login.effects import Effects
from trust_framework.care import CareActor, CareProvider, Purpose
from trust_framework.emergency import EmergencyAccess, longest
from trust_framework.identifiers import Identifier


@dataclass(frozen=True, slots=True)
class EmergencyWish:
    """An opening as the caller wants it. Staff act in their own commission; a system says for whom it calls. Without `until`
    it lasts as long as the provider allows.
    """

    patient: Identifier
    reason: str
    id: str = ""
    actor: CareActor | None = None
    until: int | None = None


def begin(wish: EmergencyWish, who: Caller, on: CareServices, now: int) -> Done[EmergencyAccess]:
    """Open a patient's information to somebody, for a short time."""
    actor, provider = _actor(wish, who, on)
    reason = _reason(wish.reason)
    patient = patients.patient(wish.patient, who, on)
    id_ = providers.entry_id(wish.id) if wish.id else secrets.token_hex(16)
    if (there := on.store.emergency(id_)) is not None:
        return _again(there[0], patient, actor, now)
    return _begun(id_, actor, provider, patient, reason, _until(wish.until, provider, now), who, on, now)


def _actor(wish: EmergencyWish, who: Caller, on: CareServices) -> tuple[CareActor, CareProvider]:
    if who.kind is CallerKind.PATIENT:
        raise CareRefused(ResultCode.ACCESSDENIED, "not-staff")
    actor = providers.actor(wish.actor, who, on)
    if not actor.unit:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "no-unit", "unit")
    if actor.purpose != Purpose.CARE:
        raise CareRefused(ResultCode.ACCESSDENIED, "not-for-care", "purpose")
    if not actor.commission:
        raise CareRefused(ResultCode.ACCESSDENIED, "no-commission")
    return actor, providers.provider(actor.provider, on)


def _reason(value: str) -> str:
    plain = value.strip()
    if not plain:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "no-reason", "reason")
    if len(plain) > acts.LONGEST_REASON:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "reason-too-long", "reason")
    return plain


def _until(wanted: int | None, provider: CareProvider, now: int) -> int:
    limit = now + longest(provider.switches)
    if wanted is None:
        return limit
    if acts.instant(wanted, "until") <= now:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "already-over", "until")
    if wanted > limit:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "too-long", "until")
    return wanted


def _again(there: EmergencyAccess, patient: Patient, actor: CareActor, now: int) -> Done[EmergencyAccess]:
    if (there.patient, there.actor) != (patient.number, actor):
        raise CareRefused(ResultCode.ALREADYEXISTS, "other-content", "id")
    if there.ended_at is not None or there.until <= now:
        raise CareRefused(ResultCode.INVALIDSTATE, "ended", "id")
    return Done(there)


def _begun(
    id: str,
    actor: CareActor,
    provider: CareProvider,
    patient: Patient,
    reason: str,
    until: int,
    who: Caller,
    on: CareServices,
    now: int,
) -> Done[EmergencyAccess]:
    named = who.staff.assignment_name
    happened = Emergency(id, provider, actor.unit, actor.employee, patient.number, patient.person, reason, named)
    case, follows = emergency_cases.opened(happened, who, on, now)
    opened = EmergencyAccess(id, patient.number, actor, reason, now, until, case)
    event = EmergencyBegun(
        at=now,
        reference=who.reference,
        emergency=id,
        person=patient.person,
        provider=actor.provider,
        unit=actor.unit,
        until=until,
        case=case,
        by=who.by,
        kind=who.kind.value,
        claimed=not actor.person,
        evidence={"employee": actor.employee},
    )
    return Done(opened, Effects((*patient.changes, SaveEmergency(opened, patient.person)), (event,)) + follows)


def end(id: str, who: Caller, on: CareServices, now: int) -> Done[EmergencyAccess]:
    """End an emergency access before its time: who began it, or a system of the provider. The case stays open."""
    found = on.store.emergency(providers.entry_id(id))
    if found is None or not _may_end(found[0], who):
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "id")
    emergency, person = found
    if emergency.ended_at is not None or emergency.until <= now:
        raise CareRefused(ResultCode.INVALIDSTATE, "ended", "id")
    ended = replace(emergency, ended_at=now)
    event = EmergencyEnded(
        at=now,
        reference=who.reference,
        emergency=emergency.id,
        person=person,
        provider=emergency.actor.provider,
        by=who.by,
        kind=who.kind.value,
    )
    return Done(ended, Effects((SaveEmergency(ended, person, emergency),), (event,)))


def _may_end(emergency: EmergencyAccess, who: Caller) -> bool:
    if who.kind is CallerKind.STAFF:
        return who.actor is not None and who.actor.employee == emergency.actor.employee
    return who.kind is not CallerKind.PATIENT and who.may_act_for(emergency.actor.provider)
