"""Consents, relations and emergency access for programs, by the same functions as over SOAP."""

from broker.care import consents, emergencies, relations
from broker.care.consents import ConsentWish
from broker.care.emergencies import EmergencyWish
from broker.care.relations import RelationWish
from broker.web.api import care_forms as forms
from broker.web.api import care_values as values
from broker.web.api.care_turn import CareTurn

# --- consents


def consent_registered(turn: CareTurn) -> values.Consent:
    """Enter a consent. The same sent again is answered as it stands; one in an emergency begins a review case."""
    new: values.NewConsent = turn.body
    wish = ConsentWish(
        new.id,
        new.type,
        forms.identifier(new.patient),
        new.provider,
        new.unit,
        new.employee,
        forms.period(new.period),
        forms.identifier(new.represented_by) if new.represented_by else None,
        forms.entered(new.entered),
    )
    return forms.consent(turn.call(consents.register, wish).result)


def consents_of(turn: CareTurn) -> values.ConsentList:
    """A patient's consents at the caller's providers, ended ones too."""
    found = consents.of_patient(forms.identifier(turn.body.patient), turn.who, turn.on, turn.now)
    return values.ConsentList(consents=tuple(map(forms.consent, found)))


def consent_checked(turn: CareTurn) -> values.ConsentChecked:
    """Whether somebody may read what other providers have recorded of a patient (CheckConsent)."""
    asked: values.Asked = turn.body
    found = consents.check(
        forms.actor(asked.actor), forms.identifier(asked.patient), turn.who, turn.on, turn.now
    ).consent
    if found is None:
        return values.ConsentChecked(has_consent=False)
    return values.ConsentChecked(has_consent=True, type=found.type, consent=found.id)


def consent_cancelled(turn: CareTurn, consent: str) -> values.Consent:
    """End a consent, now or at an instant to come."""
    end: values.Ending = turn.body
    done = turn.call(
        lambda who, on, now: consents.cancel(consent, forms.entered(end.entered), who, on, now, end.ends_at)
    )
    return forms.consent(done.result)


def consent_deleted(turn: CareTurn, consent: str) -> values.Consent:
    """Void a consent that was entered by mistake."""
    return forms.consent(turn.call(consents.delete, consent, forms.entered(turn.body.entered)).result)


# --- relations


def relation_registered(turn: CareTurn) -> values.Relation:
    """Enter a patient relation. The same sent again is answered as it stands."""
    new: values.NewRelation = turn.body
    wish = RelationWish(
        new.id,
        forms.identifier(new.patient),
        new.provider,
        new.unit,
        new.employee,
        forms.period(new.period),
        forms.entered(new.entered),
    )
    return forms.relation(turn.call(relations.register, wish).result)


def relations_of(turn: CareTurn) -> values.RelationList:
    """A patient's relations at the caller's providers, ended ones too."""
    found = relations.of_patient(forms.identifier(turn.body.patient), turn.who, turn.on, turn.now)
    return values.RelationList(relations=tuple(map(forms.relation, found)))


def relation_checked(turn: CareTurn) -> values.RelationChecked:
    """Whether somebody has a relation to a patient now."""
    asked: values.Asked = turn.body
    found = relations.check(forms.actor(asked.actor), forms.identifier(asked.patient), turn.who, turn.on, turn.now)
    return values.RelationChecked(has_relation=found is not None, relation=found.id if found else "")


def relation_cancelled(turn: CareTurn, relation: str) -> values.Relation:
    """End a relation."""
    return forms.relation(turn.call(relations.cancel, relation, forms.entered(turn.body.entered)).result)


def relation_deleted(turn: CareTurn, relation: str) -> values.Relation:
    """Void a relation that was entered by mistake."""
    return forms.relation(turn.call(relations.delete, relation, forms.entered(turn.body.entered)).result)


# --- emergency access


def emergency_begun(turn: CareTurn) -> values.Emergency:
    """Begin an emergency access to one patient. A review case begins with it, and the reviewer gets word."""
    new: values.NewEmergency = turn.body
    wish = EmergencyWish(forms.identifier(new.patient), new.reason, new.id, forms.actor(new.actor), new.until)
    return forms.emergency(turn.call(emergencies.begin, wish).result)


def emergency_ended(turn: CareTurn, emergency: str) -> values.Emergency:
    """End an emergency access before its time. Its case stays open."""
    return forms.emergency(turn.call(emergencies.end, emergency).result)
