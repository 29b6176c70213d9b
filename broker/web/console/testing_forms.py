"""The form of a test login (M4)."""

from collections.abc import Iterable, Mapping
from typing import Self

from wtforms.fields import SelectChoice, SelectField, SelectMultipleField

from broker.protocols.testing.choice import AnswerKind
from broker.web.bench import Option
from broker.web.console.forms import ConsoleForm
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names


class TestForm(ConsoleForm):
    """Who logs in, how, how safely, what the answer lacks, and how the service is answered."""

    __test__ = False  # pytest: not a class of tests
    person = SelectField("testing.person")
    method = SelectField("testing.method")
    level = SelectField("testing.level")
    answer = SelectField(
        "testing.answer", choices=[SelectChoice(kind.value, f"testing.answer.{kind.value}") for kind in AnswerKind]
    )
    without = SelectMultipleField("testing.without")

    @classmethod
    def choosing(
        cls,
        turn: ConsoleTurn,
        persons: Iterable[Option],
        methods: Mapping[str, Names],
        levels: Iterable[Option],
        attributes: Iterable[Option],
    ) -> Self:
        """The form of a service: what may be chosen is what it takes."""
        form = cls.of(turn)
        form.person.choices = [SelectChoice(each.value, each.names) for each in persons]
        form.method.choices = [SelectChoice(id, names) for id, names in methods.items()]  # noqa: A001
        asked = SelectChoice("", "testing.level.asked")
        form.level.choices = [asked, *(SelectChoice(each.value, each.names) for each in levels)]
        form.without.choices = [SelectChoice(each.value, each.names) for each in attributes]
        return form
