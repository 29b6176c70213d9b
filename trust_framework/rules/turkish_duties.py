"""What the Turkish regulation asks beside access: who may be named, who may correct what was recorded, and how long a dead
person's information is kept.

Each refusal is a code, None means that it may be done. The last two are for whoever keeps the information itself, which is a
record system and not tillit: nothing here calls them.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from trust_framework.care import Resource
from trust_framework.rules.turkish_facts import Authorisation

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
