"""The log service (logg): records of accesses stored, and read with a purpose.

Owns who may store and read what, and what is recorded of it: reading the log is itself an access. Who accessed is told as
`trust_framework.staff_told` says. Each call returns its effects; nothing is stored in part. RIV-TA
informationsecurity:auditing:log 2.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from broker.audit.care_events import AccessLogRead
from broker.care import concealed, patients, telling
from broker.care.access_values import (
    MOST_ROWS,
    AccessReport,
    QueueReport,
    ReportState,
    StoreAccess,
    entry_number,
)
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, Done, ResultCode
from broker.login.effects import Change, Effects
from trust_framework.access_log import (
    MOST_RECORDS,
    AccessRecord,
    AccessSought,
    Unfit,
    checked,
)
from trust_framework.care import EVER, Period
from trust_framework.identifiers import Identifier, hsa_compare_form, personal_or_coordination_number
from trust_framework.staff_told import AsTold, Reader

AT_ONCE: Final = 1_000
"""Entries that are answered at once; more are a report."""

EXCEEDED: Final = "max-query-result-exceeded"
SECONDS_A_REPORT: Final = 5
LONGEST_PURPOSE: Final = 256


# --- storing --------------------------------------------------------------------------------------------------------------


def store(records: Sequence[AccessRecord], who: Caller, on: CareServices, now: int) -> Done[int]:
    """StoreLog: check every record, and store them all. Raises CareRefused; LogIdTaken comes with the commit, and is the same
    VALIDATION_ERROR.
    """
    if who.kind is CallerKind.STAFF:
        raise CareRefused(ResultCode.ACCESSDENIED, "provider", "careProviderId")
    if not 0 < len(records) <= MOST_RECORDS:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "number", "log")
    found = tuple([_checked(each, who, on, now) for each in records])
    if len({(each.provider, each.id) for each in found}) < len(found):
        raise CareRefused(ResultCode.VALIDATION_ERROR, "log-id-taken", "logId")
    return Done(len(found), Effects((StoreAccess(found, now, who.by),)))


def _checked(record: AccessRecord, who: Caller, on: CareServices, now: int) -> AccessRecord:
    try:
        found = checked(record, now)
    except Unfit as error:
        raise CareRefused(ResultCode.VALIDATION_ERROR, error.reason, error.field) from error
    provider = on.register.providers.get(found.provider)
    if provider is None or not who.may_act_for(found.provider):
        raise CareRefused(ResultCode.ACCESSDENIED, "provider", "careProviderId")
    if provider.units and found.unit not in provider.units:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "unknown-unit", "careUnitId")
    if on.feigned is not None:
        _nobodys(found, on)
    return found


def _nobodys(record: AccessRecord, on: CareServices) -> None:
    """See that nobody in a record may be real."""
    for one in record.resources:
        if one.patient is not None:
            patients.number(one.patient, on, "patientId")
    if personal_or_coordination_number(record.person_id) and not patients.taken(record.person_id, on):
        raise CareRefused(ResultCode.VALIDATION_ERROR, "real-number", "personId")


# --- reading --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogsAsked:
    """GetLogs: what is asked for, and for what purpose; with `report`, the answer to an earlier question. `provider` owns what is
    read.
    """

    provider: str
    purpose: str
    period: Period
    patient: Identifier | None = None
    employee: str = ""
    unit: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True)
class LogsAnswer:
    """Entries, the newest first; or a report that will have them, in about `queue_time` seconds."""

    rows: tuple[AsTold, ...] = ()
    state: ReportState = ReportState.DONE
    report: str = ""
    queue_time: int = 0


def logs(asked: LogsAsked, who: Caller, on: CareServices, now: int) -> Done[LogsAnswer]:
    """GetLogs: the log of a care provider. Raises CareRefused."""
    provider = _provider(asked.provider, who)
    person = _person(asked.patient, on)
    sought = AccessSought(
        person=person or "",
        employee=hsa_compare_form(asked.employee),
        provider=provider,
        unit=hsa_compare_form(asked.unit),
        **_between(asked.period),
    )
    _check(asked.purpose, asked.period)
    if asked.report:
        return report(asked.report, "GetLogs", asked.purpose, who, on, now)
    if _nothing(person, who, on, now):
        return _done((), "GetLogs", asked.purpose, sought, who, now)
    return _answered("GetLogs", asked.purpose, sought, Reader.OWNER, who, on, now)


def for_patient(
    patient: Identifier, provider: str, period: Period, purpose: str, who: Caller, on: CareServices, now: int
) -> Done[LogsAnswer]:
    """GetAccessLogsForPatient: who of a care provider (empty: of any, for the patient alone) accessed a patient's information in
    a period. Raises CareRefused.
    """
    person = _person(patient, on)
    own = who.kind is CallerKind.PATIENT and person is not None and who.person == person
    owner = "" if own and not provider else _provider(provider, who, own=own)
    asked = AccessSought(person=person or "", provider=owner, **_between(period))
    _check(purpose, period)
    if _nothing(person, who, on, now):
        return _done((), "GetAccessLogsForPatient", purpose, asked, who, now)
    return _answered("GetAccessLogsForPatient", purpose, asked, Reader.PATIENT, who, on, now)


def info_logs(
    provider: str,
    period: Period,
    purpose: str,
    who: Caller,
    on: CareServices,
    now: int,
    patient: Identifier | None = None,
) -> Done[LogsAnswer]:
    """GetInfoLogs: which other care providers accessed the information of this one in a period, or one patient's. Raises
    CareRefused.
    """
    person = _person(patient, on)
    asked = AccessSought(person=person or "", source=_provider(provider, who), **_between(period))
    _check(purpose, period)
    if _nothing(person, who, on, now):
        return _done((), "GetInfoLogs", purpose, asked, who, now)
    return _answered("GetInfoLogs", purpose, asked, Reader.OTHERS, who, on, now)


def named(
    provider: str, ids: Sequence[str], purpose: str, who: Caller, on: CareServices, now: int
) -> Done[tuple[AsTold, ...]]:
    """These entries of a care provider's log, to be proven to somebody. Raises CareRefused when one of them is not there."""
    asked = AccessSought(provider=_provider(provider, who))
    _check(purpose, Period())
    numbers = tuple(number for each in ids if (number := entry_number(each)) is not None)
    rows = tuple(row for row in on.store.access_rows(numbers) if row.record.provider == asked.provider)
    if len(rows) < len(ids):
        raise CareRefused(ResultCode.NOTFOUND, "entry", "entries")
    told = telling.told(rows, Reader.OWNER, on.store, on.register)
    return Done(told, Effects((), (read("entries", purpose, asked, len(rows), who, now),)))


