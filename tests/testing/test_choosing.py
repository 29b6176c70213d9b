"""Choosing before the login: by the service's hint, or in the portal for one browser; and what an open draft is tested as."""

import pytest

from broker.federation.proposing import SaveProposal
from broker.login.effects import Effects
from broker.protocols.testing.choice import AnswerKind, BadChoice, Choice, read_form, read_hint
from broker.web.bench import no_bench
from tests.support.saml_peer import Peer
from tests.support.test_issuer import InTest, drafted, in_test
from tests.support.world import CALLBACK, LEVEL2, LEVEL3, LEVEL4, MEMBER, claims, client, federation
from trust_framework.approval import Act, Body, Proposal, Stage, Wanted, What


@pytest.fixture
def testing(worlds):
    return InTest(worlds.make(federation(client("live"), in_test(), Peer().entry(state="test"))))


# --- the grammar


def test_a_hint_says_everything():
    text = f"test:anna;method=card;level={LEVEL3};commission=SE1-A;without=sn,givenName;answer=expired"
    assert read_hint(text) == Choice("anna", "card", LEVEL3, "SE1-A", ("sn", "givenName"), AnswerKind.EXPIRED)


@pytest.mark.parametrize("text", [None, "", "anna", "someone@example.org", "TEST:anna"])
def test_another_hint_is_none_of_ours(text):
    assert read_hint(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "test:",
        "test:;answer=expired",
        "test:an na",
        "test:anna;answer=maybe",
        "test:anna;level=",
        "test:anna;level=a b",
        "test:anna;without=unknown",
        "test:anna;answer=expired;answer=expired",
        "test:anna;other=1",
        "test:anna;method=../x",
        "test:anna;commission=",
        "test:" + "a" * 65,
        "test:anna;without=" + "sn," * 400,
    ],
)
def test_a_bad_hint_is_refused(text):
    with pytest.raises(BadChoice):
        read_hint(text)


def test_the_form_says_the_same():
    form = {"person": "anna", "level": LEVEL3, "answer": "replayed", "without.sn": "yes", "csrf": "x"}
    assert read_form(form) == Choice("anna", "", LEVEL3, "", ("sn",), AnswerKind.REPLAYED)


# --- a hint


def test_with_a_hint_no_page_is_shown(testing):
    browser = testing.browser()
    answer = browser.follow(browser.get(testing.authorize_url(login_hint=f"test:karin;level={LEVEL3}")))
    tokens = testing.redeem(answer.sent_back["code"]).json
    assert claims(tokens["id_token"])["acr"] == LEVEL3
    told = testing.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens['access_token']}").json
    assert told["given_name"] == "Karin"


def test_a_saml_request_may_carry_the_hint(testing):
    peer, browser = Peer(), testing.browser()
    answer = browser.follow(browser.get(peer.redirect(testing, hint="test:karin")))
    assert peer.read(testing, answer).attributes["givenName"] == ("Karin",)


def test_a_hint_that_cannot_be_understood_asks(testing):
    browser = testing.browser()
    page = browser.follow(browser.get(testing.authorize_url(login_hint="test:anna;answer=maybe")))
    assert page.page == "test-choice"


def test_a_hint_of_nobody_is_explained_and_then_asks(testing):
    browser = testing.browser()
    page = browser.follow(browser.get(testing.authorize_url(login_hint="test:nobody")))
    assert page.cause == "login-failed"
    action, fields = page.form("/login/")
    assert browser.follow(browser.post(action, fields)).page == "test-choice"


def test_a_form_that_cannot_be_understood_asks_again(testing):
    browser = testing.browser()
    page = browser.follow(browser.get(testing.authorize_url()))
    again = testing.chosen(browser, page, answer="maybe")
    assert again.page == "test-choice"
    assert 'role="alert"' in again.text


def test_a_form_of_another_site_is_refused(testing):
    browser = testing.browser()
    page = browser.follow(browser.get(testing.authorize_url()))
    action, fields = page.form("/test", person="anna")
    assert browser.post(action, {**fields, "csrf": "x"}).cause == "form-stale"
    assert browser.post(action, fields, Origin="https://evil.example.org").cause == "form-stale"


