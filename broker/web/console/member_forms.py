"""Forms of a member's own entry: its contacts, and what it is trusted by and through whom it acts."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

from wtforms.fields import BooleanField, SelectChoice, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError

from broker.web.console.forms import ConsoleForm, line, longest
from broker.web.console.turn import ConsoleTurn
from trust_framework import identifiers, loa
from trust_framework.approval import LONGEST_REASON
from trust_framework.values import MAIL

PURPOSES: Final = ("security", "data_protection", "technical", "administrative", "support")
"""Purposes of contacts that the form has; the first is always needed."""

LONGEST: Final = 200
_PARTS: Final = ("name", "mail", "phone")


class ContactsForm(ConsoleForm):
    """The member's contacts by purpose; an empty one is none. `confirmed`: they are right today."""

    security_name = StringField("contact.security.name", [longest(LONGEST), line])
    security_mail = StringField("contact.security.mail", [longest(LONGEST), line])
    security_phone = StringField("contact.security.phone", [longest(LONGEST), line])
    data_protection_name = StringField("contact.data_protection.name", [longest(LONGEST), line])
    data_protection_mail = StringField("contact.data_protection.mail", [longest(LONGEST), line])
    data_protection_phone = StringField("contact.data_protection.phone", [longest(LONGEST), line])
    technical_name = StringField("contact.technical.name", [longest(LONGEST), line])
    technical_mail = StringField("contact.technical.mail", [longest(LONGEST), line])
    technical_phone = StringField("contact.technical.phone", [longest(LONGEST), line])
    administrative_name = StringField("contact.administrative.name", [longest(LONGEST), line])
    administrative_mail = StringField("contact.administrative.mail", [longest(LONGEST), line])
    administrative_phone = StringField("contact.administrative.phone", [longest(LONGEST), line])
    support_name = StringField("contact.support.name", [longest(LONGEST), line])
    support_mail = StringField("contact.support.mail", [longest(LONGEST), line])
    support_phone = StringField("contact.support.phone", [longest(LONGEST), line])
    confirmed = BooleanField("contact.confirmed")

    def part(self, purpose: str, part: str) -> StringField:
        """The field of one part of a contact."""
        return self[f"{purpose}_{part}"]

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """A contact has a name and a mail address, or nothing at all; the one for security is always there."""
        fine = super().validate(extra_validators)
        unfit = [purpose for purpose in PURPOSES if not self._fit(purpose)]
        return bool(fine) and not unfit

    def _fit(self, purpose: str) -> bool:
        given = {part: (self.part(purpose, part).data or "").strip() for part in _PARTS}
        needed = any(given.values()) or purpose == PURPOSES[0]
        missing = [part for part in ("name", "mail") if needed and not given[part]]
        for part in missing:
            _wrong(self.part(purpose, part), "form.required")
        if given["mail"] and not _is_mail(given["mail"]):
            _wrong(self.part(purpose, "mail"), "contact.mail.wrong")
            return False
        return not missing

    def contacts(self, before: Mapping[str, Any], today: str) -> dict[str, Any]:
        """The contacts as the member's entry has them; those for other purposes stay."""
        found = {purpose: contact for purpose, contact in before.items() if purpose not in PURPOSES}
        for purpose in PURPOSES:
            given = {part: (self.part(purpose, part).data or "").strip() for part in _PARTS}
            if given["name"]:
                confirmed = today if self.confirmed.data else (before.get(purpose) or {}).get("confirmed")
                told = {**given, "confirmed": confirmed}
                found[purpose] = {name: value for name, value in told.items() if value}
        return found

    @classmethod
    def showing(cls, turn: ConsoleTurn, contacts: Mapping[str, Any]) -> Self:
        """The form with the contacts that there are."""
        data = {
            f"{purpose}_{part}": (contacts.get(purpose) or {}).get(part, "") for purpose in PURPOSES for part in _PARTS
        }
        return cls.of(turn, data)


class TrustForm(ConsoleForm):
    """A new trust declaration, a new agent, a new assessment of the risks, and which of those there are go; with the reason."""

    level = SelectField("trust.level", choices=[])
    reviewer = StringField("trust.reviewer", [longest(LONGEST), line])
    expires = StringField("trust.expires", [longest(10), line])
    agent = StringField("trust.agent", [longest(11), line])
    until = StringField("trust.until", [longest(10), line])
    assessor = StringField("trust.assessor", [longest(LONGEST), line])
    assessed = StringField("trust.assessed", [longest(10), line])
    again = StringField("trust.again", [longest(10), line])
    remove = SelectMultipleField("trust.remove", choices=[])
    reason = TextAreaField("trust.reason", [longest(LONGEST_REASON)])

    @classmethod
    def about(cls, turn: ConsoleTurn, removable: Iterable[tuple[str, Mapping[str, str]]]) -> Self:
        """The form with what may be taken out."""
        form = cls.of(turn)
        levels = [level for level, row in loa.LEVELS.items() if loa.known(level) and row.rank]
        form.level.choices = [SelectChoice("", "trust.no-level"), *(SelectChoice(uri, {"sv": uri}) for uri in levels)]
        form.remove.choices = [SelectChoice(key, dict(words)) for key, words in removable]
        return form

    def validate_expires(self, field: StringField) -> None:
        """A declaration has a level, a reviewer and a last day, or nothing."""
        given = [self.level.data, (self.reviewer.data or "").strip(), (field.data or "").strip()]
        if any(given) and not all(given):
            raise ValidationError("trust.declaration.whole")
        _day(field)

    def validate_until(self, field: StringField) -> None:
        """An agent has a number and a last day, or nothing."""
        given = [(self.agent.data or "").strip(), (field.data or "").strip()]
        if any(given) and not all(given):
            raise ValidationError("trust.agent.whole")
        _day(field)

    def validate_assessed(self, field: StringField) -> None:
        """A day."""
        _day(field)

    def validate_again(self, field: StringField) -> None:
        """An assessment has who made it, when, and the last day before it is made anew; or nothing."""
        given = [(each.data or "").strip() for each in (self.assessor, self.assessed, field)]
        if any(given) and not all(given):
            raise ValidationError("trust.assessment.whole")
        _day(field)

    def validate_agent(self, field: StringField) -> None:
        """Ten digits with a right check digit."""
        if field.data and not identifiers.organisation_number(number(field.data)):
            raise ValidationError("trust.agent.wrong")


def number(text: str) -> str:
    """An organisation number without the hyphen."""
    return text.strip().replace("-", "")


def _day(field: StringField) -> None:
    if field.data and not identifiers.real_date(field.data.strip()):
        raise ValidationError("trust.day.wrong")


def _wrong(field: StringField, fault: str) -> None:
    field.errors = [*field.errors, fault]


def _is_mail(value: str) -> bool:
    return len(value) <= MAIL.max_length and value.isprintable() and bool(MAIL.valid and MAIL.valid(value))
