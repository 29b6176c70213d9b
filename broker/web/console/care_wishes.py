"""What patients have asked care staff to do with blocks, where they do not set them themselves: for registrars, who answer.

An answer and what it does are one commit: the block is set or lifted, and the patient is told.
"""

from typing import Any, Final

from broker.audit.care_events import PatientSought
from broker.care import blocks, requests
from broker.care.acts import ActWish
from broker.care.blocks import BlockWish
from broker.care.calling import CareServices, Done
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.web.answers import see_other
from broker.web.console.care_blocks import block_of, facts_of, note
from broker.web.console.care_desk import Bedside, Desk, at_desk, for_registrars, handle_of
from broker.web.console.care_doing import Deed, Doing, at_once
from broker.web.console.care_forms import AnswerForm
from broker.web.console.care_pages import Fact, WishRow
from broker.web.console.turn import Missing
from trust_framework import patient_numbers
from trust_framework.blocks import Block
from trust_framework.care_requests import CareRequest, RequestState, Wish

MOST: Final = 50
PART: Final = "/onskemal"


def waiting(desk: Desk) -> tuple[WishRow, ...]:
    """The requests that wait at the provider, the oldest first; for registrars alone."""
    if not desk.registrar:
        return ()
    found = desk.services.store.care_requests_of_provider(desk.provider.hsa_id, count=MOST)
    return tuple(
        WishRow(
            id=wish.id,
            number=patient_numbers.written(wish.patient),
            wish=f"wish-{wish.wish.value}",
            place=desk.unit_names(wish.unit) if wish.unit else desk.provider_names(wish.provider),
            at=wish.asked_at,
        )
        for wish, _ in found
    )


def _wish(id: str, desk: Desk, on: CareServices) -> tuple[CareRequest, str]:
    """A request that waits at the registrar's provider, with its patient's id. Raises Missing."""
    found = on.store.care_request(id)
    if found is None or not desk.registrar:
        raise Missing
    wish, _ = found
    if wish.provider != desk.provider.hsa_id or wish.state is not RequestState.WAITING:
        raise Missing
    return found


@at_desk
def opened(desk: Desk) -> Reply:
    """Go on to the patient who asked; that somebody looked is recorded first."""
    turn = desk.turn
    wish, person = _wish(turn.sent.fields.get("request", ""), desk, desk.services)
    turn.commit(Effects((), (PatientSought(at=turn.now, person=person, by=turn.actor.person, **desk.place()),)))
    return see_other(desk.at(f"/{handle_of(desk, wish.patient)}{PART}/{wish.id}"))


@for_registrars
def answered(place: Bedside, request: str) -> Reply:
    """Answer a patient who asked for a block, or to have one lifted: do it, or say why not."""
    desk, turn = place.desk, place.turn
    wish, _ = _wish(request, desk, desk.services)
    if wish.patient != place.patient:
        raise Missing
    standing = block_of(place, wish.block) if wish.wish is Wish.LIFT else None
    form = AnswerForm.at(desk)

    def call() -> Done[Any]:
        state = RequestState(form.verdict.data)
        said = requests.answer(wish.id, state, form.answer.data or "", desk.caller, desk.services.store, turn.now)
        done = _done(wish, place) if state is RequestState.DONE else Done(None)
        return Done(None, done.effects + said.effects)

    deed = Deed(
        f"wish-{wish.wish.value}", _facts(place, wish, standing), ("wish.done", "wish.told"), stands=(wish, standing)
    )
    return at_once(form, Doing(place, deed, place.at(f"{PART}/{wish.id}"), desk.at(), call))


def _done(wish: CareRequest, place: Bedside) -> Done[Block]:
    """What was asked for, in the patient's own name of the block."""
    who, on, now = place.desk.caller, place.desk.services, place.turn.now
    entered = ActWish(requested_at=wish.asked_at, reason=wish.note)
    if wish.wish is Wish.LIFT:
        return blocks.revoke(wish.block, entered, who, on, now)
    block = BlockWish(wish.block, wish.type, wish.patient, wish.provider, wish.unit, wish.information, entered=entered)
    return blocks.register(block, who, on, now)


def _facts(place: Bedside, wish: CareRequest, standing: Block | None) -> tuple[Fact, ...]:
    asked = Fact(label="care.wish.at", at=wish.asked_at)
    of = standing or wish
    excluded = tuple(sorted(standing.excluded)) if standing else ()
    return (asked, *facts_of(place, of.type, of.unit, of.information, excluded), *note(wish.note))
