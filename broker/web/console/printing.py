"""A list or a dossier as a document with a seal: the file's digest is an event of the sealed log, and the document says where the
log stood. Whoever has the file can ask whether it left here so.
"""

from dataclasses import dataclass
from typing import Final

from broker.exchange import Reply
from broker.web.console import pdf
from broker.web.console.sheet import Cell, Table, Text
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names

MOST: Final = 500
"""Rows that a document may have: a page of it takes some hundred milliseconds to lay out."""

_SEALED_LINES: Final = 3
"""Of a checkpoint: the log's name, its size, its root. The signatures are no use on paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What stands in the document: the words of a sheet, and when it was made under which reference."""

    title: str
    of: Text = ""
    federation: Names
    made_at: int
    reference: str
    facts: tuple[tuple[str, Cell], ...] = ()
    tables: tuple[Table, ...] = ()
    seal: tuple[str, ...] = ()


def printed(
    turn: ConsoleTurn,
    title: str,
    reference: str,
    facts: tuple[tuple[str, Cell], ...],
    tables: tuple[Table, ...],
    of: Text = "",
) -> Printed:
    """A document of now."""
    seal = tuple(turn.store.log_note().splitlines()[:_SEALED_LINES])
    return Printed(
        title=title,
        of=of,
        federation=turn.frame.federation,
        made_at=turn.now,
        reference=reference,
        facts=facts,
        tables=tables,
        seal=seal,
    )


def reply(name: str, page: Printed, turn: ConsoleTurn) -> Reply:
    """The file `<name>.pdf`. Raises `pdf.Missing`."""
    return pdf.reply(name, turn.on.pages.document("printed.html", page, turn.frame.language))
