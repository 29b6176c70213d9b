"""Changes of the register by proposal, through the real store: from draft to publication, and everything that stops one."""

import json
from datetime import date
from typing import ClassVar

import pytest

from broker.federation import documents, proposals
from broker.federation.documents import Asked
from broker.federation.names import NameHeld
from broker.federation.proposals import Done
from broker.federation.register import digest
from broker.login.effects import Overtaken
from broker.storage.opening import open_storage
from tests.support.approvals import ASTA, BIRK, CILLA, DUBBEL, FRIDA, LARS, NILS, ORG, OTHER_ORG, OVE, SIV, TEKLA
from tests.support.proposing import DECLARED, LOA3, SETTINGS, Office, client, member, why
from tests.support.saml_metadata import entity, sp_role
from trust_framework.approval import Body, Refusal, Refused, Stage, What
from trust_framework.danger import Danger
from trust_framework.days import day_after
from trust_framework.member_types import Document
from trust_framework.names import QUARANTINE
from trust_framework.roles import FEDERATION, Role, RoleGrant

DAY = 86_400
NEW_ORG = "2120000142"
VOUCHED = frozenset({Document.AGREEMENT, Document.REPRESENTATION, Document.RISK_ASSESSMENT})


@pytest.fixture
def office(sqlite_storage):
    return Office(sqlite_storage)


def approving(office, proposal, by, **more):
    return proposals.approve(proposal, "Bra", more.pop("seen", proposal.digest), by, office.desk, **more)


# --- from draft to publication


@pytest.mark.spec("facts/threats", "FR-05")
def test_a_new_service_is_in_force_after_two_operators_and_not_before(office):
    first = office.approve(office.sent_in(), ASTA)
    assert (first.stage, office.entry()) == (Stage.SUBMITTED, None)
    live = office.approve(first, BIRK)
    assert live.stage is Stage.PUBLISHED
    assert office.entry() == {**client(), "state": "active"}
    version = office.store.register_entry("service", "journal")
    assert (version.proposal, version.origin, version.actor, version.reason) == (live.id, "portal", "birk", "Bra")


def test_each_act_has_its_event_in_the_same_commit(office):
    office.approve(office.sent_in(), ASTA, BIRK)
    told = [json.loads(leaf) for leaf in office.store.log_pending()]
    acted = [(event["what"], event["actor"], event["stage"]) for event in told if event["event"] == "proposal.acted"]
    assert acted == [
        ("drafted", "tekla", "draft"),
        ("submitted", "tekla", "submitted"),
        ("approved", "asta", "submitted"),
        ("approved", "birk", "published"),
        ("published", "birk", "published"),
    ]
    assert told[-1]["event"] == "register.changed" or told[-3]["event"] == "register.changed"
    assert "Bra" not in str(told)


def test_a_harmless_change_is_published_when_it_is_sent_in_and_its_member_alone_has_acted(office):
    office.standing("service", "journal", {**client(), "state": "active"})
    live = office.sent_in({**client(), "contact": {"mail": "support@example.se"}})
    assert (live.stage, live.danger) == (Stage.PUBLISHED, Danger.HARMLESS)
    assert office.entry()["contact"] == {"mail": "support@example.se"}


def test_a_file_that_left_the_state_out_makes_no_harmless_change_more_than_that(office):
    office.standing("service", "journal", client())
    assert office.sent_in({**client(), "contact": {"mail": "support@example.se"}}).stage is Stage.PUBLISHED
    assert "state" not in office.entry()


def test_a_careful_change_takes_the_member_s_owner_and_an_operator(office):
    office.standing("service", "journal", {**client(attributes=["sn"]), "state": "active"})
    sent = office.sent_in(client())
    assert sent.danger is Danger.CAREFUL
    assert office.approve(sent, OVE).stage is Stage.SUBMITTED
    assert office.approve(office.store.proposal(sent.id), ASTA).stage is Stage.PUBLISHED
    assert "attributes" not in office.entry()


def test_a_proposal_is_edited_returned_and_withdrawn(office):
    sent = office.sent_in()
    taken = office.keep(proposals.take_up(sent, ASTA, office.desk))
    back = office.keep(proposals.send_back(taken, "Saknar kontakt", BIRK, office.desk))
    again = office.submit(office.keep(proposals.edit(back, client(levels=[LOA3]), TEKLA, office.desk)))
    assert again.stage is Stage.SUBMITTED
    gone = office.keep(proposals.withdraw(again, "", TEKLA, office.desk))
    assert (gone.stage, office.entry()) == (Stage.WITHDRAWN, None)
    other = office.keep(proposals.reject(office.sent_in(), "Nej", ASTA, office.desk))
    assert other.stage is Stage.REJECTED


