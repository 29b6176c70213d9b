"""What is on record of the trust in a member: its reviewed declarations with their last days, and the assessment of its risks."""

from broker.federation.register import Content
from broker.web.console.member_pages import AssessmentRow, DeclarationRow
from trust_framework.days import day_of


def _today(now: int) -> str:
    return day_of(now).isoformat()


def declarations(content: Content, now: int) -> tuple[DeclarationRow, ...]:
    """The declarations in a member's entry, and whether each holds today."""
    return tuple(
        DeclarationRow(
            level=each["level"],
            reviewer=each["reviewer"],
            expires=str(each["expires"]),
            holds=str(each["expires"]) >= _today(now),
        )
        for each in content.get("trust_declarations", ())
    )


def assessment(content: Content, now: int) -> AssessmentRow | None:
    """The assessment in a member's entry, and whether it need not be made anew yet."""
    found = content.get("risk_assessment")
    if not found:
        return None
    again = str(found["again"])
    return AssessmentRow(made=str(found["made"]), by=found["by"], again=again, holds=again >= _today(now))
