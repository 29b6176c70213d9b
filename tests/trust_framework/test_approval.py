"""Four eyes: who may approve what, what voids an approval, and what an emergency still needs."""

from dataclasses import replace

import pytest

from tests.support.approvals import (
    ASTA,
    BIRK,
    CAREFUL,
    CILLA,
    DANGEROUS,
    DUBBEL,
    FRIDA,
    JOINING,
    LARS,
    NILS,
    NOW,
    OLGA,
    ORG,
    OVE,
    SIV,
    TEKLA,
    actor,
    approve,
    done,
    draft,
    sent_in,
    wanted,
    why,
)
from trust_framework import approval
from trust_framework.approval import Body, Proposal, Refusal, Refused, Stage, What
from trust_framework.danger import Danger
from trust_framework.member_types import Document, MemberType, required
from trust_framework.roles import MACHINE, Role

CARE = Danger.CAREFUL


def try_approve(proposal, by, needs=DANGEROUS, reason="Looked at", **more):
    return approval.approved(proposal, needs, by, reason, NOW + 5, **{"seen": proposal.digest, **more})


# --- who may propose


@pytest.mark.parametrize(
    ("by", "allowed"),
    [(TEKLA, True), (OVE, True), (ASTA, True), (LARS, False), (FRIDA, False), (NILS, False), (SIV, False)],
)
def test_a_member_s_own_people_and_operators_propose_and_nobody_else(by, allowed):
    outcome = approval.drafted("p1", "service", "journal", ORG, wanted(), by, NOW)
    assert isinstance(outcome, Proposal) is allowed
    assert allowed or why(outcome) == "not-allowed"


@pytest.mark.parametrize(("by", "allowed"), [(ASTA, True), (OVE, False), (SIV, False)])
def test_what_belongs_to_no_member_is_proposed_and_approved_by_the_federation(by, allowed):
    outcome = approval.drafted("p1", "policy", "care", "", wanted(), by, NOW)
    assert isinstance(outcome, Proposal) is allowed
    if allowed:
        sent = done(approval.submitted(outcome, by, "", NOW))
        assert approve(sent, BIRK, CILLA).stage is Stage.APPROVED
        assert why(try_approve(sent, OVE)) == "not-allowed"


def test_whoever_has_identified_may_apply_for_an_organisation_that_is_no_member_and_goes_on_alone():
    application = done(approval.drafted("p1", "member", ORG, ORG, wanted(base=0), NILS, NOW))
    assert application.acts[0].body is Body.MEMBER
    assert done(approval.edited(application, wanted("d2", base=0), NILS, NOW)).digest == "d2"
    assert done(approval.submitted(application, NILS, "", NOW)).stage is Stage.SUBMITTED
    for other in (FRIDA, LARS):
        assert why(approval.edited(application, wanted("d2", base=0), other, NOW)) == "not-allowed"
        assert why(approval.submitted(application, other, "", NOW)) == "not-allowed"
        assert why(approval.withdrawn(application, other, "", NOW)) == "not-allowed"
    assert why(approval.drafted("p1", "member", ORG, ORG, wanted(base=1), NILS, NOW)) == "not-allowed"
    assert why(approval.drafted("p1", "member", "x", ORG, wanted(base=0), NILS, NOW)) == "not-allowed"


# --- two approvals


@pytest.mark.spec("facts/threats", "FR-05")
def test_two_operators_approve_a_dangerous_change():
    first = approve(sent_in(), ASTA)
    assert first.stage is Stage.SUBMITTED
    second = approve(first, BIRK)
    assert second.stage is Stage.APPROVED
    assert [act.actor for act in approval.counted(second)] == ["asta", "birk"]
    assert second.version == first.version + 1


@pytest.mark.parametrize(
    ("danger", "needs", "by", "stage"),
    [
        (CARE, CAREFUL, (OVE, ASTA), Stage.APPROVED),
        (CARE, CAREFUL, (ASTA, OVE), Stage.APPROVED),
        (CARE, CAREFUL, (ASTA, BIRK), Stage.APPROVED),
        (CARE, CAREFUL, (OVE, OLGA), Stage.SUBMITTED),
        (CARE, CAREFUL, (OVE, DUBBEL), Stage.SUBMITTED),
        (CARE, CAREFUL, (OVE, OLGA, ASTA), Stage.APPROVED),
        (Danger.DANGEROUS, DANGEROUS, (ASTA, BIRK, CILLA), Stage.APPROVED),
    ],
)
def test_of_a_careful_change_s_two_approvals_one_may_be_the_member_s_own(danger, needs, by, stage):
    assert approve(sent_in(danger=danger), *by, needs=needs).stage is stage


