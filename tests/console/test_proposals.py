"""Proposals through the pages: from an application or a change to what is published, with four eyes, and what is refused."""

import re

import pytest

from broker.federation import proposals
from broker.federation.proposals import Desk, Done
from broker.login.effects import Effects, EndRole
from tests.support.console import OTHER, Console, consoles, operator, owner
from tests.support.world import MEMBER, Answer, Browser, Worlds
from trust_framework.roles import FEDERATION, Actor, Role, active

pytest_plugins = ["tests.support.worlds"]
NEW = "2120001439"
APPLICATION = {
    "org": "212000-1439",
    "name_sv": "Nya kommunen",
    "name_en": "New Town",
    "type": "user-organisation",
    "contact": "Säkerhetsgruppen",
    "mail": "sakerhet@nya.example",
}


@pytest.fixture
def console(worlds: Worlds) -> Console:
    return consoles(worlds)


def actor(console: Console, name: str) -> Actor:
    person = console.person(name)
    return Actor(person, name.title(), active(console.world.store.role_grants(person), console.world.clock.now))


def desk(console: Console) -> Desk:
    return Desk(console.world.store, console.world.app.on.services.settings, console.world.clock.now)


def proposed(console: Console, by: str = "anna", id: str = "rp", reason: str = "We need it", **changes) -> str:
    """A change of a service, sent in; the proposal's id."""
    store = console.world.store
    entry = store.register_entry("service", id)
    begun = proposals.draft("service", id, entry.org, {**entry.content, **changes}, actor(console, by), desk(console))
    assert isinstance(begun, Done), begun
    store.commit(begun.effects)
    sent = proposals.submit(begun.proposal, reason, actor(console, by), desk(console))
    assert isinstance(sent, Done), sent
    store.commit(sent.effects)
    return begun.proposal.id


NAMES = {"sv": "Nytt namn", "en": "New name"}


def post(browser: Browser, page: Answer, act: str, reason: str = "Looked at", **more: str) -> Answer:
    """Press a button of the page, and go where it leads."""
    return browser.follow(browser.post(*page.fields(act=act, reason=reason, **more)))


def notice(answer: Answer) -> str:
    found = re.search(r'<div class="notice".*?<p>(.*?)</p>', answer.text, re.DOTALL)
    return found[1] if found else ""


def alert(answer: Answer) -> str:
    found = re.search(r'role="alert".*?</ul>', answer.text, re.DOTALL)
    return found[0] if found else ""


def operators(console: Console, *names: str) -> list[Browser]:
    return [operator(console, name) for name in names]


