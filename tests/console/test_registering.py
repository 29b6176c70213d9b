"""A member lets a client register itself, and the client does."""

import html
import json
import re

import pytest

from tests.console.test_every_route import token
from tests.support.console import Console, consoles, owner
from tests.support.world import LEVEL2, LEVEL3, MEMBER, Worlds
from trust_framework.roles import Role

pytest_plugins = ["tests.support.worlds"]
PATH = f"/portal/{MEMBER}/registrera"


@pytest.fixture
def console(worlds: Worlds) -> Console:
    return consoles(worlds)


def test_a_code_is_shown_once_and_registers_a_service_in_test_without_details(console: Console):
    browser = owner(console)
    assert browser.get(PATH).page == "register-client"

    page = browser.post(PATH, {"csrf": token(browser), "level": LEVEL2})

    assert page.page == "register-with"
    code = html.unescape(re.search(r"Bearer ([A-Za-z0-9_-]{40,})", page.text)[1])
    (event,) = console.world.events("register.client-invited")
    assert (event["org"], event["by"]) == (MEMBER, console.person("anna"))
    body = json.dumps({"redirect_uris": ["https://ny.example/cb"], "client_name": "Ny"}).encode()
    headers = {"Authorization": f"Bearer {code}", "Content_Type": "application/json"}
    told = console.world.request("POST", "/oidc/register", body, **headers)
    assert told.status == 201
    entry = console.world.store.register_entry("service", told.json["client_id"])
    assert (entry.org, entry.content["state"], entry.content["attributes"]) == (MEMBER, "test", [])
    assert {LEVEL2, LEVEL3} <= set(entry.content["levels"])
    assert console.world.request("POST", "/oidc/register", body, **headers).status == 401


def test_a_level_that_nobody_can_give_is_refused(console: Console):
    browser = owner(console)
    page = browser.post(PATH, {"csrf": token(browser), "level": "http://unknown.example/loa"})
    assert page.page == "register-client"
    assert console.world.events("register.client-invited") == []


def test_who_may_only_read_makes_no_code(console: Console):
    browser = console.browser("carl", (MEMBER, Role.READER))
    assert browser.get(PATH).status == 403
