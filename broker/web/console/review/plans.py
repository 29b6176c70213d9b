"""G2: plans by which the log is reviewed again and again: entered, listed, ended."""

from datetime import timedelta
from typing import Any

from wtforms.fields import SelectChoice

from broker.care import review_plans
from broker.care.calling import CareRefused, carried_out
from broker.care.review_plans import Wish
from broker.exchange import Reply
from broker.web.console.people import name_of
from broker.web.console.review.desk import Desk, desk, today
from broker.web.console.review.forms import INTERVALS, RULE_CHOICES, PlanForm, TakeForm, fresh
from broker.web.console.review.report import NAMES
from broker.web.console.review.reviews import PERCENT
from broker.web.console.review.search import units
from broker.web.console.sheet import Cell, Column, Doing, Link, Sheet, Table, at, figure, said, text
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.log_drawing import USUAL, Selection
from trust_framework.log_review import RULE_IDS
from trust_framework.review_plans import Interval, ReviewPlan

MONTH = 30


def listed(turn: ConsoleTurn) -> Reply:
    """The plans of a care provider, and a form that enters another."""
    here = desk(turn)
    turn.found(here.provider)
    return _listed(here, _form(here, PlanForm.of(turn, _usual(turn))))


def _usual(turn: ConsoleTurn) -> dict[str, Any]:
    return {
        "every": 1,
        "interval": Interval.MONTHS.value,
        "first_time": today(turn) + timedelta(days=1),
        "days": MONTH,
        "percent": PERCENT,
        "most": USUAL,
        "rules": list(RULE_IDS),
    }


def _form(here: Desk, form: PlanForm) -> PlanForm:
    form.at_unit.choices = [SelectChoice("", "review.any-unit"), *units(here)]
    form.rules.choices = list(RULE_CHOICES)
    form.interval.choices = list(INTERVALS)
    return form


def _listed(here: Desk, form: PlanForm, wrong: str = "") -> Reply:
    turn = here.turn
    after = turn.query.get("efter", "")
    found = turn.store.review_plans(here.id, after)
    table = Table(
        caption="review.plans",
        columns=(
            Column(said="review.plan.next"),
            Column(said="review.plan.how-often"),
            Column(said="review.unit"),
            Column(said="review.plan.days", figure=True),
            Column(said="review.percent-drawn", figure=True),
            Column(said="review.most", figure=True),
        ),
        rows=tuple(_row(here, each) for each in found.rows),
        empty="review.plans.none",
        total=found.total,
        next=here.at("/granskningsplaner", efter=found.next) if found.next else "",
        first=here.at("/granskningsplaner") if after else "",
    )
    doing = Doing(
        said="review.plan.new",
        action=here.at("/granskningsplaner"),
        button="review.plan.make",
        form=form,
        lead="review.plan.lead",
        hints=(("days", "review.plan.days.hint"), ("most", "review.most.hint")),
    )
    page = Sheet(
        part="G2-plans",
        title="review.plans",
        of=here.name(here.provider.names, here.id) if here.provider else "",
        back=Link(url=here.at("/granskningar"), said="review.reviews.back"),
        narrowing=here.choice(),
        here=turn.at("/granskningsplaner"),
        alerts=(wrong,) if wrong else (),
        tables=(table,),
        doings=(doing,),
    )
    return turn.render(page)


def _row(here: Desk, plan: ReviewPlan) -> tuple[Cell, ...]:
    url = here.at(f"/granskningsplaner/{plan.id}")
    wanted = plan.selection
    return (
        _next(here, plan, url),
        often(plan),
        text(here.unit(wanted.unit)) if wanted.unit else said("review.any-unit"),
        figure(plan.days),
        figure(f"{wanted.percent} %"),
        figure(wanted.most),
    )


def _next(here: Desk, plan: ReviewPlan, url: str) -> Cell:
    """When it is due next. One that was due before today could not be asked for."""
    if plan.ended_at is not None:
        return said("review.plan.ended", "off", url)
    late = plan.next < today(here.turn)
    return Cell(text=plan.next.isoformat(), said="review.overdue" if late else "", mood="err" if late else "", url=url)


def often(plan: ReviewPlan) -> Cell:
    """How often it is due."""
    return Cell(said=f"review.plan.{plan.interval.value}.every", text=str(plan.every))


def made(turn: ConsoleTurn) -> Reply:
    """Enter a plan."""
    here = desk(turn)
    turn.found(here.provider)
    form = _form(here, PlanForm.of(turn))
    if not form.valid(turn):
        return _listed(here, form)
    wish = Wish(form.every.data, Interval(form.interval.data), form.first_time.data, form.days.data)
    wanted = Selection(here.id, 0, 0, form.at_unit.data, form.percent.data, tuple(form.rules.data), most=form.most.data)
    try:
        carried_out(lambda: review_plans.make(wish, wanted, here.who, here.on, turn.now), turn.store)
    except CareRefused as refused:
        return _listed(here, form, "review.not." + refused.reason)
    return turn.see(here.at("/granskningsplaner"), notice="plan-made")


def ask_end(turn: ConsoleTurn, plan: str) -> Reply:
    """What a plan says, and whether it shall end."""
    here = desk(turn)
    return _shown(here, _found(here, plan))


def _found(here: Desk, id_: str) -> ReviewPlan:
    try:
        return review_plans.found(id_, here.who, here.on)
    except CareRefused:
        raise Missing from None


def _shown(here: Desk, plan: ReviewPlan) -> Reply:
    turn, wanted = here.turn, plan.selection
    rules = tuple((text(NAMES[each]),) for each in wanted.rules)
    ended = (("review.plan.ended", at(plan.ended_at)), ("review.who", text(name_of(plan.ended_by, turn))))
    doing = Doing(
        said="review.plan.end",
        action=here.at(f"/granskningsplaner/{plan.id}"),
        button="review.plan.end",
        form=fresh(TakeForm, turn),
        lead="review.plan.end.lead",
    )
    page = Sheet(
        part="G2-plan",
        title="review.plan",
        back=Link(url=here.at("/granskningsplaner"), said="review.plans.back"),
        facts=(
            ("review.plan.how-often", often(plan)),
            ("review.plan.next", _next(here, plan, "")),
            ("review.plan.first", text(plan.first)),
            ("review.plan.days", text(str(plan.days))),
            ("review.unit", text(here.unit(wanted.unit)) if wanted.unit else said("review.any-unit")),
            ("review.percent", text(f"{wanted.percent} %")),
            ("review.most", text(str(wanted.most))),
            ("review.plan.times", text(str(plan.times))),
            ("review.plan.made", at(plan.made_at)),
            ("review.who", text(name_of(plan.made_by, turn))),
            *(ended if plan.ended_at is not None else ()),
        ),
        tables=(
            Table(caption="review.rules", columns=(Column(said="review.rule"),), rows=rules, empty="review.nothing"),
        ),
        doings=(doing,) if plan.ended_at is None else (),
    )
    return turn.render(page)


def ended(turn: ConsoleTurn, plan: str) -> Reply:
    """End a plan."""
    here = desk(turn)
    _found(here, plan)
    carried_out(lambda: review_plans.end(plan, here.who, here.on, turn.now), turn.store)
    return turn.see(here.at("/granskningsplaner"), notice="plan-ended")
