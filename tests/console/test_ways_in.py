"""The start page leads to the pages that the person who is signed on may open, and tells nobody else that there are any."""

import re

import pytest

from broker.login.effects import StorageUnavailable
from tests.support.console import OTHER
from tests.support.ward import wards
from tests.support.world import LEVEL3, MEMBER
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]

MY_PAGE = "/min-sida"


@pytest.fixture(scope="module")
def console(lasting_worlds):
    return wards(lasting_worlds)


def ways(browser):
    """Where the start page leads, of our own pages."""
    return re.findall(r'<a class="method" href="(/[a-z-]+)"', browser.get("/").text)


def test_who_is_not_known_is_led_to_my_page_alone(console):
    assert ways(console.world.browser()) == [MY_PAGE]


HOLDS = {
    "nobody in particular": ("anna", (), []),
    "a nurse": ("carl", (), ["/vard"]),
    "a registrar who reviews the log": ("dora", [(MEMBER, Role.LOG_REVIEWER)], ["/vard", "/granskning", "/portal"]),
    "a doctor who owns a member": ("eva", [(OTHER, Role.OWNER)], ["/vard", "/portal"]),
    "an operator": ("anna", [(FEDERATION, Role.OPERATOR)], ["/admin"]),
    "a security officer": ("anna", [(FEDERATION, Role.SECURITY_OFFICER)], ["/granskning", "/admin"]),
}


@pytest.mark.parametrize("who", HOLDS)
def test_who_is_signed_on_is_led_to_what_they_may_open(worlds, who):
    name, roles, expected = HOLDS[who]
    console = wards(worlds)
    browser = console.sign_on(name, MY_PAGE)
    console.grant(name, *roles)

    assert ways(browser) == [MY_PAGE, *expected]
    for area in expected:
        assert console.sign_on(name, area, LEVEL3, browser).get(area).status in {200, 303}


def test_a_sign_on_that_has_ended_or_a_store_that_is_down_leaves_my_page(console, monkeypatch):
    browser = console.sign_on("carl", MY_PAGE)
    assert ways(browser) == [MY_PAGE, "/vard"]

    def down(*_):
        raise StorageUnavailable("down")

    with monkeypatch.context() as patch:
        patch.setattr(type(console.world.store), "sign_on", down)
        assert ways(browser) == [MY_PAGE]
    console.world.clock.now += 24 * 3600
    assert ways(browser) == [MY_PAGE]
