"""What a review is drawn from, on each database: portions in order of time, who came back on many days; what is due."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from random import Random
from zoneinfo import ZoneInfo

import pytest

from broker.care.access_values import StoreAccess
from broker.care.review_values import CountReturning, ForgetReturning, SavePlan, SaveReview, Traced
from broker.login.effects import Effects, ForgetPerson
from tests.support import care_values as a
from tests.support.access_records import record, resource
from tests.support.reviewing import seal
from trust_framework.days import DAY
from trust_framework.log_drawing import Drawing, Selection
from trust_framework.log_review import Limits, crowded, returning
from trust_framework.review_plans import Interval, ReviewPlan
from trust_framework.review_report import Review

SUMMER = int(datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/Stockholm")).timestamp())
"""The night in which summer time ends."""

WHOLE = Selection(a.PROVIDER, SUMMER - 20 * DAY, SUMMER + 20 * DAY, limits=Limits(days=3))


def stored(storage, *accesses) -> None:
    """Accesses (patient, when, more), and all of them sealed."""
    records = tuple(record(resource(patient), at=at, **more) for patient, at, more in accesses)
    storage.commit(Effects((StoreAccess(records, SUMMER, "journal"),)))
    seal(storage)


def portion(storage, after=(0, 0), count=100, selection=WHOLE, size=10**9, review="r"):
    return storage.access_portion(Traced(review, selection, after, size), count).traces


def test_portions_follow_each_other_in_order_of_time_and_leave_nothing_out(storage):
    patients = a.numbers(5)
    stored(storage, *((each, SUMMER + n // 2, {}) for n, each in enumerate(patients)))
    whole = portion(storage)
    assert [one.at for one in whole] == [SUMMER, SUMMER, SUMMER + 1, SUMMER + 1, SUMMER + 2]
    assert [one.patient for one in whole] == [storage.patient(each) for each in patients]
    found, last = [], (WHOLE.since, 0)
    while some := portion(storage, last, 2):
        found += some
        last = (some[-1].at, int(some[-1].id))
    assert tuple(found) == whole
    assert {one.unit for one in whole} == {a.UNIT}
    assert len({one.employee for one in whole}) == 1


LEFT_OUT = {
    "another provider's": (a.PATIENT, SUMMER, {"provider": a.OTHER_PROVIDER}),
    "before the time": (a.PATIENT, WHOLE.since - 1, {}),
    "after the time": (a.PATIENT, WHOLE.until + 1, {}),
    "of no patient": (None, SUMMER, {}),
}


@pytest.mark.parametrize("what", LEFT_OUT)
def test_accesses_that_a_review_is_not_of_are_left_out(storage, what):
    stored(storage, (a.OTHER_PATIENT, SUMMER, {}), LEFT_OUT[what])
    assert [one.patient for one in portion(storage)] == [storage.patient(a.OTHER_PATIENT)]
    crowds = storage.access_crowds(replace(WHOLE, limits=Limits(patients=0, within=9)), 0, 2 * SUMMER)
    assert [(one.since, one.until) for one in crowds] == [(SUMMER - 9, SUMMER)]


def test_an_access_of_another_unit_an_emergency_and_one_that_was_not_sealed_yet_are_told_apart(storage):
    stored(storage, (a.PATIENT, SUMMER, {}), (a.PATIENT, SUMMER + 1, {"unit": a.OTHER_UNIT, "activity": "Nödöppning"}))
    (one,) = portion(storage, selection=replace(WHOLE, unit=a.OTHER_UNIT))
    assert (one.unit, one.emergency) == (a.OTHER_UNIT, True)
    size = storage.log_state().size
    late = record(resource(), at=SUMMER + 2)
    storage.commit(Effects((StoreAccess((late,), SUMMER, "journal"),)))
    assert len(portion(storage)) == 2
    seal(storage)
    assert (len(portion(storage)), len(portion(storage, size=size))) == (3, 2)


def test_a_patient_who_was_forgotten_is_in_no_portion(storage):
    stored(storage, (a.PATIENT, SUMMER, {}))
    storage.commit(Effects((ForgetPerson(storage.patient(a.PATIENT), SUMMER),)))
    assert portion(storage) == ()


def counted(storage, selection=WHOLE, review="r") -> None:
    for part in range(8):
        storage.commit(Effects((CountReturning(review, selection, part),)))


def test_who_came_back_on_many_swedish_days_is_counted_as_the_rule_counts(storage):
    """An hour before and after midnight, in the days around the end of summer time, and in what is midnight only in UTC."""
    midnights = [SUMMER - 90 * 60 + day * DAY + (3600 if day > 0 else 0) for day in range(-3, 4)]
    accesses = []
    for n, patient in enumerate(a.numbers(40)):
        times = [midnights[(n * k) % 7] + ((n + k) % 5 - 2) * 1800 for k in range(1, 4)]
        accesses += [(patient, at, {"user": (a.NURSE, a.DOCTOR)[n % 2]}) for at in times]
    stored(storage, *accesses)
    counted(storage)

    whole = portion(storage, count=1000)

    expected = returning(whole, WHOLE.limits)
    assert {one.id for one in whole if one.returning} == expected
    assert 0 < len(expected) < len(whole)


USERS = (a.NURSE, a.DOCTOR, a.FAR_DOCTOR)
CROWDS = [Limits(patients=0, within=60), Limits(patients=2, within=240), Limits(patients=5, within=900)]


def in_crowds(storage, selection, whole, since: int, until: int) -> set[str]:
    """The accesses of a time that the crowds of it hold."""
    found = storage.access_crowds(selection, since, until)
    assert all(one.until >= since and one.since <= until for one in found)
    return {
        one.id
        for one in whole
        if since <= one.at <= until
        and any(each.employee == one.employee.hex() and each.since <= one.at <= each.until for each in found)
    }


def test_who_read_many_patients_is_found_as_the_rule_counts_whatever_part_of_the_time_is_asked_for(storage):
    """Accesses of three employees, many at the same second, and the same patients again and again."""
    chance, patients = Random(6), a.numbers(9)
    units = (a.UNIT, a.UNIT, a.OTHER_UNIT)
    for user in USERS:
        times = [SUMMER + chance.randrange(0, 7200, 20) for _ in range(60)]
        more = [{"user": user, "unit": chance.choice(units)} for _ in times]
        stored(storage, *((chance.choice(patients), at, one) for at, one in zip(times, more, strict=True)))
    for limits, unit in product(CROWDS, ("", a.UNIT)):
        wanted = replace(WHOLE, since=SUMMER + 600, until=SUMMER + 6600, unit=unit, limits=limits)
        whole = portion(storage, selection=wanted, count=1000)
        expected = crowded(whole, limits)
        assert expected
        for since, until in ((0, 2 * SUMMER), (SUMMER + 1200, SUMMER + 1300), (SUMMER + 3000, SUMMER + 5000)):
            asked = {one.id for one in whole if since <= one.at <= until}
            assert in_crowds(storage, wanted, whole, since, until) == expected & asked


def test_what_was_counted_is_one_reviews_and_goes_with_it_and_with_the_patient(storage):
    days = ((each, SUMMER + day * DAY, {}) for day in range(3) for each in (a.PATIENT, a.OTHER_PATIENT))
    stored(storage, *days)
    counted(storage)
    counted(storage, review="other")
    assert len([one for one in portion(storage) if one.returning]) == 6
    assert not any(one.returning for one in portion(storage, review="none"))
    storage.commit(Effects((ForgetReturning("other"),)))
    assert not any(one.returning for one in portion(storage, review="other"))
    storage.commit(Effects((ForgetPerson(storage.patient(a.PATIENT), SUMMER),)))
    assert len(portion(storage)) == len([one for one in portion(storage) if one.returning]) == 3


# --- what is due


def test_reviews_that_are_drawn_are_found_whoever_they_are_of_and_so_are_those_overdue(storage):
    now = storage.clock()
    asked = Review("g1", WHOLE, "p-asta", now - 9, drawing=Drawing(), due=now)
    drawn = replace(asked, id="g2", drawing=None)
    later = replace(drawn, id="g3", due=now + 1)
    storage.commit(Effects(tuple(SaveReview(each) for each in (asked, drawn, later))))
    assert storage.log_reviews_drawing(9) == (asked,)
    assert storage.log_reviews_overdue(9) == (drawn,)
    assert {one.id for one in storage.log_reviews_running(a.PROVIDER)} == {"g1", "g2", "g3"}
    assert storage.log_reviews(a.PROVIDER, state="drawing").rows == (asked,)
    assert storage.log_reviews(a.PROVIDER, state="open").total == 3
    signed = replace(drawn, reported_at=now)
    storage.commit(Effects((SaveReview(signed, drawn),)))
    assert storage.log_reviews_overdue(9) == ()
    assert storage.log_reviews(a.PROVIDER, state="reported").rows == (signed,)


def test_what_is_due_is_read_on_from_the_last_that_was_seen(storage):
    now = storage.clock()
    times = (now - 2, now - 1, now - 1, now)
    asked = [Review(f"g{n}", WHOLE, "p-asta", at, drawing=Drawing()) for n, at in enumerate(times)]
    late = [Review(f"h{n}", WHOLE, "p-asta", 1, due=at) for n, at in enumerate(times)]
    reminded = replace(late[0], id="h9", reminded_at=now)
    plans = [
        ReviewPlan(f"p{n}", WHOLE, 1, Interval.WEEKS, f"2026-01-0{day}", 7, "p-asta", 1)
        for n, day in enumerate((1, 2, 2, 3))
    ]
    storage.commit(Effects((*map(SaveReview, (*asked, *late, reminded)), *map(SavePlan, plans))))
    for read, all_ in (
        (storage.log_reviews_drawing, asked),
        (storage.log_reviews_overdue, late),
        (storage.review_plans_due, plans),
    ):
        assert list(read(9)) == all_
        for n, last in enumerate(all_):
            assert list(read(2, last)) == all_[n + 1 : n + 3]


def test_a_plan_is_due_on_its_day_until_it_ends(storage):
    day = datetime.fromtimestamp(storage.clock(), ZoneInfo("Europe/Stockholm")).date()
    plan = ReviewPlan("p1", WHOLE, 1, Interval.WEEKS, day.isoformat(), 7, "p-asta", storage.clock())
    next_day = replace(plan, id="p2", first=(day + timedelta(days=1)).isoformat())
    storage.commit(Effects((SavePlan(plan), SavePlan(next_day))))
    assert storage.review_plans_due(9) == (plan,)
    storage.commit(Effects((SavePlan(plan.asked(), plan),)))
    assert storage.review_plans_due(9) == ()
    ended = next_day.ended("p-birk", 1)
    storage.commit(Effects((SavePlan(ended, next_day),)))
    assert storage.review_plan("p2") == ended
    assert storage.review_plans(a.PROVIDER, state="ended").rows == (ended,)
    assert storage.review_plans(a.PROVIDER).total == 2
