"""A row of the table of routes: where a page stands, what it needs, who may see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from broker.exchange import Reply
from trust_framework.roles import FEDERATION, Action

KIB: Final = 1024
FORM: Final = 64 * KIB
UPLOAD: Final = 8 * KIB * KIB

View = Callable[..., Reply]
"""A `ConsoleTurn`, and by name the parts of the path but `org`; gives a reply."""

ADMIN, PORTAL, REVIEW, CARE, MINE = "/admin", "/portal", "/granskning", "/vard", "/min-sida"


@dataclass(frozen=True, slots=True)
class Row:
    """One page. `method` is GET or POST: what changes anything is a POST.

    A rule with `<org>` is about that member's own objects, which the view finds together with the member; one under
    `/admin` is the federation's; any other the person's own, whose view finds what is theirs. `rank`: the login's level, where a
    page wants more than its area does. `step_up`: the person has identified within five minutes. `tab`: the entry of the
    navigation that it belongs to; the first row of a tab without parts but `<org>` is where the entry leads. `files`: the
    form may carry files, and may be long.
    """

    rule: str
    view: View
    action: Action
    method: str = "GET"
    step_up: bool = False
    tab: str = ""
    files: bool = False
    rank: int = 0

    @property
    def area(self) -> str:
        """The first part of the path: `/portal`, `/admin`, `/granskning`, `/vard`, `/min-sida`."""
        return "/" + self.rule.split("/")[1]

    @property
    def of_member(self) -> bool:
        """Whether it is about one member's own objects."""
        return "/<org>" in self.rule

    @property
    def scope(self) -> str:
        """What it is about, in a word."""
        return "member" if self.of_member else "federation" if self.area == ADMIN else "person"

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts of the path, `org` left out."""
        named = (part[1:-1] for part in self.rule.split("/") if part.startswith("<"))
        return tuple(name.rpartition(":")[2] for name in named if name != "org")

    @property
    def limit(self) -> int:
        """The longest body in bytes."""
        return 0 if self.method == "GET" else UPLOAD if self.files else FORM

    def where(self, org: str) -> str:
        """The organisation whose rights decide: that of the path, else the federation."""
        return org if self.of_member else FEDERATION
