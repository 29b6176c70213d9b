"""Pages of connecting a service (M2) and of the report on what was handed in (M3)."""

from dataclasses import dataclass
from typing import ClassVar

from broker.web.console.connecting_forms import StepForm
from broker.web.console.findings import FindingRow, PassedRow
from broker.web.pages.frame import Names, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the way, as `steps` of console_parts.html shows it. `label` is a text."""

    label: str
    url: str
    done: bool
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A service under work."""

    names: Names
    url: str
    stage: str
    changed_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectStart(Page):
    """Begin with a service, or go on with one."""

    template: ClassVar[str] = "portal_connect.html"
    mark: ClassVar[str] = "M2"
    form: StepForm
    action: str
    drafts: tuple[Draft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectStep(Page):
    """One step. `step` names it: its texts are `connect.step.<step>` and `connect.lead.<step>`. `next` is where to go on,
    `logo` a path of the logo, `each` where each detail has a reason of its own; `hosts` remain to be proven, each with the page
    where that is done.
    """

    template: ClassVar[str] = "portal_connect_step.html"
    mark: ClassVar[str] = "M2"
    step: str
    names: Names
    steps: tuple[Step, ...]
    form: StepForm | None
    action: str
    next: str = ""
    each: str = ""
    logo: str = ""
    changes: tuple[tuple[str, Names], ...] = ()
    wrong: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    proposal: str = ""
    tested_at: int | None = None
    testing: str = ""
    hosts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportShown(Page):
    """M3. `only` narrows it to `errors` or `warnings`; the counts are of everything. `more` findings are not told, `trying` is
    where its addresses are tried.
    """

    template: ClassVar[str] = "validation_report.html"
    mark: ClassVar[str] = "M3"
    names: Names
    steps: tuple[Step, ...]
    findings: tuple[FindingRow, ...]
    more: int
    errors: int
    warnings: int
    hints: int
    passed: tuple[PassedRow, ...]
    not_run: tuple[tuple[PassedRow, str], ...]
    only: str
    url: str
    trying: str
    json_url: str
    share: str
    back: str
    next: str
