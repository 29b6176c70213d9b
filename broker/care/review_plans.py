"""Plans of log review in service: entered, ended, and a review asked for when one is due; the provider's log reviewers are told.

What a plan is, and when it is due, is `trust_framework.review_plans`'s.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from broker.audit.review_events import ReviewPlanned, ReviewTold
from broker.care.calling import Caller, CallerKind, CareRefused, Done, ResultCode
from broker.care.filings import ReviewServices
from broker.care.review_values import SavePlan, SaveReview
from broker.care.reviews import ask, checked
from broker.login.effects import Effects
from broker.login.mail import KeepMail, Mail
from trust_framework.care import CareProvider
from trust_framework.days import day_of
from trust_framework.log_drawing import Selection
from trust_framework.review_plans import Interval, ReviewPlan
from trust_framework.review_report import Review

MOST_RUNNING: Final = 20
"""Plans of one provider that run at the same time."""

MOST_EVERY: Final = 60
MOST_DAYS: Final = 366
SYSTEM: Final = Caller(CallerKind.SYSTEM, client="jobs")

Words = tuple[str, str]
SUBJECTS: Final[dict[str, Words]] = {
    "asked": ("Loggen ska granskas", "The log is to be reviewed"),
    "overdue": ("Logggranskningen är försenad", "The log review is overdue"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """How often, from which day on, of how many days before it."""

    every: int
    interval: Interval
    first: date
    days: int


def make(wish: Wish, selection: Selection, who: Caller, on: ReviewServices, now: int) -> Done[ReviewPlan]:
    """Enter a plan."""
    wanted = checked(selection, who, on)
    if not 0 < wish.every <= MOST_EVERY or not 0 < wish.days <= MOST_DAYS:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "bad-plan", "every")
    if wish.first < day_of(now):
        raise CareRefused(ResultCode.VALIDATION_ERROR, "plan-past", "first")
    if on.store.review_plans(wanted.provider, count=1, state="runs").total >= MOST_RUNNING:
        raise CareRefused(ResultCode.INVALIDSTATE, "many-plans", "provider")
    plan = ReviewPlan(
        secrets.token_hex(16), wanted, wish.every, wish.interval, wish.first.isoformat(), wish.days, who.by, now
    )
    return Done(plan, Effects((SavePlan(plan),), (_planned(plan, "made", who, now),)))


def found(id: str, who: Caller, on: ReviewServices) -> ReviewPlan:
    """A plan of a provider that the caller acts for; another's is as missing as none."""
    there = on.store.review_plan(id)
    if there is None or not who.may_act_for(there.selection.provider):
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "plan")
    return there


def end(id: str, who: Caller, on: ReviewServices, now: int) -> Done[ReviewPlan]:
    """End a plan: it asks for no more. One that ended stays as it is."""
    plan = found(id, who, on)
    if plan.ended_at is not None:
        return Done(plan)
    after = plan.ended(who.by, now)
    return Done(after, Effects((SavePlan(after, plan),), (_planned(after, "ended", who, now),)))


def _planned(plan: ReviewPlan, act: str, who: Caller, now: int) -> ReviewPlanned:
    wanted = plan.selection
    return ReviewPlanned(
        at=now,
        reference=who.reference,
        plan=plan.id,
        provider=wanted.provider,
        act=act,
        every=plan.every,
        interval=plan.interval.value,
        first=plan.first,
        days=plan.days,
        percent=wanted.percent,
        most=wanted.most,
        unit=wanted.unit,
        rules=wanted.rules,
        by=who.by,
    )


# --- when one is due ----------------------------------------------------------------------------------------------------


def ask_due(plan: ReviewPlan, on: ReviewServices, now: int) -> Done[Review]:
    """Ask for the review that is due by a plan, and tell the provider's log reviewers. Raises CareRefused when the plan does not
    fit its provider any more.
    """
    done = ask(plan.looked_at(), SYSTEM, on, now, plan.id, plan.signed_by())
    review = done.result
    return Done(review, done.effects + Effects((SavePlan(plan.asked(), plan),)) + _told(review, "asked", on, now))


def remind(review: Review, on: ReviewServices, now: int) -> Effects:
    """Tell the provider's log reviewers that a review is overdue. Who tells them notes it: they are told once."""
    return Effects((SaveReview(replace(review, reminded_at=now), review),)) + _told(review, "overdue", on, now)


def _told(review: Review, act: str, on: ReviewServices, now: int) -> Effects:
    provider = on.register.provider(review.selection.provider)
    mail = _mail(review, act, provider, now) if provider and provider.review_contact else None
    event = ReviewTold(
        at=now, review=review.id, provider=review.selection.provider, act=act, mail=mail.id if mail else ""
    )
    return Effects((KeepMail(mail),) if mail else (), (event,))


def _mail(review: Review, act: str, provider: CareProvider, now: int) -> Mail:
    """Which review, of which days, until when: nothing of anybody in the log."""
    sv, en = (provider.names.get(language, provider.hsa_id) for language in ("sv", "en"))
    since, until = day_of(review.selection.since), day_of(review.selection.until)
    by = day_of((review.due or now) - 1)
    text = (
        f"{SUBJECTS[act][0]} hos {sv}: {since} – {until}. Rapporten ska vara signerad senast {by}.\n"
        f"Granskning: {review.id}\nLogga in på /granskning.\n\n"
        f"{SUBJECTS[act][1]} at {en}: {since} – {until}. The report is to be signed by {by}.\n"
        f"Review: {review.id}\nLog in at /granskning.\n"
    )
    subject = " / ".join(SUBJECTS[act])
    return Mail(secrets.token_hex(16), provider.org, (provider.review_contact,), subject, text, now, now)
