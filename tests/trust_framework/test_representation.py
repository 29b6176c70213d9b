"""Who may act for whom, by age, by power, by protection: tables of cases."""

from datetime import date

import pytest

from trust_framework.days import midnight
from trust_framework.representation import (
    EVERYTHING,
    AgeRules,
    Deed,
    Kind,
    Representation,
    Represented,
    Why,
    age,
    own_deeds,
    own_standing,
    standing,
    turns,
)

RULES = AgeRules()
NOW = midnight(date(2026, 11, 25)) + 3600


def at(day: str) -> int:
    """The first second of a day in Sweden."""
    return midnight(date.fromisoformat(day))


def guardian(**changes: object) -> Representation:
    return Representation("r", "alva", "anna", **{"kind": Kind.GUARDIAN, **changes})


def power(**changes: object) -> Representation:
    return Representation("r", "bo", "anna", **{"kind": Kind.POWER, **changes})


def child(born: str = "2017-05-01", **changes: object) -> Represented:
    return Represented("alva", born, **changes)


@pytest.mark.parametrize(
    ("born", "day", "years"),
    [
        ("2013-11-25", "2026-11-24", 12),
        ("2013-11-25", "2026-11-25", 13),
        ("2010-11-25", "2026-11-24", 15),
        ("2010-11-25", "2026-11-25", 16),
        ("2012-02-29", "2025-02-27", 12),
        ("2012-02-29", "2025-02-28", 13),
        ("2012-02-29", "2028-02-28", 15),
        ("2012-02-29", "2028-02-29", 16),
        ("2026-11-25", "2026-11-25", 0),
        ("", "2026-11-25", None),
        ("2026-02-30", "2026-11-25", None),
    ],
)
def test_a_birthday_counts_from_its_first_second_in_sweden(born: str, day: str, years: int | None) -> None:
    assert age(born, at(day)) == years
    assert age(born, at(day) + 86_399 - 3600) == years


def test_the_second_before_a_birthday_is_still_the_year_before() -> None:
    assert (age("2013-11-25", at("2026-11-25") - 1), age("2013-11-25", at("2026-11-25"))) == (12, 13)


@pytest.mark.parametrize(
    ("born", "years", "day"),
    [("2013-11-25", 13, "2026-11-25"), ("2012-02-29", 13, "2025-02-28"), ("2012-02-29", 16, "2028-02-29")],
)
def test_the_day_on_which_somebody_turns_so_old(born: str, years: int, day: str) -> None:
    assert turns(born, years) == date.fromisoformat(day)
    assert turns("", years) is None


CASES = [
    ("a guardian of a child of nine", guardian(), child(), Why.HOLDS),
    ("a guardian the day before thirteen", guardian(), child("2013-11-26"), Why.HOLDS),
    ("a guardian on the day of thirteen", guardian(), child("2013-11-25"), Why.TOO_OLD),
    ("a guardian of somebody grown up", guardian(), child("1990-01-01"), Why.TOO_OLD),
    ("a guardian after a decision in the case", guardian(despite_age=True), child("2011-01-01"), Why.HOLDS),
    ("a guardian of whom nobody knows the age", guardian(), child(""), Why.AGE_UNKNOWN),
    ("decided in the case, age unknown", guardian(despite_age=True), child(""), Why.HOLDS),
    ("a protected child", guardian(), child(protected=True), Why.PROTECTED),
    ("a protected child, decided in the case", guardian(despite_age=True), child(protected=True), Why.PROTECTED),
    ("a child that has died", guardian(), child(deceased=True), Why.DECEASED),
    ("a guardian that is none yet", guardian(start=NOW + 1), child(), Why.NOT_BEGUN),
    ("a guardian from this second on", guardian(start=NOW), child(), Why.HOLDS),
    ("a guardian that was", guardian(until=NOW), child(), Why.ENDED),
    ("a guardian for a second yet", guardian(until=NOW + 1), child(), Why.HOLDS),
    ("a guardian taken back", guardian(revoked_at=NOW - 1), child(), Why.REVOKED),
    ("a power", power(until=NOW + 9), Represented("bo", "1940-01-01"), Why.HOLDS),
    ("a power for somebody protected", power(), Represented("bo", "1940-01-01", protected=True), Why.HOLDS),
    ("a power that has run out", power(until=NOW - 1), Represented("bo", "1940-01-01"), Why.ENDED),
    ("a power that was taken back", power(revoked_at=1), Represented("bo", "1940-01-01"), Why.REVOKED),
    ("a power that was declined", power(revoked_at=1, declined=True), Represented("bo", "1940-01-01"), Why.DECLINED),
    ("a power of the dead", power(), Represented("bo", "1940-01-01", deceased=True), Why.DECEASED),
    ("a power whose giver's age is not known", power(), Represented("bo"), Why.HOLDS),
]


