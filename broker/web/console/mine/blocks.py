"""U11, blocks: what the patient has closed to whom, with plain consequences; a new one, and lifting one for good.

Where a provider lets patients block for themselves the deed is done at once, else it waits for care staff as a request.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Final
from uuid import uuid4

from wtforms import RadioField, SelectField
from wtforms.fields import DateField, SelectChoice
from wtforms.validators import Optional as MayBeEmpty

from broker.care import blocks, requests
from broker.care.acts import ActWish
from broker.care.blocks import BlockWish
from broker.care.calling import CareRefused, Done, ResultCode, carried_out
from broker.exchange import Reply
from broker.web.console.forms import ConsoleForm
from broker.web.console.mine.care_pages import BlockCard, Blocks, NewBlock, RequestCard
from broker.web.console.mine.consents import note
from broker.web.console.mine.pages import Sure
from broker.web.console.mine.places import provider_name, providers, unit_name
from broker.web.console.mine.turn import OwnTurn, closed, own
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.access_words import named
from trust_framework.blocks import Block, BlockType, LiftReason
from trust_framework.care import CareProvider, Period
from trust_framework.care_requests import CareRequest, RequestState, Wish
from trust_framework.days import day_after, day_of, midnight
from trust_framework.representation import Deed, Kind

TAB: Final = "own-blocks"
LONGEST_NOTE: Final = 1000
OUTER, INNER = "outer", "inner"
_EARLIEST: Final = date(1900, 1, 1)


def listed(turn: ConsoleTurn, about: str = "") -> Reply:
    """The patient's blocks, what waits for care staff, and the blocks that were."""
    mine = own(turn, about)
    if stopped := closed(mine, TAB):
        return stopped
    mine.require(Deed.READ)
    note(mine, "blocks")
    hidden = mine.hidden
    asked = [one for one in turn.store.care_requests_of(mine.person) if one.provider not in hidden]
    found = [one for one in turn.store.blocks_of(mine.person) if one.provider not in hidden]
    waiting = {one.block for one in asked if one.state is RequestState.WAITING and one.wish is Wish.LIFT}
    cards = [_card(one, waiting, mine) for one in reversed(found)]
    page = Blocks(
        about=mine.about(),
        standing=tuple(card for card in cards if card.ended_at is None),
        ended=tuple(card for card in cards if card.ended_at is not None and not card.mistaken),
        requests=tuple(_request(one, mine) for one in reversed(asked)),
        new_url=mine.at("/sparrar/ny") if mine.may(Deed.BLOCK) else "",
        csrf=turn.csrf(),
        guardian=mine.representation is not None and mine.representation.kind is Kind.GUARDIAN,
    )
    return mine.render(page, TAB)


def _card(one: Block, waiting: set[str], mine: OwnTurn) -> BlockCard:
    ended = one.revoked or one.deleted
    lifts = tuple(
        (unit_name(lift.unit, mine), lift.until, lift.reason is LiftReason.EMERGENCY)
        for lift in one.lifts
        if lift.cancelled is None and lift.until > mine.now
    )
    return BlockCard(
        inner=one.type is BlockType.INNER,
        unit=unit_name(one.unit, mine),
        provider=provider_name(one.provider, mine),
        since=one.registered.registered_at,
        recorded_from=one.information.start,
        recorded_until=one.information.end,
        open=tuple(sorted(one.excluded)),
        lifts=lifts,
        ended_at=ended.registered_at if ended else None,
        mistaken=one.deleted is not None,
        lift_url=mine.at(f"/sparrar/hav/{one.id}") if one.stands and mine.may(Deed.LIFT) else "",
        asked=one.id in waiting,
    )


def _request(one: CareRequest, mine: OwnTurn) -> RequestCard:
    may = mine.may(Deed.BLOCK if one.wish is Wish.BLOCK else Deed.LIFT)
    waits = one.state is RequestState.WAITING
    return RequestCard(
        wish=one.wish.value,
        inner=one.type is BlockType.INNER,
        unit=unit_name(one.unit, mine),
        provider=provider_name(one.provider, mine),
        asked_at=one.asked_at,
        state=one.state.value,
        answer=one.answer,
        note=one.note,
        url=mine.at(f"/sparrar/begaran/{one.id}") if waits and may else "",
    )


# --- a new one -----------------------------------------------------------------------------------------------------------


