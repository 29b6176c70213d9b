"""What commands print: the same result as plain lines, as a table on a terminal, or as JSON for a program.

Without a terminal nothing but printable text and line breaks leaves here.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

as_json = click.option("--json", "json_", is_flag=True, help="Print one JSON value, for programs.")


def show(value: Any, lines: Iterable[str], *, json_: bool) -> None:
    """The result: JSON, or lines."""
    if json_:
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
        return
    for line in lines:
        click.echo(printable(line))


def table(rows: Sequence[Mapping[str, str]], columns: Sequence[str], *, json_: bool) -> None:
    """Rows of texts under columns."""
    if json_:
        click.echo(json.dumps([dict(row) for row in rows], indent=2, ensure_ascii=False))
    elif sys.stdout.isatty():
        _rich_table(rows, columns)
    else:
        widths = {name: max(len(name), *(len(row.get(name, "")) for row in rows), 0) for name in columns}
        for line in ({name: name for name in columns}, *rows):
            click.echo("  ".join(printable(line.get(name, "")).ljust(widths[name]) for name in columns).rstrip())


def _rich_table(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        drawn.add_row(*(Text(printable(row.get(name, ""))) for name in columns))
    Console().print(drawn)


def say(line: str) -> None:
    """Something beside the result, on standard error."""
    click.echo(printable(line), err=True)


def printable(text: str) -> str:
    """Text without control and direction characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def day_and_time(at: int) -> str:
    """Epoch seconds as UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
