"""A sheet: one page form for lists and dossiers that are worked through one after another: facts, tables, what was done, forms.

A view says what stands on it; one template draws it. What is `said` is the key of a text, what is `text` a value: names by
language, or somebody's words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from broker.web.console.forms import ConsoleForm
from broker.web.console.todo import Todo
from broker.web.pages.frame import Names, Page

Text = Names | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in one place: a moment, a text that we say, a value, or several of them in that order. `mood` (ok, warn, err,
    off) makes what is said a state; `url` makes it a link; `lines` keeps the line breaks of somebody's words.
    """

    text: Text = ""
    said: str = ""
    at: int | None = None
    url: str = ""
    mood: str = ""
    figure: bool = False
    lines: tuple[str, ...] = ()


def text(value: Text, url: str = "") -> Cell:
    """A value."""
    return Cell(text=value, url=url)


def said(key: str, mood: str = "", url: str = "") -> Cell:
    """One of our texts."""
    return Cell(said=key, mood=mood, url=url)


def at(moment: int | None, url: str = "") -> Cell:
    """A moment; nothing for none."""
    return Cell(at=moment, url=url)


def figure(number: object) -> Cell:
    """A number, set to the right."""
    return Cell(text=str(number), figure=True)


def words(value: str) -> Cell:
    """What somebody wrote, with its line breaks."""
    return Cell(lines=tuple(value.splitlines()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: what it is called, and whether it holds numbers."""

    said: str
    figure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns; the first cell of a row is its heading. `total` of all rows there are, counted no further than past
    `most`; `next` leads on, `first` back, `saved` to the same as a file. `empty` is said when there are none.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    empty: str
    total: int | None = None
    most: int | None = None
    next: str = ""
    first: str = ""
    saved: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """A choice by which a table is narrowed, in a GET form: the parameter, what it is called, and the values with their texts."""

    name: str
    said: str
    options: tuple[tuple[str, Text], ...]
    chosen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """A form: what it is for, where it is posted, its button. `fields` are posted unseen, `hints` are texts under fields;
    `danger` says that it cannot be undone; `files`: it may carry files.
    """

    said: str
    action: str
    button: str
    form: ConsoleForm
    lead: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    hints: tuple[tuple[str, str], ...] = ()
    danger: bool = False
    files: bool = False

    def hint(self, name: str) -> str:
        """The text under a field; empty for none."""
        return dict(self.hints).get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Something that was done: when, by whom, what, in which words."""

    at: int
    who: str
    said: str
    words: tuple[str, ...] = ()
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Somewhere to go, or a file to fetch."""

    url: str
    said: str
    file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet(Page):
    """`title` is a text, `of` what it is about, `back` the page above. Everything else is there or not."""

    template: ClassVar[str] = "sheet.html"
    mark: ClassVar[str] = "sheet"
    part: str
    title: str
    of: Text = ""
    lead: str = ""
    back: Link | None = None
    alerts: tuple[str, ...] = ()
    todo: tuple[Todo, ...] | None = None
    facts: tuple[tuple[str, Cell], ...] = ()
    narrowing: tuple[Narrowing, ...] = ()
    here: str = ""
    tables: tuple[Table, ...] = ()
    done: tuple[Done, ...] = ()
    doings: tuple[Doing, ...] = ()
    links: tuple[Link, ...] = ()
