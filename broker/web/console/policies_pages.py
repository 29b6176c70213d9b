"""Pages of release policies: the rules in plain sentences, and the form of one with what a change would do."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule in one sentence; `coming` is the version that follows on `since`."""

    id: str
    names: Names
    url: str
    sentence: Names
    version: int
    coming: Names = field(default_factory=dict)
    since: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyList(Page):
    """O4: the rules, a page of them. `draft` leads to a new one, empty for who may not change any."""

    template: ClassVar[str] = "admin_policies.html"
    mark: ClassVar[str] = "O4"
    rules: Listing
    draft: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactRow:
    """A service that a change touches: details that it loses, gains, or gets on other conditions."""

    names: Names
    lost: tuple[Names, ...]
    gained: tuple[Names, ...]
    other: tuple[Names, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRow:
    """A version of the register in which the rule changed; `undo` leads to the form with what it said."""

    at: int
    sentence: Names
    undo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView(Page):
    """One rule: its sentence, its history, and the form that makes a proposal; `tried` when a change was tried out.

    `touched` services are counted all, and shown as far as `impacts` goes.
    """

    template: ClassVar[str] = "admin_policy.html"
    mark: ClassVar[str] = "O4-rule"
    form: Any
    action: str
    back: str
    sentence: Names = field(default_factory=dict)
    history: tuple[PastRow, ...] = ()
    tried: bool = False
    proposed: Names = field(default_factory=dict)
    touched: int = 0
    losing: int = 0
    impacts: tuple[ImpactRow, ...] = ()
    wrong: str = ""
