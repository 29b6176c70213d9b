"""Pages of the test issuer: who logs in and how the service is answered, and that this was chosen before."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from broker.web.pages.frame import Action, Names, Page, ServiceView

if TYPE_CHECKING:
    from broker.web.bench import Option

ANSWERS = (
    "succeeded",
    "cancelled",
    "level-too-low",
    "missing-attribute",
    "wrong-signature",
    "expired",
    "wrong-audience",
    "replayed",
)
"""Ways to answer, in the order in which they are offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestChoice(Page):
    """One form: person, level, what the answer shall lack, and how the service is answered. `wrong`: it was no choice."""

    __test__: ClassVar[bool] = False
    template: ClassVar[str] = "test_choice.html"
    mark: ClassVar[str] = "test-choice"
    service: ServiceView
    method: Names
    action: str
    csrf: str
    persons: "tuple[Option, ...]"
    levels: "tuple[Option, ...]" = ()
    attributes: "tuple[Option, ...]" = ()
    answers: tuple[str, ...] = ANSWERS
    wrong: bool = False
    cancel: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenBefore(Page):
    """What was chosen in the portal holds for this browser's next login to the service; `service.back` leads there."""

    template: ClassVar[str] = "test_chosen.html"
    mark: ClassVar[str] = "test-chosen"
    repeatable: ClassVar[bool] = False
    service: ServiceView
    person: Names
    answer: str
