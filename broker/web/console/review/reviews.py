"""G2: reviews of the log. One is asked for, and drawn in the background from the accesses of a time by chance and by rules; its
report is signed off when every case has its outcome.
"""

from datetime import timedelta
from typing import Any

from wtforms.fields import SelectChoice

from broker.care import reviews
from broker.care.calling import CareRefused, carried_out
from broker.exchange import Reply
from broker.web.console import pdf
from broker.web.console.review.desk import Desk, desk, today
from broker.web.console.review.forms import RULE_CHOICES, ReviewForm, TakeForm, fresh
from broker.web.console.review.report import PDF, facts, made, period, so_far, standing, tables
from broker.web.console.review.search import units
from broker.web.console.sheet import Cell, Column, Doing, Link, Sheet, Table, at, figure, said, text
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.days import day_after, midnight
from trust_framework.log_drawing import USUAL, Selection
from trust_framework.log_review import RULE_IDS
from trust_framework.review_report import Report, Review
from trust_framework.roles import Action

PERCENT = 5


def listed(turn: ConsoleTurn) -> Reply:
    """The reviews of a care provider's log, and a form that draws another."""
    here = desk(turn)
    return _listed(here, _form(here, ReviewForm.of(turn, _usual(turn))))


def _usual(turn: ConsoleTurn) -> dict[str, Any]:
    day = today(turn)
    return {
        "first_day": day - timedelta(days=7),
        "last_day": day - timedelta(days=1),
        "percent": PERCENT,
        "most": USUAL,
        "rules": list(RULE_IDS),
    }


def _form(here: Desk, form: ReviewForm) -> ReviewForm:
    form.at_unit.choices = [SelectChoice("", "review.any-unit"), *units(here)]
    form.rules.choices = list(RULE_CHOICES)
    return form


def _listed(here: Desk, form: ReviewForm, wrong: str = "") -> Reply:
    turn = here.turn
    found = turn.store.log_reviews(here.id, turn.query.get("efter", "")) if here.provider else None
    rows = tuple(_row(here, each) for each in found.rows) if found else ()
    table = Table(
        caption="review.reviews",
        columns=(
            Column(said="review.made"),
            Column(said="review.period"),
            Column(said="review.examined", figure=True),
            Column(said="review.drawn", figure=True),
            Column(said="review.state"),
        ),
        rows=rows,
        empty="review.reviews.none",
        total=found.total if found else None,
        next=here.at("/granskningar", efter=found.next or "") if found and found.next else "",
    )
    doing = Doing(
        said="review.new",
        action=here.at("/granskningar"),
        button="review.draw",
        form=form,
        lead="review.new.lead",
        hints=(("percent", "review.percent.hint"), ("most", "review.most.hint")),
    )
    links = (
        Link(url=here.at("/granskningsplaner"), said="review.plans"),
        Link(url=here.at("/bevakning"), said="review.watch"),
    )
    page = Sheet(
        part="G2",
        title="review.reviews",
        of=here.name(here.provider.names, here.id) if here.provider else "",
        lead="" if here.provider else "review.no-provider",
        narrowing=here.choice(),
        here=turn.at("/granskningar"),
        alerts=(wrong,) if wrong else (),
        facts=_latest(here) if here.provider else (),
        tables=(table,),
        doings=(doing,) if here.provider else (),
        links=links if here.provider else (),
    )
    return turn.render(page)


def _latest(here: Desk) -> tuple[tuple[str, Cell], ...]:
    """When the log was last reviewed to the end, and when it is to be again."""
    last = next(iter(here.turn.store.log_reviews(here.id, count=1, state="reported").rows), None)
    plans = here.turn.store.review_plans(here.id, state="runs").rows
    following = min((plan.next for plan in plans), default=None)
    return (
        ("review.latest-signed", at(last.reported_at) if last else said("review.latest-signed.none")),
        *((("review.latest-period", text(period(last.selection))),) if last else ()),
        ("review.next", text(following.isoformat()) if following else said("review.next.none")),
    )


