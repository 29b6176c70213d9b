"""Which of the broker's own pages a person may open, for the start page to lead there: by the roles and commissions of now."""

from broker.care.acting import care_callers
from broker.care.calling import services_of
from broker.login import record
from broker.login.effects import StorageUnavailable
from broker.web.console.row import ADMIN, CARE, MINE, PORTAL, REVIEW
from broker.web.turn import Turn
from trust_framework.roles import FEDERATION, Action, Actor, active, may


def areas(turn: Turn) -> tuple[str, ...]:
    """The first parts of their paths, for who is signed on in this browser. My page is everybody's, known or not: it is the one
    that remains while the store cannot be asked.
    """
    try:
        person = _signed_on(turn)
        return (MINE, *(_by_role(person, turn) if person else ()))
    except StorageUnavailable:
        return (MINE,)


def _signed_on(turn: Turn) -> str:
    """The person's id, empty for nobody."""
    visit, services = turn.visit(), turn.on.services
    sign_on = services.store.sign_on(visit.sign_on_id) if visit.sign_on_id else None
    return sign_on.person if sign_on and sign_on.usable(record.limits(services.settings), turn.now) else ""


def _by_role(person: str, turn: Turn) -> tuple[str, ...]:
    actor = Actor(person, grants=active(turn.on.store.role_grants(person), turn.now))
    places = (FEDERATION, *actor.orgs)
    open_to = {
        CARE: any(care_callers(person, services_of(turn.on.services))),
        REVIEW: any(may(actor, Action.REVIEW_LOG, where) for where in places),
        PORTAL: bool(actor.orgs),
        ADMIN: bool(actor.roles(FEDERATION)),
    }
    return tuple(area for area, opens in open_to.items() if opens)
