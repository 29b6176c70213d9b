"""Blocks for programs: entered, ended, copied, lifted, listed, checked, revealed by the same functions as over SOAP."""

from broker.care import block_changes, block_checks, block_lifts, blocks, replicas
from broker.care.block_json import NoBlock, from_json
from broker.care.block_lifts import LiftWish
from broker.care.blocks import BlockWish, CopyWish
from broker.web.api import care_forms as forms
from broker.web.api import care_values as values
from broker.web.api.care_turn import CareTurn
from broker.web.api.errors import ApiError
from broker.web.api.values import Done
from trust_framework.blocks import Block
from trust_framework.care import CareActor


def registered(turn: CareTurn) -> values.Block:
    """Enter a block. The same sent again is answered as it stands."""
    new: values.NewBlock = turn.body
    wish = BlockWish(
        new.id,
        new.type,
        forms.identifier(new.patient),
        new.provider,
        new.unit,
        forms.period(new.information),
        frozenset(new.excluded),
        new.owner,
        forms.entered(new.entered),
    )
    return forms.block(turn.call(blocks.register, wish).result)


def shown(turn: CareTurn, block: str) -> values.Block:
    """A block of a provider that the caller may act for."""
    return forms.block(blocks.own(block, turn.who, turn.on)[0])


def of_patient(turn: CareTurn) -> values.BlockList:
    """A patient's blocks at the caller's providers, ended ones too."""
    found = blocks.of_patient(forms.identifier(turn.body.patient), turn.who, turn.on, turn.now)
    return values.BlockList(blocks=tuple(map(forms.block, found)))


def revoked(turn: CareTurn, block: str) -> values.Block:
    """Lift a block for good, as the patient wishes."""
    return forms.block(turn.call(blocks.revoke, block, forms.entered(turn.body.entered)).result)


def deleted(turn: CareTurn, block: str) -> values.Block:
    """Void a block that was entered by mistake."""
    return forms.block(turn.call(blocks.delete, block, forms.entered(turn.body.entered)).result)


def copied(turn: CareTurn, block: str) -> values.Block:
    """Enter a block like this one, with what is to be different."""
    new: values.Copied = turn.body
    information = None if new.information is None else forms.period(new.information)
    excluded = None if new.excluded is None else frozenset(new.excluded)
    wish = CopyWish(block, new.id, new.type, new.unit, information, excluded, forms.entered(new.entered))
    return forms.block(turn.call(blocks.copy, wish).result)


def lifted(turn: CareTurn, block: str) -> values.Block:
    """Lift a block for a time, for a unit or one employee. In an emergency a review case begins."""
    new: values.NewLift = turn.body
    wish = LiftWish(new.id, block, new.until, new.unit, new.reason, new.employee, forms.entered(new.entered))
    return _lifted(turn, turn.call(block_lifts.lift, wish).result)


def lift_cancelled(turn: CareTurn, lift: str) -> values.Block:
    """End a lift before its time."""
    return _lifted(turn, turn.call(block_lifts.cancel, lift, forms.entered(turn.body.entered)).result)


def _lifted(turn: CareTurn, block: Block) -> values.Block:
    return forms.block(block_lifts.told(block, turn.who, turn.on))


def _actor(turn: CareTurn) -> CareActor | None:
    return forms.actor(turn.body.actor)


def checked(turn: CareTurn) -> values.Checks:
    """Whether blocks close rows of recorded information to somebody (CheckBlocks)."""
    asked: values.CheckAsked = turn.body
    done = block_checks.check(
        _actor(turn), forms.identifier(asked.patient), forms.resources(asked.rows), turn.who, turn.on, turn.now
    )
    rows = tuple(values.Checked(id=one.resource, status=one.status.value, blocks=one.blocks) for one in done.result)
    return values.Checks(result=done.code.value, rows=rows)


def revealed(turn: CareTurn) -> values.Revealed:
    """The next step towards blocked information: that there is some, in an emergency where, then what opens."""
    asked: values.RevealAsked = turn.body
    told = turn.call(block_checks.reveal, _actor(turn), forms.identifier(asked.patient), asked.told).result
    return values.Revealed(
        level=int(told.level),
        places=tuple(values.Place(provider=one.provider, unit=one.unit) for one in told.places),
        opened=told.opened,
        closed_places=tuple(values.Place(provider=one.provider, unit=one.unit) for one in told.closed_places),
        incomplete=told.incomplete,
    )


def changes(turn: CareTurn) -> values.Changes:
    """A page of the blocks of the caller's providers that changed since an instant, for who keeps a copy of them (GetBlocks)."""
    found = block_changes.changed(turn.body.providers, turn.body.since, turn.who, turn.on, turn.now)
    return values.Changes(
        blocks=tuple(map(forms.block, found.blocks)),
        next=found.next,
        more=bool(found.more),
        latest_cancellation=found.latest_cancellation,
    )


def replicated(turn: CareTurn) -> Done:
    """Take a block as it stands at the node where it was entered."""
    try:
        block = from_json(turn.body.model_dump(mode="json"))
    except NoBlock as error:
        raise ApiError("malformed", "block") from error
    turn.call(replicas.put, block)
    return Done()
