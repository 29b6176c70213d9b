"""What the Turkish regulation asks beside access: who may be named, and how long a dead person's information is kept.

That health information is corrected by whoever recorded it, or by the directorate (article 13(3)), is for whoever keeps it:
a record system, and not this.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from trust_framework.care import EVER
from trust_framework.days import midnight
from trust_framework.rules.turkish_facts import ZONE, Authorisation

NAMED: Final = 3
"""How many people of a unit may be authorised (article 7(1))."""
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


def erasable_from(died: date) -> date:
    """The first day on which a dead person's information may be erased: a death on a leap day counts to the first of March."""
    try:
        return died.replace(year=died.year + KEPT_YEARS)
    except ValueError:
        return date(died.year + KEPT_YEARS, 3, 1)


def kept_until(died: date | None) -> int:
    """From when on what is kept of a dead person may be erased: never while nobody says when they died."""
    return EVER if died is None else midnight(erasable_from(died), ZONE)
