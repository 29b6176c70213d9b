"""Pages that inform: the start page with help, and the accessibility statement."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.pages.frame import Names, Page

HELP_PATH = "/#hjalp"
COOKIE_HELP_PATH = "/#kakor"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLink:
    """A service that a person may go to from the start page."""

    names: Names
    url: str
    note: Names | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(Page):
    """`/`: what this is, where to go, and help. `services` are listed when the federation is a small one (the demo); `areas`
    are paths of our own pages.
    """

    template: ClassVar[str] = "start.html"
    mark: ClassVar[str] = "U14"
    services: tuple[ServiceLink, ...] = ()
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accessibility(Page):
    """`/tillganglighet`: the accessibility statement. `reviewed` is the ISO date of the last review."""

    template: ClassVar[str] = "accessibility.html"
    mark: ClassVar[str] = "accessibility"
    reviewed: str
    known_faults: tuple[Names, ...] = ()
