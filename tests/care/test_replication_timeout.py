"""replicationTimeout: a call waits for the other node when it asks to, never for long, and never for what is not told."""

from dataclasses import replace

import pytest

from broker.care import block_lifts, blocks
from broker.care.block_lifts import LiftWish
from broker.care.blocks import BlockWish
from broker.care.outbox import BlockSent
from broker.login.effects import Effects
from broker.protocols.rivta import blocking, endpoint, replicated
from broker.protocols.rivta.contracts import BY_PATH
from broker.protocols.rivta.endpoint import Sent
from broker.protocols.rivta.operation import Call
from broker.protocols.rivta.replicated import arrived
from metadata.wire.soap import Fields
from tests.care.test_rivta_refusals import GOOD
from tests.support import care_values as a
from tests.support.databases import NOW
from tests.support.rivta import JOURNAL, envelope
from trust_framework.blocks import BlockType, LiftReason

pytestmark = pytest.mark.spec("TKB blocking 4.0.4", "6.9")


@pytest.fixture
def block(care):
    care.on = replace(care.on, stale_after=900)
    wish = BlockWish(a.new_id(), BlockType.INNER, a.PATIENT, a.PROVIDER, a.UNIT, entered=a.entered())
    return care(blocks.register, wish, a.client()).result


def told(care):
    for due in care.store.blocks_due(9):
        care.store.commit(Effects((BlockSent(due),)))


class Time:
    """A clock that moves while somebody waits; `at` what happens at so many seconds."""

    def __init__(self, at=None):
        self.now, self.at, self.paused = 0.0, at or {}, 0

    def pause(self, seconds):
        self.now, self.paused = self.now + seconds, self.paused + 1
        for when in [each for each in self.at if each <= self.now]:
            self.at.pop(when)()


def waits(care, block, timeout, time=None):
    time = time or Time()
    asked = Fields({"replicationTimeout": [str(timeout)]})
    return arrived(block, asked, care.on, time.pause, lambda: time.now), time


@pytest.mark.parametrize(("timeout", "seconds"), [(-1, 10), (-7, 10), (250, 0.3), (10_000, 10), (2**31 - 1, 10)])
def test_what_does_not_arrive_is_waited_for_as_long_as_asked_and_ten_seconds_at_most(care, block, timeout, seconds):
    found, time = waits(care, block.id, timeout)
    assert not found
    assert time.now == pytest.approx(seconds, abs=0.15)


@pytest.mark.parametrize("timeout", [-1, 5000])
def test_the_wait_is_over_when_the_other_node_has_it(care, block, timeout):
    found, time = waits(care, block.id, timeout, Time({2.0: lambda: told(care)}))
    assert found
    assert time.now == pytest.approx(2, abs=0.15)


def test_nothing_is_waited_for_with_0_or_without_another_node_or_once_it_was_told(care, block):
    assert waits(care, block.id, 0)[1].paused == 0
    told(care)
    assert [(found, time.paused) for found, time in [waits(care, block.id, -1)]] == [(True, 0)]
    care.on = replace(care.on, stale_after=0)
    assert waits(care, block.id, -1)[0]


def test_no_more_than_two_wait_at_a_time(care, block):
    assert replicated._WAITING.acquire(blocking=False)
    assert replicated._WAITING.acquire(blocking=False)
    try:
        found, time = waits(care, block.id, -1)
        assert (found, time.paused) == (False, 0)
        told(care)
        assert waits(care, block.id, -1)[0]
    finally:
        replicated._WAITING.release()
        replicated._WAITING.release()


def test_each_operation_that_may_wait_names_the_block_that_it_waits_for(care, block):
    care.switched(outer_lift_by_others=True)
    wish = LiftWish(a.new_id(), block.id, care.now + 60, a.OTHER_UNIT, LiftReason.PATIENTS_CONSENT, entered=a.entered())
    lift = care(block_lifts.lift, wish, a.client()).result.lifts[0]
    asked = Fields({"blockId": [block.id.upper()], "temporaryRevokeId": [lift.id.upper()]})
    waiting = [each for each in blocking.OPERATIONS if each.replicated]
    assert len(waiting) == 5
    call = Call(a.client(), care.on, care.now)
    assert {each.replicated(asked, call) for each in waiting} == {block.id}
    of_lift = next(each for each in waiting if each.name == "CancelTemporaryExtendedRevoke")
    assert of_lift.replicated(Fields({"temporaryRevokeId": [a.new_id()]}), call) == ""


@pytest.mark.parametrize(("has_it", "code"), [(True, "OK"), (False, "INFO")])
def test_what_has_not_arrived_is_done_here_and_answered_info(care, monkeypatch, has_it, code):
    monkeypatch.setattr(endpoint, "arrived", lambda *_: has_it)
    monkeypatch.setattr(endpoint, "caller", lambda *_: replace(a.client(), client=JOURNAL))
    operation = BY_PATH["/rivta/RegisterExtendedBlock/4"]
    sent = Sent(envelope(GOOD), operation.soap_action, JOURNAL, "r")
    octets, told_code = endpoint.answered(sent, operation, frozenset(), care.on, NOW)
    assert told_code == code, octets
    assert ("inte överförd till den nationella tjänsten" in octets.decode()) is not has_it
