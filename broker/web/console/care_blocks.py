"""Registrars' pages of blocks (spärrar): those of the reader's own provider, registered, shown, copied, lifted, revoked, voided.

What a block must say and who may do what to it is `broker.care.blocks`'s and `block_lifts`'s.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from broker.care import block_lifts, blocks
from broker.care.acts import ActWish
from broker.care.block_lifts import LiftWish
from broker.care.blocks import BlockWish, CopyWish
from broker.care.calling import Done
from broker.exchange import Reply
from broker.web.console.care_desk import Bedside, for_registrars
from broker.web.console.care_doing import Deed, Doing, asked, at_once, reviewed
from broker.web.console.care_forms import BlockForm, LiftForm, ReasonForm
from broker.web.console.care_pages import ActRow, CareEntries, CareEntry, EntryRow, Fact, LiftRow, Way
from broker.web.console.turn import Missing
from trust_framework.blocks import Block, BlockType, Lift, LiftReason
from trust_framework.care import Period
from trust_framework.days import day_of

LIST: Final = "/sparrar"


@for_registrars
def listed(place: Bedside) -> Reply:
    """The blocks of a patient at your provider."""
    everything = place.turn.query.get("alla") == "1"
    found = _ours(place)
    rows = tuple(_row(place, block) for block in reversed(found) if everything or block.stands)
    page = CareEntries(
        around=place.around("sparrar"),
        kind="block",
        rows=rows,
        new=place.at(f"{LIST}/ny"),
        all=everything,
        switch=place.at(LIST if everything else f"{LIST}?alla=1"),
    )
    return place.turn.render(page)


def _ours(place: Bedside) -> tuple[Block, ...]:
    return blocks.of_patient(place.patient, place.desk.caller, place.desk.services, place.turn.now)


def _row(place: Bedside, block: Block) -> EntryRow:
    return EntryRow(
        url=place.at(f"{LIST}/{block.id}"),
        title=block.type.value.lower(),
        place=_where(place, block),
        state=_state(block, place.turn.now),
        since=block.registered.registered_at,
    )


def _where(place: Bedside, block: Block) -> Any:
    return place.desk.unit_names(block.unit) if block.unit else place.desk.provider_names(block.provider)


def _state(block: Block, now: int) -> str:
    if block.deleted:
        return "deleted"
    if block.revoked:
        return "revoked"
    return "lifted" if any(_lift_state(lift, now) == "stands" for lift in block.lifts) else "stands"


def _lift_state(lift: Lift, now: int) -> str:
    return "ended" if lift.cancelled or lift.until <= now else "stands"


def block_of(place: Bedside, block: str) -> Block:
    """A block of this patient at the reader's provider. Raises Missing."""
    for found in _ours(place):
        if found.id == block:
            return found
    raise Missing


@for_registrars
def shown(place: Bedside, block: str) -> Reply:
    """A block with its lifts and its history."""
    found = block_of(place, block)
    at = f"{LIST}/{found.id}"
    acts = ("lift", "revoke", "delete", "copy") if found.stands else ("copy",)
    page = CareEntry(
        around=place.around("sparrar"),
        kind="block",
        state=_state(found, place.turn.now),
        facts=_facts(place, found),
        acts=tuple(_acts(found)),
        ways=tuple(Way(code=f"block-{act}", url=place.at(f"{at}/{PATHS[act]}")) for act in acts),
        back=place.at(LIST),
        lifts=tuple(_lift_row(place, lift, at) for lift in found.lifts),
    )
    return place.turn.render(page)


def _lift_row(place: Bedside, lift: Lift, at: str) -> LiftRow:
    state = _lift_state(lift, place.turn.now)
    return LiftRow(
        reason=lift.reason.value,
        unit=place.desk.unit_names(lift.unit),
        until=lift.until,
        state=state,
        employee=lift.employee,
        cancel=place.at(f"{at}/havning/{lift.id}") if state == "stands" else "",
    )


