"""Whether blocks stand in somebody's way (CheckBlocks), and in an emergency where they are and what they then open.

That nothing is blocked is said only where it is known: not of other nodes' providers while our copy of their blocks cannot tell.
"""

from dataclasses import dataclass, replace
from typing import Final

from broker.audit.care_events import BlockRevealed
from broker.care import copies, decisions, patients, providers
from broker.care.calling import Caller, CareRefused, CareServices, Done, ResultCode
from broker.care.care_facts import facts
from broker.care.changes import KeepTold
from broker.login.effects import NOTHING, Effects
from trust_framework.block_reveal import TOLD_FOR, Level, Revealed, taken
from trust_framework.block_reveal import reveal as told_next
from trust_framework.blocks import Block, BlockCheck, BlockStatus, binds, evaluate, lift_for
from trust_framework.care import CareActor, Resource
from trust_framework.care_access import AccessQuestion
from trust_framework.identifiers import Identifier

MOST_ROWS: Final = 5000


def check(
    actor: CareActor | None, patient: Identifier, rows: tuple[Resource, ...], who: Caller, on: CareServices, now: int
) -> Done[tuple[BlockCheck, ...]]:
    """Each row: open, blocked, or not to be judged. INFO when any row cannot be judged."""
    if len(rows) > MOST_ROWS:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "too-many", "rows")
    asked_by = providers.actor(actor, who, on)
    wanted = tuple(map(decisions.compared, rows))
    found = patients.known(patient, on)
    places = {row.provider for row in wanted if row.provider}
    if copies.unknown_at(places, found.person if found else "", on, now):
        raise CareRefused(ResultCode.ERROR, "stale-copy", "rows")
    standing = () if found is None else on.store.blocks_of(found.person)
    checks = evaluate(asked_by, wanted, standing, now)
    bad = any(one.status is BlockStatus.VALIDATION_ERROR for one in checks)
    return Done(checks, code=ResultCode.INFO if bad else ResultCode.OK)


@dataclass(frozen=True, slots=True)
class Against:
    """The blocks of a patient that hold against somebody, and those that are lifted for them just now. `incomplete`: there may be
    others, of other nodes' providers.
    """

    closed: tuple[Block, ...] = ()
    lifted: tuple[Block, ...] = ()
    incomplete: bool = False


def against(actor: CareActor, person: str | None, on: CareServices, now: int) -> Against:
    """What holds against an actor of this installation's own pages; `person` is None for a patient whom nobody knows here."""
    standing = on.store.blocks_of(person) if person else ()
    binding = [block for block in standing if binds(block, actor)]
    lifted = tuple(block for block in binding if lift_for(block, actor, now))
    closed = tuple(block for block in binding if block not in lifted)
    return Against(closed, lifted, copies.incomplete(person or "", on, now))


def reveal(
    actor: CareActor | None, patient: Identifier, told: Level, who: Caller, on: CareServices, now: int
) -> Done[Revealed]:
    """The next step: that something is blocked; in an emergency where; and then what is opened. Each step has its record, and
    the next one is decided by that: what the caller says was `told` can only take a step back. Raises CareRefused where it cannot
    be said that there is nothing; what there is of our own is told however old the copy of the others' is.
    """
    question = AccessQuestion(providers.actor(actor, who, on), patients.number(patient, on), ())
    known, same = facts(patient, on)
    person = known.patient.person
    before = on.store.told_of_blocks(question.actor, person)
    incomplete = copies.incomplete(person, on, now)
    revealed = replace(told_next(question, known, taken(told, before), now), incomplete=incomplete)
    if revealed.level is Level.NOTHING:
        if incomplete:
            raise CareRefused(ResultCode.ERROR, "stale-copy", "patient")
        return Done(revealed, NOTHING)
    kept = KeepTold(question.actor, person, revealed.level, now + TOLD_FOR)
    event = BlockRevealed(
        at=now,
        reference=who.reference,
        person=person,
        provider=question.actor.provider,
        unit=question.actor.unit,
        level=revealed.level.name,
        blocks=revealed.opened,
        by=who.by,
        kind=who.kind.value,
        claimed=not question.actor.person,
        evidence={"employee": question.actor.employee},
    )
    return Done(revealed, Effects((*same, kept) if revealed.level >= before else same, (event,)))
