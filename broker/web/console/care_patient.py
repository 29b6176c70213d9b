"""A patient before somebody of the care staff: what is blocked, what stands, what may be seen, and the two steps to more.

That something is blocked is told to everybody who cares for the patient; where it is, to who has opened it in an emergency and
asks; what the decision says, by place and never by unit before that (facts 7.5).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from broker.care import block_checks, consents, decisions, relations
from broker.care.block_checks import Against
from broker.care.calling import CareRefused, carried_out
from broker.exchange import Reply
from broker.web.console import care_emergency
from broker.web.console.care_desk import Bedside, at_bedside
from broker.web.console.care_doing import why
from broker.web.console.care_forms import AskForm
from broker.web.console.care_pages import AnswerRow, Blocked, CarePatient, Opened, Standing, Way
from broker.web.pages.frame import Names
from trust_framework.block_reveal import Level, Revealed
from trust_framework.blocks import Block, lift_for
from trust_framework.care import Resource
from trust_framework.care_access import AccessQuestion, Ruling

BATCHES: Final = 10
"""Questions that are asked at once. Of units beyond what they hold the page says that they are left out."""

PLACES: Final = ("mine", "ours", "theirs")
"""Where what is asked about was recorded: at one's own unit, elsewhere at the provider, at other providers."""


@at_bedside
def shown(place: Bedside) -> Reply:
    """A patient: what is blocked for you, what stands, and what you may ask. That something is blocked is told on record."""
    form = AskForm.of(place.turn)
    try:
        if _untold(place):
            _told(place, Level.NOTHING)
    except CareRefused as refused:
        return place.turn.render(_page(place, form, wrong=why(refused)))
    return place.turn.render(_page(place, form))


def _untold(place: Bedside) -> bool:
    """Whether something is blocked for the reader and they have not lately been told so."""
    if place.person is None or not _against(place).closed:
        return False
    return place.desk.services.store.told_of_blocks(place.desk.actor, place.person) is Level.NOTHING


def _told(place: Bedside, before: Level) -> Revealed:
    """The next step after the one that the page shows. Raises CareRefused."""
    desk, now = place.desk, place.turn.now
    asked = (desk.actor, place.patient, before, desk.caller, desk.services, now)
    return carried_out(lambda: block_checks.reveal(*asked), desk.services.store).result


def _page(
    place: Bedside,
    form: AskForm,
    answers: tuple[AnswerRow, ...] | None = None,
    revealed: Iterable[tuple[str, str]] = (),
    wrong: str = "",
) -> CarePatient:
    desk = place.desk
    stands = _against(place)
    opened = care_emergency.mine(place)
    return CarePatient(
        around=place.around("patient"),
        here=_blocked(place, stands, revealed, ours=True),
        elsewhere=_blocked(place, stands, revealed, ours=False),
        standing=tuple(_standing(place)),
        form=form,
        action=place.at("/svar"),
        answers=answers,
        reveal=place.at("/var") if stands.closed and opened and not revealed else "",
        emergency=place.at("/nod") if desk.unit and not opened else "",
        opened=Opened(until=opened.until, reason=opened.reason, action=place.at(f"/nod/{opened.id}/avsluta"))
        if opened
        else None,
        csrf=place.turn.csrf(),
        wrong=wrong,
    )


def _against(place: Bedside) -> Against:
    return block_checks.against(place.desk.actor, place.person, place.desk.services, place.turn.now)


def _blocked(place: Bedside, stands: Against, revealed: Iterable[tuple[str, str]], *, ours: bool) -> Blocked:
    lifted = _of(stands.lifted, place.desk.provider.hsa_id, ours=ours)
    return Blocked(
        count=len(_of(stands.closed, place.desk.provider.hsa_id, ours=ours)),
        units=_named(place, revealed, ours=ours),
        lifted=len(lifted),
        until=_until(lifted, place),
        incomplete=stands.incomplete and not ours,
    )


def _of(blocks: Iterable[Block], provider: str, *, ours: bool) -> list[Block]:
    return [block for block in blocks if (block.provider == provider) is ours]


def _until(lifted: list[Block], place: Bedside) -> int | None:
    lifts = (lift_for(block, place.desk.actor, place.turn.now) for block in lifted)
    return min((lift.until for lift in lifts if lift), default=None)


def _named(place: Bedside, revealed: Iterable[tuple[str, str]], *, ours: bool) -> tuple[Names, ...]:
    """The places that were told, by the unit's name, of an outer block by the provider's."""
    desk = place.desk
    own = desk.provider.hsa_id
    told = (pair for pair in revealed if (pair[0] == own) is ours)
    return tuple(desk.unit_names(unit) if unit else desk.provider_names(provider) for provider, unit in told)


