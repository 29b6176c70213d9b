"""informationsecurity:auditing:log 2 (logg): its operations, as rows. What is stored and read is `log_types`."""

from collections.abc import Callable
from typing import Final

from broker.care import access_log
from broker.care.access_log import LogsAnswer, LogsAsked
from broker.care.access_values import ReportState
from broker.care.calling import CareRefused, Done, ResultCode
from broker.care.providers import own_provider
from broker.login.effects import NOTHING
from broker.protocols.rivta import log_types, reading, writing
from broker.protocols.rivta.operation import Call, Domain, Operation, plain
from broker.protocols.rivta.texts import sentence
from metadata.wire.soap import Content, Fields
from trust_framework.access_log import MOST_RECORDS
from trust_framework.care import Period

LOG: Final = Domain(
    "log",
    "urn:riv:informationsecurity:auditing:log",
    "urn:riv:informationsecurity:auditing:log:2",
    "2.0",
    (("NOTFOUND", "REPORT_NOT_FOUND"), ("max-query-result-exceeded", "MAX_QUERY_RESULT_EXCEEDED")),
)

FOLLOW_UP: Final = "Logguppföljning genom tjänstekontrakt"
FOR_THE_PATIENT: Final = "Patientens åtkomstlogg genom tjänstekontrakt"
"""For what the log is read: the contracts have no field for it."""


def store_log(asked: Fields, call: Call) -> Done[Content]:
    """Store records of access, all of them or none."""
    records = tuple(map(log_types.record, asked.children("log")))
    done = access_log.store(records, call.who, call.on, call.now)
    return Done((), done.effects, done.code)


def get_logs(asked: Fields, call: Call) -> Done[Content]:
    """What a care provider's staff have done, or a report that will say it."""
    wanted = LogsAsked(
        asked.text("careProviderId"),
        FOLLOW_UP,
        _period(asked),
        reading.maybe_identifier(asked, "patientId"),
        asked.text("userId"),
        asked.text("careUnitId"),
        asked.text("queuedReportId"),
    )
    done = access_log.logs(wanted, call.who, call.on, call.now)
    return _told(done, "logs", writing.each("log", log_types.logs(done.result.rows)))


def get_info_logs(asked: Fields, call: Call) -> Done[Content]:
    """Which other care providers have read a care provider's information."""
    if queued := asked.text("queuedReportId"):
        done = access_log.report(queued, "GetInfoLogs", FOLLOW_UP, call.who, call.on, call.now)
    else:
        provider = own_provider(asked.text("careProviderId"), call.who, call.on).hsa_id
        patient = reading.maybe_identifier(asked, "patientId")
        done = access_log.info_logs(provider, _period(asked), FOLLOW_UP, call.who, call.on, call.now, patient)
    readers = log_types.readers(done.result.rows, call.on.register)
    return _told(done, "careProviders", writing.each("careProvider", readers))


def get_access_logs(asked: Fields, call: Call) -> Done[Content]:
    """Who of the care providers that the call reaches has had access to a patient's information."""
    if queued := asked.text("queuedReportId"):
        done = access_log.report(queued, "GetAccessLogsForPatient", FOR_THE_PATIENT, call.who, call.on, call.now)
    else:
        done = _of_each_provider(asked, call)
    # The name has three s in the contract.
    return _told(done, "accesssLogs", writing.each("accessLog", log_types.accesses(done.result.rows, call.on.register)))


def _of_each_provider(asked: Fields, call: Call) -> Done[LogsAnswer]:
    """One care provider's answer, a report if it must be; of several the answers that are ready, and INFO when one is not."""
    providers = sorted(call.who.providers)
    if len(providers) == 1:
        return _of(asked, providers[0], call)
    found = [_ready(asked, provider, call) for provider in providers]
    ready = [each for each in found if each is not None]
    rows = sorted((row for each in ready for row in each.result.rows), key=lambda row: -row.record.at)
    effects = sum((each.effects for each in ready), NOTHING)
    return Done(LogsAnswer(tuple(rows)), effects, ResultCode.OK if len(ready) == len(found) else ResultCode.INFO)


def _ready(asked: Fields, provider: str, call: Call) -> Done[LogsAnswer] | None:
    """A care provider's answer; None when it would be a report, or is too long for any."""
    try:
        done = _of(asked, provider, call)
    except CareRefused as error:
        if error.reason == access_log.EXCEEDED:
            return None
        raise
    return done if done.result.state is ReportState.DONE else None


def _of(asked: Fields, provider: str, call: Call) -> Done[LogsAnswer]:
    patient, period = reading.identifier(asked, "patientId"), _period(asked)
    return access_log.for_patient(patient, provider, period, FOR_THE_PATIENT, call.who, call.on, call.now)


def _period(asked: Fields) -> Period:
    return Period(reading.instant(asked, "fromDate"), reading.instant(asked, "toDate"))


# --- reports -----------------------------------------------------------------------------------------------------------------


def _told(done: Done[LogsAnswer], name: str, content: Content) -> Done[Content]:
    """The answer's content, or what is said of a report that is not made yet."""
    answer = done.result
    if answer.state is ReportState.DONE:
        text = sentence(done.code, "some-reports") if done.code is ResultCode.INFO else ""
        result = writing.result(LOG, done.code, text)
        return Done((("reportResult", (("result", result),)), (name, content)), done.effects, done.code)
    waiting = (
        ("result", writing.result(LOG, answer.state.value, sentence("INFO", "report-waits"))),
        ("queuedReportId", answer.report),
        ("queueTime", str(answer.queue_time)),
    )
    return Done((("reportResult", waiting),), done.effects, done.code)


def _reported(name: str) -> Callable[[Content, Content], Content]:
    """An answer says its result itself; of a refusal there is only that."""
    return lambda result, more: ((name, more or (("reportResult", (("result", result),)),)),)


OPERATIONS: Final = (
    Operation("StoreLog", LOG, store_log, plain(), 2, "Stores records of access, all or none.", most=MOST_RECORDS),
    Operation("GetLogs", LOG, get_logs, _reported("logsResult"), 2, "What a care provider's staff have done."),
    Operation(
        "GetAccessLogsForPatient",
        LOG,
        get_access_logs,
        _reported("accessLogsResult"),
        2,
        "Who has had access to a patient's information.",
    ),
    Operation(
        "GetInfoLogs",
        LOG,
        get_info_logs,
        _reported("infoLogsResult"),
        2,
        "Which other care providers have read a care provider's information.",
    ),
)
