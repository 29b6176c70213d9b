"""The question for whom the person acts in a login (U6): put again from the decision itself each time, as the others are."""

from broker.exchange import Reply
from broker.login import journey
from broker.login.facts import case_of
from broker.login.request import Transaction
from broker.login.steps import Stage
from broker.web import explain, links
from broker.web.answers import see_other, settle
from broker.web.consent_views import scope
from broker.web.login import page_of, service_of
from broker.web.opening import opened
from broker.web.pages.whom import Choice, ChooseOnBehalf, choice_of
from broker.web.turn import Turn
from trust_framework.decide import AskOnBehalf, decide
from trust_framework.on_behalf import MYSELF
from trust_framework.representation import name_of


def ask(turn: Turn, id: str) -> Reply:
    """U6, when it is still the question."""
    return _page(opened(id, turn), turn)


def _page(tx: Transaction, turn: Turn, *, missing: bool = False) -> Reply:
    if tx.identity is None:
        return see_other(links.login_url(tx, Stage.CHOICE, turn.on.services.keys()))
    case = case_of(tx, turn.on.services)
    decision = decide(case, turn.now)
    if not isinstance(decision, AskOnBehalf):
        return settle(journey.finish(tx, turn.now, turn.on.services), turn)
    known = {**tx.identity.attributes, **case.person.attributes}
    me = Choice(value=MYSELF, name=name_of(known), kind="self", chosen=True)
    page = ChooseOnBehalf(
        service=service_of(tx, turn),
        action=f"/login/{tx.id}/{Stage.ON_BEHALF.value}",
        csrf=turn.csrf(scope(tx)),
        choices=(me, *(choice_of(one, case.ages, turn.now) for one in decision.choices)),
        missing=missing,
        cancel=explain.back(tx, turn),
    )
    return page_of(page, tx, turn)


def answered(turn: Turn, id: str) -> Reply:
    """Somebody was chosen."""
    tx = opened(id, turn)
    choice = turn.check_form(scope(tx)).get("whom")
    if not choice or tx.identity is None:
        return _page(tx, turn, missing=True)
    return settle(journey.on_behalf_chosen(tx, choice, turn.now, turn.on.services), turn)