def test_an_entry_is_taken_out_by_two(office):
    office.standing("service", "journal", {**client(), "state": "active"})
    draft = office.keep(proposals.draft("service", "journal", ORG, None, TEKLA, office.desk))
    live = office.approve(office.submit(draft), ASTA, BIRK)
    assert (live.stage, office.entry()) == (Stage.PUBLISHED, None)


# --- approvals


@pytest.mark.spec("facts/threats", "FR-05")
def test_approval_after_edit_is_refused_and_old_approvals_are_void(office):
    first = office.approve(office.sent_in(), ASTA)
    edited = office.keep(proposals.edit(first, client(levels=[LOA3], consent="ask"), TEKLA, office.desk))
    assert edited.stage is Stage.DRAFT
    assert why(approving(office, edited, BIRK)) == "wrong-stage"
    sent = office.submit(edited)
    assert why(approving(office, sent, BIRK, seen=first.digest)) == "content-changed"
    assert office.approve(sent, BIRK).stage is Stage.SUBMITTED
    assert office.entry() is None


@pytest.mark.parametrize("author", [ASTA, DUBBEL])
def test_nobody_approves_their_own_application(office, author):
    sent = office.sent_in(by=author)
    assert why(approving(office, sent, author)) == "own-proposal"


@pytest.mark.parametrize(
    ("by", "code"), [(OVE, "wrong-body"), (DUBBEL, "wrong-body"), (LARS, "not-allowed"), (FRIDA, "not-allowed")]
)
def test_the_member_itself_has_no_say_in_a_dangerous_change(office, by, code):
    assert why(approving(office, office.sent_in(), by)) == code


def test_two_nodes_two_people_one_proposal(store_settings, clock):
    with_nodes = [open_storage(store_settings, clock=clock) for _ in range(2)]
    try:
        one, other = Office(with_nodes[0]), Office.__new__(Office)
        other.__dict__.update(one.__dict__, store=with_nodes[1])
        sent = one.sent_in()
        first = approving(one, sent, ASTA)
        second = approving(other, with_nodes[1].proposal(sent.id), BIRK)
        one.keep(first)
        with pytest.raises(Overtaken):
            with_nodes[1].commit(second.effects)
        assert one.entry() is None
        other.approve(with_nodes[1].proposal(sent.id), BIRK)
        assert one.entry() is not None
    finally:
        for node in with_nodes:
            node.close()


def test_the_last_approval_pressed_twice_publishes_once(office):
    first = office.approve(office.sent_in(), ASTA)
    twice = [approving(office, first, BIRK), approving(office, first, BIRK)]
    office.keep(twice[0])
    with pytest.raises(Overtaken):
        office.store.commit(twice[1].effects)
    assert len(office.store.register_history("service", "journal")) == 1


@pytest.mark.spec("facts/threats", "FR-05")
class TestARoleWithdrawnInBetween:
    def test_before_the_second_approval(self, office):
        first = office.approve(office.sent_in(), ASTA)
        office.dismiss(ASTA)
        second = office.approve(first, BIRK)
        assert (second.stage, office.entry()) == (Stage.SUBMITTED, None)
        assert office.approve(second, CILLA).stage is Stage.PUBLISHED

    @pytest.mark.parametrize("leaving", [ASTA, BIRK])
    def test_between_the_decision_and_its_commit(self, office, leaving):
        first = office.approve(office.sent_in(), ASTA)
        decided = approving(office, first, BIRK)
        assert decided.published
        office.dismiss(leaving)
        with pytest.raises(Overtaken):
            office.store.commit(decided.effects)
        assert office.entry() is None

    def test_while_it_is_being_decided(self, office, monkeypatch):
        first = office.approve(office.sent_in(), ASTA)
        reads, original = [], office.store.own_role_grants

        def after_it_was_looked_at(person):
            if not reads:
                reads.append(person)
                office.dismiss(ASTA)
            return original(person)

        monkeypatch.setattr(office.store, "own_role_grants", after_it_was_looked_at)
        answer = approving(office, first, BIRK)
        if isinstance(answer, Done):
            with pytest.raises(Overtaken):
                office.store.commit(answer.effects)
        assert office.entry() is None

    def test_an_operator_who_joined_the_member_in_between(self, office):
        first = office.approve(office.sent_in(), ASTA)
        office.give(ASTA, RoleGrant("asta", ORG, Role.READER, "x", office.now))
        assert office.approve(first, BIRK).stage is Stage.SUBMITTED

    def test_a_role_that_ran_out(self, office):
        office.give(ASTA, RoleGrant("asta", FEDERATION, Role.OPERATOR, "x", office.now, office.now + DAY))
        first = office.approve(office.sent_in(), ASTA)
        office.now += DAY
        assert office.approve(first, BIRK).stage is Stage.SUBMITTED


