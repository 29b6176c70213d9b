"""Types that the domains share, read out of a request: numbers, instants, who acts, what was done by whom.

A value that its schema lets through and that still means nothing refuses the call, with the field that it stood in.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from broker.care.acts import LATEST, ActWish
from broker.care.calling import CareRefused, ResultCode
from metadata.wire.soap import Fields
from trust_framework.care import CareActor, Period, Staff
from trust_framework.identifiers import Identifier

NATIONAL_TIME: Final = ZoneInfo("Europe/Stockholm")
"""In which an instant without an offset is meant (unverified: the contracts do not say)."""

SKEW: Final = 60
_TIME: Final = 10  # where it begins
_TRUE: Final = frozenset({"true", "1"})


def refused(field: str, reason: str) -> CareRefused:
    """A value that means nothing."""
    return CareRefused(ResultCode.VALIDATION_ERROR, reason, field)


def identifier(of: Fields, name: str) -> Identifier:
    """A person's number (IIType)."""
    found = of.need(name)
    return Identifier(found.text("root"), found.text("extension"))


def maybe_identifier(of: Fields, name: str) -> Identifier | None:
    """A number that may be left out."""
    return identifier(of, name) if of.child(name) else None


def instant(of: Fields, name: str) -> int:
    """xs:dateTime, which its schema has seen, as epoch seconds, fractions cut off."""
    try:
        return _epoch(of.text(name))
    except (ValueError, OverflowError) as error:
        raise refused(name, "no-instant") from error


@lru_cache(maxsize=4096)
def _epoch(text: str) -> int:
    """Kept, since what is asked about begins and ends at one instant as a rule, and is asked about again. Raises ValueError,
    OverflowError.
    """
    at = datetime.fromisoformat(text)
    if " " in text or text[_TIME : _TIME + 1] != "T":
        raise ValueError(text)
    return int((at if at.tzinfo else at.replace(tzinfo=NATIONAL_TIME)).timestamp() // 1)


def maybe_instant(of: Fields, name: str) -> int | None:
    """An instant that may be left out."""
    return instant(of, name) if name in of.values else None


def period(of: Fields, start: str, end: str) -> Period:
    """From the one to the other, either of which may be left out."""
    return Period(maybe_instant(of, start), maybe_instant(of, end))


def flag(of: Fields, name: str) -> bool:
    """xs:boolean."""
    return of.text(name) in _TRUE


def actor(of: Fields, name: str = "accessingActor") -> CareActor:
    """Who wants access (AccessingActorType), which says neither for what purpose nor in which commission."""
    found = of.need(name)
    return CareActor(found.text("employeeId"), found.text("careUnitId"), found.text("careProviderId"), purpose="")


def act(of: Fields, name: str, now: int, reason: str = "") -> ActWish:
    """Who asked for something and who entered it (ActionType). Its text, or the operation's own, is the reason."""
    found = of.need(name)
    if instant(found, "registrationDate") > now + SKEW:
        raise refused("registrationDate", "in-the-future")
    return ActWish(
        requested_at=instant(found, "requestDate"),
        requested_by=_staff(found, "requestedBy"),
        registered_by=_staff(found, "registeredBy"),
        reason=(of.text(reason) if reason else "") or found.text("reasonText"),
    )


def _staff(of: Fields, name: str) -> Staff:
    found = of.need(name)
    return Staff(found.text("employeeId"), found.text("assignmentId"), found.text("assignmentName"))


# --- and written -----------------------------------------------------------------------------------------------------------


def written_instant(at: int) -> str:
    """Epoch seconds as xs:dateTime in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def last_instant(at: int | None) -> int:
    """An end that its schema asks for; what has none ends with the calendar."""
    return LATEST if at is None else at


def written_flag(value: bool) -> str:  # the value itself
    """xs:boolean."""
    return "true" if value else "false"
