"""Whole logins in a real Chromium, against the whole demo over https: cards, phones, other sites' forms, no scripts, keys alone.

The broker is at `localhost`, everything else at `127.0.0.1`: different sites, so cookies are as in life. Pictures of every
page on the way are left in `build/screenshots/flow`.
"""

import time
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from broker.demo.people import COMMISSION_CLINIC
from broker.demo.places import Places
from broker.demo.starter import tillit
from tests.support import flow
from tests.support.chromium import picture
from tests.support.demo import Home, demo, watched
from tests.support.flow import on_page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("flow"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots" / "flow"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"narrow": (320, 640), "wide": (1280, 800)}
ADD_STYLE = """url => {
    const added = document.createElement('link');
    added.rel = 'stylesheet';
    added.href = url;
    document.head.append(added);
}"""
SEEN_FOCUS = """() => {
    const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
    return {
        text: (at.innerText || at.value || at.closest('label')?.innerText || '').trim(),
        outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
        inside: box.bottom > 0 && box.top < innerHeight,
        tag: at.tagName,
    };
}"""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    with demo(tmp_path_factory.mktemp("flow") / "demo") as running:
        yield running


@pytest.fixture(scope="module")
def home(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("home"), places)
    made.load_card("tolvan")
    with made:
        yield made


@pytest.fixture
def context(home: Home, places: Places) -> Iterator[BrowserContext]:
    """The browser with scripts, its cookies forgotten. At the end, no page may have done what none may do."""
    yield from _clean(home.browser("scripts"), places)


@pytest.fixture
def still(home: Home, places: Places) -> Iterator[BrowserContext]:
    """The same without scripts."""
    yield from _clean(home.browser("still", java_script_enabled=False), places)


def _clean(context: BrowserContext, places: Places) -> Iterator[BrowserContext]:
    context.clear_cookies()
    context.clear_permissions()
    wrong = watched(context, places)
    yield context
    for page in context.pages[1:]:
        page.close()
    assert wrong == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def test_a_card_logs_in_over_mutual_tls_and_the_next_service_asks_nothing(page: Page, places: Places):
    flow.start_saml(page, places)
    flow.choose(page, "card")
    flow.use_card(page)
    assert "Tolvan Tolvansson" in flow.logged_in(page)
    flow.start_oidc(page, places)
    assert flow.TOLVAN in flow.logged_in(page)


def test_a_mobile_login_reads_the_animated_code_off_the_page_in_another_tab(page: Page, places: Places):
    flow.start_oidc(page, places)
    flow.choose(page, "bankid:elsewhere")
    on_page(page, "U2")
    flow.scan_and_approve(page, places)
    assert "Tolvan Tolvansson" in flow.logged_in(page)


def test_a_mobile_login_on_the_same_device_comes_back_to_one_of_its_tabs_and_the_other_says_so(
    page: Page, places: Places
):
    flow.start_oidc(page, places)
    flow.choose(page, "bankid:here")
    on_page(page, "U3")
    phone = page.context.new_page()
    flow.open_app(page, phone)
    flow.approve(phone)
    there, other = flow.first_logged_in(page, phone)
    assert "Tolvan Tolvansson" in flow.logged_in(there)
    on_page(other, "U3", "U10")
    assert other.locator("body").get_attribute("data-cause") in {None, "login-used"}


def cookie_sent(page: Page, places: Places, *, from_within: str) -> bool:
    """Whether a service's cookie that asks to go everywhere goes along when a page asks the service for its style."""
    cookie = {"name": "probe", "value": "1", "url": places.oidc_service, "secure": True, "sameSite": "None"}
    page.context.add_cookies([cookie])
    page.context.grant_permissions(["local-network-access"])
    page.context.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})
    page.goto(f"{from_within}/")
    with page.expect_response(f"{places.oidc_service}/style.css?probe") as answer:
        page.evaluate(ADD_STYLE, f"{places.oidc_service}/style.css?probe")
    return "probe=1" in answer.value.request.all_headers().get("cookie", "")


