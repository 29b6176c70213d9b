"""Lifts of blocks for a time (tillfällig hävning): by the patient's consent or in an emergency, and cancelling them.

Owns for whom, how long and by whom a block may be lifted. An emergency always begins a review case.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from broker.care import acts, blocks, emergency_cases, providers
from broker.care.acts import ActWish
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, Done, ResultCode
from broker.care.changes import SaveBlock
from broker.care.emergency_log import Emergency
from broker.login.effects import NOTHING, Effects
from trust_framework.block_entry import lift_refusal
from trust_framework.block_reveal import Place
from trust_framework.blocks import Block, Lift, LiftReason
from trust_framework.care import Act, CareProvider, Staff


@dataclass(frozen=True, slots=True)
class LiftWish:
    """A lift as the caller wants it: of which block, until when, for which unit, or for one employee there."""

    id: str
    block: str
    until: int
    unit: str
    reason: LiftReason
    employee: str = ""
    entered: ActWish = field(default_factory=ActWish)


def lift(wish: LiftWish, who: Caller, on: CareServices, now: int) -> Done[Block]:
    """Let a unit, or one employee, see what a block closes, for a time."""
    block, person, at = _liftable(wish, who, on)
    lifted = _lift(wish, block, at, who, now)
    if (there := on.store.block_of_lift(lifted.id)) is not None:
        return _again(there[0], lifted)
    _let(block, lifted, at, who, on, now)
    after = replace(block, lifts=(*block.lifts, lifted))
    event = blocks.changed(
        "lifted",
        after,
        person,
        who,
        lifted.registered,
        now,
        lift=lifted.id,
        reason=lifted.reason.value,
        until=lifted.until,
    )
    done = Effects((SaveBlock(after, person, block),), (event,))
    return Done(after, done + _emergency(lifted, after, person, at, who, on, now))


def _liftable(wish: LiftWish, who: Caller, on: CareServices) -> tuple[Block, str, CareProvider]:
    """The block, its patient, and the provider of the unit that it is to be lifted for."""
    found = on.store.block(providers.entry_id(wish.block, "block"))
    at = on.register.provider_of_unit(providers.hsa(wish.unit, "unit"))
    if found is None:
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "block")
    if at is None:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "unknown-unit", "unit")
    block, person = found
    _may_lift(wish, block, at, person, who)
    _within_commission(wish, block, at, who, on)
    return block, person, at


def _may_lift(wish: LiftWish, block: Block, at: CareProvider, person: str, who: Caller) -> None:
    if who.kind is CallerKind.PATIENT:
        if person != who.person:
            raise CareRefused(ResultCode.NOTFOUND, "unknown", "block")
        if wish.reason is LiftReason.EMERGENCY:
            raise CareRefused(ResultCode.ACCESSDENIED, "not-staff", "reason")
    elif not (who.may_act_for(block.provider) or who.may_act_for(at.hsa_id)):
        raise CareRefused(ResultCode.ACCESSDENIED, "foreign-provider", "unit")


def _within_commission(wish: LiftWish, block: Block, at: CareProvider, who: Caller, on: CareServices) -> None:
    """Staff lift for the unit that they act at, in an emergency for themselves alone. For another provider's unit the block's
    provider lifts, through staff who register its blocks.
    """
    if who.kind is not CallerKind.STAFF:
        return
    if at.hsa_id != block.provider and who.may_act_for(block.provider):
        providers.registrar(providers.provider(block.provider, on), who)
        return
    if who.actor is None or providers.hsa(wish.unit, "unit") != who.actor.unit:
        raise CareRefused(ResultCode.ACCESSDENIED, "beyond-commission", "unit")
    own = who.actor.employee
    if wish.reason is LiftReason.EMERGENCY and (not wish.employee or providers.hsa(wish.employee, "employee") != own):
        raise CareRefused(ResultCode.ACCESSDENIED, "beyond-commission", "employee")


def _lift(wish: LiftWish, block: Block, at: CareProvider, who: Caller, now: int) -> Lift:
    if wish.reason is LiftReason.EMERGENCY:
        acts.needs_reason(wish.entered)
    return Lift(
        providers.entry_id(wish.id),
        block.id,
        acts.instant(wish.until, "until"),
        providers.unit(at, wish.unit),
        wish.reason,
        acts.act(wish.entered, who, now),
        employee=providers.hsa(wish.employee, "employee") if wish.employee else "",
    )


_REFUSED: Final = {"block-ended": ResultCode.INVALIDSTATE, "not-this-providers-to-lift": ResultCode.ACCESSDENIED}


def _let(block: Block, lifted: Lift, at: CareProvider, who: Caller, on: CareServices, now: int) -> None:
    """See that the lift may be entered: the block stands, its own provider lets it, no longer than that provider allows. What
    the patient lifts needs no provider's leave.
    """
    switches = providers.provider(block.provider, on).switches
    owns = who.kind is CallerKind.PATIENT or who.may_act_for(block.provider)
    if refused := lift_refusal(block, lifted, block.provider if owns else at.hsa_id, switches, now):
        raise CareRefused(_REFUSED.get(refused, ResultCode.VALIDATION_ERROR), refused, "lift")


def _again(there: Block, wished: Lift) -> Done[Block]:
    earlier = next(lift for lift in there.lifts if lift.id == wished.id)
    if replace(earlier, registered=wished.registered, cancelled=None) != wished:
        raise CareRefused(ResultCode.ALREADYEXISTS, "other-content", "id")
    if earlier.cancelled is not None or not there.stands:
        raise CareRefused(ResultCode.INVALIDSTATE, "ended", "id")
    return Done(there)


def _emergency(
    lifted: Lift, block: Block, person: str, at: CareProvider, who: Caller, on: CareServices, now: int
) -> Effects:
    if lifted.reason is not LiftReason.EMERGENCY:
        return NOTHING
    by, opens = lifted.registered.registered_by, Place(block.provider, block.unit)
    employee, reason = lifted.employee or by.employee, lifted.registered.reason
    happened = Emergency(lifted.id, at, lifted.unit, employee, block.patient, person, reason, by.assignment_name, opens)
    return emergency_cases.opened(happened, who, on, now)[1]


def told(block: Block, who: Caller, on: CareServices) -> Block:
    """The block as who lifted it is told of it: of another provider's, not who entered it and why, nor other lifts of it."""
    if who.kind is CallerKind.PATIENT or who.may_act_for(block.provider):
        return block
    at = block.registered.registered_at
    nobody = Act(at, Staff(""), at, Staff(""))
    return replace(block, registered=nobody, owner="", lifts=tuple(one for one in block.lifts if _for(one, who, on)))


