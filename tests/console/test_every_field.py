"""Every field of every form of the consoles into which somebody types: it takes one line where it is one line, and no book.

Derived from the forms that there are. Control characters that no browser sends are left out of everything that is posted
(`test_parts`), every page shows hostile text as text (`test_console_pages`), and no cell of a file is a formula (`test_parts`).
"""

from collections.abc import Iterator

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, StringField, TextAreaField

from broker.web.console import routes
from broker.web.console.forms import ConsoleForm
from tests.support.console_samples import FormTurn

assert routes.CONSOLE  # importing it makes every form known
BUTTONS = ("act", "csrf")
PAGE, BOOK = "x" * 30_000, "x" * (3 * 1024 * 1024)
"""Longer than most of them take; and than the longest, which is metadata."""


def forms(of: type[ConsoleForm] = ConsoleForm) -> Iterator[type[ConsoleForm]]:
    for form in of.__subclasses__():
        if form.__module__.startswith("broker."):
            yield form
        yield from forms(form)


def fresh(form: type[ConsoleForm], **typed: str) -> ConsoleForm:
    return form(MultiDict(typed), meta={"csrf_context": FormTurn()})


def typed(line: bool) -> list[tuple[type[ConsoleForm], str]]:
    """Fields that are typed into; those of one line alone where that is asked for."""
    return [
        (form, field.name)
        for form in dict.fromkeys(forms())
        for field in fresh(form)
        if isinstance(field, StringField) and not isinstance(field, HiddenField) and field.name not in BUTTONS
        if not (line and isinstance(field, TextAreaField))
    ]


def faults(form: type[ConsoleForm], name: str, text: str) -> list[object]:
    made = fresh(form, **{name: text})
    made[name].validate(made)
    return list(made[name].errors)


@pytest.mark.parametrize("text", ["a\nb", "a\r\nSet-Cookie: x", "a\tb", "\x1b[2J", "a\x7f"], ids=range(5))
def test_a_field_of_one_line_takes_no_more_than_one_line(text):
    taken = [(form.__name__, name) for form, name in typed(line=True) if not faults(form, name, text)]
    assert not taken


def test_a_field_takes_no_book():
    taken = [
        (form.__name__, name)
        for form, name in typed(line=False)
        if not any("form.too-long" in faults(form, name, text) for text in (PAGE, BOOK))
    ]
    assert not taken


def test_the_fields_are_those_of_all_the_forms():
    assert len(typed(line=False)) > 80
    assert {form.__name__ for form, _ in typed(line=False)} > {"ApplyForm", "DraftForm", "SearchForm", "PolicyForm"}
