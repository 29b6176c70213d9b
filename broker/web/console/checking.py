"""M3: what the validator says of a service under work, with everything that is known around it.

What is said, and what is known around it, is `broker.federation.judged`'s; here it is shown.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

from broker.exchange import Reply
from broker.federation import judged
from broker.web.console.connecting import at, named, open_draft, steps
from broker.web.console.connecting_pages import FindingRow, ReportShown
from broker.web.console.turn import ConsoleTurn
from metadata.findings import Finding, Report, Severity
from trust_framework.approval import Proposal
from trust_framework.service_matching import Sought, unfit

ONLY: Final[Mapping[str, tuple[Severity, ...]]] = {
    "fel": (Severity.ERROR,),
    "varningar": (Severity.ERROR, Severity.WARNING),
    "allt": tuple(Severity),
}
"""What the filter of the page shows."""

NEEDED: Final[Mapping[str, str]] = {
    "registered": "check.needs.registered",
    "scopes": "check.needs.scopes",
    "categories": "check.needs.categories",
    "keys_elsewhere": "check.needs.keys",
    "served": "check.needs.levels",
}
"""By name in the context: why a check was not made."""


def report(draft: Proposal, turn: ConsoleTurn) -> Report:
    """The report on a proposal's metadata or registration."""
    return judged.report(draft, turn.store, turn.on.services.settings, turn.now, _served(draft, turn))


def _served(draft: Proposal, turn: ConsoleTurn) -> Callable[[frozenset[str]], bool] | None:
    """Whether some login method can serve the draft. Not asked before its levels are chosen."""
    content, providers = draft.content or {}, turn.on.services.federation().providers
    if not content.get("levels"):
        return None
    levels, vouched = frozenset(content["levels"]), frozenset(content.get("entity_categories", ()))
    methods = tuple(content.get("methods", ()))
    return lambda declared: any(
        unfit(each, Sought(levels, vouched | declared, (methods,))) is None for each in providers.values()
    )


def shown(turn: ConsoleTurn, proposal: str) -> Reply:
    """M3: the report, all of it or the worst of it; each finding with why and what to do."""
    draft = open_draft(turn, proposal)
    found = report(draft, turn)
    only = turn.query.get("visa", "allt")
    only = only if only in ONLY else "allt"
    here = at(draft, "kontroll", turn)
    return turn.render(
        ReportShown(
            names=named(draft),
            steps=steps(draft, "kontroll", turn),
            findings=tuple(_row(each) for each in found.findings if each.severity in ONLY[only]),
            errors=found.count(Severity.ERROR),
            warnings=found.count(Severity.WARNING),
            hints=found.count(Severity.HINT),
            passed=found.passed,
            not_run=tuple((name, NEEDED.get(needs, "check.needs.other")) for name, needs in found.not_run.items()),
            only=only,
            url=here,
            json_url=f"{here}.json",
            share=f"{turn.on.services.settings.base_url}{here}",
            back=at(draft, "teknik", turn),
            next=at(draft, "uppgifter", turn),
        )
    )


def _row(finding: Finding) -> FindingRow:
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


def as_json(turn: ConsoleTurn, proposal: str) -> Reply:
    """The report as a file."""
    draft = open_draft(turn, proposal)
    body = json.dumps(report(draft, turn).as_json(), indent=2, ensure_ascii=False).encode()
    headers = (
        ("Content-Type", "application/json"),
        ("Cache-Control", "no-store"),
        ("Content-Disposition", 'attachment; filename="kontroll.json"'),
    )
    return Reply(200, headers, body)
