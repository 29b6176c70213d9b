"""Blocks (spärrar): register, revoke, delete, copy, list (RIV-TA informationsecurity:authorization:blocking 4).

Owns who may do what to a block and what a block must say. Lifts for a time are `block_lifts`; whether blocks stand in somebody's
way is `block_checks`.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from broker.audit.care_events import BlockChanged
from broker.care import acts, concealed, patients, providers
from broker.care.acts import ActWish
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, Done, ResultCode
from broker.care.changes import SaveBlock
from broker.login.effects import Effects
from trust_framework.block_entry import block_refusal
from trust_framework.blocks import Block, BlockType
from trust_framework.care import Act, CareProvider, Period
from trust_framework.identifiers import Identifier

MOST_BY_PATIENT: Final = 500
"""Blocks, ended ones too, that one patient may have before more are set through staff: a provider's are read as a whole."""


@dataclass(frozen=True, slots=True)
class BlockWish:
    """A block as the caller wants it. HSA-ids and the number come as they were spelled."""

    id: str
    type: BlockType
    patient: Identifier
    provider: str
    unit: str = ""
    information: Period = field(default_factory=Period)
    excluded: frozenset[str] = frozenset()
    owner: str = ""
    entered: ActWish = field(default_factory=ActWish)


def register(wish: BlockWish, who: Caller, on: CareServices, now: int) -> Done[Block]:
    """Enter a block. The same block sent again is there already, and well."""
    provider = providers.own_provider(wish.provider, who, on)
    _may_enter(provider, who)
    patient = patients.patient(wish.patient, who, on)
    block = _block(wish, provider, patient.number, acts.act(wish.entered, who, now))
    if (there := on.store.block(block.id)) is not None:
        return _again(there[0], block)
    if who.kind is CallerKind.PATIENT and len(on.store.blocks_of(patient.person)) >= MOST_BY_PATIENT:
        raise CareRefused(ResultCode.ACCESSDENIED, "through-staff")
    effects = Effects(
        (*patient.changes, SaveBlock(block, patient.person)),
        (changed("registered", block, patient.person, who, block.registered, now),),
    )
    return Done(block, effects)


def _may_enter(provider: CareProvider, who: Caller) -> None:
    providers.registrar(provider, who)
    if who.kind is CallerKind.PATIENT and not provider.switches.patient_blocks_directly:
        raise CareRefused(ResultCode.ACCESSDENIED, "through-staff")


def _block(wish: BlockWish, provider: CareProvider, patient: Identifier, entered: Act) -> Block:
    for value in (wish.information.start, wish.information.end):
        if value is not None:
            acts.instant(value, "information")
    block = Block(
        providers.entry_id(wish.id),
        wish.type,
        patient,
        provider.hsa_id,
        entered,
        unit=providers.unit(provider, wish.unit) if wish.unit else "",
        information=wish.information,
        excluded=frozenset(kind.strip() for kind in wish.excluded),
        owner=providers.hsa(wish.owner, "owner") if wish.owner else "",
    )
    if refused := block_refusal(block):
        raise CareRefused(ResultCode.VALIDATION_ERROR, refused, "block")
    return block


def _again(there: Block, wished: Block) -> Done[Block]:
    as_first = replace(there, lifts=(), revoked=None, deleted=None, local=wished.local, registered=wished.registered)
    if as_first != wished:
        raise CareRefused(ResultCode.ALREADYEXISTS, "other-content", "id")
    if not there.stands:
        raise CareRefused(ResultCode.INVALIDSTATE, "ended", "id")
    return Done(there)


def revoke(id: str, why: ActWish, who: Caller, on: CareServices, now: int) -> Done[Block]:
    """Lift a block for good at the patient's wish. It stays as history and is never set again."""
    block, person, provider = own(id, who, on)
    _may_enter(provider, who)
    standing(block)
    _entered_here(block)
    ended = acts.act(why, who, now)
    return _moved("revoked", block, replace(block, revoked=ended), person, who, ended, now)


