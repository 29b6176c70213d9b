"""The step before something is done that cannot simply be undone: what will change, whether it can be taken back."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(Page):
    """`title` is the question and `button` the deed, in every language; `changes` are sentences of what will be.

    `undo` says how it can be taken back; without it the page says that it cannot. `fields` are posted as they are.
    """

    template: ClassVar[str] = "console_confirm.html"
    mark: ClassVar[str] = "confirm"
    title: Names
    changes: tuple[Names, ...]
    button: Names
    action: str
    csrf: str
    cancel: str
    fields: tuple[tuple[str, str], ...] = ()
    undo: Names | None = None
    danger: bool = False
