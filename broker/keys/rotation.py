"""Rotation: next → active → retiring → removed, as changes to rows. Pure: time and rows in, changed rows out.

A key is published for a day before it signs, so that others have fetched it (their caches live for hours), and for longer
than the longest token after it last signed. Forcing skips the wait. A key that has leaked is removed at once: as long as it
were published, others would believe whoever has it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from broker.keys.making import Need, need, new_key, removed
from broker.keys.ring import KeyState
from broker.keys.rows import KeyRow
from broker.keys.sealing import SealingVault

PUBLISH_BEFORE_USE = 24 * 3600
RETIRE_AFTER = 48 * 3600
"""Longer than any token lives (8 hours) and than others may keep our metadata (a day)."""


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
    ours = [row for row in rows if (row.use, row.alg) == (use, alg)]
    waiting = [row for row in ours if row.state is KeyState.NEXT]
    if not waiting and not force:
        return (new_key(wanted, KeyState.NEXT, by.name, by.vault, now),)
    chosen = waiting[0] if waiting else new_key(wanted, KeyState.NEXT, by.name, by.vault, now)
    if not force and now - chosen.since < PUBLISH_BEFORE_USE:
        raise TooEarly(chosen.since + PUBLISH_BEFORE_USE)
    retired = tuple(replace(r, state=KeyState.RETIRING, since=now) for r in ours if r.state is KeyState.ACTIVE)
    return (*retired, replace(chosen, state=KeyState.ACTIVE, since=now))


def replace_leaked(rows: Iterable[KeyRow], use: str, alg: str, now: int, by: Naming) -> tuple[KeyRow, ...]:
    """The rows that change when a use's keys have leaked: all there are go at once, the published next one too, and a new
    one signs. What they signed is not believed from then on. Raises NoSuchKey.
    """
    wanted = need(use, alg)
    ours = [row for row in rows if (row.use, row.alg) == (use, alg) and row.state is not KeyState.REMOVED]
    gone = tuple(removed(row, by.vault, now) for row in ours)
    return (*gone, new_key(wanted, KeyState.ACTIVE, by.name, by.vault, now))


def remove_retired(rows: Iterable[KeyRow], vault: SealingVault, now: int) -> tuple[KeyRow, ...]:
    """Retiring keys whose time has passed, as removed: the private part destroyed, the public part kept."""
    return tuple(
        removed(row, vault, now) for row in rows if row.state is KeyState.RETIRING and now - row.since >= RETIRE_AFTER
    )


def missing(rows: Iterable[KeyRow], needs: Iterable[Need]) -> tuple[Need, ...]:
    """The needs that no active key meets."""
    have = {(row.use, row.alg) for row in rows if row.state is KeyState.ACTIVE}
    return tuple(n for n in needs if (n.use, n.alg) not in have)
