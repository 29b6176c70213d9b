"""Forms of proposals: a decision with its reason, and the application of a new member."""

from collections.abc import Iterable
from typing import Any, Final, Self

from wtforms.fields import HiddenField, SelectChoice, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError

from broker.web.console.forms import ConsoleForm, line, longest, required
from broker.web.console.turn import ConsoleTurn
from trust_framework import identifiers
from trust_framework.approval import LONGEST_REASON
from trust_framework.member_types import TYPES, MemberRole, MemberType

LONGEST_NAME: Final = 200


def _reason(form: Any, field: TextAreaField) -> None:  # noqa: ARG001  # WTForms calls with both
    """Lines of text, and nothing that only a machine reads."""
    if any(not c.isprintable() for c in (field.data or "").replace("\r\n", "").replace("\n", "")):
        raise ValidationError("form.control")


class DecisionForm(ConsoleForm):
    """What is done (`act`), to what was shown (`seen`, its digest), and why. `vouched`: documents seen outside."""

    act = StringField("proposal.act", [required(), line])
    seen = HiddenField("proposal.seen", [line])
    vouched = SelectMultipleField("proposal.vouched", choices=[])
    reason = TextAreaField("proposal.reason", [longest(LONGEST_REASON), _reason])

    @classmethod
    def about(cls, turn: ConsoleTurn, vouchable: Iterable[str], seen: str) -> Self:
        """The form on the page of a proposal."""
        form = cls.of(turn, {"seen": seen})
        form.vouched.choices = [SelectChoice(document, "document." + document) for document in vouchable]
        return form


class ApplyForm(ConsoleForm):
    """An organisation that wants to be a member, and its point of contact."""

    org = StringField("apply.org", [required(), longest(11), line])
    name_sv = StringField("apply.name-sv", [required(), longest(LONGEST_NAME), line])
    name_en = StringField("apply.name-en", [required(), longest(LONGEST_NAME), line])
    type = SelectField("apply.type", choices=[SelectChoice(each.value, "member-type." + each) for each in MemberType])
    roles = SelectMultipleField(
        "apply.roles", choices=[SelectChoice(each.value, "member-role." + each) for each in MemberRole]
    )
    contact = StringField("apply.contact", [required(), longest(LONGEST_NAME), line])
    mail = StringField("apply.mail", [required(), longest(LONGEST_NAME), line])

    def validate_org(self, field: StringField) -> None:
        """Ten digits with a right check digit; a hyphen may stand where people write it."""
        if not identifiers.organisation_number(number(field.data or "")):
            raise ValidationError("apply.org.wrong")

    def validate_mail(self, field: StringField) -> None:
        """Something that mail can be sent to."""
        local, _, host = (field.data or "").partition("@")
        if not local or "." not in host or any(c.isspace() or c in "<>,;:" for c in field.data or ""):
            raise ValidationError("apply.mail.wrong")

    def validate_roles(self, field: SelectMultipleField) -> None:
        """What its type may be."""
        types = {each.value: TYPES[each] for each in MemberType}
        may_be = {role.value for role in types[self.type.data].roles} if self.type.data in types else set()
        if set(field.data or ()) - may_be:
            raise ValidationError("apply.roles.wrong")


def number(text: str) -> str:
    """An organisation number without the hyphen."""
    return text.strip().replace("-", "")
