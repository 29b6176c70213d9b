"""G2: reviews of the log. One is drawn from the accesses of a time by chance and by rules; its report is signed off when every
case has its outcome.
"""

import json
from datetime import timedelta
from typing import Any

from wtforms.fields import SelectChoice

from broker.care import reviews
from broker.care.calling import CareRefused, carried_out
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.web.console.people import name_of
from broker.web.console.review.desk import Desk, desk, person_by_number, today
from broker.web.console.review.forms import RULE_CHOICES, ReviewForm, TakeForm, WatchForm, fresh
from broker.web.console.review.handing_out import file_reply
from broker.web.console.review.search import note, units
from broker.web.console.sheet import Cell, Column, Doing, Link, Sheet, Table, at, figure, said, text
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.days import day_after, day_of, midnight
from trust_framework.log_review import RULE_IDS, RULES, Report, Review, Selection
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
        hints=(("percent", "review.percent.hint"),),
    )
    page = Sheet(
        part="G2",
        title="review.reviews",
        of=here.name(here.provider.names, here.id) if here.provider else "",
        lead="" if here.provider else "review.no-provider",
        narrowing=here.choice(),
        here=turn.at("/granskningar"),
        alerts=(wrong,) if wrong else (),
        tables=(table,),
        doings=(doing,) if here.provider else (),
        links=(Link(url=here.at("/bevakning"), said="review.watch"),) if here.provider else (),
    )
    return turn.render(page)


def _row(here: Desk, review: Review) -> tuple[Cell, ...]:
    done = review.reported_at is not None
    return (
        at(review.made_at, here.turn.at(f"/granskningar/{review.id}")),
        text(period(review.selection)),
        figure(review.examined),
        figure(review.drawn),
        said("review.reported", "ok") if done else said("review.going-on", "warn"),
    )


def period(selection: Selection) -> str:
    """The days that are looked at."""
    return f"{day_of(selection.since).isoformat()} – {day_of(selection.until).isoformat()}"


