"""G5: how long what the log says is kept, what may go now, and legal holds, which keep what they are about."""

import secrets
from collections.abc import Mapping
from typing import Final

from wtforms.fields import SelectChoice

from broker.audit.retention import YEARS, Due, Hold
from broker.care.filings import HoldsAsked
from broker.exchange import Reply
from broker.login.effects import Overtaken
from broker.web.console.entry_pages import NotAllowed
from broker.web.console.people import name_of
from broker.web.console.review.desk import Desk, desk, person_by_number
from broker.web.console.review.forms import HoldForm, TakeForm, fresh
from broker.web.console.sheet import Cell, Column, Doing, Link, Sheet, Table, at, figure, said, text
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.roles import Action

COUNTED: Final = "rakna"
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
        tables=(classes(turn, due_now(turn) if turn.query.get(COUNTED) else None), _holds(here, officer)),
        doings=(doing,) if officer else (),
        links=(
            Link(url=here.at("/gallring", **{COUNTED: "ja"}), said="retention.count"),
            *((Link(url=turn.at("/gallring/beslut"), said="removal.title"),) if officer else ()),
        ),
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


def due_now(turn: ConsoleTurn) -> dict[str, Due]:
    """What a removal would take now, by class: a dry run, which reads the whole log."""
    return dict(turn.store.log_due(turn.on.services.settings.log_years))


def classes(turn: ConsoleTurn, due: Mapping[str, Due] | None) -> Table:
    """Each class with its years, and how much of it is due, where that was counted."""
    least = turn.on.services.settings.log_years
    rows = tuple(
        (
            said("retention.class." + name),
            text(str(max(years, least))) if years else said("retention.ever"),
            *_figures(due, name),
        )
        for name, years in YEARS.items()
    )
    counted = ("retention.due", "retention.kept-back") if due is not None else ()
    columns = (
        Column(said="retention.class"),
        Column(said="retention.years"),
        *(Column(said=each, figure=True) for each in counted),
    )
    return Table(caption="retention.classes", columns=columns, rows=rows, empty="retention.none")


def _figures(due: Mapping[str, Due] | None, name: str) -> tuple[Cell, ...]:
    """How much of a class may go, and how much is held."""
    if due is None:
        return ()
    found = due.get(name)
    return (figure(found.rows if found else 0), figure(found.held if found else 0))


def _holds(here: Desk, officer: bool) -> Table:  # whether the reader is one
    """The holds that are about this provider or everything, the newest first; those about persons are the security officer's to
    see.
    """
    after = here.turn.query.get("efter", "")
    found = here.turn.store.log_holds_page(HoldsAsked(here.id, officer, after))
    columns = tuple(
        Column(said=each)
        for each in ("retention.set-at", "retention.about", "review.reason", "review.who", "review.state")
    )
    return Table(
        caption="retention.holds",
        columns=columns,
        rows=tuple(_row(here, each, officer=officer) for each in found.rows),
        empty="retention.holds.none",
        total=found.total,
        next=here.at("/gallring", efter=found.next) if found.next else "",
        first=here.at("/gallring") if after else "",
    )


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
    found = turn.store.log_hold(id_)
    return turn.found(found if found and found.ended_at is None else None)


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
