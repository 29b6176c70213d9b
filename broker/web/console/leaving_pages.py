"""The page on which a member leaves, or takes a service out, and its form."""

from dataclasses import dataclass
from typing import ClassVar

from wtforms.fields import TextAreaField

from broker.web.console.forms import ConsoleForm, longest, required, written
from broker.web.pages.frame import Names, Page
from trust_framework.approval import LONGEST_REASON


class LeaveForm(ConsoleForm):
    """Why."""

    reason = TextAreaField("proposal.reason", [required(), written, longest(LONGEST_REASON)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(Page):
    """What leaving comes to. `services` and `agreements` are what it touches; `under_way` where it was proposed already. Without
    a form it cannot be asked for in this state.
    """

    template: ClassVar[str] = "portal_leave.html"
    mark: ClassVar[str] = "leave"
    kind: str
    names: Names
    state: str
    services: tuple[tuple[str, Names], ...]
    agreements: tuple[tuple[str, Names], ...]
    under_way: tuple[str, ...]
    form: LeaveForm | None
    action: str
    back: str
