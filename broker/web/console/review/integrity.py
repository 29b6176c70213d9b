"""G3: whether the log is as it was signed: the last checkpoints, a part verified now, the proof of one entry, and files that were
downloaded, verified again.
"""

import hashlib
from importlib.resources import files
from typing import Final

from broker.audit import standalone
from broker.audit.checkpoint import read_note
from broker.audit.range_check import RangeReport, verify_range
from broker.audit.review_events import LogVerified
from broker.audit.trace import Sought
from broker.audit.verified import Verified
from broker.exchange import Reply
from broker.login.effects import Effects
from broker.web.console.forms import ConsoleForm
from broker.web.console.handing_out import extract_of, file_reply
from broker.web.console.review.desk import Desk, desk
from broker.web.console.review.entries import note, own_row
from broker.web.console.review.forms import ExtractForm, RangeForm, fresh
from broker.web.console.sheet import Cell, Column, Doing, Link, Sheet, Table, at, figure, said, text, words
from broker.web.console.turn import ConsoleTurn

LAST: Final = 10
SHOWN: Final = 20
"""Faults of a file that are shown, and positions that are wrong."""


def shown(turn: ConsoleTurn) -> Reply:
    """Where the tree stands, its last checkpoints, and what may be verified."""
    here = desk(turn)
    size = turn.store.log_state().size
    last = max(size - 1, 0)
    return _shown(here, RangeForm.of(turn, {"first": max(last - 99, 0), "last": last}), fresh(ExtractForm, turn))


def _shown(
    here: Desk, part: ConsoleForm, extract: ConsoleForm, facts: tuple[tuple[str, Cell], ...] = (), alert: str = ""
) -> Reply:
    turn = here.turn
    kept = turn.store.log_checkpoints(LAST)
    newest = kept[0][2] if kept else ""
    rows = tuple((at(made), figure(size), text(_root(note_)), text(_others(note_))) for size, made, note_ in kept)
    table = Table(
        caption="integrity.checkpoints",
        columns=(
            Column(said="integrity.at"),
            Column(said="integrity.size", figure=True),
            Column(said="integrity.root"),
            Column(said="integrity.witnesses"),
        ),
        rows=rows,
        empty="integrity.none",
    )
    page = Sheet(
        part="G3",
        title="integrity.title",
        lead="integrity.lead",
        alerts=(alert,) if alert else (),
        facts=(
            *facts,
            ("integrity.size", text(str(turn.store.log_state().size))),
            ("integrity.waiting", text(str(turn.store.log_waiting()))),
            ("integrity.witnesses", text(_others(newest)) if _others(newest) else said("integrity.no-witness", "warn")),
            ("integrity.keys", words("\n".join(each.text for each in turn.store.log_verifiers()))),
        ),
        tables=(table,),
        doings=(
            Doing(said="integrity.range", action=turn.at("/integritet/del"), button="integrity.verify", form=part),
            Doing(
                said="integrity.file",
                action=turn.at("/integritet/fil"),
                button="integrity.verify",
                form=extract,
                lead="integrity.file.lead",
                files=True,
            ),
        ),
        links=(Link(url=turn.at("/integritet/kontroll"), said="integrity.checker", file=True),),
    )
    return turn.render(page)


def _root(note_: str) -> str:
    return read_note(note_).root.hex()[:16]


def _others(note_: str) -> str:
    """Who has signed the checkpoint beside the log itself: its witnesses."""
    if not note_:
        return ""
    own = read_note(note_).origin
    names = (line[2:].rpartition(" ")[0] for line in note_.partition("\n\n")[2].splitlines())
    return ", ".join(name for name in names if name and name != own)


# --- a part of the log --------------------------------------------------------------------------------------------------