@pytest.mark.parametrize("by", [OVE, DUBBEL])
def test_the_member_s_own_approval_has_no_place_in_a_dangerous_change(by):
    assert why(try_approve(sent_in(), by)) == "wrong-body"


@pytest.mark.parametrize("by", [TEKLA, LARS, FRIDA, NILS, SIV])
def test_who_may_not_approve_is_told_so(by):
    assert why(try_approve(sent_in(by=OVE), by)) == "not-allowed"


def test_an_operator_who_is_the_member_s_own_speaks_for_the_member_even_where_it_may_not():
    technical = replace(ASTA, grants=(*ASTA.grants, *TEKLA.grants))
    assert approval.body_of(technical, ORG) is None
    assert why(try_approve(sent_in(by=OVE), technical)) == "not-allowed"


@pytest.mark.spec("facts/threats", "FR-05")
@pytest.mark.parametrize(("author", "needs", "danger"), [(ASTA, DANGEROUS, Danger.DANGEROUS), (OVE, CAREFUL, CARE)])
def test_nobody_approves_what_they_proposed(author, needs, danger):
    assert why(try_approve(sent_in(by=author, danger=danger), author, needs)) == "own-proposal"


def test_nobody_approves_what_they_edited_or_sent_in():
    edited = done(approval.edited(draft(), wanted("d2", CARE), OVE, NOW))
    assert why(try_approve(done(approval.submitted(edited, TEKLA, "", NOW)), OVE, CAREFUL)) == "own-proposal"
    assert (
        why(try_approve(done(approval.submitted(draft(danger=CARE), OLGA, "", NOW)), OLGA, CAREFUL)) == "own-proposal"
    )


def test_an_approval_counts_no_longer_once_its_giver_has_touched_the_proposal():
    approved = approve(sent_in(danger=CARE), OVE, needs=CAREFUL)
    touched = done(approval.edited(approved, wanted(danger=CARE), OVE, NOW))
    assert touched.stage is Stage.SUBMITTED
    assert approval.counted(touched) == ()


def test_the_same_person_twice_is_one_approval():
    first = approve(sent_in(), ASTA)
    assert why(try_approve(first, ASTA)) == "approved-already"
    forged = replace(first, acts=(*first.acts, first.acts[-1]))
    assert len(approval.counted(forged)) == 1


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("", "no-reason"),
        ("  \n", "no-reason"),
        ("a\x00b", "bad-reason"),
        ("a\u202eb", "bad-reason"),
        ("x" * 2001, "bad-reason"),
    ],
)
def test_each_decision_has_a_reason_that_can_be_shown(reason, code):
    sent = sent_in()
    assert why(try_approve(sent, ASTA, reason=reason)) == code
    assert why(approval.returned(sent, ASTA, reason, NOW)) == code
    assert why(approval.rejected(sent, ASTA, reason, NOW)) == code
    assert why(approval.emergency(sent, DANGEROUS, ASTA, reason, NOW, seen="d1")) == code
    if reason.strip():
        assert why(approval.submitted(draft(), TEKLA, reason, NOW)) == code
        assert why(approval.withdrawn(draft(), TEKLA, reason, NOW)) == code


def test_a_reason_may_have_several_lines():
    assert approve(sent_in(), ASTA).acts[-1].reason == "Looked at"
    assert isinstance(try_approve(sent_in(), ASTA, reason="First\r\nsecond"), Proposal)


# --- what voids


