"""What the validator says, as rows: the same on the page of its report (M3) and for who decides (O2)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from broker.federation import judged
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names
from metadata.findings import Finding, Report
from metadata.rule_names import NAMES
from trust_framework.approval import Proposal
from trust_framework.service_matching import Sought, unfit

MOST: Final = 100
"""Findings told on a page, the worst first. Who has put these right looks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """A finding as people read it. `severity` is a text `finding.<severity>`; `why` and `remedy` by language."""

    id: str
    severity: str
    place: str
    line: int | None
    detail: str
    why: Names
    remedy: Names
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedRow:
    """A rule that holds, and what it looks at, by language."""

    id: str
    names: Names


def report(proposal: Proposal, turn: ConsoleTurn) -> Report:
    """The report on what is proposed."""
    return judged.report(proposal, turn.store, turn.on.services.settings, turn.now, _served(proposal, turn))


def _served(proposal: Proposal, turn: ConsoleTurn) -> Callable[[frozenset[str]], bool] | None:
    """Whether some login method can serve it. Not asked before its levels are chosen, nor of a provider."""
    content, providers = proposal.content or {}, turn.on.services.federation().providers
    if proposal.kind != judged.SERVICE or not content.get("levels"):
        return None
    levels, vouched = frozenset(content["levels"]), frozenset(content.get("entity_categories", ()))
    methods = tuple(content.get("methods", ()))
    return lambda declared: any(
        unfit(each, Sought(levels, vouched | declared, (methods,), turn.now)) is None for each in providers.values()
    )


def row(finding: Finding) -> FindingRow:
    """A finding."""
    why_sv, remedy_sv = finding.sv
    return FindingRow(
        id=finding.id,
        severity=finding.severity.value,
        place=finding.place,
        line=finding.line,
        detail=finding.detail,
        why={"sv": why_sv, "en": finding.why},
        remedy={"sv": remedy_sv, "en": finding.remedy},
        rule=finding.rule,
    )


def passed(found: Report) -> tuple[PassedRow, ...]:
    """The rules that hold."""
    named = ((rule, NAMES[rule]) for rule in found.passed)
    return tuple(PassedRow(id=rule, names={"sv": swedish, "en": english}) for rule, (swedish, english) in named)
