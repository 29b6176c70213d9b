"""Forms of log review. Labels and faults are keys of texts; names differ between forms that stand on one page."""

from datetime import date
from typing import Any, Final

from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    FileField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import NumberRange, Optional, ValidationError

from broker.care.review_plans import MOST_DAYS, MOST_EVERY
from broker.care.reviews import MOST_CASES
from broker.web.console.forms import ConsoleForm, line, longest, required
from broker.web.console.sharing_forms import text
from broker.web.console.turn import ConsoleTurn
from trust_framework.access_log import LONGEST_ID
from trust_framework.breaches import Risk
from trust_framework.identifiers import hsa_id
from trust_framework.log_review import RULES
from trust_framework.patient_numbers import LONGEST
from trust_framework.review_cases import LONGEST_NOTE, Outcome
from trust_framework.review_plans import Interval
from trust_framework.subject_requests import LONGEST_WORDS, RequestKind

LONGEST_REASON: Final = 500
END_OF_DAYS: Final = date(3000, 1, 1)


def fresh(form: type[ConsoleForm], turn: ConsoleTurn, data: dict[str, Any] | None = None) -> Any:
    """A form that nobody has sent, beside one that somebody has."""
    return form(None, data=data, meta={"csrf_context": turn})


def an_hsa_id(form: Any, field: StringField) -> None:  # noqa: ARG001  # WTForms calls with both
    """An HSA-id, when there is anything."""
    if field.data and not hsa_id(field.data.strip()):
        raise ValidationError("review.hsa-wrong")


def in_words(form: Any, field: TextAreaField) -> None:  # noqa: ARG001  # WTForms calls with both
    """More than blanks."""
    if not (field.data or "").strip():
        raise ValidationError("form.required")


class SearchForm(ConsoleForm):
    """G1: what is sought, and why. The reason comes first: nothing is shown without it."""

    reason = TextAreaField("review.reason", [required(), in_words, longest(LONGEST_REASON), text])
    number = StringField("review.patient-number", [longest(LONGEST), line])
    employee = StringField("review.employee", [longest(32), line, an_hsa_id])
    unit = SelectField("review.unit", choices=[], validate_choice=True)
    since = DateField("review.since", [required()])
    until = DateField("review.until", [required()])
    activity = SelectField("review.activity", choices=[], validate_choice=True)
    log_id = StringField("review.log-id", [longest(LONGEST_ID), line])
    others = BooleanField("review.by-others")

    def validate_log_id(self, field: StringField) -> None:
        """What others have logged has ids of theirs."""
        if field.data and self.others.data:
            raise ValidationError("review.log-id.others")

    def validate_until(self, field: DateField) -> None:
        """Not before the first day."""
        in_order(self.since.data, field)


def in_order(first: date | None, field: DateField) -> None:
    """The last day is not before the first, and a day that calendars of machines have."""
    if field.data and field.data >= END_OF_DAYS:
        raise ValidationError("form.invalid")
    if first and field.data and field.data < first:
        raise ValidationError("review.bad-period")


class ReviewForm(ConsoleForm):
    """G2: what a review looks at."""

    first_day = DateField("review.since", [required()])
    last_day = DateField("review.until", [required()])
    at_unit = SelectField("review.unit", choices=[], validate_choice=True)
    percent = IntegerField("review.percent", [required(), NumberRange(0, 100, "form.invalid")])
    most = IntegerField("review.most", [required(), NumberRange(1, MOST_CASES, "form.invalid")])
    rules = SelectMultipleField("review.rules", [Optional()], choices=[])

    def validate_last_day(self, field: DateField) -> None:
        """Not before the first day."""
        in_order(self.first_day.data, field)


class PlanForm(ConsoleForm):
    """How often the log is reviewed, from when on, and what each review looks at."""

    every = IntegerField("review.plan.every", [required(), NumberRange(1, MOST_EVERY, "form.invalid")])
    interval = SelectField("review.plan.interval", choices=[])
    first_time = DateField("review.plan.first", [required()])
    days = IntegerField("review.plan.days", [required(), NumberRange(1, MOST_DAYS, "form.invalid")])
    at_unit = SelectField("review.unit", choices=[], validate_choice=True)
    percent = IntegerField("review.percent", [required(), NumberRange(0, 100, "form.invalid")])
    most = IntegerField("review.most", [required(), NumberRange(1, MOST_CASES, "form.invalid")])
    rules = SelectMultipleField("review.rules", [Optional()], choices=[])


class TakeForm(ConsoleForm):
    """Somebody begins to look at a case, or signs a report off: nothing to fill in."""


class AssessForm(ConsoleForm):
    """What the reviewer finds."""

    outcome = SelectField("review.outcome", choices=[])
    finding = TextAreaField("review.finding", [required(), in_words, longest(LONGEST_NOTE), text])


