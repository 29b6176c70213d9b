"""What a document says of its own age: until when it holds, when it was made, and whether that can be believed (FR-01).

One rule for another federation's feed, for what a member publishes at an address, and for what is handed in.
"""

from dataclasses import dataclass
from typing import Final

LONGEST: Final = 400 * 86_400
"""Seconds ahead that a single entity's document may hold at most: many are written once a year. Feeds are made anew each day."""

SKEW: Final = 300
"""Seconds by which another's clock may be before ours."""


@dataclass(frozen=True, slots=True)
class Dates:
    """`validUntil` and the creation time of a document, in epoch seconds; None is what it does not say."""

    valid_until: int | None = None
    created: int | None = None


def rolled_back(new: Dates, last: Dates) -> bool:
    """Whether a document is older than the last: by when it was made; by its end, where it does not say when."""
    if new.created is not None:
        return last.created is not None and new.created < last.created
    return None not in {new.valid_until, last.valid_until} and (new.valid_until or 0) < (last.valid_until or 0)


def made_later(told: Dates, now: int) -> bool:
    """Whether a document says that it was made when nobody can have made it yet."""
    return told.created is not None and told.created > now + SKEW


def believable(last: Dates, longest: int, now: int) -> Dates:
    """What of the dates of the last document may be held against the next: a time that lies too far ahead is none, for else
    every later document would be older.
    """
    until = last.valid_until
    ends = until if until is not None and until <= now + longest else None
    return Dates(ends, None if made_later(last, now) else last.created)


def doubt(new: Dates, last: Dates, longest: int, now: int) -> str:
    """Why a document is not believed after the last one, as a short machine word; empty when it is. `longest` is the most
    seconds ahead that its end may be.
    """
    until = new.valid_until
    if until is not None and until <= now:
        return "valid-until: passed"
    if until is not None and until > now + longest:
        return "too-long: holds too far ahead"
    if made_later(new, now):
        return "document: made later than now"
    return "rolled-back: older than the last" if rolled_back(new, believable(last, longest, now)) else ""


def latest(one: Dates, other: Dates) -> Dates:
    """The later of each of the dates."""
    return Dates(_later(one.valid_until, other.valid_until), _later(one.created, other.created))


def _later(one: int | None, other: int | None) -> int | None:
    return max((each for each in (one, other) if each is not None), default=None)
