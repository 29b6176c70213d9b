"""Care's rows of the API: which call stands where, the scope it needs, what it takes and gives.

Many that only read are POST: a patient's number stands in no address.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from broker.web.api import care_blocks as blocks
from broker.web.api import care_decisions as decisions
from broker.web.api import care_entries as entries
from broker.web.api import care_fact_values as _f
from broker.web.api import care_facts as facts
from broker.web.api import care_log as log
from broker.web.api import care_log_values as _l
from broker.web.api import care_values as _v
from broker.web.api.care_turn import CODE, READ, WRITE
from broker.web.api.values import Done, Model


@dataclass(frozen=True, slots=True)
class CareRow:
    """One call."""

    method: str
    rule: str
    view: Callable[..., Any]
    scope: str
    takes: type[Model] | None = None
    gives: type[Model] | None = None


_BLOCK, _CONSENT, _RELATION = "/care/blocks/<block>", "/care/consents/<consent>", "/care/relations/<relation>"
_FACT = "/care/facts/<fact>"

CARE_API: tuple[CareRow, ...] = (
    CareRow("POST", "/care/blocks", blocks.registered, WRITE, _v.NewBlock, _v.Block),
    CareRow("POST", "/care/blocks/search", blocks.of_patient, READ, _v.OfPatient, _v.BlockList),
    CareRow("POST", "/care/blocks/check", blocks.checked, READ, _v.CheckAsked, _v.Checks),
    CareRow("POST", "/care/blocks/reveal", blocks.revealed, READ, _v.RevealAsked, _v.Revealed),
    CareRow("POST", "/care/blocks/changes", blocks.changes, READ, _v.ChangesAsked, _v.Changes),
    CareRow("POST", "/care/replicas", blocks.replicated, WRITE, _v.Block, Done),
    CareRow("GET", _BLOCK, blocks.shown, READ, gives=_v.Block),
    CareRow("POST", f"{_BLOCK}/revoke", blocks.revoked, WRITE, _v.Ending, _v.Block),
    CareRow("POST", f"{_BLOCK}/delete", blocks.deleted, WRITE, _v.Ending, _v.Block),
    CareRow("POST", f"{_BLOCK}/copy", blocks.copied, WRITE, _v.Copied, _v.Block),
    CareRow("POST", f"{_BLOCK}/lifts", blocks.lifted, WRITE, _v.NewLift, _v.Block),
    CareRow("POST", "/care/lifts/<lift>/cancel", blocks.lift_cancelled, WRITE, _v.Ending, _v.Block),
    CareRow("POST", "/care/consents", entries.consent_registered, WRITE, _v.NewConsent, _v.Consent),
    CareRow("POST", "/care/consents/search", entries.consents_of, READ, _v.OfPatient, _v.ConsentList),
    CareRow("POST", "/care/consents/check", entries.consent_checked, READ, _v.Asked, _v.ConsentChecked),
    CareRow("POST", f"{_CONSENT}/cancel", entries.consent_cancelled, WRITE, _v.Ending, _v.Consent),
    CareRow("POST", f"{_CONSENT}/delete", entries.consent_deleted, WRITE, _v.Ending, _v.Consent),
    CareRow("POST", "/care/relations", entries.relation_registered, WRITE, _v.NewRelation, _v.Relation),
    CareRow("POST", "/care/relations/search", entries.relations_of, READ, _v.OfPatient, _v.RelationList),
    CareRow("POST", "/care/relations/check", entries.relation_checked, READ, _v.Asked, _v.RelationChecked),
    CareRow("POST", f"{_RELATION}/cancel", entries.relation_cancelled, WRITE, _v.Ending, _v.Relation),
    CareRow("POST", f"{_RELATION}/delete", entries.relation_deleted, WRITE, _v.Ending, _v.Relation),
    CareRow("POST", "/care/facts", facts.registered, WRITE, _f.NewFact, _f.AccessFact),
    CareRow("POST", "/care/facts/search", facts.searched, READ, _f.FactsAsked, _f.FactList),
    CareRow("GET", _FACT, facts.shown, READ, gives=_f.AccessFact),
    CareRow("POST", f"{_FACT}/confirm", facts.confirmed, WRITE, _f.Agreeing, _f.AccessFact),
    CareRow("POST", f"{_FACT}/end", facts.ended, WRITE, _v.Ending, _f.AccessFact),
    CareRow("POST", f"{_FACT}/code", facts.code_made, CODE, gives=_f.MadeCode),
    CareRow("POST", f"{_FACT}/enter", facts.code_entered, WRITE, _f.EnteredCode, _f.AccessFact),
    CareRow("POST", "/care/emergencies", entries.emergency_begun, WRITE, _v.NewEmergency, _v.Emergency),
    CareRow("POST", "/care/emergencies/<emergency>/end", entries.emergency_ended, WRITE, gives=_v.Emergency),
    CareRow("POST", "/care/decisions", decisions.decided, READ, _v.Questions, _v.AccessDecisions),
    CareRow("POST", "/care/log", log.stored, WRITE, _l.NewRecords, _l.Stored),
    CareRow("POST", "/care/log/search", log.searched, READ, _l.LogAsked, _l.LogAnswer),
    CareRow("POST", "/care/log/patient", log.of_patient, READ, _l.OfPatientAsked, _l.LogAnswer),
    CareRow("POST", "/care/log/others", log.of_others, READ, _l.OthersAsked, _l.LogAnswer),
    CareRow("POST", "/care/log/reports/<report>", log.report, READ, _l.ReportAsked, _l.LogAnswer),
    CareRow("POST", "/care/log/proofs", log.proven, READ, _l.EntriesNamed, _l.Proven),
)
