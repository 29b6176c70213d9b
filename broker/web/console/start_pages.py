"""The first pages: of a member's portal (M1) and of the operator's console (O1)."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.console.listing import Listing
from broker.web.console.todo import Todo
from broker.web.pages.frame import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalStart(Page):
    """M1. What waits, and the organisation's services (`ServiceRow`)."""

    template: ClassVar[str] = "portal_start.html"
    mark: ClassVar[str] = "M1"
    todo: tuple[Todo, ...]
    services: Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of the dashboard: its word is the text `figure.<name>`, and `url` is the list that it counts."""

    name: str
    value: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard(Page):
    """O1. What waits, then the figures."""

    template: ClassVar[str] = "console_start.html"
    mark: ClassVar[str] = "O1"
    todo: tuple[Todo, ...]
    figures: tuple[Figure, ...]