class BlockForm(ConsoleForm):
    """What is to be closed: one provider's information or one unit's, all of it or what was recorded within some days."""

    reach = RadioField(
        "own.block.reach",
        choices=[
            SelectChoice(OUTER, "own.block.reach.outer"),
            SelectChoice(INNER, "own.block.reach.inner"),
        ],
        default=OUTER,
    )
    provider = SelectField("own.block.provider")
    unit = SelectField("own.block.unit")
    first = DateField("own.block.first", [MayBeEmpty()])
    last = DateField("own.block.last", [MayBeEmpty()])


def _form(mine: OwnTurn) -> BlockForm:
    form = BlockForm.of(mine.turn)
    known = providers(mine)
    form.provider.choices = [SelectChoice(one.hsa_id, {"sv": named(one.names, mine.language)}) for one in known]
    units = sorted((_unit_label(one, unit, mine), unit) for one in known for unit in one.units)
    form.unit.choices = [
        SelectChoice("", "own.block.unit.all"),
        *(SelectChoice(unit, {"sv": label}) for label, unit in units),
    ]
    return form


def _unit_label(provider: CareProvider, unit: str, mine: OwnTurn) -> str:
    return f"{unit_name(unit, mine)} ({named(provider.names, mine.language)})"


def new(turn: ConsoleTurn, about: str = "") -> Reply:
    """What is to be closed, to whom."""
    mine = own(turn, about)
    mine.require(Deed.BLOCK)
    return _new(_form(mine), mine)


def _new(form: BlockForm, mine: OwnTurn) -> Reply:
    through = tuple(named(p.names, mine.language) for p in providers(mine) if not p.switches.patient_blocks_directly)
    page = NewBlock(
        about=mine.about(),
        form=form,
        action=mine.at("/sparrar/ny"),
        back=mine.at("/sparrar"),
        through_staff=through,
    )
    return mine.render(page, TAB)


def weighed(turn: ConsoleTurn, about: str = "") -> Reply:
    """What the wished block would mean, before it is set; with `sure`, set it."""
    mine = own(turn, about)
    mine.require(Deed.BLOCK)
    number = turn.found(mine.number)
    sure, said, id_ = (turn.sent.fields.pop(name, "") for name in ("sure", "note", "block"))
    form = _form(mine)
    if not (form.valid(turn) and _fits(form, mine)):
        return _new(form, mine)
    provider = turn.found(mine.care.register.provider(form.provider.data))
    wish = BlockWish(
        id_ or str(uuid4()),
        BlockType.INNER if form.reach.data == INNER else BlockType.OUTER,
        number,
        provider.hsa_id,
        form.unit.data if form.reach.data == INNER else "",
        _period(form),
    )
    if sure != "yes":
        return mine.render(_sure(wish, provider, form, mine), TAB)
    return _set(wish, provider, said[:LONGEST_NOTE], mine)


def _fits(form: BlockForm, mine: OwnTurn) -> bool:
    """Whether the parts go together; else the fields say why not."""
    inner, unit = form.reach.data == INNER, form.unit.data
    if inner and not unit:
        form.unit.errors = ["own.block.unit.missing"]
    elif inner and mine.care.register.provider_of_unit(unit) is not mine.care.register.provider(form.provider.data):
        form.unit.errors = ["own.block.unit.foreign"]
    days = [day for day in (form.first.data, form.last.data) if day]
    if days != sorted(days) or any(not _EARLIEST <= day <= day_of(mine.now) for day in days[:1]):
        form.last.errors = ["own.block.days"]
    return not (form.unit.errors or form.last.errors)


def _period(form: BlockForm) -> Period:
    first, last = form.first.data, form.last.data
    return Period(midnight(first) if first else None, day_after(last) - 1 if last else None)


def _sure(wish: BlockWish, provider: CareProvider, form: BlockForm, mine: OwnTurn) -> Sure:
    direct, inner = provider.switches.patient_blocks_directly, wish.type is BlockType.INNER
    filled = {"unit": unit_name(wish.unit, mine), "provider": named(provider.names, mine.language)}
    said = ["inner" if inner else "outer", "emergency", "quality", "prescriptions"]
    if form.first.data or form.last.data:
        said.insert(1, "dated")
    fields = tuple((name, str(value)) for name, value in mine.turn.sent.fields.items() if name != "csrf")
    return Sure(
        about=mine.about(),
        deed="block" if direct else "ask-block",
        filled=filled,
        said=tuple((f"own.sure.block.{each}", filled) for each in said),
        action=mine.at("/sparrar/ny"),
        csrf=mine.turn.csrf(),
        back=mine.at("/sparrar"),
        fields=(*fields, ("block", wish.id), ("sure", "yes")),
        note=not direct,
    )


