"""O4: rules are read as sentences, tried over all services, proposed, approved by two, and taken back."""

import re

import pytest

from tests.support.console import OTHER, consoles, document, operator, service
from tests.support.world import MEMBER
from trust_framework.roles import FEDERATION, Role

RULE = {
    "id": "R1",
    "name_sv": "Efternamn",
    "name_en": "Family names",
    "effect": "allow",
    "services": "rp",
    "attributes": "sn",
    "level": "0",
    "profile": "",
}
STANDING = {"id": "R9", "effect": "deny", "to": {"services": ["rp2"]}, "attributes": ["sn"], "name": {"sv": "Stopp"}}


@pytest.fixture
def console(worlds):
    names = ["givenName", "sn"]
    services = [service("rp", attributes=names), service("rp2", OTHER, attributes=names)]
    return consoles(worlds, document(services=services, agreements=[], policies=[STANDING]))


@pytest.fixture
def browser(console):
    return operator(console)


def sent(browser, act, at="ny", **changes):
    page = browser.get(f"/admin/policyer/{at}")
    csrf = re.search(r'name="csrf" value="([^"]*)"', page.text)[1]
    return browser.follow(browser.post(f"/admin/policyer/{at}", {**RULE, "csrf": csrf, "act": act, **changes}))


def test_rules_are_read_as_sentences(browser):
    page = browser.get("/admin/policyer")
    assert "Släpp inte efternamn till Service rp2." in page.text
    assert "R9/1" in page.text


def test_a_change_is_tried_over_all_services_and_changes_nothing(console, browser):
    version = console.world.store.federation_version()
    page = sent(browser, "try", services="rp2")
    assert "Ändringen påverkar 1 tjänster, och 1 av dem förlorar uppgifter." in page.text
    assert "Service rp<" in page.text
    assert console.world.store.federation_version() == version


def test_a_rule_is_proposed_approved_by_two_and_decides(console, browser):
    page = sent(browser, "propose")
    assert page.page != "O4-rule", re.sub(r"<[^>]+>", " ", page.text)[:1500]
    proposal = re.search(r"/admin/forslag/([A-Za-z0-9_-]+)", page.text)[1]
    for name in ("carl", "eva"):
        other = console.browser(name, (FEDERATION, Role.OPERATOR))
        shown = other.get(f"/admin/forslag/{proposal}")
        fields = shown.form(f"/admin/forslag/{proposal}")[1]
        other.post(f"/admin/forslag/{proposal}", {**fields, "act": "approve", "reason": "Rätt"})
    entry = console.world.store.register_entry("policy", "R1")
    assert entry is not None
    assert entry.content["attributes"] == ["sn"]
    console.world.app.snapshots.refresh()
    assert {one.id for one in console.world.app.on.services.federation().policies.all} == {"R1", "R9"}


def test_a_change_with_a_first_day_leaves_what_stands_until_then(browser):
    page = sent(browser, "try", at="R9", id="R9", effect="deny", services="rp", since="2030-01-01")
    assert "Släpp inte efternamn till Service rp." in page.text
    assert "påverkar 2 tjänster" in page.text


def test_an_earlier_version_is_taken_back_into_the_form(console, browser):
    world = console.world
    changed = {**STANDING, "attributes": ["givenName"], "version": "2"}
    first = world.store.register_entry("policy", "R9").version
    world.reapply(document(services=world.store.federation_document()["services"], agreements=[], policies=[changed]))
    page = browser.get(f"/admin/policyer/R9?fran={first}")
    assert re.search(r'value="sn" checked', page.text)
    assert not re.search(r'value="givenName" checked', page.text)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"services": ""}, "säger för lite"),
        ({"attributes": "shoeSize"}, 'role="alert"'),
        ({"effect": "maybe"}, 'role="alert"'),
        ({"effect": "deny", "level": "3"}, "säger för lite"),
        ({"id": ""}, 'role="alert"'),
        ({"more": "x"}, 'role="alert"'),
    ],
)
def test_a_rule_that_will_not_do_says_why(browser, changes, wrong):
    assert wrong in sent(browser, "try", **changes).text


def test_what_names_nothing_that_is_there_cannot_be_proposed(browser):
    page = sent(browser, "propose", services="nothing")
    assert "nämner något som inte finns" in page.text


def test_needs_and_sets_are_kept(browser):
    page = sent(
        browser,
        "try",
        services="",
        all="y",
        level="3",
        agreement="y",
        consent="y",
        profile="fapi2",
        sets="http://id.elegnamnden.se/ap/1.0/pnr-01",
    )
    assert "nivån är 3 eller högre" in page.text
    assert "uppsättningen pnr-01 till alla tjänster" in page.text


def test_a_member_has_no_rules_to_see(console):
    ours = console.browser("anna", (MEMBER, Role.OWNER))
    assert ours.get("/admin/policyer").status in {403, 404}
