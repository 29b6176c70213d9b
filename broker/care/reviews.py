"""Reviews of a care provider's log in service: asked for, listed, reported and signed off.

Owns what may be asked for. How a review is drawn is `broker.care.review_drawing`'s; the rules and the sample are
`trust_framework`'s (`log_review`, `log_drawing`); the cases that come of it `broker.care.cases`'s.
"""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from broker.audit.review_events import ReviewAsked, ReviewReported, WatchChanged
from broker.care.calling import Caller, CareRefused, Done, ResultCode
from broker.care.filings import CasesAsked, ReviewServices, Unwatch, Watch
from broker.care.review_values import SaveReview
from broker.login.effects import Effects
from trust_framework.care import CareProvider
from trust_framework.identifiers import hsa_compare_form
from trust_framework.log_drawing import WHOLE, Drawing, Selection
from trust_framework.log_review import RULE_IDS
from trust_framework.review_cases import ReviewCase
from trust_framework.review_report import Report, Review, report

MOST_CASES: Final = 2_000
"""Cases that one review may open at most."""

MOST_DRAWING: Final = 10
"""Reviews of one provider that are drawn at the same time."""

LONGEST: Final = 366 * 86_400
_PAGE: Final = 500


# --- asking for one -----------------------------------------------------------------------------------------------------


def ask(
    selection: Selection, who: Caller, on: ReviewServices, now: int, plan: str = "", due: int | None = None
) -> Done[Review]:
    """Ask for a review, by a plan or by oneself: it is drawn in the background."""
    wanted = checked(selection, who, on)
    if on.store.log_reviews(wanted.provider, count=1, state="drawing").total >= MOST_DRAWING:
        raise CareRefused(ResultCode.INVALIDSTATE, "many-drawing", "provider")
    review = Review(secrets.token_hex(16), wanted, who.by, now, plan=plan, due=due, drawing=Drawing(at=wanted.since))
    event = ReviewAsked(
        at=now,
        reference=who.reference,
        review=review.id,
        provider=wanted.provider,
        unit=wanted.unit,
        since=wanted.since,
        until=wanted.until,
        percent=wanted.percent,
        rules=wanted.rules,
        most=wanted.most,
        plan=plan,
        by=who.by,
    )
    return Done(review, Effects((SaveReview(review),), (event,)))


def checked(selection: Selection, who: Caller, on: ReviewServices) -> Selection:
    """The selection with its ids as they are kept. Raises CareRefused."""
    provider = own(selection.provider, who, on)
    wanted = replace(selection, provider=provider.hsa_id, unit=hsa_compare_form(selection.unit))
    if not 0 <= wanted.until - wanted.since <= LONGEST:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "bad-period", "until")
    if wanted.unit and wanted.unit not in provider.units:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "unknown-unit", "unit")
    if not 0 <= wanted.percent <= WHOLE or not frozenset(wanted.rules) <= frozenset(RULE_IDS):
        raise CareRefused(ResultCode.VALIDATION_ERROR, "bad-selection", "percent")
    if not 0 < wanted.most <= MOST_CASES:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "bad-selection", "most")
    return wanted


def own(provider: str, who: Caller, on: ReviewServices) -> CareProvider:
    """A provider that the caller acts for. Raises CareRefused."""
    found = on.register.provider(provider)
    if found is None or not who.may_act_for(found.hsa_id):
        raise CareRefused(ResultCode.NOTFOUND, "unknown-provider", "provider")
    return found


# --- reading and reporting ------------------------------------------------------------------------------------------------


def found(id: str, who: Caller, on: ReviewServices) -> Review:
    """A review of a provider that the caller acts for; another's is as missing as none."""
    there = on.store.log_review(id)
    if there is None or not who.may_act_for(there.selection.provider):
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "review")
    return there


def reported(review: Review, on: ReviewServices) -> Report:
    """The review in numbers, as its cases are now."""
    return report(review, _cases(review, on))


def _cases(review: Review, on: ReviewServices) -> Iterator[ReviewCase]:
    asked = CasesAsked(review.selection.provider, review=review.id, count=_PAGE)
    while True:
        page = on.store.review_cases(asked)
        yield from (case for case, _ in page.rows)
        if page.next is None:
            return
        asked = replace(asked, after=page.next)


def sign_off(id: str, who: Caller, on: ReviewServices, now: int) -> Done[Report]:
    """The review is done: it is drawn, and every case has its outcome. The digest of the report is an event of the sealed log,
    which signs it.
    """
    review = found(id, who, on)
    if review.drawing is not None:
        raise CareRefused(ResultCode.INVALIDSTATE, "drawing", "review")
    if review.reported_at is not None:
        raise CareRefused(ResultCode.INVALIDSTATE, "reported-already", "review")
    told = reported(review, on)
    if told.open:
        raise CareRefused(ResultCode.INVALIDSTATE, "cases-open", str(told.open))
    after = replace(review, reported_at=now, reported_by=who.by, digest=told.digest)
    event = ReviewReported(
        at=now,
        reference=who.reference,
        review=id,
        provider=review.selection.provider,
        digest=told.digest,
        cases=review.drawn,
        suspected=told.by_outcome.get("suspected", 0),
        by=who.by,
    )
    return Done(replace(told, review=after), Effects((SaveReview(after, review),), (event,)))


# --- the watch list -------------------------------------------------------------------------------------------------------


def watch(person: str, provider: str, who: Caller, on: ReviewServices, now: int, *, off: bool = False) -> Done[None]:
    """Put a person on the provider's watch list, or take them off it."""
    of = own(provider, who, on).hsa_id
    change = Unwatch(of, person) if off else Watch(of, person, now, who.by)
    event = WatchChanged(
        at=now, reference=who.reference, provider=of, person=person, act="off" if off else "on", by=who.by
    )
    return Done(None, Effects((change,), (event,)))