def _set(wish: BlockWish, provider: CareProvider, said: str, mine: OwnTurn) -> Reply:
    if provider.switches.patient_blocks_directly:
        care, who = mine.care, mine.caller
        _done(lambda: blocks.register(wish, who, care, mine.now), mine)
        return mine.turn.see(mine.at("/sparrar"), "own-blocked")
    asked = CareRequest(
        "", Wish.BLOCK, wish.patient, wish.provider, wish.id, 0, wish.type, wish.unit, wish.information, said
    )
    return _ask(asked, mine)


def _ask(asked: CareRequest, mine: OwnTurn) -> Reply:
    care, who = mine.care, mine.caller
    try:
        carried_out(lambda: requests.ask(asked, who, mine.person, care.store, mine.now), care.store)
    except CareRefused as refused:
        known = refused.reason in {"asked-already", "too-many"}
        return mine.turn.see(mine.at("/sparrar"), f"own-{refused.reason}" if known else "own-not-done")
    return mine.turn.see(mine.at("/sparrar"), "own-asked")


# --- lifting one for good ---------------------------------------------------------------------------------------------------


def ask_lift(turn: ConsoleTurn, block: str, about: str = "") -> Reply:
    """What lifting means, before it is done or asked for."""
    mine = own(turn, about)
    one, direct = _standing(mine, block)
    filled = {"unit": unit_name(one.unit, mine), "provider": provider_name(one.provider, mine)}
    inner = one.type is BlockType.INNER
    page = Sure(
        about=mine.about(),
        deed="lift" if direct else "ask-lift",
        filled=filled,
        said=((f"own.sure.lift.{'inner' if inner else 'outer'}", filled), ("own.sure.lift.again", {})),
        action=mine.at(f"/sparrar/hav/{block}"),
        csrf=turn.csrf(),
        back=mine.at("/sparrar"),
        note=not direct,
    )
    return mine.render(page, TAB)


def lift(turn: ConsoleTurn, block: str, about: str = "") -> Reply:
    """Lift a block for good, or ask care staff to."""
    mine = own(turn, about)
    one, direct = _standing(mine, block)
    if direct:
        care, who = mine.care, mine.caller
        _done(lambda: blocks.revoke(one.id, ActWish(), who, care, turn.now), mine)
        return turn.see(mine.at("/sparrar"), "own-lifted")
    said = turn.sent.fields.get("note", "")[:LONGEST_NOTE]
    asked = CareRequest("", Wish.LIFT, one.patient, one.provider, one.id, 0, one.type, one.unit, one.information, said)
    return _ask(asked, mine)


def _standing(mine: OwnTurn, block: str) -> tuple[Block, bool]:
    """A block that is shown and stands, and whether the person lifts it themselves. Raises Missing."""
    mine.require(Deed.LIFT)
    found = mine.store.block(block)
    one = mine.turn.found(found[0] if found and found[1] == mine.person else None)
    if not one.stands or one.provider in mine.hidden:
        raise Missing
    provider = mine.care.register.provider(one.provider)
    return one, provider is not None and provider.switches.patient_blocks_directly


def take_back(turn: ConsoleTurn, request: str, about: str = "") -> Reply:
    """Take a request to care staff back."""
    mine = own(turn, about)
    found = turn.store.care_request(request)
    one = turn.found(found[0] if found and found[1] == mine.person else None)
    mine.require(Deed.BLOCK if one.wish is Wish.BLOCK else Deed.LIFT)
    if one.provider in mine.hidden:
        raise Missing
    care, who = mine.care, mine.caller
    _done(lambda: requests.withdraw(one.id, who, mine.person, care.store, turn.now), mine)
    return turn.see(mine.at("/sparrar"), "own-taken-back")


def _done(call: Callable[[], Done[Any]], mine: OwnTurn) -> None:
    """Do it. What is refused is no longer there to be done; what could not be done is another thing. Raises Missing."""
    try:
        carried_out(call, mine.care.store)
    except CareRefused as refused:
        if refused.code is ResultCode.ERROR:
            raise
        raise Missing from refused
