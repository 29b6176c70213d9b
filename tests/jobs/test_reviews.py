"""Plans of log review: a review is asked for when one is due, its reviewers are told, and told once more when it is overdue."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from broker.care import review_plans, reviews
from broker.care.calling import Caller, CallerKind, CareRefused, carried_out
from broker.care.filings import ReviewServices
from broker.care.review_plans import Wish
from broker.care.review_values import SavePlan, SaveReview
from broker.jobs import reviews as jobs
from broker.login.effects import Effects
from tests.support import care_values as a
from tests.support.reviewing import draw
from trust_framework.days import DAY, day_of, midnight
from trust_framework.log_drawing import Drawing, Selection
from trust_framework.review_plans import Interval, ReviewPlan
from trust_framework.review_report import Review

MAIL = "logg@example.se"
WANTED = Selection(a.PROVIDER, 0, 0, percent=3, rules=("own-record",), most=40)


class Office:
    """A store, a provider with an address of its log reviewers, and somebody who reviews."""

    def __init__(self, store, clock) -> None:
        self.store, self.clock = store, clock
        self.register = replace(a.register(), providers={a.PROVIDER: a.provider(review_contact=MAIL)})
        self.who = Caller(CallerKind.STAFF, "p-asta", "2321000016", providers=frozenset({a.PROVIDER}))

    @property
    def on(self) -> ReviewServices:
        return ReviewServices(self.store, self.register)

    def plan(self, wish=None, wanted=WANTED):
        wish = wish or Wish(1, Interval.WEEKS, day_of(self.clock.now) + timedelta(days=1), 7)
        return carried_out(
            lambda: review_plans.make(wish, wanted, self.who, self.on, self.clock.now), self.store
        ).result

    def run(self) -> None:
        jobs.ask(self.store, lambda: self.on)
        draw(self.store, self.register)
        jobs.remind(self.store, lambda: self.on)

    def reviews(self):
        return self.store.log_reviews(a.PROVIDER).rows

    def events(self, name):
        leaves = [*(row.leaf for row in self.store.log_rows()), *self.store.log_pending()]
        return [event for event in map(json.loads, leaves) if event["event"] == name]


@pytest.fixture
def office(sqlite_storage, clock):
    return Office(sqlite_storage, clock)


@pytest.mark.spec("HSLF-FS 2016:40", "4:9")
def test_a_review_is_asked_for_on_its_day_and_its_reviewers_are_told(office):
    plan = office.plan()
    office.run()
    assert office.reviews() == ()

    office.clock.now = plan.due
    office.run()

    (review,) = office.reviews()
    assert (review.plan, review.made_by, review.drawing) == (plan.id, "jobs", None)
    assert (review.selection.since, review.selection.until) == (plan.due - 7 * DAY, plan.due - 1)
    assert (review.selection.percent, review.selection.rules, review.selection.most) == (3, ("own-record",), 40)
    (mail,) = office.store.mails_due(9)
    assert mail.to == (MAIL,)
    assert "signerad senast" in mail.text
    assert "signed by" in mail.text
    assert a.PATIENT.value not in mail.text
    (told,) = office.events("care.review-told")
    assert (told["review"], told["act"], told["mail"]) == (review.id, "asked", mail.id)
    (asked,) = office.events("care.review-asked")
    assert (asked["plan"], asked["by"]) == (plan.id, "jobs")
    office.run()
    assert len(office.reviews()) == 1


def test_days_on_which_the_broker_stood_still_are_reviewed_all_the_same(office):
    plan = office.plan()
    office.clock.now = plan.due + 15 * DAY
    for _ in range(4):
        office.run()
    found = sorted((each.selection.since, each.selection.until) for each in office.reviews())
    assert len(found) == 3
    assert [since for since, _ in found[1:]] == [until + 1 for _, until in found[:-1]]


def test_a_review_that_is_not_signed_before_the_next_is_told_of_once_more(office):
    plan = office.plan()
    office.clock.now = plan.due
    office.run()
    (review,) = office.reviews()
    assert review.due == plan.due + 7 * DAY
    assert not review.overdue(review.due - 1)

    office.clock.now = review.due
    jobs.remind(office.store, lambda: office.on)
    jobs.remind(office.store, lambda: office.on)

    assert [event["act"] for event in office.events("care.review-told")] == ["asked", "overdue"]
    assert "försenad" in office.store.mails_due(9)[-1].text
    carried_out(lambda: reviews.sign_off(review.id, office.who, office.on, office.clock.now), office.store)
    assert not office.store.log_review(review.id).overdue(office.clock.now)


def test_where_there_is_nobody_to_write_to_it_is_recorded_that_it_was_due(office):
    office.register = replace(office.register, providers={a.PROVIDER: a.provider(review_contact="")})
    plan = office.plan()
    office.clock.now = plan.due
    office.run()
    assert office.store.mails_due(9) == ()
    assert [event.get("mail", "") for event in office.events("care.review-told")] == [""]


def test_a_plan_that_does_not_fit_its_provider_any_more_asks_for_nothing_and_stays_due(office):
    plan = office.plan(wanted=replace(WANTED, unit=a.UNIT))
    whole = office.register
    office.register = replace(whole, providers={a.PROVIDER: a.provider(units={})})
    office.clock.now = plan.due
    office.run()
    assert office.reviews() == ()
    office.register = whole
    office.run()
    assert len(office.reviews()) == 1


def test_a_plan_that_ended_asks_for_no_more(office):
    plan = office.plan()
    for _ in range(2):
        done = carried_out(lambda: review_plans.end(plan.id, office.who, office.on, office.clock.now), office.store)
    assert done.result.ended_by == "p-asta"
    office.clock.now = plan.due
    office.run()
    assert office.reviews() == ()
    assert [event["act"] for event in office.events("care.review-planned")] == ["made", "ended"]


TODAY = "today"
REFUSED = [
    (Wish(0, Interval.WEEKS, TODAY, 7), WANTED, "bad-plan"),
    (Wish(61, Interval.WEEKS, TODAY, 7), WANTED, "bad-plan"),
    (Wish(1, Interval.MONTHS, TODAY, 0), WANTED, "bad-plan"),
    (Wish(1, Interval.MONTHS, TODAY, 367), WANTED, "bad-plan"),
    (Wish(1, Interval.WEEKS, "yesterday", 7), WANTED, "plan-past"),
    (Wish(1, Interval.WEEKS, TODAY, 7), replace(WANTED, percent=101), "bad-selection"),
    (Wish(1, Interval.WEEKS, TODAY, 7), replace(WANTED, unit=a.FAR_UNIT), "unknown-unit"),
    (Wish(1, Interval.WEEKS, TODAY, 7), replace(WANTED, provider=a.OTHER_PROVIDER), "unknown-provider"),
]


@pytest.mark.parametrize(("wish", "wanted", "why"), REFUSED)
def test_a_plan_that_cannot_be_made_is_refused_and_leaves_nothing(office, wish, wanted, why):
    first = day_of(office.clock.now) - timedelta(days=wish.first == "yesterday")
    with pytest.raises(CareRefused) as refused:
        office.plan(replace(wish, first=first), wanted)
    assert refused.value.reason == why
    assert office.store.review_plans(a.PROVIDER).rows == ()


def test_so_many_plans_run_at_a_time(office, monkeypatch):
    monkeypatch.setattr(review_plans, "MOST_RUNNING", 1)
    office.plan()
    with pytest.raises(CareRefused, match="many-plans"):
        office.plan()


def test_another_providers_plan_is_as_missing_as_none(office):
    plan = office.plan()
    others = replace(office.who, providers=frozenset({a.OTHER_PROVIDER}))
    for id_, who in ((plan.id, others), ("none", office.who)):
        with pytest.raises(CareRefused, match="NOTFOUND"):
            review_plans.end(id_, who, office.on, office.clock.now)


# --- what cannot be done is in nobody's way


def gone(office, count: int) -> None:
    """So many reviews and plans of a provider that left the register, all due before anybody else's."""
    left = replace(WANTED, provider=a.OTHER_PROVIDER, since=1, until=2)
    drawn = [Review(f"g{n}", left, "p-birk", 1, drawing=Drawing()) for n in range(count)]
    plans = [ReviewPlan(f"g{n}", left, 1, Interval.WEEKS, "2026-01-05", 7, "p-birk", 1) for n in range(count)]
    office.store.commit(Effects((*map(SaveReview, drawn), *map(SavePlan, plans))))


