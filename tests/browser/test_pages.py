"""The pages in a real browser: accessible, whole on narrow screens, working without scripts, and looked at.

Pictures of every page are left in `build/screenshots/`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.chromium import chromium, looking, picture
from tests.support.gallery import QR_TEXT, Gallery, serving
from tests.support.page_samples import hostile, samples
from tests.support.qr_reader import read_path

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW, WIDE = (320, 568), (1280, 800)
_FEW = [("sv", "light", NARROW), ("sv", "dark", WIDE), ("en", "light", WIDE), ("en", "dark", NARROW)]
_REST = [("sv", "light", WIDE), ("sv", "dark", NARROW), ("en", "light", NARROW), ("en", "dark", WIDE)]
LOOKS = [*_FEW, *(pytest.param(*look, marks=pytest.mark.long) for look in _REST)]
FRAMED = {"u2-frame", "u2-frame-done"}
NAMES = sorted(set(samples()) - FRAMED)
LEAVES = "u9-return"
HOSTILE = {
    "markup": hostile("<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>"),
    "long": hostile("Lång" * 125),
    "bidi": hostile("\u202eevil שלום שלום 👩‍⚕️"),
}
COUNT_CHANGES = """() => {
    window.told = 0;
    const all = {childList: true, characterData: true, subtree: true};
    new MutationObserver(() => window.told++).observe(document.getElementById('status'), all);
}"""
FOCUSED = """() => {
    const at = document.activeElement;
    return [at.innerText, getComputedStyle(at).outlineWidth, at.value || ''];
}"""


@pytest.fixture(scope="module")
def gallery() -> Iterator[tuple[Gallery, str]]:
    shown = Gallery(HOSTILE)
    with serving(shown) as base:
        yield shown, base


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def base(gallery: tuple[Gallery, str]) -> str:
    shown, address = gallery
    shown.asked, shown.go, shown.posted = 0, None, []
    return address


def open_page(page: Page, base: str, name: str, language: str = "sv", theme: str = "light", cast: str = "") -> None:
    page.goto(f"{base}/{language}/{theme}/{name}/{cast}".rstrip("/"))
    if name == "u2-scan" and page.evaluate("() => 'serviceWorker' in navigator"):
        page.wait_for_selector("#qr svg")


def sideways(page: Page) -> int:
    return int(page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def faults(page: Page) -> list[str]:
    """What axe finds, best practice included."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]})
    return [f"{v['id']}: {[node['html'] for node in v['nodes']]}" for v in found.response["violations"]]


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS, ids=str)
def test_every_page_is_accessible_whole_and_photographed(
    browser: Browser, base: str, language: str, theme: str, size: tuple[int, int]
):
    wrong: dict[str, object] = {}
    with looking(browser, *size) as page, looking(browser, *size, java_script_enabled=True) as still:
        still.route("**/return.*.js", lambda route: route.abort())
        for name in NAMES:
            seen = still if name == LEAVES else page
            open_page(seen, base, name, language, theme)
            picture(seen, SCREENSHOTS / f"{name}-{language}-{theme}-{size[0]}.png")
            found = [*faults(seen), *(["sideways scroll"] if sideways(seen) > 0 else [])]
            if found:
                wrong[name] = found
        assert not page.refused
    assert not wrong


def test_the_check_of_accessibility_finds_a_fault_that_is_there(browser: Browser, base: str):
    with looking(browser) as page:
        open_page(page, base, "u1-choose")
        page.evaluate("() => { document.documentElement.lang = ''; document.querySelector('h1').remove(); }")
        assert {fault.split(":")[0] for fault in faults(page)} >= {"html-has-lang", "page-has-heading-one"}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_names_run_nothing_and_break_no_layout(browser: Browser, base: str, kind: str):
    wrong: dict[str, object] = {}
    with looking(browser, *NARROW) as page:
        page.route("**/return.*.js", lambda route: route.abort())
        for name in NAMES:
            open_page(page, base, name, cast=kind)
            picture(page, SCREENSHOTS / f"{name}-hostile-{kind}.png")
            if sideways(page) > 0:
                wrong[name] = sideways(page)
        assert not page.refused
    assert not wrong


def test_every_page_is_whole_at_four_times_its_size_and_with_twice_its_text(browser: Browser, base: str):
    wrong: dict[str, object] = {}
    with looking(browser, *NARROW) as page:
        page.route("**/return.*.js", lambda route: route.abort())
        for name in NAMES:
            open_page(page, base, name)
            page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
            if sideways(page) > 0:
                wrong[name] = sideways(page)
    assert not wrong


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_target_is_large_enough_to_hit(browser: Browser, base: str, theme: str):
    small: dict[str, object] = {}
    measure = """() => [...document.querySelectorAll('button, .button, .method, header a, footer a, summary, input')]
        .filter(e => e.type !== 'hidden' && e.type !== 'checkbox' && e.type !== 'radio' && e.offsetParent)
        .filter(e => e.getBoundingClientRect().height < 43.9).map(e => e.outerHTML.slice(0, 80))"""
    with looking(browser, *NARROW) as page:
        page.route("**/return.*.js", lambda route: route.abort())
        for name in NAMES:
            open_page(page, base, name, theme=theme)
            if found := page.evaluate(measure):
                small[name] = found
    assert not small


def test_the_code_and_its_sentence_fit_a_small_phone(browser: Browser, base: str):
    with looking(browser, *NARROW) as page:
        open_page(page, base, "u2-scan")
        code, line = page.locator("#qr svg").bounding_box(), page.locator("#status").bounding_box()
        assert code["width"] >= 200
        assert line["y"] + line["height"] <= NARROW[1]


