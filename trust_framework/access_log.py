"""The access log of care (logg): who did what with which patient's information, where, when and why.

Owns the values, in the words of informationsecurity:auditing:log 2 (LogType), what may stand in them, and the text in which a
record is kept, sealed and proven. Where it is kept is storage's affair.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from trust_framework.care import EVER, Activity, Purpose, patient_identifier
from trust_framework.identifiers import Identifier, hsa_compare_form, hsa_id

MOST_RECORDS: Final = 500
"""Records in one call of StoreLog."""

SKEW: Final = 60
"""Seconds that the clock of who stores may be ahead of ours."""

OLDEST: Final = 10 * 366 * 86_400
"""Seconds: what began before that is no record to be stored now."""

MOST_RESOURCES: Final = 200
LONGEST_ARGUMENTS: Final = 8192
LONGEST_TEXT: Final = 256
LONGEST_ID: Final = 36
_ID: Final = re.compile(r"[0-9A-Za-z._:-]{1,36}", re.ASCII)
_ACTIVITIES: Final = frozenset(each.value for each in Activity)
_PURPOSES: Final = frozenset(each.value for each in Purpose)


@dataclass(frozen=True, slots=True)
class AccessedResource:
    """What was accessed (ResourceType): of which type, whose, recorded at which care provider and unit."""

    type: str
    provider: str
    provider_name: str = ""
    unit: str = ""
    unit_name: str = ""
    patient: Identifier | None = None
    patient_name: str = ""


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """One access (LogType). `at` is when it began (startDate); the care provider of the user owns the record.

    HSA-ids are in any spelling when they come, in compare form once checked. `person_id` is the user's own number.
    """

    id: str
    system: str
    activity: str
    at: int
    purpose: str
    user: str
    provider: str
    unit: str
    resources: tuple[AccessedResource, ...]
    system_name: str = ""
    level: str = ""
    arguments: str = ""
    user_name: str = ""
    person_id: str = ""
    assignment: str = ""
    title: str = ""
    provider_name: str = ""
    unit_name: str = ""


@dataclass(frozen=True, slots=True)
class AccessRow:
    """An entry of the log: what a record says of one patient at one information provider (`record` has these resources alone).

    `person` is the patient's id in the register, empty for no patient; `position` the place in the sealed tree, None while it
    waits for one; `text` is what the tree proves. It holds who accessed as the hash of `identity_text` alone, so that the one may
    be given to somebody and the other not.
    """

    id: str
    person: str
    record: AccessRecord = field(repr=False)
    text: str = field(repr=False)
    position: int | None = None
    identity_text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AccessSought:
    """What is looked for; what is empty narrows nothing. `source` is the provider whose information was accessed, by others than
    itself; `activity` one of the contract's words; `reference` a record's own id (logId), which `provider` gave it; both instants
    are in it.
    """

    person: str = ""
    employee: str = ""
    provider: str = ""
    unit: str = ""
    source: str = ""
    since: int = 0
    until: int = EVER
    activity: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class AccessPage:
    """Some entries, the newest first; `before` continues after the last."""

    rows: tuple[AccessRow, ...]
    before: str | None = None


class Unfit(ValueError):
    """A record may not be stored. `field` names what is wrong as the contract does, `reason` is a code."""

    def __init__(self, reason: str, field: str) -> None:
        super().__init__(f"{reason} {field}")
        self.reason, self.field = reason, field


def checked(record: AccessRecord, now: int) -> AccessRecord:
    """The record with its ids in compare form. Raises Unfit."""
    if not _ID.fullmatch(record.id):
        raise Unfit("id", "logId")
    if record.activity not in _ACTIVITIES:
        raise Unfit("unknown-activity", "activityType")
    if record.purpose not in _PURPOSES:
        raise Unfit("unknown-purpose", "purpose")
    if not now - OLDEST <= record.at <= now + SKEW or record.at <= 0:
        raise Unfit(_wrong_time(record.at, now), "startDate")
    if not 0 < len(record.resources) <= MOST_RESOURCES:
        raise Unfit("number", "resources")
    for name, value, most in _texts(record):
        if len(value) > most or not _printable(value):
            raise Unfit("too-long" if len(value) > most else "characters", name)
    return AccessRecord(
        record.id.lower(),
        _hsa(record.system, "systemId"),
        record.activity,
        record.at,
        record.purpose,
        _hsa(record.user, "userId"),
        _hsa(record.provider, "careProviderId"),
        _hsa(record.unit, "careUnitId"),
        tuple([_resource(one) for one in record.resources]),
        record.system_name,
        record.level,
        record.arguments,
        record.user_name,
        record.person_id,
        record.assignment,
        record.title,
        record.provider_name,
        record.unit_name,
    )


def _wrong_time(at: int, now: int) -> str:
    if at <= 0:
        return "time"
    return "future" if at > now else "too-old"


def _texts(record: AccessRecord) -> tuple[tuple[str, str, int], ...]:
    return (
        ("activityArgs", record.arguments, LONGEST_ARGUMENTS),
        ("systemName", record.system_name, LONGEST_TEXT),
        ("activityLevel", record.level, LONGEST_TEXT),
        ("name", record.user_name, LONGEST_TEXT),
        ("personId", record.person_id, LONGEST_ID),
        ("assignment", record.assignment, LONGEST_TEXT),
        ("title", record.title, LONGEST_TEXT),
        ("careProviderName", record.provider_name, LONGEST_TEXT),
        ("careUnitName", record.unit_name, LONGEST_TEXT),
    )


def _printable(value: str) -> bool:
    """No control characters, nor what turns the direction of writing: a log is read by people. Lines may break."""
    return (
        value.isprintable()
        or value.replace("\n", "").replace("\t", "").replace("\r", "").replace("\xa0", "").isprintable()
    )


def _hsa(value: str, name: str) -> str:
    found = hsa_compare_form(value)
    if not hsa_id(found):
        raise Unfit("hsa-id", name)
    return found


def _resource(one: AccessedResource) -> AccessedResource:
    if not 0 < len(one.type) <= LONGEST_TEXT:
        raise Unfit("too-long" if one.type else "missing", "resourceType")
    for name, value in (
        ("resourceType", one.type),
        ("patientName", one.patient_name),
        ("careProviderName", one.provider_name),
        ("careUnitName", one.unit_name),
    ):
        if len(value) > LONGEST_TEXT or not _printable(value):
            raise Unfit("too-long" if len(value) > LONGEST_TEXT else "characters", name)
    return AccessedResource(
        one.type,
        _hsa(one.provider, "resource/careProviderId"),
        one.provider_name,
        _hsa(one.unit, "resource/careUnitId") if one.unit else "",
        one.unit_name,
        _patient(one.patient) if one.patient else None,
        one.patient_name,
    )


def _patient(patient: Identifier) -> Identifier:
    found = patient_identifier(patient.oid, patient.value)
    if found is None:
        raise Unfit("patient-id", "patientId")
    return found


# --- entries and their text -----------------------------------------------------------------------------------------------

Whose = tuple[Identifier | None, str]


def entries(record: AccessRecord) -> Iterator[tuple[Whose, tuple[AccessedResource, ...]]]:
    """The record's entries: the resources of each patient at each information provider, in the order they came."""
    resources = record.resources
    if len(resources) == 1:
        yield (resources[0].patient, resources[0].provider), resources
        return
    found: dict[Whose, list[AccessedResource]] = {}
    for one in resources:
        found.setdefault((one.patient, one.provider), []).append(one)
    for whose, theirs in found.items():
        yield whose, tuple(theirs)


