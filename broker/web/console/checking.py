"""M3: what the validator says of a service under work, with everything that is known around it.

What is said, and what is known around it, is `broker.federation.judged`'s; here it is shown.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from broker.exchange import Reply
from broker.web.console.connecting import after, at, named, open_draft, steps
from broker.web.console.connecting_forms import FIELD_OF
from broker.web.console.connecting_pages import ReportShown
from broker.web.console.findings import MOST, FindingRow, not_run, passed, report, row, tried
from broker.web.console.turn import ConsoleTurn
from metadata.findings import Finding, Report, Severity
from trust_framework.approval import Proposal

ONLY: Final[Mapping[str, tuple[Severity, ...]]] = {
    "fel": (Severity.ERROR,),
    "varningar": (Severity.ERROR, Severity.WARNING),
    "allt": tuple(Severity),
}
"""What the filter of the page shows."""

TRY: Final = "prova"
"""The parameter that asks for the addresses to be tried."""


def shown(turn: ConsoleTurn, proposal: str) -> Reply:
    """M3: the report, all of it or the worst of it; each finding with why and what to do."""
    draft = open_draft(turn, proposal)
    found = _looked(draft, turn)
    only = turn.query.get("visa", "allt")
    only = only if only in ONLY else "allt"
    told = [each for each in found.findings if each.severity in ONLY[only]]
    here = at(draft, "kontroll", turn)
    return turn.render(
        ReportShown(
            names=named(draft),
            steps=steps(draft, "kontroll", turn),
            findings=tuple(_linked(each, draft, turn) for each in told[:MOST]),
            more=len(told[MOST:]),
            errors=found.count(Severity.ERROR),
            warnings=found.count(Severity.WARNING),
            hints=found.count(Severity.HINT),
            passed=passed(found),
            not_run=not_run(found),
            only=only,
            url=here,
            trying=f"{here}?{TRY}=ja",
            json_url=f"{here}.json",
            share=f"{turn.on.services.settings.base_url}{here}",
            back=at(draft, "teknik", turn),
            next=at(draft, after("kontroll", dict(draft.content or {})), turn),
        )
    )


def _looked(draft: Proposal, turn: ConsoleTurn) -> Report:
    """The report; its addresses are tried when that is asked for, since it takes seconds."""
    return report(draft, turn, tried(draft, turn) if TRY in turn.query else None)


def _linked(finding: Finding, draft: Proposal, turn: ConsoleTurn) -> FindingRow:
    """A finding, with the way to where it is mended."""
    step, field = field_of(finding, draft.content or {})
    return replace(row(finding), fix=f"{at(draft, step, turn)}#{field}")


def field_of(finding: Finding, content: Mapping[str, Any]) -> tuple[str, str]:
    """The step and the field in which a finding is mended: metadata as a whole, of a registration the member that it names."""
    if content.get("saml"):
        return "teknik", "metadata"
    member = finding.place.strip("/").partition("/")[0].partition("#")[0]
    return ("niva", "levels") if not member else FIELD_OF.get(member, ("teknik", "redirect_uris"))


def as_json(turn: ConsoleTurn, proposal: str) -> Reply:
    """The report as a file."""
    draft = open_draft(turn, proposal)
    body = json.dumps(_looked(draft, turn).as_json(), indent=2, ensure_ascii=False).encode()
    headers = (
        ("Content-Type", "application/json"),
        ("Cache-Control", "no-store"),
        ("Content-Disposition", 'attachment; filename="kontroll.json"'),
    )
    return Reply(200, headers, body)