@pytest.mark.spec("facts/threats", "FR-05")
@pytest.mark.parametrize("approvers", [(ASTA,), (ASTA, BIRK)])
@pytest.mark.parametrize("change", [wanted("d2"), wanted("d1", base=4, base_digest="d0-changed")])
def test_an_edit_of_content_or_base_voids_every_approval(approvers, change):
    edited = done(approval.edited(approve(sent_in(), *approvers), change, TEKLA, NOW))
    assert edited.stage is Stage.DRAFT
    back = done(approval.edited(edited, wanted(), TEKLA, NOW))
    again = done(approval.submitted(back, TEKLA, "", NOW))
    assert approval.counted(again) == ()
    assert approve(again, ASTA).stage is Stage.SUBMITTED


def test_an_edit_of_what_trust_does_not_depend_on_voids_nothing():
    approved = approve(sent_in(), ASTA, BIRK)
    edited = done(approval.edited(approved, wanted(base=4, content={"contact": "new"}), TEKLA, NOW))
    assert (edited.stage, len(approval.counted(edited))) == (Stage.APPROVED, 2)
    assert done(approval.published(edited, DANGEROUS, BIRK, NOW)).content == {"contact": "new"}


def test_what_the_approver_saw_must_be_what_it_is_now():
    assert why(try_approve(sent_in(), ASTA, seen="d0")) == "content-changed"
    assert why(approval.emergency(sent_in(), DANGEROUS, ASTA, "Now", NOW, seen="")) == "content-changed"


def test_an_approver_whose_role_was_withdrawn_in_between_no_longer_counts():
    def holds(act):
        return act.actor != "asta"

    second = approve(approve(sent_in(), ASTA), BIRK, holds=holds)
    assert second.stage is Stage.SUBMITTED
    both = approve(sent_in(), ASTA, BIRK)
    assert why(approval.published(both, DANGEROUS, BIRK, NOW, holds=holds)) == "approvals-lacking"
    third = approve(both, CILLA, holds=holds)
    assert done(approval.published(third, DANGEROUS, CILLA, NOW, holds=holds)).stage is Stage.PUBLISHED


# --- classes of change


def test_what_trust_does_not_depend_on_is_approved_by_itself_and_published_at_once():
    harmless = required(MemberType.USER_ORGANISATION, "service", Danger.HARMLESS)
    sent = sent_in(danger=Danger.HARMLESS, base_digest="d1")
    assert sent.stage is Stage.APPROVED
    assert done(approval.published(sent, harmless, TEKLA, NOW)).stage is Stage.PUBLISHED


def test_what_is_called_harmless_and_changes_what_trust_depends_on_needs_two_all_the_same():
    harmless = required(MemberType.USER_ORGANISATION, "service", Danger.HARMLESS)
    sent = sent_in(danger=Danger.HARMLESS)
    assert (sent.stage, sent.danger) == (Stage.SUBMITTED, CARE)
    assert approve(sent, ASTA, needs=harmless).stage is Stage.SUBMITTED
    assert approve(sent, ASTA, BIRK, needs=harmless).stage is Stage.APPROVED


# --- documents


def test_documents_that_are_not_in_place_hold_the_approval_back():
    needs = required(MemberType.USER_ORGANISATION, "service", Danger.DANGEROUS, named_hosts=True)
    lacking = frozenset({Document.DOMAIN_PROOF, Document.AGREEMENT, Document.SECURITY_CONTACT})
    sent = sent_in()
    assert try_approve(sent, ASTA, needs, lacking=lacking) == Refused(
        Refusal.DOCUMENTS_LACKING, ("agreement", "domain-proof")
    )
    both = approve(sent, ASTA, BIRK, needs=needs)
    late = approval.published(both, needs, BIRK, NOW, lacking=frozenset({Document.TEST_LOGIN}))
    assert late == Refused(Refusal.DOCUMENTS_LACKING, ("test-login",))


