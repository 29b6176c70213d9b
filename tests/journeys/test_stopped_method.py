"""A method that is stopped is named where it would be chosen: why, and since when; one that would not do anyway is not."""

from dataclasses import replace

import pytest

from tests.support import upstream as up
from tests.support.world import LEVEL3, NOW, client, federation
from trust_framework.members import State

OP = {
    "id": "op",
    "oidc": {"issuer": up.OP, "client_id": "tillit", "client_secret": "s" * 32, "scope": "openid"},
    "ceiling": LEVEL3,
    "levels": {"3": LEVEL3},
    "name": {"sv": "Region Exempel", "en": "Example Region"},
}
OTHER = {
    **OP,
    "id": "other",
    "name": {"sv": "Kommunen", "en": "The town"},
    "oidc": {**OP["oidc"], "issuer": "https://other.example"},
}


@pytest.fixture
def world(worlds):
    return worlds.make(federation(client(), identity_providers=[OP, OTHER]))


def stopped(world, **changes):
    now = world.app.snapshots.federation
    terms = replace(now.providers["op"], **{"state": State.SUSPENDED, "reason": "Intrång hos <Region>", **changes})
    world.app.snapshots.federation = replace(now, providers={**now.providers, "op": terms})


def choosing(world):
    browser = world.browser()
    return browser.follow(browser.get(world.authorize_url(login_hint=None)))


@pytest.mark.spec("ui", "O7")
def test_a_stopped_method_is_named_with_the_reason_and_since_when(world):
    assert "kan inte användas just nu" not in choosing(world).text
    stopped(world, since=NOW - 3600)
    page = choosing(world)
    assert page.page == "U1"
    assert "Region Exempel kan inte användas just nu." in page.text
    assert "Stoppad sedan" in page.text
    assert "Intrång hos &lt;Region&gt;" in page.text
    assert "Får inte användas här just nu" not in page.text


@pytest.mark.parametrize("changes", [{"state": State.LEFT}, {"ceiling": "http://id.elegnamnden.se/loa/1.0/loa1"}])
def test_one_that_has_left_or_would_not_do_anyway_is_not(world, changes):
    stopped(world, **changes)
    assert "kan inte användas just nu" not in choosing(world).text


def test_the_register_says_why_and_since_when(worlds):
    given = {**OP, "state": "suspended", "reason": "Intrång"}
    terms = worlds.make(federation(client(), identity_providers=[given])).app.snapshots.federation.providers["op"]
    assert (terms.reason, terms.since) == ("Intrång", NOW)
