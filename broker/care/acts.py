"""Who asked for an entry and who made it, out of what the caller said and of who the caller is (Action of the contracts)."""

from dataclasses import dataclass
from typing import Final

from broker.care import providers
from broker.care.calling import Caller, CallerKind, CareRefused, ResultCode
from trust_framework.care import Act, Staff

LONGEST_REASON: Final = 1024
LONGEST_NAME: Final = 256
SKEW: Final = 60
"""Seconds that a caller's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class ActWish:
    """What the caller says of an act: when and by whom it was asked for, by whom entered, and why. All may be left out by
    staff and patients, who are known; a system names the employee that entered it.
    """

    requested_at: int | None = None
    requested_by: Staff | None = None
    registered_by: Staff | None = None
    reason: str = ""


def act(wish: ActWish, who: Caller, now: int) -> Act:
    """The act. Raises CareRefused."""
    if len(wish.reason) > LONGEST_REASON:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "reason-too-long", "reason")
    requested_at = now if wish.requested_at is None else instant(wish.requested_at, "requested_at")
    if requested_at > now + SKEW:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "in-the-future", "requested_at")
    registered_by = _registered_by(wish, who)
    requested_by = registered_by if wish.requested_by is None else _staff(wish.requested_by, "requested_by")
    return Act(requested_at, requested_by, now, registered_by, wish.reason)


def patients_own(reason: str, now: int) -> Act:
    """An act of the patient's, by whatever service they did it: no employee entered it."""
    return Act(now, Staff(""), now, Staff(""), reason)


def needs_reason(wish: ActWish) -> None:
    """See that somebody says why: an emergency is looked at by another person (threats CB-05)."""
    if not wish.reason.strip():
        raise CareRefused(ResultCode.VALIDATION_ERROR, "no-reason", "reason")


def _registered_by(wish: ActWish, who: Caller) -> Staff:
    if who.kind in {CallerKind.STAFF, CallerKind.PATIENT}:
        return who.staff
    if wish.registered_by is None:
        if who.kind is CallerKind.SYSTEM:
            return who.staff
        raise CareRefused(ResultCode.VALIDATION_ERROR, "no-actor", "registered_by")
    return _staff(wish.registered_by, "registered_by")


def _staff(named: Staff, field: str) -> Staff:
    if len(named.assignment_name) > LONGEST_NAME:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "name-too-long", field)
    assignment = providers.hsa(named.assignment, field) if named.assignment else ""
    return Staff(providers.hsa(named.employee, field), assignment, named.assignment_name)


EARLIEST: Final = -5_364_662_400  # 1800-01-01
LATEST: Final = 253_402_300_799  # 9999-12-31


def instant(value: int, field: str) -> int:
    """An instant that a calendar has. Raises CareRefused."""
    if not EARLIEST <= value <= LATEST:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "no-instant", field)
    return value


def evidence(entered: Act) -> dict[str, str]:
    """Who acted, by HSA-id, for an event's sealed evidence."""
    named = {"registered_by": entered.registered_by.employee, "requested_by": entered.requested_by.employee}
    return {name: employee for name, employee in named.items() if employee}
