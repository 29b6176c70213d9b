"""Verdicts go into the log and come back whole, and only what tells how a request ended is found by its reference."""

import json

import pytest

from broker.audit import trace
from broker.audit.leaf import leaf
from broker.audit.trace import Finding
from tests.support import effects as a
from trust_framework.case import Verdict

VERDICTS = [
    Verdict("level-reached", "allowed"),
    Verdict("requested", "not-requested", "sn"),
    Verdict("agreement", "no-agreement", "sn", "expired", "login", "R3/2 A-17/1"),
    Verdict("policy", "released", "sn", "", "person", "R3/2"),
    Verdict("level-reached", "refused", None, "level-too-low"),
]


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_verdict_comes_back_as_it_was(verdict):
    kept = json.loads(json.dumps(trace.rows((verdict,))))
    assert trace.verdicts(kept) == (verdict,)


def test_what_is_empty_at_the_end_is_not_written():
    assert trace.row(VERDICTS[0]) == ("level-reached", "allowed")
    assert trace.row(VERDICTS[1]) == ("requested", "not-requested", "sn")


@pytest.mark.parametrize(
    ("event", "result"),
    [
        ({"event": "oidc.code-issued", "decision": "Released"}, "released"),
        ({"event": "login.decided", "decision": "Refused", "reason": "attr-missing"}, "attr-missing"),
        ({"event": "login.decided", "decision": "AskConsent"}, ""),
        ({"event": "login.failed", "reason": "user-cancelled"}, "user-cancelled"),
        ({"event": "request.refused", "reason": "request-address"}, "request-address"),
        ({"event": "oidc.tokens-issued", "trace": [["a", "b"]]}, "released"),
    ],
)
def test_an_event_is_found_by_how_it_ended(event, result):
    found = trace.finding_of({"at": 1, "service": "svc", "reference": "X", **event})
    assert found == Finding("X", "svc", 1, result, "", event["event"])


@pytest.mark.parametrize(
    "event",
    [
        {"event": "oidc.tokens-issued", "service": "svc"},
        {"event": "login.identified", "service": "svc"},
        {"event": "login.failed"},
        {},
    ],
)
def test_other_events_are_not(event):
    assert trace.finding_of({"at": 1, **event}) is None


def test_a_leaf_is_looked_at_before_it_is_read():
    assert trace.finding(leaf(a.identified())) is None
    assert trace.finding(leaf(a.code_issued(decision="Released"))).result == "released"
    assert trace.finding(b"no event") is None


@pytest.mark.parametrize(
    ("event", "under"),
    [
        ({"event": "care.log-read", "provider": "SE-1", "person": "p"}, "log:SE-1"),
        ({"event": "care.log-read", "person": "p"}, None),
        ({"event": "log.read", "org": "5560360793", "person": "p"}, "log:5560360793"),
        ({"event": "care.extract-made", "provider": "SE-1", "digest": "00ff"}, "extract:00ff"),
    ],
)
def test_a_reading_of_a_log_is_found_by_whose_log_it_is_and_is_nobodys_login(event, under):
    found = trace.finding_of({"at": 1, "reference": "R", **event})
    assert (found and (found.service, found.result, found.person)) == (under and (under, "read", ""))
