"""Erasing the person of a request: what stands against it, and the form of the second person, a security officer."""

from broker.audit.retention import Held
from broker.care import erasures
from broker.care.calling import CareRefused
from broker.web.console.forms import ConsoleForm
from broker.web.console.review.desk import Desk
from broker.web.console.review.forms import EraseForm, fresh
from broker.web.console.sheet import Doing
from trust_framework.roles import Action
from trust_framework.subject_requests import RequestKind, SubjectRequest, erase


def alerts(here: Desk, request: SubjectRequest) -> tuple[str, ...]:
    """What stands against the erasure that is asked for; a legal hold is told of to those who set them."""
    if request.kind is not RequestKind.ERASURE or request.done:
        return ()
    settings = here.turn.on.services.settings
    found = erasures.hindrance(request.person, here.turn.store, settings.log_years, here.turn.now)
    return (f"review.not.{found}",) if found else ()


def doing(here: Desk, request: SubjectRequest, url: str, sent: ConsoleForm | None) -> list[Doing]:
    """The form by which another person than who decided it carries it out."""
    possible = isinstance(erase(request, here.who.person, "x", here.turn.now), SubjectRequest)
    if not possible or not here.turn.may(Action.HOLD_LOG):
        return []
    form = sent if isinstance(sent, EraseForm) else fresh(EraseForm, here.turn)
    return [
        Doing(
            said="request.erase",
            action=f"{url}/radera",
            button="request.erase",
            form=form,
            lead="request.erase.lead",
            danger=True,
        )
    ]


def carried_out(here: Desk, request: SubjectRequest, words: str) -> str:
    """Erase the person, recorded; why not, or nothing."""
    turn = here.turn
    years = turn.on.services.settings.log_years
    try:
        done = erasures.carry_out(request, words, here.who, turn.store, years, turn.now)
        return "" if turn.commit(done.effects) else "review.not.overtaken"
    except CareRefused as refused:
        return "review.not." + refused.reason
    except Held:
        return "review.not.erasure-held"
