"""Codes that a patient shares with who asks: made for the patient by a system that reaches them, entered by the one they are for.

The system that asks never gets the code, and the one that makes it never enters it. Nothing is kept of a code but its keyed hash;
a new one takes the place of the last. What makes a code good is `trust_framework.access_facts`.
"""

import secrets
from dataclasses import dataclass, replace
from typing import Final

from broker.care import access_facts, acts
from broker.care.access_facts import Kept
from broker.care.acts import ActWish
from broker.care.calling import Caller, CallerKind, CareRefused, CareServices, Done, ResultCode
from trust_framework.access_facts import CODE_SECONDS, CODE_TRIES, AccessFact, Eyes, code_refusal, right_code
from trust_framework.care import Act, Staff

DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class MadeCode:
    """A code for the patient's eyes alone, and when it is too old."""

    code: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Entered:
    """The fact after a code was entered; `refusal` says why that did not open anything, empty when it did. A wrong code is
    counted, so it is committed as any other.
    """

    fact: AccessFact
    refusal: str = ""


def make(id: str, who: Caller, on: CareServices, now: int) -> Done[MadeCode]:
    """Make a code, to be sent to the patient's own number or shown to the patient alone."""
    kept = _waiting(id, who, on)
    if who.kind is not CallerKind.CLIENT or who.client == kept.fact.via:
        raise CareRefused(ResultCode.ACCESSDENIED, "same-system")
    if kept.fact.confirmed is not None:
        raise CareRefused(ResultCode.INVALIDSTATE, "code-used", "id")
    if kept.fact.tries >= CODE_TRIES:
        raise CareRefused(ResultCode.INVALIDSTATE, "too-many-tries", "id")
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    after = replace(kept.fact, code=on.store.access_code(kept.fact.id, code), code_at=now)
    by = Act(now, Staff(""), now, Staff(""))
    effects = access_facts.moved("code-made", kept, after, by, who).effects
    return Done(MadeCode(code, now + CODE_SECONDS), effects)


def enter(id: str, code: str, why: ActWish, who: Caller, on: CareServices, now: int) -> Done[Entered]:
    """Enter the code that the patient shared. Raises CareRefused where none could be right."""
    kept = _waiting(id, who, on)
    entered = acts.act(why, who, now)
    refusal = code_refusal(kept.fact, kept.kind, entered.registered_by.employee, who.client, now)
    if refusal is not None:
        raise CareRefused(ResultCode.INVALIDSTATE, refusal, "code")
    if not right_code(kept.fact, on.store.access_code(kept.fact.id, code.strip())):
        return _wrong(kept, entered, who)
    return _right(kept, entered, who, on, now)


def _waiting(id: str, who: Caller, on: CareServices) -> Kept:
    kept = access_facts.found(id, who, on)
    if kept.kind.begun is not Eyes.CODE:
        raise CareRefused(ResultCode.INVALIDSTATE, "no-code-needed", "id")
    return kept


def _wrong(kept: Kept, entered: Act, who: Caller) -> Done[Entered]:
    after = replace(kept.fact, tries=kept.fact.tries + 1)
    done = access_facts.moved("code-tried", kept, after, entered, who)
    return Done(Entered(after, "code-wrong"), done.effects)


def _right(kept: Kept, entered: Act, who: Caller, on: CareServices, now: int) -> Done[Entered]:
    until = None if kept.kind.lasts is None else now + kept.kind.lasts
    after = replace(kept.fact, confirmed=entered, until=until, code="")
    seen = access_facts.judged(replace(kept, fact=after), on, now)
    done = access_facts.moved("code-entered", kept, after, entered, who, seen)
    return Done(Entered(after), done.effects)