def test_an_operator_vouches_for_what_was_seen_outside_and_the_member_does_not():
    application = done(approval.drafted("p1", "member", ORG, ORG, wanted(base=0), NILS, NOW))
    sent = done(approval.submitted(application, NILS, "", NOW))
    seen = frozenset({Document.AGREEMENT, Document.REPRESENTATION, Document.RISK_ASSESSMENT})
    first = approve(sent, ASTA, needs=JOINING, lacking=seen, vouched=seen | {Document.SECURITY_CONTACT})
    assert first.acts[-1].vouched == ("agreement", "representation", "risk-assessment")
    both = approve(first, BIRK, needs=JOINING, lacking=seen)
    assert both.stage is Stage.APPROVED
    assert isinstance(approval.published(both, JOINING, BIRK, NOW, lacking=seen), Proposal)
    declared = frozenset({Document.TRUST_DECLARATION})
    assert isinstance(try_approve(sent, ASTA, JOINING, lacking=declared, vouched=declared), Proposal)
    provider = required(MemberType.USER_ORGANISATION, "identity_provider", Danger.DANGEROUS)
    sought = done(approval.submitted(replace(draft(), kind="identity_provider"), TEKLA, "", NOW))
    assert why(try_approve(sought, ASTA, provider, lacking=declared, vouched=declared)) == "documents-lacking"
    contact = frozenset({Document.SECURITY_CONTACT})
    assert why(try_approve(sent, ASTA, JOINING, lacking=contact, vouched=contact)) == "documents-lacking"
    careful = replace(CAREFUL, documents=frozenset({Document.AGREEMENT}))
    agreed = frozenset({Document.AGREEMENT})
    outcome = try_approve(sent_in(danger=CARE), OVE, careful, lacking=agreed, vouched=agreed)
    assert why(outcome) == "documents-lacking"


# --- emergency


def test_an_emergency_needs_two_operators_and_no_documents_and_is_reviewed_by_a_third():
    needs = required(MemberType.USER_ORGANISATION, "service", Danger.DANGEROUS, named_hosts=True)
    lacking = frozenset({Document.DOMAIN_PROOF, Document.TEST_LOGIN})
    called = done(approval.emergency(sent_in(), needs, ASTA, "Key has leaked", NOW, seen="d1"))
    assert called.stage is Stage.SUBMITTED
    assert why(approval.emergency(called, needs, ASTA, "Again", NOW, seen="d1")) == "approved-already"
    second = approve(called, BIRK, needs=needs, lacking=lacking)
    live = done(approval.published(second, needs, BIRK, NOW, lacking=lacking))
    assert (live.stage, live.review_due) == (Stage.PUBLISHED, NOW + 7 * 86_400)
    assert not approval.overdue(live, live.review_due - 1)
    assert approval.overdue(live, live.review_due)
    for involved in (ASTA, BIRK, DUBBEL):
        assert why(approval.reviewed(live, involved, "Fine", NOW)) == "own-proposal"
    assert why(approval.reviewed(live, OVE, "Fine", NOW)) == "not-allowed"
    assert why(approval.reviewed(live, SIV, "", NOW)) == "no-reason"
    for fit in (CILLA, SIV):
        after = done(approval.reviewed(live, fit, "Rightly done", NOW))
        assert (after.review_due, approval.overdue(after, NOW * 2), after.acts[-1].what) == (None, False, What.REVIEWED)
        assert why(approval.reviewed(after, CILLA, "Again", NOW)) == "wrong-stage"


def test_in_an_emergency_the_member_s_own_approval_counts_for_nothing():
    approved = approve(sent_in(danger=CARE), OVE, needs=CAREFUL)
    called = done(approval.emergency(approved, CAREFUL, ASTA, "Now", NOW, seen="d1"))
    assert called.stage is Stage.SUBMITTED
    assert why(try_approve(called, OLGA, CAREFUL)) == "wrong-body"
    assert approve(called, BIRK, needs=CAREFUL).stage is Stage.APPROVED


def test_one_who_had_approved_before_is_the_second_of_an_emergency():
    called = done(approval.emergency(approve(sent_in(), BIRK), DANGEROUS, ASTA, "Now", NOW, seen="d1"))
    assert called.stage is Stage.APPROVED


@pytest.mark.parametrize(
    ("proposal", "by", "more", "code"),
    [
        (sent_in(), OVE, {}, "wrong-body"),
        (sent_in(), TEKLA, {}, "not-allowed"),
        (sent_in(by=ASTA), ASTA, {}, "own-proposal"),
        (sent_in(), ASTA, {"overdue": True}, "review-overdue"),
        (draft(), ASTA, {}, "wrong-stage"),
        (sent_in(danger=Danger.HARMLESS, base_digest="d1"), ASTA, {}, "no-emergency"),
    ],
)
def test_no_emergency(proposal, by, more, code):
    assert why(approval.emergency(proposal, DANGEROUS, by, "Now", NOW, **{"seen": "d1", **more})) == code