def test_every_login_asks_and_a_silent_one_uses_the_sign_on(testing):
    browser = testing.browser()
    testing.logged_in(browser)
    assert browser.follow(browser.get(testing.authorize_url())).page == "test-choice"
    assert "code" in browser.follow(browser.get(testing.authorize_url(prompt="none"))).sent_back


# --- persons and methods


@pytest.mark.parametrize(
    ("person", "name"),
    [("anna", "Anna"), ("tolvan", "Tolvan"), ("petra", "Petra"), ("samir", "Samir"), ("alva", "Alva"), ("bo", "Bo")],
)
def test_everybody_but_the_blocked_one_can_log_in(testing, person, name):
    tokens = testing.redeem(testing.logged_in(person=person).sent_back["code"]).json
    told = testing.request("GET", "/oidc/userinfo", Authorization=f"Bearer {tokens['access_token']}").json
    assert told["given_name"] == name


def test_a_person_with_two_commissions_chooses_as_in_production(worlds):
    entry = in_test(attributes=["commissionHsaId", "commissionName"], scope="openid")
    testing = InTest(worlds.make(federation(entry)))
    browser = testing.browser()
    wanted = '{"userinfo":{"commissionName":{"essential":true}}}'
    page = browser.follow(browser.get(testing.authorize_url(scope="openid", claims=wanted, login_hint="test:anna")))
    assert page.page == "U5"
    hint = "test:anna;commission=SE2329999912-TU02"
    answer = browser.follow(browser.get(testing.authorize_url(scope="openid", claims=wanted, login_hint=hint)))
    assert "code" in answer.sent_back


def test_the_methods_are_those_of_the_federation_simulated(worlds):
    world = worlds.make(federation(in_test(), identity_providers=[_provider("one"), _provider("two")]))
    testing = InTest(world)
    browser = testing.browser()
    page = browser.follow(browser.get(testing.authorize_url()))
    assert page.page == "U1"
    assert "One (simulerad)" in page.text
    answer = browser.follow(browser.get(testing.authorize_url(login_hint="test:anna;method=two")))
    assert "code" in answer.sent_back
    identified = testing.events("login.identified")[-1]
    assert identified["method"] == "two"


def _provider(id):
    return {
        "id": id,
        "oidc": {"issuer": f"https://{id}.example.org", "client_id": "tillit", "client_secret": "s" * 40},
        "ceiling": LEVEL3,
        "levels": {"two": LEVEL2, "three": LEVEL3},
        "attributes": {"given_name": "givenName", "family_name": "sn"},
        "name": {"sv": id.title(), "en": id.title()},
    }


def test_a_level_that_the_method_cannot_give_is_no_choice(testing):
    page = testing.logged_in(level=LEVEL4.replace("4", "9"))
    assert page.cause == "login-failed"


# --- chosen in the portal


def test_a_choice_of_the_portal_holds_once_in_one_browser(testing):
    browser, other = testing.browser(), testing.browser()
    page = browser.get(testing.bench.prepare(Choice("karin", answer=AnswerKind.CANCELLED), "rp", testing.clock()))
    assert page.page == "test-chosen"
    assert other.follow(other.get(testing.authorize_url())).page == "test-choice"
    assert browser.follow(browser.get(testing.authorize_url())).sent_back["error"] == "access_denied"
    assert browser.follow(browser.get(testing.authorize_url())).page == "test-choice"


def test_a_choice_of_the_portal_is_for_one_service(testing):
    browser = testing.browser()
    browser.get(testing.bench.prepare(Choice("karin"), "sp", testing.clock()))
    assert browser.follow(browser.get(testing.authorize_url())).page == "test-choice"


def test_a_choice_of_the_portal_holds_ten_minutes(testing):
    browser = testing.browser()
    browser.get(testing.bench.prepare(Choice("karin"), "rp", testing.clock()))
    testing.clock.now += 601
    assert browser.follow(browser.get(testing.authorize_url())).page == "test-choice"