def test_the_code_is_drawn_anew_each_second_and_the_sentence_is_left_alone(browser: Browser, gallery, base: str):
    shown, _ = gallery
    with looking(browser) as page:
        open_page(page, base, "u2-scan")
        page.evaluate(COUNT_CHANGES)
        first = page.locator("#qr path.dark").get_attribute("d")
        expect(page.locator("#qr path.dark")).not_to_have_attribute("d", first)
        assert page.evaluate("() => window.told") == 0
        assert page.locator("#status").inner_text() == "Väntar på att du läser av koden …"
        assert shown.asked >= 2
        assert not page.refused


def test_the_code_drawn_by_the_script_reads_back_as_its_text(browser: Browser, base: str):
    text = QR_TEXT.format(7)
    with looking(browser) as page:
        page.route("**/status", lambda route: route.fulfill(json={"text": "x", "qr": text, "go": None}))
        open_page(page, base, "u2-scan")
        assert read_path(page.locator("#qr path.dark").get_attribute("d") or "") == text


def test_when_the_waiting_is_over_the_page_goes_on_by_itself_within_this_site(browser: Browser, gallery, base: str):
    shown, _ = gallery
    with looking(browser) as page:
        open_page(page, base, "u2-scan")
        shown.go = "//elak.example/"
        page.wait_for_timeout(1_500)
        assert page.url.endswith("/u2-scan")
        shown.go = "/sv/light/u1-choose"
        page.wait_for_url("**/u1-choose")


def test_without_scripts_the_code_stands_in_a_frame_and_a_button_goes_on(browser: Browser, gallery, base: str):
    shown, _ = gallery
    with looking(browser, java_script_enabled=False) as page:
        page.goto(f"{base}/sv/light/u2-scan")
        frame = page.frame_locator("iframe")
        expect(frame.locator("svg")).to_be_visible()
        picture(page, SCREENSHOTS / "u2-scan-without-scripts.png")
        page.get_by_role("button", name="Jag är klar").click()
        assert shown.posted == ["/login/4f0c/mobil csrf=b64-of-a-mac"]
        assert not page.refused


def test_without_scripts_a_button_returns_to_the_service(browser: Browser, base: str):
    with looking(browser, java_script_enabled=False) as page:
        page.route("https://prov.example/**", lambda route: route.fulfill(body="the service"))
        open_page(page, base, LEAVES)
        picture(page, SCREENSHOTS / "u9-return-without-scripts.png")
        page.get_by_role("button", name="Fortsätt till Provportalen").click()
        page.wait_for_url("https://prov.example/acs")


def test_with_scripts_the_form_returns_at_once(browser: Browser, base: str):
    with looking(browser) as page:
        page.route("https://prov.example/**", lambda route: route.fulfill(body="the service"))
        page.goto(f"{base}/sv/light/{LEAVES}")
        page.wait_for_url("https://prov.example/acs")


def test_a_method_is_chosen_with_the_keyboard_alone_and_focus_is_always_seen(browser: Browser, gallery, base: str):
    shown, _ = gallery
    with looking(browser) as page:
        open_page(page, base, "u1-choose")
        passed = []
        for _ in range(12):
            page.keyboard.press("Tab")
            seen = page.evaluate(FOCUSED)
            passed.append(seen)
            if seen[2] == "bankid:elsewhere":
                break
        page.screenshot(path=SCREENSHOTS / "u1-focus.png")
        page.keyboard.press("Enter")
        page.wait_for_url("**/login/4f0c")
        assert passed[0][0] == "Hoppa till innehållet"
        assert all(outline == "3px" for _, outline, _ in passed)
        assert shown.posted == ["/login/4f0c csrf=b64-of-a-mac&method=bankid%3Aelsewhere"]


def test_the_buttons_behind_show_more_and_the_tick_belong_to_the_same_form(browser: Browser, gallery, base: str):
    shown, _ = gallery
    with looking(browser, java_script_enabled=False) as page:
        open_page(page, base, "u1-choose")
        page.get_by_label("Kom ihåg mitt val").check()
        page.get_by_role("button", name="SITHS-kort").click()
        open_page(page, base, "u1-many")
        page.get_by_role("button", name="Exempelkommun 11").click()
        assert shown.posted == [
            "/login/4f0c csrf=b64-of-a-mac&method=card&remember=yes",
            "/login/4f0c csrf=b64-of-a-mac&method=idp-11",
        ]


def test_the_reference_is_copied_with_one_press(browser: Browser, base: str):
    with looking(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        open_page(page, base, "u10-level")
        page.get_by_role("button", name="Kopiera").click()
        expect(page.get_by_role("button", name="Kopierad")).to_be_visible()
        assert page.evaluate("() => navigator.clipboard.readText()") == "7K3M-Q9TD"


def test_borders_and_pictures_survive_forced_colours(browser: Browser, base: str):
    with looking(browser, forced_colors="active", reduced_motion="reduce") as page:
        for name in ("u1-choose", "u2-scan", "u5-commission"):
            open_page(page, base, name)
            picture(page, SCREENSHOTS / f"{name}-forced-colours.png")
        assert page.evaluate("() => getComputedStyle(document.querySelector('.radio')).borderTopWidth") == "1px"


def test_the_system_decides_between_light_and_dark_until_the_reader_does(browser: Browser, base: str):
    ground = "() => getComputedStyle(document.body).backgroundColor"
    with looking(browser, color_scheme="dark") as page:
        open_page(page, base, "u1-choose", theme="system")
        assert page.evaluate(ground) == "rgb(20, 23, 28)"
        open_page(page, base, "u1-choose", theme="light")
        assert page.evaluate(ground) == "rgb(255, 255, 255)"