class TestDeciding:
    def test_a_careful_change_takes_two_others_and_is_then_in_the_register(self, console: Console):
        owner(console, "anna")
        id_ = proposed(console, names=NAMES)
        dora, eva = operators(console, "dora", "eva")

        page = dora.get(f"/admin/forslag/{id_}")
        assert page.page == "O2"
        assert "Nytt namn" in page.text
        first = post(dora, page, "approve")
        assert console.world.store.register_entry("service", "rp").content.get("names") != NAMES
        second = post(eva, eva.get(f"/admin/forslag/{id_}"), "approve")

        assert "1 av 2" in first.text
        assert notice(second) == "Förslaget är publicerat."
        entry = console.world.store.register_entry("service", "rp")
        assert entry.content["names"] == NAMES
        assert (entry.origin, entry.proposal) == ("portal", id_)

    def test_of_a_careful_change_one_approval_may_be_another_owners(self, console: Console):
        owner(console, "anna")
        id_ = proposed(console, names=NAMES)
        carl = console.browser("carl", (MEMBER, Role.OWNER))
        post(carl, carl.get(f"/portal/{MEMBER}/forslag/{id_}"), "approve")
        (dora,) = operators(console, "dora")
        post(dora, dora.get(f"/admin/forslag/{id_}"), "approve")

        assert console.world.store.register_entry("service", "rp").content["names"] == NAMES

    def test_nobody_approves_what_they_had_a_hand_in_and_the_page_says_so(self, console: Console):
        dora, eva = operators(console, "dora", "eva")
        id_ = proposed(console, "dora", names=NAMES)
        page = dora.get(f"/admin/forslag/{id_}")

        assert "Du har själv arbetat med förslaget" in page.text
        assert 'value="approve"' not in page.text
        forged = dora.post(f"/admin/forslag/{id_}", {**page.fields()[1], "act": "approve", "reason": "x"})
        assert "Du har själv arbetat med förslaget" in alert(forged)
        assert eva.get(f"/admin/forslag/{id_}").text.count('value="approve"') == 1

    def test_nobody_approves_twice(self, console: Console):
        owner(console)
        id_ = proposed(console, names=NAMES)
        (dora,) = operators(console, "dora")
        page = dora.get(f"/admin/forslag/{id_}")
        post(dora, page, "approve")

        again = dora.post(*page.fields(act="approve", reason="again"))
        assert "Du har redan godkänt det" in alert(again)

    def test_what_was_shown_is_what_is_approved(self, console: Console):
        owner(console)
        id_ = proposed(console, names=NAMES)
        (dora,) = operators(console, "dora")
        page = dora.get(f"/admin/forslag/{id_}")
        store, anna = console.world.store, actor(console, "anna")
        found = store.proposal(id_)
        edited = proposals.edit(found, {**found.content, "attributes": []}, anna, desk(console))
        store.commit(edited.effects)
        store.commit(proposals.submit(edited.proposal, "", anna, desk(console)).effects)

        late = dora.post(*page.fields(act="approve", reason="Looked at"))
        assert "har ändrats sedan sidan visades" in alert(late)

    def test_an_approval_ends_with_the_role_that_gave_it(self, console: Console):
        owner(console)
        id_ = proposed(console, names=NAMES)
        dora, eva, carl = operators(console, "dora", "eva", "carl")
        post(dora, dora.get(f"/admin/forslag/{id_}"), "approve")
        gone = EndRole(console.person("dora"), FEDERATION, Role.OPERATOR)
        console.world.store.commit(Effects((gone,)))

        assert "1 av 2" in post(eva, eva.get(f"/admin/forslag/{id_}"), "approve").text
        assert notice(post(carl, carl.get(f"/admin/forslag/{id_}"), "approve")) == "Förslaget är publicerat."

    @pytest.mark.parametrize(
        ("act", "told", "stage"),
        [
            ("return", "Förslaget är tillbaka för komplettering.", "ska kompletteras"),
            ("reject", "Förslaget är avslaget.", "avslaget"),
        ],
    )
    def test_the_member_sees_the_reason_for_a_no(self, console: Console, act: str, told: str, stage: str):
        anna = owner(console)
        id_ = proposed(console, names=NAMES)
        (dora,) = operators(console, "dora")

        assert notice(post(dora, dora.get(f"/admin/forslag/{id_}"), act, "Beskriv bättre")) == told
        seen = anna.get(f"/portal/{MEMBER}/forslag/{id_}")
        assert "Beskriv bättre" in seen.text
        assert stage in seen.text

    @pytest.mark.parametrize("act", ["approve", "return", "reject"])
    @pytest.mark.parametrize("reason", ["", "   ", "x" * 2001, "hidden\u202ecode"])
    def test_a_decision_needs_a_reason_that_can_be_read(self, console: Console, act: str, reason: str):
        owner(console)
        id_ = proposed(console, names=NAMES)
        (dora,) = operators(console, "dora")

        page = dora.post(*dora.get(f"/admin/forslag/{id_}").fields(act=act, reason=reason))
        assert alert(page)
        assert console.world.store.proposal(id_).stage == "submitted"

    @pytest.mark.parametrize("act", ["", "publish", "review", "nonsense", "submit", "withdraw"])
    def test_a_step_that_is_not_offered_is_not_done(self, console: Console, act: str):
        owner(console)
        id_ = proposed(console, names=NAMES)
        (dora,) = operators(console, "dora")
        page = dora.get(f"/admin/forslag/{id_}")
        before = console.world.store.proposal(id_)

        answer = dora.post(f"/admin/forslag/{id_}", {**page.fields()[1], "act": act, "reason": "why"})
        if act == "withdraw":  # an operator may take back for a member; it ends the proposal and publishes nothing
            return
        assert answer.status == 200
        assert console.world.store.proposal(id_) == before

    def test_a_member_takes_its_proposal_back(self, console: Console):
        anna = owner(console)
        id_ = proposed(console, names=NAMES)

        done = post(anna, anna.get(f"/portal/{MEMBER}/forslag/{id_}"), "withdraw", "Not now")
        assert notice(done) == "Förslaget är återtaget."

    def test_an_emergency_takes_two_operators_and_is_reviewed_by_a_third(self, console: Console):
        owner(console)
        uris = {"redirect_uris": ["https://new.example.org/cb"]}
        entry = console.world.store.register_entry("service", "rp")
        id_ = proposed(console, oidc={**entry.content["oidc"], **uris})
        dora, eva, carl = operators(console, "dora", "eva", "carl")

        assert "ny värd" in dora.get(f"/admin/forslag/{id_}").text
        post(dora, dora.get(f"/admin/forslag/{id_}"), "emergency", "Fire")
        post(eva, eva.get(f"/admin/forslag/{id_}"), "emergency", "Fire")
        assert (
            console.world.store.register_entry("service", "rp").content["oidc"]["redirect_uris"]
            == uris["redirect_uris"]
        )
        page = carl.get(f"/admin/forslag/{id_}")
        assert "Det ska granskas av någon annan" in page.text
        assert "granskat i efterhand" in post(carl, page, "review", "Looked at it").text
        assert console.world.store.proposal(id_).review_due is None


