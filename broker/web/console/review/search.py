"""G1: searching the access log. A reason comes before any result; each look is recorded; what is sought stands in no address."""

from datetime import timedelta
from typing import Any, Final

from wtforms.fields import SelectChoice

from broker.care import cases
from broker.care.calling import CareRefused, carried_out
from broker.exchange import Reply
from broker.login.effects import Effects, KeepOnce, Once
from broker.login.handles import new_secret
from broker.web.answers import see_other
from broker.web.console import pdf
from broker.web.console.review.desk import Desk, desk, person_by_number, today
from broker.web.console.review.entries import ACTIVITIES, SHOWN, TooLong, facts_of, note, own_row, row_of
from broker.web.console.review.forms import NoteForm, SearchForm, fresh
from broker.web.console.review.search_files import CSV, MOST, PDF, PROVEN, WHAT, made, why
from broker.web.console.sheet import Doing, Link, Sheet, Table, said
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.access_log import AccessRow, AccessSought
from trust_framework.care import EVER
from trust_framework.days import day_after, midnight
from trust_framework.identifiers import hsa_compare_form

KIND: Final = "log-search"
GOOD_FOR: Final = 8 * 3600
PAGE: Final = 50


# --- asking -------------------------------------------------------------------------------------------------------------


def form(turn: ConsoleTurn) -> Reply:
    """What is sought, and why."""
    here = desk(turn)
    day = today(turn)
    return _form(here, _fields(here, SearchForm.of(turn, {"since": day - timedelta(days=30), "until": day})))


def _fields(here: Desk, form_: SearchForm) -> SearchForm:
    form_.unit.choices = [SelectChoice("", "review.any-unit"), *units(here)]
    form_.activity.choices = [
        SelectChoice("", "review.any-activity"),
        *(SelectChoice(each.value, names) for each, names in ACTIVITIES.items()),
    ]
    return form_


def units(here: Desk) -> list[SelectChoice]:
    """The provider's units to choose among."""
    found = here.provider.units.values() if here.provider else ()
    return [SelectChoice(each.hsa_id, each.names or {"sv": each.hsa_id}) for each in found]


def _form(here: Desk, form_: SearchForm) -> Reply:
    doing = Doing(
        said="review.search.what",
        action=here.at("/sok"),
        button="search.button",
        form=form_,
        hints=(
            ("reason", "review.reason.hint"),
            ("employee", "review.employee.hint"),
            ("log_id", "review.log-id.hint"),
        ),
    )
    page = Sheet(
        part="G1",
        title="review.search",
        of=here.name(here.provider.names, here.id) if here.provider else "",
        lead="review.search.lead" if here.provider else "review.no-provider",
        narrowing=here.choice(),
        here=here.turn.at("/sok"),
        doings=(doing,) if here.provider else (),
    )
    return here.turn.render(page)


def asked(turn: ConsoleTurn) -> Reply:
    """Keep what is sought, and go on to what is found."""
    here = desk(turn)
    turn.found(here.provider)
    form_ = _fields(here, SearchForm.of(turn))
    if not form_.valid(turn):
        return _form(here, form_)
    person, wrong = person_by_number(form_.number.data, turn) if form_.number.data.strip() else ("", "")
    if wrong:
        form_.number.errors = [wrong]
        return _form(here, form_)
    sought = {
        "provider": here.id,
        "reason": form_.reason.data.strip(),
        "person": person,
        "employee": hsa_compare_form(form_.employee.data or ""),
        "unit": form_.unit.data,
        "since": midnight(form_.since.data),
        "until": day_after(form_.until.data) - 1,
        "activity": form_.activity.data,
        "log_id": (form_.log_id.data or "").strip(),
        "others": form_.others.data,
    }
    once = Once(KIND, new_secret(), _owner(turn), turn.now + GOOD_FOR, sought)
    turn.commit(Effects((KeepOnce(once),)))
    return see_other(turn.at(f"/sok/{once.secret}"))


def _owner(turn: ConsoleTurn) -> str:
    return f"{turn.org}:{turn.actor.person}"


# --- what was found -----------------------------------------------------------------------------------------------------


def _kept(turn: ConsoleTurn, search: str) -> dict[str, Any]:
    """A search of this person, still good. Raises Missing."""
    once = turn.store.once(KIND, search)
    if once is None or once.owner != _owner(turn) or once.expires_at <= turn.now:
        raise Missing
    return dict(once.payload)


def _reading(turn: ConsoleTurn, search: str) -> tuple[Desk, dict[str, Any]]:
    """A search with the desk of the provider whose log it reads. Raises Missing."""
    kept = _kept(turn, search)
    return desk(turn).of(kept["provider"]), kept