def test_what_was_changed_meanwhile_is_not_overwritten(office):
    office.standing("service", "journal", {**client(), "state": "active"})
    first = office.approve(office.sent_in(client(attributes=["sn"], reasons={"sn": "Visas"})), ASTA)
    office.store.commit(proposals.suspend("service", "journal", "Intrång", CILLA, office.desk))
    second = office.approve(first, BIRK)
    assert second.stage is Stage.APPROVED
    assert why(proposals.publish(second, BIRK, office.desk)) == "overtaken"
    assert office.entry()["state"] == "suspended"
    moved = office.keep(proposals.rebased(second, TEKLA, office.desk))
    assert (moved.stage, moved.content["state"]) == (Stage.DRAFT, "suspended")


# --- documents


@pytest.mark.parametrize(
    ("spoil", "lacks"),
    [
        (lambda o: setattr(o, "everything_tested", False), "test-login"),
        (lambda o: o.standing("member", ORG, member(state="suspended")), "agreement"),
        (lambda o: o.standing("member", ORG, member(roles=["attribute-source"])), "role"),
    ],
)
def test_a_new_service_waits_for_its_documents(office, spoil, lacks):
    spoil(office)
    sent = office.sent_in()
    assert approving(office, sent, ASTA) == Refused(Refusal.DOCUMENTS_LACKING, (lacks,))
    assert [found.document.value for found in proposals.checklist(sent, office.desk) if not found.done] == [lacks]


def test_each_attribute_needs_its_reason_and_each_host_its_proof(office):
    content = client(
        attributes=["sn", "givenName"], reasons={"sn": "Visas"}, oidc={"redirect_uris": ["https://rp.example.se/cb"]}
    )
    found = {each.document: each for each in proposals.checklist(office.sent_in(content), office.desk)}
    assert found[Document.ATTRIBUTE_REASONS].lacks == ("givenName",)
    assert found[Document.DOMAIN_PROOF].lacks == ("rp.example.se",)


def test_a_test_login_counts_for_just_the_content_that_was_tried(office):
    office.everything_tested = False
    sent = office.sent_in()
    office.passed.add(("journal", sent.digest))
    assert office.approve(sent, ASTA).stage is Stage.SUBMITTED
    edited = office.submit(
        office.keep(proposals.edit(office.store.proposal(sent.id), client(consent="ask"), TEKLA, office.desk))
    )
    assert why(approving(office, edited, ASTA)) == "documents-lacking"


@pytest.mark.parametrize(
    ("declared", "fine"),
    [
        (DECLARED, True),
        ([], False),
        ([{**DECLARED[0], "expires": "2026-01-01"}], False),
        ([{**DECLARED[0], "level": "http://id.elegnamnden.se/loa/1.0/loa2"}], False),
    ],
)
def test_an_identity_provider_needs_a_declaration_of_its_level_that_holds(office, declared, fine):
    office.standing("member", ORG, member(trust_declarations=declared))
    content = {
        "id": "op", "ceiling": LOA3, "levels": {"x": LOA3},
        "oidc": {"issuer": "https://op.example.se", "client_id": "x", "client_secret": "s" * 32},
    }  # fmt: skip
    sent = office.sent_in(content, kind="identity_provider")
    found = {each.document: each.done for each in proposals.checklist(sent, office.desk)}
    assert found[Document.TRUST_DECLARATION] is fine


@pytest.mark.spec("facts/threats", "FR-07")
@pytest.mark.parametrize("last", ["2026-07-10", "2026-12-10"])
def test_a_declaration_is_in_place_through_its_last_swedish_day(office, last):
    after = day_after(date.fromisoformat(last))
    declared = member(trust_declarations=[{**DECLARED[0], "expires": last}])
    asked = Asked("member", ORG, ORG, declared, declared)
    done = [
        documents.found({Document.TRUST_DECLARATION}, asked, office.store, office.desk.tested, SETTINGS, at)[0].done
        for at in (after - 1, after)
    ]
    assert done == [True, False]


# --- members


def applied(office, by=NILS, **more):
    return office.sent_in(member(NEW_ORG, **more), by, kind="member", org=NEW_ORG)


