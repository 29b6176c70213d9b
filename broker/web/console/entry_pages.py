"""Pages at the door of a console: which portal, no role, not this role, and a form that waited for its sender."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.pages.frame import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoosePortal(Page):
    """The person has a role in more than one place; the frame's places are the choice."""

    template: ClassVar[str] = "console_choose.html"
    mark: ClassVar[str] = "M0"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRole(Page):
    """The person is known and has no role here; `apply` is where an organisation asks to become a member."""

    template: ClassVar[str] = "console_no_role.html"
    mark: ClassVar[str] = "no-role"
    apply: str = "/portal/ansok"

    @property
    def status(self) -> int:
        return 403


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAllowed(Page):
    """The person's role does not allow this. `action` is a code of `trust_framework.roles.Action`."""

    template: ClassVar[str] = "console_not_allowed.html"
    mark: ClassVar[str] = "not-allowed"
    action: str

    @property
    def status(self) -> int:
        return 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Page):
    """What was typed is still here: one button sends it again, now that the person has identified. `files`: there was a file,
    which is not.
    """

    template: ClassVar[str] = "console_held.html"
    mark: ClassVar[str] = "held"
    repeatable: ClassVar[bool] = False
    action: str
    csrf: str
    fields: tuple[tuple[str, str], ...]
    cancel: str
    files: bool = False
