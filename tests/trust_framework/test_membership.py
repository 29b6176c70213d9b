"""Membership, step by step."""

import pytest

from tests.support.approvals import ASTA, BIRK, NILS, NOW, ORG, approve, done, wanted
from trust_framework import approval
from trust_framework.members import State
from trust_framework.membership import STEPS, Mover, MoveRefusal, Standing, applying, move


def step(frm, to, mover, reason="Because"):
    return move(Standing(frm, 1) if frm else None, to, mover, reason, NOW)


@pytest.mark.spec("facts/sweden", "3.4")
def test_a_member_goes_from_application_to_active_each_step_by_whom_it_belongs_to():
    way = (
        (State.APPLICATION, Mover.MEMBER),
        (State.REVIEW, Mover.OPERATOR),
        (State.APPROVED, Mover.TWO_OPERATORS),
        (State.ACTIVE, Mover.TWO_OPERATORS),
        (State.SUSPENDED, Mover.OPERATOR),
        (State.ACTIVE, Mover.TWO_OPERATORS),
        (State.LEFT, Mover.MEMBER),
        (State.APPLICATION, Mover.MEMBER),
    )
    standing = None
    for to, mover in way:
        standing = move(standing, to, mover, f" {to.value} ", NOW)
        assert standing == Standing(to, NOW, to.value)


@pytest.mark.parametrize("frm", [None, *State])
@pytest.mark.parametrize("to", State)
@pytest.mark.parametrize("mover", Mover)
def test_no_other_step_is_taken(frm, to, mover):
    movers = STEPS.get((frm, to), frozenset())
    outcome = step(frm, to, mover)
    assert isinstance(outcome, Standing) is (mover in movers)
    if not movers:
        assert outcome is MoveRefusal.NO_SUCH_STEP
    elif mover not in movers:
        assert outcome is MoveRefusal.NOT_YOURS


def test_a_suspended_member_is_not_resumed_by_one_nor_by_itself_and_does_not_slip_out():
    for mover in (Mover.MEMBER, Mover.OPERATOR):
        assert step(State.SUSPENDED, State.ACTIVE, mover) is MoveRefusal.NOT_YOURS
    assert step(State.SUSPENDED, State.LEFT, Mover.MEMBER) is MoveRefusal.NOT_YOURS


def test_each_step_has_a_reason():
    assert step(State.ACTIVE, State.SUSPENDED, Mover.OPERATOR, " ") is MoveRefusal.NO_REASON


def test_an_application_is_reviewed_once_somebody_has_taken_it_up():
    draft = done(approval.drafted("p1", "member", ORG, ORG, wanted(base=0), NILS, NOW))
    sent = done(approval.submitted(draft, NILS, "", NOW))
    taken = done(approval.taken_up(sent, ASTA, NOW))
    back = done(approval.returned(taken, ASTA, "Add a contact", NOW))
    again = done(approval.submitted(back, NILS, "", NOW))
    both = approve(taken, ASTA, BIRK)
    states = [applying(p) for p in (draft, sent, taken, back, again, both)]
    assert [s.value for s in states] == [
        "application",
        "application",
        "review",
        "application",
        "application",
        "approved",
    ]
    assert applying(done(approval.rejected(sent, ASTA, "No", NOW))) is None


def test_an_application_is_taken_up_once():
    draft = done(approval.drafted("p1", "member", ORG, ORG, wanted(base=0), NILS, NOW))
    sent = done(approval.submitted(draft, NILS, "", NOW))
    taken = done(approval.taken_up(sent, ASTA, NOW))
    assert approval.taken_up(taken, BIRK, NOW).why is approval.Refusal.WRONG_STAGE
    assert approval.in_review(taken)
    assert not approval.in_review(approve(taken, ASTA, BIRK))