def _for(lifted: Lift, who: Caller, on: CareServices) -> bool:
    at = on.register.provider_of_unit(lifted.unit)
    return at is not None and who.may_act_for(at.hsa_id)


def cancel(id: str, why: ActWish, who: Caller, on: CareServices, now: int) -> Done[Block]:
    """End a lift before its time. Whoever lifted may, and the block's own provider, and the patient."""
    found = on.store.block_of_lift(providers.entry_id(id))
    if found is None or not _may_cancel(id, *found, who, on):
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "id")
    block, person = found
    lifted = _of(block, id)
    if lifted.cancelled is not None or lifted.until < now:
        raise CareRefused(ResultCode.INVALIDSTATE, "ended", "id")
    cancelled = acts.act(why, who, now)
    lifts = tuple(replace(one, cancelled=cancelled) if one is lifted else one for one in block.lifts)
    after = replace(block, lifts=lifts)
    event = blocks.changed("lift-cancelled", after, person, who, cancelled, now, lift=lifted.id)
    return Done(after, Effects((SaveBlock(after, person, block),), (event,)))


def _of(block: Block, id: str) -> Lift:
    wanted = providers.entry_id(id)
    return next(lift for lift in block.lifts if lift.id == wanted)


def _may_cancel(id: str, block: Block, person: str, who: Caller, on: CareServices) -> bool:
    if who.kind is CallerKind.PATIENT:
        return person == who.person
    return who.may_act_for(block.provider) or _for(_of(block, id), who, on)
