"""Blocks that are copied from another node, in informationsecurity:authorization:blocking 4: RegisterBlock and its kin, as rows.

These operations say neither who entered a block nor why a lift was given: the node where it was entered knows.
"""

from typing import Final

from broker.care import replicas
from broker.care.calling import Done
from broker.protocols.rivta import reading
from broker.protocols.rivta.blocking import BLOCKING, block_wish
from broker.protocols.rivta.operation import Call, Operation, plain
from metadata.wire.soap import Content, Fields
from trust_framework.blocks import Block, Lift, LiftReason
from trust_framework.care import Act, Staff


def register_block(asked: Fields, call: Call) -> Done[Content]:
    """A block of another node, with lifts."""
    wish = block_wish(asked)
    block = Block(
        wish.id,
        wish.type,
        wish.patient,
        wish.provider,
        _entered(call.now),
        wish.unit,
        wish.information,
        wish.excluded,
        tuple(_lift(each, call.now) for each in asked.children("temporaryRevokeRegistration")),
        call.who.client,
        local=False,
    )
    return _nothing_more(replicas.put(block, call.who, call.on, call.now))


def unregister_block(asked: Fields, call: Call) -> Done[Content]:
    """It stands no longer at the other node."""
    return _nothing_more(replicas.remove(asked.text("blockId"), call.who, call.on, call.now))


def register_lift(asked: Fields, call: Call) -> Done[Content]:
    """A lift at the other node."""
    lift = _lift(asked.need("temporaryRevokeRegistration"), call.now)
    return _nothing_more(replicas.lift(lift, call.who, call.on, call.now))


def unregister_lift(asked: Fields, call: Call) -> Done[Content]:
    """It is lifted no longer at the other node."""
    return _nothing_more(replicas.unlift(asked.text("temporaryRevokeId"), call.who, call.on, call.now))


def _lift(asked: Fields, now: int) -> Lift:
    """TemporaryRevokeRegistrationType. The reason is not told: it stands as the milder one, and is not told on."""
    return Lift(
        asked.text("temporaryRevokeId"),
        asked.text("blockId"),
        reading.instant(asked, "endDate"),
        asked.text("revokedForCareUnitId"),
        LiftReason.PATIENTS_CONSENT,
        _entered(now),
        asked.text("revokedForEmployeeId"),
    )


def _entered(now: int) -> Act:
    return Act(now, Staff(""), now, Staff(""))


def _nothing_more(done: Done[None]) -> Done[Content]:
    return Done((), done.effects, done.code)


OPERATIONS: Final = (
    Operation("RegisterBlock", BLOCKING, register_block, plain(), 4, "A block of another node."),
    Operation("UnregisterBlock", BLOCKING, unregister_block, plain(), 4, "A block of another node has ended."),
    Operation("RegisterTemporaryRevoke", BLOCKING, register_lift, plain(), 4, "A lift at another node."),
    Operation("UnregisterTemporaryRevoke", BLOCKING, unregister_lift, plain(), 4, "A lift at another node has ended."),
)
