"""While the copy of another node's blocks is too old, or was never made, nobody is told that nothing is blocked: on no page, over
no interface. What is blocked here is told all the same.
"""

import pytest

from broker.care import block_checks, blocks
from broker.care.blocks import BlockWish
from broker.care.calling import CareServices, carried_out, services_of
from broker.care.copies import STATE
from tests.support import care_values as a
from tests.support.care_refusals import refused
from tests.support.care_world import ACTOR, PATIENT, call, document, machine, new_block
from tests.support.console import consoles
from tests.support.console import document as with_consoles
from tests.support.databases import NOW
from tests.support.ward import FAR, AtWork, care_providers, shown, staff
from trust_framework.block_reveal import Level
from trust_framework.blocks import BlockType
from trust_framework.identifiers import Identifier

pytest_plugins = ["tests.support.worlds"]
pytestmark = pytest.mark.spec("threats", "CB-02")
ACTING = a.actor(unit=a.OTHER_UNIT, commission="SE2321000016-A1")
NODE = {
    "care_node_url": "https://national.example",
    "care_node_client_id": "node",
    "care_node_client_secret": "secret",
}
LIMIT = 900
NOTHING = "Inget är spärrat för dig"
UNKNOWN = "Det går inte att säga om något är spärrat"


def copied(store, at, **doubts):
    """The copy was made whole at an instant, but for blocks that could not be read."""
    store.save_setting(STATE, {"next": at, "latest_cancellation": None, "synced_at": at, "doubts": doubts})


@pytest.fixture(scope="module")
def world(lasting_worlds):
    return lasting_worlds.make(document(), **NODE)


@pytest.fixture(scope="module")
def console(lasting_worlds):
    return consoles(lasting_worlds, with_consoles(staff=staff(), care_providers=care_providers()), **NODE)


class TestReveal:
    """The service."""

    @pytest.fixture
    def node(self, care):
        care.on = CareServices(care.store, a.register(), 7, stale_after=LIMIT)
        return care

    def reveal(self, care):
        return care(block_checks.reveal, ACTING, a.PATIENT, Level.NOTHING, a.client())

    def test_nothing_is_told_where_the_copy_was_never_made(self, node):
        with refused("ERROR", "stale-copy"):
            self.reveal(node)
        assert node.events("care.block-revealed") == []

    def test_or_is_a_second_too_old(self, node):
        copied(node.store, NOW)
        node.pass_time(LIMIT)
        assert self.reveal(node).result.level is Level.NOTHING
        node.pass_time(1)
        with refused("ERROR", "stale-copy"):
            self.reveal(node)

    @pytest.mark.parametrize(("about", "known"), [("p1", False), ("", False), ("p2", True)])
    def test_of_whom_a_block_could_not_be_read_it_is_not_said(self, node, about, known):
        copied(node.store, NOW, x=["SE2329000001-VG9", about])
        if known:
            assert self.reveal(node).result.level is Level.NOTHING
        else:
            with refused("ERROR", "stale-copy"):
                self.reveal(node)

    def test_what_is_blocked_here_is_told_and_that_there_may_be_more(self, node):
        made = BlockWish(a.new_id(), BlockType.INNER, a.PATIENT, a.PROVIDER, a.UNIT, entered=a.entered())
        node(blocks.register, made, a.client())
        told = self.reveal(node).result
        assert (told.level, told.incomplete) == (Level.EXISTS, True)
        copied(node.store, NOW)
        assert not self.reveal(node).result.incomplete

    def test_of_a_patient_nobody_knows_it_is_not_said_either(self, node):
        assert block_checks.against(ACTING, None, node.on, NOW).incomplete


class TestOverJson:
    def test_reveal_is_an_error_or_says_that_there_may_be_more(self, world):
        journal, asked = machine(world), {"patient": PATIENT, "actor": ACTOR}
        answer = call(world, "/blocks/reveal", journal, asked)
        assert (answer.status, answer.json["code"]) == (503, "unavailable.stale-copy")
        call(world, "/blocks", journal, new_block())
        assert call(world, "/blocks/reveal", journal, asked).json == {
            "level": 1,
            "places": [],
            "opened": [],
            "closed_places": [],
            "incomplete": True,
        }


class TestOnThePage:
    def test_that_nothing_is_blocked_elsewhere_is_said_by_a_fresh_copy_alone(self, console):
        copied(console.world.store, None)
        nurse = AtWork.of(console, "carl")
        before = shown(nurse.page())
        copied(console.world.store, console.world.clock.now)
        after = shown(nurse.page())
        assert before.count(NOTHING) == 1
        assert UNKNOWN in before.partition("Spärrat hos annan vårdgivare")[2]
        assert (after.count(NOTHING), UNKNOWN in after) == (2, False)

    def test_nor_is_it_said_of_a_patient_whom_nobody_knows(self, console):
        copied(console.world.store, None)
        assert UNKNOWN in shown(AtWork.of(console, "carl", "19701063-2391").page())

    def test_what_is_known_is_told_with_that_there_may_be_more(self, console):
        copied(console.world.store, None)
        on = services_of(console.world.app.on.services)
        patient = Identifier(a.PERSONNUMMER, "195006262546")
        outer = BlockWish(a.new_id(), BlockType.OUTER, patient, FAR, entered=a.entered())
        carried_out(lambda: blocks.register(outer, a.client(FAR), on, console.world.clock.now), on.store)
        page = shown(AtWork.of(console, "carl", patient.value).page()).partition("Spärrat hos annan vårdgivare")[2]
        assert "Det finns spärrade uppgifter" in page
        assert "Det kan finnas mer som är spärrat" in page
        assert NOTHING not in page
