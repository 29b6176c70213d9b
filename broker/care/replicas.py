"""Copies of blocks of another node (RegisterBlock, UnregisterBlock, RegisterTemporaryRevoke, UnregisterTemporaryRevoke).

The node where a block was entered is its master; a copy here follows it, and is ended by nothing else. What comes twice, or
late, changes nothing: what has ended stays ended, a lift that is known stays known. A node hands it over, never a person: what
binds a block or a lift that people enter does not bind a copy.
"""

from contextlib import suppress
from dataclasses import replace

from broker.care import blocks, patients, providers
from broker.care.block_changes import Unread
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, Done, ResultCode
from broker.care.changes import SaveBlock
from broker.login.effects import NOTHING, Effects
from trust_framework.block_entry import block_refusal, closed_in_doubt
from trust_framework.blocks import Block, Lift
from trust_framework.care import Act


def put(block: Block, who: Caller, on: CareServices, now: int) -> Done[None]:
    """Take a block of another node as it stands there, lifts and end with it."""
    blocks.a_node(who)
    copy = _copy(block, who, on)
    found = _found(copy, on)
    if found is None:
        return _new(copy, who, on, now)
    there, person = found
    return _followed(there, _merged(there, copy), person, copy.registered, who, now)


def read(block: Block, who: Caller, on: CareServices, now: int, *, opening: bool = True) -> Done[bool]:
    """Take a block as this node has read it at the other one, which knows: whether that opens something of the copy. Nothing of
    it is opened unless `opening`.
    """
    copy = _copy(block, who, on)
    found = _found(copy, on)
    if found is None:
        return Done(False, _new(copy, who, on, now).effects)
    there, person = found
    after = _as_read(there, copy, who, now)
    closed = _closed(there, after, now)
    wanted = after if opening else closed
    return Done(after != closed, _followed(there, wanted, person, copy.registered, who, now).effects)


def doubtful(unread: Unread, who: Caller, on: CareServices, now: int) -> Done[tuple[str, str]]:  # noqa: ARG001  # as every call
    """Whose information a block that cannot be read may close: a provider's, of a patient by the register's id or (empty) of any.
    Raises CareRefused when even the provider cannot be read.
    """
    provider = providers.hsa(unread.provider, "provider")
    if unread.patient is None:
        return Done((provider, ""))
    try:
        about = patients.somebody(unread.patient, on)
    except CareRefused:
        return Done((provider, ""))
    return Done((provider, about.person), Effects(about.changes))


def _found(copy: Block, on: CareServices) -> tuple[Block, str] | None:
    found = on.store.block(copy.id)
    if found is not None and (found[0].local or not _same(found[0], copy)):
        raise CareRefused(ResultCode.ALREADYEXISTS, "other-content", "id")
    return found


def _new(copy: Block, who: Caller, on: CareServices, now: int) -> Done[None]:
    patient = patients.patient(copy.patient, who, on)
    event = blocks.changed("copied", copy, patient.person, who, copy.registered, now)
    return Done(None, Effects((*patient.changes, SaveBlock(copy, patient.person, at=now)), (event,)))


def _closed(there: Block, after: Block, now: int) -> Block:
    """What comes of it, without what opens: the end of a block that stands here, lifts that are new and hold."""
    if not there.stands:
        return after
    known = {lift.id for lift in there.lifts}
    lifts = tuple(lift for lift in after.lifts if lift.id in known or lift.cancelled is not None or lift.until <= now)
    return replace(after, lifts=lifts, revoked=None, deleted=None)


def _copy(block: Block, who: Caller, on: CareServices) -> Block:
    """The block with every id in compare form. Its unit may be one that this register does not know. Who hands it over is told
    what is wrong with it; what this node reads is kept as closed as it may be meant.
    """
    if who.kind is CallerKind.SYSTEM:
        block, hsa_id = _readable(block), providers.hsa(block.provider, "provider")
    else:
        hsa_id = providers.own_provider(block.provider, who, on).hsa_id
    copy = replace(
        block,
        id=providers.entry_id(block.id),
        patient=patients.number(block.patient, on),
        provider=hsa_id,
        unit=providers.hsa(block.unit, "unit") if block.unit else "",
        lifts=tuple(_lift(lift, block.id) for lift in block.lifts),
        local=False,
    )
    if refused := block_refusal(copy):
        raise CareRefused(ResultCode.VALIDATION_ERROR, refused, "block")
    return copy


