"""Drawing of a log review (logguppföljning): of all accesses of a time, those that somebody looks at.

Every access has a lot: the keyed hash of its id under the seed of the review. Nobody can tell it before there is a seed, and
everybody who has the seed can draw again. Chance and each rule draw in turn, the gravest rule first and chance last, each the
access with its lowest lot, until all are drawn or as many as somebody is ready to look at: no rule, however many accesses it
holds of, crowds another out.

A drawing takes the accesses in portions, however large, and holds of them no more than could still be drawn.
"""

import hashlib
import hmac
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from trust_framework.log_review import RULE_IDS, Crowd, Known, Limits, Reading, hits

WHOLE: Final = 100
USUAL: Final = 500
"""Cases that one review opens at most, unless somebody says otherwise."""

_CHANCE: Final = "chance"


@dataclass(frozen=True, slots=True)
class Selection:
    """What a review looks at: accesses of a care provider in a time, at one unit or all, so many in a hundred by chance, and
    those that any of these rules holds of; of them, at most so many.
    """

    provider: str
    since: int
    until: int
    unit: str = ""
    percent: int = 5
    rules: tuple[str, ...] = RULE_IDS
    limits: Limits = field(default_factory=Limits)
    most: int = USUAL


@dataclass(frozen=True, slots=True)
class Candidate:
    """An access that may be drawn, by which rules; `sampled` says that chance drew it."""

    id: str
    rules: tuple[str, ...] = ()
    sampled: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """How far a drawing has come: how many accesses it has examined, of how many some rule holds (`hit`), and each one
    (`matched`); those that may be drawn, and once all are examined those that are (`chosen`) and no case is opened of yet, and
    whether others were left out. `at` and `record` are the last access that was examined, `counted` how much was counted first;
    `crowds` reach into the time from there until `crowds_to`.
    """

    counted: int = 0
    at: int = 0
    record: int = 0
    examined: int = 0
    hit: int = 0
    matched: Mapping[str, int] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    chosen: tuple[Candidate, ...] | None = None
    left_out: bool = False
    crowds: tuple[Crowd, ...] = ()
    crowds_to: int = -1

    @property
    def last(self) -> tuple[int, int]:
        """When the last access that was examined began, and its number."""
        return self.at, self.record


def examined(before: Drawing, readings: Iterable[Reading], known: Known, selection: Selection, seed: str) -> Drawing:
    """The drawing after another portion of accesses."""
    wanted = frozenset(selection.rules)
    found = [Candidate(one.id, hits(one, known, wanted)) for one in readings]
    matched = Counter(before.matched)
    for one in found:
        matched.update(one.rules)
    return replace(
        before,
        examined=before.examined + len(found),
        hit=before.hit + sum(bool(one.rules) for one in found),
        matched=dict(matched),
        candidates=tuple(_kept((*before.candidates, *found), selection, seed)),
    )


def _kept(candidates: Iterable[Candidate], selection: Selection, seed: str) -> Iterator[Candidate]:
    """Those with the lowest lots of each rule and of chance, one more of each than all may be: it tells that something is left
    out.
    """
    chance = (_CHANCE,) if selection.percent else ()
    kept: Counter[str] = Counter()
    for one in _by_lot(candidates, seed):
        draws = one.rules + chance
        if any(kept[each] <= selection.most for each in draws):
            kept.update(draws)
            yield one


def _by_lot(candidates: Iterable[Candidate], seed: str) -> list[Candidate]:
    key = seed.encode()
    return sorted(candidates, key=lambda one: hmac.digest(key, one.id.encode(), hashlib.sha256))


def sample_size(examined: int, percent: int) -> int:
    """So many in a hundred, rounded up."""
    return -(-examined * percent // WHOLE)


def finished(drawing: Drawing, selection: Selection, seed: str) -> Drawing:
    """The drawing once all is examined: what is drawn, in the order in which it is."""
    by_lot = _by_lot(drawing.candidates, seed)
    sampled = min(sample_size(drawing.examined, selection.percent), selection.most + 1)
    by_lot[:sampled] = [replace(one, sampled=True) for one in by_lot[:sampled]]
    by_rule = (tuple(one for one in by_lot if rule in one.rules) for rule in RULE_IDS)
    drawn = _in_turn((*by_rule, by_lot[:sampled]), selection.most)
    left_out = any(one.rules or one.sampled for one in by_lot if one.id not in drawn)
    return replace(drawing, candidates=(), crowds=(), chosen=tuple(drawn.values()), left_out=left_out)


def _in_turn(draws: Iterable[Iterable[Candidate]], most: int) -> dict[str, Candidate]:
    drawn: dict[str, Candidate] = {}
    turns = deque(map(iter, draws))
    while turns and len(drawn) < most:
        turn = turns.popleft()
        one = next((each for each in turn if each.id not in drawn), None)
        if one is not None:
            drawn[one.id] = one
            turns.append(turn)
    return drawn