@pytest.mark.spec("facts/sweden", "3.4")
def test_whoever_applies_owns_the_new_member_once_two_operators_have_seen_the_papers(office):
    sent = applied(office)
    assert approving(office, sent, ASTA).about == ("agreement", "representation", "risk-assessment")
    first = office.approve(sent, ASTA, vouched=VOUCHED)
    assert office.entry(NEW_ORG, "member") is None
    assert office.approve(first, BIRK).stage is Stage.PUBLISHED
    assert office.entry(NEW_ORG, "member")["state"] == "active"
    assert [(g.role, g.person) for g in office.store.role_grants_of(NEW_ORG)] == [(Role.OWNER, "nils")]


def test_an_operator_who_enters_a_member_does_not_become_its_owner(office):
    office.approve(applied(office, by=ASTA), BIRK, CILLA, vouched=VOUCHED)
    assert office.entry(NEW_ORG, "member") is not None
    assert office.store.role_grants_of(NEW_ORG) == ()


def test_a_member_may_be_admitted_before_it_has_signed_and_is_active_after_two_more_approvals(office):
    without = VOUCHED - {Document.AGREEMENT}
    office.approve(applied(office, state="approved"), ASTA, BIRK, vouched=without)
    assert office.entry(NEW_ORG, "member")["state"] == "approved"
    proposal = office.keep(proposals.activate("member", NEW_ORG, "Avtalet är undertecknat", ASTA, office.desk))
    assert why(approving(office, proposal, BIRK)) == "documents-lacking"
    assert why(approving(office, proposal, ASTA, vouched=VOUCHED)) == "own-proposal"
    office.approve(proposal, BIRK, CILLA, vouched=VOUCHED)
    assert office.entry(NEW_ORG, "member")["state"] == "active"


@pytest.mark.parametrize("lacking", [{"contacts": {}}, {"trust_declarations": []}])
def test_a_member_without_what_its_type_brings_waits(office, lacking):
    assert why(approving(office, applied(office, **lacking), ASTA, vouched=VOUCHED)) == "documents-lacking"


def test_an_operator_who_has_reviewed_the_declaration_vouches_for_it_when_the_member_joins(office):
    vouched = VOUCHED | {Document.TRUST_DECLARATION}
    live = office.approve(applied(office, trust_declarations=[]), ASTA, BIRK, vouched=vouched)
    assert live.stage is Stage.PUBLISHED


@pytest.mark.spec("IS", "22")
@pytest.mark.parametrize(("again", "lacking"), [("2100-01-31", ()), ("2020-01-31", ("risk-assessment",))])
def test_a_member_joins_with_an_assessment_of_its_risks_that_holds_or_one_that_an_operator_has_seen(
    office, again, lacking
):
    sent = applied(office, risk_assessment={"made": "2026-01-01", "by": "Granskningsnämnden", "again": again})
    seen = VOUCHED - {Document.RISK_ASSESSMENT}
    answer = approving(office, sent, ASTA, vouched=seen)
    assert (answer.about if lacking else ()) == lacking
    if not lacking:
        assert office.approve(office.keep(answer), BIRK).stage is Stage.PUBLISHED


def test_nobody_takes_over_a_member_by_applying_for_it_anew(office):
    answer = proposals.draft("member", ORG, ORG, member(names={"sv": "Kapad"}), NILS, office.desk)
    assert why(answer) == "not-allowed"
    assert why(proposals.draft("service", "x", ORG, client("x"), NILS, office.desk)) == "not-allowed"


# --- suspension


@pytest.mark.parametrize(("kind", "id"), [("member", ORG), ("service", "journal")])
def test_one_operator_stops_at_once_and_two_others_resume(office, kind, id):
    office.standing("service", "journal", {**client(), "state": "active"})
    office.store.commit(proposals.suspend(kind, id, "Intrång", ASTA, office.desk))
    assert (office.entry(id, kind)["state"], office.entry(id, kind)["reason"]) == ("suspended", "Intrång")
    proposal = office.keep(proposals.activate(kind, id, "Åtgärdat", OVE, office.desk))
    more = {"vouched": VOUCHED} if kind == "member" else {}
    first = office.approve(proposal, ASTA, **more)
    assert office.entry(id, kind)["state"] == "suspended"
    office.approve(first, BIRK, **more)
    assert office.entry(id, kind)["state"] == "active"
    assert "reason" not in office.entry(id, kind)


@pytest.mark.parametrize("by", [OVE, TEKLA, FRIDA, NILS, LARS])
def test_only_the_federation_suspends(office, by):
    assert why(proposals.suspend("member", ORG, "x", by, office.desk)) == "not-allowed"


