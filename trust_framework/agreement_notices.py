"""What the parties of sharing agreements are told: ahead of the day on which something stops, or when it waits for them.

What an agreement is, and what holds, is `agreements`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from trust_framework.agreements import GRACE, YEAR, Agreement, AnyAgreement, SharingAgreement, Standing
from trust_framework.days import DAY

NOTICE: Final = 60 * DAY
"""How long ahead the parties are told of what will stop."""

EVER: Final = 2**62


class NoticeKind(StrEnum):
    """What the parties are told of, ahead of the day or when it has come."""

    EXPIRES = "expires"
    REVIEW = "review"
    CONTACT = "contact"
    SIGNATURES = "signatures"
    SUSPENDED = "suspended"
    EXTRA_ENDS = "extra-ends"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a party should do about an agreement, and when it stops otherwise. `org`: only that party."""

    agreement: str
    kind: NoticeKind
    at: int
    org: str = ""
    services: frozenset[str] = frozenset()


def notices(agreements: Iterable[AnyAgreement], now: int) -> tuple[Notice, ...]:
    """What is to be told now, the soonest first."""
    found = (notice for agreement in agreements for notice in _notices(agreement, now))
    return tuple(sorted(found, key=lambda notice: (notice.at, notice.agreement, notice.kind, notice.org)))


def _notices(agreement: AnyAgreement, now: int) -> Iterator[Notice]:
    soon = now + NOTICE
    if isinstance(agreement, Agreement):
        if now < agreement.valid_until <= soon:
            yield Notice(agreement.id, NoticeKind.EXPIRES, agreement.valid_until, services=agreement.services)
        return
    if agreement.proposed:
        for org in agreement.unsigned_by(agreement.proposed):
            yield Notice(agreement.id, NoticeKind.SIGNATURES, agreement.proposed.valid_from, org)
    for at, org, kind in _ahead(agreement, now):
        if at <= soon:
            yield Notice(agreement.id, kind, at, org, agreement.reach)


def _ahead(agreement: SharingAgreement, now: int) -> Iterator[tuple[int, str, NoticeKind]]:
    """Everything of a signed agreement that has a day, until it has expired or ended."""
    terms, standing = agreement.in_force(now), agreement.standing(now)
    if terms not in agreement.signed or standing in {Standing.EXPIRED, Standing.ENDED}:
        return
    yield terms.valid_until, "", NoticeKind.EXPIRES
    yield agreement.review_due(now), "", NoticeKind.REVIEW
    for org, at in agreement.confirmations_due(now):
        yield at, org, NoticeKind.CONTACT
    for extra in agreement.extras:
        if extra.goes(now):
            yield extra.until, "", NoticeKind.EXTRA_ENDS
    for stop in agreement.suspensions:
        if stop.resumed_at is None:
            yield stop.at, "", NoticeKind.SUSPENDED
    for leave in agreement.leaves:
        if not leave.complete:
            yield leave.at, leave.org, NoticeKind.LEAVING


def told_between(agreement: AnyAgreement) -> tuple[int, int]:
    """From when, and until when, something of an agreement may have to be told as it stands now: before and after, `notices`
    has nothing of it. Lets those that need nobody be passed over unread.
    """
    if isinstance(agreement, Agreement):
        return agreement.valid_until - NOTICE, agreement.valid_until
    if agreement.proposed:
        return 0, EVER
    first = 0 if _under_way(agreement) else min(_days(agreement)) - NOTICE
    return first, max(terms.valid_until for terms in agreement.signed) + GRACE


def _under_way(agreement: SharingAgreement) -> bool:
    stopped = any(stop.resumed_at is None for stop in agreement.suspensions)
    return stopped or any(not leave.complete for leave in agreement.leaves)


def _days(agreement: SharingAgreement) -> Iterator[int]:
    """Days of an agreement whose newest version is signed, none of them later than it is told of."""
    reviewed = [one.at + YEAR for one in agreement.reviews]
    for terms in agreement.signed:
        yield from (terms.valid_until, max((terms.review_at, *reviewed)))
    yield from (contact.confirmed_at + YEAR for contact in agreement.contacts)
    yield from (extra.at for extra in agreement.extras)
