"""The access log for record systems: storing, reading and proofs, by the same functions as over SOAP."""

import base64

from broker.care import access_log
from broker.care.access_log import LogsAnswer, LogsAsked
from broker.web.api import care_forms as forms
from broker.web.api import care_log_values as values
from broker.web.api.care_turn import CareTurn
from trust_framework.access_log import AccessedResource, AccessRecord
from trust_framework.staff_told import AsTold


def stored(turn: CareTurn) -> values.Stored:
    """Store up to 500 records of access, all or none (StoreLog). `log-id-taken`: one of them was stored before."""
    records = tuple([_record(one) for one in turn.body.records])
    return values.Stored(stored=turn.call(access_log.store, records).result)


def searched(turn: CareTurn) -> values.LogAnswer:
    """A care provider's log, by patient, user, unit and period (GetLogs)."""
    asked: values.LogAsked = turn.body
    patient = forms.identifier(asked.patient) if asked.patient else None
    wanted = LogsAsked(asked.provider, asked.purpose, forms.period(asked.period), patient, asked.user, asked.unit)
    return _answer(turn.call(access_log.logs, wanted).result)


def of_patient(turn: CareTurn) -> values.LogAnswer:
    """Who of a care provider accessed a patient's information (GetAccessLogsForPatient)."""
    asked: values.OfPatientAsked = turn.body
    patient, period = forms.identifier(asked.patient), forms.period(asked.period)
    return _answer(turn.call(access_log.for_patient, patient, asked.provider, period, asked.purpose).result)


def of_others(turn: CareTurn) -> values.LogAnswer:
    """Which other care providers accessed the information of this one (GetInfoLogs)."""
    asked: values.OthersAsked = turn.body
    return _answer(turn.call(access_log.info_logs, asked.provider, forms.period(asked.period), asked.purpose).result)


def report(turn: CareTurn, report: str) -> values.LogAnswer:
    """The answer to an earlier question that was too large to be answered at once."""
    return _answer(turn.call(access_log.report, report, "report", turn.body.purpose).result)


def proven(turn: CareTurn) -> values.Proven:
    """Entries with the proofs that they are in the signed log, for whoever has the published checkpoint."""
    asked: values.EntriesNamed = turn.body
    rows = turn.call(access_log.named, asked.provider, asked.entries, asked.purpose).result
    sealed = {row.position: row for row in rows if row.position is not None}
    note, proofs = turn.on.store.log_proofs(sorted(sealed))
    verifiers = tuple(one.text for one in turn.on.store.log_verifiers())
    proven = [_proven(position, sealed[position], *proof) for position, proof in sorted(proofs.items())]
    return values.Proven(checkpoint=note, verifiers=verifiers, rows=tuple(proven))


def _proven(position: int, row: AsTold, leaf: bytes, path: tuple[bytes, ...]) -> values.ProvenEntry:
    return values.ProvenEntry(
        position=position,
        leaf=leaf.decode(),
        record=row.text,
        identity=row.identity_text,
        proof=tuple(base64.b64encode(part).decode() for part in path),
    )


def _record(sent: values.AccessRecord) -> AccessRecord:
    return AccessRecord(
        sent.id,
        sent.system,
        sent.activity,
        sent.at,
        sent.purpose,
        sent.user,
        sent.provider,
        sent.unit,
        tuple([_resource(one) for one in sent.resources]),
        sent.system_name,
        sent.level,
        sent.arguments,
        sent.user_name,
        sent.person_id,
        sent.assignment,
        sent.title,
        sent.provider_name,
        sent.unit_name,
    )


def _resource(sent: values.Accessed) -> AccessedResource:
    patient = forms.identifier(sent.patient) if sent.patient else None
    return AccessedResource(
        sent.type, sent.provider, sent.provider_name, sent.unit, sent.unit_name, patient, sent.patient_name
    )


def _answer(found: LogsAnswer) -> values.LogAnswer:
    entries = tuple(map(_entry, found.rows))
    return values.LogAnswer(state=found.state.value, entries=entries, report=found.report, queue_time=found.queue_time)


def _entry(row: AsTold) -> values.AccessEntry:
    return values.AccessEntry(entry=row.id, position=row.position, record=_told(row.record))


def _told(known: AccessRecord) -> values.AccessRecord:
    fields = {name: getattr(known, name) for name in AccessRecord.__dataclass_fields__ if name != "resources"}
    return values.AccessRecord(**fields, resources=tuple(map(_resource_told, known.resources)))


def _resource_told(known: AccessedResource) -> values.Accessed:
    return values.Accessed(
        type=known.type,
        provider=known.provider,
        provider_name=known.provider_name,
        unit=known.unit,
        unit_name=known.unit_name,
        patient=forms.number(known.patient) if known.patient else None,
        patient_name=known.patient_name,
    )
