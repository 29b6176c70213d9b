"""My page, from outside: whom it is about, logins, consents, representatives, settings and the copy of everything."""

import html
import json
import re

import pytest

from broker.web.console.mine.routes import ROWS
from broker.web.console.row import Row
from tests.support import care_values as a
from tests.support.console import answered
from tests.support.mine_world import TIM, Family, family, family_of, representation
from tests.support.world import LEVEL2, LEVEL3, Answer, Browser
from trust_framework.care import Period
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]

MINE = "/min-sida"


@pytest.fixture(scope="module")
def shared(lasting_worlds) -> Family:
    """A family that nobody changes."""
    return family_of(lasting_worlds)


@pytest.fixture(scope="module")
def anna(shared: Family) -> Browser:
    return shared.open()


@pytest.fixture
def home(worlds) -> Family:
    """A family of one test."""
    return family_of(worlds)


def said(answer: Answer) -> str:
    """The words of a page, on one line."""
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


def press(browser: Browser, page: Answer, action: str = "", **fields: str) -> Answer:
    """Send the first form whose action contains this, and follow."""
    return browser.follow(browser.post(*page.form(action, **fields)))


# --- the door ------------------------------------------------------------------------------------------------------------


def test_level_2_opens_my_page_and_care_asks_for_level_3(home: Family):
    browser = home.open(level=LEVEL2)
    assert browser.get(MINE).page == "U11"
    assert browser.get(f"{MINE}/inloggningar").page == "U11-logins"
    assert "högre säkerhet" in said(browser.get(MINE))
    for part in ("/sparrar", "/atkomst", "/samtycken/vard", f"/for/{home.about('alva')}"):
        assert browser.get(f"{MINE}{part}").status == 303
    page = answered(browser, browser.get(f"{MINE}/sparrar"), "anna", LEVEL3)
    assert page.page == "U11-blocks"


def test_level_2_shows_nothing_of_care_on_the_overview(home: Family):
    home.emergency()
    assert "nödsituation" not in said(home.open(level=LEVEL2).get(MINE))
    assert "nödsituation" in said(home.open(level=LEVEL3).get(MINE))


def test_the_copy_of_everything_asks_who_it_is_again(home: Family):
    browser = home.open()
    home.world.clock.now += 6 * 60
    assert browser.get(f"{MINE}/mina-uppgifter").status == 303
    assert browser.get(f"{MINE}/mina-uppgifter.json").status == 303
    assert browser.get(f"{MINE}/inloggningar").status == 200


WITH_PARTS = [row for row in ROWS if row.parts]


@pytest.fixture(scope="module")
def others(shared: Family) -> dict[str, str]:
    """Things that are there, and are another's."""
    shared.open("eva")
    mine = next(e["reference"] for e in shared.world.events("own.pages-opened") if e["person"] == shared.person("eva"))
    return {
        "reference": mine,
        "service": "rp",
        "representation": shared.about("alva"),
        "about": next(r.id for r in shared.store.representations_of(shared.person("eva"))),
        "consent": shared.consent("bo"),
        "block": shared.block("bo"),
        "request": "none",
        "entry": shared.accessed("bo"),
    }


@pytest.mark.spec("FR", "04")
@pytest.mark.parametrize("row", WITH_PARTS, ids=lambda row: f"{row.method} {row.rule}")
def test_what_is_another_person_s_looks_missing_in_every_route(row: Row, shared: Family, others, carl: Browser):
    def asked(fill: dict[str, str]) -> Answer:
        path = re.sub(r"<(\w+)>", lambda part: fill[part[1]], row.rule)
        if row.method == "GET":
            return carl.get(path)
        csrf = re.search(r'name="csrf" value="([^"]+)"', carl.get(f"{MINE}/logga-ut").text)[1]
        return carl.post(path, {"csrf": csrf})

    theirs, never = asked(others), asked(dict.fromkeys(others, "never-was"))
    assert (theirs.status, theirs.cause) == (never.status, never.cause) == (404, "not-found")


@pytest.fixture(scope="module")
def carl(shared: Family) -> Browser:
    return shared.open("carl")


# --- whom it is about -----------------------------------------------------------------------------------------------------


