"""The portal and the console in a real Chromium, from the login to what is done there, without scripts and on a narrow screen."""

import socket
import threading
from collections.abc import Iterator
from wsgiref.simple_server import make_server

import pytest
from playwright.sync_api import Browser, Page, expect

from broker.web.console.routes import CONSOLE
from tests.browser.test_pages import NARROW, faults, sideways
from tests.support.chromium import chromium, looking
from tests.support.console import Console, consoles
from tests.support.gallery import _Silent, _Threaded
from tests.support.world import MEMBER, Worlds
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]


@pytest.fixture(scope="module")
def console(lasting_worlds: Worlds) -> Iterator[Console]:
    """A broker at a port of its own, with an operator and an owner."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = consoles(lasting_worlds, base_url=f"http://127.0.0.1:{port}")
    made.grant("dora", (FEDERATION, Role.OPERATOR))
    made.grant("anna", (MEMBER, Role.OWNER))
    with make_server("127.0.0.1", port, made.world.app, _Threaded, _Silent) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join(timeout=5)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def log_in(page: Page, console: Console, path: str, name: str) -> None:
    """Open a page as a persona who is not logged in."""
    page.goto(f"{console.world.base}{path}")
    page.fill("#username", name)
    page.locator("main button.first").click()


def mark(page: Page) -> str:
    return page.locator("body").get_attribute("data-page") or ""


def test_every_page_of_an_operator_and_of_an_owner_is_accessible_as_it_is_served(browser: Browser, console: Console):
    wrong: dict[str, object] = {}
    for name, area in (("dora", "/admin"), ("anna", f"/portal/{MEMBER}")):
        with looking(browser, *NARROW, locale="sv-SE") as page:
            log_in(page, console, area, name)
            for row in CONSOLE:
                if row.method == "GET" and row.tab and not row.parts and not row.step_up:
                    address = f"{console.world.base}{row.rule.replace('<org>', MEMBER)}"
                    if "html" not in page.request.get(address).headers["content-type"]:
                        continue  # a file to save
                    page.goto(address)
                    found = [*faults(page), *(["sideways scroll"] if sideways(page) > 0 else [])]
                    if found:
                        wrong[f"{name} {row.rule}"] = found
            assert not page.refused
    assert not wrong


def test_somebody_is_invited_and_takes_the_role_without_scripts(browser: Browser, console: Console):
    with (
        looking(browser, java_script_enabled=False, locale="sv-SE") as page,
        looking(browser, java_script_enabled=False, locale="sv-SE") as other,
    ):
        log_in(page, console, f"/portal/{MEMBER}/personer", "anna")
        page.get_by_label("Roll").select_option("technical")
        page.get_by_role("button", name="Skapa länk").click()
        assert mark(page) == "invited"

        link = page.locator(".code.box").inner_text()
        log_in(other, console, link.removeprefix(console.world.base), "carl")
        other.get_by_role("button", name="Ta rollen").click()

        assert mark(other) == "M1"
        expect(other.get_by_role("status").first).to_have_text("Du har rollen nu.")
        page.goto(f"{console.world.base}/portal/{MEMBER}/personer")
        expect(page.get_by_role("row", name="Carl Andersson")).to_be_visible()


def test_what_was_typed_is_sent_after_the_person_has_identified_again(browser: Browser, console: Console):
    with looking(browser, locale="sv-SE") as page:
        log_in(page, console, "/admin/personer", "dora")
        page.get_by_label("Roll").select_option("reader")
        console.world.clock.now += 5 * 60 + 1
        page.get_by_role("button", name="Skapa länk").click()
        page.fill("#username", "dora")
        page.locator("main button.first").click()
        assert mark(page) == "held"

        page.get_by_role("button", name="Skicka nu").click()

        assert mark(page) == "invited"
        assert not page.refused


def test_the_language_is_changed_on_the_page_and_logging_out_ends_it(browser: Browser, console: Console):
    with looking(browser, locale="sv-SE") as page:
        log_in(page, console, f"/portal/{MEMBER}", "anna")
        page.get_by_role("link", name="English").click()
        expect(page.get_by_role("heading", name="To do")).to_be_visible()

        page.get_by_role("link", name="Log out").click()
        page.locator("main button.first").click()
        page.goto(f"{console.world.base}/portal/{MEMBER}")

        assert mark(page) == "test"


def test_the_tabs_are_walked_with_the_keyboard_and_the_fault_of_a_form_gets_the_focus(
    browser: Browser, console: Console
):
    with looking(browser, locale="sv-SE") as page:
        log_in(page, console, "/admin/register?vid=nonsense", "dora")
        assert page.evaluate("() => document.activeElement.id") == "wrong"

        page.goto(f"{console.world.base}/admin")
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("() => document.activeElement.getAttribute('href')") == "/admin/register":
                break
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/register")
