"""Forgetting a person: the key under which everything of theirs is sealed is destroyed, and whatever finds them deleted."""

from broker.audit.retention import Held
from broker.login.effects import ForgetPerson
from broker.storage import (
    care_blocks,
    care_consents,
    care_emergencies,
    care_facts,
    care_outbox,
    care_relations,
    care_requests,
    care_told,
    care_versions,
    care_watched,
    consents,
    grants,
    log_holds,
    persons,
    representations,
    review_drawing,
    roles,
    sign_ons,
)
from broker.storage.database import Unit

_OF_PATIENT = (
    care_versions,
    care_outbox,
    care_blocks,
    care_told,
    care_consents,
    care_relations,
    care_facts,
    care_emergencies,
    care_requests,
    care_watched,
    review_drawing,
)
_OF_PERSON = (consents, representations, roles, *_OF_PATIENT)


def forget(unit: Unit, change: ForgetPerson) -> None:
    """Destroy the person's key, whatever finds them, their consents, what care has of them, what they are signed on to. What was
    sealed under the key stays, unreadable, so that the log is still proven. Raises Held.
    """
    if log_holds.about_person(unit, change.person):
        raise Held(change.person)
    for kept in _OF_PERSON:
        kept.forget(unit, change.person)
    sign_ons.forget(unit, change.person, change.at)
    grants.forget(unit, change.person)
    persons.forget(unit, change.person, change.at)