@pytest.mark.spec("1177 Journalen", "age rules")
def test_one_chooses_among_those_whom_one_may_act_for_now(anna: Browser, shared: Family):
    page = anna.get(f"{MINE}/vem")
    assert page.page == "U6"
    words = said(page)
    assert "Mig själv – Anna Andersson" in words
    assert "Mitt barn: Alva Ek, 9 år till och med 2030-04-30" in words
    assert "Med fullmakt: Bo Ek till och med 2027-03-01" in words
    assert "Tim" not in words  # fourteen: neither the guardian nor the child
    assert "Lo" not in words.split()  # protected identity: guardians' access is off


def test_the_choice_leads_to_the_pages_of_that_person(anna: Browser, shared: Family):
    alva = shared.about("alva")
    page = anna.follow(anna.get(f"{MINE}/vem?om={alva}"))
    assert page.page == "U11"
    assert "Sidan gäller Alva Ek. Du är vårdnadshavare, 9 år." in said(page)
    assert f'href="{MINE}/for/{alva}/atkomst"' in page.text
    assert "/inloggningar" not in page.text
    assert anna.follow(anna.get(f"{MINE}/vem?om=jag")).page == "U11"
    assert anna.get(f"{MINE}/vem?om={shared.about('lo')}").page == "U6"


@pytest.mark.parametrize("name", ["tim", "lo"])
def test_a_child_that_one_may_not_act_for_is_missing(name: str, anna: Browser, shared: Family):
    for part in ("", "/sparrar", "/atkomst", "/samtycken/vard"):
        assert anna.get(f"{MINE}/for/{shared.about(name)}{part}").cause == "not-found"


@pytest.mark.spec("Act 2022:913", "guardians cannot block")
def test_a_guardian_reads_and_asks_but_neither_blocks_nor_lifts(anna: Browser, shared: Family):
    alva, block = shared.about("alva"), shared.block("alva")
    page = anna.get(f"{MINE}/for/{alva}/sparrar")
    assert "kan inte spärra ett barns uppgifter" in said(page)
    assert "<form" not in page.text.partition("<main")[2]
    for part in ("/sparrar/ny", f"/sparrar/hav/{block}"):
        assert anna.get(f"{MINE}/for/{alva}{part}").cause == "not-found"


def test_the_representation_of_one_person_shows_nothing_of_another(anna: Browser, shared: Family):
    entry, block = shared.accessed("bo"), shared.block("bo")
    alva, bo = shared.about("alva"), shared.about("bo")
    assert anna.get(f"{MINE}/for/{bo}/atkomst/{entry}").status == 200
    assert anna.get(f"{MINE}/for/{alva}/atkomst/{entry}").cause == "not-found"
    assert anna.get(f"{MINE}/atkomst/{entry}").cause == "not-found"
    assert anna.get(f"{MINE}/for/{bo}/sparrar/hav/{block}").page == "U11-sure"
    assert anna.get(f"{MINE}/sparrar/hav/{block}").cause == "not-found"


def test_a_child_under_sixteen_sees_its_logins_but_not_what_care_holds(home: Family):
    browser = _as_tim(home)
    assert browser.get(MINE).page == "U11"
    assert browser.get(f"{MINE}/inloggningar").page == "U11-logins"
    for part in ("/sparrar", "/atkomst", "/samtycken/vard"):
        page = browser.get(f"{MINE}{part}")
        assert page.page == "U11-closed"
        assert "fyller 16 år" in said(page)
    for part in ("/sparrar/ny", "/mina-uppgifter", "/mina-uppgifter.json"):
        assert browser.get(f"{MINE}{part}").cause == "not-found"


def _as_tim(home: Family) -> Browser:
    browser = home.world.browser()
    assert answered(browser, browser.get(MINE), "tim").page == "U11"
    return browser


def test_a_child_that_was_let_in_before_the_age_may_what_it_was_let(worlds):
    early = representation("R-own", "tim", representative="tim", kind="own", may=["read", "block"])
    whole = family()
    whole["representations"] = [early]
    home = family_of(worlds)
    home.world.reapply(whole)
    browser = _as_tim(home)
    assert browser.get(f"{MINE}/sparrar/ny").page == "U11-block"
    assert browser.get(f"{MINE}/atkomst").page == "U11-access"
    assert browser.get(f"{MINE}/mina-uppgifter").cause == "not-found"


def test_the_ages_are_settings(worlds):
    home = family_of(worlds, guardian_until=15, self_from=14)
    assert "Tim" in said(home.open().get(f"{MINE}/vem"))
    assert _as_tim(home).get(f"{MINE}/atkomst").page == "U11-access"


