"""Named people, codes, corrections and keeping, after the Turkish regulation."""

from datetime import date

import pytest

from tests.support.care import NOW, OTHER_PROVIDER, PROVIDER, foreign, resource
from trust_framework.care import Period
from trust_framework.rules.turkish_duties import (
    authorisation_refusal,
    correction_refusal,
    erasable_from,
    standing_authorisations,
)
from trust_framework.rules.turkish_facts import Authorisation

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


@pytest.mark.spec(REGULATION, "13(3)")
@pytest.mark.parametrize(
    ("row", "by", "code"),
    [
        (resource(recorded=Period(NOW, NOW)), PROVIDER, None),
        (resource(recorded=Period(NOW - 1, NOW)), PROVIDER, "directorate-corrects"),
        (resource(recorded=Period(None, NOW)), PROVIDER, "directorate-corrects"),
        (foreign(recorded=Period(NOW, NOW)), PROVIDER, "not-the-originator"),
        (foreign(recorded=Period(NOW, NOW)), OTHER_PROVIDER, None),
    ],
)
def test_who_recorded_it_corrects_it_from_the_directorates_day_on(row, by, code):
    assert correction_refusal(row, by, NOW) == code


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
