"""M3: what the validator says of a service under work, with everything that is known around it.

What is said, and what is known around it, is `broker.federation.judged`'s; here it is shown.
"""

import json
from collections.abc import Mapping
from typing import Final

from broker.exchange import Reply
from broker.web.console.connecting import at, named, open_draft, steps
from broker.web.console.connecting_pages import ReportShown
from broker.web.console.findings import MOST, passed, report, row
from broker.web.console.turn import ConsoleTurn
from metadata.findings import Severity

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


def shown(turn: ConsoleTurn, proposal: str) -> Reply:
    """M3: the report, all of it or the worst of it; each finding with why and what to do."""
    draft = open_draft(turn, proposal)
    found = report(draft, turn)
    only = turn.query.get("visa", "allt")
    only = only if only in ONLY else "allt"
    told = [each for each in found.findings if each.severity in ONLY[only]]
    here = at(draft, "kontroll", turn)
    return turn.render(
        ReportShown(
            names=named(draft),
            steps=steps(draft, "kontroll", turn),
            findings=tuple(map(row, told[:MOST])),
            more=len(told[MOST:]),
            errors=found.count(Severity.ERROR),
            warnings=found.count(Severity.WARNING),
            hints=found.count(Severity.HINT),
            passed=passed(found),
            not_run=tuple((name, NEEDED.get(needs, "check.needs.other")) for name, needs in found.not_run.items()),
            only=only,
            url=here,
            json_url=f"{here}.json",
            share=f"{turn.on.services.settings.base_url}{here}",
            back=at(draft, "teknik", turn),
            next=at(draft, "uppgifter", turn),
        )
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
