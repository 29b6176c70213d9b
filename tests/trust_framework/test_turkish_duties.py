"""Named people, and the keeping of what is about the dead, after the Turkish regulation."""

from datetime import date

import pytest

from tests.support import care_values as a
from tests.support.care import NOW
from trust_framework.care import EVER
from trust_framework.days import midnight
from trust_framework.rules import SETS
from trust_framework.rules.turkish_duties import (
    authorisation_refusal,
    erasable_from,
    kept_until,
    standing_authorisations,
)
from trust_framework.rules.turkish_facts import ZONE, Authorisation

REGULATION = "Regulation on Personal Health Data"


def named(employee, **changed):
    return Authorisation(**{"id": employee, "unit": "u", "employee": employee, "named_by": "head", "at": 0, **changed})


@pytest.mark.spec(REGULATION, "7(1)")
@pytest.mark.parametrize(
    ("wanted", "given", "code"),
    [
        (named("a"), (), None),
        (named("c"), (named("a"), named("b")), None),
        (named("d"), (named("a"), named("b"), named("c")), "unit-has-three"),
        (named("d"), (named("a"), named("b"), named("c", revoked_at=NOW)), None),
        (named("d"), (named("a"), named("b"), named("c", revoked_at=NOW + 1)), "unit-has-three"),
        (named("d"), (named("a"), named("b"), named("c", unit="v")), None),
        (named("a"), (named("a"),), "already-authorised"),
        (named("a"), (named("a", revoked_at=NOW),), None),
        (named("head"), (), "named-by-themselves"),
        (named("a", named_by=""), (), "name-missing"),
        (named(""), (), "name-missing"),
        (named("a", unit=""), (), "name-missing"),
    ],
)
def test_a_head_names_three_people_of_a_unit_at_most(wanted, given, code):
    assert authorisation_refusal(wanted, given, NOW) == code


@pytest.mark.spec(REGULATION, "7(1)")
def test_of_four_that_were_given_at_once_the_first_three_count():
    given = [named("d", at=5), named("c", at=5), named("b", at=4), named("a", at=5)]
    assert [each.employee for each in standing_authorisations(given, "u", NOW)] == ["b", "a", "c"]
    assert standing_authorisations(reversed(given), "u", NOW) == standing_authorisations(given, "u", NOW)


@pytest.mark.spec(REGULATION, "11(2)")
@pytest.mark.parametrize(
    ("died", "first"),
    [
        (date(2000, 1, 1), date(2020, 1, 1)),
        (date(2004, 2, 29), date(2024, 2, 29)),
        (date(2080, 2, 29), date(2100, 3, 1)),
    ],
)
def test_a_dead_persons_information_is_kept_for_twenty_years(died, first):
    assert erasable_from(died) == first
    assert kept_until(died) == midnight(first, ZONE)


def death(day, **changed):
    told = {"rules": "tr", "kind": "death", "says": {"day": day}, "until": None, "confirmed": a.act(), **changed}
    return a.fact(**told)


VISIT = a.fact(rules="tr", kind="visit")


@pytest.mark.spec(REGULATION, "11(2)")
@pytest.mark.parametrize(
    ("facts", "deceased", "until"),
    [
        ((VISIT,), False, 0),
        ((VISIT,), True, EVER),
        ((VISIT, death("2004-02-29")), False, midnight(date(2024, 2, 29), ZONE)),
        ((VISIT, death("2004-02-29")), True, midnight(date(2024, 2, 29), ZONE)),
        ((death("2004-02-29"), death("2004-03-01")), True, midnight(date(2024, 3, 1), ZONE)),
        ((death("2004-02-29", until=NOW, ended=a.act()),), True, EVER),
        ((death("2004-02-29", confirmed=None),), True, EVER),
    ],
)
def test_the_day_of_death_says_how_long_and_without_one_it_is_for_ever(facts, deceased, until):
    assert SETS["tr"].kept_until(facts, deceased) == until