@pytest.mark.spec("1177 Journalen", "age rules")
@pytest.mark.parametrize(("one", "about", "why"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_a_representation_holds_or_says_why_not(one: Representation, about: Represented, why: Why) -> None:
    assert standing(one, about, RULES, NOW) is why


def test_ages_are_data() -> None:
    older = AgeRules(guardian_until=15, self_from=15)
    assert standing(guardian(), child("2012-01-01"), older, NOW) is Why.HOLDS
    assert own_standing(child("2011-11-25"), (), older, NOW) is Why.HOLDS


OWN = Representation("o", "alva", "alva", Kind.OWN)
OWN_CASES = [
    ("a grown-up", child("1990-01-01"), (), Why.HOLDS),
    ("on the day of sixteen", child("2010-11-25"), (), Why.HOLDS),
    ("the day before", child("2010-11-26"), (), Why.TOO_YOUNG),
    ("thirteen: neither the guardian nor the child", child("2013-01-01"), (), Why.TOO_YOUNG),
    ("let in early", child("2012-01-01"), (OWN,), Why.HOLDS),
    (
        "let in early once",
        child("2012-01-01"),
        (Representation("o", "alva", "alva", Kind.OWN, until=NOW),),
        Why.TOO_YOUNG,
    ),
    ("another let in early", child("2012-01-01"), (Representation("o", "bo", "bo", Kind.OWN),), Why.TOO_YOUNG),
    ("a guardian is no way in for the child", child("2012-01-01"), (guardian(),), Why.TOO_YOUNG),
    ("age unknown", child(""), (), Why.HOLDS),
    ("dead", child("1990-01-01", deceased=True), (), Why.DECEASED),
    ("protected", child("1990-01-01", protected=True), (), Why.HOLDS),
]


@pytest.mark.parametrize(("about", "own", "why"), [row[1:] for row in OWN_CASES], ids=[row[0] for row in OWN_CASES])
def test_who_may_see_what_care_holds_of_themselves(
    about: Represented, own: tuple[Representation, ...], why: Why
) -> None:
    assert own_standing(about, own, RULES, NOW) is why
    assert bool(own_deeds(about, own, RULES, NOW)) is (why is Why.HOLDS)


def test_a_child_let_in_early_may_what_it_was_let_and_a_grown_up_everything() -> None:
    early = Representation("o", "alva", "alva", Kind.OWN, deeds=frozenset({Deed.READ, Deed.BLOCK}))
    assert own_deeds(child("2012-01-01"), (early, guardian()), RULES, NOW) == {Deed.READ, Deed.BLOCK}
    assert own_deeds(child("1990-01-01"), (), RULES, NOW) == EVERYTHING


@pytest.mark.spec("Act 2022:913", "guardians cannot block")
def test_no_words_let_a_guardian_block_or_open_what_the_child_has_blocked() -> None:
    assert guardian(deeds=EVERYTHING).lets == {Deed.READ, Deed.ASK}
    assert guardian().lets == {Deed.READ, Deed.ASK}


def test_a_power_lets_read_and_ask_unless_it_says_more() -> None:
    assert power().lets == {Deed.READ, Deed.ASK}
    assert power(deeds=frozenset({Deed.BLOCK})).lets == {Deed.BLOCK}


def test_a_guardian_s_time_ends_on_one_day_for_everybody_in_the_country() -> None:
    born = date(2013, 11, 26)
    thirteen = turns(born.isoformat(), 13)
    assert thirteen is not None
    last = midnight(thirteen) - 1
    assert standing(guardian(), child(born.isoformat()), RULES, last) is Why.HOLDS
    assert standing(guardian(), child(born.isoformat()), RULES, last + 1) is Why.TOO_OLD
