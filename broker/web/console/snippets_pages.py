"""The page of integration snippets."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class StackLink:
    """A stack to choose."""

    name: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippets(Page):
    """M7. `text` is empty when a value of the service cannot stand in it."""

    template: ClassVar[str] = "portal_snippets.html"
    mark: ClassVar[str] = "M7"
    names: Names
    back: str
    stacks: tuple[StackLink, ...]
    stack: str
    text: str
