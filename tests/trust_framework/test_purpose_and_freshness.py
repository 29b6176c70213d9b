"""A detail goes for the purpose that was agreed, while it is fresh, to who was assessed in time; and the purpose goes with it."""

from dataclasses import replace

import pytest

from tests.support.agreements import RECEIVER, agreement, receiving, signed, terms
from tests.support.trust import BEFORE, LOA3, NOW, case, identity, member, wanted, wish
from trust_framework.agreements import Agreement, Bound, cover
from trust_framework.days import DAY
from trust_framework.decide import Refused, Released, decide, stopped
from trust_framework.explanation import Reader, explained
from trust_framework.members import REASSESS_GRACE

AGREED = agreement()
SHORT = Agreement("A-2", frozenset({"provportalen"}), frozenset({"sn"}), NOW - DAY, NOW + DAY)
OTHER = replace(agreement(signed(terms(purpose="Statistik", retention_days=10))), id="A-9")
LIMIT = BEFORE + 90 * DAY


def decided(*wishes, at=NOW, agreements=(AGREED,), party=None, **more):
    to = party or receiving("sn", "givenName", "sharingPurpose", "o")
    return decide(case(to, wanted(*wishes), identity(LOA3), agreements=agreements, **more), at)


def told(decision, name="sn"):
    verdict = next(v for v in decision.trace if v.attribute == name)
    return verdict.outcome, verdict.rule, verdict.note, verdict.basis


# --- purpose


@pytest.mark.spec("IS", "02")
@pytest.mark.parametrize(
    ("purpose", "goes"),
    [
        ("", True),
        ("Vård och behandling", True),
        ("  vård och\tBEHANDLING ", True),
        ("Vård", False),
        ("Forskning", False),
        ("Vård och behandling, och forskning", False),
    ],
)
def test_another_purpose_than_the_agreed_one_is_refused(purpose, goes):
    decision = decided(wish("sn", purpose=purpose))
    expected = ("released", "registered", "") if goes else ("no-agreement", "agreement", "purpose")
    assert told(decision) == (*expected, "A-17/1")
    assert ("sn" in decision.attributes) is goes


@pytest.mark.spec("IS", "02")
def test_what_the_service_needs_for_another_purpose_is_not_given_at_all():
    decision = decided(wish("sn", purpose="Forskning", required=True))
    assert isinstance(decision, Refused)
    assert decision.reason.code == "attr-not-allowed"


@pytest.mark.spec("IS", "02")
def test_asked_for_twice_the_purpose_that_is_said_counts():
    assert told(decided(wish("sn"), wish("sn", purpose="Forskning")))[2] == "purpose"


@pytest.mark.spec("IS", "02")
def test_the_purpose_travels_with_the_details_where_the_service_takes_it():
    decision = decided("sn", "sharingPurpose")
    assert isinstance(decision, Released)
    assert decision.attributes["sharingPurpose"] == ("Vård och behandling",)
    both = decided("sn", "sharingPurpose", agreements=(AGREED, OTHER))
    assert both.attributes["sharingPurpose"] == ("Statistik", "Vård och behandling")
    assert told(decided("givenName", "sharingPurpose"), "sharingPurpose")[:2] == ("missing-at-source", "source")
    assert told(decided("sn", "sharingPurpose", agreements=(SHORT,)), "sharingPurpose")[:2] == (
        "missing-at-source",
        "source",
    )


# --- freshness


@pytest.mark.spec("IS", "06")
@pytest.mark.parametrize(("at", "goes"), [(LIMIT - 1, True), (LIMIT, True), (LIMIT + 1, False)])
def test_what_was_asserted_longer_ago_than_agreed_must_be_had_anew(at, goes):
    holding = agreement(signed(terms(valid_until=NOW + 300 * DAY, review_at=NOW + 200 * DAY)))
    decision = decided("sn", at=at, agreements=(holding,), unattended=True)
    expected = ("released", "registered", "") if goes else ("no-agreement", "agreement", "stale")
    assert told(decision) == (*expected, "A-17/1")


@pytest.mark.spec("IS", "06")
def test_what_is_read_from_our_own_registers_is_as_of_now():
    holding = agreement(signed(terms(1, "title", valid_until=NOW + 300 * DAY, review_at=NOW + 200 * DAY)))
    decision = decided("title", at=LIMIT + 1, agreements=(holding,), party=receiving("title"))
    assert told(decision, "title")[:2] == ("missing-at-source", "source")


YEARLY = agreement(signed(terms(valid_until=NOW + 300 * DAY, review_at=NOW + 200 * DAY)))
LATER = BEFORE + 20 * DAY


@pytest.mark.spec("IS", "02")
@pytest.mark.spec("IS", "06")
@pytest.mark.parametrize(
    ("purpose", "at", "expected"),
    [
        ("Statistik", NOW, ("released", "registered", "", "A-9/1")),
        ("Vård och behandling", NOW, ("released", "registered", "", "A-17/1")),
        ("", NOW, ("released", "registered", "", "A-9/1")),
        ("", LATER, ("released", "registered", "", "A-17/1")),
        ("Vård och behandling", LATER, ("released", "registered", "", "A-17/1")),
        ("Statistik", LATER, ("no-agreement", "agreement", "stale", "A-9/1")),
        ("Forskning", NOW, ("no-agreement", "agreement", "purpose", "A-9/1")),
    ],
)
def test_of_two_agreements_one_must_let_it_go_by_itself_and_is_the_one_that_is_named(purpose, at, expected):
    decision = decided(wish("sn", purpose=purpose), at=at, agreements=(OTHER, YEARLY), unattended=True)
    assert told(decision) == expected


def test_the_short_form_binds_to_nothing():
    assert cover((SHORT,), receiving("sn"), NOW).bound == {"sn": (Bound("A-2/1"),)}
    assert told(decided(wish("sn", purpose="Forskning"), agreements=(SHORT,)))[0] == "released"
    assert told(decided(wish("sn", purpose="Forskning"), agreements=(AGREED, SHORT)))[3] == "A-2/1"


def test_both_are_told_in_words():
    said = [
        explained(decision.trace, "released", Reader.TEAM, "en", {}).lines[0].because
        for decision in (decided(wish("sn", purpose="Forskning")), decided("sn", at=LIMIT + 1, unattended=True))
    ]
    assert said == [
        "the service wants it for something else than what agreement A-17 is about",
        "it was asserted longer ago than agreement A-17 allows, and must be had anew",
    ]


# --- assessed in time


@pytest.mark.spec("IS", "22")
@pytest.mark.parametrize(
    ("now", "code"),
    [
        (NOW, None),
        (NOW + REASSESS_GRACE - 1, None),
        (NOW + REASSESS_GRACE, "member-overdue"),
    ],
)
def test_a_member_whose_risks_were_not_assessed_anew_in_time_is_stopped(now, code):
    to = receiving("sn", member=replace(member(), org=RECEIVER, reassess_by=NOW))
    reason = stopped(to, now)
    assert (reason.code if reason else None) == code
    decision = decide(case(to, wanted("sn"), identity(LOA3), unattended=True), now)
    assert (decision.reason.code if isinstance(decision, Refused) else None) == code
