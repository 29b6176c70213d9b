"""The pages where a member lets a client register itself."""

from dataclasses import dataclass
from typing import Any, ClassVar

from broker.web.pages.frame import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterClient(Page):
    """What it is for, and the form."""

    template: ClassVar[str] = "portal_register.html"
    mark: ClassVar[str] = "register-client"
    form: Any
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterWith(Page):
    """The token, shown this once, and how it is used."""

    template: ClassVar[str] = "portal_registered.html"
    mark: ClassVar[str] = "register-with"
    repeatable: ClassVar[bool] = False
    address: str
    token: str
    until: int
    back: str

    @property
    def command(self) -> str:
        """How it is used, for a terminal."""
        asked = '{"client_name": "…", "redirect_uris": ["https://…"]}'
        heads = (f"Authorization: Bearer {self.token}", "Content-Type: application/json")
        return " \\\n  ".join((f"curl {self.address}", *(f'-H "{head}"' for head in heads), f"-d '{asked}'"))