def _standing(place: Bedside) -> Iterator[Standing]:
    desk, turn = place.desk, place.turn
    asked = (desk.actor, place.patient, desk.caller, desk.services, turn.now)
    consent = consents.check(*asked).consent
    relation = relations.check(*asked)
    if consent:
        yield Standing(code="consent", until=consent.period.end)
    else:
        yield Standing(code="no-consent", way=_missing(place, "consent", "/samtycken/ny"))
    if relation:
        yield Standing(code="relation", until=relation.period.end)
    elif desk.provider.switches.relation_needed:
        yield Standing(code="no-relation", way=_missing(place, "relation", "/relationer/ny"))
    else:
        yield Standing(code="relation-not-needed")


def _missing(place: Bedside, code: str, part: str) -> Way | None:
    """Where what is missing is entered, by who acts at a unit."""
    return Way(code=code, url=place.at(part)) if place.desk.unit else None


# --- what may I see


@at_bedside
def asked(place: Bedside) -> Reply:
    """Ask what you may see of a patient; the answer is recorded before it is shown."""
    turn, form = place.turn, AskForm.of(place.turn)
    if not form.valid(turn):
        return turn.render(_page(place, form))
    everything = tuple(_resources(place, form))
    resources = everything[: BATCHES * decisions.MOST_RESOURCES]
    try:
        rulings = _rulings(place, resources)
    except CareRefused as refused:
        return turn.render(_page(place, form, wrong=why(refused)))
    page = _page(place, form, tuple(_answers(place, resources, rulings)))
    return turn.render(replace(page, left_out=len(everything) - len(resources)))


def _rulings(place: Bedside, resources: tuple[Resource, ...]) -> tuple[Ruling, ...]:
    """What is ruled of each, in one commit, however many questions it takes. Raises CareRefused."""
    desk, most = place.desk, decisions.MOST_RESOURCES
    batches = (resources[first : first + most] for first in range(0, len(resources), most))
    questions = [AccessQuestion(desk.actor, place.patient, some) for some in batches]
    rulings: list[Ruling] = []
    for answer in decisions.all_answered(questions, desk.caller, desk.services, place.turn.now):
        if isinstance(answer, CareRefused):
            raise answer
        rulings += answer
    return tuple(rulings)


def _resources(place: Bedside, form: AskForm) -> Iterator[Resource]:
    """The units of all providers, each as one resource, those of one's own first."""
    own, register = place.desk.provider, place.desk.services.register
    others = (provider for provider in register.providers.values() if provider is not own)
    for provider in (own, *others):
        for unit in provider.units:
            yield Resource(unit, provider.hsa_id, unit, form.period, form.type.data or "")


def _answers(place: Bedside, resources: tuple[Resource, ...], rulings: tuple[Ruling, ...]) -> Iterator[AnswerRow]:
    """A row for each answer in each place: how many units it holds for, never which."""
    where = {resource.id: _place(place, resource) for resource in resources}
    counted = Counter((where[ruling.resource], ruling.access) for ruling in rulings)
    for name in PLACES:
        for access in sorted({access for at, access in counted if at == name}):
            codes = (
                ground.code
                for ruling in rulings
                if where[ruling.resource] == name and ruling.access is access
                for ground in ruling.grounds
            )
            yield AnswerRow(
                place=_place_names(place, name),
                access=access.value,
                grounds=tuple(dict.fromkeys(codes)),
                count=counted[name, access],
            )


def _place(place: Bedside, resource: Resource) -> str:
    desk = place.desk
    if resource.provider != desk.provider.hsa_id:
        return "theirs"
    return "mine" if resource.unit == desk.unit else "ours"


def _place_names(place: Bedside, name: str) -> Names:
    around = place.desk.around()
    return around.unit if name == "mine" else around.provider if name == "ours" else OTHERS


OTHERS: Final[Names] = {"sv": "Andra vårdgivare", "en": "Other care providers"}


# --- where is it


@at_bedside
def revealed(place: Bedside) -> Reply:
    """Be told at which units a patient's blocked information is: a step of its own, and recorded."""
    form = AskForm(None, meta={"csrf_context": place.turn})
    try:
        found = _told(place, Level.EXISTS)
    except CareRefused as refused:
        return place.turn.render(_page(place, form, wrong=why(refused)))
    places = tuple((each.provider, each.unit) for each in found.places)
    return place.turn.render(_page(place, form, revealed=places))
