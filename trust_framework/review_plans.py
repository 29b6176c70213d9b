"""Plans of log review (logguppföljning): that a care provider's log is reviewed every so many weeks or months.

A plan is due on days of the calendar, counted from its first: one that begins on the 31st is due on the last day of a shorter
month, and on the 31st of the next. Each time looks at the days before it, and is to be signed before the next.
"""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from trust_framework.days import midnight
from trust_framework.log_drawing import Selection

_MONTHS: Final = 12


class Interval(StrEnum):
    """What a plan counts its times in."""

    WEEKS = "weeks"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """A review every so many weeks or months (`every`, `interval`), from the day `first` on, of the `days` before: what is drawn
    is `selection`'s, but for its time. `times` of them have been asked for.
    """

    id: str
    selection: Selection
    every: int
    interval: Interval
    first: str
    days: int
    made_by: str
    made_at: int
    times: int = 0
    ended_at: int | None = None
    ended_by: str = ""

    def day(self, time: int) -> date:
        """The day of one of its times, 0 the first."""
        first = date.fromisoformat(self.first)
        if self.interval is Interval.WEEKS:
            return first + timedelta(weeks=time * self.every)
        months = first.month - 1 + time * self.every
        year, month = first.year + months // _MONTHS, months % _MONTHS + 1
        return date(year, month, min(first.day, monthrange(year, month)[1]))

    @property
    def next(self) -> date:
        """The day on which the next review is asked for."""
        return self.day(self.times)

    @property
    def due(self) -> int:
        """When that is."""
        return midnight(self.next)

    def asked(self) -> "ReviewPlan":
        """The plan once the next review was asked for."""
        return replace(self, times=self.times + 1)

    def ended(self, by: str, now: int) -> "ReviewPlan":
        """The plan asks for no more."""
        return replace(self, ended_at=now, ended_by=by)

    def looked_at(self) -> Selection:
        """What the next review looks at: the days before the one on which it is asked for."""
        since = midnight(self.next - timedelta(days=self.days))
        return replace(self.selection, since=since, until=self.due - 1)

    def signed_by(self) -> int:
        """When the next review is to be signed: before the one after it."""
        return midnight(self.day(self.times + 1))