class NoteForm(ConsoleForm):
    """Something to remember."""

    remark = TextAreaField("review.note", [required(), in_words, longest(LONGEST_NOTE), text])


class AnswerForm(ConsoleForm):
    """What the patient is told."""

    reply = TextAreaField("review.reply", [required(), in_words, longest(LONGEST_NOTE), text])


class ReopenForm(ConsoleForm):
    """Why it is looked at again."""

    again = TextAreaField("review.again", [required(), in_words, longest(LONGEST_NOTE), text])


class WatchForm(ConsoleForm):
    """Whose information is to be watched."""

    watched = StringField("review.patient-number", [required(), longest(LONGEST), line])


class HoldForm(ConsoleForm):
    """What may not be removed, and why."""

    about = SelectField("retention.about", choices=[])
    held = StringField("review.patient-number", [longest(LONGEST), line])
    because = TextAreaField("review.reason", [required(), in_words, longest(LONGEST_REASON), text])


class RangeForm(ConsoleForm):
    """Which part of the log is verified now."""

    first = IntegerField("review.first", [required(), NumberRange(0, None, "form.invalid")])
    last = IntegerField("review.last", [required(), NumberRange(0, None, "form.invalid")])


class ExtractForm(ConsoleForm):
    """An extract that was downloaded, to be verified."""

    extract = FileField("review.extract")


class RequestForm(ConsoleForm):
    """G6: a person asks for something."""

    kind = SelectField("request.kind", choices=[])
    who = StringField("review.patient-number", [required(), longest(LONGEST), line])
    received = DateField("request.received", [required()])
    asked = TextAreaField("request.words", [longest(LONGEST_WORDS), text])
    from_day = DateField("review.since", [Optional()])
    to_day = DateField("review.until", [Optional()])

    def validate_to_day(self, field: DateField) -> None:
        """Not before the first day."""
        in_order(self.from_day.data, field)


class RequestActForm(ConsoleForm):
    """What is done with a request."""

    act = SelectField("request.act", choices=[])
    about = TextAreaField("request.about", [required(), in_words, longest(LONGEST_WORDS), text])


class RequestFileForm(ConsoleForm):
    """Which file is made for the person."""

    which = SelectField("request.which", choices=[])


class EraseForm(ConsoleForm):
    """The person is erased: what the letter says of it."""

    erased = TextAreaField("request.told", [required(), in_words, longest(LONGEST_WORDS), text])


class ConsultForm(ConsoleForm):
    """Which member is asked what."""

    giver = StringField("request.giver", [required(), longest(12), line])
    question = TextAreaField("request.question", [required(), in_words, longest(LONGEST_WORDS), text])


class AdviseForm(ConsoleForm):
    """What the member that was asked says."""

    advice = TextAreaField("request.advice", [required(), in_words, longest(LONGEST_WORDS), text])


class BreachForm(ConsoleForm):
    """What is known of a breach."""

    known_at = DateTimeLocalField("breach.known", [required()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
    what = TextAreaField("breach.what", [required(), in_words, longest(LONGEST_WORDS), text])
    happened_at = DateTimeLocalField("breach.happened", [Optional()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
    kinds = TextAreaField("breach.kinds", [longest(LONGEST_WORDS), text])
    about = IntegerField("breach.about", [Optional(), NumberRange(0, 10**9, "form.invalid")])
    records = IntegerField("breach.records", [Optional(), NumberRange(0, 10**12, "form.invalid")])
    consequences = TextAreaField("breach.consequences", [longest(LONGEST_WORDS), text])
    measures = TextAreaField("breach.measures", [longest(LONGEST_WORDS), text])
    contact = StringField("breach.contact", [longest(200), line])
    members = TextAreaField("breach.members", [longest(LONGEST_WORDS), text])
    risk = SelectField("breach.risk", choices=[SelectChoice(each.value, "breach.risk." + each.value) for each in Risk])


class BreachActForm(ConsoleForm):
    """What was done about a breach."""

    deed = SelectField("breach.deed", choices=[])
    told = TextAreaField("breach.told", [longest(LONGEST_WORDS), text])


class CorrectionForm(ConsoleForm):
    """What was wrong, of whom."""

    whose = StringField("review.patient-number", [required(), longest(LONGEST), line])
    attributes = SelectMultipleField("correction.attributes", [required()], choices=[])
    why = TextAreaField("correction.why", [required(), in_words, longest(LONGEST_WORDS), text])


class AcknowledgeForm(ConsoleForm):
    """A receiver knows."""


OUTCOMES: Final = tuple(SelectChoice(each.value, "review.outcome." + each.value) for each in Outcome)
RULE_CHOICES: Final = tuple(SelectChoice(rule.id, rule.names) for rule in RULES)
INTERVALS: Final = tuple(SelectChoice(each.value, "review.plan." + each.value) for each in Interval)
KINDS: Final = tuple(SelectChoice(each.value, "request.kind." + each.value) for each in RequestKind)
