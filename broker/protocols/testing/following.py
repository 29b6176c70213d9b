"""What a run has come to, read from the audit events of its login: the events of a commit are its next steps."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from broker.audit.events import (
    AssertionIssued,
    CodeIssued,
    ConsentRecorded,
    Decided,
    Event,
    Identified,
    LoginFailed,
    TokensIssued,
)
from broker.login.effects import AnyChange, Effects
from broker.protocols.testing.run import KeepRun, NoteRun, Run, Step, StepName
from trust_framework.decide import Released

_USERINFO: Final = "userinfo"


def followed(run: Run, events: Iterable[Event]) -> Run:
    """The run after the events of one commit; those of other logins say nothing of it."""
    for event in events:
        if event.reference == run.reference:
            run = _after(run, event)
    return run


def _after(run: Run, event: Event) -> Run:
    match event:
        case Identified():
            return _taken(run, Step(StepName.PERSON, ok=True, note=event.level))
        case LoginFailed():
            return _taken(run, Step(StepName.PERSON, ok=False, note=event.reason))
        case ConsentRecorded(given=False):
            return _taken(run, Step(StepName.ATTRIBUTES, ok=False, note="consent-refused"))
        case AssertionIssued() | CodeIssued():
            return _released(run, event)
        case Decided(occasion=occasion) if occasion == _USERINFO and event.decision == Released.__name__:
            return _taken(run, Step(StepName.USERINFO, ok=True, note=str(len(event.released))))
        case Decided() if event.decision != Released.__name__:
            return replace(
                _taken(run, Step(StepName.ATTRIBUTES, ok=False, note=event.reason)), trace=tuple(event.trace)
            )
        case TokensIssued():
            return _taken(run, Step(StepName.REDEEMED, ok=True, note=event.grant_type))
        case _:
            return run


def _released(run: Run, event: Decided) -> Run:
    released = replace(run, trace=tuple(event.trace))
    return _taken(released, Step(StepName.ATTRIBUTES, ok=True, note=str(len(event.released))))


def _taken(run: Run, step: Step) -> Run:
    """A step taken again, or retried, is as it was last."""
    order = list(StepName)
    steps = [kept for kept in run.steps if kept.name is not step.name] + [step]
    return replace(run, steps=tuple(sorted(steps, key=lambda each: order.index(each.name))))


def noted(run: Run, note: NoteRun) -> Run:
    """The run with what is noted; an answer that was made is a step."""
    found = replace(run, **{name: value for name, value in note.fields if name != "steps"})
    for step in dict(note.fields).get("steps", ()):
        found = _taken(found, step)
    return found


def references(effects: Effects) -> tuple[str, ...]:
    """The logins that a commit is about."""
    notes = [change.reference for change in effects.changes if isinstance(change, NoteRun)]
    return tuple(dict.fromkeys([*(event.reference for event in effects.events if event.reference), *notes]))


def gathered(effects: Effects, kept: Iterable[Run]) -> tuple[AnyChange, ...]:
    """The changes of a commit with each run changed once: as it is kept or begun, then noted, then followed."""
    begun = [change.run for change in effects.changes if isinstance(change, KeepRun)]
    notes = [change for change in effects.changes if isinstance(change, NoteRun)]
    others = tuple(change for change in effects.changes if not isinstance(change, KeepRun | NoteRun))
    runs = {run.reference: run for run in (*kept, *begun)}
    for note in notes:
        if note.reference in runs:
            runs[note.reference] = noted(runs[note.reference], note)
    return (*others, *(KeepRun(followed(run, effects.events)) for run in runs.values()))
