"""Pages about people: who has a role here, an invitation to pass on, and the invitation as the invited sees it."""

from dataclasses import dataclass
from typing import Any, ClassVar

from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A role that somebody has. `end` leads to taking it back, where the reader may."""

    name: str
    role: str
    at: int
    by: str
    until: int | None
    end: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class People(Page):
    """Who has which role, a page of them; with `form` (an `Invite`) the reader may invite."""

    template: ClassVar[str] = "console_people.html"
    mark: ClassVar[str] = "people"
    rows: Listing
    action: str
    form: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited(Page):
    """The link that was made, shown this once."""

    template: ClassVar[str] = "console_invited.html"
    mark: ClassVar[str] = "invited"
    repeatable: ClassVar[bool] = False
    link: str
    role: str
    until: int
    back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation(Page):
    """What the invited is asked: to take a role."""

    template: ClassVar[str] = "console_invitation.html"
    mark: ClassVar[str] = "invitation"
    org: Names
    role: str
    action: str
    csrf: str
    code: str
