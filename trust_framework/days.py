"""Days as the federation counts them: a day begins and ends at midnight in Sweden, summer and winter.

Agreements and rules name days, and the people who sign them read them on a Swedish calendar; counted in UTC, an agreement
would go on for an hour or two of the day after its last.
"""

from bisect import bisect_left
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Stockholm")
DAY: Final = 86_400
"""Seconds, where a length of time is meant and not a day of the calendar."""


def midnight(day: date, zone: ZoneInfo = ZONE) -> int:
    """When the day begins, in epoch seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def day_of(at: int) -> date:
    """The day of a moment."""
    return datetime.fromtimestamp(at, ZONE).date()


def day_after(day: date, zone: ZoneInfo = ZONE) -> int:
    """When the day has ended: what is valid through it is valid until then."""
    return midnight(day + timedelta(days=1), zone)


def days_later(at: int, days: int) -> int:
    """The midnight so many days of the calendar after one, however the clock is moved in between."""
    return midnight(day_of(at) + timedelta(days=days))


def ahead_of_utc(at: int) -> int:
    """Seconds that the clock of Sweden is ahead of Coordinated Universal Time."""
    return int(datetime.fromtimestamp(at, ZONE).utcoffset().total_seconds())  # type: ignore[union-attr]  # it has a zone


def clocks(since: int, until: int) -> tuple[tuple[int, int], ...]:
    """How the clock of Sweden stands through a time: until which instant how many seconds ahead of UTC. The last goes beyond."""
    found, ahead = [], ahead_of_utc(since)
    for day in range(since, until + DAY, DAY):
        if ahead_of_utc(day) != ahead:
            moved = bisect_left(range(day - DAY, day), True, key=lambda at: ahead_of_utc(at) != ahead)
            found.append((day - DAY + moved, ahead))
            ahead = ahead_of_utc(day)
    return (*found, (until + DAY, ahead))