def test_a_power_that_is_taken_back_ends_at_once(home: Family):
    eva, anna = home.open("eva"), home.open("anna")
    about = home.about("anna", "eva")
    assert eva.get(f"{MINE}/for/{about}/atkomst").status == 200
    page = anna.get(f"{MINE}/ombud")
    assert "Eva Andersson" in said(page)
    sure = anna.get(f"{MINE}/ombud/{about}")
    assert "Återkalla fullmakten för Eva Andersson?" in said(sure)
    done = press(anna, sure, "/ombud/")
    assert "Fullmakten är återkallad." in said(done)
    assert "Återkallad" in said(done)
    assert eva.get(f"{MINE}/for/{about}/atkomst").cause == "not-found"
    assert home.world.events("representation.changed")[-1]["act"] == "revoked"
    assert anna.get(f"{MINE}/ombud/{about}").cause == "not-found"


def test_the_page_of_representatives_tells_no_name_of_somebody_protected(anna: Browser):
    words = said(anna.get(f"{MINE}/ombud"))
    assert "Namnet visas inte" in words
    assert "Lo Ek" not in words
    assert "Uppgifterna är skyddade" in words
    assert "Barnet är för gammalt" in words


def test_a_guardian_with_protected_identity_is_not_named_to_the_child(home: Family):
    people = family()
    for one in people["persons"]:
        if one["id"] == "eva":
            one["protected"] = "true"
    people["representations"] = [{**each, "person": "anna", "representative": "eva", "kind": "guardian"}
                                 for each in people["representations"][:1]]  # fmt: skip
    home.world.reapply(people)
    browser = home.open()
    page = browser.get(f"{MINE}/ombud")
    logins = browser.get(re.search(r'href="([^"]+/inloggningar)"', page.text.partition("<main")[2])[1])
    assert logins.page == "U11-used"
    assert "Namnet visas inte" in said(page)
    for each in (page, logins):
        assert "Eva" not in said(each)


# --- logins ----------------------------------------------------------------------------------------------------------------


def test_own_logins_of_ninety_days_are_listed_with_how_they_went(home: Family):
    home.world.clock.now -= 91 * 86_400
    home.world.code(
        home.world.browser(), "rp", login_hint=f"test:anna;loa={LEVEL3}", redirect_uri="https://rp.example.org/cb"
    )
    home.seal()
    home.world.clock.now += 91 * 86_400
    home.world.code(home.world.browser(), "rp2", login_hint="test:anna", redirect_uri="https://rp2.example.org/cb")
    browser = home.open()
    words = said(browser.get(f"{MINE}/inloggningar"))
    assert "Service rp2" in words
    assert "nivå 2" in words
    assert "Service rp " not in words
    assert "Den här webbläsaren" in words
    home.seal()
    assert "Service rp2" in said(browser.get(f"{MINE}/inloggningar"))


def test_a_login_is_explained_in_the_person_s_own_words(home: Family):
    home.world.code(home.world.browser(), "rp", redirect_uri="https://rp.example.org/cb")
    home.seal()
    browser = home.open()
    reference = home.world.events("oidc.code-issued")[-1]["reference"]
    page = browser.get(f"{MINE}/inloggningar/{reference}")
    words = said(page)
    assert page.page == "U11-login"
    assert "Inloggningen gick bra." in words
    assert "Förnamn lämnad" in words
    assert "Regler" not in words
    assert home.world.events("own.logins-read")[-1]["sought"] == reference


def test_a_service_that_has_left_is_called_what_it_was_called(home: Family):
    home.world.code(home.world.browser(), "rp", redirect_uri="https://rp.example.org/cb")
    whole = family()
    whole["services"], whole["agreements"] = whole["services"][1:], whole["agreements"][1:]
    home.world.reapply(whole)
    assert "rp" in said(home.open().get(f"{MINE}/inloggningar"))


def test_more_logins_than_a_page_are_paged(home: Family):
    for _ in range(3):
        home.world.code(home.world.browser(), "rp", redirect_uri="https://rp.example.org/cb")
    home.seal()
    browser = home.open()
    page = home.store.log_of_person(home.person("anna"), 0, count=2)
    older = browser.get(f"{MINE}/inloggningar?efter={page.before}")
    assert len(set(re.findall(r"/inloggningar/([0-9A-Z]{4}-[0-9A-Z]{4})", older.text))) == 1
    assert f'href="{MINE}/inloggningar"' in older.text
    assert browser.get(f"{MINE}/inloggningar?efter=x").status == 200


