"""Types of informationsecurity:auditing:log 2: a record read out of a request, and entries of the log as content of answers."""

from collections.abc import Iterable, Iterator, Sequence

from broker.protocols.rivta import reading, writing
from broker.protocols.rivta.reading import written_instant
from metadata.wire.soap import Content, Fields
from trust_framework.access_log import AccessedResource, AccessRecord
from trust_framework.care_register import CareRegister
from trust_framework.staff_told import AsTold


def record(asked: Fields) -> AccessRecord:
    """LogType. Of the user's own number the contract's kind is not kept."""
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


def logs(rows: Iterable[AsTold]) -> Iterator[Content]:
    """Each record once, with those of its resources that were asked for, wherever its entries stand."""
    found: dict[tuple[str, str], list[AsTold]] = {}
    for row in rows:
        found.setdefault((row.record.provider, row.record.id), []).append(row)
    for entries in found.values():
        resources = [resource for row in entries for resource in row.record.resources]
        yield _log(entries[0].record, resources)


def _log(of: AccessRecord, resources: Sequence[AccessedResource]) -> Content:
    """LogType. A name that is not kept is left out."""
    return (
        ("logId", of.id),
        ("system", (("systemId", of.system), *writing.maybe("systemName", of.system_name))),
        (
            "activity",
            (
                ("activityType", of.activity),
                *writing.maybe("activityLevel", of.level),
                *writing.maybe("activityArgs", of.arguments),
                ("startDate", written_instant(of.at)),
                ("purpose", of.purpose),
            ),
        ),
        (
            "user",
            (
                ("userId", of.user),
                *writing.maybe("name", of.user_name),
                *writing.maybe("assignment", of.assignment),
                *writing.maybe("title", of.title),
                ("careProvider", _provider(of.provider, of.provider_name)),
                ("careUnit", _unit(of.unit, of.unit_name)),
            ),
        ),
        ("resources", writing.each("resource", map(_accessed, resources))),
    )


def _accessed(of: AccessedResource) -> Content:
    patient = (
        (("patientId", writing.identifier(of.patient)), *writing.maybe("patientName", of.patient_name))
        if of.patient
        else None
    )
    return (
        ("resourceType", of.type),
        *writing.maybe("patient", patient),
        ("careProvider", _provider(of.provider, of.provider_name)),
        *writing.maybe("careUnit", _unit(of.unit, of.unit_name) if of.unit else None),
    )


def _provider(hsa_id: str, name: str) -> Content:
    return (("careProviderId", hsa_id), *writing.maybe("careProviderName", name))


def _unit(hsa_id: str, name: str) -> Content:
    return (("careUnitId", hsa_id), *writing.maybe("careUnitName", name))


def accesses(rows: Iterable[AsTold], register: CareRegister) -> Iterator[Content]:
    """AccessLogType: each resource that was accessed."""
    for row in rows:
        for resource in row.record.resources:
            yield _access(row.record, resource, register)


def _access(of: AccessRecord, resource: AccessedResource, register: CareRegister) -> Content:
    return (
        ("careProviderId", of.provider),
        *writing.maybe("careProviderName", of.provider_name or _name(of.provider, register)),
        ("careUnitId", of.unit),
        *writing.maybe("careUnitName", of.unit_name),
        ("accessDate", written_instant(of.at)),
        ("userId", of.user),
        *writing.maybe("userName", of.user_name),
        *writing.maybe("userTitle", of.title),
        ("purpose", of.purpose),
        ("resourceType", resource.type),
    )


def readers(rows: Iterable[AsTold], register: CareRegister) -> Iterator[Content]:
    """CareProviderType: each care provider whose staff read, once."""
    found = {row.record.provider: row.record.provider_name for row in rows}
    for hsa_id, name in sorted(found.items()):
        yield _provider(hsa_id, name or _name(hsa_id, register))


def _name(hsa_id: str, register: CareRegister) -> str:
    provider = register.provider(hsa_id)
    return provider.names.get("sv", "") if provider else ""
