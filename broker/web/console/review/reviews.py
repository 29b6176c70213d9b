"""G2: reviews of the log. One is asked for, and drawn in the background from the accesses of a time by chance and by rules; its
report is signed off when every case has its outcome.
"""

import json
from datetime import timedelta
from typing import Any

from wtforms.fields import SelectChoice

from broker.care import reviews
from broker.care.calling import CareRefused, carried_out
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.web.console.handing_out import file_reply
from broker.web.console.people import name_of
from broker.web.console.review.desk import Desk, desk, today
from broker.web.console.review.entries import note
from broker.web.console.review.forms import RULE_CHOICES, ReviewForm, TakeForm, fresh
from broker.web.console.review.search import units
from broker.web.console.sheet import Cell, Column, Doing, Link, Sheet, Table, at, figure, said, text
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.days import day_after, day_of, midnight
from trust_framework.log_drawing import USUAL, Selection
from trust_framework.log_review import RULE_IDS, RULES
from trust_framework.review_report import Report, Review
from trust_framework.roles import Action

PERCENT = 5
NAMES = {rule.id: rule.names for rule in RULES}


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


def so_far(review: Review) -> int:
    """How many accesses were examined, also while it is drawn."""
    return review.drawing.examined if review.drawing else review.examined


def standing(review: Review, now: int) -> Cell:
    """Where a review is."""
    if review.drawing is not None:
        return said("review.drawing", "warn")
    if review.reported_at is not None:
        return said("review.reported", "ok")
    return said("review.overdue", "err") if review.overdue(now) else said("review.going-on", "warn")


def period(selection: Selection) -> str:
    """The days that are looked at."""
    return f"{day_of(selection.since).isoformat()} – {day_of(selection.until).isoformat()}"


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


def _found(here: Desk, id_: str) -> Review:
    try:
        return reviews.found(id_, here.who, here.on)
    except CareRefused:
        raise Missing from None


def shown(turn: ConsoleTurn, review: str) -> Reply:
    """A review in numbers: what it looked at, with which seed, what came of it."""
    here = desk(turn)
    return _shown(here, reviews.reported(_found(here, review), here.on))


def _shown(here: Desk, report: Report, wrong: str = "") -> Reply:
    turn, review = here.turn, report.review
    url = turn.at(f"/granskningar/{review.id}")
    outcomes = tuple((said("review.outcome." + each), figure(number)) for each, number in report.by_outcome.items())
    people = tuple((text(name_of(each, turn)), figure(number), at(last)) for each, number, last in report.reviewers)
    counted = Column(said="review.number", figure=True)
    page = Sheet(
        part="G2-report",
        title="review.report",
        of=period(review.selection),
        back=Link(url=turn.at("/granskningar"), said="review.reviews.back"),
        alerts=(wrong,) if wrong else (),
        lead=_lead(review),
        facts=_facts(here, report),
        tables=(
            _by_rule(report),
            Table(
                caption="review.by-outcome",
                columns=(Column(said="review.outcome"), counted),
                rows=outcomes,
                empty="review.nothing",
            ),
            Table(
                caption="review.reviewers",
                columns=(Column(said="review.who"), counted, Column(said="review.latest")),
                rows=people,
                empty="review.nothing",
            ),
        ),
        doings=_sign(here, review, url),
        links=_links(turn, review, url),
    )
    return turn.render(page)


def _lead(review: Review) -> str:
    if review.drawing is not None:
        return "review.drawing.lead"
    return "review.left-out" if review.left_out else ""


def _by_rule(report: Report) -> Table:
    """Of how many accesses each rule holds, and how many of those became cases; chance last."""
    review = report.review
    held = review.drawing.matched if review.drawing else review.matched
    rules = [
        (text(NAMES[each]), figure(held[each]), figure(report.by_rule.get(each, 0)))
        for each in RULE_IDS
        if each in held
    ]
    if review.sample:
        rules.append((said("review.by-chance"), figure(review.sample), figure(review.sampled)))
    return Table(
        caption="review.by-rule",
        columns=(
            Column(said="review.rule"),
            Column(said="review.held", figure=True),
            Column(said="review.drawn", figure=True),
        ),
        rows=rules,
        empty="review.nothing",
    )


def _links(turn: ConsoleTurn, review: Review, url: str) -> tuple[Link, ...]:
    cases = Link(url=turn.at(f"/arenden?granskning={review.id}"), said="review.cases.of")
    file = Link(url=f"{url}/rapport", said="review.report.file", file=True)
    return (cases,) if review.drawing is not None else (cases, file)


def _facts(here: Desk, report: Report) -> tuple[tuple[str, Cell], ...]:
    review, wanted = report.review, report.review.selection
    signed = (
        (
            ("review.signed", at(review.reported_at)),
            ("review.signed-by", text(name_of(review.reported_by, here.turn))),
            ("review.digest", text(review.digest)),
        )
        if review.digest
        else ()
    )
    by = said("review.by-plan") if review.plan else text(name_of(review.made_by, here.turn))
    return (
        ("review.state", standing(review, here.turn.now)),
        ("review.provider", text(here.name(here.on.register.providers[wanted.provider].names, wanted.provider))),
        ("review.unit", text(here.unit(wanted.unit)) if wanted.unit else said("review.any-unit")),
        ("review.percent", text(f"{wanted.percent} %")),
        ("review.most", text(str(wanted.most))),
        *((("review.seed", text(review.seed)), ("review.log-size", text(str(review.log_size)))) if review.seed else ()),
        ("review.made", at(review.made_at)),
        ("review.who", by),
        *((("review.sign-by", text(day_of(review.due - 1).isoformat())),) if review.due else ()),
        ("review.examined", text(str(so_far(review)))),
        ("review.hit", text(str(review.drawing.hit if review.drawing else review.hit))),
        ("review.drawn", text(str(review.drawn))),
        ("review.sampled", text(str(review.sampled))),
        ("review.open", text(str(report.open))),
        *signed,
    )


def _sign(here: Desk, review: Review, url: str) -> tuple[Doing, ...]:
    if review.drawing is not None or review.reported_at is not None or not here.turn.may(Action.REVIEW_LOG):
        return ()
    form = fresh(TakeForm, here.turn)
    return (
        Doing(said="review.sign", action=url, button="review.sign", form=form, lead="review.sign.lead", danger=True),
    )


def signed(turn: ConsoleTurn, review: str) -> Reply:
    """Sign the report off."""
    here = desk(turn)
    _found(here, review)
    try:
        carried_out(lambda: reviews.sign_off(review, here.who, here.on, turn.now), turn.store)
    except CareRefused as refused:
        return _shown(here, reviews.reported(_found(here, review), here.on), "review.not." + refused.reason)
    return turn.see(turn.at(f"/granskningar/{review}"), notice="review-signed")


def as_file(turn: ConsoleTurn, review: str) -> Reply:
    """The report as a file, with its digest: the sealed log has the same when it was signed off."""
    here = desk(turn)
    there = _found(here, review)
    if there.drawing is not None:
        raise Missing
    told = reviews.reported(there, here.on)
    whole = {**told.content(), "digest": told.digest, "signed_at": told.review.reported_at}
    body = json.dumps(whole, sort_keys=True, ensure_ascii=False, indent=1).encode()
    turn.commit(Effects(events=(note(here, "report", review, told.review.drawn),)))
    return file_reply(f"granskning-{review}.json", body, "application/json")
