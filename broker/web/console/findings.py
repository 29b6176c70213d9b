"""What the validator says, as rows: the same on the page of its report (M3) and for who decides (O2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from broker.federation import judged, shapes
from broker.web.console.turn import ConsoleTurn
from broker.web.pages.frame import Names
from metadata.context import Reached
from metadata.findings import Finding, Report
from metadata.reached import reached
from metadata.rule_names import NAMES
from trust_framework.approval import Proposal
from trust_framework.service_matching import Sought, unfit

NEEDED: Final[Mapping[str, str]] = {
    "registered": "check.needs.registered",
    "scopes": "check.needs.scopes",
    "categories": "check.needs.categories",
    "keys_elsewhere": "check.needs.keys",
    "served": "check.needs.levels",
    "reached": "check.needs.reached",
}
"""By name in the context: why a check was not made."""

KIND: Final = "reach"
MOST: Final = 100
"""Findings told on a page, the worst first. Who has put these right looks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """A finding as people read it. `severity` is a text `finding.<severity>`; `why` and `remedy` by language; `fix` is where
    it is mended, for who may.
    """

    id: str
    severity: str
    place: str
    line: int | None
    detail: str
    why: Names
    remedy: Names
    rule: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedRow:
    """A rule in which nothing is wrong, and what it looks at, by language."""

    id: str
    names: Names


def report(proposal: Proposal, turn: ConsoleTurn, reached: Reached | None = None) -> Report:
    """The report on what is proposed, with what came of trying its addresses."""
    settings, served = turn.on.services.settings, _served(proposal, turn)
    return judged.report(proposal, turn.store, settings, turn.now, served, reached)


def tried(proposal: Proposal, turn: ConsoleTurn) -> Reached | None:
    """What comes of trying its addresses now; None when somebody has done so too often."""
    document = judged.document(proposal.kind, proposal.content or {}, turn.on.services.settings.base_url)
    if document is None or not turn.on.throttle.allows(KIND, turn.turn.source()):
        return None
    with turn.on.trial() as egress:
        return reached(document, egress)


def _served(proposal: Proposal, turn: ConsoleTurn) -> Callable[[frozenset[str]], bool] | None:
    """Whether some login method can serve it. Not asked before its levels are chosen, nor of a provider."""
    if proposal.kind != judged.SERVICE:
        return None
    content = shapes.readable(proposal.kind, proposal.content or {})
    if not content.get("levels"):
        return None
    providers = turn.on.services.federation().providers
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
    return tuple(map(_named, found.passed))


def not_run(found: Report) -> tuple[tuple[PassedRow, str], ...]:
    """The rules that could not be tried, each with what is not known: a text `check.needs.<name>`."""
    return tuple((_named(rule), NEEDED.get(needs, "check.needs.other")) for rule, needs in found.not_run.items())


def _named(rule: str) -> PassedRow:
    swedish, english = NAMES[rule]
    return PassedRow(id=rule, names={"sv": swedish, "en": english})