def _sought(kept: dict[str, Any]) -> AccessSought:
    """What is looked for. An entry that is named by its reference is looked for in all times."""
    whose = {"source": kept["provider"]} if kept["others"] else {"provider": kept["provider"]}
    return AccessSought(
        person=kept["person"],
        employee=kept["employee"],
        unit=kept["unit"],
        since=0 if kept["log_id"] else kept["since"],
        until=EVER if kept["log_id"] else kept["until"],
        activity=kept["activity"],
        reference=kept["log_id"],
        **whose,
    )


def result(turn: ConsoleTurn, search: str) -> Reply:
    """A page of what was found, or all of it as a file; either is recorded before it is shown."""
    here, kept = _reading(turn, search)
    form_ = turn.query.get("som", "")
    if form_ not in WHAT:
        return _listed(here, kept, search)
    try:
        return made(here, kept, _sought(kept), form_)
    except TooLong:
        return _listed(here, kept, search, "review.not.pdf-long")
    except pdf.Missing:
        return _listed(here, kept, search, "review.not.pdf-missing")


def _listed(here: Desk, kept: dict[str, Any], search: str, wrong: str = "") -> Reply:
    turn, sought = here.turn, _sought(kept)
    try:
        page = turn.store.access_page(sought, turn.query.get("efter") or None, PAGE)
    except ValueError:
        raise Missing from None
    read = note(
        here, "page", kept["reason"], len(page.rows), person=kept["person"], since=sought.since, until=sought.until
    )
    turn.commit(Effects(events=(read,)))
    url = turn.at(f"/sok/{search}")
    table = Table(
        caption="review.found",
        columns=SHOWN,
        rows=tuple(row_of(here, row, f"{url}/{row.id}") for row in here.told(page.rows)),
        empty="review.found.none",
        total=turn.store.access_count(sought, MOST + 1),
        most=MOST,
        next=f"{url}?efter={page.before}" if page.before else "",
        first=url if turn.query.get("efter") else "",
        saved=f"{url}?som={CSV}",
    )
    sheet = Sheet(
        part="G1-list",
        title="review.found",
        back=Link(url=here.at("/sok"), said="review.search.again"),
        alerts=(wrong,) if wrong else (),
        facts=why(kept),
        tables=(table,),
        links=(
            Link(url=f"{url}?som={PDF}", said="review.pdf", file=True),
            Link(url=f"{url}?som={PROVEN}", said="review.proven", file=True),
        )
        if page.rows
        else (),
    )
    return turn.render(sheet)


# --- one entry ----------------------------------------------------------------------------------------------------------


def entry(turn: ConsoleTurn, search: str, entry: str) -> Reply:
    """One entry of what was found, with everything that it says; that it was opened is recorded."""
    here, kept = _reading(turn, search)
    row = own_row(here, turn, entry)
    turn.commit(Effects(events=(note(here, "entry", kept["reason"], 1, person=row.person),)))
    url = turn.at(f"/sok/{search}")
    form_ = fresh(NoteForm, turn)
    return _entry(here, row, url, form_)


def _entry(here: Desk, row: AccessRow, url: str, form_: NoteForm) -> Reply:
    doing = Doing(
        said="review.open-case",
        action=f"{url}/{row.id}",
        button="review.open-case",
        form=form_,
        lead="review.open-case.lead",
    )
    sealed = row.position is not None
    page = Sheet(
        part="G1-entry",
        title="review.entry",
        back=Link(url=url, said="review.found.back"),
        facts=(
            *facts_of(here, row),
            ("review.sealed", said("review.sealed.yes", "ok") if sealed else said("review.sealed.no", "warn")),
        ),
        doings=(doing,),
        links=(Link(url=here.at(f"/integritet/bevis/{row.id}"), said="review.proof", file=True),) if sealed else (),
    )
    return here.turn.render(page)


def opened(turn: ConsoleTurn, search: str, entry: str) -> Reply:
    """Open a case about an entry."""
    here, _ = _reading(turn, search)
    row = own_row(here, turn, entry)
    form_ = NoteForm.of(turn)
    if not form_.valid(turn):
        return _entry(here, row, turn.at(f"/sok/{search}"), form_)
    try:
        done = carried_out(lambda: cases.open_about(row, form_.remark.data, here.who, here.on, turn.now), turn.store)
    except CareRefused:
        raise Missing from None
    return turn.see(turn.at(f"/arenden/{done.result.id}"), notice="case-opened")
