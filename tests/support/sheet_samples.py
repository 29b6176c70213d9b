"""Samples of the sheet, the page form of log review: one with everything on it, one with next to nothing."""

from collections.abc import Callable
from typing import Any

from broker.web.console.forms import ConsoleForm
from broker.web.console.review.forms import OUTCOMES, AssessForm, ExtractForm
from broker.web.console.sheet import (
    Cell,
    Column,
    Doing,
    Done,
    Link,
    Narrowing,
    Sheet,
    Table,
    at,
    figure,
    said,
    text,
)
from broker.web.console.todo import Todo
from broker.web.pages.frame import Page, clean
from tests.support.page_samples import NOW, Cast


def sheet_makers(form_turn: Any) -> dict[str, Callable[[Cast], Page]]:
    """By the name of the picture."""
    return {"g-sheet": lambda c: _full(c, form_turn), "g-sheet-empty": _empty}


def _form(form_turn: Any) -> AssessForm:
    turn = form_turn(outcome="king", finding="")
    form = AssessForm.of(turn)
    form.outcome.choices = list(OUTCOMES)
    form.valid(turn)
    return form


def _full(cast: Cast, form_turn: Any) -> Sheet:
    rows = (
        (at(NOW, "/granskning/x"), text(cast.value), said("review.state.second", "err"), figure(4711)),
        (
            text(cast.service, "/granskning/y"),
            Cell(said="review.kind.rule", text=cast.value),
            said("review.kind.rule"),
            figure(0),
        ),
    )
    columns = tuple(Column(said=f"review.{name}") for name in ("opened", "employee", "state"))
    table = Table(
        caption="review.cases",
        columns=(*columns, Column(said="review.number", figure=True)),
        rows=rows,
        empty="review.cases.none",
        total=4711,
        next="/granskning/x?efter=1",
        first="/granskning/x",
        saved="/granskning/x?som=csv",
    )
    upload: ConsoleForm = ExtractForm.of(form_turn())
    return Sheet(
        part="G2-case",
        title="review.case",
        of=cast.value,
        lead="review.search.lead",
        back=Link(url="/granskning/x", said="review.cases.back"),
        alerts=("review.not.own-access", "review.not.case-closed"),
        todo=(Todo(cast.service, "/granskning/x", "review.look"),),
        facts=(("review.employee", text(cast.value)), ("review.reason", Cell(lines=(cast.value, cast.value)))),
        narrowing=(
            Narrowing(name="vg", said="review.provider", options=(("a", cast.owner), ("b", cast.service)), chosen="b"),
        ),
        here="/granskning/x",
        tables=(table,),
        done=(
            Done(
                at=NOW,
                who=cast.value,
                said="review.act.closed",
                words=(cast.value,),
                outcome="review.outcome.justified",
            ),
            Done(at=NOW, who="", said="review.act.opened"),
        ),
        doings=(
            Doing(
                said="review.do.assess",
                action="/granskning/x",
                button="review.do.assess",
                form=_form(form_turn),
                lead="review.do.assess.lead",
                fields=(("case", clean(cast.value)),),
                hints=(("finding", "review.reason.hint"),),
                danger=True,
            ),
            Doing(said="review.extract", action="/granskning/y", button="review.extract", form=upload, files=True),
        ),
        links=(Link(url="/granskning/x/fil", said="review.report.file", file=True),),
    )


def _empty(_: Cast) -> Sheet:
    table = Table(caption="review.cases", columns=(Column(said="review.opened"),), rows=(), empty="review.cases.none")
    return Sheet(part="start", title="review.title", todo=(), tables=(table,))
