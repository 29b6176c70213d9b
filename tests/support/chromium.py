"""One headless Chromium for a run of tests, and what pages report while they are looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def chromium(**more: Any) -> Iterator[Browser]:
    """The browser, started once."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, **more)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def looking(browser: Browser, width: int = 1280, height: int = 800, **more: Any) -> Iterator[Page]:
    """A page in a context of its own; `refused` collects what its content security policy stopped."""
    context: BrowserContext = browser.new_context(viewport={"width": width, "height": height}, **more)
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.refused = []  # type: ignore[attr-defined]
    page.on("console", lambda message: _note(page, message.text))
    page.on(
        "dialog", lambda dialog: (_note(page, f"dialog: {dialog.message} Content Security Policy"), dialog.dismiss())
    )
    try:
        yield page
    finally:
        context.close()


def picture(page: Page, path: Path) -> None:
    """A picture of the whole page. Chromium on a busy machine fails at it now and then, for no reason of the page's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        page.screenshot(path=path, full_page=True)
    except Error:
        page.screenshot(path=path, full_page=True)


def _note(page: Any, text: str) -> None:
    if "Content Security Policy" in text or "Trusted Type" in text:
        page.refused.append(text)