_dump: Final = json.JSONEncoder(separators=(",", ":"), sort_keys=False, check_circular=False, ensure_ascii=True).encode


def identity_text_of(record: AccessRecord, salt: str) -> str:
    """Who accessed, as a text of its own: an entry's text has its hash, and it is shown to whom it may be shown."""
    return _dump({**_given(userId=record.user, name=record.user_name, personId=record.person_id), "salt": salt})


def text_of(record: AccessRecord, resources: tuple[AccessedResource, ...], identity: str, salt: str) -> str:
    """An entry as the text that the tree proves: JSON in the contract's words, without what is empty. `identity` is the hash of
    the identity's text; `salt` is random, so that the text's hash tells nothing of it.
    """
    return _dump(
        {
            "logId": record.id,
            "system": _given(systemId=record.system, systemName=record.system_name),
            "activity": _given(
                activityType=record.activity,
                activityLevel=record.level,
                activityArgs=record.arguments,
                startDate=record.at,
                purpose=record.purpose,
            ),
            "user": _given(
                identity=identity,
                assignment=record.assignment,
                title=record.title,
                careProviderId=record.provider,
                careProviderName=record.provider_name,
                careUnitId=record.unit,
                careUnitName=record.unit_name,
            ),
            "resources": [_resource_text(one) for one in resources],
            "salt": salt,
        }
    )


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value != ""}


def _resource_text(one: AccessedResource) -> dict[str, Any]:
    told = _given(
        resourceType=one.type,
        careProviderId=one.provider,
        careProviderName=one.provider_name,
        careUnitId=one.unit,
        careUnitName=one.unit_name,
    )
    if one.patient is not None:
        told["patient"] = _given(root=one.patient.oid, extension=one.patient.value, name=one.patient_name)
    return told


def record_of(text: str, identity_text: str) -> AccessRecord:
    """What an entry's two texts say."""
    told: Mapping[str, Any] = json.loads(text)
    who: Mapping[str, Any] = json.loads(identity_text)
    activity, user, system = told["activity"], told["user"], told["system"]
    return AccessRecord(
        told["logId"],
        system["systemId"],
        activity["activityType"],
        activity["startDate"],
        activity["purpose"],
        who["userId"],
        user["careProviderId"],
        user["careUnitId"],
        tuple([_resource_of(one) for one in told["resources"]]),
        system.get("systemName", ""),
        activity.get("activityLevel", ""),
        activity.get("activityArgs", ""),
        who.get("name", ""),
        who.get("personId", ""),
        user.get("assignment", ""),
        user.get("title", ""),
        user.get("careProviderName", ""),
        user.get("careUnitName", ""),
    )


def _resource_of(told: Mapping[str, Any]) -> AccessedResource:
    patient = told.get("patient")
    return AccessedResource(
        told["resourceType"],
        told["careProviderId"],
        told.get("careProviderName", ""),
        told.get("careUnitId", ""),
        told.get("careUnitName", ""),
        Identifier(patient["root"], patient["extension"]) if patient else None,
        patient.get("name", "") if patient else "",
    )
