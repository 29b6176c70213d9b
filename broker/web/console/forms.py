"""Forms of the consoles: WTForms, whose token is bound to the browser's secret. Labels and faults are keys of texts.

The token is checked by the gate before any view runs; here it is only written. A form takes the fields that it names and
no others: what is posted beside them is refused (AD-05). No field takes a private key.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, StringField, ValidationError
from wtforms.csrf.core import CSRF, CSRFTokenField
from wtforms.validators import InputRequired, Length

from broker.web.console.turn import ConsoleTurn
from metadata.private_keys import private_key_in

UNKNOWN_FIELD: Final = "form.unknown-field"


class BrowserToken(CSRF):  # type: ignore[misc]  # the library has no types
    """The token of `ConsoleTurn.csrf`."""

    def setup_form(self, form: Any) -> Any:
        self._turn: ConsoleTurn = form.meta.csrf_context
        return super().setup_form(form)

    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:  # noqa: ARG002
        return self._turn.csrf()

    def validate_csrf_token(self, form: Any, field: Any) -> None:
        """The gate has checked it before this form was made."""


class Keys:
    """The library's own faults, as keys of our texts."""

    def gettext(self, said: str) -> str:
        return "form.choice" if "choice" in said else "form.invalid"

    def ngettext(self, one: str, many: str, number: int) -> str:  # noqa: ARG002  # as the library calls it
        return self.gettext(one)


class ConsoleForm(Form):  # type: ignore[misc]
    """The base of all forms: `of(turn)` reads what was posted, or starts from `data`; `valid()` judges it."""

    class Meta:
        csrf = True
        csrf_class = BrowserToken
        csrf_field_name = "csrf"

        def get_translations(self, form: Any) -> Keys:  # noqa: ARG002
            """See `Keys`."""
            return Keys()

    @classmethod
    def of(cls, turn: ConsoleTurn, data: Mapping[str, Any] | None = None, **more: Any) -> Self:
        """The form of this request. On a POST what was typed goes before `data`."""
        posted = MultiDict([*turn.sent.fields.items(multi=True), *turn.sent.files.items(multi=True)])
        return cls(posted if turn.posted else None, data=data, meta={"csrf_context": turn}, **more)

    def valid(self, turn: ConsoleTurn) -> bool:
        """Whether what was posted will do; else the fields say why not."""
        unknown = set(turn.sent.fields) - {name for field in self for name in _names(field)}
        if unknown:
            self.form_errors.append(UNKNOWN_FIELD)
        fit = self.validate()
        return not _leaking(self) and fit and not unknown

    @property
    def faults(self) -> tuple[tuple[str, Any, Any], ...]:
        """Each fault with the id of its field and its label, for the summary."""
        return tuple((field.id, field.label.text, fault) for field in self for fault in _flat(field.errors))


def _leaking(form: Any) -> bool:
    """Whether somebody has put a private key into a field. It is not written back, and the field says why."""
    found = [field for field in _leaves(form) if private_key_in(field.data) is not None]
    for field in found:
        field.data, field.errors = "", (*field.errors, "form.private-key")
    return bool(found)


def _leaves(form: Any) -> Iterator[Any]:
    """Every field of texts, those of its parts among them."""
    for field in form:
        parts = getattr(field, "entries", None) or getattr(field, "form", None)
        yield from _leaves(parts) if parts is not None else (field,)


def _names(field: Field) -> tuple[str, ...]:
    """The names under which a field is posted: a field of several has those of its parts."""
    entries = getattr(field, "entries", None)
    if entries is not None:
        return tuple(name for entry in entries for name in _names(entry))
    inner = getattr(field, "form", None)
    if inner is not None:
        return tuple(name for part in inner for name in _names(part))
    return (field.name,)


def _flat(errors: Any) -> tuple[Any, ...]:
    """Faults of a field, those of its parts among them."""
    return tuple(fault for fault in errors if not isinstance(fault, list | dict))


def required(message: str = "form.required") -> InputRequired:
    """Something must be typed or chosen."""
    return InputRequired(message=message)


def longest(most: int, message: str = "form.too-long") -> Length:
    """At most so many characters."""
    return Length(max=most, message=message)


def line(form: Any, field: StringField) -> None:  # noqa: ARG001  # WTForms calls with both
    """One line of text: no control characters."""
    if any(ord(character) < 32 or ord(character) == 127 for character in field.data or ""):  # noqa: PLR2004
        raise ValidationError("form.control")


def written(form: Any, field: StringField) -> None:  # noqa: ARG001  # WTForms calls with both
    """More than space."""
    if not (field.data or "").strip():
        raise ValidationError("form.required")