def test_one_sign_on_elsewhere_is_ended_and_this_one_stays(home: Family):
    here, there = home.open(), home.open()
    page = here.get(f"{MINE}/inloggningar")
    ends = re.findall(r'href="(/min-sida/logga-ut\?var=[0-9a-f]+)"', page.text)
    assert len(ends) == 2
    other = next(e for e in ends if _row_of(page, e).startswith("En annan"))
    done = press(here, here.get(other), "/logga-ut")
    assert "Du är utloggad där." in said(done)
    assert there.get(MINE).status == 303
    assert here.get(MINE).status == 200


def _row_of(page: Answer, url: str) -> str:
    row = next(part for part in page.text.split("<tr>") if url in part)
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())


def test_logging_out_everywhere_ends_every_sign_on_and_lasting_access(home: Family):
    here, there = home.open(), home.open()
    page = press(here, here.get(f"{MINE}/logga-ut"), "/logga-ut")
    assert page.page == "U12"
    assert there.get(MINE).status == here.get(MINE).status == 303
    assert home.store.sign_ons_of(home.person("anna")) == ()
    assert len(home.world.events("sign-on.ended")) == 2


def test_a_sign_on_of_nobody_is_not_ended(anna: Browser):
    assert anna.get(f"{MINE}/logga-ut?var=0123").cause == "not-found"


def test_a_login_that_was_not_mine_ends_everything_is_recorded_and_told(worlds):
    home = family_of(worlds, contact="incident@federation.example")
    home.world.code(home.world.browser(), "rp", redirect_uri="https://rp.example.org/cb")
    home.seal()
    browser, other = home.open(), home.open()
    reference = home.world.events("oidc.code-issued")[-1]["reference"]
    sure = browser.get(f"{MINE}/inloggningar/{reference}/inte-jag")
    assert "Service rp" in said(sure)
    done = press(browser, sure, "/inte-jag")
    assert done.page == "U11-disowned"
    assert reference in done.text
    event = home.world.events("login.disowned")[-1]
    assert (event["of"], event["service"], bool(event["mail"])) == (reference, "rp", True)
    assert event["ended"] == 3
    assert other.get(MINE).status == browser.get(MINE).status == 303


@pytest.mark.parametrize("contact", ["", "https://federation.example/"])
def test_without_a_mail_address_a_disowned_login_is_kept_in_the_log(contact: str, worlds):
    home = family_of(worlds, contact=contact)
    browser = home.open()
    reference = home.world.events("own.pages-opened")[-1]["reference"]
    done = press(browser, browser.get(f"{MINE}/inloggningar/{reference}/inte-jag"), "/inte-jag")
    assert "Det står nu i loggen." in said(done)
    assert "mail" not in home.world.events("login.disowned")[-1]


# --- consents ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def asking(worlds) -> Family:
    """A family with a service that asks before details go."""
    home = family_of(worlds)
    whole = family()
    whole["services"][0]["consent"] = "ask"
    home.world.reapply(whole)
    return home


def _agree(home: Family, browser: Browser) -> Answer:
    page = browser.follow(
        browser.get(home.world.authorize_url("rp", login_hint=None, redirect_uri="https://rp.example.org/cb"))
    )
    page = answered(browser, page, "anna") if page.page != "U7" else page
    return browser.post(*page.fields(answer="yes"))


def test_a_consent_to_release_is_shown_with_its_details_and_taken_back(asking: Family):
    browser = asking.open()
    assert "code" in browser.follow(_agree(asking, browser)).sent_back
    page = browser.get(f"{MINE}/samtycken")
    assert "Service rp" in said(page)
    assert all(word in said(page) for word in ("De får:", "Förnamn", "Efternamn"))
    sure = browser.get(f"{MINE}/samtycken/tjanst/rp")
    done = press(browser, sure, "/samtycken/")
    assert "Ditt samtycke är tillbakataget." in said(done)
    assert "Du har inte sagt ja till någon tjänst." in said(done)
    assert asking.world.events("consent.withdrawn")[-1]["service"] == "rp"
    again = browser.follow(
        browser.get(asking.world.authorize_url("rp", login_hint=None, redirect_uri="https://rp.example.org/cb"))
    )
    assert again.page == "U7"
    assert browser.get(f"{MINE}/samtycken/tjanst/rp").cause == "not-found"


