"""The forms of a login method (O7): something pasted to be tried, and the reason why it is stopped."""

from typing import Any, Final

from wtforms import StringField, TextAreaField, ValidationError

from broker.web.console.forms import ConsoleForm, line, longest, required
from metadata.wire.pasted import LONGEST

REASON: Final = 500


def filled(form: Any, field: StringField) -> None:  # noqa: ARG001  # WTForms calls with both
    """More than spaces."""
    if not (field.data or "").strip():
        raise ValidationError("form.required")


class TryForm(ConsoleForm):
    """An assertion or claims, pasted. Nothing of it is kept."""

    pasted = TextAreaField("methods.pasted", [required(), longest(LONGEST), filled])


class StopForm(ConsoleForm):
    """Why. The register keeps it."""

    reason = StringField("methods.reason", [required(), longest(REASON), line, filled])
