"""The areas of the broker's own pages: what opens each, and what each is called where one logs in."""

import pytest

from broker.login import own
from tests.support.console import answered, consoles
from tests.support.world import LEVEL3
from trust_framework import loa

pytest_plugins = ["tests.support.worlds"]

LEVEL2 = LEVEL3.replace("loa3", "loa2")


@pytest.mark.parametrize("area", sorted(own.AREAS))
def test_the_login_page_names_the_pages_that_were_asked_for(area, lasting_worlds):
    console = consoles(lasting_worlds)
    page = console.world.browser().get(f"{area}/fortsatt")
    page = console.world.browser().follow(page)

    assert own.AREAS[area].names["sv"] in page.text


@pytest.mark.parametrize(
    ("area", "opens"), [("/min-sida", True), ("/vard", False), ("/granskning", False), ("/portal", False)]
)
def test_level_2_opens_my_page_and_nothing_else(area, opens, lasting_worlds):
    browser = consoles(lasting_worlds).world.browser()

    answer = answered(browser, browser.get(f"{area}/fortsatt?h=none"), "anna", LEVEL2)

    assert (answer.page == "U14") is not opens, answer.cause  # whoever cannot open it is brought to the start page


def test_the_levels_of_every_area_are_known_and_of_its_rank_or_above():
    for pages in own.OWN:
        assert own.levels(pages.rank)
        assert all(loa.LEVELS[uri].rank >= pages.rank for uri in own.levels(pages.rank))