def _acts(block: Block) -> Iterator[ActRow]:
    happened = [("registered", block.registered), ("revoked", block.revoked), ("deleted", block.deleted)]
    happened += [("lifted", lift.registered) for lift in block.lifts]
    happened += [("lift-cancelled", lift.cancelled) for lift in block.lifts]
    for code, act in sorted((row for row in happened if row[1]), key=lambda row: row[1].registered_at):  # type: ignore[union-attr]
        if act:
            yield ActRow(code=code, at=act.registered_at, by=act.registered_by.employee, reason=act.reason)


def _facts(place: Bedside, block: Block) -> tuple[Fact, ...]:
    return facts_of(place, block.type, block.unit, block.information, tuple(sorted(block.excluded)))


def facts_of(place: Bedside, type_: str, unit: str, information: Period, excluded: tuple[str, ...]) -> tuple[Fact, ...]:
    """What a block says, in words."""
    found = [
        Fact(label="care.block.type", code=type_.lower()),
        Fact(label="care.block.provider", values=(place.desk.provider_names(place.desk.provider.hsa_id),)),
    ]
    if unit:
        found.append(Fact(label="care.block.unit", values=(place.desk.unit_names(unit),)))
    found.append(_recorded(information))
    found.append(Fact(label="care.block.excluded", code="-".join(excluded) or "nothing"))
    return tuple(found)


def _recorded(information: Period) -> Fact:
    if information.start is None and information.end is None:
        return Fact(label="care.block.information", code="always")
    first, last = (day_of(at).isoformat() if at is not None else "…" for at in (information.start, information.end))
    return Fact(label="care.block.information", values=(f"{first} – {last}",))


# --- new ones, and copies


@for_registrars
def new(place: Bedside) -> Reply:
    """Register a block: what will be is shown in words first."""
    form = BlockForm.at(place.desk)
    return _filled(place, form, "block", place.at(f"{LIST}/ny"), place.at(LIST), None)


@for_registrars
def copied(place: Bedside, block: str) -> Reply:
    """Register a block like another one."""
    found = block_of(place, block)
    days = [day_of(at) if at is not None else None for at in (found.information.start, found.information.end)]
    like = {
        "type": found.type.value,
        "unit": found.unit,
        "start": days[0],
        "end": days[1],
        "excluded": sorted(found.excluded),
    }
    form = BlockForm.at(place.desk, like)
    at = f"{LIST}/{found.id}"
    return _filled(place, form, "block-copy", place.at(f"{at}/kopiera"), place.at(at), found)


def _filled(place: Bedside, form: BlockForm, code: str, action: str, back: str, of: Block | None) -> Reply:
    turn, desk = place.turn, place.desk

    def call() -> Done[Block]:
        type_, excluded = BlockType(form.type.data), frozenset(form.excluded.data)
        entered = ActWish(reason=form.reason.data or "")
        if of is not None:
            copy = CopyWish(of.id, form.id.data, type_, form.unit.data, form.period, excluded, entered)
            return blocks.copy(copy, desk.caller, desk.services, turn.now)
        wish = BlockWish(
            form.id.data,
            type_,
            place.patient,
            desk.provider.hsa_id,
            form.unit.data,
            form.period,
            excluded,
            entered=entered,
        )
        return blocks.register(wish, desk.caller, desk.services, turn.now)

    good = turn.posted and form.valid(turn)
    facts = _wished(place, form) if good else ()
    consequences = (f"block.{form.type.data.lower()}", "block.always") if good else ()
    doing = Doing(place, Deed(code, facts, consequences, stands=of), action, back, call, place.at(LIST))
    return reviewed(form, doing) if good else asked(form, doing)


def _wished(place: Bedside, form: BlockForm) -> tuple[Fact, ...]:
    excluded = tuple(sorted(form.excluded.data))
    return (*facts_of(place, form.type.data, form.unit.data, form.period, excluded), *note(form.reason.data))


