"""What record systems say in the measurements: the same questions in JSON and in SOAP, as octets."""

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any, Final

from tests.support import care_values as a
from tests.support.care_world import ACTOR, PATIENT, row
from tests.support.rivta import envelope
from trust_framework.identifiers import Identifier

B: Final = "urn:riv:informationsecurity:authorization:blocking"
L: Final = "urn:riv:informationsecurity:auditing:log"
RECORDS: Final = 500
PATIENTS: Final = 5_000
DAY: Final = 86_400
SYSTEM: Final = "SE2321000016-JOURNAL"


def octets(said: Any) -> bytes:
    """JSON."""
    return json.dumps(said, ensure_ascii=False).encode()


def rows(count: int) -> list[dict[str, Any]]:
    """Things recorded, half of them at the asker's own unit."""
    return [row(str(number), a.UNIT if number % 2 else a.OTHER_UNIT) for number in range(count)]


def check_blocks(count: int) -> bytes:
    """CheckBlocks."""
    return octets({"patient": PATIENT, "actor": ACTOR, "rows": rows(count)})


def check_consent() -> bytes:
    """CheckConsent."""
    return octets({"patient": PATIENT, "actor": ACTOR})


def decision(count: int) -> bytes:
    """One question about so many resources."""
    return octets({"questions": [{"patient": PATIENT, "actor": ACTOR, "resources": rows(count)}]})


def of_patient() -> bytes:
    """GetAccessLogsForPatient."""
    return octets({"patient": PATIENT, "provider": a.PROVIDER, "purpose": "begäran", "period": {"start": 0}})


def proofs(entries: list[str]) -> bytes:
    """These entries with their proofs."""
    return octets({"provider": a.PROVIDER, "purpose": "begäran", "entries": entries})


def store_log() -> Iterator[bytes]:
    """StoreLog in full batches of many patients, each record once."""
    known = a.numbers(PATIENTS)
    while True:
        now = int(time.time())
        yield octets({"records": [_record(known[secrets.randbelow(PATIENTS)], now) for _ in range(RECORDS)]})


def _record(patient: Identifier, now: int) -> dict[str, Any]:
    number = {"oid": patient.oid, "value": patient.value}
    return {
        "id": a.new_id(),
        "system": SYSTEM,
        "system_name": "Journalen",
        "activity": "Läsa",
        "level": "Vårdbegäran",
        "at": now - secrets.randbelow(30 * DAY),
        "purpose": "Vård och behandling",
        "user": a.NURSE,
        "user_name": "Anna Åkesson",
        "assignment": "Vård på vårdcentralen",
        "title": "Sjuksköterska",
        "provider": a.PROVIDER,
        "provider_name": "Region Ett",
        "unit": a.UNIT,
        "unit_name": "Vårdcentralen",
        "resources": [{"type": "Journaltext", "provider": a.PROVIDER, "unit": a.UNIT, "patient": number}],
    }


# --- SOAP ------------------------------------------------------------------------------------------------------------------


def soap_check(count: int) -> bytes:
    """CheckBlocks."""
    when = _instant(int(time.time()) - DAY)
    entities = "".join(
        f"<r:informationEntities><t:informationStartDate>{when}</t:informationStartDate><t:informationEndDate>{when}"
        f"</t:informationEndDate><t:informationCareUnitId>{a.UNIT if number % 2 else a.OTHER_UNIT}</t:informationCareUnitId>"
        f"<t:informationCareProviderId>{a.PROVIDER}</t:informationCareProviderId><t:rowNumber>{number}</t:rowNumber>"
        "</r:informationEntities>"
        for number in range(count)
    )
    return envelope(
        f'<r:CheckBlocks xmlns:r="{B}:CheckBlocksResponder:4" xmlns:t="{B}:4"><r:accessingActor><t:employeeId>{a.NURSE}'
        f"</t:employeeId><t:careProviderId>{a.PROVIDER}</t:careProviderId><t:careUnitId>{a.OTHER_UNIT}</t:careUnitId>"
        f"</r:accessingActor><r:patientId>{_number(a.PATIENT)}</r:patientId>{entities}</r:CheckBlocks>"
    )


def soap_of_patient() -> bytes:
    """GetAccessLogsForPatient."""
    name, until = "GetAccessLogsForPatient", _instant(int(time.time()) + DAY)
    return envelope(
        f'<r:{name} xmlns:r="{L}:{name}Responder:2" xmlns:t="{L}:2"><r:patientId>{_number(a.PATIENT)}</r:patientId>'
        f"<r:fromDate>2000-01-01T00:00:00Z</r:fromDate><r:toDate>{until}</r:toDate></r:{name}>"
    )


def soap_store_log() -> Iterator[bytes]:
    """StoreLog in full batches."""
    known = a.numbers(PATIENTS)
    while True:
        now = int(time.time())
        logs = "".join(_soap_record(known[secrets.randbelow(PATIENTS)], now) for _ in range(RECORDS))
        yield envelope(f'<r:StoreLog xmlns:r="{L}:StoreLogResponder:2" xmlns:t="{L}:2">{logs}</r:StoreLog>')


def _soap_record(patient: Identifier, now: int) -> str:
    provider = f"<t:careProvider><t:careProviderId>{a.PROVIDER}</t:careProviderId></t:careProvider>"
    unit = f"<t:careUnit><t:careUnitId>{a.UNIT}</t:careUnitId></t:careUnit>"
    return (
        f"<r:log><t:logId>{a.new_id()}</t:logId><t:system><t:systemId>{SYSTEM}</t:systemId></t:system><t:activity>"
        f"<t:activityType>Läsa</t:activityType><t:startDate>{_instant(now - secrets.randbelow(30 * DAY))}</t:startDate>"
        f"<t:purpose>Vård och behandling</t:purpose></t:activity><t:user><t:userId>{a.NURSE}</t:userId>"
        f"<t:name>Anna Åkesson</t:name>{provider}{unit}</t:user><t:resources><t:resource>"
        f"<t:resourceType>Journaltext</t:resourceType><t:patient><t:patientId>{_number(patient)}</t:patientId></t:patient>"
        f"{provider}{unit}</t:resource></t:resources></r:log>"
    )


def _number(of: Identifier) -> str:
    return f"<t:root>{of.oid}</t:root><t:extension>{of.value}</t:extension>"


def _instant(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
