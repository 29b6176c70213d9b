"""How much of the copy of other nodes' blocks one reading may open: a bound, and an operator's word about what lies beyond it.

An answer of another node may be well formed and wrong: a list without the blocks that stand there would open what their patients
closed. What a reading opens is therefore counted, copies that end and copies that are lifted, over a day. Beyond the bound
nothing of it is done, the copy grows old, and an operator accepts or refuses it.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Protocol

from broker.audit.care_events import CareCopyHeld, CareCopyJudged, CareCopyReleased
from broker.care.calling import CareRefused, CareServices, ResultCode
from broker.care.changes import KeepMark
from broker.care.copies import CopyState
from broker.login.effects import NOTHING, Effects
from trust_framework.care import EVER
from trust_framework.days import DAY

HELD: Final = "care-copy-held"
WORD: Final = "care-copy-word"
"""The settings of the store that hold what waits, and what was said of it."""
FEW: Final = 5
"""As many may always be opened in a day: in a small register one patient's change of mind is a large share."""
GOOD_FOR: Final = 3600
"""Seconds for which an acceptance holds: the next reading is a minute away."""
ALL: Final = 100


class Marks(Protocol):
    """Where marks of the installation are kept."""

    def setting(self, name: str) -> Any: ...

    def commit(self, effects: Effects) -> None: ...


@dataclass(frozen=True, slots=True)
class Held:
    """What readings since an instant would open, of how many copies, and how many might be. `told`: how many it was when the
    alarm was raised.
    """

    opens: int
    standing: int
    most: int
    since: int
    told: int = 0


@dataclass(frozen=True, slots=True)
class Word:
    """What an operator said of what is held since `since`, when it was `opens` copies."""

    since: int
    opens: int
    accepted: bool
    by: str
    at: int
    reason: str = ""


def held(store: Marks) -> Held | None:
    """What waits, if anything does."""
    kept = store.setting(HELD)
    return Held(**kept) if kept else None


def word(store: Marks) -> Word | None:
    """What was said of what waits."""
    kept, there = store.setting(WORD), held(store)
    found = Word(**kept) if kept else None
    return found if found and there and found.since == there.since else None


def lately(state: CopyState, now: int) -> tuple[tuple[int, int], ...]:
    """What was opened within a day."""
    return tuple((at, count) for at, count in state.opened if now - DAY < at)


def most(standing: int, state: CopyState, on: CareServices, now: int) -> int:
    """How many copies a reading may open by itself: the share of those that stand, without what was opened within a day."""
    if on.most_opened >= ALL:
        return EVER
    whole = max(FEW, standing * on.most_opened // ALL)
    return max(0, whole - sum(count for _, count in lately(state, now)))


def accepted(store: Marks, now: int) -> int:
    """How many an operator lets be opened beyond the bound now."""
    said = word(store)
    return said.opens if said and said.accepted and now - said.at < GOOD_FOR else 0


def hold(waits: Held, alarm: Callable[[Held], Effects], store: Marks) -> None:
    """Keep that a reading was held, and raise the alarm when none was before, when more is to be opened than was accepted, or
    twice as much as when it was raised: that is another matter than the one that somebody was told of, or refused.
    """
    before, said = held(store), word(store)
    accepted = said is not None and said.accepted
    if before is None or accepted or waits.opens >= 2 * before.told:
        anew, waits = True, replace(waits, told=waits.opens)
    else:
        anew, waits = False, replace(waits, since=before.since, told=before.told)
    if waits == before:
        return
    event = CareCopyHeld(at=waits.since, opens=waits.opens, standing=waits.standing, most=waits.most)
    told = alarm(waits) + Effects(events=(event,)) if anew else NOTHING
    store.commit(Effects((_keep(HELD, waits, store),)) + told)


def use(opened: int, store: Marks) -> None:
    """So many are opened of what was accepted; the rest of it is for the next reading."""
    said = word(store)
    if said is not None:
        left = replace(said, opens=max(0, said.opens - opened))
        store.commit(Effects((_keep(WORD, left, store),)))


def release(store: Marks, now: int) -> None:
    """Nothing waits any more: what the other node says is within the bound, or was accepted."""
    before = held(store)
    if before is not None:
        store.commit(Effects((_keep(HELD, None, store),), (CareCopyReleased(at=now, opens=before.opens),)))


def judge(since: int, opens: int, *, accept: bool, reason: str, by: str, store: Marks, now: int) -> Effects:
    """An operator's word about what is held since an instant, shown as so many copies. Raises CareRefused when that is not what
    waits, when more waits than was shown, or without a reason. What waits when it is committed is what was judged.
    """
    waits = held(store)
    if waits is None or waits.since != since or waits.opens > opens:
        raise CareRefused(ResultCode.INVALIDSTATE, "not-waiting", "since")
    if not reason.strip():
        raise CareRefused(ResultCode.VALIDATION_ERROR, "no-reason", "reason")
    said = Word(since, waits.opens, accept, by, now, reason.strip())
    event = CareCopyJudged(
        at=now, by=by, accepted=accept, opens=waits.opens, standing=waits.standing, reason=said.reason
    )
    same = KeepMark(HELD, asdict(waits), asdict(waits))
    return Effects((same, _keep(WORD, said, store)), (event,))


def _keep(name: str, value: Held | Word | None, store: Marks) -> KeepMark:
    plain: Any = None if value is None else asdict(value)
    return KeepMark(name, plain, store.setting(name))
