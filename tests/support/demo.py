"""The whole demo for tests, and a real Chromium that lives in it: its CA is trusted, a card is loaded.

The browser's home is a folder of its own: NSS databases are the user's, and no test touches that of whoever runs it.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, sync_playwright

from broker.demo.places import CARD_PASSWORD, Places, free_block
from broker.demo.starter import Federation
from tests.support.chromium import ARGUMENTS, CHROMIUM


@contextmanager
def demo(folder: Path) -> Iterator[Places]:
    """Everything of `tillit demo`, running."""
    with Federation(Places(folder, free_block())) as running:
        yield running.places


class Home:
    """A home folder with an NSS database, in which the demo's CA is trusted and cards may be loaded."""

    def __init__(self, folder: Path, places: Places) -> None:
        self.folder, self.places = folder, places
        self._browsers: dict[str, BrowserContext] = {}
        database = folder / ".pki" / "nssdb"
        database.mkdir(parents=True)
        self._database = f"sql:{database}"
        self._nss("certutil", "-N", "--empty-password")
        self._nss("certutil", "-A", "-n", "demo", "-t", "C,,", "-i", str(places.ca))

    def _nss(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [program, "-d", self._database, *arguments], check=True, capture_output=True, timeout=30, cwd=self.folder
        )

    def load_card(self, name: str) -> None:
        """As a person does by hand."""
        self._nss("pk12util", "-W", CARD_PASSWORD, "-i", str(self.places.card(name)))

    def __enter__(self) -> Self:
        self._playwright = sync_playwright().start()
        return self

    def __exit__(self, *_: object) -> None:
        for browser in self._browsers.values():
            browser.close()
        self._playwright.stop()

    def browser(self, name: str, **more: Any) -> BrowserContext:
        """The Chromium of that name, with a profile of its own; started when it is first asked for."""
        if name not in self._browsers:
            self._browsers[name] = self._start(self._profile(name), more)
        return self._browsers[name]

    def _start(self, profile: Path, more: dict[str, Any]) -> BrowserContext:
        environ = {**os.environ, "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder / ".config")}
        started = self._playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=ARGUMENTS, env=environ, **more
        )
        started.set_default_timeout(20_000)
        return started

    def _profile(self, name: str) -> Path:
        """Gives its card to the card listener without asking, as a policy would."""
        profile = self.folder / name
        (profile / "Default").mkdir(parents=True)
        chosen = {f"{self.places.cards},*": {"setting": {"filters": [{}]}}}
        settings = {"profile": {"content_settings": {"exceptions": {"auto_select_certificate": chosen}}}}
        (profile / "Default" / "Preferences").write_text(json.dumps(settings))
        return profile


def _note(message: ConsoleMessage, wrong: list[str]) -> None:
    """An error page has an error status, which the browser tells too; everything else that it tells is wrong."""
    own = message.page is not None and message.location["url"] == message.page.url
    if message.location["url"].endswith("/favicon.ico"):  # asked for once a browser, of services around the broker
        return
    if message.type in {"error", "warning"} and not (own and message.text.startswith("Failed to load resource")):
        wrong.append(f"{message.type}: {message.text} {message.location['url']}")


def watched(context: BrowserContext, places: Places) -> list[str]:
    """What no page may do: break its policy, write errors to the console, open a dialog, ask anybody outside."""
    wrong: list[str] = []
    ours = tuple(f"https://{host}:" for host in ("localhost", "127.0.0.1"))

    def watch(page: Page) -> None:
        page.on("console", lambda message: _note(message, wrong))
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("dialog", lambda d: (wrong.append(f"dialog: {d.message}"), d.dismiss()))
        page.on("request", lambda r: None if r.url.startswith((*ours, "data:")) else wrong.append(f"outside: {r.url}"))

    for page in context.pages:
        watch(page)
    context.on("page", watch)
    return wrong
