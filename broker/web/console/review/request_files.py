"""G6: the files that answer a request, made on its page: an extract of the log, or a copy of what the member holds (GDPR 15).

A member gives out what is its own: its care providers' logs and entries, logins to its services. Each file is an act of the
request, with its digest, and an event of the sealed log; that the log was read for it is recorded with the request as reason.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from broker.audit.review_events import ExtractMade
from broker.care import subject_requests, telling
from broker.care.calling import CareRefused, ResultCode
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.web.console import printing
from broker.web.console.gate import member_names
from broker.web.console.handing_out import extract_of, file_reply
from broker.web.console.mine.data import Share, accesses, as_octets, held_by, section
from broker.web.console.mine.pages import DataSection
from broker.web.console.mine.turn import OwnTurn
from broker.web.console.review.desk import Desk
from broker.web.console.review.entries import TooLong, every, note
from broker.web.console.sheet import Cell, Column, Table, at, text
from trust_framework.access_log import AccessSought
from trust_framework.access_words import Told
from trust_framework.care import EVER
from trust_framework.staff_told import Reader
from trust_framework.subject_requests import RequestKind, SubjectRequest

LOG_PDF, LOG_PROVEN, COPY_PDF, COPY_JSON = "log-pdf", "log-proven", "copy-pdf", "copy-json"
OFFERED: Final = {
    RequestKind.LOG_EXTRACT: (LOG_PDF, LOG_PROVEN),
    RequestKind.ACCESS: (COPY_PDF, COPY_JSON, LOG_PDF, LOG_PROVEN),
}
"""By what was asked for: the files that answer it."""

NAMES: Final = {
    LOG_PDF: "utdrag.pdf",
    LOG_PROVEN: "utdrag.jsonl",
    COPY_PDF: "uppgifter.pdf",
    COPY_JSON: "uppgifter.json",
}
"""What the files are called where they are saved, in the case and in the letter."""

MOST: Final = 10_000
COLUMNS: Final = ("at", "unit", "provider", "role", "who", "what", "why", "source")


def made(here: Desk, request: SubjectRequest, which: str) -> Reply:
    """The file. Raises CareRefused, TooLong, `pdf.Missing`."""
    rows, reply = _MAKERS[which](here, request)
    digest = hashlib.sha256(reply.body).hexdigest()
    done = subject_requests.extracted(request, f"{NAMES[which]} · SHA-256 {digest}", here.who, here.turn.now)
    read = note(here, "subject-extract", f"Begäran {request.id}", rows, person=request.person)
    told = ExtractMade(
        at=here.turn.now,
        reference=here.who.reference,
        provider=here.id,
        digest=digest,
        rows=rows,
        by=here.who.person,
    )
    if not here.turn.commit(done.effects + Effects(events=(read, told))):
        raise CareRefused(ResultCode.INVALIDSTATE, "overtaken")
    return reply


def _of(here: Desk, request: SubjectRequest) -> OwnTurn:
    """The person as My page knows them: the same words are told there."""
    person = here.on.store.person(request.person)
    return OwnTurn(here.turn, request.person, person.attributes if person else {})


def _facts(here: Desk, request: SubjectRequest) -> tuple[tuple[str, Cell], ...]:
    names = member_names(here.turn.org, here.turn.turn)
    found = (
        ("request.one", text(request.id)),
        ("request.kind", Cell(said="request.kind." + request.kind.value)),
        ("request.received", at(request.received_at)),
        ("review.patient", text(here.patient(request.person, None))),
        ("request.given-by", text(here.name(names, here.turn.org))),
        ("review.since", at(request.since)),
        ("review.until", at(request.until)),
    )
    return tuple((key, cell) for key, cell in found if cell.text or cell.said or cell.at is not None)


# --- the log ------------------------------------------------------------------------------------------------------------


def _sought(here: Desk, request: SubjectRequest) -> Iterator[AccessSought]:
    """What the member's care providers have about the person, in the time that was asked for."""
    since, until = request.since or 0, EVER if request.until is None else request.until
    for provider in sorted(here.who.providers):
        yield AccessSought(person=request.person, provider=provider, since=since, until=until)


def _proven(here: Desk, request: SubjectRequest) -> tuple[int, Reply]:
    """What the person is told of staff is what My page tells."""
    rows = every(here.turn.store, tuple(_sought(here, request)), MOST)
    found = telling.told(rows, Reader.PATIENT, here.on.store, here.on.register)
    return len(found), file_reply(NAMES[LOG_PROVEN], extract_of(here.turn.store, found), "application/jsonl")


def _log(here: Desk, request: SubjectRequest) -> tuple[int, Reply]:
    told = _in_words(here, request)
    table = Table(
        caption="own.access.list",
        columns=tuple(Column(said="own.column." + name) for name in COLUMNS),
        rows=tuple(map(_row, told)),
        empty="review.found.none",
    )
    page = printing.printed(here.turn, "request.file.log", here.who.reference, _facts(here, request), (table,))
    return len(told), printing.reply(Path(NAMES[LOG_PDF]).stem, page, here.turn)


def _in_words(here: Desk, request: SubjectRequest) -> list[Told]:
    until = EVER if request.until is None else request.until
    most = printing.MOST + 1
    told = list(accesses(_of(here, request), here.who.providers, request.since or 0, until, most))
    if len(told) > printing.MOST:
        raise TooLong
    return told


def _row(told: Told) -> tuple[Cell, ...]:
    rest = (told.unit, told.provider, told.role, told.who, told.sentence, told.why, told.source)
    return (at(told.at), *map(text, rest))


# --- a copy of what is held ---------------------------------------------------------------------------------------------


def _share(here: Desk) -> Share:
    """What is the member's own."""
    return Share(here.turn.org, frozenset(_services(here)), here.who.providers)


def _services(here: Desk) -> Iterator[str]:
    after, more = "", True
    while more:
        page = here.turn.store.register_page("service", org=here.turn.org, after=after, count=500)
        yield from (each.id for each in page.entries)
        after, more = page.next or "", bool(page.next)


def _json(here: Desk, request: SubjectRequest) -> tuple[int, Reply]:
    found = [(name, tuple(things)) for name, things in held_by(_of(here, request), _share(here))]
    body = as_octets(found, here.turn.now)
    return sum(len(things) for _, things in found), file_reply(NAMES[COPY_JSON], body, "application/json")


def _copy(here: Desk, request: SubjectRequest) -> tuple[int, Reply]:
    mine = _of(here, request)
    found = [(name, tuple(things)) for name, things in held_by(mine, _share(here))]
    rows = sum(len(things) for _, things in found)
    if rows > printing.MOST:
        raise TooLong
    tables = tuple(_table(section(name, things, mine, printing.MOST)) for name, things in found)
    page = printing.printed(here.turn, "request.file.copy", here.who.reference, _facts(here, request), tables)
    return rows, printing.reply(Path(NAMES[COPY_PDF]).stem, page, here.turn)


def _table(told: DataSection) -> Table:
    pairs = [(str(number), name, value) for number, thing in enumerate(told.things, 1) for name, value in thing]
    return Table(
        caption="own.data." + told.name,
        columns=(Column(said="printed.number"), Column(said="printed.what"), Column(said="printed.value")),
        rows=tuple(tuple(map(text, row)) for row in pairs),
        empty="printed.none",
    )


_MAKERS: Final = {LOG_PDF: _log, LOG_PROVEN: _proven, COPY_PDF: _copy, COPY_JSON: _json}