def drawn(turn: ConsoleTurn) -> Reply:
    """Draw a review."""
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
    )
    try:
        done = carried_out(lambda: reviews.make(selection, here.who, here.on, turn.now), turn.store)
    except CareRefused as refused:
        return _listed(here, form, "review.not." + refused.reason)
    return turn.see(turn.at(f"/granskningar/{done.result.id}"), notice="review-drawn")


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
    rules = tuple((text(NAMES.get(each, {"sv": each})), figure(number)) for each, number in report.by_rule.items())
    outcomes = tuple((said("review.outcome." + each), figure(number)) for each, number in report.by_outcome.items())
    people = tuple((text(name_of(each, turn)), figure(number), at(last)) for each, number, last in report.reviewers)
    counted = Column(said="review.number", figure=True)
    page = Sheet(
        part="G2-report",
        title="review.report",
        of=period(review.selection),
        back=Link(url=turn.at("/granskningar"), said="review.reviews.back"),
        alerts=(wrong,) if wrong else (),
        facts=_facts(here, report),
        tables=(
            Table(
                caption="review.by-rule",
                columns=(Column(said="review.rule"), counted),
                rows=rules,
                empty="review.nothing",
            ),
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
        links=(
            Link(url=turn.at(f"/arenden?granskning={review.id}"), said="review.cases.of"),
            Link(url=f"{url}/rapport", said="review.report.file", file=True),
        ),
    )
    return turn.render(page)


def _facts(here: Desk, report: Report) -> tuple[tuple[str, Cell], ...]:
    review, wanted = report.review, report.review.selection
    signed = (
        (("review.signed", at(review.reported_at)), ("review.digest", text(review.digest))) if review.digest else ()
    )
    return (
        ("review.provider", text(here.name(here.on.register.providers[wanted.provider].names, wanted.provider))),
        ("review.unit", text(here.unit(wanted.unit)) if wanted.unit else said("review.any-unit")),
        ("review.percent", text(f"{wanted.percent} %")),
        ("review.seed", text(review.seed)),
        ("review.made", at(review.made_at)),
        ("review.who", text(name_of(review.made_by, here.turn))),
        ("review.examined", text(str(review.examined))),
        ("review.drawn", text(str(review.drawn))),
        ("review.sampled", text(str(review.sampled))),
        ("review.open", text(str(report.open))),
        *signed,
    )


def _sign(here: Desk, review: Review, url: str) -> tuple[Doing, ...]:
    if review.reported_at is not None or not here.turn.may(Action.REVIEW_LOG):
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
    told = reviews.reported(_found(here, review), here.on)
    whole = {**told.content(), "digest": told.digest, "signed_at": told.review.reported_at}
    body = json.dumps(whole, sort_keys=True, ensure_ascii=False, indent=1).encode()
    turn.commit(Effects(events=(note(here, "report", review, told.review.drawn),)))
    return file_reply(f"granskning-{review}.json", body, "application/json")


# --- the watch list -----------------------------------------------------------------------------------------------------


def watch(turn: ConsoleTurn) -> Reply:
    """The persons whose information is watched."""
    here = desk(turn)
    turn.found(here.provider)
    return _watch(here, WatchForm.of(turn))


def _watch(here: Desk, form: WatchForm) -> Reply:
    turn = here.turn
    after = turn.query.get("efter", "")
    people = turn.store.watched_page(here.id, after)
    rows = tuple((text(here.patient(each, None) or each[:8], turn.at(f"/bevakning/{each}")),) for each in people.rows)
    table = Table(
        caption="review.watched",
        columns=(Column(said="review.patient"),),
        rows=rows,
        empty="review.watched.none",
        total=people.total,
        next=here.at("/bevakning", efter=people.next) if people.next else "",
        first=here.at("/bevakning") if after else "",
    )
    doing = Doing(said="review.watch.add", action=here.at("/bevakning"), button="review.watch.add", form=form)
    page = Sheet(
        part="G2-watch",
        title="review.watch",
        back=Link(url=here.at("/granskningar"), said="review.reviews.back"),
        lead="review.watch.lead",
        narrowing=here.choice(),
        here=turn.at("/bevakning"),
        tables=(table,),
        doings=(doing,),
    )
    return turn.render(page)


def watched(turn: ConsoleTurn) -> Reply:
    """Put a person on the list."""
    here = desk(turn)
    turn.found(here.provider)
    form = WatchForm.of(turn)
    if not form.valid(turn):
        return _watch(here, form)
    person, wrong = person_by_number(form.watched.data, turn)
    if wrong:
        form.watched.errors = [wrong]
        return _watch(here, form)
    turn.commit(reviews.watch(person, here.id, here.who, here.on, turn.now).effects)
    return turn.see(here.at("/bevakning"), notice="watch-on")


def ask_unwatch(turn: ConsoleTurn, person: str) -> Reply:
    """Whether a person shall be taken off the list."""
    here = desk(turn)
    _watching(here, person)
    form = fresh(TakeForm, turn)
    doing = Doing(said="review.watch.off", action=here.at(f"/bevakning/{person}"), button="review.watch.off", form=form)
    page = Sheet(
        part="G2-unwatch",
        title="review.watch",
        of=here.patient(person, None) or person[:8],
        back=Link(url=here.at("/bevakning"), said="review.watch.back"),
        doings=(doing,),
    )
    return turn.render(page)


def unwatch(turn: ConsoleTurn, person: str) -> Reply:
    """Take a person off the list."""
    here = desk(turn)
    _watching(here, person)
    turn.commit(reviews.watch(person, here.id, here.who, here.on, turn.now, off=True).effects)
    return turn.see(here.at("/bevakning"), notice="watch-off")


def _watching(here: Desk, person: str) -> None:
    if here.provider is None or not here.turn.store.watches(here.id, person):
        raise Missing
