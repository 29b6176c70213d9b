"""G1: searching the access log. A reason comes before any result; each look is recorded; what is sought stands in no address."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from wtforms.fields import SelectChoice

from broker.audit.care_events import AccessLogRead
from broker.audit.review_events import ExtractMade
from broker.care import cases
from broker.care.calling import CareRefused, carried_out
from broker.exchange import Reply
from broker.login.effects import Effects, KeepOnce, Once
from broker.login.handles import new_secret
from broker.web.answers import see_other
from broker.web.console import csv, pdf, printing
from broker.web.console.handing_out import extract_of, file_reply
from broker.web.console.people import name_of
from broker.web.console.review.desk import Desk, desk, person_by_number, today
from broker.web.console.review.forms import NoteForm, SearchForm, fresh
from broker.web.console.sheet import Cell, Column, Doing, Link, Sheet, Table, at, said, text
from broker.web.console.turn import ConsoleTurn, Missing
from trust_framework.access_log import AccessRow, AccessSought
from trust_framework.days import day_after, midnight
from trust_framework.identifiers import hsa_compare_form
from trust_framework.staff_told import AsTold

KIND: Final = "log-search"
GOOD_FOR: Final = 8 * 3600
CSV, PROVEN, PDF = "csv", "bevis", "pdf"
PAGE: Final = 50
CSV_MOST: Final = 10_000
WHAT: Final = {CSV: "file", PROVEN: "extract", PDF: "document"}
"""By form of a file: what the record of the reading calls it."""

COLUMNS: Final = ("at", "activity", "purpose", "employee", "name", "unit", "patient", "type")


# --- asking -------------------------------------------------------------------------------------------------------------


def form(turn: ConsoleTurn) -> Reply:
    """What is sought, and why."""
    here = desk(turn)
    day = today(turn)
    return _form(here, _fields(here, SearchForm.of(turn, {"since": day - timedelta(days=30), "until": day})))


def _fields(here: Desk, form_: SearchForm) -> SearchForm:
    form_.unit.choices = [SelectChoice("", "review.any-unit"), *units(here)]
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
        hints=(("reason", "review.reason.hint"), ("employee", "review.employee.hint")),
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
        "emergency": form_.emergency.data,
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


def _sought(kept: dict[str, Any]) -> AccessSought:
    whose = {"source": kept["provider"]} if kept["others"] else {"provider": kept["provider"]}
    return AccessSought(
        person=kept["person"],
        employee=kept["employee"],
        unit=kept["unit"],
        since=kept["since"],
        until=kept["until"],
        emergency=kept["emergency"],
        **whose,
    )


def note(
    here: Desk, what: str, reason: str, rows: int, *, person: str = "", since: int = 0, until: int = 0
) -> AccessLogRead:
    """That somebody read the log, and why."""
    return AccessLogRead(
        at=here.turn.now,
        reference=here.who.reference,
        what=what,
        purpose=reason,
        provider=here.id,
        person=person,
        since=since,
        until=until,
        rows=rows,
        by=here.who.person,
        kind=here.who.kind.value,
    )


def result(turn: ConsoleTurn, search: str) -> Reply:
    """A page of what was found, or all of it as a file; either is recorded before it is shown."""
    here, kept = desk(turn), _kept(turn, search)
    form_ = turn.query.get("som", "")
    if form_ == PDF and turn.store.access_count(_sought(kept), printing.MOST + 1) > printing.MOST:
        return _listed(here, kept, search, "review.not.pdf-long")
    if form_ not in WHAT:
        return _listed(here, kept, search)
    try:
        return _file(here, kept, form_)
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
        rows=tuple(_row(here, row, f"{url}/{row.id}") for row in here.told(page.rows)),
        empty="review.found.none",
        next=f"{url}?efter={page.before}" if page.before else "",
        first=url if turn.query.get("efter") else "",
        saved=f"{url}?som={CSV}",
    )
    sheet = Sheet(
        part="G1-list",
        title="review.found",
        back=Link(url=here.at("/sok"), said="review.search.again"),
        alerts=(wrong,) if wrong else (),
        facts=_why(kept),
        tables=(table,),
        links=(
            Link(url=f"{url}?som={PDF}", said="review.pdf", file=True),
            Link(url=f"{url}?som={PROVEN}", said="review.proven", file=True),
        )
        if page.rows
        else (),
    )
    return turn.render(sheet)


SHOWN: Final = tuple(
    Column(said="review." + name) for name in ("at", "activity", "employee", "unit", "patient", "type")
)


def _why(kept: dict[str, Any]) -> tuple[tuple[str, Cell], ...]:
    """What the search is for, and of which time."""
    return (
        ("review.reason", text(kept["reason"])),
        ("review.since", at(kept["since"])),
        ("review.until", at(kept["until"])),
    )


def _row(here: Desk, row: AsTold, url: str = "") -> tuple[Cell, ...]:
    one, resource = row.record, row.record.resources[0]
    return (
        at(one.at, url),
        text(one.activity),
        text(here.accessed_by(row)),
        text(one.unit_name or here.unit(one.unit)),
        text(here.patient(row.person, resource.patient)),
        text(", ".join(dict.fromkeys(each.type for each in one.resources))),
    )


def _all(turn: ConsoleTurn, sought: AccessSought) -> Iterator[AccessRow]:
    before, left = None, CSV_MOST
    while left > 0:
        page = turn.store.access_page(sought, before, 500)
        yield from page.rows
        left -= len(page.rows)
        before = page.before
        if before is None:
            return


def _file(here: Desk, kept: dict[str, Any], form_: str) -> Reply:
    """The rows as a file: for a spreadsheet, to print, or with the proof of each. Its digest is an event of the sealed log:
    whoever has the file can ask whether it left here so. Raises `pdf.Missing`.
    """
    turn, sought = here.turn, _sought(kept)
    found = here.told(tuple(_all(turn, sought)))
    if form_ == PROVEN:
        reply = file_reply("utdrag.jsonl", extract_of(turn.store, found), "application/jsonl")
    elif form_ == PDF:
        reply = printing.reply("logg", _document(here, kept, found), turn)
    else:
        reply = csv.reply("logg", COLUMNS, (_line(here, row) for row in found))
    read = note(
        here,
        WHAT[form_],
        kept["reason"],
        len(found),
        person=kept["person"],
        since=sought.since,
        until=sought.until,
    )
    made = ExtractMade(
        at=turn.now,
        reference=here.who.reference,
        provider=here.id,
        digest=hashlib.sha256(reply.body).hexdigest(),
        rows=len(found),
        by=here.who.person,
    )
    turn.on.services.store.commit(Effects(events=(read, made)))
    return reply


def _document(here: Desk, kept: dict[str, Any], found: tuple[AsTold, ...]) -> printing.Printed:
    """The rows to print, with what the search was for and who made it."""
    facts = (
        *_why(kept),
        ("review.provider", text(here.name(here.on.register.providers[kept["provider"]].names, kept["provider"]))),
        ("review.who", text(name_of(here.turn.actor.person, here.turn))),
    )
    table = Table(
        caption="review.found",
        columns=(*SHOWN, Column(said="review.place")),
        rows=tuple((*_row(here, row), _place(row)) for row in found),
        empty="review.found.none",
    )
    return printing.printed(here.turn, "review.found", here.who.reference, facts, (table,))


def _place(row: AsTold) -> Cell:
    """Where the entry stands in the sealed log; nothing while it waits for its place (a second)."""
    return text("" if row.position is None else str(row.position))


def _line(here: Desk, row: AsTold) -> tuple[object, ...]:
    one = row.record
    return (
        day_time(one.at),
        one.activity,
        one.purpose,
        one.user,
        one.user_name,
        one.unit_name or one.unit,
        here.patient(row.person, one.resources[0].patient),
        ", ".join(dict.fromkeys(each.type for each in one.resources)),
    )


def day_time(moment: int) -> str:
    """A moment as a spreadsheet reads it, in Swedish time."""
    from datetime import datetime

    from trust_framework.days import ZONE

    return datetime.fromtimestamp(moment, ZONE).strftime("%Y-%m-%d %H:%M:%S")


# --- one entry ----------------------------------------------------------------------------------------------------------


def entry(turn: ConsoleTurn, search: str, entry: str) -> Reply:
    """One entry of what was found, with everything that it says; that it was opened is recorded."""
    here, kept = desk(turn), _kept(turn, search)
    row = own_row(here, turn, entry)
    turn.commit(Effects(events=(note(here, "entry", kept["reason"], 1, person=row.person),)))
    url = turn.at(f"/sok/{search}")
    form_ = fresh(NoteForm, turn)
    return _entry(here, row, url, form_)


def own_row(here: Desk, turn: ConsoleTurn, id_: str) -> AccessRow:
    """An entry that one of the caller's providers has to do with. Raises Missing."""
    row = turn.found(turn.store.access_row(id_))
    reached = {row.record.provider, *(each.provider for each in row.record.resources)}
    if reached.isdisjoint(here.who.providers):
        raise Missing
    return row


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
        links=(Link(url=here.turn.at(f"/integritet/bevis/{row.id}"), said="review.proof", file=True),)
        if sealed
        else (),
    )
    return here.turn.render(page)


