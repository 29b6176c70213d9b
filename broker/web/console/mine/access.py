"""U11, the access log: who read what of a patient, at which unit, when and why, in plain words; the same as a file.

What the page shows is what a file holds, name by name: one function makes the words for both. Reading is recorded.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from broker.exchange import Reply
from broker.web.console import csv, pdf
from broker.web.console.mine import extract
from broker.web.console.mine.care_pages import AccessList, AccessRow, NoFile, Option, PrintedAccess
from broker.web.console.mine.consents import note
from broker.web.console.mine.places import provider_name, providers, unit_name
from broker.web.console.mine.questions import emergencies, questions
from broker.web.console.mine.reading import MOST, Reading
from broker.web.console.mine.turn import OwnTurn, closed, own
from broker.web.console.turn import ConsoleTurn, Missing
from broker.web.pages.texts import texts
from trust_framework.access_log import AccessSought
from trust_framework.access_words import Told, named
from trust_framework.care import EVER, Activity
from trust_framework.days import day_after, midnight
from trust_framework.representation import Deed

TAB: Final = "own-access"
PAGE: Final = 50
LIMITS: Final = {"csv": MOST, "pdf": 500, "utdrag": 10_000}
"""Rows that a file of each form may have: a page of a document takes some hundred milliseconds to lay out."""

FILTERS: Final = ("fran", "till", "vardgivare", "enhet", "nod")
LONGEST_CURSOR: Final = 200
COLUMNS: Final = ("at", "unit", "provider", "role", "who", "what", "why", "source")


def read(turn: ConsoleTurn, about: str = "") -> Reply:
    """The patient's access log: narrowed, paged; as a spreadsheet, a document, or an extract that can be verified."""
    mine = own(turn, about)
    if stopped := closed(mine, TAB):
        return stopped
    mine.require(Deed.READ)
    reading = reading_of(mine)
    form = turn.query.get("som", "")
    if form in _FORMS and not reading.wrong:
        if reading.more_than(LIMITS[form]):
            return mine.render(_no_file("long", form, reading), TAB)
        note(mine, "access-log", form)
        return _FORMS[form](reading)
    note(mine, "access-log")
    return mine.render(_page(reading), TAB)


def reading_of(mine: OwnTurn) -> Reading:
    """What the address asks for. What cannot be is told, and narrows nothing."""
    query = mine.turn.query
    asked = {name: query[name] for name in FILTERS if query.get(name)}
    since, until = _day(asked.get("fran")), _day(asked.get("till"))
    bad = any(name in asked and day is None for name, day in (("fran", since), ("till", until)))
    if bad or (since and until and until < since):
        return Reading(mine, asked, AccessSought(person=mine.person), wrong="own.access.wrong-days")
    sought = AccessSought(
        person=mine.person,
        provider=asked.get("vardgivare", "").upper(),
        unit=asked.get("enhet", "").upper(),
        since=midnight(since) if since else 0,
        until=day_after(until) - 1 if until else EVER,
        activity=Activity.EMERGENCY if "nod" in asked else "",
    )
    return Reading(mine, asked, sought)


def _day(written: str | None) -> date | None:
    try:
        day = date.fromisoformat(written or "")
    except ValueError:
        return None
    return day if date(1970, 1, 2) <= day < date(3000, 1, 1) - timedelta(1) else None


def _page(reading: Reading) -> AccessList:
    mine = reading.mine
    before = mine.turn.query.get("efter", "")[:LONGEST_CURSOR] or None
    try:
        rows, following = reading.page(before, PAGE)
    except ValueError:
        raise Missing from None
    shown = list(reading.in_words(rows))
    return AccessList(
        about=mine.about(),
        rows=tuple(AccessRow(told=told, url=mine.at(f"/atkomst/{told.id}")) for told in shown),
        total=reading.total(),
        most=MOST,
        url=mine.at("/atkomst"),
        providers=_providers(reading),
        units=_units(reading),
        asked={} if reading.wrong else reading.asked,
        before=following,
        first=before is None,
        emergencies=emergencies(mine) if before is None and not reading.asked else (),
        questions=questions(mine) if before is None and not reading.asked else (),
        wrong=reading.wrong,
    )


def _providers(reading: Reading) -> tuple[Option, ...]:
    chosen, mine = reading.sought.provider, reading.mine
    return tuple(
        Option(value=one.hsa_id, name=named(one.names, mine.language), chosen=one.hsa_id == chosen)
        for one in providers(mine)
        if one.hsa_id not in reading.hidden.some
    )


def _units(reading: Reading) -> tuple[Option, ...]:
    """The units of the chosen provider: of all of them there would be too many."""
    mine, chosen = reading.mine, reading.sought.unit
    provider = mine.care.register.provider(reading.sought.provider) if reading.sought.provider else None
    units = provider.units if provider else ()
    options = (Option(value=id_, name=unit_name(id_, mine), chosen=id_ == chosen) for id_ in units)
    return tuple(sorted(options, key=lambda one: one.name))


# --- the same as a file -----------------------------------------------------------------------------------------------------


def cells(told: Told, moment: str) -> tuple[str, ...]:
    """An entry as the columns of a file."""
    return (moment, told.unit, told.provider, told.role, told.who, told.sentence, told.why, told.source)


def _csv(reading: Reading) -> Reply:
    mine = reading.mine
    said, moment = texts(mine.language), mine.turn.on.pages.moment(mine.language)
    head = tuple(str(said.get(f"own.column.{name}")) for name in COLUMNS)
    return csv.reply("atkomstlogg", head, (cells(one, moment(one.at)) for one in reading.words()))


def _pdf(reading: Reading) -> Reply:
    mine = reading.mine
    page = PrintedAccess(
        rows=tuple(reading.words(LIMITS["pdf"])),
        name=mine.name,
        made_at=mine.now,
        asked=tuple(_narrowed(reading)),
        federation=named(mine.turn.frame.federation, mine.language),
    )
    html = mine.turn.on.pages.document("mine_printed.html", page, mine.language)
    try:
        return pdf.reply("atkomstlogg", html)
    except pdf.Missing:
        return mine.render(_no_file("missing", "pdf", reading), TAB)


def _no_file(why: str, form: str, reading: Reading) -> NoFile:
    shown = replace(_page(reading), rows=())
    csv_url = shown.csv_url if form != "csv" else ""
    return NoFile(why=why, most=LIMITS[form], csv_url=csv_url, back=shown.with_({}), about=shown.about)


def _narrowed(reading: Reading) -> Iterator[tuple[str, str]]:
    """What the document was narrowed to: a text `own.access.<name>`, and to what."""
    mine, sought = reading.mine, reading.sought
    for name in ("fran", "till"):
        if name in reading.asked:
            yield name, reading.asked[name]
    if sought.provider:
        yield "vardgivare", provider_name(sought.provider, mine)
    if sought.unit:
        yield "enhet", unit_name(sought.unit, mine)
    if sought.activity:
        yield "nod", ""


def _extract(reading: Reading) -> Reply:
    return extract.reply(reading.rows(), reading.mine)


_FORMS: Final = {"csv": _csv, "pdf": _pdf, "utdrag": _extract}
