"""M7: ready texts with a service's own values."""

import pytest

from broker.federation.snippets import STACKS
from tests.support.console import OTHER, Console, consoles, owner
from tests.support.world import MEMBER, Worlds

pytest_plugins = ["tests.support.worlds"]
PATH = f"/portal/{MEMBER}/tjanster/rp"


@pytest.fixture
def console(worlds: Worlds) -> Console:
    return consoles(worlds)


@pytest.mark.parametrize("stack", [stack for stack in STACKS if stack.protocol == "oidc"], ids=lambda stack: stack.id)
def test_the_text_for_a_stack_has_the_services_own_values(console: Console, stack):
    page = owner(console).get(f"{PATH}/inkoppling?stack={stack.id}")
    assert page.page == "M7"
    assert f"<h2>{stack.name}</h2>" in page.text
    assert console.world.base in page.text
    assert "rp" in page.text


@pytest.mark.parametrize("stack", ["", "mod_auth_mellon", "nothing", "../../etc/passwd"])
def test_a_stack_that_is_not_the_services_shows_the_first(console: Console, stack: str):
    assert "<h2>Python</h2>" in owner(console).get(f"{PATH}/inkoppling?stack={stack}").text


def test_the_service_leads_there_and_anothers_is_missing(console: Console):
    anna = owner(console)
    assert f"{PATH}/inkoppling" in anna.get(PATH).text
    assert anna.get(f"/portal/{MEMBER}/tjanster/rp2/inkoppling").status == 404
    assert anna.get(f"/portal/{OTHER}/tjanster/rp2/inkoppling").status == 404