class TestLists:
    def test_operators_find_what_waits_and_the_first_page_counts_it(self, console: Console):
        owner(console)
        id_ = proposed(console, names=NAMES)
        (dora,) = operators(console, "dora")

        assert "Andra förslag som väntar på beslut: 1" in dora.get("/admin").text
        assert id_ in dora.get("/admin/forslag?lage=waiting").text
        assert id_ not in dora.get("/admin/forslag?lage=rejected").text
        assert id_ in dora.get("/admin/forslag?q=nytt").text
        assert id_ not in dora.get("/admin/forslag?q=zzz").text

    def test_a_member_sees_its_own_proposals_only(self, console: Console):
        owner(console)
        id_ = proposed(console, names=NAMES)
        carl = console.browser("carl", (OTHER, Role.OWNER))

        assert id_ not in carl.get(f"/portal/{OTHER}/forslag").text
        foreign, never = carl.get(f"/portal/{OTHER}/forslag/{id_}"), carl.get(f"/portal/{OTHER}/forslag/never-was")
        assert foreign.status == never.status == 404
        ours = console.browser("eva", (MEMBER, Role.READER))
        assert id_ in ours.get(f"/portal/{MEMBER}/forslag").text


class TestApplying:
    def apply(self, console: Console, name: str = "carl", **changes: str) -> Answer:
        browser = console.sign_on(name)
        page = browser.get("/portal/ansok")
        return browser.follow(browser.post(*page.fields(**{**APPLICATION, **changes})))

    def test_whoever_applies_follows_it_and_owns_the_member_once_two_have_approved(self, console: Console):
        sent = self.apply(console)
        assert notice(sent) == "Förslaget är inskickat."
        assert "Nya kommunen" in sent.text
        id_ = console.world.store.proposal_page("waiting").proposals[0].id
        dora, eva = operators(console, "dora", "eva")
        for browser in (dora, eva):
            page = browser.get(f"/admin/forslag/{id_}")
            path, fields = page.fields(act="approve", reason="Examined")
            several = [*fields.items(), *(("vouched", d) for d in ("agreement", "representation", "risk-assessment"))]
            browser.post(path, several)

        assert console.world.store.register_entry("member", NEW) is None
        lacking = eva.get(f"/admin/forslag/{id_}")
        assert "Granskad tillitsdeklaration" in lacking.text

    @pytest.mark.parametrize(
        "wrong",
        [
            {"org": ""}, {"org": "2120001438"}, {"org": "212000143"}, {"org": "x"}, {"name_sv": ""}, {"name_en": " "},
            {"name_sv": "a" * 201}, {"type": "pirate"}, {"roles": "pirate"},
            {"type": "agent", "roles": "api-owner"}, {"mail": "nobody"}, {"mail": "a@b"}, {"mail": "a b@c.se"},
            {"mail": "a@c.se,b@c.se"}, {"contact": ""}, {"state": "active"}, {"trust_declarations": "loa4"},
        ],
    )  # fmt: skip
    def test_an_application_that_is_not_whole_is_shown_again_with_what_is_wrong(self, console: Console, wrong):
        page = self.apply(console, **wrong)

        assert page.page == "apply"
        assert alert(page)
        assert console.world.store.proposal_page().total == 0

    def test_who_applied_sees_that_an_operator_has_begun_to_look_at_it(self, console: Console):
        self.apply(console)
        id_ = console.world.store.proposal_page("waiting").proposals[0].id
        dora, eva = operators(console, "dora", "eva")

        taken = post(dora, dora.get(f"/admin/forslag/{id_}"), "take-up", "")
        carl = console.sign_on("carl")

        assert notice(taken) == "Förslaget är taget till granskning. Medlemmen ser det."
        assert 'value="take-up"' not in taken.text
        assert 'value="take-up"' not in eva.get(f"/admin/forslag/{id_}").text
        assert ">granskas<" in carl.get(f"/portal/ansok/{id_}").text
        assert ">granskas<" in carl.get("/portal/ansok").text

    def test_nobody_takes_up_an_own_application(self, console: Console):
        self.apply(console)
        id_ = console.world.store.proposal_page("waiting").proposals[0].id
        carl = console.sign_on("carl")
        page = carl.get(f"/portal/ansok/{id_}")

        assert 'value="take-up"' not in page.text

    def test_an_organisation_is_not_applied_for_twice(self, console: Console):
        self.apply(console)
        assert "Namnet är upptaget" in alert(self.apply(console, "eva"))
        assert "Namnet är upptaget" in alert(self.apply(console, "eva", org=MEMBER))

    def test_an_application_is_its_makers_alone(self, console: Console):
        self.apply(console)
        id_ = console.world.store.proposal_page("waiting").proposals[0].id
        eva = console.sign_on("eva")

        assert eva.get(f"/portal/ansok/{id_}").status == 404
        assert console.sign_on("carl").get(f"/portal/ansok/{id_}").page == "O2"

    def test_who_has_no_role_is_shown_the_way(self, console: Console):
        assert "/portal/ansok" in console.sign_on("carl").get("/portal").text