def verified(turn: ConsoleTurn) -> Reply:
    """Verify a part of the log now."""
    here = desk(turn)
    form = RangeForm.of(turn)
    if not form.valid(turn) or form.last.data < form.first.data:
        if not form.errors:
            form.last.errors = ["review.bad-range"]
        return _shown(here, form, fresh(ExtractForm, turn))
    report = verify_range(turn.store, form.first.data, form.last.data)
    event = LogVerified(
        at=turn.now,
        reference=here.who.reference,
        first=report.first,
        last=report.last,
        checked=report.checked,
        wrong=len(report.wrong),
        org=turn.org,
        by=here.who.person,
    )
    if turn.commit(Effects(events=(event,))):
        Verified(turn.now, report.first, report.last, len(report.wrong)).keep(turn.store)
    return _shown(here, form, fresh(ExtractForm, turn), _told(report), "" if report.ok else "integrity.wrong")


def _told(report: RangeReport) -> tuple[tuple[str, Cell], ...]:
    wrong = ", ".join(str(each) for each in report.wrong[:SHOWN])
    state = said("integrity.ok", "ok") if report.ok else said("integrity.bad", "err")
    looked = text(f"{report.first} – {report.last} ({report.checked})")
    return (
        ("integrity.result", state),
        ("integrity.looked", looked),
        *((("integrity.positions", text(wrong)),) if wrong else ()),
    )


# --- the proof of an entry, and files -----------------------------------------------------------------------------------


def proof(turn: ConsoleTurn, entry: str) -> Reply:
    """The proof of one entry as a file that the small checker verifies; that it was made is recorded."""
    here = desk(turn)
    row = own_row(here, turn, entry)
    body = extract_of(turn.store, here.told((row,)))
    turn.commit(Effects(events=(note(here, "proof", f"bevis {row.id}", 1, person=row.person),)))
    return file_reply(f"bevis-{row.id}.jsonl", body, "application/jsonl")


def uploaded(turn: ConsoleTurn) -> Reply:
    """Verify a file that was downloaded: an extract by its proofs, any other by its digest in the log."""
    here = desk(turn)
    form = ExtractForm.of(turn)
    sent = turn.sent.files.get("extract")
    body = sent.read() if sent else b""
    part = fresh(RangeForm, turn, {"first": 0, "last": max(turn.store.log_state().size - 1, 0)})
    if not body:
        form.extract.errors = ["form.required"]
        return _shown(here, part, form)
    facts, well = _judged(here, body)
    return _shown(here, part, fresh(ExtractForm, turn), facts, "" if well else "integrity.file-wrong")


def _judged(here: Desk, body: bytes) -> tuple[tuple[tuple[str, Cell], ...], bool]:
    digest = hashlib.sha256(body).hexdigest()
    told = (("integrity.digest", text(digest)),)
    if body.startswith(b'{"format":'):
        faults, rows = _proven(here, body)
        state = said("integrity.bad", "err") if faults else said("integrity.ok", "ok")
        found = (("integrity.result", state), ("integrity.rows", text(str(rows))), *told)
        return (*found, *((("integrity.faults", words("\n".join(faults[:SHOWN]))),) if faults else ())), not faults
    made = here.turn.store.log_page(Sought(f"extract:{digest}")).events
    if not made:
        return (("integrity.result", said("integrity.unknown-file", "err")), *told), False
    return (
        ("integrity.result", said("integrity.known-file", "ok")),
        ("integrity.made", at(made[0].event["at"])),
        *told,
    ), True


def _proven(here: Desk, body: bytes) -> tuple[list[str], int]:
    """What is wrong with an extract, by the very script that anybody can run."""
    keys = [standalone.read_key(each.text) for each in here.turn.store.log_verifiers()]
    faults: list[str] = []
    try:
        rows = standalone.verify(iter(body.decode().splitlines()), keys, None, faults)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return ["the file is not one of ours"], 0
    return faults, rows


def checker(turn: ConsoleTurn) -> Reply:  # noqa: ARG001  # every view is called alike
    """The small program that verifies a file without tillit and without a network."""
    body = files("broker.audit").joinpath("standalone.py").read_bytes()
    return file_reply("tillit-kontroll.py", body, "text/x-python; charset=utf-8")
