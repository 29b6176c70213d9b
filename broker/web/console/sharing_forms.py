"""Forms of sharing agreements: one for each act on the card, and the draft of terms."""

from typing import Any, Final, Self

from wtforms import DateField, IntegerField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import HiddenField, SelectChoice
from wtforms.validators import NumberRange, Optional, ValidationError

from broker.web.console.forms import ConsoleForm, line, longest, required
from broker.web.console.turn import ConsoleTurn
from trust_framework import identifiers
from trust_framework.attributes import CATALOGUE

LONGEST: Final = 1000


def text(form: Any, field: TextAreaField) -> None:  # noqa: ARG001  # WTForms calls with both
    """Lines of text, and nothing that only a machine reads."""
    if any(not c.isprintable() for c in (field.data or "").replace("\r\n", "").replace("\n", "")):
        raise ValidationError("form.control")


class ActForm(ConsoleForm):
    """The base: which act it is for."""

    act = HiddenField("agreement.act", [line])

    def given(self) -> dict[str, str]:
        """What was typed, by the names of `broker.federation.agreement_desk.ACTS`."""
        return {GIVEN.get(field.short_name, field.short_name): field.data or "" for field in self}


GIVEN: Final = {
    "stop_reason": "reason",
    "resume_review": "review",
    "contact_name": "name",
    "contact_mail": "mail",
    "contact_phone": "phone",
    "review_note": "note",
}
"""Fields of forms that have a name of their own, since ids are unique on a page of several forms."""


class SignForm(ActForm):
    """A signature on what was shown."""

    digest = HiddenField("agreement.digest", [line])


class SuspendForm(ActForm):
    """A stop, with its reason."""

    stop_reason = TextAreaField("agreement.stop-reason", [required(), longest(LONGEST), text])


class ResumeForm(ActForm):
    """The review that lets it go on."""

    resume_review = TextAreaField("agreement.resume-review", [required(), longest(LONGEST), text])


class LeaveForm(ActForm):
    """A party goes."""


class LeftForm(ActForm):
    """What becomes of what was shared."""

    gave = TextAreaField("agreement.gave", [required(), longest(LONGEST), text])
    received = TextAreaField("agreement.received", [required(), longest(LONGEST), text])


class ConfirmForm(ActForm):
    """Whom to turn to."""

    contact_name = StringField("agreement.contact-name", [required(), longest(200), line])
    contact_mail = StringField("agreement.contact-mail", [required(), longest(254), line])
    contact_phone = StringField("agreement.contact-phone", [longest(32), line])


class ReviewForm(ActForm):
    """What a review came to."""

    review_note = TextAreaField("agreement.review-note", [required(), longest(LONGEST), text])


FORMS: Final = {
    "sign": SignForm,
    "suspend": SuspendForm,
    "resume": ResumeForm,
    "leave": LeaveForm,
    "left": LeftForm,
    "confirm": ConfirmForm,
    "review": ReviewForm,
}
"""By act."""


class DraftForm(ConsoleForm):
    """Terms between this organisation and others. Each who gives, gives the same details to each other who receives; who is among
    both does both. Terms with other details for other parties are written in the federation file.
    """

    id = StringField("agreement.id", [required(), longest(64), line])
    name_sv = StringField("agreement.name-sv", [required(), longest(200), line])
    name_en = StringField("agreement.name-en", [required(), longest(200), line])
    giver = StringField("agreement.giver", [required(), longest(LONGEST), line])
    receiver = StringField("agreement.receiver", [required(), longest(LONGEST), line])
    purpose = TextAreaField("agreement.purpose", [required(), longest(LONGEST), text])
    legal_basis = TextAreaField("agreement.legal-basis", [required(), longest(LONGEST), text])
    services = StringField("agreement.services", [required(), longest(LONGEST), line])
    attributes = SelectMultipleField("agreement.attributes", [required()], choices=[])
    definitions = TextAreaField("agreement.definitions", [required(), longest(LONGEST), text])
    retention_days = IntegerField("agreement.retention", [required(), NumberRange(1, 36500, "form.invalid")])
    transfer = StringField("agreement.transfer", [required(), longest(LONGEST), line])
    valid_from = DateField("agreement.from", [required()])
    valid_until = DateField("agreement.until", [required()])
    review = DateField("agreement.review", [Optional()])

    @classmethod
    def choosing(cls, turn: ConsoleTurn, data: dict[str, Any] | None = None) -> Self:
        """The form with the catalogue's attributes to choose among."""
        form = cls.of(turn, data)
        form.attributes.choices = [SelectChoice(row.name, {"sv": row.sv, "en": row.en}) for row in CATALOGUE.values()]
        return form

    def validate_giver(self, field: StringField) -> None:
        """Organisation numbers."""
        _numbers(field)

    def validate_receiver(self, field: StringField) -> None:
        """Organisation numbers, another's among them."""
        _numbers(field)
        if len({*orgs(self.giver), *orgs(field)}) == 1:
            raise ValidationError("agreement.alone")


def orgs(field: StringField) -> tuple[str, ...]:
    """The organisation numbers in a field, each once, without hyphens."""
    return tuple(dict.fromkeys((field.data or "").replace("-", "").replace(",", " ").split()))


def _numbers(field: StringField) -> None:
    if not all(map(identifiers.organisation_number, orgs(field))):
        raise ValidationError("apply.org.wrong")
