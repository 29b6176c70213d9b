"""The pages of the portal and the console in a real browser: accessible, whole on narrow screens, safe with hostile text."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from broker.exchange import Reply
from tests.browser.test_pages import HOSTILE, NARROW, SCREENSHOTS, WIDE, faults, open_page, sideways
from tests.support.chromium import chromium, looking, picture
from tests.support.console_samples import console_frame, console_samples
from tests.support.gallery import Gallery, serving

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

NAMES = sorted(console_samples())
LOOKS = [
    ("sv", "light", NARROW),
    ("en", "dark", WIDE),
    pytest.param("sv", "dark", WIDE, marks=pytest.mark.long),
    pytest.param("en", "light", NARROW, marks=pytest.mark.long),
]
MEASURE = """() => [...document.querySelectorAll('button, .button, header a, footer a, summary, select, input, textarea')]
    .filter(e => !['hidden', 'checkbox', 'radio'].includes(e.type) && e.offsetParent)
    .filter(e => e.getBoundingClientRect().height < 43.9).map(e => e.outerHTML.slice(0, 80))"""


class ConsoleGallery(Gallery):
    """The samples of the consoles in their frame."""

    def page(self, language: str, theme: str, name: str, cast: str = "") -> Reply:
        players = self.casts[cast]
        around = replace(console_frame(players, language, theme), here=f"/{language}/{theme}/{name}")
        return self.pages.render(console_samples(players)[name], around)


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serving(ConsoleGallery(HOSTILE)) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS, ids=str)
def test_every_page_is_accessible_whole_and_photographed(browser: Browser, base: str, language, theme, size):
    wrong: dict[str, object] = {}
    with looking(browser, *size) as page:
        for name in NAMES:
            open_page(page, base, name, language, theme)
            picture(page, SCREENSHOTS / f"console-{name}-{language}-{theme}-{size[0]}.png")
            found = [*faults(page), *(["sideways scroll"] if sideways(page) > 0 else [])]
            if found:
                wrong[name] = found
        assert not page.refused
    assert not wrong


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_text_runs_nothing_and_breaks_no_layout(browser: Browser, base: str, kind: str):
    wrong: dict[str, object] = {}
    with looking(browser, *NARROW) as page:
        for name in NAMES:
            open_page(page, base, name, cast=kind)
            if sideways(page) > 0:
                wrong[name] = sideways(page)
        assert not page.refused
    assert not wrong


def test_every_page_is_whole_with_twice_its_text_and_its_targets_are_large_enough(browser: Browser, base: str):
    wrong: dict[str, object] = {}
    with looking(browser, *NARROW) as page:
        for name in NAMES:
            open_page(page, base, name)
            small = page.evaluate(MEASURE)
            page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
            if small or sideways(page) > 0:
                wrong[name] = small or sideways(page)
    assert not wrong