def _provider(provider: str, who: Caller, *, own: bool = False) -> str:
    """The care provider, whose log the caller may read: systems may, staff review it on pages of their own."""
    found = hsa_compare_form(provider)
    if who.kind is CallerKind.STAFF or not found or not (own or who.may_act_for(found)):
        raise CareRefused(ResultCode.ACCESSDENIED, "provider", "careProviderId")
    return found


def _person(patient: Identifier | None, on: CareServices) -> str | None:
    """The register's id; empty when no patient is asked for, None for one whom nobody knows."""
    return on.store.patient(patients.number(patient, on)) if patient else ""


def _nothing(person: str | None, who: Caller, on: CareServices, now: int) -> bool:
    """Whether nothing is to be told of a patient who was asked for: nobody knows them, or a court has hidden it."""
    return person is None or bool(person and concealed.hidden(person, who, on, now))


def _between(period: Period) -> dict[str, Any]:
    return {"since": max(period.first, 0), "until": period.last}


def _check(purpose: str, period: Period) -> None:
    if not 0 < len(purpose.strip()) <= LONGEST_PURPOSE:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "purpose", "purpose")
    if period.inverted:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "inverted", "toDate")


def _answered(
    what: str, purpose: str, sought: AccessSought, reader: Reader, who: Caller, on: CareServices, now: int
) -> Done[LogsAnswer]:
    number = on.store.access_count(sought, MOST_ROWS + 1)
    if number > MOST_ROWS:
        raise CareRefused(ResultCode.ERROR, EXCEEDED, "fromDate")
    if number > AT_ONCE:
        return _queued(what, purpose, sought, reader, who, on, now)
    rows = on.store.access_page(sought, None, AT_ONCE).rows
    return _done(telling.told(rows, reader, on.store, on.register), what, purpose, sought, who, now)


def _done(
    rows: tuple[AsTold, ...], what: str, purpose: str, sought: AccessSought, who: Caller, now: int
) -> Done[LogsAnswer]:
    return Done(LogsAnswer(rows), Effects((), (read(what, purpose, sought, len(rows), who, now),)))


def _queued(
    what: str, purpose: str, sought: AccessSought, reader: Reader, who: Caller, on: CareServices, now: int
) -> Done[LogsAnswer]:
    queued = AccessReport(secrets.token_urlsafe(16), who.by, sought, reader, now)
    changes: tuple[Change, ...] = (QueueReport(queued),)
    wait = SECONDS_A_REPORT * (1 + on.store.access_reports_waiting())
    answer = LogsAnswer(state=ReportState.ON_QUEUE, report=queued.id, queue_time=wait)
    return Done(answer, Effects(changes, (read(f"{what} queued", purpose, sought, 0, who, now),)), ResultCode.INFO)


def report(id: str, what: str, purpose: str, who: Caller, on: CareServices, now: int) -> Done[LogsAnswer]:
    """The answer to an earlier question, for who asked it and may still read that log. Raises CareRefused."""
    found = on.store.access_report(id)
    if found is None or found.by != who.by or not _still_reads(found.sought, who):
        raise CareRefused(ResultCode.NOTFOUND, "report", "queuedReportId")
    if found.state is not ReportState.DONE:
        answer = LogsAnswer(state=found.state, report=id, queue_time=SECONDS_A_REPORT)
        return Done(answer, code=ResultCode.INFO)
    entries = () if _nothing(found.sought.person, who, on, now) else on.store.access_rows(found.entries)
    rows = telling.told(entries, found.reader, on.store, on.register)
    return _done(rows, what, purpose, found.sought, who, now)


def _still_reads(sought: AccessSought, who: Caller) -> bool:
    owner = sought.provider or sought.source
    return who.may_act_for(owner) or (who.kind is CallerKind.PATIENT and who.person == sought.person)


def read(what: str, purpose: str, sought: AccessSought, rows: int, who: Caller, now: int) -> AccessLogRead:
    """That somebody read so many entries of the log: for every call and page that shows any. It goes with the answer's commit."""
    told = {"employee": who.staff.employee, "sought": sought.employee}
    return AccessLogRead(
        at=now,
        reference=who.reference,
        what=what,
        purpose=purpose.strip(),
        provider=sought.provider or sought.source,
        person=sought.person,
        since=sought.since,
        until=sought.until if sought.until < EVER else 0,
        rows=rows,
        by=who.by,
        kind=who.kind.value,
        evidence={name: value for name, value in told.items() if value},
    )
