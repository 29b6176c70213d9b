"""Proposals, names and delegations, on each database."""

import threading
from dataclasses import replace

import pytest

from broker.federation.names import NameHeld
from broker.federation.proposing import SameRoles, SaveProposal
from broker.federation.register import ChangeRegister, EntryChange
from broker.login.effects import Effects, EndRole, GrantRole, Overtaken, PersonKey
from broker.storage.persons import Listed
from broker.storage.proposals import Touched
from tests.support import approvals as a
from tests.support.databases import NOW
from trust_framework import approval
from trust_framework.approval import Stage
from trust_framework.danger import Danger
from trust_framework.names import QUARANTINE, Name, NameKind
from trust_framework.persons import Person
from trust_framework.roles import FEDERATION, Role, RoleGrant

ORG, OTHER = a.ORG, a.OTHER_ORG
NAMES = {"sv": "Provportalen", "en": "The test portal"}


def keep(storage, proposal, before=None, names=NAMES):
    before = proposal.version - 1 if before is None else before
    storage.commit(Effects((SaveProposal(proposal, before, names),)))
    return proposal


def draft(id="p1", org=ORG, kind="service", object="journal", at=NOW, danger=Danger.DANGEROUS):
    by = a.TEKLA if org == ORG else a.FRIDA
    return a.done(approval.drafted(id, kind, object, org, a.wanted(danger=danger), by, at))


