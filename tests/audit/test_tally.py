"""Counting logins and faults from the log: which events count, as what, and that nothing of a person is counted."""

import json

import pytest

from broker.audit.events import AssertionIssued, CodeIssued, Decided, Event, Identified, LoginFailed, RequestRefused
from broker.audit.leaf import AccessLeaves, leaf
from broker.audit.tally import DAY, EVERYTHING, FAULT, GOOD, MINUTE, Cell, cause_of, tally

AT = 1_795_600_045
TODAY, NOW_MINUTE = AT - AT % DAY, AT - AT % MINUTE
LOGIN = {"at": AT, "service": "rp", "member": "5560360793", "person": "p1", "method": "card", "decision": "Released"}


def code(**changes) -> CodeIssued:
    return CodeIssued(**{**LOGIN, **changes})


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        (code(), GOOD),
        (AssertionIssued(**LOGIN), GOOD),
        (Decided(**{**LOGIN, "decision": "Refused", "reason": "level-too-low"}), "level-too-low"),
        (Decided(**{**LOGIN, "decision": "Refused", "reason": "blocked-user", "occasion": "refresh"}), None),
        (Decided(**{**LOGIN, "decision": "AskConsent"}), None),
        (LoginFailed(at=AT, service="rp", method="card", reason="user-cancelled"), "user-cancelled"),
        (RequestRefused(at=AT, service="rp", reason="request-signature"), "request-signature"),
        (RequestRefused(at=AT, service="rp", reason=""), None),
        (Identified(at=AT, service="rp", method="card", person="p1", level="x"), None),
    ],
)
def test_an_event_counts_as_a_login_a_fault_or_not_at_all(event: Event, cause: str | None):
    assert cause_of(json.loads(leaf(event))) == cause


def test_a_login_counts_for_its_service_for_all_and_for_its_minute():
    counted = tally([leaf(code()), leaf(code(at=AT + 40, person="p2"))])

    assert {cell: (count.number, count.last_at) for cell, count in counted.items()} == {
        Cell(DAY, "rp", TODAY, "card", GOOD): (2, AT + 40),
        Cell(DAY, EVERYTHING, TODAY, "card", GOOD): (2, AT + 40),
        Cell(MINUTE, EVERYTHING, NOW_MINUTE, "", GOOD): (1, AT),
        Cell(MINUTE, EVERYTHING, NOW_MINUTE + MINUTE, "", GOOD): (1, AT + 40),
    }


def test_a_fault_counts_under_its_cause_by_the_day_and_as_a_fault_by_the_minute():
    counted = tally([leaf(LoginFailed(at=AT, service="rp", reason="user-cancelled"))])

    assert set(counted) == {
        Cell(DAY, "rp", TODAY, "", "user-cancelled"),
        Cell(DAY, EVERYTHING, TODAY, "", "user-cancelled"),
        Cell(MINUTE, EVERYTHING, NOW_MINUTE, "", FAULT),
    }


def test_events_out_of_order_keep_the_latest_time():
    counted = tally([leaf(code(at=AT + 5)), leaf(code(at=AT))])

    assert counted[Cell(DAY, "rp", TODAY, "card", GOOD)].last_at == AT + 5


def test_services_that_are_unlisted_and_events_without_a_service_are_passed_over():
    assert tally([leaf(code(service="tillit")), leaf(code(service=""))], frozenset({"tillit"})) == {}


def test_an_entry_of_the_access_log_is_passed_over_unread():
    entry = AccessLeaves(AT, "journal").of(1, AT, "p1", "SE2321000016-VG1", b"text", b"evidence")
    assert tally([entry]) == {}
    assert json.loads(entry)["event"] == "care.access"