def test_the_address_of_a_choice_is_used_once(testing):
    address = testing.bench.prepare(Choice("karin"), "rp", testing.clock())
    testing.browser().get(address)
    assert testing.browser().get(address).cause == "login-expired"
    assert testing.browser().get("/test/forbered?h=x").cause == "login-expired"


def test_a_choice_for_a_service_that_has_left_the_test_is_refused(testing):
    address = testing.bench.prepare(Choice("karin"), "live", testing.clock())
    assert testing.browser().get(address).cause == "not-member"


# --- drafts


def of(world, id):
    """The content of an entry as the register keeps it."""
    return dict(world.store.register_entry("service", id).content)


def test_a_draft_of_a_new_service_is_served_in_test_alone(testing):
    content = of(testing.main, "rp") | {"id": "new"}
    content["oidc"] = {**content["oidc"], "client_id": "new"}
    tested = drafted(testing, content, "new")
    tokens = testing.redeem(testing.logged_in(client_id="new").sent_back["code"], "new").json
    assert claims(tokens["id_token"])["aud"] == "new"
    assert testing.bench.passed("new", tested)
    assert testing.bench.tested("new", MEMBER).draft
    assert testing.main.browser().get(testing.main.authorize_url("new")).cause == "request-unknown-service"


def test_a_draft_of_an_active_service_is_tested_as_it_would_become(testing):
    content = of(testing.main, "live")
    content["oidc"] = {**content["oidc"], "redirect_uris": ["https://next.example.org/cb"]}
    tested = drafted(testing, content, "live")
    browser = testing.browser()
    url = testing.authorize_url("live", redirect_uri="https://next.example.org/cb", login_hint="test:anna")
    assert "code" in browser.follow(browser.get(url)).sent_back
    assert testing.browser().get(testing.authorize_url("live", redirect_uri=CALLBACK)).cause == "request-address"
    assert testing.bench.tested("live", MEMBER).digest == tested
    assert testing.main.code(client_id="live")


def test_an_edit_is_another_content_and_must_be_tested_again(testing):
    testing.logged_in()
    before = testing.bench.tested("rp", MEMBER).digest
    content = of(testing.main, "rp") | {"attributes": ["sn"]}
    tested = drafted(testing, content)
    assert tested != before
    assert testing.bench.passed("rp", tested) is None


def test_a_draft_that_cannot_be_read_is_left_out_and_said(testing):
    drafted(testing, of(testing.main, "rp") | {"levels": []})
    assert "rp" not in testing.made.snapshot.now.tested
    assert "levels" in testing.made.snapshot.now.unread["rp"].why
    browser = testing.browser()
    assert browser.follow(browser.get(Peer().redirect(testing, hint=None))).page == "test-choice"


def test_a_draft_cannot_take_the_name_of_another_service_in_test(testing):
    content = of(testing.main, "rp") | {"id": "thief"}
    drafted(testing, content, "thief")
    assert "thief" in testing.made.snapshot.now.unread
    assert testing.bench.tested("rp", MEMBER)


def test_in_production_too_persons_are_made_up_and_a_federation_without_methods_has_one(worlds):
    world = worlds.make(federation(in_test()), base_url="https://idp.example.org", environment="production")
    testing = InTest(world)
    browser = testing.browser()
    page = browser.follow(browser.get(testing.authorize_url()))
    assert page.page == "test-choice"
    assert "E-legitimation (simulerad)" in page.text
    assert "code" in testing.chosen(browser, page, person="tolvan").sent_back
    assert "Testmiljö" in page.text


def test_a_draft_that_takes_a_service_out_leaves_what_stands(testing):
    wanted = Wanted(None, "")
    act = Act(testing.clock(), "tekla", "Tekla", Body.MEMBER, What.DRAFTED, "")
    proposal = Proposal("p-gone", "service", "rp", MEMBER, wanted, Stage.DRAFT, "tekla", (act,))
    testing.main.store.commit(Effects((SaveProposal(proposal, 0, {}),)))
    testing.made.snapshot.refresh()
    assert not testing.bench.tested("rp", MEMBER).draft


def test_where_there_is_no_test_issuer_there_is_no_bench():
    with pytest.raises(LookupError):
        no_bench()
