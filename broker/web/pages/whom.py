"""U6: whom it is about. The choices are the same in a login and on My page."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.pages.frame import Action, Page, ServiceView
from trust_framework.on_behalf import Mandate
from trust_framework.representation import AgeRules, Kind, age, ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Somebody whom it may be about: `value` is posted back, `until` the last moment; `kind` is a text `own.whom.<kind>`."""

    value: str
    name: str
    kind: str
    age: int | None = None
    until: int | None = None
    chosen: bool = False


def choice_of(one: Mandate, ages: AgeRules, now: int) -> Choice:
    """A representation that holds, as a choice: how old the child is, and until when it may be chosen."""
    held, ends = one.representation, ends_at(one.representation, one.about, ages)
    return Choice(
        value=one.id,
        name=one.name,
        kind=held.kind.value,
        age=age(one.about.born, now) if held.kind is Kind.GUARDIAN else None,
        until=None if ends is None else ends - 1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseOnBehalf(Page):
    """U6 in a login. Posts `whom` and `csrf`; the person themselves are chosen until they choose another. `missing`: it was
    posted without a choice.
    """

    template: ClassVar[str] = "choose_on_behalf.html"
    mark: ClassVar[str] = "U6"
    service: ServiceView
    action: str
    csrf: str
    choices: tuple[Choice, ...]
    missing: bool = False
    cancel: Action | None = None
