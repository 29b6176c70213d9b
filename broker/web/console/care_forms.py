"""Forms of care staff. What changes a register names the thing (`id`), and what the reader was shown (`shown`).

Nothing that weighs is chosen beforehand: neither how far a block reaches, nor why one is lifted, nor that one has understood.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, Self
from uuid import uuid4

from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import HiddenField, SelectChoice
from wtforms.validators import Optional, ValidationError

from broker.care import patients
from broker.care.calling import CareServices
from broker.web.console.care_desk import Desk
from broker.web.console.forms import ConsoleForm, line, longest, required
from broker.web.console.sharing_forms import text
from broker.web.pages.frame import Names, in_language
from trust_framework import patient_numbers
from trust_framework.blocks import BlockType, LiftReason
from trust_framework.care import Period
from trust_framework.care_consents import ConsentType
from trust_framework.care_requests import RequestState
from trust_framework.days import ZONE, day_after, day_of, midnight
from trust_framework.identifiers import Identifier
from trust_framework.patient_numbers import NoPatient

LONGEST: Final = 1024
"""Characters of a reason (Action.reasonText)."""

TYPES: Final = {"lak": "care.type.lak", "upp": "care.type.upp", "und": "care.type.und", "vko": "care.type.vko"}
EXCLUDABLE: Final = ("lak", "upp")
"""Types of information with their texts: those that may be asked about, and those that a block may leave open."""

_NO_PATIENT: Final = {
    NoPatient.MISSING: "patient-number.missing",
    NoPatient.STAFF: "patient-number.staff",
    NoPatient.ORGANISATION: "patient-number.organisation",
    NoPatient.DIGITS: "patient-number.digits",
    NoPatient.UNKNOWN: "patient-number.unknown",
}

HOURS: Final = (1, 2, 4, 8, 12, 24)
_EARLIEST, _LATEST = date(1850, 1, 1), date(2200, 1, 1)


class PatientForm(ConsoleForm):
    """The one field in which a patient is found."""

    number = StringField("care.patient.number", [line, longest(64)])

    def patient(self, now: int, on: CareServices) -> Identifier | None:
        """Whose number was typed; None, and the field says why, when it is nobody's, or may be a real person's in test."""
        found = _patient(self.number, now)
        if found is None or patients.taken(found.value, on):
            return found
        self.number.errors = (*self.number.errors, "patient-number.real")
        return None


def _patient(field: StringField, now: int) -> Identifier | None:
    found = patient_numbers.read(field.data or "", day_of(now))
    if isinstance(found, Identifier):
        return found
    field.errors = (*field.errors, _NO_PATIENT[found])
    return None


class DeedForm(ConsoleForm):
    """The base of what changes a register: the id that a new entry gets, and what binds the answer to what was shown."""

    id = HiddenField("care.id", [line, longest(36)])
    shown = HiddenField("care.shown", [line])
    change = HiddenField("care.change", [line])

    @classmethod
    def at(cls, desk: Desk, data: Mapping[str, Any] | None = None) -> Self:
        """The form of this request, with the choices that there are here."""
        form = cls.of(desk.turn, {"id": str(uuid4()), **(data or {})})
        form.offer(desk)
        return form

    def offer(self, desk: Desk) -> None:
        """Fill in the choices of this provider."""


class ReasonForm(DeedForm):
    """Why it is done, and nothing else."""

    reason = TextAreaField("care.reason", [required(), longest(LONGEST), text])


def told(form: Any, field: TextAreaField) -> None:
    """An emergency is told in words, and so is a refusal."""
    if form.in_words and not (field.data or "").strip():
        raise ValidationError("form.required")


def alone(form: Any, field: RadioField) -> None:
    """An emergency is one's own: nobody opens anything for somebody else."""
    if form.emergency and field.data != "me":
        raise ValidationError("care.whom.alone")


def meant(form: Any, field: DateField) -> None:  # noqa: ARG001  # WTForms calls with both
    """A day that somebody can mean."""
    if field.data and not _EARLIEST <= field.data <= _LATEST:
        raise ValidationError("form.invalid")


def day(label: str) -> DateField:
    """A day, which may be left out."""
    return DateField(label, [Optional(), meant])


class _Dated(ConsoleForm):
    """From a day (`start`) through a day (`end`), both optional."""

    def validate_end(self, field: DateField) -> None:
        """Not before the first."""
        if field.data and self.start.data and field.data < self.start.data:
            raise ValidationError("care.period.inverted")

    @property
    def period(self) -> Period:
        """The days as instants: from the first one's midnight to the last second of the last."""
        start, end = self.start.data, self.end.data
        return Period(midnight(start) if start else None, day_after(end) - 1 if end else None)


class _Whom(DeedForm):
    """For everybody at the unit that one acts at, or for oneself there."""

    whom = RadioField(
        "care.whom",
        [required("form.choice")],
        choices=[SelectChoice("unit", "care.whom.unit"), SelectChoice("me", "care.whom.me")],
    )

    def employee(self, desk: Desk) -> str:
        """Whom it is for by HSA-id, empty for everybody."""
        return desk.actor.employee if self.whom.data == "me" else ""


class BlockForm(DeedForm, _Dated):
    """A block: how far it reaches, which information, and what it leaves open."""

    type = RadioField(
        "care.block.type",
        [required("form.choice")],
        choices=[
            SelectChoice(BlockType.INNER.value, "care.block.inner"),
            SelectChoice(BlockType.OUTER.value, "care.block.outer"),
        ],
    )
    unit = SelectField("care.block.unit")
    start = day("care.block.from")
    end = day("care.block.through")
    excluded = SelectMultipleField(
        "care.block.excluded", choices=[SelectChoice(code, TYPES[code]) for code in EXCLUDABLE]
    )
    reason = TextAreaField("care.note", [longest(LONGEST), text])

    def offer(self, desk: Desk) -> None:
        """The units of the provider."""
        self.unit.choices = [SelectChoice("", "care.block.unit.none"), *_units(desk)]

    def validate_unit(self, field: SelectField) -> None:
        """An inner block is of one unit, an outer one of none."""
        if self.type.data == BlockType.INNER and not field.data:
            raise ValidationError("care.block.unit.needed")
        if self.type.data == BlockType.OUTER and field.data:
            raise ValidationError("care.block.unit.idle")