def test_a_review_is_drawn_behind_others_that_cannot_be(office, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    monkeypatch.setattr(jobs, "PAGE", 2)
    gone(office, 5)
    asked = carried_out(
        lambda: reviews.ask(replace(WANTED, until=9), office.who, office.on, office.clock.now), office.store
    ).result
    jobs.draw(office.store, lambda: office.on)
    assert office.store.log_review(asked.id).seed
    assert not office.store.log_review("g0").seed


def test_so_many_reviews_have_a_turn_at_once_the_oldest_first(office, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    asked = [Review(f"r{n}", replace(WANTED, until=9), "p-asta", 9 - n, drawing=Drawing()) for n in range(3)]
    office.store.commit(Effects(tuple(map(SaveReview, asked))))
    jobs.draw(office.store, lambda: office.on)
    assert [bool(office.store.log_review(each.id).seed) for each in asked] == [False, True, True]


def test_a_plan_is_carried_out_behind_others_that_fit_their_provider_no_more(office, monkeypatch):
    monkeypatch.setattr(jobs, "PAGE", 2)
    gone(office, 5)
    plan = office.plan()
    office.clock.now = plan.due
    jobs.ask(office.store, lambda: office.on)
    assert [each.plan for each in office.reviews()] == [plan.id]


def test_a_review_that_was_told_of_is_not_read_again_and_the_next_is_told_of(office, monkeypatch):
    monkeypatch.setattr(jobs, "PAGE", 2)
    late = [Review(f"r{n}", replace(WANTED, until=9), "jobs", 1, drawn_at=2, due=n + 3) for n in range(5)]
    office.store.commit(Effects(tuple(map(SaveReview, late))))
    jobs.remind(office.store, lambda: office.on)
    assert [event["review"] for event in office.events("care.review-told")] == [each.id for each in late]
    assert office.store.log_reviews_overdue(9) == ()
    assert len(office.store.log_reviews_running(a.PROVIDER)) == office.store.log_reviews(a.PROVIDER, state="open").total
    assert all(each.overdue(office.clock.now) for each in office.reviews())


def test_a_review_that_is_signed_while_it_is_told_of_is_not_told_of(office, monkeypatch):
    late = Review("r1", replace(WANTED, until=9), "jobs", 1, drawn_at=2, due=3)
    office.store.commit(Effects((SaveReview(late),)))
    stale = office.store.log_reviews_overdue(9)
    carried_out(lambda: reviews.sign_off("r1", office.who, office.on, office.clock.now), office.store)
    monkeypatch.setattr(office.store, "log_reviews_overdue", lambda _, after=None: () if after else stale)
    jobs.remind(office.store, lambda: office.on)
    assert office.events("care.review-told") == []
    assert office.store.log_review("r1").reported_at


def test_two_nodes_ask_for_one_review(office):
    plan = office.plan()
    office.clock.now = midnight(plan.next)
    first = review_plans.ask_due(plan, office.on, office.clock.now).effects
    second = review_plans.ask_due(plan, office.on, office.clock.now).effects
    office.store.commit(first)
    with pytest.raises(Exception, match="care-review-plan"):
        office.store.commit(Effects(second.changes, second.events))
    assert len(office.reviews()) == 1
