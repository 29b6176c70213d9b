"""The pages of M4: services in test, the form of a test login, and one login step by step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from broker.protocols.testing.run import Message
from broker.web.console.listing import Listing
from broker.web.pages.frame import Names, Page
from trust_framework.explanation import Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """A service in test. `outcome` is that of its last run; `passed` when it passed with its present content."""

    names: Names
    url: str
    draft: bool
    outcome: str
    passed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestServices(Page):
    """The member's services in test, a page of them; `unread` are those that cannot be tested as they stand, with the cause."""

    __test__: ClassVar[bool] = False
    template: ClassVar[str] = "portal_testing.html"
    mark: ClassVar[str] = "M4-services"
    services: Listing
    unread: Mapping[str, str]
    issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A test login. `present`: it was with the content that the service has now."""

    at: int
    reference: str
    url: str
    person: Names
    answer: str
    outcome: str
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TestService(Page):
    """M4. The form, what to put into the service, and the logins before."""

    __test__: ClassVar[bool] = False
    template: ClassVar[str] = "portal_test_service.html"
    mark: ClassVar[str] = "M4"
    form: Any
    action: str
    names: Names
    issuer: str
    entity_id: str
    protocol: str
    draft: bool
    passed: int | None
    runs: tuple[RunRow, ...]


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step: `state` is `ok`, `err` or `none` (not taken). `note` is a sentence, `answer` the word of an answer."""

    name: str
    state: str
    note: Names = field(default_factory=dict)
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRun(Page):
    """One login. `tab` is the part that is shown: the steps, the request, the answer, or each detail and why."""

    __test__: ClassVar[bool] = False
    template: ClassVar[str] = "portal_test_run.html"
    mark: ClassVar[str] = "M4-run"
    names: Names
    back: str
    run: RunRow
    protocol: str
    tab: str
    tabs: tuple[tuple[str, str], ...]
    steps: tuple[StepRow, ...]
    request: Message
    answer: Message | None
    tokens: Message | None
    explanation: Explanation
