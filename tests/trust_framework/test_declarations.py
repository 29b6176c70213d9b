"""A trust declaration that has run out carries no level: not for a login, a reused one, or one that nobody attends."""

import pytest

from tests.support.trust import BEFORE, LOA2, LOA3, LOA4, NOW, UNCERTIFIED3, case, identity, party, terms, wanted
from trust_framework.decide import Refused, Released, StepUp, decide
from trust_framework.explanation import Reader, explained
from trust_framework.members import Declaration
from trust_framework.outcome import Outcome

GIVEN = (LOA2, LOA3)


def provider(*declared: tuple[str, int]):
    return terms(declared=tuple(Declaration(level, until) for level, until in declared))


@pytest.mark.spec("facts/threats", "FR-07")
@pytest.mark.parametrize(
    ("declared", "gives"),
    [
        ((), GIVEN),
        (((LOA3, NOW + 1),), GIVEN),
        (((LOA3, NOW),), ()),
        (((LOA3, NOW - 1),), ()),
        (((LOA2, NOW + 1),), (LOA2,)),
        (((LOA3, NOW), (LOA2, NOW + 1)), (LOA2,)),
        (((LOA3, NOW), (LOA3, NOW + 1)), GIVEN),
        (((LOA4, NOW + 1),), GIVEN),
        (((UNCERTIFIED3, NOW + 1),), GIVEN),
        ((("urn:unknown", NOW + 1),), ()),
    ],
)
def test_a_provider_gives_what_a_declaration_of_its_owner_carries_that_day(declared, gives):
    assert provider(*declared).gives_at(NOW) == gives
    assert provider(*declared).gives() == GIVEN


@pytest.mark.parametrize(
    ("declared", "since"),
    [
        ((), None),
        (((LOA3, NOW + 1),), None),
        (((LOA3, NOW - 7),), NOW - 7),
        (((LOA3, NOW - 7), (LOA2, NOW - 3)), NOW - 3),
        (((LOA3, NOW - 7), (LOA2, NOW + 3)), NOW - 7),
        (((LOA2, NOW + 3),), None),
    ],
)
def test_since_when_a_level_is_lacking_is_the_last_day_that_it_was_carried(declared, since):
    assert provider(*declared).overdue_since(NOW) == since


def decided(*declared: tuple[str, int], asks=None, **more):
    who = identity(LOA3, more.pop("at", BEFORE))
    return decide(case(party(), asks or wanted(), who, terms=provider(*declared), **more), NOW)


def test_a_sign_on_whose_level_is_carried_no_more_leads_to_another_login():
    assert isinstance(decided((LOA3, NOW + 1)), Released)
    assert isinstance(decided((LOA3, NOW)), StepUp)


@pytest.mark.parametrize("nobody", [{"unattended": True}, {"asks": wanted(passive=True)}])
def test_where_nobody_may_be_asked_it_is_a_refusal(nobody):
    assert decided((LOA3, NOW), **nobody).reason.code == "login-required"


def test_a_login_that_was_just_made_is_refused_with_the_cause_and_the_trace_says_so():
    decision = decided((LOA3, NOW), at=NOW)
    assert isinstance(decision, Refused)
    assert decision.reason.code == "provider-overdue"
    assert [(v.rule, v.outcome, v.note) for v in decision.trace if v.outcome is Outcome.REFUSED] == [
        ("level-reached", Outcome.REFUSED, "provider-overdue")
    ]
    told = explained(decision.trace, "provider-overdue", Reader.OPERATOR, "sv", {})
    assert "inte granskad i tid" in told.because
    assert ("nivån är nådd", "nej (provider-overdue)") in told.rules


def test_a_weaker_level_that_is_still_carried_is_still_taken():
    who = identity(LOA2, NOW)
    asks = wanted(levels=(LOA3, LOA2))
    decision = decide(case(party(), asks, who, terms=provider((LOA3, NOW), (LOA2, NOW + 1))), NOW)
    assert isinstance(decision, Released)