def test_consents_of_care_are_shown_in_words_and_ended(home: Family):
    now = home.world.clock.now
    id_ = home.consent(period=Period(now - 60, None), employee=a.NURSE)
    home.consent(period=Period(now - 9000, now - 60), unit=a.OTHER_UNIT)
    browser = home.open()
    words = said(browser.get(f"{MINE}/samtycken/vard"))
    assert "Hjärtmottagningen Region Ett · med ett ja · gäller en person där" in words
    assert "tills det avslutas" in words
    assert "avslutat" in words
    assert a.UNIT not in words
    done = press(browser, browser.get(f"{MINE}/samtycken/vard/{id_}"), "/samtycken/vard")
    assert "Samtycket är avslutat." in said(done)
    assert home.store.care_consent(id_)[0].cancelled is not None
    assert browser.get(f"{MINE}/samtycken/vard/{id_}").cause == "not-found"
    assert home.world.events("care.consent-changed")[-1]["act"] == "ended-by-patient"


def test_who_holds_a_power_ends_no_consent_that_it_was_not_given_for(home: Family):
    id_ = home.consent("bo", period=Period(home.world.clock.now - 60, None))
    browser, bo = home.open(), home.about("bo")
    assert "Hjärtmottagningen" in said(browser.get(f"{MINE}/for/{bo}/samtycken/vard"))
    assert browser.get(f"{MINE}/for/{bo}/samtycken/vard/{id_}").cause == "not-found"


# --- settings and the copy of everything ---------------------------------------------------------------------------------------


def test_settings_offer_language_look_and_the_copy(anna: Browser):
    page = anna.get(f"{MINE}/installningar")
    assert "/sprak/en?next=/min-sida/installningar" in html.unescape(page.text)
    assert "/utseende/dark?next=/min-sida/installningar" in html.unescape(page.text)
    assert f"{MINE}/mina-uppgifter.json" in page.text


FACTS = (
    ("visit", {"place": a.UNIT}),
    ("appointment", {"physician": a.DOCTOR, "day": "2026-11-25"}),
    ("secrecy-order", {"order": "1"}),
    ("gone", {}),
)
"""The last two are left out: one is secret, of the other nobody knows any more what it said."""


@pytest.mark.spec("GDPR", "15")
def test_the_copy_holds_everything_and_of_others_no_more_than_the_pages_tell(home: Family):
    home.world.code(home.world.browser(), "rp", redirect_uri="https://rp.example.org/cb")
    now = home.world.clock.now
    home.block(registered=a.act(now))
    home.consent(registered=a.act(now))
    home.relation()
    home.emergency()
    for kind, says in FACTS:
        home.fact(kind, says)
    home.accessed()
    home.accessed(far=True, user_name="Hemliga Namnet")
    home.seal()
    browser = home.open()
    answer = browser.get(f"{MINE}/mina-uppgifter.json")
    told = json.loads(answer.text)
    assert told["format"] == "tillit-own-data/1"
    assert told["person"][0]["personalIdentityNumber"] == ["191212121212"]
    counts = {name: len(things) for name, things in told.items() if isinstance(things, list)}
    assert counts["blocks"] == counts["care_consents"] == counts["care_relations"] == counts["emergency_accesses"] == 1
    assert counts["access_log"] == 2
    assert counts["representations"] == 5
    assert {each["service"] for each in told["logins"]} == {"rp", "tillit-min-sida"}
    assert a.NURSE not in answer.text
    assert "Hemliga Namnet" not in answer.text
    assert TIM not in answer.text
    assert {(fact["kind"], fact.get("day")) for fact in told["care_facts"]} == {
        ("visit", None),
        ("appointment", "2026-11-25"),
    }
    assert a.DOCTOR not in answer.text
    assert home.world.events("own.data-exported")[-1]["form"] == "json"
    page = browser.get(f"{MINE}/mina-uppgifter")
    assert page.page == "U11-data"
    assert "191212121212" in said(page)
    assert home.world.events("own.data-exported")[-1]["form"] == "page"
    assert answer.header("Content-Disposition") == 'attachment; filename="mina-uppgifter.json"'
    assert answer.header("Cache-Control") == "no-store"


def test_the_copy_is_also_for_who_has_a_role_and_an_employment(home: Family):
    home.console.grant("carl", (FEDERATION, Role.OPERATOR))
    told = json.loads(home.open("carl").get(f"{MINE}/mina-uppgifter.json").text)
    assert told["roles"][0]["role"] == "operator"
    assert told["employments"][0]["hsa_id"] == a.NURSE
