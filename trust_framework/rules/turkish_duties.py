"""What the Turkish regulation asks of those who keep and change the facts that its access rules read: named people, codes,
corrections, and how long a dead person's information is kept.

Each refusal is a code, None means that it may be done. The access rules use `standing_authorisations`; no register keeps the
other facts yet, so nothing else calls the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from trust_framework.care import Resource
from trust_framework.rules.turkish_facts import Authorisation

NAMED: Final = 3
"""How many people of a unit may be authorised (article 7(1))."""
CODE_SECONDS: Final = 300
CODE_TRIES: Final = 5
"""The regulation sets neither: IS-14 does."""
KEPT_YEARS: Final = 20
"""How long, at least, a dead person's information is kept (article 11(2))."""


def standing_authorisations(given: Iterable[Authorisation], unit: str, now: int) -> tuple[Authorisation, ...]:
    """Those of a unit that count: the first three in the order in which they were given, should there be more."""
    here = [each for each in given if each.unit == unit and each.stands(now)]
    return tuple(sorted(here, key=lambda each: (each.at, each.id))[:NAMED])


def authorisation_refusal(wanted: Authorisation, given: Iterable[Authorisation], now: int) -> str | None:
    """Why the head of a unit may not name one more."""
    others = standing_authorisations(given, wanted.unit, now)
    if not (wanted.unit and wanted.employee and wanted.named_by):
        return "name-missing"
    if wanted.employee == wanted.named_by:
        return "named-by-themselves"
    if any(each.employee == wanted.employee for each in others):
        return "already-authorised"
    return "unit-has-three" if len(others) >= NAMED else None


@dataclass(frozen=True, slots=True)
class SentCode:
    """A code that went to the number that the person gave, for one physician, patient and browser (article 6(5))."""

    physician: str
    patient: str
    browser: str
    sent_at: int
    tries: int = 0
    used_at: int | None = None


def code_refusal(code: SentCode, physician: str, patient: str, browser: str, now: int) -> str | None:
    """Why a code that is right may not be used: it is for one physician, patient and browser, once, and for five minutes."""
    if (code.physician, code.patient, code.browser) != (physician, patient, browser):
        return "code-of-somebody-else"
    if code.used_at is not None:
        return "code-used"
    if code.tries >= CODE_TRIES:
        return "too-many-tries"
    return None if code.sent_at <= now < code.sent_at + CODE_SECONDS else "code-too-old"


def correction_refusal(resource: Resource, provider: str, own_since: int) -> str | None:
    """Why a provider may not itself correct what was recorded: only what it recorded, and since the day that the directorate
    has set; the rest is the directorate's (article 13(3)).
    """
    if resource.provider != provider:
        return "not-the-originator"
    return None if resource.recorded.first >= own_since else "directorate-corrects"


def erasable_from(died: date) -> date:
    """The first day on which a dead person's information may be erased: a death on a leap day counts to the first of March."""
    try:
        return died.replace(year=died.year + KEPT_YEARS)
    except ValueError:
        return date(died.year + KEPT_YEARS, 3, 1)