def test_forms_from_other_sites_find_the_browser_they_belong_to_with_third_party_cookies_blocked(
    page: Page, context: BrowserContext, places: Places
):
    probe = context.new_page()
    assert cookie_sent(probe, places, from_within=places.oidc_service)
    assert not cookie_sent(probe, places, from_within=places.broker)
    flow.start_saml_by_post(page, places)
    flow.choose(page, "region-idp")
    flow.log_in_upstream(page)
    assert "Tolvan Tolvansson" in flow.logged_in(page)
    assert page.url.startswith(places.saml_service)


def test_an_upstream_openid_provider_sends_the_person_back_to_where_they_were_going(page: Page, places: Places):
    flow.start_saml(page, places)
    flow.choose(page, "bolaget-op")
    flow.log_in_upstream(page, "cecilia")
    assert "Cecilia Testlund" in flow.logged_in(page)


def test_without_scripts_a_card_logs_in(still: BrowserContext, places: Places):
    page = still.new_page()
    flow.start_saml(page, places)
    flow.choose(page, "card")
    flow.use_card(page)
    on_page(page, "U9")
    page.locator("#return button").click()
    assert "Tolvan Tolvansson" in flow.logged_in(page)


def test_without_scripts_the_code_is_drawn_in_a_frame_and_a_button_goes_on(still: BrowserContext, places: Places):
    page = still.new_page()
    flow.start_oidc(page, places)
    flow.choose(page, "bankid:elsewhere")
    on_page(page, "U2")
    flow.scan_and_approve(page, places)
    for _ in range(10):  # the phone is asked every other second at most
        page.locator("main .ways a.first").click()
        if page.locator('body[data-page="U2"]').count() == 0:
            break
        page.wait_for_timeout(1000)
    assert "Tolvan Tolvansson" in flow.logged_in(page)


def test_without_scripts_forms_of_other_sites_are_pressed_by_hand(still: BrowserContext, places: Places):
    page = still.new_page()
    flow.start_saml_by_post(page, places)
    flow.choose(page, "region-idp")
    flow.log_in_upstream(page)
    page.locator("form button").click()
    on_page(page, "U9")
    page.locator("#return button").click()
    assert "Tolvan Tolvansson" in flow.logged_in(page)


def test_an_address_of_any_step_opens_nothing_in_another_browser_and_the_first_goes_on(
    page: Page, still: BrowserContext, places: Places
):
    flow.start_saml(page, places, who="staff")
    cannot_open(still, page.url)
    flow.choose(page, "card")
    on_page(page, "U4")
    cannot_open(still, page.url)
    flow.use_card(page)
    on_page(page, "U5")
    cannot_open(still, page.url)
    page.locator("input[name=commission]").first.check()
    page.locator("main form button").first.click()
    assert "Tolvan Tolvansson" in flow.logged_in(page)


def cannot_open(another: BrowserContext, url: str) -> None:
    """Neither with nothing, nor with a cookie of one's own."""
    stranger = another.new_page()
    for _ in range(2):
        stranger.goto(url)
        on_page(stranger, "U10")
        assert stranger.locator("body").get_attribute("data-cause") in {"other-browser", "cookies-off"}
    stranger.close()


def test_the_one_cookie_is_bound_to_the_host_and_its_sign_on_is_new_after_identification(page: Page, places: Places):
    flow.start_saml(page, places)
    before = broker_cookie(page, places)
    flow.choose(page, "card")
    flow.use_card(page)
    flow.logged_in(page)
    first = broker_cookie(page, places)
    flow.start_saml(page, places, force="1")
    flow.choose(page, "card")
    flow.use_card(page)
    flow.logged_in(page)
    second = broker_cookie(page, places)
    assert (before["name"], before["path"], before["domain"]) == ("__Host-tillit", "/", "localhost")
    assert (before["secure"], before["httpOnly"], before["sameSite"]) == (True, True, "Lax")
    handles = [cookie["value"].partition(".")[2] for cookie in (before, first, second)]
    assert handles[0] == ""
    assert len({*handles}) == 3


