"""While a court's order hides a patient (article 12), no list tells of blocks, consents, relations or accesses. The patient sees
their own, and what is closed stays closed.
"""

from dataclasses import replace

import pytest

from broker.care import access_facts, access_log, block_changes, block_checks, blocks, consents, relations
from broker.care.access_facts import FactWish
from broker.care.access_log import LogsAsked
from broker.care.access_values import StoreAccess
from broker.care.blocks import BlockWish
from broker.care.changes import SaveCareConsent, SaveRelation
from broker.login.effects import Effects
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.databases import NOW
from trust_framework.access_log import checked
from trust_framework.blocks import BlockStatus, BlockType
from trust_framework.care import Period

pytestmark = pytest.mark.spec("Regulation on Personal Health Data", "12(1)")
CLERK = "SE2321000016-E8"
EVER = Period()
WHY = "Kontroll"


@pytest.fixture
def hidden(care):
    """A patient of whom there is something of each kind, and the order that hides it."""
    providers = {hsa: a.provider(hsa, rules="tr") for hsa in (a.PROVIDER, a.OTHER_PROVIDER)}
    care.on = replace(care.on, register=replace(care.on.register, providers=providers))
    block = BlockWish(a.new_id(), BlockType.INNER, a.PATIENT, a.PROVIDER, a.UNIT, entered=a.entered())
    care(blocks.register, block, a.client())
    read = checked(record(resource(), at=NOW), NOW)
    far = checked(record(resource(), at=NOW, provider=a.OTHER_PROVIDER, unit=a.FAR_UNIT), NOW)
    stored = StoreAccess((read, far), NOW, "journal")
    care.store.commit(Effects((SaveCareConsent(a.consent(), "p1"), SaveRelation(a.relation(), "p1"), stored)))
    return care


def order(care, until=None):
    """The order of a court."""
    says = {"order": "2026/1"}
    wish = FactWish(a.new_id(), "secrecy-order", a.PROVIDER, says, a.PATIENT, until=until, entered=a.entered(CLERK))
    return care(access_facts.register, wish, a.client()).result


LISTS = {
    "blocks": lambda care, who: blocks.of_patient(a.PATIENT, who, care.on, care.now),
    "consents": lambda care, who: consents.of_patient(a.PATIENT, who, care.on, care.now),
    "relations": lambda care, who: relations.of_patient(a.PATIENT, who, care.on, care.now),
    "accesses of the patient": lambda care, who: (
        care(access_log.for_patient, a.PATIENT, a.PROVIDER, EVER, WHY, who).result.rows
    ),
}
OTHERS = {
    "the log": lambda care, who: care(access_log.logs, LogsAsked(a.PROVIDER, WHY, EVER, a.PATIENT), who).result.rows,
    "who else read": lambda care, who: care(_info_logs, who).result.rows,
}


def _info_logs(who, on, now):
    return access_log.info_logs(a.PROVIDER, EVER, WHY, who, on, now, a.PATIENT)


@pytest.mark.parametrize("listed", [*LISTS.values(), *OTHERS.values()], ids=[*LISTS, *OTHERS])
def test_a_list_is_empty_while_the_order_holds_and_no_longer(hidden, listed):
    assert len(listed(hidden, a.client())) == 1
    order(hidden, until=NOW + 60)
    assert listed(hidden, a.client()) == ()
    hidden.now += 60
    assert len(listed(hidden, a.client())) == 1


@pytest.mark.parametrize("listed", LISTS.values(), ids=LISTS)
def test_staff_are_told_nothing_and_the_patient_what_is_theirs(hidden, listed):
    order(hidden)
    if listed is not LISTS["accesses of the patient"]:
        assert listed(hidden, a.registrar()) == ()
    assert len(listed(hidden, a.patient("p1"))) == 1


def test_that_it_was_asked_is_on_record_all_the_same(hidden):
    order(hidden)
    LISTS["accesses of the patient"](hidden, a.client())
    (event,) = hidden.events("care.log-read")
    assert (event["person"], event["rows"]) == ("p1", 0)


def test_a_report_that_was_asked_for_before_tells_nothing_after(hidden, monkeypatch):
    monkeypatch.setattr(access_log, "AT_ONCE", 0)
    asked = LogsAsked(a.PROVIDER, WHY, EVER, a.PATIENT)
    queued = hidden(access_log.logs, asked, a.client()).result.report
    hidden.store.make_report()
    assert len(hidden(access_log.logs, replace(asked, report=queued), a.client()).result.rows) == 1
    order(hidden)
    assert hidden(access_log.logs, replace(asked, report=queued), a.client()).result.rows == ()


def test_what_is_closed_stays_closed_and_is_told_to_who_closes_by_it(hidden):
    order(hidden)
    asker = a.actor(unit=a.OTHER_UNIT)
    (row,) = hidden(block_checks.check, asker, a.PATIENT, (a.resource(),), a.client()).result
    assert row.status is BlockStatus.BLOCKED
    assert len(block_changes.of_patient(a.PATIENT, hidden.on)) == 1
    assert len(block_changes.changed((a.PROVIDER,), None, a.client(), hidden.on, NOW).blocks) == 1
