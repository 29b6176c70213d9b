"""What runs out, as the operator sees it: counted on the first page, listed behind the number."""

import re

import pytest

from broker.federation.register import ChangeRegister, EntryChange
from broker.login.effects import Effects
from tests.support.console import OTHER, Console, consoles, document, operator, owner
from tests.support.world import LEVEL3, MEMBER, NOW, Worlds
from trust_framework.days import DAY, day_of
from trust_framework.roles import FEDERATION, Role

pytest_plugins = ["tests.support.worlds"]
MAILED = {"contacts": {"technical": {"name": "Drift", "mail": "drift@region.example"}}}


def day(days: int) -> str:
    return day_of(NOW + days * DAY).isoformat()


def agreement(id: str, days: int) -> dict:
    return {"id": id, "services": ["rp"], "attributes": ["sn"], "valid_from": "2026-01-01", "valid_until": day(days)}


def declared(days: int) -> dict:
    return {"trust_declarations": [{"level": LEVEL3, "reviewer": "x", "expires": day(days)}]}


@pytest.fixture
def console(worlds: Worlds) -> Console:
    """One entry without a member that has ended and one that does soon; a member with nobody to mail; one far off."""
    whole = document(agreements=[agreement("A-gone", -3), agreement("A-soon", 20), agreement("A-far", 31)])
    whole["members"][0] |= {**declared(5), **MAILED}
    whole["members"][1] |= declared(-40)
    return consoles(worlds, whole)


def rows(text: str) -> list[str]:
    return re.findall(r'href="/admin/register/([^"/]+/[^"]+)"', text)


def test_the_first_page_counts_what_has_run_out_and_what_does_within_30_days_and_links_to_just_those(console: Console):
    dora = operator(console)
    page = dora.get("/admin").text

    for told, state, there in (
        ("har gått ut: 2 poster", "expired", [f"member/{OTHER}", "agreement/A-gone"]),
        ("inom 30 dagar: 2 poster", "soon", [f"member/{MEMBER}", "agreement/A-soon"]),
    ):
        assert told in page
        assert f"/admin/utgar?lage={state}" in page
        assert rows(dora.get(f"/admin/utgar?lage={state}").text) == there
    assert len(rows(dora.get("/admin/utgar").text)) == 4


def test_the_list_says_of_what_nobody_is_reminded(console: Console):
    text = operator(console).get("/admin/utgar").text

    assert text.count("Ingen att skriva till") == 3
    assert text.count("Medlemmen får e-post") == 1


@pytest.mark.parametrize(("origin", "state"), [("feed:swamid", "active"), ("portal", "left"), ("portal", "suspended")])
def test_of_what_others_tell_and_what_is_stopped_nothing_need_be_renewed(console: Console, origin: str, state: str):
    store = console.world.store
    content = {**store.register_entry("member", OTHER).content, "state": state}
    store.commit(Effects((ChangeRegister((EntryChange("member", OTHER, content, OTHER, origin),), NOW),)))
    dora = operator(console)

    assert "har gått ut: 1 poster" in dora.get("/admin").text
    assert rows(dora.get("/admin/utgar?lage=expired").text) == ["agreement/A-gone"]


def test_days_pass_and_what_was_soon_is_gone(console: Console):
    console.world.clock.now += 32 * DAY
    page = operator(console).get("/admin").text

    assert "har gått ut: 5 poster" in page
    assert "inom 30 dagar" not in page


def test_the_list_goes_on_where_the_page_ended(console: Console):
    store = console.world.store
    first = store.register_ending_within(-1, NOW + 30 * DAY, count=3)
    rest = store.register_ending_within(-1, NOW + 30 * DAY, after=first.next, count=3)

    assert (len(first.entries), first.total, len(rest.entries), rest.next) == (3, 4, 1, None)
    assert {e.id for e in first.entries} & {e.id for e in rest.entries} == set()


def test_a_reader_of_the_federation_sees_it_and_a_member_does_not(console: Console):
    reader = console.browser("eva", (FEDERATION, Role.READER))
    assert reader.get("/admin/utgar").page == "ends"
    assert owner(console).get("/admin/utgar").page != "ends"