def _row(here: Desk, review: Review) -> tuple[Cell, ...]:
    return (
        at(review.made_at, here.turn.at(f"/granskningar/{review.id}")),
        text(period(review.selection)),
        figure(so_far(review)),
        figure(review.drawn),
        standing(review, here.turn.now),
    )


def asked(turn: ConsoleTurn) -> Reply:
    """Ask for a review."""
    here = desk(turn)
    turn.found(here.provider)
    form = _form(here, ReviewForm.of(turn))
    if not form.valid(turn):
        return _listed(here, form)
    selection = Selection(
        here.id,
        midnight(form.first_day.data),
        day_after(form.last_day.data) - 1,
        form.at_unit.data,
        form.percent.data,
        tuple(form.rules.data),
        most=form.most.data,
    )
    try:
        done = carried_out(lambda: reviews.ask(selection, here.who, here.on, turn.now), turn.store)
    except CareRefused as refused:
        return _listed(here, form, "review.not." + refused.reason)
    return turn.see(turn.at(f"/granskningar/{done.result.id}"), notice="review-asked")


# --- one review ---------------------------------------------------------------------------------------------------------


def _found(here: Desk, id_: str) -> tuple[Desk, Review]:
    """A review, with the desk of the provider whose log it is of."""
    try:
        found = reviews.found(id_, here.who, here.on)
    except CareRefused:
        raise Missing from None
    return here.of(found.selection.provider), found


def shown(turn: ConsoleTurn, review: str) -> Reply:
    """A review in numbers: what it looked at, with which seed, what came of it."""
    here, there = _found(desk(turn), review)
    return _shown(here, reviews.reported(there, here.on))


def _shown(here: Desk, report: Report, wrong: str = "") -> Reply:
    turn, review = here.turn, report.review
    url = turn.at(f"/granskningar/{review.id}")
    page = Sheet(
        part="G2-report",
        title="review.report",
        of=period(review.selection),
        back=Link(url=here.at("/granskningar"), said="review.reviews.back"),
        alerts=(wrong,) if wrong else (),
        lead=_lead(review),
        facts=facts(here, report),
        tables=tables(here, report),
        doings=_sign(here, review, url),
        links=_links(here, review, url),
    )
    return turn.render(page)


def _lead(review: Review) -> str:
    if review.drawing is not None:
        return "review.drawing.lead"
    return "review.left-out" if review.left_out else ""


def _links(here: Desk, review: Review, url: str) -> tuple[Link, ...]:
    cases = Link(url=here.at("/arenden", granskning=review.id), said="review.cases.of")
    files = (
        Link(url=f"{url}/rapport?som={PDF}", said="review.report.pdf", file=True),
        Link(url=f"{url}/rapport", said="review.report.file", file=True),
    )
    return (cases,) if review.drawing is not None else (cases, *files)


def _sign(here: Desk, review: Review, url: str) -> tuple[Doing, ...]:
    if review.drawing is not None or review.reported_at is not None or not here.turn.may(Action.REVIEW_LOG):
        return ()
    form = fresh(TakeForm, here.turn)
    return (
        Doing(said="review.sign", action=url, button="review.sign", form=form, lead="review.sign.lead", danger=True),
    )


def signed(turn: ConsoleTurn, review: str) -> Reply:
    """Sign the report off."""
    here, _ = _found(desk(turn), review)
    try:
        carried_out(lambda: reviews.sign_off(review, here.who, here.on, turn.now), turn.store)
    except CareRefused as refused:
        return _shown(here, reviews.reported(_found(here, review)[1], here.on), "review.not." + refused.reason)
    return turn.see(turn.at(f"/granskningar/{review}"), notice="review-signed")


def as_file(turn: ConsoleTurn, review: str) -> Reply:
    """The report as a file: a document to read and keep, or for a machine."""
    here, there = _found(desk(turn), review)
    if there.drawing is not None:
        raise Missing
    told = reviews.reported(there, here.on)
    try:
        return made(here, told, turn.query.get("som", ""))
    except pdf.Missing:
        return _shown(here, told, "review.not.pdf-missing")
