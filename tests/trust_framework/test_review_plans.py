"""Plans of log review: on which days they are due, which days each time looks at, and by when it is to be signed."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust_framework.days import DAY, ahead_of_utc, clocks, day_of, midnight
from trust_framework.log_drawing import Selection
from trust_framework.review_plans import Interval, ReviewPlan

PLAN = ReviewPlan("plan", Selection("se-p", 0, 0), 1, Interval.MONTHS, "2027-01-31", 30, "p-asta", 1)


@pytest.mark.parametrize(
    ("every", "interval", "first", "days"),
    [
        (1, Interval.MONTHS, "2027-01-31", ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
        (1, Interval.MONTHS, "2028-01-30", ["2028-01-30", "2028-02-29", "2028-03-30"]),
        (5, Interval.MONTHS, "2026-11-15", ["2026-11-15", "2027-04-15", "2027-09-15", "2028-02-15"]),
        (2, Interval.WEEKS, "2026-12-28", ["2026-12-28", "2027-01-11", "2027-01-25"]),
    ],
)
def test_a_plan_is_due_on_days_of_the_calendar(every, interval, first, days):
    plan = replace(PLAN, every=every, interval=interval, first=first)
    found = [plan.next]
    for _ in days[1:]:
        plan = plan.asked()
        found.append(plan.next)
    assert [day.isoformat() for day in found] == days


@pytest.mark.spec("HSLF-FS 2016:40", "4:9")
def test_each_time_looks_at_whole_days_before_it_and_is_signed_before_the_next():
    plan = replace(PLAN, first="2027-04-01", days=31).asked()  # due on the first of May, summer time between
    looked = plan.looked_at()
    assert plan.due == midnight(date(2027, 5, 1))
    assert (day_of(looked.since), looked.since) == (date(2027, 3, 31), midnight(date(2027, 3, 31)))
    assert looked.until == plan.due - 1
    assert plan.signed_by() == midnight(date(2027, 6, 1))


def test_months_of_a_plan_that_are_looked_at_leave_no_day_out():
    plan, until = replace(PLAN, every=4, interval=Interval.WEEKS, first="2026-10-05", days=28), None
    for _ in range(14):
        looked = plan.looked_at()
        assert until is None or looked.since == until + 1
        until, plan = looked.until, plan.asked()


def test_a_plan_that_ended_says_by_whom_and_when():
    assert (PLAN.ended("p-birk", 9).ended_at, PLAN.ended("p-birk", 9).ended_by) == (9, "p-birk")


# --- how the clock stands


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.integers(0, 366), st.data())
def test_the_day_of_a_moment_is_told_by_how_the_clock_stands(first, days, data):
    since = midnight(first)
    until = midnight(first + timedelta(days=days)) + DAY - 1
    stands = clocks(since, until)
    assert len(stands) <= 4
    assert stands[-1][0] > until
    at = data.draw(st.integers(since, until))
    ahead = next(ahead for end, ahead in stands if at < end)
    assert ahead == ahead_of_utc(at)
    assert (at + ahead) // DAY == (day_of(at) - date(1970, 1, 1)).days


def test_the_clock_moves_in_the_night_when_summer_begins():
    since, until = midnight(date(2027, 3, 27)), midnight(date(2027, 3, 30))
    assert clocks(since, until) == ((1806195600, 3600), (until + DAY, 7200))
    assert clocks(since, since) == ((since + DAY, 3600),)