class LiftForm(_Whom):
    """That a block does not hold for a time: why, until when, for whom: one's own unit, oneself there, or a unit of another
    provider, which only the provider of the block can let in.
    """

    unit = SelectField("care.lift.unit")
    why = RadioField(
        "care.lift.why",
        [required("form.choice")],
        choices=[
            SelectChoice(LiftReason.PATIENTS_CONSENT.value, "care.lift.PatientsConsent"),
            SelectChoice(LiftReason.EMERGENCY.value, "care.lift.Emergency"),
        ],
    )
    until = DateTimeLocalField("care.lift.until", [required("form.required")], format="%Y-%m-%dT%H:%M")
    reason = TextAreaField("care.note", [longest(LONGEST), text, told])

    def offer(self, desk: Desk) -> None:
        """One's own unit, and those of other providers."""
        own = [SelectChoice(desk.unit, desk.unit_names(desk.unit))] if desk.unit else []
        self.unit.choices = own + _units(desk, others=True)
        self._own = desk.unit

    def validate_whom(self, field: RadioField) -> None:
        """See `alone`; and nobody is themself at another's unit."""
        alone(self, field)
        if field.data == "me" and self.unit.data != self._own:
            raise ValidationError("care.whom.elsewhere")

    @property
    def emergency(self) -> bool:
        return self.in_words

    @property
    def in_words(self) -> bool:
        return bool(self.why.data == LiftReason.EMERGENCY)

    @property
    def until_at(self) -> int:
        """The moment, on a Swedish clock."""
        typed: datetime = self.until.data
        return int(typed.replace(tzinfo=ZONE).timestamp())


class ConsentForm(_Whom, _Dated):
    """A consent to read what other providers have recorded, or its emergency form."""

    type = RadioField(
        "care.consent.type",
        [required("form.choice")],
        choices=[
            SelectChoice(ConsentType.CONSENT.value, "care.consent.Consent"),
            SelectChoice(ConsentType.EMERGENCY.value, "care.consent.Emergency"),
        ],
    )
    start = day("care.from")
    end = day("care.through")
    represented_by = StringField("care.consent.by", [line, longest(LONGEST)])
    reason = TextAreaField("care.note", [longest(LONGEST), text, told])

    def validate_whom(self, field: RadioField) -> None:
        """See `alone`."""
        alone(self, field)

    @property
    def emergency(self) -> bool:
        return self.in_words

    @property
    def in_words(self) -> bool:
        return bool(self.type.data == ConsentType.EMERGENCY)

    def representative(self, now: int) -> Identifier | None:
        """Who spoke for the patient; None, with a fault where it is nobody's number."""
        return _patient(self.represented_by, now) if (self.represented_by.data or "").strip() else None


class RelationForm(_Whom, _Dated):
    """That somebody takes part in the patient's care."""

    start = day("care.from")
    end = day("care.through")
    reason = TextAreaField("care.note", [longest(LONGEST), text])


class EmergencyForm(DeedForm):
    """To open because care cannot wait: why, for how long, and that one has understood what follows."""

    reason = TextAreaField("care.emergency.reason", [required(), longest(LONGEST), text])
    hours = SelectField("care.emergency.hours", coerce=int)
    understood = BooleanField("care.emergency.understood", [required("care.emergency.understood.needed")])

    def offer(self, desk: Desk) -> None:
        """Hours up to the provider's limit; the fewest first."""
        most = desk.provider.switches.emergency_hours
        self.hours.choices = [SelectChoice(hours, {"sv": f"{hours} h"}) for hours in HOURS if hours <= most] or [
            SelectChoice(most, {"sv": f"{most} h"})
        ]


class AnswerForm(DeedForm):
    """What comes of what a patient asked for, in words to the patient."""

    verdict = RadioField(
        "care.wish.verdict",
        [required("form.choice")],
        choices=[
            SelectChoice(RequestState.DONE.value, "care.wish.done"),
            SelectChoice(RequestState.DECLINED.value, "care.wish.declined"),
        ],
    )
    answer = TextAreaField("care.wish.answer", [longest(LONGEST), text, told])

    @property
    def in_words(self) -> bool:
        return bool(self.verdict.data == RequestState.DECLINED)


class AskForm(_Dated):
    """What may I see: of which type, recorded when."""

    type = SelectField(
        "care.ask.type",
        choices=[SelectChoice("", "care.type.any"), *(SelectChoice(code, said) for code, said in TYPES.items())],
    )
    start = day("care.block.from")
    end = day("care.block.through")


def _units(desk: Desk, *, others: bool = False) -> list[SelectChoice]:
    """The provider's units by name, one's own first; or those of all other providers, each with its provider's name."""
    providers = desk.services.register.providers.values()
    named: list[tuple[bool, str, str, Names]] = []
    for provider in providers:
        if (provider.hsa_id != desk.provider.hsa_id) is others:
            for unit in provider.units:
                names = desk.unit_names(unit)
                if others:
                    names = {lang: f"{name} – {in_language(provider.names, lang)}" for lang, name in names.items()}
                named.append((unit != desk.unit, in_language(names, "sv"), unit, names))
    return [SelectChoice(unit, names) for _, _, unit, names in sorted(named, key=lambda row: row[:3])]