@pytest.mark.parametrize(
    ("kind", "id", "reason", "code"),
    [
        ("member", ORG, "", "no-reason"),
        ("member", ORG, "a\x00", "bad-reason"),
        ("member", "nobody", "x", "not-allowed"),
        ("agreement", "a", "x", "not-allowed"),
    ],
)
def test_a_suspension_that_is_refused(office, kind, id, reason, code):
    assert why(proposals.suspend(kind, id, reason, SIV, office.desk)) == code


def test_what_is_stopped_is_not_stopped_twice_nor_resumed_when_it_runs(office):
    assert why(proposals.activate("member", ORG, "x", ASTA, office.desk)) == "no-change"
    office.store.commit(proposals.suspend("member", ORG, "x", ASTA, office.desk))
    assert why(proposals.suspend("member", ORG, "x", ASTA, office.desk)) == "wrong-stage"


def test_a_change_never_slips_a_suspended_service_back_into_force(office):
    office.standing("service", "journal", {**client(), "state": "suspended"})
    live = office.sent_in({**client(), "state": "active", "contact": {"mail": "a@example.se"}})
    assert (live.stage, office.entry()["state"]) == (Stage.PUBLISHED, "suspended")


def test_a_service_in_test_comes_into_force_only_with_all_that_a_new_one_needs(office):
    office.standing(
        "service", "journal", {**client(oidc={"redirect_uris": ["https://rp.example.se/cb"]}), "state": "test"}
    )
    proposal = office.keep(proposals.activate("service", "journal", "Klar", TEKLA, office.desk))
    asked = {found.document for found in proposals.checklist(proposal, office.desk)}
    assert {Document.DOMAIN_PROOF, Document.TEST_LOGIN, Document.ROLE} <= asked
    assert why(approving(office, proposal, ASTA)) == "documents-lacking"


def test_a_member_leaves_by_two_operators_and_stays_in_the_record(office):
    proposal = office.keep(proposals.leave("member", ORG, "Slås samman", OVE, office.desk))
    office.approve(proposal, ASTA, BIRK)
    assert office.entry(ORG, "member")["state"] == "left"
    gone = office.draft(member(OTHER_ORG), ASTA, kind="member", id=OTHER_ORG, org=OTHER_ORG)
    removed = office.keep(proposals.edit(gone, None, ASTA, office.desk))
    assert why(proposals.submit(removed, "", ASTA, office.desk)) == "unfit"


def test_what_was_stopped_while_in_test_comes_into_force_only_with_all_that_a_new_one_needs(office):
    office.standing("service", "journal", {**client(), "state": "test"})
    office.store.commit(proposals.suspend("service", "journal", "Fel adress", ASTA, office.desk))
    proposal = office.keep(proposals.activate("service", "journal", "Åtgärdat", OVE, office.desk))
    assert {Document.DOMAIN_PROOF, Document.TEST_LOGIN} <= proposals.needs(proposal, office.desk).documents


def test_who_has_left_joins_anew_with_all_that_a_new_member_needs(office):
    office.approve(office.keep(proposals.leave("member", ORG, "Slås samman", OVE, office.desk)), ASTA, BIRK)
    proposal = office.keep(proposals.activate("member", ORG, "Tillbaka", ASTA, office.desk))
    assert Document.REPRESENTATION in proposals.needs(proposal, office.desk).documents


def test_a_suspended_member_does_not_slip_out_by_itself(office):
    office.store.commit(proposals.suspend("member", ORG, "Intrång", ASTA, office.desk))
    assert why(proposals.leave("member", ORG, "Nu", OVE, office.desk)) == "suspended"
    assert isinstance(proposals.leave("member", ORG, "Uteslutning", ASTA, office.desk), Done)


@pytest.mark.parametrize("reason", ["", "  ", "a\x00"])
@pytest.mark.parametrize("kind", ["member", "service"])
def test_leaving_needs_a_reason(office, kind, reason):
    office.standing("service", "journal", {**client(), "state": "active"})
    which = ORG if kind == "member" else "journal"
    assert why(proposals.leave(kind, which, reason, OVE, office.desk)) in {"no-reason", "bad-reason"}


def test_nobody_leaves_twice(office):
    office.approve(office.keep(proposals.leave("member", ORG, "Slås samman", OVE, office.desk)), ASTA, BIRK)
    assert why(proposals.leave("member", ORG, "Igen", OVE, office.desk)) == "no-change"


# --- a change of the state that was overtaken


KEY = {"attributes": ["sn"], "reasons": {"sn": "Visas"}}