def broker_cookie(page: Page, places: Places) -> Any:
    (found,) = page.context.cookies(places.broker)
    return found


def test_keys_alone_take_a_person_from_the_service_through_card_and_commission_and_back(page: Page, places: Places):
    page.goto(f"{places.saml_service}/")
    press(page, lambda at: at["text"] in {"Logga in som personal, i ett uppdrag", "Log in as staff, in an assignment"})
    on_page(page, "U1")
    press(page, lambda at: at["tag"] == "BUTTON" and at["text"] in {"Tjänstekort", "Staff card"})
    on_page(page, "U4")
    press(page, lambda at: at["text"] in {"Fortsätt", "Continue"})
    on_page(page, "U5")
    page.screenshot(path=shot("commission-before-keys"))
    press(page, lambda at: at["tag"] == "INPUT", key="Space")
    press(page, lambda at: at["tag"] == "BUTTON" and at["text"] in {"Fortsätt", "Continue"})
    assert COMMISSION_CLINIC in flow.logged_in(page) or "Administration" in flow.logged_in(page)


def press(page: Page, wanted: Callable[[dict], bool], key: str = "Enter") -> None:
    """Go on with Tab until what is wanted has focus, and press it. Focus is seen all the way."""
    for _ in range(30):
        page.keyboard.press("Tab")
        at = page.evaluate(SEEN_FOCUS)
        if at["tag"] == "BODY":
            continue
        assert at["outline"] >= 2, f"focus is not seen at {at}"
        assert at["inside"], f"focus is out of sight at {at}"
        if wanted(at):
            page.keyboard.press(key)
            return
    pytest.fail("not reached with Tab")


def shot(name: str) -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS / f"{name}.png"


# --- every page on the way, looked at


