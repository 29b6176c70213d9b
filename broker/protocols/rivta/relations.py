"""ehr:patientrelationship 1 (patientrelation): its operations, as rows.

Names of elements are unverified: no public schema of this domain was seen (docs/rivta.md).
"""

from typing import Final

from broker.care import relations
from broker.care.calling import Done
from broker.care.providers import own_provider
from broker.care.relations import RelationWish
from broker.protocols.rivta import reading, writing
from broker.protocols.rivta.history import NO_PAGE, ended_at, of_provider, paged, starts_at
from broker.protocols.rivta.operation import Call, Domain, Operation, inside, plain
from broker.protocols.rivta.reading import refused, written_flag, written_instant
from metadata.wire.soap import Content, Fields
from trust_framework.care import current, patient_identifier
from trust_framework.care_relations import CareRelation
from trust_framework.identifiers import KINDS, Identifier

RELATION: Final = Domain(
    "patientrelationship",
    "urn:riv:ehr:patientrelationship",
    "urn:riv:ehr:patientrelationship:1",
    "1.0",
    capitals=True,
)

_PERSONS: Final = (KINDS["personnummer"].oid, KINDS["samordningsnummer"].oid)


def _patient(asked: Fields) -> Identifier:
    """PersonIdValue: the number alone, of one of the two kinds that it can be."""
    value = asked.text("patientId")
    for oid in _PERSONS:
        if (found := patient_identifier(oid, value)) is not None:
            return found
    raise refused("patientId", "patient-number")


# --- reading -----------------------------------------------------------------------------------------------------------------


def get_for_patient(asked: Fields, call: Call) -> Done[Content]:
    """A patient's relations at a care provider that are not over."""
    found = [relation for relation in _of_patient(asked, call) if current(relation, call.now)]
    return Done(writing.each("patientRelations", map(_relation, found)))


def get_extended(asked: Fields, call: Call) -> Done[Content]:
    """A patient's relations at a care provider with their history; those that are over if asked for."""
    ended_too = reading.flag(asked, "getCancelledFlag")
    found = [relation for relation in _of_patient(asked, call) if ended_too or current(relation, call.now)]
    return Done(writing.each("extendedPatientRelations", map(_extended, found)))


def _of_patient(asked: Fields, call: Call) -> tuple[CareRelation, ...]:
    provider = own_provider(asked.text("careProviderId"), call.who, call.on).hsa_id
    found = relations.of_patient(_patient(asked), call.who, call.on, call.now)
    return tuple(relation for relation in found if relation.provider == provider)


def get_for_provider(asked: Fields, call: Call) -> Done[Content]:
    """A care provider's relations that are not over, page by page; if asked for, which of them have been ended."""
    found = of_provider(call.on.store.relations_changed, asked, call)
    return Done(
        (
            *paged(found),
            *writing.each("patientRelations", map(_relation, found.standing)),
            *writing.each("cancelledPatientRelations", map(_cancelled, found.ended)),
        )
    )


def check(asked: Fields, call: Call) -> Done[Content]:
    """Whether an actor has a relation to the patient."""
    found = relations.check(reading.actor(asked), _patient(asked), call.who, call.on, call.now)
    return Done((("hasPatientrelation", written_flag(found is not None)),))


# --- changing ----------------------------------------------------------------------------------------------------------------


def register(asked: Fields, call: Call) -> Done[Content]:
    """Enter a relation."""
    wish = RelationWish(
        asked.text("patientRelationId"),
        _patient(asked),
        asked.text("careProviderId"),
        asked.text("careUnitId"),
        asked.text("employeeId"),
        reading.period(asked, "startDate", "endDate"),
        reading.act(asked, "registrationAction", call.now),
    )
    return _nothing_more(relations.register(wish, call.who, call.on, call.now))


def cancel(asked: Fields, call: Call) -> Done[Content]:
    """End a relation."""
    why = reading.act(asked, "cancellationAction", call.now)
    return _nothing_more(relations.cancel(asked.text("patientRelationId"), why, call.who, call.on, call.now))


def delete(asked: Fields, call: Call) -> Done[Content]:
    """Void a mistaken relation."""
    why = reading.act(asked, "deletionAction", call.now)
    return _nothing_more(relations.delete(asked.text("patientRelationId"), why, call.who, call.on, call.now))


def _nothing_more(done: Done[CareRelation]) -> Done[Content]:
    return Done((), done.effects, done.code)


# --- relations as answers ----------------------------------------------------------------------------------------------------


def _relation(relation: CareRelation) -> Content:
    """PatientRelation."""
    return (
        ("patientRelationId", relation.id),
        ("patientId", relation.patient.value),
        ("careProviderId", relation.provider),
        ("careUnitId", relation.unit),
        ("employeeId", relation.employee),
        ("startDate", written_instant(starts_at(relation))),
        ("endDate", written_instant(reading.last_instant(relation.period.end))),
    )


def _extended(relation: CareRelation) -> Content:
    """ExtendedPatientRelation."""
    return (
        ("patientRelation", _relation(relation)),
        ("registrationInfo", writing.act(relation.registered)),
        *writing.maybe_act("cancellationInfo", relation.cancelled),
        *writing.maybe_act("deletionInfo", relation.deleted),
    )


def _cancelled(relation: CareRelation) -> Content:
    """CancelledPatientRelation."""
    return (("patientRelationId", relation.id), ("cancellationDate", written_instant(ended_at(relation))))


_NO_RELATION: Final[Content] = (("hasPatientrelation", written_flag(False)),)

OPERATIONS: Final = (
    Operation(
        "GetPatientRelationsForPatient",
        RELATION,
        get_for_patient,
        inside("getPatientRelationsResultType"),
        1,
        "A patient's relations.",
        "querying",
    ),
    Operation(
        "GetPatientRelationsForCareProvider",
        RELATION,
        get_for_provider,
        inside("getAllPatientRelationsResultType", needed=NO_PAGE),
        1,
        "A care provider's relations, page by page.",
        "querying",
    ),
    Operation(
        "GetExtendedPatientRelationsForPatient",
        RELATION,
        get_extended,
        inside("getExtendedPatientRelationResultType"),
        1,
        "A patient's relations with their history.",
        "administration",
    ),
    Operation(
        "CheckPatientRelation",
        RELATION,
        check,
        inside("checkResultType", needed=_NO_RELATION),
        1,
        "Whether there is a relation.",
        "accesscontrol",
    ),
    Operation(
        "RegisterExtendedPatientRelation",
        RELATION,
        register,
        plain("resultType"),
        1,
        "Registers a relation.",
        "administration",
    ),
    Operation(
        "CancelExtendedPatientRelation", RELATION, cancel, plain("resultType"), 1, "Ends a relation.", "administration"
    ),
    Operation(
        "DeleteExtendedPatientRelation",
        RELATION,
        delete,
        plain("resultType"),
        1,
        "Voids a mistaken relation.",
        "administration",
    ),
)