@pytest.mark.spec("facts/threats", "FR-05")
@pytest.mark.parametrize(
    ("had", "move", "becomes"), [("active", proposals.leave, "left"), ("suspended", proposals.activate, "active")]
)
def test_a_change_of_the_state_that_is_made_anew_stays_one_and_undoes_nothing_that_came_meanwhile(
    office, had, move, becomes
):
    office.standing("service", "journal", {**client(), "state": had})
    first = office.approve(office.keep(move("service", "journal", "Klart", OVE, office.desk)), ASTA)
    office.standing("service", "journal", {**client(**KEY), "state": had})
    assert why(proposals.publish(office.approve(first, BIRK), BIRK, office.desk)) == "overtaken"

    anew = office.keep(proposals.rebased(office.store.proposal(first.id), OVE, office.desk))
    assert (anew.stage, anew.content) == (Stage.DRAFT, {**client(**KEY), "state": becomes})
    assert office.approve(office.submit(anew, OVE), ASTA, BIRK).stage is Stage.PUBLISHED
    assert office.entry() == {**client(**KEY), "state": becomes}


def test_a_leave_made_anew_keeps_its_approvals_when_all_that_trust_depends_on_is_as_it_was(office):
    office.standing("service", "journal", {**client(), "state": "active"})
    first = office.approve(office.keep(proposals.leave("service", "journal", "Slut", OVE, office.desk)), ASTA)
    mail = {"contact": {"mail": "support@example.se"}}
    office.sent_in({**client(), **mail})

    anew = office.keep(proposals.rebased(first, OVE, office.desk))
    assert office.approve(anew, BIRK).stage is Stage.PUBLISHED
    assert office.entry() == {**client(), **mail, "state": "left"}


def test_a_leave_made_anew_of_what_is_stopped_meanwhile_is_still_a_leave(office):
    office.standing("service", "journal", {**client(), "state": "active"})
    sent = office.keep(proposals.leave("service", "journal", "Slut", OVE, office.desk))
    office.store.commit(proposals.suspend("service", "journal", "Intrång", ASTA, office.desk))
    anew = office.keep(proposals.rebased(sent, OVE, office.desk))
    assert anew.content == {**client(), "state": "left"}


def test_a_member_that_was_suspended_meanwhile_does_not_slip_out_by_making_its_leave_anew(office):
    sent = office.keep(proposals.leave("member", ORG, "Slås samman", OVE, office.desk))
    office.store.commit(proposals.suspend("member", ORG, "Intrång", ASTA, office.desk))
    assert why(proposals.rebased(sent, OVE, office.desk)) == "suspended"
    assert isinstance(proposals.rebased(sent, BIRK, office.desk), Done)


@pytest.mark.parametrize("now_stands", [None, {**client(), "state": "left"}])
def test_a_leave_of_what_has_gone_meanwhile_is_not_made_anew(office, now_stands):
    office.standing("service", "journal", {**client(), "state": "active"})
    sent = office.keep(proposals.leave("service", "journal", "Slut", OVE, office.desk))
    office.standing("service", "journal", now_stands)
    assert why(proposals.rebased(sent, OVE, office.desk)) == "no-change"


@pytest.mark.parametrize(
    ("kind", "id", "org", "stands", "content"),
    [
        ("service", "journal", ORG, {**client(), "state": "active"}, None),
        ("agreement", "a", "", {"id": "a"}, {"id": "a", "purpose": "Vård"}),
    ],
)
def test_a_removal_and_an_entry_that_has_no_states_are_made_anew_as_they_are(office, kind, id, org, stands, content):
    office.standing(kind, id, stands, org)
    by = TEKLA if org else ASTA
    draft = office.keep(proposals.draft(kind, id, org, content, by, office.desk))
    anew = office.keep(proposals.rebased(draft, by, office.desk))
    assert (anew.content, anew.wanted.base) == (content, draft.wanted.base)


# --- emergency


def test_an_emergency_needs_two_operators_no_documents_and_a_review(office):
    office.everything_tested = False
    sent = office.sent_in()
    called = office.keep(proposals.emergency(sent, "Nyckeln har läckt", sent.digest, ASTA, office.desk))
    assert office.entry() is None
    live = office.approve(called, BIRK)
    assert office.entry() is not None
    assert [each.id for each in office.store.reviews_due(office.now + 7 * DAY)] == [live.id]
    office.now += 7 * DAY
    late = office.sent_in(client("boka"))
    refused = proposals.emergency(late, "Nu", late.digest, ASTA, office.desk)
    assert why(refused) == "review-overdue"
    assert why(proposals.review(live, "Bra", ASTA, office.desk)) == "own-proposal"
    office.keep(proposals.review(live, "Rätt gjort", SIV, office.desk))
    assert office.store.reviews_due(office.now + 70 * DAY) == ()
    assert isinstance(proposals.emergency(late, "Nu", late.digest, ASTA, office.desk), Done)


# --- names


