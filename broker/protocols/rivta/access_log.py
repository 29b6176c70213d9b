"""informationsecurity:auditing:log 2 (logg): its operations, as rows."""

from typing import Final

from broker.care import access_log
from broker.care.calling import Done
from broker.protocols.rivta import reading
from broker.protocols.rivta.operation import Call, Domain, Operation, plain
from metadata.wire.soap import Content, Fields
from trust_framework.access_log import AccessedResource, AccessRecord

LOG: Final = Domain(
    "log", "urn:riv:informationsecurity:auditing:log", "urn:riv:informationsecurity:auditing:log:2", "2.0"
)


def store_log(asked: Fields, call: Call) -> Done[Content]:
    """Store records of access, all of them or none."""
    records = tuple(map(_record, asked.children("log")))
    done = access_log.store(records, call.who, call.on, call.now)
    return Done((), done.effects, done.code)


def _record(asked: Fields) -> AccessRecord:
    """LogType."""
    system, activity, user = asked.need("system"), asked.need("activity"), asked.need("user")
    provider, unit = user.need("careProvider"), user.need("careUnit")
    return AccessRecord(
        asked.text("logId"),
        system.text("systemId"),
        activity.text("activityType"),
        reading.instant(activity, "startDate"),
        activity.text("purpose"),
        user.text("userId"),
        provider.text("careProviderId"),
        unit.text("careUnitId"),
        tuple(map(_resource, asked.need("resources").children("resource"))),
        system.text("systemName"),
        activity.text("activityLevel"),
        activity.text("activityArgs"),
        user.text("name"),
        user.need("personId").text("extension"),
        user.text("assignment"),
        user.text("title"),
        provider.text("careProviderName"),
        unit.text("careUnitName"),
    )


def _resource(asked: Fields) -> AccessedResource:
    """ResourceType."""
    provider, unit, patient = asked.need("careProvider"), asked.need("careUnit"), asked.child("patient")
    return AccessedResource(
        asked.text("resourceType"),
        provider.text("careProviderId"),
        provider.text("careProviderName"),
        unit.text("careUnitId"),
        unit.text("careUnitName"),
        reading.identifier(patient, "patientId") if patient else None,
        patient.text("patientName") if patient else "",
    )


OPERATIONS: Final = (Operation("StoreLog", LOG, store_log, plain(), 2, "Stores records of access, all or none."),)
