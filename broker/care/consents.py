"""Consents of care (samtycken): register, cancel, delete, end by the patient, list, check
(RIV-TA informationsecurity:authorization:consent 2).

A consent lets a unit, or one employee there, read what other providers have recorded. Its emergency form stands in for a
patient who cannot be asked, and always begins a review case.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from broker.audit.care_events import CareConsentChanged
from broker.care import acts, concealed, emergency_cases, patients, providers
from broker.care.acts import ActWish
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, Done, ResultCode
from broker.care.changes import SaveCareConsent
from broker.care.emergency_log import Emergency
from broker.login.effects import NOTHING, Effects
from trust_framework.block_entry import period_refusal
from trust_framework.care import Act, CareActor, CareProvider, Period, current
from trust_framework.care_consents import CareConsent, ConsentType, consent_for
from trust_framework.emergency import longest
from trust_framework.identifiers import Identifier

REPRESENTED: Final = "Avslutat av patientens företrädare"
"""What is entered as the reason when somebody speaks for the patient: the contract has no other place for it."""


@dataclass(frozen=True, slots=True)
class ConsentWish:
    """A consent as the caller wants it. Without a start it begins now, without an end it holds until ended."""

    id: str
    type: ConsentType
    patient: Identifier
    provider: str
    unit: str
    employee: str = ""
    period: Period = field(default_factory=Period)
    represented_by: Identifier | None = None
    entered: ActWish = field(default_factory=ActWish)


def register(wish: ConsentWish, who: Caller, on: CareServices, now: int) -> Done[CareConsent]:
    """Enter a consent. The same sent again is there already, and well."""
    provider = providers.own_provider(wish.provider, who, on)
    patient = patients.patient(wish.patient, who, on)
    consent = _consent(wish, provider, patient.number, who, on, now)
    if (there := on.store.care_consent(consent.id)) is not None:
        return _again(there[0], consent, wish.period)
    event = _changed("registered", consent, patient.person, who, consent.registered, now)
    entered = Effects((*patient.changes, SaveCareConsent(consent, patient.person)), (event,))
    return Done(consent, entered + _emergency(consent, patient.person, provider, who, on, now))


def _consent(
    wish: ConsentWish, provider: CareProvider, patient: Identifier, who: Caller, on: CareServices, now: int
) -> CareConsent:
    if wish.type is ConsentType.EMERGENCY:
        acts.needs_reason(wish.entered)
    unit = providers.unit(provider, wish.unit)
    employee = providers.hsa(wish.employee, "employee") if wish.employee else ""
    _within_commission(wish.type, unit, employee, who)
    return CareConsent(
        providers.entry_id(wish.id),
        wish.type,
        patient,
        provider.hsa_id,
        unit,
        _period(wish, provider, now),
        acts.act(wish.entered, who, now),
        employee=employee,
        represented_by=patients.number(wish.represented_by, on) if wish.represented_by else None,
    )


def _within_commission(type: ConsentType, unit: str, employee: str, who: Caller) -> None:
    """Staff enter consents for the unit that they act at, and an emergency for themselves alone; a patient gives consent,
    and nobody else's emergency.
    """
    emergency = type is ConsentType.EMERGENCY
    if who.kind is CallerKind.PATIENT and emergency:
        raise CareRefused(ResultCode.ACCESSDENIED, "not-staff", "type")
    if who.kind is not CallerKind.STAFF:
        return
    if who.actor is None or who.actor.unit != unit:
        raise CareRefused(ResultCode.ACCESSDENIED, "beyond-commission", "unit")
    if emergency and employee != who.actor.employee:
        raise CareRefused(ResultCode.ACCESSDENIED, "beyond-commission", "employee")


def _period(wish: ConsentWish, provider: CareProvider, now: int) -> Period:
    """From when until when. An emergency has an end, no later than the provider allows."""
    period = period_of(wish.period, now)
    if wish.type is ConsentType.EMERGENCY:
        limit = now + longest(provider.switches)
        if period.end is None:
            return replace(period, end=limit)
        if period.end > limit:
            raise CareRefused(ResultCode.VALIDATION_ERROR, "too-long", "period")
    return period


def period_of(wanted: Period, now: int) -> Period:
    """A period that is not over and not inverted, beginning now unless it says when."""
    start = now if wanted.start is None else acts.instant(wanted.start, "period")
    period = Period(start, None if wanted.end is None else acts.instant(wanted.end, "period"))
    if refused := period_refusal(period):
        raise CareRefused(ResultCode.VALIDATION_ERROR, refused, "period")
    if period.over(now):
        raise CareRefused(ResultCode.VALIDATION_ERROR, "already-over", "period")
    return period


def _again(there: CareConsent, wished: CareConsent, given: Period) -> Done[CareConsent]:
    """Whether what stands is what is wished. A start that was left out, and the end of an emergency, were filled in by the
    clock.
    """
    start = there.period.start if given.start is None else given.start
    clocked = given.end is None and wished.type is ConsentType.EMERGENCY
    wanted = replace(wished, period=Period(start, there.period.end if clocked else given.end))
    if replace(there, registered=wished.registered, cancelled=None, deleted=None) != wanted:
        raise CareRefused(ResultCode.ALREADYEXISTS, "other-content", "id")
    if not there.stands:
        raise CareRefused(ResultCode.INVALIDSTATE, "ended", "id")
    return Done(there)


def _emergency(
    consent: CareConsent, person: str, provider: CareProvider, who: Caller, on: CareServices, now: int
) -> Effects:
    if consent.type is not ConsentType.EMERGENCY:
        return NOTHING
    by, reason = consent.registered.registered_by, consent.registered.reason
    employee = consent.employee or by.employee
    happened = Emergency(
        consent.id, provider, consent.unit, employee, consent.patient, person, reason, by.assignment_name
    )
    return emergency_cases.opened(happened, who, on, now)[1]


def cancel(
    id: str, why: ActWish, who: Caller, on: CareServices, now: int, ends_at: int | None = None
) -> Done[CareConsent]:
    """End a consent, now or at a time to come. It stays as history and cannot be taken up again."""
    consent, person = _own(id, who, on)
    return _ended("cancelled", consent, person, acts.act(why, who, now), who, now, ends_at)


@dataclass(frozen=True, slots=True)
class PatientsEnd:
    """That the patient, or `spoken_by` for them, ends a consent: at once, or at an instant to come."""

    consent: str
    patient: Identifier
    at: int | None = None
    spoken_by: Identifier | None = None


def end_by_patient(wish: PatientsEnd, who: Caller, on: CareServices, now: int) -> Done[CareConsent]:
    """The patient, or who speaks for them, ends a consent (EndConsentByPatient): now, or before any end that it has. `who` is
    the service that they do it by, and is named beside them.
    """
    consent, person = _own(wish.consent, who, on)
    if consent.patient != patients.number(wish.patient, on):
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "id")
    spoken_by = patients.number(wish.spoken_by, on) if wish.spoken_by else None
    entered = acts.patients_own(REPRESENTED if spoken_by else "", now)
    named = {"represented_by": f"{spoken_by.oid} {spoken_by.value}"} if spoken_by else {}
    return _ended("ended-by-patient", consent, person, entered, who, now, wish.at, on_behalf_of=person, evidence=named)


def _ended(
    act: str,
    consent: CareConsent,
    person: str,
    entered: Act,
    who: Caller,
    now: int,
    ends_at: int | None,
    **more: object,
) -> Done[CareConsent]:
    if not current(consent, now):
        raise CareRefused(ResultCode.INVALIDSTATE, "ended", "id")
    if ends_at is None or ends_at == now:
        return _moved(act, consent, replace(consent, cancelled=entered), person, who, entered, now, **more)
    if ends_at < now or acts.instant(ends_at, "ends_at") > consent.period.last:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "not-an-earlier-end", "ends_at")
    sooner = replace(consent, period=Period(consent.period.start, ends_at))
    return _moved(act, consent, sooner, person, who, entered, now, **more)


def delete(id: str, why: ActWish, who: Caller, on: CareServices, now: int) -> Done[CareConsent]:
    """Void a consent that was entered by mistake. It stays as history."""
    consent, person = _own(id, who, on)
    if who.kind is CallerKind.PATIENT:
        raise CareRefused(ResultCode.ACCESSDENIED, "through-staff")
    if consent.deleted is not None:
        raise CareRefused(ResultCode.INVALIDSTATE, "ended", "id")
    entered = acts.act(why, who, now)
    return _moved("deleted", consent, replace(consent, deleted=entered), person, who, entered, now)


def of_patient(patient: Identifier, who: Caller, on: CareServices, now: int) -> tuple[CareConsent, ...]:
    """The patient's consents that the caller may see, ended ones among them: their own providers' (the patient: all); none
    of what a court has hidden.
    """
    found = patients.known(patient, on)
    if found is None:
        return ()
    if who.kind is CallerKind.PATIENT and found.person != who.person:
        raise CareRefused(ResultCode.ACCESSDENIED, "guardian", "patient")
    if concealed.hidden(found.person, who, on, now):
        return ()
    kept = on.store.care_consents_of(found.person)
    return kept if who.kind is CallerKind.PATIENT else tuple(one for one in kept if who.may_act_for(one.provider))


@dataclass(frozen=True, slots=True)
class ConsentCheck:
    """Whether there is one that holds, and which: the latest registered, with its type."""

    consent: CareConsent | None

    @property
    def has_consent(self) -> bool:
        return self.consent is not None


def check(actor: CareActor | None, patient: Identifier, who: Caller, on: CareServices, now: int) -> ConsentCheck:
    """Whether a consent lets the actor read what other providers have recorded (CheckConsent)."""
    asked_for = providers.actor(actor, who, on)
    found = patients.known(patient, on)
    if found is None:
        return ConsentCheck(None)
    return ConsentCheck(consent_for(on.store.care_consents_of(found.person), asked_for, now))


def _own(id: str, who: Caller, on: CareServices) -> tuple[CareConsent, str]:
    """A consent that the caller may act on, and its patient. Another's is as missing as none."""
    found = on.store.care_consent(providers.entry_id(id))
    if found is not None:
        consent, person = found
        if person == who.person if who.kind is CallerKind.PATIENT else who.may_act_for(consent.provider):
            return consent, person
    raise CareRefused(ResultCode.NOTFOUND, "unknown", "id")


def _moved(
    act: str,
    before: CareConsent,
    after: CareConsent,
    person: str,
    who: Caller,
    entered: Act,
    now: int,
    **more: object,
) -> Done[CareConsent]:
    event = _changed(act, after, person, who, entered, now, **more)
    return Done(after, Effects((SaveCareConsent(after, person, before, entered.registered_at),), (event,)))


def _changed(
    act: str, consent: CareConsent, person: str, who: Caller, entered: Act, now: int, **more: object
) -> CareConsentChanged:
    return CareConsentChanged(
        at=now,
        reference=who.reference,
        act=act,
        consent=consent.id,
        type=consent.type.value,
        person=person,
        provider=consent.provider,
        unit=consent.unit,
        by=who.by,
        kind=who.kind.value,
        **{"evidence": acts.evidence(entered), **more},  # type: ignore[arg-type]  # fields of the event, by name
    )
