"""What a decision on a proposal is made by, beside what changes: the validator's report, the test logins, what is on record of
the trust in the member, and what was decided of the same entry before (O2). Each is the newest or the worst few, and says of
how many.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from broker.federation import judged, proposals
from broker.federation.proposals import Desk
from broker.protocols.testing.run import Run
from broker.web import bench
from broker.web.console import findings
from broker.web.console.declarations import assessment, declarations
from broker.web.console.findings import FindingRow, PassedRow
from broker.web.console.member_pages import AssessmentRow, DeclarationRow
from broker.web.console.testing_pages import RunRow
from broker.web.console.turn import ConsoleTurn
from metadata.findings import Severity
from trust_framework import approval
from trust_framework.approval import Proposal

FEW: Final = 5
"""Test logins, and earlier decisions."""

DECLARED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The validator's report: the worst first, `more` of them are not told."""

    errors: int
    warnings: int
    hints: int
    findings: tuple[FindingRow, ...]
    more: int
    passed: tuple[PassedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestLogins:
    """The latest test logins of a service. `passed_at`: when one last went well with just what is proposed."""

    __test__ = False
    runs: tuple[RunRow, ...]
    total: int
    passed_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRow:
    """Another proposal about the same entry, and the reason of its last act that has one."""

    url: str
    stage: str
    changed_at: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All of it. `every` is where all proposals about the entry are listed."""

    checked: Checked | None = None
    tested: TestLogins | None = None
    declarations: tuple[DeclarationRow, ...] = ()
    assessment: AssessmentRow | None = None
    earlier: tuple[EarlierRow, ...] = ()
    earlier_total: int = 0
    every: str = ""


NOTHING: Final = Evidence()


def gathered(found: Proposal, desk: Desk, turn: ConsoleTurn) -> Evidence:
    """The evidence about a proposal; of one that was decided, only what else was decided."""
    earlier = _earlier(found, turn)
    if found.stage not in approval.OPEN or found.content is None:
        return earlier
    member = proposals.member_of(found, desk)
    return Evidence(
        checked=_checked(found, turn),
        tested=_tested(found, turn) if found.kind == judged.SERVICE else None,
        declarations=declarations(member, turn.now)[:DECLARED],
        assessment=assessment(member, turn.now),
        earlier=earlier.earlier,
        earlier_total=earlier.earlier_total,
        every=earlier.every,
    )


def _checked(found: Proposal, turn: ConsoleTurn) -> Checked | None:
    told = findings.report(found, turn)
    if not (told.findings or told.passed):
        return None
    return Checked(
        errors=told.count(Severity.ERROR),
        warnings=told.count(Severity.WARNING),
        hints=told.count(Severity.HINT),
        findings=tuple(map(findings.row, told.findings[: findings.MOST])),
        more=len(told.findings[findings.MOST :]),
        passed=findings.passed(told),
    )


def _tested(found: Proposal, turn: ConsoleTurn) -> TestLogins:
    at = turn.on.bench()
    runs = at.runs(found.object, found.org)
    return TestLogins(
        runs=tuple(_runs(runs[:FEW], found, turn)),
        total=len(runs),
        passed_at=at.passed(found.object, found.digest),
    )


def _runs(runs: Iterable[Run], found: Proposal, turn: ConsoleTurn) -> Iterable[RunRow]:
    place = f"/prova/{found.object}" if turn.org else f"/forslag/{found.id}/prov"
    for run in runs:
        yield RunRow(
            at=run.started_at,
            reference=run.reference,
            url=turn.at(f"{place}/{run.reference}"),
            person=bench.label_of(run.choice.person) if run.choice else {},
            answer=run.choice.answer.value if run.choice else "",
            outcome=run.outcome,
            present=run.digest == found.digest,
        )


def _earlier(found: Proposal, turn: ConsoleTurn) -> Evidence:
    page = turn.store.proposal_page("", found.org, found.kind, found.object, count=FEW + 1)
    others = [each for each in page.proposals if each.id != found.id][:FEW]
    rows = tuple(
        EarlierRow(
            url=turn.at(f"/forslag/{each.id}"),
            stage=each.stage.value,
            changed_at=each.changed_at,
            reason=_reason(turn.store.proposal(each.id)),
        )
        for each in others
    )
    return Evidence(earlier=rows, earlier_total=max(page.total - 1, 0), every=turn.at(f"/forslag?q={found.object}"))


def _reason(decided: Proposal | None) -> str:
    acts = decided.acts if decided is not None else ()
    return next((act.reason for act in reversed(acts) if act.reason), "")
