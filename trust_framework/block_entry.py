"""What may be entered as a block or a lift of a block: each refusal is a code.

Owns the rules of their fields and the limits of lifts. Who may ask for a block on a patient's behalf, a guardian never, is
`trust_framework.representation`.
"""

from dataclasses import replace
from typing import Final

from trust_framework.blocks import EXCLUDABLE, Block, BlockType, Lift, LiftReason
from trust_framework.care import Period, Switches
from trust_framework.emergency import longest

DAY: Final = 86_400


def period_refusal(period: Period) -> str | None:
    """Why a period cannot be entered, with a block as with a consent or a relation."""
    return "inverted-period" if period.inverted else None


def block_refusal(block: Block) -> str | None:
    """Why a block cannot be entered: a unit for an inner one and only then, no dates turned round, no type left open but those
    that may be.
    """
    if not block.provider:
        return "provider-missing"
    if block.type is BlockType.INNER and not block.unit:
        return "unit-missing"
    if block.type is BlockType.OUTER and block.unit:
        return "unit-not-for-outer"
    if block.excluded - EXCLUDABLE:
        return "unknown-information-type"
    return period_refusal(block.information)


def closed_in_doubt(block: Block) -> Block:
    """A block of another node, as it is kept where it says something that cannot be meant: it then closes more. Dates turned
    round select everything, types that may not be left open are not, an outer one has no unit.
    """
    return replace(
        block,
        unit="" if block.type is BlockType.OUTER else block.unit,
        information=Period() if block.information.inverted else block.information,
        excluded=block.excluded & EXCLUDABLE,
    )


def longest_lift(reason: LiftReason, switches: Switches) -> int:
    """For how many seconds at most a block may be lifted at a provider: in an emergency no longer than emergency access."""
    if reason is LiftReason.EMERGENCY:
        return longest(switches)
    return switches.consent_lift_days * DAY


def lift_refusal(block: Block, lift: Lift, by: str, switches: Switches, now: int) -> str | None:
    """Why a lift cannot be entered. `by`: the provider whose staff enters it; `switches`: those of the block's provider."""
    if not block.stands:
        return "block-ended"
    if by != block.provider and not switches.outer_lift_by_others:
        return "not-this-providers-to-lift"
    if not lift.unit:
        return "unit-missing"
    if lift.until <= now:
        return "already-over"
    return "lift-too-long" if lift.until - now > longest_lift(lift.reason, switches) else None
