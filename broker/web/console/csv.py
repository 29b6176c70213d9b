"""A list as a file for a spreadsheet. A cell that a spreadsheet would run as a formula is made text (CSV injection)."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

from broker.exchange import Reply

_FORMULA: Final = re.compile(r"[\s\0]*[=+\-@|%\t\r]")
_NUMBER: Final = re.compile(r"-?\d+([.,]\d+)?")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
BOM: Final = "\ufeff"
"""Without it the most usual spreadsheet reads UTF-8 as something else."""


def guarded(cell: object) -> str:
    """The cell as text that no program takes for a formula. A plain number stays one."""
    text = _CONTROL.sub("", "" if cell is None else str(cell))
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def reply(name: str, head: Sequence[object], rows: Iterable[Sequence[object]]) -> Reply:
    """The file `<name>.csv` (RFC 4180). `name` is ours, never a visitor's."""
    written = io.StringIO()
    out = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    out.writerow([guarded(cell) for cell in head])
    out.writerows([guarded(cell) for cell in row] for row in rows)
    return Reply(
        200,
        (
            ("Content-Type", "text/csv; charset=utf-8; header=present"),
            ("Content-Disposition", f'attachment; filename="{name}.csv"'),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'; sandbox"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
        ),
        (BOM + written.getvalue()).encode(),
    )