class Looker:
    """Looks at a page in both themes and both widths: axe, sideways scroll, a picture."""

    def __init__(self, page: Page, language: str) -> None:
        self.page, self.language = page, language
        self.wrong: dict[str, list[str]] = {}

    def look(self, name: str) -> None:
        assert self.page.locator("html").get_attribute("lang") == self.language
        for theme in ("light", "dark"):
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            for size, (width, height) in SIZES.items():
                self.page.set_viewport_size({"width": width, "height": height})
                key = f"{name}-{self.language}-{theme}-{size}"
                picture(self.page, shot(key))
                if found := [*self._faults(), *self._sideways()]:
                    self.wrong[key] = found

    def _faults(self) -> list[str]:
        found = Axe().run(
            self.page, options={"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
        )
        return [f"{v['id']}: {[node['html'] for node in v['nodes']]}" for v in found.response["violations"]]

    def _sideways(self) -> list[str]:
        measure = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return ["sideways scroll"] if self.page.evaluate(measure) > 0 else []


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_of_the_way_is_accessible_in_both_themes_and_widths(page: Page, places: Places, language: str):
    page.context.set_extra_http_headers({"Accept-Language": language})
    looker = Looker(page, language)
    look_at_a_staff_login(looker, page, places)
    look_at_phones(looker, page, places)
    look_at_questions_and_errors(looker, page, places)
    look_at_leaving(looker, page, places)
    page.context.set_extra_http_headers({})
    assert looker.wrong == {}


def look_at_a_staff_login(looker: Looker, page: Page, places: Places) -> None:
    page.route("**/static/return.*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    flow.start_saml(page, places, who="staff")
    on_page(page, "U1")
    looker.look("u1-choose")
    flow.choose(page, "card")
    on_page(page, "U4")
    looker.look("u4-card")
    flow.use_card(page)
    on_page(page, "U5")
    looker.look("u5-commission")
    page.locator("input[name=commission]").first.check()
    page.locator("main form button").first.click()
    on_page(page, "U9")
    looker.look("u9-return")
    page.unroute("**/static/return.*")


def look_at_phones(looker: Looker, page: Page, places: Places) -> None:
    page.context.clear_cookies()
    flow.start_oidc(page, places)
    flow.choose(page, "bankid:elsewhere")
    on_page(page, "U2")
    flow.qr_text(page)
    looker.look("u2-scan")
    page.locator("form[action*='annat'] button").click()
    flow.choose(page, "bankid:here")
    on_page(page, "U3")
    looker.look("u3-open-app")


def look_at_questions_and_errors(looker: Looker, page: Page, places: Places) -> None:
    page.context.clear_cookies()
    flow.start_oidc(page, places, "survey")
    flow.choose(page, "card")
    flow.use_card(page)
    on_page(page, "U7")
    looker.look("u7-consent")
    flow.start_oidc(page, places, "vault")
    on_page(page, "U8", "U4")
    looker.look("u8-or-u4-step-up")
    page.goto(f"{places.broker}/login/not-a-login")
    on_page(page, "U10")
    looker.look("u10-bookmarked")
    page.goto(f"{places.broker}/oidc/authorize?client_id=nobody")
    on_page(page, "U10")
    looker.look("u10-unknown-client")


def look_at_leaving(looker: Looker, page: Page, places: Places) -> None:
    for path, name in (("/oidc/logout", "u12-ask"), ("/tillganglighet", "accessibility"), ("/", "start")):
        page.goto(f"{places.broker}{path}")
        looker.look(name)


# --- hostile words in the register

POLYGLOT = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}"
TEXTS = {"name", "displayName", "givenName", "sn", "title", "o", "commissionName", "commissionPurpose"} | {
    "healthCareProviderName",
    "healthCareUnitName",
}


def test_every_text_of_the_register_is_shown_as_text(page: Page, places: Places):
    hostile = places.folder / "hostile.yaml"
    metadata = places.folder / "metadata" / "hostile.xml"
    metadata.write_text(poisoned_metadata(places.metadata("saml-service").read_text()))
    document = poisoned(yaml.safe_load(places.federation.read_text()))
    record = next(service for service in document["services"] if service["id"] == "journal")
    record["saml"]["metadata"] = "metadata/hostile.xml"
    del record["name"]
    hostile.write_text(yaml.safe_dump(document, allow_unicode=True))
    apply(places, hostile)
    try:
        shows_as_text(page, places)
    finally:
        apply(places, places.federation)


def poisoned(value: Any, key: str = "") -> Any:
    """The federation file with a payload after every text that a page may show."""
    if isinstance(value, dict) and key != "attributes":
        return {name: poisoned(inner, name if key not in TEXTS else key) for name, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, key) for inner in value]
    return f"{value} {POLYGLOT}" if key in TEXTS else value


def poisoned_metadata(xml: str) -> str:
    for word in ("Journalen för personal", "The record for staff", "Journalen", "The record", "Region Exempel"):
        xml = xml.replace(f">{word}<", f">{word} {escape(POLYGLOT)}<")
    return xml


def apply(places: Places, file: Path) -> None:
    """A new version of the register; a running broker has it within two seconds."""
    done = tillit(places, "apply", str(file))
    assert done.returncode == 0, done.stderr
    time.sleep(2.5)


def shows_as_text(page: Page, places: Places) -> None:
    flow.start_saml(page, places, who="staff")
    shown = page.locator("main").inner_text()
    assert shown.count(POLYGLOT) >= 4, shown
    picture(page, shot("hostile-u1"))
    for press_on, mark in ((lambda: flow.choose(page, "card"), "U4"), (lambda: flow.use_card(page), "U5")):
        press_on()
        on_page(page, mark)
        assert POLYGLOT in page.locator("body").inner_text()
        picture(page, shot(f"hostile-{mark.lower()}"))
    page.locator("input[name=commission]").first.check()
    page.locator("main form button").first.click()
    assert POLYGLOT in flow.logged_in(page)
    flow.start_oidc(page, places, "survey")
    on_page(page, "U7")
    assert page.locator("main").inner_text().count(POLYGLOT) >= 3
    picture(page, shot("hostile-u7"))
    page.goto(f"{places.broker}/")
    assert page.locator("body").inner_text().count(POLYGLOT) >= 5
    assert page.locator("script:not([src]), img[src=x]").count() == 0