def facts_of(here: Desk, entry: AccessRow, *, whole: bool = True) -> tuple[tuple[str, Cell], ...]:
    """What an entry says, in words."""
    (row,) = here.told((entry,))
    one = row.record
    resources = ", ".join(dict.fromkeys(each.type for each in one.resources))
    source = one.resources[0]
    found = (
        ("review.at", at(one.at)),
        ("review.activity", text(one.activity)),
        ("review.purpose", text(one.purpose)),
        ("review.employee", text(here.accessed_by(row))),
        ("review.position", text(one.title)),
        ("review.assignment", text(one.assignment)),
        ("review.unit", text(one.unit_name or here.unit(one.unit))),
        ("review.patient", text(here.patient(row.person, source.patient, whole=whole))),
        ("review.type", text(resources)),
        ("review.source", text(source.unit_name or source.provider_name or source.provider)),
        ("review.system", text(one.system_name or one.system)),
        ("review.details", text(" ".join(part for part in (one.level, one.arguments) if part))),
        ("review.id", text(one.id)),
    )
    return tuple((key, cell) for key, cell in found if cell.text or cell.at is not None)


def opened(turn: ConsoleTurn, search: str, entry: str) -> Reply:
    """Open a case about an entry."""
    here = desk(turn)
    _kept(turn, search)
    row = own_row(here, turn, entry)
    form_ = NoteForm.of(turn)
    if not form_.valid(turn):
        return _entry(here, row, turn.at(f"/sok/{search}"), form_)
    try:
        done = carried_out(lambda: cases.open_about(row, form_.remark.data, here.who, here.on, turn.now), turn.store)
    except CareRefused:
        raise Missing from None
    return turn.see(turn.at(f"/arenden/{done.result.id}"), notice="case-opened")
