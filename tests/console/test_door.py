"""Opening the portal and the console: who is let in, for how long, and what becomes of what was typed."""

from urllib.parse import urlsplit

import pytest

from tests.support.console import OTHER, Console, answered, consoles, operator, owner
from tests.support.world import LEVEL2, LEVEL3, LEVEL4, MEMBER, Worlds
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]


@pytest.fixture
def console(worlds: Worlds) -> Console:
    return consoles(worlds)


def test_whoever_opens_the_portal_logs_in_first_and_comes_to_the_page_that_was_asked_for(console: Console):
    console.grant("anna", (MEMBER, Role.OWNER))
    browser = console.world.browser()

    sent = browser.get(f"/portal/{MEMBER}?q=x")
    page = answered(browser, sent)

    assert sent.status == 303
    assert sent.location.startswith("/login/")
    assert (page.status, page.page) == (200, "M1")
    assert 'value="x"' in page.text


def test_the_portal_goes_on_to_the_one_organisation_of_the_person(console: Console):
    browser = owner(console)

    assert browser.get("/portal").location == f"/portal/{MEMBER}"


def test_who_has_a_role_in_two_organisations_chooses(console: Console):
    browser = console.browser("anna", (MEMBER, Role.OWNER), (OTHER, Role.READER))

    page = browser.get("/portal")

    assert page.page == "M0"
    assert f'href="/portal/{MEMBER}"' in page.text
    assert f'href="/portal/{OTHER}"' in page.text


@pytest.mark.parametrize("path", ["/portal", "/admin"])
def test_who_has_no_role_is_told_so(console: Console, path: str):
    browser = console.world.browser()
    page = answered(browser, browser.get(path), "carl")

    assert (page.status, page.page) == (403, "no-role")


@pytest.mark.spec("AD", "04")
def test_a_sign_on_of_level_2_does_not_open_the_portal(console: Console):
    console.grant("anna", (MEMBER, Role.OWNER))
    browser = console.world.browser()
    console.world.code(browser, acr_values=LEVEL2, login_hint=f"test:anna;loa={LEVEL2}")

    sent = browser.get(f"/portal/{MEMBER}")

    assert sent.status == 303
    assert answered(browser, sent).page == "M1"


@pytest.mark.spec("AD", "04")
@pytest.mark.parametrize("level", [LEVEL3, LEVEL4])
def test_a_sign_on_of_level_3_at_a_service_opens_the_portal(console: Console, level: str):
    console.grant("anna", (MEMBER, Role.OWNER))
    browser = console.sign_on("anna", level=level)

    assert browser.get(f"/portal/{MEMBER}").page == "M1"


@pytest.mark.spec("AD", "04")
def test_a_quarter_of_an_hour_without_use_ends_it_and_use_keeps_it(console: Console):
    browser = owner(console)
    for _ in range(3):
        console.world.clock.now += 14 * 60
        assert browser.get(f"/portal/{MEMBER}").page == "M1"
    console.world.clock.now += 15 * 60 + 1

    assert browser.get(f"/portal/{MEMBER}").status == 303


@pytest.mark.spec("AD", "04")
def test_a_sign_on_that_ends_sooner_ends_here_too_and_the_page_says_when(worlds: Worlds):
    console = consoles(worlds, sign_on_idle=5 * 60)
    browser = owner(console)

    assert "Efter 5 minuter" in browser.get(f"/portal/{MEMBER}").text
    console.world.clock.now += 5 * 60 + 1
    assert browser.get(f"/portal/{MEMBER}").status == 303


@pytest.mark.spec("AD", "04")
def test_a_sign_on_that_lasts_for_days_opens_the_pages_for_eight_hours(worlds: Worlds):
    console = consoles(worlds, sign_on_absolute=7 * 86_400)
    browser = owner(console)
    for _ in range(8 * 6):
        console.world.clock.now += 10 * 60
        assert browser.get(f"/portal/{MEMBER}").page == "M1"
    console.world.clock.now += 60

    assert browser.get(f"/portal/{MEMBER}").status == 303


@pytest.mark.spec("AD", "04")
def test_after_the_absolute_time_of_the_sign_on_the_person_logs_in_again(console: Console):
    browser = owner(console)
    for _ in range(6):
        console.world.clock.now += 10 * 60
        browser.get(f"/portal/{MEMBER}")
    console.world.clock.now += 60

    sent = browser.get(f"/portal/{MEMBER}")

    assert sent.status == 303
    assert answered(browser, sent).page == "M1"


def test_logging_out_ends_it(console: Console):
    browser = owner(console)

    browser.post(*browser.get("/login/logga-ut").fields())

    assert browser.get(f"/portal/{MEMBER}").status == 303


def test_a_person_who_turns_back_comes_to_the_start_page(console: Console):
    browser = console.world.browser()
    page = browser.follow(browser.get("/portal"))

    left = browser.post(*page.form("/avbryt"))

    assert urlsplit(left.location).path == "/"


def test_a_role_that_has_run_out_opens_nothing(console: Console):
    console.grant("anna", (MEMBER, Role.OWNER), until=console.world.clock.now + 60)
    browser = console.sign_on("anna")
    assert browser.get(f"/portal/{MEMBER}").status == 200

    console.world.clock.now += 60

    assert browser.get(f"/portal/{MEMBER}").status == 404


def test_an_operator_may_look_at_every_members_portal_and_a_member_not_at_the_console(console: Console):
    assert operator(console).get(f"/portal/{OTHER}").page == "M1"
    assert owner(console).get("/admin").page == "no-role"
    assert console.browser("eva", (FEDERATION, Role.READER)).get("/admin").page == "O1"


def test_the_login_is_on_record_with_the_decision(console: Console):
    owner(console)

    (event,) = console.world.events("own.pages-opened")
    assert event["service"] == "tillit"
    assert event["person"] == console.person("anna")
    assert event["decision"] == "Released"


@pytest.mark.parametrize("path", [f"/portal/{MEMBER}/../../oidc/logout", f"/portal/{MEMBER}//evil.example"])
def test_what_is_no_page_of_ours_is_not_found(console: Console, path: str):
    assert console.world.browser().get(path).status == 404


def test_an_address_too_long_to_come_back_to_leads_to_the_first_page(console: Console):
    browser = console.world.browser()
    console.grant("anna", (MEMBER, Role.OWNER))

    page = answered(browser, browser.get(f"/portal/{MEMBER}?q={'x' * 3000}"))

    assert page.page == "M1"
    assert "xxxx" not in page.text