@pytest.mark.spec("facts/threats", "FR-02")
class TestNames:
    TAKEN: ClassVar = {"client_id": "client-journal"}

    def test_a_name_of_another_member_is_refused_when_it_is_sent_in(self, office):
        office.standing("service", "journal", {**client(), "state": "active"})
        draft = office.draft(client("other", OTHER_ORG, oidc=self.TAKEN), FRIDA, org=OTHER_ORG)
        assert proposals.submit(draft, "", FRIDA, office.desk) == Refused(Refusal.NAME_HELD, ("client-journal",))

    def test_a_name_that_was_taken_while_it_waited_is_refused_when_it_is_approved(self, office):
        first = office.approve(office.sent_in(client("other", OTHER_ORG, oidc=self.TAKEN), FRIDA, org=OTHER_ORG), ASTA)
        office.approve(office.sent_in(), ASTA, BIRK)
        assert approving(office, first, BIRK) == Refused(Refusal.NAME_HELD, ("client-journal",))
        assert office.entry("other") is None

    def test_a_name_that_is_taken_between_decision_and_commit_publishes_nothing(self, office):
        first = office.approve(office.sent_in(client("other", OTHER_ORG, oidc=self.TAKEN), FRIDA, org=OTHER_ORG), ASTA)
        decided = approving(office, first, BIRK)
        assert decided.published
        office.approve(office.sent_in(), ASTA, BIRK)
        with pytest.raises(NameHeld):
            office.store.commit(decided.effects)
        assert office.entry("other") is None
        assert office.store.proposal(first.id).stage is Stage.SUBMITTED

    def test_a_takeover_after_release_waits_a_year(self, office):
        office.approve(office.sent_in(), ASTA, BIRK)
        office.approve(office.keep(proposals.leave("service", "journal", "Slut", OVE, office.desk)), ASTA, BIRK)
        draft = office.draft(client("other", OTHER_ORG, oidc=self.TAKEN), FRIDA, org=OTHER_ORG)
        assert why(proposals.submit(draft, "", FRIDA, office.desk)) == "name-held"
        office.now += QUARANTINE
        assert office.submit(draft, FRIDA).stage is Stage.SUBMITTED

    def test_a_look_alike_is_shown_to_the_approver(self, office):
        office.standing("service", "journal", {**client(), "state": "active"})
        sent = office.sent_in(client("other", OTHER_ORG, oidc={"client_id": "cIient-journal"}), FRIDA, org=OTHER_ORG)
        ((name, other),) = proposals.look_alikes(sent, office.desk)
        assert (name.value, other.name.value, other.org) == ("cIient-journal", "client-journal", ORG)


# --- bad input


BAD = {
    "nothing": {},
    "another member": client(org=OTHER_ORG),
    "both protocols": {**client(), "saml": {"metadata_xml": "<x/>"}},
    "unknown key": {**client(), "admin": True},
    "metadata of the server's disk": {**client(), "oidc": None, "saml": {"metadata": "/etc/passwd"}},
    "javascript": client(oidc={"redirect_uris": ["javascript:alert(1)"]}),
    "http": client(oidc={"redirect_uris": ["http://rp.example.se/cb"]}),
    "no such method": client(methods=["magic"]),
    "unknown attribute": client(attributes=["shoeSize"]),
    "control characters": client(names={"sv": "a\x07"}),
    "names that are no texts": client(names={"sv": 5}),
    "names in a list": client(names=["a"]),
    "texts for lists": client(attributes=5),
    "reasons in a list": client(attributes=["sn"], reasons=["x"]),
    "oidc in a list": {**client(), "oidc": ["x"]},
    "saml in a number": {**client(), "oidc": None, "saml": 5},
}


@pytest.mark.parametrize("bad", BAD)
def test_a_draft_may_hold_anything_and_is_not_sent_in(office, bad):
    answer = proposals.draft("service", "journal", ORG, BAD[bad], TEKLA, office.desk)
    draft = office.keep(answer)
    proposals.checklist(draft, office.desk)
    assert office.store.proposal_page().total == 1
    if bad == "another member":
        assert draft.content["member"] == ORG
        return
    assert why(proposals.submit(draft, "", TEKLA, office.desk)) == "unfit"


@pytest.mark.parametrize(
    "bad", [{"trust_declarations": ["x"]}, {"contacts": [1]}, {"type": "king"}, {"roles": 5}, {"org": ORG}]
)
def test_an_application_may_hold_anything_and_is_not_sent_in(office, bad):
    draft = office.draft({**member(NEW_ORG), **bad}, NILS, kind="member", id=NEW_ORG, org=NEW_ORG)
    proposals.checklist(draft, office.desk)
    assert why(proposals.submit(draft, "", NILS, office.desk)) == "unfit"


