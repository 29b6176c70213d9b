"""G5: how long what the log says is kept, what may go now, and legal holds, which keep what they are about."""

import secrets
from typing import Final

from wtforms.fields import SelectChoice

from broker.audit.retention import YEARS, Due, Hold
from broker.exchange import Reply
from broker.login.effects import Overtaken
from broker.web.console.entry_pages import NotAllowed
from broker.web.console.people import name_of
from broker.web.console.review.desk import Desk, desk, person_by_number
from broker.web.console.review.forms import HoldForm, TakeForm, fresh
from broker.web.console.sheet import Cell, Column, Doing, Link, Sheet, Table, at, figure, said, text
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.roles import Action

KINDS: Final = ("person", "provider", "all")


def shown(turn: ConsoleTurn) -> Reply:
    """What is kept how long, what may go, and the holds; setting one is the security officer's."""
    here = desk(turn)
    return _shown(here, _form(here, HoldForm.of(turn)))


def _form(here: Desk, form: HoldForm) -> HoldForm:
    kinds = KINDS if here.provider else ("person", "all")
    form.about.choices = [SelectChoice(each, "retention.of." + each) for each in kinds]
    return form


def _shown(here: Desk, form: HoldForm) -> Reply:
    turn = here.turn
    officer = turn.may(Action.HOLD_LOG)
    doing = Doing(
        said="retention.hold",
        action=turn.at("/gallring"),
        button="retention.hold",
        form=form,
        lead="retention.hold.lead",
        hints=(("held", "retention.held.hint"),),
    )
    page = Sheet(
        part="G5",
        title="retention.title",
        lead="retention.lead",
        narrowing=here.choice(),
        here=turn.at("/gallring"),
        facts=_kept(turn),
        tables=(classes(turn)[1], _holds(here, officer)),
        doings=(doing,) if officer else (),
        links=(Link(url=turn.at("/gallring/beslut"), said="removal.title"),) if officer else (),
    )
    return turn.render(page)


def _kept(turn: ConsoleTurn) -> tuple[tuple[str, Cell], ...]:
    """How a removal comes about here."""
    settings = turn.on.services.settings
    standing = "removal.standing" if settings.log_removal_hours else "removal.by-decision"
    return (
        ("removal.how", said(standing)),
        ("removal.archives", said("removal.archived" if settings.log_archive_dir else "removal.not-archived")),
    )


def classes(turn: ConsoleTurn) -> tuple[dict[str, Due], Table]:
    """What a removal would take now, and each class with its years beside it: a dry run."""
    least = turn.on.services.settings.log_years
    due = dict(turn.store.log_due(least))
    rows = tuple(
        (
            said("retention.class." + name),
            text(str(max(years, least))) if years else said("retention.ever"),
            figure(due[name].rows if name in due else 0),
            figure(due[name].held if name in due else 0),
        )
        for name, years in YEARS.items()
    )
    columns = (
        Column(said="retention.class"),
        Column(said="retention.years"),
        Column(said="retention.due", figure=True),
        Column(said="retention.kept-back", figure=True),
    )
    return due, Table(caption="retention.classes", columns=columns, rows=rows, empty="retention.none")


def _holds(here: Desk, officer: bool) -> Table:  # whether the reader is one
    """The holds that are about this provider or everything; those about persons are the security officer's to see."""
    found = (each for each in here.turn.store.log_holds() if officer or _ours(each, here))
    columns = tuple(
        Column(said=each)
        for each in ("retention.set-at", "retention.about", "review.reason", "review.who", "review.state")
    )
    rows = tuple(_row(here, each, officer=officer) for each in found)
    return Table(caption="retention.holds", columns=columns, rows=rows, empty="retention.holds.none")


def _ours(hold: Hold, here: Desk) -> bool:
    return hold.kind == "all" or (hold.kind == "provider" and hold.about in here.who.providers)


def _row(here: Desk, hold: Hold, *, officer: bool) -> tuple[Cell, ...]:
    stands = hold.ended_at is None
    about = here.patient(hold.about, None) or hold.about[:8] if hold.kind == "person" else hold.about
    return (
        at(hold.made_at, here.turn.at(f"/gallring/{hold.id}") if officer and stands else ""),
        Cell(said="retention.of." + hold.kind, text=about),
        text(hold.reason),
        text(name_of(hold.by, here.turn)),
        said("retention.stands", "warn") if stands else said("retention.ended", "off"),
    )


def held(turn: ConsoleTurn) -> Reply:
    """Set a hold: the security officer alone."""
    if not turn.may(Action.HOLD_LOG):
        return not_allowed(turn)
    here = desk(turn)
    form = _form(here, HoldForm.of(turn))
    if not form.valid(turn):
        return _shown(here, form)
    kind, about = form.about.data, ""
    if kind == "person":
        about, wrong = person_by_number(form.held.data or "", turn)
        if wrong:
            form.held.errors = [wrong]
            return _shown(here, form)
    elif kind == "provider":
        about = here.id
    hold = Hold(secrets.token_hex(8), kind, about, form.because.data.strip(), turn.actor.person, turn.now)
    turn.store.set_hold(hold)
    return turn.see(turn.at("/gallring"), notice="hold-set")


def not_allowed(turn: ConsoleTurn) -> Reply:
    """The page for who is no security officer."""
    return turn.render(NotAllowed(action=Action.HOLD_LOG.value))


def _standing(turn: ConsoleTurn, id_: str) -> Hold:
    found = next((each for each in turn.store.log_holds() if each.id == id_ and each.ended_at is None), None)
    return turn.found(found)


def ask_end(turn: ConsoleTurn, hold: str) -> Reply:
    """Whether a hold shall end."""
    there = _standing(turn, hold)
    if not turn.may(Action.HOLD_LOG):
        return not_allowed(turn)
    form = fresh(TakeForm, turn)
    page = Sheet(
        part="G5-hold",
        title="retention.end",
        of=there.id,
        back=Link(url=turn.at("/gallring"), said="retention.back"),
        facts=(("retention.set-at", at(there.made_at)), ("review.reason", text(there.reason))),
        doings=(
            Doing(
                said="retention.end",
                action=turn.at(f"/gallring/{hold}"),
                button="retention.end",
                form=form,
                lead="retention.end.lead",
                danger=True,
            ),
        ),
    )
    return turn.render(page)


def ended(turn: ConsoleTurn, hold: str) -> Reply:
    """End a hold: the security officer alone."""
    _standing(turn, hold)
    if not turn.may(Action.HOLD_LOG):
        return not_allowed(turn)
    try:
        turn.store.end_hold(hold, turn.actor.person)
    except Overtaken:
        raise Missing from None
    return turn.see(turn.at("/gallring"), notice="hold-ended")
