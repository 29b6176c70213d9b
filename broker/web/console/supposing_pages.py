"""The page on which a team supposes a login to a service of its own (O5)."""

from dataclasses import dataclass, field
from typing import ClassVar

from broker.web.console.forms import ConsoleForm
from broker.web.pages.frame import Names, Page
from trust_framework.explanation import Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class SupposeOwn(Page):
    """`form` is an `OwnForm`; `simulated` what was supposed comes to, at the `service` of that name."""

    template: ClassVar[str] = "portal_suppose.html"
    mark: ClassVar[str] = "O5-own"
    form: ConsoleForm
    action: str
    back: str
    simulated: Explanation | None = None
    service: Names = field(default_factory=dict)
