"""The ring as a list of days: what has been done with each key, and what comes next and when. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from broker.keys.making import NEEDS
from broker.keys.ring import KeyState
from broker.keys.rotation import PUBLISH_BEFORE_USE, removal_of
from broker.keys.rows import KeyRow


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens to a key. `what` is `published`, `may-sign`, `signs`, `successor`, `retires` or `removed`.

    `may-sign` is the first time at which somebody may let it sign; the others happen by themselves.
    """

    at: int
    what: str
    use: str
    alg: str
    kid: str


def coming(rows: Iterable[KeyRow], every: int = 0) -> tuple[Step, ...]:
    """What comes, the soonest first. `every`: see `broker.keys.rotation.due`."""
    kept = tuple(rows)
    waited_for = {(row.use, row.alg) for row in kept if row.state is KeyState.NEXT}
    pinned = {(need.use, need.alg) for need in NEEDS if need.pinned}
    steps = []
    for row in kept:
        if row.state is KeyState.NEXT:
            steps += _of_next(row)
        elif row.state is KeyState.RETIRING:
            steps.append(_step(removal_of(row), "removed", row))
        elif row.state is KeyState.ACTIVE and every and (row.use, row.alg) not in waited_for | pinned:
            steps.append(_step(row.since + every, "successor", row))
    return tuple(sorted(steps, key=lambda step: (step.at, step.use, step.alg)))


def _of_next(row: KeyRow) -> list[Step]:
    ready = row.since + PUBLISH_BEFORE_USE
    return [_step(ready, "may-sign", row)] if row.due_at is None else [_step(max(row.due_at, ready), "signs", row)]


_ENTERED = {
    KeyState.NEXT: "published",
    KeyState.ACTIVE: "signs",
    KeyState.RETIRING: "retires",
    KeyState.REMOVED: "removed",
}


def latest(rows: Iterable[KeyRow], count: int = 20) -> tuple[Step, ...]:
    """The state in which each key is, and since when, the newest first."""
    steps = [_step(row.since, _ENTERED[row.state], row) for row in rows]
    return tuple(sorted(steps, key=lambda step: (-step.at, step.use, step.alg))[:count])


def _step(at: int, what: str, row: KeyRow) -> Step:
    return Step(at, what, row.use, row.alg, row.kid)
