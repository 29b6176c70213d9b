"""Patient relations (patientrelationer): register, cancel, delete, list, check (RIV-TA ehr:patientrelationship 1)."""

from dataclasses import dataclass, field, replace

from broker.audit.care_events import RelationChanged
from broker.care import acts, concealed, patients, providers
from broker.care.acts import ActWish
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, Done, ResultCode
from broker.care.changes import SaveRelation
from broker.care.consents import period_of
from broker.login.effects import Effects
from trust_framework.care import Act, CareActor, CareProvider, Period
from trust_framework.care_relations import CareRelation, relation_for
from trust_framework.identifiers import Identifier


@dataclass(frozen=True, slots=True)
class RelationWish:
    """A relation as the caller wants it: of an employee, or of all of a unit."""

    id: str
    patient: Identifier
    provider: str
    unit: str
    employee: str = ""
    period: Period = field(default_factory=Period)
    entered: ActWish = field(default_factory=ActWish)


def register(wish: RelationWish, who: Caller, on: CareServices, now: int) -> Done[CareRelation]:
    """Enter a relation. The same sent again is there already, and well."""
    if who.kind is CallerKind.PATIENT:
        raise CareRefused(ResultCode.ACCESSDENIED, "not-staff")
    provider = providers.own_provider(wish.provider, who, on)
    patient = patients.patient(wish.patient, who, on)
    relation = _relation(wish, provider, patient.number, who, now)
    if (there := on.store.relation(relation.id)) is not None:
        return _again(there[0], relation, starts=wish.period.start is not None)
    event = _changed("registered", relation, patient.person, who, relation.registered, now)
    return Done(relation, Effects((*patient.changes, SaveRelation(relation, patient.person)), (event,)))


def _relation(wish: RelationWish, provider: CareProvider, patient: Identifier, who: Caller, now: int) -> CareRelation:
    unit = providers.unit(provider, wish.unit)
    if who.kind is CallerKind.STAFF and (who.actor is None or who.actor.unit != unit):
        raise CareRefused(ResultCode.ACCESSDENIED, "beyond-commission", "unit")
    return CareRelation(
        providers.entry_id(wish.id),
        patient,
        provider.hsa_id,
        unit,
        period_of(wish.period, now),
        acts.act(wish.entered, who, now),
        employee=providers.hsa(wish.employee, "employee") if wish.employee else "",
    )


def _again(there: CareRelation, wished: CareRelation, *, starts: bool) -> Done[CareRelation]:
    same = replace(there, registered=wished.registered, cancelled=None, deleted=None)
    wanted = wished if starts else replace(wished, period=Period(there.period.start, wished.period.end))
    if same != wanted:
        raise CareRefused(ResultCode.ALREADYEXISTS, "other-content", "id")
    _not_ended(there)
    return Done(there)


def _not_ended(relation: CareRelation) -> None:
    if not relation.stands:
        raise CareRefused(ResultCode.INVALIDSTATE, "ended", "id")


def cancel(id: str, why: ActWish, who: Caller, on: CareServices, now: int) -> Done[CareRelation]:
    """End a relation. It stays as history."""
    relation, person = _own(id, who, on)
    _not_ended(relation)
    entered = acts.act(why, who, now)
    return _moved("cancelled", relation, replace(relation, cancelled=entered), person, who, entered, now)


def delete(id: str, why: ActWish, who: Caller, on: CareServices, now: int) -> Done[CareRelation]:
    """Void a relation that was entered by mistake. It stays as history."""
    relation, person = _own(id, who, on)
    if relation.deleted is not None:
        raise CareRefused(ResultCode.INVALIDSTATE, "ended", "id")
    entered = acts.act(why, who, now)
    return _moved("deleted", relation, replace(relation, deleted=entered), person, who, entered, now)


def of_patient(patient: Identifier, who: Caller, on: CareServices, now: int) -> tuple[CareRelation, ...]:
    """The patient's relations that the caller may see, ended ones among them: their own providers' (the patient: all); none
    of what a court has hidden.
    """
    found = patients.known(patient, on)
    if found is None:
        return ()
    if who.kind is CallerKind.PATIENT and found.person != who.person:
        raise CareRefused(ResultCode.ACCESSDENIED, "guardian", "patient")
    if concealed.hidden(found.person, who, on, now):
        return ()
    kept = on.store.relations_of(found.person)
    return kept if who.kind is CallerKind.PATIENT else tuple(one for one in kept if who.may_act_for(one.provider))


def check(actor: CareActor | None, patient: Identifier, who: Caller, on: CareServices, now: int) -> CareRelation | None:
    """The relation that the actor has to the patient now, the latest registered; None without one (CheckPatientRelation)."""
    asked_for = providers.actor(actor, who, on)
    found = patients.known(patient, on)
    if found is None:
        return None
    return relation_for(on.store.relations_of(found.person), asked_for, now)


def _own(id: str, who: Caller, on: CareServices) -> tuple[CareRelation, str]:
    """A relation that the caller may act on, and its patient. Another's is as missing as none; a patient ends none."""
    found = on.store.relation(providers.entry_id(id))
    if found is None or who.kind is CallerKind.PATIENT or not who.may_act_for(found[0].provider):
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "id")
    return found


def _moved(
    act: str, before: CareRelation, after: CareRelation, person: str, who: Caller, entered: Act, now: int
) -> Done[CareRelation]:
    event = _changed(act, after, person, who, entered, now)
    return Done(after, Effects((SaveRelation(after, person, before),), (event,)))


def _changed(act: str, relation: CareRelation, person: str, who: Caller, entered: Act, now: int) -> RelationChanged:
    return RelationChanged(
        at=now,
        reference=who.reference,
        act=act,
        relation=relation.id,
        person=person,
        provider=relation.provider,
        unit=relation.unit,
        by=who.by,
        kind=who.kind.value,
        evidence=acts.evidence(entered),
    )
