"""Breaches in service: opened, described, told of, closed; what they are and may become is `trust_framework.breaches`'s."""

import secrets
from dataclasses import dataclass
from typing import Final

from broker.audit.review_events import BreachActed
from broker.care.calling import Caller, CareRefused, Done, ResultCode
from broker.care.filings import FilingStore, SaveBreach
from broker.login.effects import Effects
from trust_framework import breaches
from trust_framework.breaches import Breach, BreachAct, BreachFacts, BreachRefusal, BreachState

DEEDS: Final = {
    "notify": breaches.notify,
    "inform": breaches.inform,
    "exempt": breaches.exempt,
    "close": breaches.close,
}


@dataclass(frozen=True, slots=True)
class Known:
    """That somebody became aware of a breach, when, and what is known. `case` is the review case that it came from."""

    known_at: int
    facts: BreachFacts
    case: str = ""


def begin(known: Known, org: str, who: Caller, now: int) -> Done[Breach]:
    """Open a case; its clock runs from when somebody became aware, which is not later than now."""
    if not 0 < known.known_at <= now:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "future", "known_at")
    if not known.facts.what.strip():
        raise CareRefused(ResultCode.VALIDATION_ERROR, "no-reason", "what")
    opened = BreachAct(now, who.person, "opened")
    breach = Breach(secrets.token_hex(8), org, known.known_at, known.facts, (opened,), known.case)
    return _done(breach, None, who, now)


def found(id: str, org: str, store: FilingStore) -> Breach:
    """A member's breach; another's is as missing as none."""
    there = store.breach(id)
    if there is None or there.org != org:
        raise CareRefused(ResultCode.NOTFOUND, "unknown", "breach")
    return there


def describe(breach: Breach, facts: BreachFacts, who: Caller, now: int) -> Done[Breach]:
    """More is known."""
    return _kept(breaches.describe(breach, facts, who.person, now), breach, who, now)


def act(breach: Breach, what: str, words: str, who: Caller, now: int) -> Done[Breach]:
    """Tell the authority or the persons, decide that nobody need be told, or close. Raises CareRefused."""
    deed = DEEDS.get(what)
    if deed is None:
        raise CareRefused(ResultCode.VALIDATION_ERROR, "unknown-act", "what")
    return _kept(deed(breach, who.person, words, now), breach, who, now)


def _kept(after: Breach | BreachRefusal, before: Breach, who: Caller, now: int) -> Done[Breach]:
    if isinstance(after, BreachRefusal):
        raise CareRefused(ResultCode.INVALIDSTATE, after.value, "breach")
    return _done(after, before, who, now)


def _done(after: Breach, before: Breach | None, who: Caller, now: int) -> Done[Breach]:
    last = after.acts[-1]
    event = BreachActed(
        at=now,
        reference=who.reference,
        breach=after.id,
        org=after.org,
        act=last.what,
        risk=after.facts.risk.value,
        late=last.what == "notified" and before is not None and before.state is BreachState.OPEN and now > after.due,
        by=who.by,
    )
    return Done(after, Effects((SaveBreach(after, before),), (event,)))
