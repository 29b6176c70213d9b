"""M8: two members draft, sign, stop, resume and leave an agreement in the portal, and its details go and stop with it."""

import re

import pytest

from tests.support.console import OTHER, consoles, document, operator, service
from tests.support.world import LEVEL2, MEMBER, claims
from trust_framework.roles import Role

URI = "https://rp.example.org/cb"
NEW = "/avtal/nytt"
TERMS = {
    "id": "A-20",
    "name_sv": "Efternamn till Exempel",
    "name_en": "Family names for Example",
    "giver": OTHER,
    "receiver": MEMBER,
    "purpose": "Att boka tid",
    "legal_basis": "Patientdatalagen",
    "services": "rp",
    "attributes": "sn",
    "definitions": "Efternamn i folkbokföringen",
    "retention_days": "90",
    "transfer": "Vid inloggning",
    "valid_from": "2026-11-01",
    "valid_until": "2027-10-31",
    "review": "2027-10-31",
}
CONTACT = {"contact_name": "Avtal", "contact_mail": "avtal@example.se", "contact_phone": ""}


@pytest.fixture
def console(worlds):
    rp = service("rp", attributes=["givenName", "sn"], scope="openid profile offline_access")
    return consoles(worlds, document(services=[rp, service("rp2", OTHER)], agreements=[]))


@pytest.fixture
def ours(console):
    return console.browser("anna", (MEMBER, Role.OWNER))


@pytest.fixture
def theirs(console):
    return console.browser("carl", (OTHER, Role.OWNER))


def token(page):
    return re.search(r'name="csrf" value="([^"]*)"', page.text)[1]


def drafted(browser, org=MEMBER, **changes):
    page = browser.get(f"/portal/{org}{NEW}")
    return browser.follow(browser.post(f"/portal/{org}{NEW}", {**TERMS, "csrf": token(page), **changes}))


def done(browser, org, act, agreement="A-20", **typed):
    """An act on the card, with what the card's own form says unseen."""
    at = f"/portal/{org}/avtal/{agreement}"
    page = browser.get(at)
    digest = re.search(r'name="digest" value="([^"]*)"', page.text)
    seen = {"digest": digest[1]} if digest and act == "sign" else {}
    answer = browser.post(at, {"csrf": token(page), "act": act, **seen, **typed})
    assert answer.status in {200, 303}, answer.text[:500]
    return browser.follow(answer)


def agreed(ours, theirs):
    drafted(ours)
    for browser, org in ((ours, MEMBER), (theirs, OTHER)):
        done(browser, org, "confirm", **CONTACT)
    for browser, org in ((ours, MEMBER), (theirs, OTHER)):
        page = done(browser, org, "sign")
    return page


def given(console) -> bool:
    """Whether a new login gives the family name."""
    world = console.world
    world.app.snapshots.refresh()
    tokens = world.redeem(world.code(redirect_uri=URI), redirect_uri=URI).json
    return "family_name" in claims(tokens["id_token"]) or "sn" in world.events("oidc.code-issued")[-1].get(
        "released", ()
    )


def test_an_agreement_holds_when_both_have_signed_and_its_details_stop_when_either_stops_it(console, ours, theirs):
    page = agreed(ours, theirs)
    assert page.page == "M8-card"
    assert "Gäller" in page.text
    assert given(console)

    stopped = done(theirs, OTHER, "suspend", stop_reason="Intrång hos oss")
    assert "Intrång hos oss" in ours.get(f"/portal/{MEMBER}/avtal/A-20").text
    assert "Stoppat" in stopped.text
    assert not given(console)

    assert "går inte att göra nu" in done(ours, MEMBER, "resume", resume_review="x").text
    done(theirs, OTHER, "resume", resume_review="Åtgärdat")
    assert given(console)
    acts = [(e["act"], e["org"]) for e in console.world.events("agreement.changed")]
    assert acts == [
        ("drafted", MEMBER),
        ("confirmed", MEMBER),
        ("confirmed", OTHER),
        ("signed", MEMBER),
        ("signed", OTHER),
        ("suspended", OTHER),
        ("resumed", OTHER),
    ]


def test_a_draft_lets_nothing_go_and_holds_nothing_back(console, ours):
    page = drafted(ours)
    assert "Kan inte skrivas under än" in page.text
    assert "en kontakt för varje part" in page.text
    assert given(console)


def test_signing_needs_what_was_shown(console, ours, theirs):
    drafted(ours)
    for browser, org in ((ours, MEMBER), (theirs, OTHER)):
        done(browser, org, "confirm", **CONTACT)
    at = f"/portal/{OTHER}/avtal/A-20"
    page = theirs.get(at)
    refused = theirs.post(at, {"csrf": token(page), "act": "sign", "digest": "0" * 64})
    assert "ändrades medan du läste" in refused.text
    assert console.world.events("agreement.changed")[-1]["act"] == "confirmed"


def test_the_next_version_waits_while_the_one_before_goes_on(console, ours, theirs):
    agreed(ours, theirs)
    at = f"/portal/{OTHER}/avtal/A-20/andra"
    form = theirs.get(at)
    assert "Efternamn i folkbokföringen" in form.text
    changed = {**TERMS, "attributes": "givenName", "csrf": token(form)}
    page = theirs.follow(theirs.post(at, changed))
    assert "Version 2 väntar på underskrifter" in page.text
    assert given(console)
    done(theirs, OTHER, "sign")
    assert given(console)
    done(ours, MEMBER, "sign")
    assert not given(console)


def test_one_who_leaves_stops_it_and_decides_what_becomes_of_what_was_shared(console, ours, theirs):
    agreed(ours, theirs)
    page = done(theirs, OTHER, "leave")
    assert "Avsluta utträdet" in page.text
    assert not given(console)
    page = done(theirs, OTHER, "left", gave="Raderas", received="Inget")
    assert "Har upphört" in page.text
    assert "Avsluta utträdet" not in page.text


