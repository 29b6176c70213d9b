"""M4 in the portal: choose, go to the service, see the result; and nothing of another member's."""

import re

import pytest

from broker.federation.proposing import SaveProposal
from broker.federation.register import digest
from broker.federation.trusted import trusted_part
from broker.login.effects import Effects
from tests.support.console import OTHER, consoles, document, owner
from tests.support.saml_peer import Peer
from tests.support.test_issuer import InTest, in_test
from tests.support.world import MEMBER, client
from trust_framework.approval import Act, Body, Proposal, Stage, Wanted, What
from trust_framework.roles import Role

SERVICES = [
    client("rp"),
    in_test("draft"),
    in_test("theirs", member=OTHER),
    client("rp2", member=OTHER),
    Peer().entry(state="test"),
]


@pytest.fixture
def console(worlds):
    return consoles(worlds, document(services=SERVICES))


@pytest.fixture
def testing(console):
    return InTest(console.world)


def chosen(browser, page, **fields):
    """The page after the form of M4 was sent."""
    action, hidden = page.form(
        "/prova/", **{"person": "karin", "method": "test", "level": "", "answer": "succeeded", **fields}
    )
    return browser.follow(browser.post(action, hidden))


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_the_flow_from_the_portal_to_the_result(console, testing):
    browser = owner(console)
    listed = browser.get(f"/portal/{MEMBER}/prova")
    assert "inte provad" in words(listed)
    assert f"{testing.base}<" in listed.text

    form = browser.get(f"/portal/{MEMBER}/prova/draft")
    prepared = chosen(browser, form)
    assert prepared.page == "test-chosen"
    answer = browser.follow(browser.get(testing.authorize_url("draft")))
    testing.redeem(answer.sent_back["code"], "draft")

    page = browser.get(f"/portal/{MEMBER}/prova/draft")
    (address,) = re.findall(rf'/portal/{MEMBER}/prova/draft/[^"]+', page.text)
    steps = browser.get(address)
    assert steps.page == "M4-run"
    assert "Tjänsten löste in koden rätt" in words(steps)
    assert "Det räknas som godkänt prov" in words(steps)
    assert "client_id" in browser.get(f"{address}?flik=begaran").text
    assert "id_token" in browser.get(f"{address}?flik=svar").text
    told = words(browser.get(f"{address}?flik=uppgifter"))
    assert "Förnamn lämnad Begärd och tillåten" in told
    assert "Nivån är nådd godtagen" in told
    assert "lyckad" in words(browser.get(f"/portal/{MEMBER}/prova"))


LINES = {
    "succeeded": ("Svar skickat rätt Lyckad inloggning", "räknas som godkänt prov"),
    "cancelled": ("Personen identifierad fel", "Tjänsten fick veta att personen avbröt"),
    "level-too-low": ("Svar skickat rätt För låg tillitsnivå", "fel med flit"),
    "missing-attribute": ("Svar skickat rätt En uppgift saknas", "fel med flit"),
    "wrong-signature": ("Svar skickat rätt Fel signatur", "fel med flit"),
    "expired": ("Svar skickat rätt Svaret har gått ut", "fel med flit"),
    "wrong-audience": ("Svar skickat rätt Svar till en annan tjänst", "fel med flit"),
    "replayed": ("Svar skickat rätt Ett gammalt svar igen", "fel med flit"),
}


@pytest.mark.parametrize("answer", LINES)
@pytest.mark.parametrize("service", ["draft", "sp"])
def test_each_answer_in_each_protocol_ends_with_the_right_result_line(console, testing, service, answer):
    browser = owner(console)
    chosen(browser, browser.get(f"/portal/{MEMBER}/prova/{service}"), answer=answer)
    if service == "sp":
        browser.follow(browser.get(Peer().redirect(testing, hint=None)))
    else:
        sent = browser.follow(browser.get(testing.authorize_url(service))).sent_back
        if "code" in sent:
            testing.redeem(sent["code"], service)
    (run,) = testing.bench.runs(service, MEMBER)
    page = words(browser.get(f"/portal/{MEMBER}/prova/{service}/{run.reference}"))
    assert all(line in page for line in LINES[answer])


def test_a_choice_that_is_none_is_told_beside_its_field(console):
    browser = owner(console)
    page = chosen(browser, browser.get(f"/portal/{MEMBER}/prova/draft"), person="nobody")
    assert page.page == "M4"
    assert 'role="alert"' in page.text


@pytest.mark.parametrize("path", ["prova/theirs", "prova/rp", "prova/none", "prova/draft/AAAA-AAAA"])
def test_what_is_not_the_members_own_in_test_is_missing(console, path):
    assert owner(console).get(f"/portal/{MEMBER}/{path}").status == 404


def test_another_members_run_is_as_missing_as_none(console, testing):
    testing.logged_in(client_id="theirs")
    (run,) = testing.bench.runs("theirs", OTHER)
    browser = owner(console)
    for service in ("theirs", "draft"):
        assert browser.get(f"/portal/{MEMBER}/prova/{service}/{run.reference}").status == 404
    assert browser.get(f"/portal/{OTHER}/prova").status == 404


def test_a_reader_looks_and_starts_nothing(console):
    browser = console.browser("carl", (MEMBER, Role.READER))
    page = browser.get(f"/portal/{MEMBER}/prova/draft")
    assert page.page == "M4"
    action, fields = page.form("/prova/", person="karin")
    assert browser.post(action, fields).status == 403


def test_a_draft_can_be_tested_the_moment_it_is_saved(console, testing):
    browser = owner(console)
    browser.get(f"/portal/{MEMBER}/prova")
    content = dict(console.world.store.register_entry("service", "draft").content) | {"id": "newest"}
    content["oidc"] = {**content["oidc"], "client_id": "newest"}
    at = console.world.clock()
    wanted = Wanted(content, digest(trusted_part("service", content)))
    act = Act(at, "anna", "Anna", Body.MEMBER, What.DRAFTED, wanted.digest)
    proposal = Proposal("p1", "service", "newest", MEMBER, wanted, Stage.DRAFT, "anna", (act,))
    console.world.store.commit(Effects((SaveProposal(proposal, 0, {}),)))
    assert browser.get(f"/portal/{MEMBER}/prova/newest").page == "M4"


def test_the_first_page_says_what_has_not_been_tested(console, testing):
    browser = owner(console)
    assert "Service draft har inte provats" in words(browser.get(f"/portal/{MEMBER}"))
    testing.redeem(testing.logged_in(client_id="draft").sent_back["code"], "draft")
    page = words(browser.get(f"/portal/{MEMBER}"))
    assert "Service draft har inte provats" not in page
    assert "Service theirs" not in page


def test_the_first_page_is_shown_though_the_test_issuer_cannot_be_made(worlds):
    console = consoles(worlds, document(services=SERVICES))
    (console.world.settings.data_dir / "test").write_text("in the way")
    browser = owner(console)
    assert browser.get(f"/portal/{MEMBER}").page == "M1"