def test_an_emergency_is_over_once_the_content_changes():
    called = done(approval.emergency(sent_in(), DANGEROUS, ASTA, "Now", NOW, seen="d1"))
    assert done(approval.edited(called, wanted(), TEKLA, NOW)).emergency
    assert not done(approval.edited(called, wanted("d2"), TEKLA, NOW)).emergency


# --- stages


def at(stage):
    return replace(sent_in(), stage=stage)


ACTS = {
    "edit": lambda p: approval.edited(p, wanted("d2"), TEKLA, NOW),
    "submit": lambda p: approval.submitted(p, TEKLA, "", NOW),
    "take-up": lambda p: approval.taken_up(p, ASTA, NOW),
    "approve": lambda p: try_approve(p, ASTA),
    "emergency": lambda p: approval.emergency(p, DANGEROUS, ASTA, "Now", NOW, seen="d1"),
    "return": lambda p: approval.returned(p, ASTA, "Why", NOW),
    "reject": lambda p: approval.rejected(p, ASTA, "Why", NOW),
    "withdraw": lambda p: approval.withdrawn(p, TEKLA, "", NOW),
    "publish": lambda p: approval.published(p, DANGEROUS, ASTA, NOW),
}
CAN = {
    Stage.DRAFT: {"edit", "submit", "withdraw"},
    Stage.RETURNED: {"edit", "submit", "withdraw"},
    Stage.SUBMITTED: {"edit", "take-up", "approve", "emergency", "return", "reject", "withdraw"},
    Stage.APPROVED: {"edit", "approve", "emergency", "return", "reject", "withdraw", "publish"},
    Stage.PUBLISHED: set(),
    Stage.REJECTED: set(),
    Stage.WITHDRAWN: set(),
}


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("act", ACTS)
def test_each_act_has_its_stages(stage, act):
    outcome = ACTS[act](at(stage))
    assert (isinstance(outcome, Refused) and outcome.why is Refusal.WRONG_STAGE) is (act not in CAN[stage])


def test_what_was_sent_back_is_sent_in_anew_and_approved_anew():
    sent = approve(sent_in(), ASTA)
    back = done(approval.returned(sent, BIRK, "Add a contact", NOW))
    assert (back.stage, back.acts[-1].reason) == (Stage.RETURNED, "Add a contact")
    again = done(approval.submitted(back, TEKLA, "", NOW))
    assert approval.counted(again) == ()


@pytest.mark.parametrize("by", [OVE, TEKLA, DUBBEL, SIV, NILS])
def test_only_the_federation_takes_up_sends_back_and_rejects(by):
    for act in (approval.returned, approval.rejected):
        assert why(act(sent_in(), by, "Why", NOW)) == "not-allowed"
    assert why(approval.taken_up(sent_in(), by, NOW)) == "not-allowed"


def test_only_who_has_to_do_with_it_publishes():
    both = approve(sent_in(), ASTA, BIRK)
    assert done(approval.published(both, DANGEROUS, TEKLA, NOW)).acts[-1].body is Body.MEMBER
    for stranger in (FRIDA, NILS, LARS):
        assert why(approval.published(both, DANGEROUS, stranger, NOW)) == "not-allowed"


def test_what_a_members_client_wrote_needs_two_of_the_federation():
    """Whoever runs the client may be the owner who would approve: nobody of the member is surely somebody else."""
    tool = actor(f"{MACHINE}tool", (Role.TECHNICAL, ORG))
    proposal = sent_in(tool, danger=CARE)

    assert why(try_approve(proposal, OVE, CAREFUL)) == "wrong-body"
    first = done(try_approve(proposal, ASTA, CAREFUL))
    assert first.stage is Stage.SUBMITTED
    assert done(try_approve(first, BIRK, CAREFUL)).stage is Stage.APPROVED


def test_an_approval_of_the_members_own_ends_when_its_client_changes_the_proposal():
    approved = done(try_approve(sent_in(danger=CARE), OVE, CAREFUL))
    edited = done(approval.edited(approved, approved.wanted, actor(f"{MACHINE}tool", (Role.TECHNICAL, ORG)), NOW + 9))
    assert approval.counted(edited) == ()