def test_a_review_is_noted(console, ours, theirs):
    agreed(ours, theirs)
    done(ours, MEMBER, "review", review_note="Oförändrat")
    entry = console.world.store.register_entry("agreement", "A-20")
    assert entry.content["reviews"][0]["note"] == "Oförändrat"


def test_the_federation_stops_any_agreement(console, ours, theirs):
    agreed(ours, theirs)
    browser = operator(console)
    page = browser.get("/admin/avtal/A-20")
    sent = {"csrf": token(page), "act": "suspend", "stop_reason": "Vi ser efter"}
    browser.post("/admin/avtal/A-20", sent)
    assert not given(console)
    assert "federationen" in ours.get(f"/portal/{MEMBER}/avtal/A-20").text


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"receiver": OTHER}, "någon annan"),
        ({"giver": "1"}, 'role="alert"'),
        ({"giver": "2021005489"}, "inte medlem"),
        ({"services": "rp2"}, "inte hos den som tar emot"),
        ({"services": "nothing"}, "inte hos den som tar emot"),
        ({"purpose": ""}, 'role="alert"'),
        ({"valid_until": "2020-01-01"}, "inte att läsa"),
        ({"review": ""}, ""),
        ({"name_sv": "a\x00b"}, "<title>ab"),
        ({"unknown": "x"}, 'role="alert"'),
    ],
)
def test_a_draft_that_will_not_do_says_why(ours, changes, wrong):
    assert wrong in drafted(ours, **changes).text


def test_several_parties_give_and_receive_the_same_details(console, ours):
    drafted(ours, giver=f"{OTHER} {MEMBER}", receiver=f"{MEMBER}, {OTHER[:6]}-{OTHER[6:]}", services="rp rp2")

    (version,) = console.world.store.register_entry("agreement", "A-20").content["versions"]
    assert {each["org"]: set(each["role"]) for each in version["parties"]} == {
        MEMBER: {"giver", "receiver"},
        OTHER: {"giver", "receiver"},
    }
    rows = {(each["giver"], each["receiver"], each["attribute"]) for each in version["data"]}
    assert rows == {(OTHER, MEMBER, "sn"), (MEMBER, OTHER, "sn")}
    again = ours.get(f"/portal/{MEMBER}/avtal/A-20/andra")
    assert f'value="{OTHER} {MEMBER}"' in again.text
    assert "olika uppgifter" not in again.text


def test_terms_that_the_form_cannot_say_are_told_before_they_are_flattened(console, ours):
    drafted(
        ours, giver=f"{OTHER} {MEMBER}", receiver=f"{MEMBER} {OTHER}", services="rp rp2", attributes=["sn", "givenName"]
    )
    world = console.world
    content = world.store.register_entry("agreement", "A-20").content
    content["versions"][0]["data"].pop()
    world.reapply(world.store.federation_document() | {"agreements": [content], "persons": document()["persons"]})

    assert "olika uppgifter" in ours.get(f"/portal/{MEMBER}/avtal/A-20/andra").text


def test_an_id_is_taken_once(ours):
    drafted(ours)
    assert "upptagen" in drafted(ours).text


def test_only_a_party_drafts_and_sees(console, ours, theirs):
    drafted(ours)
    console.world.reapply(console.world.store.federation_document() | {"persons": document()["persons"]})
    third = console.browser("eva", (OTHER, Role.READER))
    assert third.get(f"/portal/{OTHER}/avtal/A-20").status == 200
    assert "Skriv under" not in third.get(f"/portal/{OTHER}/avtal/A-20").text


def test_what_is_not_offered_is_not_done(ours, theirs):
    drafted(ours)
    for act in ("leave", "left", "resume", "suspend", "review", "sign", "", "x"):
        page = done(ours, MEMBER, act, stop_reason="x")
        assert "går inte att göra nu" in page.text


def test_the_list_and_the_first_page_tell_what_waits(console, ours, theirs):
    drafted(ours)
    for browser, org in ((ours, MEMBER), (theirs, OTHER)):
        done(browser, org, "confirm", **CONTACT)
    console.world.app.snapshots.refresh()
    page = theirs.get(f"/portal/{OTHER}/avtal")
    assert "Efternamn till Exempel" in page.text
    assert "En underskrift saknas" in page.text
    assert "En underskrift saknas" in theirs.get(f"/portal/{OTHER}").text


def test_a_login_below_level_three_signs_nothing(console, ours):
    drafted(ours)
    weak = console.world.browser()
    page = console.sign_on("anna", f"/portal/{MEMBER}/avtal/A-20", level=LEVEL2, browser=weak)
    assert page.get(f"/portal/{MEMBER}/avtal/A-20").page != "M8-card"


def test_the_parties_are_told_by_mail_in_the_commit_of_the_act(worlds):
    mail = {"smtp_host": "127.0.0.1", "smtp_security": "none", "mail_from": "tillit@login.example.se"}
    console = consoles(worlds, document(services=[service("rp")], agreements=[]), **mail)
    ours, theirs = console.browser("anna", (MEMBER, Role.OWNER)), console.browser("carl", (OTHER, Role.OWNER))
    agreed(ours, theirs)
    done(theirs, OTHER, "suspend", stop_reason="Intrång hos oss")
    told = [(e["act"], e["org"]) for e in console.world.events("notice.agreement")]
    assert [each for each in told if each[0] != "drafted"] == [
        ("signed", OTHER), ("signed", MEMBER), ("suspended", OTHER), ("suspended", MEMBER),
    ]  # fmt: skip
    assert all("Intrång" not in mail.text for mail in console.world.store.mails_due(50))