class TestOneProposal:
    def test_it_is_read_as_it_was_kept_with_every_act(self, storage):
        sent = a.done(approval.submitted(keep(storage, draft()), a.TEKLA, "Snälla", NOW + 1))
        keep(storage, sent)
        assert storage.proposal("p1") == sent
        assert storage.proposal("p2") is None

    def test_a_member_s_lookup_finds_its_own_alone(self, storage):
        keep(storage, draft())
        assert storage.proposal("p1", ORG) is not None
        assert storage.proposal("p1", OTHER) is None
        assert storage.proposal("p1", "") is None

    def test_several_acts_at_once_are_all_kept(self, storage):
        sent = a.done(approval.submitted(draft(), a.TEKLA, "", NOW))
        keep(storage, sent, before=0)
        both = a.approve(sent, a.ASTA, a.BIRK)
        live = a.done(approval.published(both, a.DANGEROUS, a.BIRK, NOW))
        keep(storage, live, before=sent.version)
        assert storage.proposal("p1") == live

    def test_of_two_acts_on_one_version_the_second_is_told(self, storage):
        sent = a.done(approval.submitted(draft(), a.TEKLA, "", NOW))
        keep(storage, sent, before=0)
        keep(storage, a.approve(sent, a.ASTA), before=sent.version)
        with pytest.raises(Overtaken):
            keep(storage, a.approve(sent, a.BIRK), before=sent.version)
        assert [act.actor for act in approval.counted(storage.proposal("p1"))] == ["asta"]

    @pytest.mark.spec("issue", "two approvals in parallel")
    def test_of_two_people_who_approve_at_the_same_moment_one_wins(self, storage):
        sent = a.done(approval.submitted(draft(), a.TEKLA, "", NOW))
        keep(storage, sent, before=0)
        together, outcomes = threading.Barrier(2), []

        def approve(by):
            seen = storage.proposal("p1")
            together.wait()
            try:
                keep(storage, a.approve(seen, by), before=seen.version)
                outcomes.append("kept")
            except Overtaken:
                outcomes.append("overtaken")

        threads = [threading.Thread(target=approve, args=(by,)) for by in (a.ASTA, a.BIRK)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["kept", "overtaken"]
        assert len(approval.counted(storage.proposal("p1"))) == 1

    @pytest.mark.spec("facts/threats", "FR-08")
    @pytest.mark.parametrize(
        "touch",
        [
            "UPDATE proposal_acts SET previous = 'x' WHERE number = 2",
            "DELETE FROM proposal_acts WHERE number = 1",
            "UPDATE proposal_acts SET hash = 'x' WHERE number = 3",
        ],
    )
    def test_a_history_that_was_touched_is_seen(self, storage, touch):
        sent = a.done(approval.submitted(draft(), a.TEKLA, "", NOW))
        keep(storage, a.approve(sent, a.ASTA), before=0)
        storage._database.connection().execute(touch)
        with pytest.raises(Touched):
            storage.proposal("p1")


class TestLists:
    def test_pages_go_on_where_the_one_before_ended_the_last_changed_first(self, storage):
        for number in range(5):
            keep(storage, draft(f"p{number}", at=NOW + number // 2))
        seen, after, pages = [], "", 0
        while after is not None:
            page = storage.proposal_page(after=after, count=2)
            assert page.total == 5
            seen += [proposal.id for proposal in page.proposals]
            after, pages = page.next, pages + 1
        assert (seen, pages) == (["p4", "p3", "p2", "p1", "p0"], 3)

    def test_by_stage_member_kind_entry_author_and_words(self, storage):
        keep(storage, draft("p1"))
        keep(storage, a.done(approval.submitted(draft("p2", OTHER, object="boka"), a.FRIDA, "", NOW)), before=0)
        keep(storage, draft("p3", kind="member", object=ORG, danger=Danger.CAREFUL), names={"sv": "Åsö 100 %"})
        keep(storage, a.done(approval.withdrawn(draft("p4"), a.TEKLA, "", NOW)), before=0)

        def found(**asked):
            page = storage.proposal_page(**asked)
            assert page.total == len(page.proposals)
            return sorted(proposal.id for proposal in page.proposals)

        assert found() == ["p1", "p2", "p3", "p4"]
        assert found(stage="draft") == ["p1", "p3"]
        assert found(stage="open") == ["p1", "p2", "p3"]
        assert found(stage="waiting") == ["p2"]
        assert found(org=OTHER) == ["p2"]
        assert found(kind="member") == ["p3"]
        assert found(object="boka") == ["p2"]
        assert found(author="frida") == ["p2"]
        assert found(search="ÅSÖ") == found(search="%") == ["p3"]
        assert found(search="_") == found(search="' OR 1=1") == []
        assert found(stage="' OR 1=1") == []
        assert storage.proposal_counts() == {Stage.DRAFT: 2, Stage.SUBMITTED: 1, Stage.WITHDRAWN: 1}
        assert storage.proposal_counts(OTHER) == {Stage.SUBMITTED: 1}
        listed = storage.proposal_page(kind="member").proposals[0]
        assert (listed.danger, listed.names, listed.opened_at, listed.version) == (
            Danger.CAREFUL, {"sv": "Åsö 100 %"}, NOW, 1,
        )  # fmt: skip

    @pytest.mark.parametrize("after", ["", "x", "..", "1e5.p1", "²3.p", f"{10**30}.p1", "-1.p1"])
    def test_a_continuation_that_is_not_ours_begins_at_the_first(self, storage, after):
        keep(storage, draft())
        assert [proposal.id for proposal in storage.proposal_page(after=after).proposals] == ["p1"]

    def test_reviews_that_are_due(self, storage):
        for id_, due in (("p1", NOW + 20), ("p2", NOW + 10), ("p3", None)):
            keep(storage, replace(draft(id_), review_due=due, emergency=due is not None))
        assert [proposal.id for proposal in storage.reviews_due(NOW + 20)] == ["p2", "p1"]
        assert [proposal.id for proposal in storage.reviews_due(NOW + 19)] == ["p2"]
        assert storage.reviews_due(NOW + 9) == ()


class TestRoles:
    GIVEN = RoleGrant("asta", FEDERATION, Role.OPERATOR, "birk", NOW)

    def test_nothing_is_done_once_a_role_was_taken_or_given_in_between(self, storage):
        storage.commit(Effects((GrantRole(self.GIVEN),)))
        seen = storage.own_role_grants("asta")
        storage.commit(Effects((SameRoles("asta", seen),)))
        storage.commit(Effects((GrantRole(replace(self.GIVEN, org=ORG, role=Role.OWNER)),)))
        for held in (seen, ()):
            with pytest.raises(Overtaken):
                storage.commit(Effects((SameRoles("asta", held), SaveProposal(draft(), 0))))
        storage.commit(Effects((EndRole("asta", ORG, Role.OWNER), EndRole("asta", FEDERATION, Role.OPERATOR))))
        with pytest.raises(Overtaken):
            storage.commit(Effects((SameRoles("asta", seen),)))
        assert storage.proposal("p1") is None


def client(id, org=ORG, **more):
    oidc = {
        "client_id": f"client-{id}",
        "token_endpoint_auth_method": "none",
        "redirect_uris": [f"https://{id}.example.se/cb"],
        **more.pop("oidc", {}),
    }
    return {"id": id, "member": org, "levels": ["http://id.elegnamnden.se/loa/1.0/loa3"], "oidc": oidc, **more}


def write(storage, *contents, origin="portal", gone=()):
    changes = [EntryChange("service", each["id"], each, each["member"], origin) for each in contents]
    changes += [EntryChange("service", id_, None, org, origin) for id_, org in gone]
    storage.commit(Effects((ChangeRegister(tuple(changes), storage.clock()),)))


@pytest.mark.spec("facts/threats", "FR-02")
class TestNames:
    def test_another_member_cannot_take_a_name_in_any_spelling(self, storage):
        write(storage, client("a"))
        for oidc in ({"client_id": "CLIENT-A"}, {"redirect_uris": ["https://A.example.se:443/cb"]}):
            with pytest.raises(NameHeld):
                write(storage, client("b", OTHER, oidc=oidc))
        assert storage.register_entry("service", "b") is None
        write(storage, client("b", OTHER))

    @pytest.mark.parametrize("way", ["removed", "changed", "left"])
    def test_a_released_name_rests_a_year_and_its_own_member_may_take_it_back(self, storage, way):
        write(storage, client("a"))
        if way == "removed":
            write(storage, gone=[("a", ORG)])
        elif way == "left":
            write(storage, client("a", state="left"))
        else:
            write(storage, client("a", oidc={"client_id": "other", "redirect_uris": ["https://new.example.se/cb"]}))
        taken = {"client_id": "client-a"}
        with pytest.raises(NameHeld) as told:
            write(storage, client("b", OTHER, oidc=taken))
        assert told.value.held.until == NOW + QUARANTINE
        with pytest.raises(NameHeld):
            write(storage, client("b", OTHER, oidc={"redirect_uris": ["https://a.example.se/other"]}))
        storage.clock.now = NOW + QUARANTINE
        write(storage, client("b", OTHER, oidc=taken))

    def test_its_own_member_takes_a_released_name_back_at_once(self, storage):
        write(storage, client("a"))
        write(storage, gone=[("a", ORG)])
        write(storage, client("c", oidc={"client_id": "client-a"}))

    def test_a_file_has_the_last_word(self, storage):
        write(storage, client("a"))
        write(storage, client("b", OTHER, oidc={"client_id": "client-a"}), origin="file")
        assert {holding.org for holding in storage.register_holders(Name(NameKind.CLIENT_ID, "client-a"))} == {
            ORG,
            OTHER,
        }

    def test_names_that_look_alike_are_found(self, storage):
        write(storage, client("a", oidc={"client_id": "journal-1"}))
        (near,) = storage.register_near(Name(NameKind.CLIENT_ID, "journal_l"))
        assert (near.name.value, near.org) == ("journal-1", ORG)


class TestAgents:
    def member(self, storage, org, **more):
        content = {"org": org, "names": {"sv": org}, **more}
        storage.commit(Effects((ChangeRegister((EntryChange("member", org, content, org, "portal"),), NOW),)))

    def test_people_of_an_agent_act_for_its_members_while_the_member_says_so(self, storage):
        agents = [{"org": OTHER, "roles": ["technical"], "until": "2100-01-01"}, {"org": OTHER, "until": "2090-01-01"}]
        self.member(storage, OTHER)
        self.member(storage, ORG, agents=agents)
        storage.commit(Effects((GrantRole(RoleGrant("frida", OTHER, Role.TECHNICAL, "x", NOW, 5_000_000_000)),)))
        storage.commit(Effects((GrantRole(RoleGrant("lars", OTHER, Role.READER, "x", NOW)),)))
        own, acting = storage.role_grants("frida")
        assert own.org == OTHER
        assert (acting.org, acting.role, acting.by, acting.until) == (
            ORG,
            Role.TECHNICAL,
            f"agent:{OTHER}",
            4_102_527_600,  # midnight in Sweden
        )
        assert len(storage.role_grants("lars")) == 1
        assert storage.own_role_grants("frida") == (own,)
        self.member(storage, OTHER, state="suspended")
        assert storage.role_grants("frida") == (own,)
        self.member(storage, OTHER)
        self.member(storage, ORG)
        assert storage.role_grants("frida") == (own,)


class TestRolesOfAFile:
    def listed(self, *roles):
        return [Listed((PersonKey("personalIdentityNumber", "199001012385"),), Person("", {}), (), roles)]

    def apply(self, storage, *roles):
        storage.save_federation({}, "d", self.listed(*roles))
        (person,) = storage.persons_by_keys((PersonKey("personalIdentityNumber", "199001012385"),))
        return person, [(grant.org, grant.role, grant.by) for grant in storage.own_role_grants(person)]

    def test_a_file_gives_and_takes_the_roles_that_files_gave_each_with_its_event(self, storage):
        _, had = self.apply(storage, (FEDERATION, Role.OPERATOR), (ORG, Role.OWNER))
        assert had == [(ORG, Role.OWNER, "file"), (FEDERATION, Role.OPERATOR, "file")]
        waiting = storage.log_waiting()
        assert self.apply(storage, (ORG, Role.OWNER))[1] == [(ORG, Role.OWNER, "file")]
        assert storage.log_waiting() == waiting + 2
        assert b'"event":"role.ended"' in storage.log_pending()[-2]

    def test_what_somebody_gave_stays_whatever_a_file_says(self, storage):
        person, _ = self.apply(storage)
        storage.commit(Effects((GrantRole(RoleGrant(person, ORG, Role.OWNER, "asta", NOW)),)))
        for roles in ([(ORG, Role.OWNER)], []):
            assert self.apply(storage, *roles)[1] == [(ORG, Role.OWNER, "asta")]
