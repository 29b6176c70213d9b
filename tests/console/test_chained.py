"""The console's list of services that came by a trust chain."""

import pytest

from broker.login.effects import ChainedService, Effects, KeepChained
from tests.support.console import Console, consoles, operator, owner
from tests.support.world import NOW, Worlds

pytest_plugins = ["tests.support.worlds"]
AT = "/admin/kedjor"


@pytest.fixture(scope="module")
def console(lasting_worlds: Worlds) -> Console:
    console = consoles(lasting_worlds)
    for place, (name, ends) in enumerate((("journal", 1000), ("gone", -1), *((f"s{n:02}", 1000) for n in range(60)))):
        service = ChainedService(
            entity_id=f"https://{name}.example",
            anchor="https://anchor.example",
            superior="https://middle.example",
            way="explicit" if place == 0 else "automatic",
            registration={"client_id": f"https://{name}.example"},
            trust_marks=("https://marks.example/a",) if place == 0 else (),
            expires_at=NOW + ends,
            checked_at=NOW - 60,
        )
        console.world.store.commit(Effects((KeepChained(service),)))
    return console


@pytest.fixture(scope="module")
def browser(console):
    return operator(console)


def test_each_is_listed_with_who_vouches_for_it_and_until_when(browser):
    page = browser.get(f"{AT}?q=journal")
    assert page.page == "O4-chained"
    for told in ("https://journal.example", "https://middle.example", "https://anchor.example", "anmäld",
                 "https://marks.example/a"):  # fmt: skip
        assert told in page.text
    assert "1 rad" in page.text


def test_one_whose_chain_has_ended_says_so_and_one_without_terms_is_not_let_in(browser):
    assert "Kedjan har gått ut" in browser.get(f"{AT}?q=gone").text
    assert "Släpps inte in" in browser.get(f"{AT}?q=s01").text


def test_the_list_is_paged(browser):
    first = browser.get(AT)
    assert "62 rader" in first.text
    assert "https://s60.example" not in first.text
    assert "https://s59.example" in browser.get(f"{AT}?efter=https://s47.example").text
    assert "Ingen rad" in browser.get(f"{AT}?q=zzz").text or "0 rader" in browser.get(f"{AT}?q=zzz").text


def test_it_is_saved_as_a_file(browser):
    file = browser.get(f"{AT}?som=csv")
    assert file.header("Content-Type").startswith("text/csv")
    assert len(file.text.strip().splitlines()) == 63


def test_the_register_s_first_page_leads_there(browser):
    page = browser.get("/admin/register").text
    assert f'href="{AT}"' in page
    assert "genom förtroendekedja" in page


def test_a_member_sees_nothing_of_it(console):
    assert owner(console).get(AT).status in {403, 404}
