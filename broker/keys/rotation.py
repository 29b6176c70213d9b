"""Rotation: next → active → retiring → removed, as changes to rows. Pure: time and rows in, changed rows out.

A key is published for a day at least before it signs, so that others have fetched it (their caches live for hours), and
for longer than the longest token, and than others keep our metadata, after it last signed. Dates are data of the rows: who
makes a plan writes them, and `due` does what has come of them. Forcing skips the wait. A key that has leaked is removed at
once: as long as it were published, others would believe whoever has it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from broker.keys.making import NEEDS, Need, NoSuchKey, need, new_key, removed
from broker.keys.ring import KeyState
from broker.keys.rows import KeyRow
from broker.keys.sealing import SealingVault

PUBLISH_BEFORE_USE = 24 * 3600
RETIRE_AFTER = 48 * 3600
"""The least that a key is kept after it signed: longer than any token lives (8 hours)."""


class TooEarly(Exception):
    """The next key has not been published long enough; `at` is when it will have been."""

    def __init__(self, at: int) -> None:
        super().__init__(f"published for less than a day, until {at}")
        self.at = at


@dataclass(frozen=True, slots=True)
class Naming:
    """What new keys need: the broker's name in certificates, and the vault that seals them."""

    name: str
    vault: SealingVault


def rotate(
    rows: Iterable[KeyRow], use: str, alg: str, now: int, by: Naming, *, force: bool = False
) -> tuple[KeyRow, ...]:
    """The rows that change when a use's key moves on. Raises TooEarly, NoSuchKey.

    Without a next key one is made and published; with one that has been published long enough, it becomes active and the
    active one retires. `force` does both at once.
    """
    wanted = need(use, alg)
    ours = _of(rows, wanted)
    waiting = _next(ours)
    if waiting is None and not force:
        return (new_key(wanted, KeyState.NEXT, by.name, by.vault, now),)
    chosen = waiting or new_key(wanted, KeyState.NEXT, by.name, by.vault, now)
    if not force and now - chosen.since < PUBLISH_BEFORE_USE:
        raise TooEarly(chosen.since + PUBLISH_BEFORE_USE)
    return _switched(ours, chosen, wanted, now)


def planned(rows: Iterable[KeyRow], use: str, alg: str, at: int, now: int, by: Naming) -> tuple[KeyRow, ...]:
    """The rows that change when the next key is to sign from `at`: published now, unless it is. Raises TooEarly, NoSuchKey."""
    wanted = need(use, alg)
    waiting = _next(_of(rows, wanted))
    since = waiting.since if waiting else now
    if at - since < PUBLISH_BEFORE_USE:
        raise TooEarly(since + PUBLISH_BEFORE_USE)
    if waiting is None:
        return (new_key(wanted, KeyState.NEXT, by.name, by.vault, now, at),)
    return (replace(waiting, due_at=at),)


def aborted(rows: Iterable[KeyRow], use: str, alg: str, now: int, by: Naming) -> tuple[KeyRow, ...]:
    """The rows that change when a rotation is given up: the next key goes, before it has signed. Raises NoSuchKey."""
    waiting = _next(_of(rows, need(use, alg)))
    if waiting is None:
        raise NoSuchKey(f"no next key of {use} {alg}")
    return (removed(waiting, by.vault, now),)


def taken_back(rows: Iterable[KeyRow], use: str, alg: str, now: int) -> tuple[KeyRow, ...]:
    """The rows that change when the key that signed before signs again, for as long as it is kept; the one that took its
    place is published on, as the next. Raises NoSuchKey.
    """
    ours = _of(rows, need(use, alg))
    before = max((row for row in ours if row.state is KeyState.RETIRING), key=lambda row: row.since, default=None)
    if before is None:
        raise NoSuchKey(f"no retiring key of {use} {alg}")
    if _next(ours) is not None:
        raise NoSuchKey(f"{use} {alg} has a next key already")
    waits = tuple(
        replace(row, state=KeyState.NEXT, since=now, due_at=None) for row in ours if row.state is KeyState.ACTIVE
    )
    return (*waits, replace(before, state=KeyState.ACTIVE, since=now, due_at=None))


def due(rows: Iterable[KeyRow], now: int, by: Naming, every: int = 0) -> tuple[KeyRow, ...]:
    """The rows that change because their time has come. `every` seconds of signing, a key gets a successor by itself."""
    kept = tuple(rows)
    changed = [*remove_retired(kept, by.vault, now)]
    for wanted in NEEDS:
        ours = _of(kept, wanted)
        waiting = _next(ours)
        if waiting is not None:
            changed += _switched(ours, waiting, wanted, now) if _has_come(waiting, now) else ()
        elif every and not wanted.pinned and any(_is_old(row, now, every) for row in ours):
            changed.append(new_key(wanted, KeyState.NEXT, by.name, by.vault, now, now + wanted.lead))
    return tuple(changed)


def replace_leaked(rows: Iterable[KeyRow], use: str, alg: str, now: int, by: Naming) -> tuple[KeyRow, ...]:
    """The rows that change when a use's keys have leaked: all there are go at once, the published next one too, and a new
    one signs. What they signed is not believed from then on. Raises NoSuchKey.
    """
    wanted = need(use, alg)
    gone = tuple(removed(row, by.vault, now) for row in _of(rows, wanted) if row.state is not KeyState.REMOVED)
    return (*gone, new_key(wanted, KeyState.ACTIVE, by.name, by.vault, now))


def remove_retired(rows: Iterable[KeyRow], vault: SealingVault, now: int) -> tuple[KeyRow, ...]:
    """Retiring keys whose time has passed, as removed: the private part destroyed, the public part kept."""
    return tuple(removed(row, vault, now) for row in rows if row.state is KeyState.RETIRING and now >= removal_of(row))


def removal_of(row: KeyRow) -> int:
    """When a retiring key is to be removed."""
    return row.due_at if row.due_at is not None else row.since + RETIRE_AFTER


def missing(rows: Iterable[KeyRow], needs: Iterable[Need]) -> tuple[Need, ...]:
    """The needs that no active key meets."""
    have = {(row.use, row.alg) for row in rows if row.state is KeyState.ACTIVE}
    return tuple(n for n in needs if (n.use, n.alg) not in have)


def _of(rows: Iterable[KeyRow], wanted: Need) -> list[KeyRow]:
    return [row for row in rows if (row.use, row.alg) == (wanted.use, wanted.alg)]


def _next(ours: Iterable[KeyRow]) -> KeyRow | None:
    return next((row for row in ours if row.state is KeyState.NEXT), None)


def _switched(ours: Iterable[KeyRow], chosen: KeyRow, wanted: Need, now: int) -> tuple[KeyRow, ...]:
    until = now + wanted.retire
    retired = tuple(
        replace(row, state=KeyState.RETIRING, since=now, due_at=until) for row in ours if row.state is KeyState.ACTIVE
    )
    return (*retired, replace(chosen, state=KeyState.ACTIVE, since=now, due_at=None))


def _has_come(waiting: KeyRow, now: int) -> bool:
    """Its day is here, and it was published long enough, whatever the clock did since the plan was made."""
    return waiting.due_at is not None and now >= max(waiting.due_at, waiting.since + PUBLISH_BEFORE_USE)


def _is_old(row: KeyRow, now: int, every: int) -> bool:
    return row.state is KeyState.ACTIVE and now - row.since >= every