def delete(id: str, why: ActWish, who: Caller, on: CareServices, now: int) -> Done[Block]:
    """Void a block that was set by mistake. It stays as history. A patient revokes; only care can have been mistaken."""
    block, person, provider = own(id, who, on)
    if who.kind is CallerKind.PATIENT:
        raise CareRefused(ResultCode.ACCESSDENIED, "through-staff")
    providers.registrar(provider, who)
    if block.deleted is not None:
        raise CareRefused(ResultCode.INVALIDSTATE, "ended", "id")
    _entered_here(block)
    ended = acts.act(why, who, now)
    return _moved("deleted", block, replace(block, deleted=ended), person, who, ended, now)


def _entered_here(block: Block) -> None:
    """A copy of another node's block ends there, and then here."""
    if not block.local:
        raise CareRefused(ResultCode.INVALIDSTATE, "a-copy", "id")


def _moved(act: str, before: Block, after: Block, person: str, who: Caller, entered: Act, now: int) -> Done[Block]:
    event = changed(act, after, person, who, entered, now)
    return Done(after, Effects((SaveBlock(after, person, before),), (event,)))


@dataclass(frozen=True, slots=True)
class CopyWish:
    """A block to be made like another: under which id, and what is to be different."""

    of: str
    id: str
    type: BlockType | None = None
    unit: str | None = None
    information: Period | None = None
    excluded: frozenset[str] | None = None
    entered: ActWish = field(default_factory=ActWish)


def copy(wish: CopyWish, who: Caller, on: CareServices, now: int) -> Done[Block]:
    """Enter a block like one that is there, ended or not; its lifts are not copied."""
    block, *_ = own(wish.of, who, on)
    kind = block.type if wish.type is None else wish.type
    like = BlockWish(
        wish.id,
        kind,
        block.patient,
        block.provider,
        wish.unit if wish.unit is not None else block.unit if kind is BlockType.INNER else "",
        block.information if wish.information is None else wish.information,
        block.excluded if wish.excluded is None else wish.excluded,
        block.owner,
        wish.entered,
    )
    return register(like, who, on, now)


def of_patient(patient: Identifier, who: Caller, on: CareServices, now: int) -> tuple[Block, ...]:
    """The patient's blocks that the caller may see, ended ones among them: their own providers' (the patient: all); none
    of what a court has hidden.
    """
    found = patients.known(patient, on)
    if found is None:
        return ()
    if who.kind is CallerKind.PATIENT and found.person != who.person:
        raise CareRefused(ResultCode.ACCESSDENIED, "guardian", "patient")
    if concealed.hidden(found.person, who, on, now):
        return ()
    kept = on.store.blocks_of(found.person)
    return kept if who.kind is CallerKind.PATIENT else tuple(block for block in kept if who.may_act_for(block.provider))


# --- what the other files of blocks use


def own(id: str, who: Caller, on: CareServices) -> tuple[Block, str, CareProvider]:
    """A block that the caller may act on, its patient and its provider. Another's is as missing as none."""
    found = on.store.block(providers.entry_id(id))
    if found is None or not _reaches(found, who):
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "id")
    block, person = found
    return block, person, providers.provider(block.provider, on)


def _reaches(found: tuple[Block, str], who: Caller) -> bool:
    block, person = found
    return person == who.person if who.kind is CallerKind.PATIENT else who.may_act_for(block.provider)


def a_node(who: Caller) -> None:
    """See that a system calls: copies are kept by nodes, and nobody reads every block of a provider by hand."""
    if who.kind in {CallerKind.STAFF, CallerKind.PATIENT}:
        raise CareRefused(ResultCode.ACCESSDENIED, "not-a-node")


def standing(block: Block) -> None:
    """See that the block holds."""
    if not block.stands:
        raise CareRefused(ResultCode.INVALIDSTATE, "ended", "id")


def changed(act: str, block: Block, person: str, who: Caller, entered: Act, now: int, **more: object) -> BlockChanged:
    """The event of a change to a block."""
    return BlockChanged(
        at=now,
        reference=who.reference,
        act=act,
        block=block.id,
        person=person,
        provider=block.provider,
        unit=block.unit,
        by=who.by,
        kind=who.kind.value,
        evidence=acts.evidence(entered),
        **more,  # type: ignore[arg-type]  # fields of the event, by name
    )
