"""G2: the watch list of a care provider, whose information is read out of curiosity more often than others'."""

from broker.care import reviews
from broker.exchange import Reply
from broker.web.console.review.desk import Desk, desk, person_by_number
from broker.web.console.review.forms import TakeForm, WatchForm, fresh
from broker.web.console.sheet import Column, Doing, Link, Sheet, Table, text
from broker.web.console.turn import ConsoleTurn, Missing


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