class TestStopping:
    def test_one_operator_stops_a_member_at_once_and_two_others_lift_it(self, console: Console):
        dora, eva, carl = operators(console, "dora", "eva", "carl")
        anna = owner(console)
        done = post(dora, dora.get(f"/admin/register/member/{MEMBER}/stopp"), "suspend", "Breach")
        assert notice(done) == "Den är stoppad nu."
        stopped = console.world.store.register_entry("member", MEMBER)
        assert (stopped.content["state"], stopped.content["reason"]) == ("suspended", "Breach")

        post(dora, dora.get(f"/admin/register/member/{MEMBER}/stopp"), "activate", "Mended")
        (id_,) = (each.id for each in console.world.store.proposal_page("waiting").proposals)
        assert console.world.store.register_entry("member", MEMBER).content["state"] == "suspended"
        for browser in (eva, carl):
            page = browser.get(f"/admin/forslag/{id_}")
            path, fields = page.fields(act="approve", reason="Seen")
            browser.post(path, [*fields.items(), ("vouched", "agreement")])
        assert console.world.store.register_entry("member", MEMBER).content["state"] == "active"
        assert anna.get(f"/portal/{MEMBER}").status == 200

    @pytest.mark.parametrize(("kind", "id"), [("agreement", "A-1"), ("service", "never"), ("nothing", "rp")])
    def test_only_what_has_a_state_can_be_stopped(self, console: Console, kind: str, id: str):
        (dora,) = operators(console, "dora")
        assert dora.get(f"/admin/register/{kind}/{id}/stopp").status == 404

    def test_a_stop_needs_a_reason(self, console: Console):
        (dora,) = operators(console, "dora")
        page = post(dora, dora.get("/admin/register/service/rp/stopp"), "suspend", " ")
        assert "Ange ett skäl" in alert(page)
        assert console.world.store.register_entry("service", "rp").content.get("state", "active") == "active"


def test_what_was_overtaken_is_made_anew_from_what_stands_and_keeps_its_approvals_when_trust_is_as_it_was(console):
    anna = owner(console)
    id_ = proposed(console, reasons={"sn": "Visas"}, attributes=["sn"])
    entry = console.world.store.register_entry("service", "rp")
    begun = proposals.draft(
        "service",
        "rp",
        MEMBER,
        {**entry.content, "contact": {"mail": "a@example.se"}},
        actor(console, "anna"),
        desk(console),
    )
    sent = proposals.submit(begun.proposal, "", actor(console, "anna"), desk(console))
    console.world.store.commit(begun.effects + sent.effects)
    page = anna.get(f"/portal/{MEMBER}/forslag/{id_}")
    assert 'value="rebase"' in page.text
    after = post(anna, page, "rebase", reason="")
    assert 'value="rebase"' not in after.text
    assert console.world.store.proposal(id_).wanted.base == console.world.store.register_entry("service", "rp").version


def test_an_operator_withdraws_what_an_operator_proposed(console):
    dora = operator(console)
    answer = proposals.leave("member", OTHER, "Slås samman", actor(console, "dora"), desk(console))
    console.world.store.commit(answer.effects)
    page = dora.get(f"/admin/forslag/{answer.proposal.id}")
    post(dora, page, "withdraw", reason="Fel medlem")
    assert console.world.store.proposal(answer.proposal.id).stage.value == "withdrawn"