@pytest.mark.parametrize("id", ["tillit", "test"])
def test_reserved_ids_are_nobody_s(office, id):
    assert why(proposals.submit(office.draft(client(id)), "", TEKLA, office.desk)) == "unfit"


def test_a_provider_cannot_take_the_place_of_a_login_method_nor_a_service_the_broker_s_own_name(office):
    office.standing("method", "bankid", {"url": "https://bankid.example.se/rp/v6.0"}, org="")
    op = {"issuer": "https://op.example.se", "client_id": "x", "client_secret": "s" * 32}
    content = {"id": "bankid", "ceiling": LOA3, "levels": {"x": LOA3}, "oidc": op}
    assert why(proposals.submit(office.draft(content, kind="identity_provider"), "", TEKLA, office.desk)) == "unfit"


def test_nobody_registers_the_broker_itself(office):
    xml = entity(sp_role(), entity_id=SETTINGS.entity_id).decode()
    draft = office.draft({**client(), "oidc": None, "saml": {"metadata_xml": xml}})
    assert proposals.submit(draft, "", TEKLA, office.desk) == Refused(Refusal.UNFIT, ("saml: is this broker itself",))


def test_the_federation_s_own_entry_brings_no_members_or_services_with_it(office):
    content = {"tillit": "1", "services": [client()], "names": {"sv": "x"}}
    draft = office.keep(proposals.draft("federation", "", "", content, ASTA, office.desk))
    assert why(proposals.submit(draft, "", ASTA, office.desk)) == "unfit"


def test_a_secret_is_kept_as_its_hash_and_a_change_without_one_keeps_it(office):
    given = {"token_endpoint_auth_method": "client_secret_basic", "client_secret": "s" * 40}
    live = office.approve(office.sent_in(client(oidc=given)), ASTA, BIRK)
    assert live.stage is Stage.PUBLISHED
    assert "client_secret" not in office.entry()["oidc"]
    kept = office.entry()["oidc"]["client_secret_hash"]
    again = office.draft(client(oidc={"token_endpoint_auth_method": "client_secret_basic"}, attributes=["sn"]))
    assert again.content["oidc"]["client_secret_hash"] == kept


def test_what_changes_nothing_is_not_sent_in(office):
    office.standing("service", "journal", {**client(), "state": "active"})
    assert why(proposals.submit(office.draft(), "", TEKLA, office.desk)) == "no-change"


def test_another_member_s_entry_is_proposed_by_nobody_else(office):
    office.standing("service", "journal", {**client(), "state": "active"})
    assert (
        why(proposals.draft("service", "journal", OTHER_ORG, client(org=OTHER_ORG), FRIDA, office.desk))
        == "not-allowed"
    )
    assert why(proposals.draft("service", "journal", ORG, client(), FRIDA, office.desk)) == "not-allowed"


def test_the_approved_digest_is_over_the_entry_its_owner_and_all_that_trust_depends_on():
    one = proposals.digest_of("service", "a", ORG, client())
    assert one == proposals.digest_of("service", "a", ORG, client(contact={"mail": "x@example.se"}))
    others = [
        proposals.digest_of("service", "b", ORG, client()),
        proposals.digest_of("service", "a", OTHER_ORG, client()),
        proposals.digest_of("service", "a", ORG, client(levels=[])),
        proposals.digest_of("service", "a", ORG, None),
    ]
    assert len({one, *others}) == 5
    assert digest(client()) not in {one, *others}


def test_a_published_proposal_takes_no_more_acts(office):
    live = office.approve(office.sent_in(), ASTA, BIRK)
    assert live.acts[-1].what is What.PUBLISHED
    assert live.acts[-1].body is Body.FEDERATION
    for answer in (
        proposals.edit(live, client(), TEKLA, office.desk),
        proposals.publish(live, ASTA, office.desk),
        proposals.withdraw(live, "", TEKLA, office.desk),
        approving(office, live, CILLA),
    ):
        assert why(answer) in {"wrong-stage", "overtaken"}


@pytest.mark.parametrize(
    ("kind", "id"),
    [
        ("member", OTHER_ORG),
        ("member", "2120001439"),
        ("policy", "P-1"),
        ("method", "card2"),
        ("feed", "other"),
        ("federation", ""),
        ("agreement", "A-9"),
    ],
)
def test_a_member_proposes_nothing_but_itself_and_what_it_owns(office, kind, id):
    assert why(proposals.draft(kind, id, ORG, {"id": id, "org": id}, TEKLA, office.desk)) == "not-allowed"