def _readable(block: Block) -> Block:
    """The block with the lifts that say for whom they are: one that does not opens nothing."""
    lifts = []
    for lift in block.lifts:
        with suppress(CareRefused):
            lifts.append(_lift(lift, block.id))
    return replace(closed_in_doubt(block), lifts=tuple(lifts))


def _lift(lift: Lift, block: str) -> Lift:
    return replace(
        lift,
        id=providers.entry_id(lift.id),
        block=providers.entry_id(block),
        unit=providers.hsa(lift.unit, "unit"),
        employee=providers.hsa(lift.employee, "employee") if lift.employee else "",
    )


def _same(there: Block, copy: Block) -> bool:
    """Whether two are one block: all but what may come later."""
    told = ("type", "patient", "provider", "unit", "information", "excluded")
    return all(getattr(there, name) == getattr(copy, name) for name in told)


def _merged(there: Block, copy: Block) -> Block:
    """What both know: an end, and a lift, that either knows."""
    lifts = {lift.id: lift for lift in there.lifts}
    for lift in copy.lifts:
        before = lifts.get(lift.id)
        lifts[lift.id] = lift if before is None else replace(before, cancelled=before.cancelled or lift.cancelled)
    return replace(
        there,
        lifts=tuple(lifts.values()),
        revoked=there.revoked or copy.revoked,
        deleted=there.deleted or copy.deleted,
    )


def _as_read(there: Block, copy: Block, who: Caller, now: int) -> Block:
    """What this node has just read at the other one, which knows: a block that was missing in a wrong answer and ended here
    stands again, a lift that is not there holds no longer. A lift that has ended stays so: in doubt it is closed.
    """
    told = {lift.id for lift in copy.lifts}
    ended = Act(now, who.staff, now, who.staff)
    lifts = tuple(
        one if one.id in told or one.cancelled or one.until <= now else replace(one, cancelled=ended)
        for one in there.lifts
    )
    return _merged(replace(there, lifts=lifts, revoked=copy.revoked, deleted=copy.deleted), copy)


def _followed(there: Block, after: Block, person: str, entered: Act, who: Caller, now: int) -> Done[None]:
    if after == there:
        return Done(None)
    event = blocks.changed("copied", after, person, who, entered, now)
    return Done(None, Effects((SaveBlock(after, person, there, now),), (event,)))


def remove(id: str, who: Caller, on: CareServices, now: int) -> Done[None]:
    """The block stands no longer where it was entered. One that is not known, or has ended, is removed already; another's is as
    unknown as none.
    """
    blocks.a_node(who)
    found = on.store.block(providers.entry_id(id))
    if found is None or not (found[0].stands and who.may_act_for(found[0].provider)):
        return Done(None)
    there, person = _own(found, who)
    ended = Act(now, who.staff, now, who.staff)
    return _followed(there, replace(there, revoked=ended), person, ended, who, now)


def lift(lifted: Lift, who: Caller, on: CareServices, now: int) -> Done[None]:
    """The block is lifted for a time where it was entered."""
    blocks.a_node(who)
    found = on.store.block(providers.entry_id(lifted.block, "block"))
    if found is None:
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "block")
    there, person = _own(found, who)
    with_it = replace(there, lifts=(_lift(lifted, there.id),))
    return _followed(there, _merged(there, with_it), person, lifted.registered, who, now)


def unlift(id: str, who: Caller, on: CareServices, now: int) -> Done[None]:
    """The lift was cancelled where it was entered. One that is not known, or is another's, is cancelled already."""
    blocks.a_node(who)
    wanted = providers.entry_id(id)
    found = on.store.block_of_lift(wanted)
    if found is None or not who.may_act_for(found[0].provider):
        return Done(None, NOTHING)
    there, person = _own(found, who)
    cancelled = Act(now, who.staff, now, who.staff)
    lifts = tuple(
        replace(one, cancelled=one.cancelled or cancelled) if one.id == wanted else one for one in there.lifts
    )
    return _followed(there, replace(there, lifts=lifts), person, cancelled, who, now)


def _own(found: tuple[Block, str], who: Caller) -> tuple[Block, str]:
    """A copy that the caller may change: another's is as missing as none, and what was entered here is no copy."""
    block, _ = found
    if not who.may_act_for(block.provider):
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "id")
    if block.local:
        raise CareRefused(ResultCode.INVALIDSTATE, "no-copy", "id")
    return found
