"""G1: what a search found as a file, for a spreadsheet, to print, or with the proof of each entry; all of it, or none.

Its digest is an event of the sealed log: whoever has the file can ask whether it left here so.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from broker.audit.review_events import ExtractMade
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.web.console import csv, printing
from broker.web.console.handing_out import extract_of, file_reply
from broker.web.console.people import name_in_files
from broker.web.console.review.desk import Desk
from broker.web.console.review.entries import SHOWN, every, note, row_of, types
from broker.web.console.sheet import Cell, Column, Table, at, text
from broker.web.pages.texts import texts
from trust_framework.access_log import AccessSought
from trust_framework.days import ZONE
from trust_framework.staff_told import AsTold

CSV, PROVEN, PDF = "csv", "bevis", "pdf"
MOST: Final = 10_000
"""Entries that a file may have; a document has fewer (`printing.MOST`)."""

WHAT: Final = {CSV: "file", PROVEN: "extract", PDF: "document"}
"""By form of a file: what the record of the reading calls it."""

COLUMNS: Final = ("at", "activity", "purpose", "employee", "name", "unit", "patient", "type", "id")
Kept = Mapping[str, Any]


def why(kept: Kept) -> tuple[tuple[str, Cell], ...]:
    """What the search is for, and of which time; one by a reference is of all times."""
    time = () if kept["log_id"] else (("review.since", at(kept["since"])), ("review.until", at(kept["until"])))
    sought = (("review.log-id", text(kept["log_id"])),) if kept["log_id"] else ()
    return (("review.reason", text(kept["reason"])), *sought, *time)


def made(here: Desk, kept: Kept, sought: AccessSought, form: str) -> Reply:
    """The file, recorded. Raises TooLong, `pdf.Missing`."""
    found = here.told(every(here.turn.store, (sought,), printing.MOST if form == PDF else MOST))
    reply = _MAKERS[form](here, kept, found)
    read = note(
        here, WHAT[form], kept["reason"], len(found), person=kept["person"], since=sought.since, until=sought.until
    )
    event = ExtractMade(
        at=here.turn.now,
        reference=here.who.reference,
        provider=here.id,
        digest=hashlib.sha256(reply.body).hexdigest(),
        rows=len(found),
        by=here.who.person,
    )
    here.turn.on.services.store.commit(Effects(events=(read, event)))
    return reply


def _proven(here: Desk, kept: Kept, found: tuple[AsTold, ...]) -> Reply:  # noqa: ARG001  # every maker is called alike
    """Entries of patients with protected identity have their place and proof in it, and not the text that names the patient."""
    told = [AsTold(replace(row, text="", identity_text="")) if here.hidden(row.person) else row for row in found]
    return file_reply("utdrag.jsonl", extract_of(here.turn.store, told), "application/jsonl")


def _csv(here: Desk, kept: Kept, found: tuple[AsTold, ...]) -> Reply:  # noqa: ARG001  # every maker is called alike
    said = texts(here.turn.frame.language)
    head = tuple(str(said.get("review." + name)) for name in COLUMNS)
    return csv.reply("logg", head, (_line(here, row) for row in found))


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
        types(row),
        one.id,
    )


def day_time(moment: int) -> str:
    """A moment as a spreadsheet reads it, in Swedish time."""
    return datetime.fromtimestamp(moment, ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _document(here: Desk, kept: Kept, found: tuple[AsTold, ...]) -> Reply:
    """The rows to print, with what the search was for and who made it."""
    facts = (
        *why(kept),
        ("review.provider", text(here.name(here.on.register.providers[kept["provider"]].names, kept["provider"]))),
        ("review.who", text(name_in_files(here.turn.actor.person, here.turn))),
    )
    table = Table(
        caption="review.found",
        columns=(*SHOWN, Column(said="review.place")),
        rows=tuple((*row_of(here, row), _place(row)) for row in found),
        empty="review.found.none",
    )
    page = printing.printed(here.turn, "review.found", here.who.reference, facts, (table,))
    return printing.reply("logg", page, here.turn)


def _place(row: AsTold) -> Cell:
    """Where the entry stands in the sealed log; nothing while it waits for its place (a second)."""
    return text("" if row.position is None else str(row.position))


_MAKERS: Final = {CSV: _csv, PROVEN: _proven, PDF: _document}