def note(reason: str | None) -> tuple[Fact, ...]:
    """What was noted, when something was."""
    return (Fact(label="care.note", values=(reason.strip(),)),) if reason and reason.strip() else ()


# --- lifting for a time


@for_registrars
def lift(place: Bedside, block: str) -> Reply:
    """Let a unit, or you, see what a block closes, for a time."""
    turn, desk = place.turn, place.desk
    found = block_of(place, block)
    if not found.stands:
        raise Missing
    form = LiftForm.at(desk)
    at = place.at(f"{LIST}/{found.id}")

    def call() -> Done[Any]:
        wish = LiftWish(
            form.id.data,
            found.id,
            form.until_at,
            form.unit.data,
            LiftReason(form.why.data),
            form.employee(desk),
            ActWish(reason=form.reason.data or ""),
        )
        return block_lifts.lift(wish, desk.caller, desk.services, turn.now)

    good = turn.posted and form.valid(turn)
    facts = _lifting(place, form, found) if good else _facts(place, found)
    consequences = ("lift", *(("emergency.reviewed", "emergency.told") if good and form.emergency else ()))
    deed = Deed("block-lift", facts, consequences, stands=found)
    doing = Doing(place, deed, f"{at}/{PATHS['lift']}", at, call)
    return reviewed(form, doing) if good else asked(form, doing)


def _lifting(place: Bedside, form: LiftForm, block: Block) -> tuple[Fact, ...]:
    return (
        *_facts(place, block),
        Fact(label="care.lift.why", code=form.why.data),
        Fact(label="care.lift.for", values=(place.desk.unit_names(form.unit.data),), code=f"whom-{form.whom.data}"),
        Fact(label="care.lift.until", at=form.until_at),
        *note(form.reason.data),
    )


@for_registrars
def lift_ended(place: Bedside, block: str, lift: str) -> Reply:
    """End a lift before its time."""
    found = block_of(place, block)
    standing = next((one for one in found.lifts if one.id == lift), None)
    if standing is None or _lift_state(standing, place.turn.now) == "ended":
        raise Missing
    facts = (
        *_facts(place, found),
        Fact(label="care.lift.for", values=(place.desk.unit_names(standing.unit),)),
        Fact(label="care.lift.until", at=standing.until),
    )
    deed = Deed("lift-end", facts, ("lift-end",), stands=found)
    at = f"{LIST}/{found.id}"
    return _with_reason(place, deed, f"{at}/havning/{standing.id}", at, block_lifts.cancel, standing.id)


# --- for good


@for_registrars
def revoked(place: Bedside, block: str) -> Reply:
    """Lift a block for good, at the patient's wish."""
    return _ended(place, block, "revoke", blocks.revoke)


@for_registrars
def deleted(place: Bedside, block: str) -> Reply:
    """Void a block that was registered by mistake."""
    return _ended(place, block, "delete", blocks.delete)


def _ended(place: Bedside, block: str, act: str, service: Callable[..., Done[Block]]) -> Reply:
    found = block_of(place, block)
    if not found.stands:
        raise Missing
    deed = Deed(f"block-{act}", _facts(place, found), (act,), stands=found, final=True)
    at = f"{LIST}/{found.id}"
    return _with_reason(place, deed, f"{at}/{PATHS[act]}", at, service, found.id)


def _with_reason(
    place: Bedside, deed: Deed, action: str, back: str, service: Callable[..., Done[Block]], id: str
) -> Reply:
    """A deed that only asks why."""
    form = ReasonForm.at(place.desk)

    def call() -> Done[Block]:
        why = ActWish(reason=form.reason.data)
        return service(id, why, place.desk.caller, place.desk.services, place.turn.now)

    return at_once(form, Doing(place, deed, place.at(action), place.at(back), call))


PATHS: Final = {"lift": "hav-tillfalligt", "revoke": "hav", "delete": "makulera", "copy": "kopiera"}
