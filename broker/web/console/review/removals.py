"""G5: decisions to remove what the log may no longer keep. One security officer asks, having seen what would go; another decides
it; a job removes it, and says in the log what went.
"""

from broker.audit.removal_orders import OrderState, RemovalOrder
from broker.care import removals
from broker.care.calling import CareRefused
from broker.exchange import Reply
from broker.web.console.people import name_of
from broker.web.console.review.desk import Desk, desk
from broker.web.console.review.forms import TakeForm, fresh
from broker.web.console.review.retention import classes, due_now, not_allowed
from broker.web.console.sheet import Cell, Column, Doing, Link, Sheet, Table, at, figure, said, text
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.roles import Action

PATH = "/gallring/beslut"
MOODS = {OrderState.ASKED: "warn", OrderState.DECIDED: "warn", OrderState.DONE: "ok", OrderState.WITHDRAWN: "off"}


def listed(turn: ConsoleTurn) -> Reply:
    """What may go now, a button that asks for it, and the decisions there ever were."""
    return _listed(desk(turn))


def _listed(here: Desk, wrong: str = "") -> Reply:
    turn = here.turn
    found = turn.store.removal_orders(turn.query.get("efter", ""))
    due = due_now(turn)
    orders = Table(
        caption="removal.orders",
        columns=(
            Column(said="removal.asked"),
            Column(said="removal.rows", figure=True),
            Column(said="removal.asked-by"),
            Column(said="review.state"),
        ),
        rows=tuple(_row(here, each) for each in found.rows),
        empty="removal.none",
        total=found.total,
        next=turn.at(f"{PATH}?efter={found.next}") if found.next else "",
    )
    asking = Doing(
        said="removal.ask",
        action=turn.at(PATH),
        button="removal.ask",
        form=fresh(TakeForm, turn),
        lead="removal.ask.lead",
    )
    page = Sheet(
        part="G5-removals",
        title="removal.title",
        back=Link(url=turn.at("/gallring"), said="retention.back"),
        lead="removal.lead",
        alerts=(wrong,) if wrong else (),
        tables=(classes(turn, due), orders),
        doings=(asking,) if any(each.rows for each in due.values()) else (),
    )
    return turn.render(page)


def _row(here: Desk, order: RemovalOrder) -> tuple[Cell, ...]:
    return (
        at(order.asked_at, here.turn.at(f"{PATH}/{order.id}")),
        figure(order.rows),
        text(name_of(order.asked_by, here.turn)),
        said("removal.state." + order.state.value, MOODS[order.state]),
    )


def asked(turn: ConsoleTurn) -> Reply:
    """Ask for a removal of what is due now."""
    try:
        done = removals.ask(due_now(turn), turn.actor.person, turn.now)
    except CareRefused as refused:
        return _listed(desk(turn), "review.not." + refused.reason)
    turn.commit(done.effects)
    return turn.see(turn.at(f"{PATH}/{done.result.id}"), notice="removal-asked")


# --- one decision -------------------------------------------------------------------------------------------------------


def shown(turn: ConsoleTurn, order: str) -> Reply:
    """One decision: what would go, who asked, who decided, what went; the security officer's to see."""
    there = turn.found(turn.store.removal_order(order))
    return _shown(desk(turn), there) if turn.may(Action.HOLD_LOG) else not_allowed(turn)


def _shown(here: Desk, order: RemovalOrder, wrong: str = "") -> Reply:
    turn = here.turn
    counted = Table(
        caption="removal.due",
        columns=(Column(said="retention.class"), Column(said="removal.rows", figure=True)),
        rows=tuple((said("retention.class." + name), figure(rows)) for name, rows in order.due),
        empty="removal.none",
    )
    page = Sheet(
        part="G5-removal",
        title="removal.one",
        of=order.id,
        back=Link(url=turn.at(PATH), said="removal.back"),
        alerts=(wrong,) if wrong else (),
        facts=_facts(here, order),
        tables=(counted,),
        doings=tuple(_doings(turn, order)),
    )
    return turn.render(page)


def _facts(here: Desk, order: RemovalOrder) -> tuple[tuple[str, Cell], ...]:
    turn, decided = here.turn, order.decided_at is not None
    found = (
        ("review.state", said("removal.state." + order.state.value, MOODS[order.state])),
        ("removal.asked", at(order.asked_at)),
        ("removal.asked-by", text(name_of(order.asked_by, turn))),
        ("removal.decided", at(order.decided_at)),
        ("removal.decided-by", text(name_of(order.decided_by, turn)) if decided else text("")),
        ("removal.ended", at(order.ended_at)),
        ("removal.removed", text(str(order.removed)) if order.state is OrderState.DONE else text("")),
    )
    return tuple((key, cell) for key, cell in found if cell.text or cell.said or cell.at is not None)


def _doings(turn: ConsoleTurn, order: RemovalOrder) -> list[Doing]:
    """Who asked may withdraw it and not decide it."""
    url = turn.at(f"{PATH}/{order.id}")
    found = []
    if order.state is OrderState.ASKED and order.asked_by != turn.actor.person:
        deciding = ("removal.decide", f"{url}/besluta", "removal.decide.lead", True)
        found.append(deciding)
    if order.state in {OrderState.ASKED, OrderState.DECIDED}:
        found.append(("removal.withdraw", f"{url}/aterta", "", False))
    return [
        Doing(said=name, action=action, button=name, form=fresh(TakeForm, turn), lead=lead, danger=danger)
        for name, action, lead, danger in found
    ]


def acted(turn: ConsoleTurn, order: str, deed: str) -> Reply:
    """Decide it, or withdraw it."""
    there = turn.found(turn.store.removal_order(order))
    deeds = {"besluta": removals.decide, "aterta": removals.withdraw}
    if deed not in deeds:
        raise Missing
    if not turn.may(Action.HOLD_LOG):
        return not_allowed(turn)
    try:
        done = deeds[deed](there, turn.actor.person, turn.now)
    except CareRefused as refused:
        return _shown(desk(turn), there, "removal.not." + refused.reason)
    if not turn.commit(done.effects):
        return _shown(desk(turn), turn.found(turn.store.removal_order(order)), "review.not.overtaken")
    return turn.see(turn.at(f"{PATH}/{order}"), notice="removal-decided" if deed == "besluta" else "removal-withdrawn")
