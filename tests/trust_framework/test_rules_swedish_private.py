"""The Swedish rules for private persons: ages, powers, protection, and which blocks concern them (facts/sweden 7.5, row 29)."""

from dataclasses import replace
from datetime import date

import pytest

from tests.support.care import (
    ANNA,
    NOW,
    OTHER_PROVIDER,
    PROVIDER,
    UNIT,
    act,
    consent,
    emergency,
    facts,
    foreign,
    inner,
    lift,
    outer,
    provider,
    relation,
    resource,
)
from trust_framework.care import CareActor, Patient, Period, Purpose
from trust_framework.care_access import Access, AccessQuestion, decide
from trust_framework.days import midnight
from trust_framework.representation import AgeRules, Deed, Kind, Representation
from trust_framework.rules import SETS

PDL, ROW_29 = "Patient data law", "facts/sweden"
PERMITTED, REFUSED, BLOCKED = Access.PERMITTED, Access.REFUSED, Access.BLOCKED
CHILD, MOTHER = "alva", "mother"
OPEN = (provider(), provider(OTHER_PROVIDER))


def at(day: str) -> int:
    return midnight(date.fromisoformat(day))


def given(kind: Kind = Kind.GUARDIAN, id: str = "r", **changed) -> Representation:
    return Representation(id, CHILD, MOTHER, kind, **changed)


def own(**changed) -> Representation:
    return Representation("o", CHILD, CHILD, Kind.OWN, **changed)


def told(*representations, person=MOTHER, born="2017-05-01", now=NOW, row=None, stands=(), providers=OPEN, **changed):
    """What a private person is told of a child's, or of whoever `born` makes of it."""
    ages = changed.pop("ages", AgeRules())
    who = CareActor("", "", "", purpose=changed.pop("purpose", ""), person=person)
    known = facts(
        *stands,
        providers=providers,
        patient=Patient(CHILD, born, **changed),
        representations=representations,
        ages=ages,
    )
    question = AccessQuestion(who, ANNA, (row or resource(),), through=PROVIDER)
    (ruling,) = decide(question, known, SETS["se"], now)
    return ruling.access, {ground.code for ground in ruling.grounds}


def test_nobody_in_particular_sees_nothing():
    assert told(person="") == (REFUSED, {"commission-missing"})
    assert told(given(), person="")[0] is REFUSED


@pytest.mark.spec(ROW_29, "29")
@pytest.mark.parametrize(
    ("born", "day", "expected"),
    [
        pytest.param("2010-11-25", "2026-11-24", (REFUSED, {"too-young"}), id="15, the day before"),
        pytest.param("2010-11-25", "2026-11-25", (PERMITTED, {"own-information"}), id="16, on the day"),
        pytest.param("2012-02-29", "2028-02-28", (REFUSED, {"too-young"}), id="leap day, in a leap year"),
        pytest.param("2012-02-29", "2028-02-29", (PERMITTED, {"own-information"}), id="leap day, on it"),
        pytest.param("2018-01-01", "2026-11-25", (REFUSED, {"too-young"}), id="a small child"),
        pytest.param("1973-09-06", "2026-11-25", (PERMITTED, {"own-information"}), id="grown"),
        pytest.param("", "2026-11-25", (PERMITTED, {"own-information"}), id="nobody knows how old"),
    ],
)
def test_a_person_sees_their_own_from_sixteen(born, day, expected):
    assert told(person=CHILD, born=born, now=at(day)) == expected


@pytest.mark.spec(ROW_29, "29")
@pytest.mark.parametrize(
    ("let_in", "expected"),
    [
        (own(), (PERMITTED, {"own-information"})),
        (own(deeds=frozenset({Deed.READ})), (PERMITTED, {"own-information"})),
        (own(deeds=frozenset({Deed.ASK})), (REFUSED, {"representation-not-for-reading"})),
        (own(until=NOW), (REFUSED, {"too-young"})),
        (own(until=NOW + 1), (PERMITTED, {"own-information"})),
        (own(start=NOW + 1), (REFUSED, {"too-young"})),
        (own(revoked_at=NOW - 1), (REFUSED, {"too-young"})),
        (given(), (REFUSED, {"too-young"})),
    ],
)
def test_a_child_that_was_let_in_before_the_age_sees_its_own(let_in, expected):
    assert told(let_in, person=CHILD, born="2012-05-05") == expected


@pytest.mark.spec(ROW_29, "29")
@pytest.mark.parametrize(
    ("born", "day", "expected"),
    [
        pytest.param("2013-11-25", "2026-11-24", (PERMITTED, {"guardian"}), id="12, the day before"),
        pytest.param("2013-11-25", "2026-11-25", (REFUSED, {"guardian-too-old-a-child"}), id="13, on the day"),
        pytest.param("2012-02-29", "2025-02-27", (PERMITTED, {"guardian"}), id="leap day, two days before"),
        pytest.param("2012-02-29", "2025-02-28", (REFUSED, {"guardian-too-old-a-child"}), id="leap day, the 28th"),
        pytest.param("2011-05-05", "2026-11-25", (REFUSED, {"guardian-too-old-a-child"}), id="13 to 15: nobody"),
        pytest.param("", "2026-11-25", (REFUSED, {"age-unknown"}), id="nobody knows how old"),
        pytest.param("2026-11-25", "2026-11-25", (PERMITTED, {"guardian"}), id="born today"),
    ],
)
def test_a_guardian_sees_a_childs_until_thirteen(born, day, expected):
    assert told(given(), born=born, now=at(day)) == expected


def test_the_ages_are_the_installations():
    assert told(given(), born="2011-05-05", ages=AgeRules(guardian_until=16))[0] is PERMITTED
    assert told(person=CHILD, born="2013-05-05", ages=AgeRules(self_from=12))[0] is PERMITTED


@pytest.mark.spec(ROW_29, "29")
@pytest.mark.parametrize(
    ("representation", "changed", "expected"),
    [
        pytest.param(given(despite_age=True), {"born": "2011-05-05"}, (PERMITTED, {"guardian"}), id="decided so"),
        pytest.param(given(despite_age=True), {"born": ""}, (PERMITTED, {"guardian"}), id="decided, no age known"),
        pytest.param(given(), {"protected": True}, (REFUSED, {"protected-identity"}), id="protected identity"),
        pytest.param(
            given(despite_age=True),
            {"protected": True},
            (REFUSED, {"protected-identity"}),
            id="protected, decided or not",
        ),
        pytest.param(given(), {"deceased": True}, (REFUSED, {"deceased"}), id="the child has died"),
        pytest.param(given(until=NOW), {}, (REFUSED, {"representation-not-now"}), id="ended this second"),
        pytest.param(given(until=NOW + 1), {}, (PERMITTED, {"guardian"}), id="a second before its end"),
        pytest.param(given(start=NOW + 1), {}, (REFUSED, {"representation-not-now"}), id="to come"),
        pytest.param(given(revoked_at=NOW), {}, (REFUSED, {"representation-not-now"}), id="taken back"),
        pytest.param(
            given(deeds=frozenset({Deed.ASK})), {}, (REFUSED, {"representation-not-for-reading"}), id="for asking alone"
        ),
    ],
)
def test_what_a_guardian_was_given_decides_with_protection_above_it(representation, changed, expected):
    assert told(representation, **changed) == expected


@pytest.mark.parametrize(
    ("representation", "changed", "expected"),
    [
        (given(Kind.POWER), {}, (PERMITTED, {"power-of-attorney"})),
        (given(Kind.POWER), {"born": "1940-01-01"}, (PERMITTED, {"power-of-attorney"})),
        (given(Kind.POWER), {"protected": True}, (PERMITTED, {"power-of-attorney"})),
        (given(Kind.POWER, services=frozenset({"boka"})), {}, (REFUSED, {"representation-not-for-reading"})),
        (given(Kind.POWER, deeds=frozenset({Deed.BLOCK})), {}, (REFUSED, {"representation-not-for-reading"})),
        (given(Kind.POWER, until=NOW), {}, (REFUSED, {"representation-not-now"})),
        (given(Kind.POWER, revoked_at=0), {}, (REFUSED, {"representation-not-now"})),
        (given(Kind.POWER), {"deceased": True}, (REFUSED, {"deceased"})),
        (given(Kind.SIGNATORY), {}, (REFUSED, {"representation-not-for-reading"})),
    ],
)
def test_a_power_of_attorney_opens_while_it_holds_and_what_it_is_for(representation, changed, expected):
    assert told(representation, **changed) == expected


def test_of_several_the_one_that_holds_is_enough():
    ended, power = given(Kind.POWER, "p1", until=NOW), given(Kind.POWER, "p2")
    assert told(ended, power) == (PERMITTED, {"power-of-attorney"})
    assert told(given(), power, born="2011-05-05") == (PERMITTED, {"power-of-attorney"})
    assert told(ended, given(), born="2011-05-05") == (
        REFUSED,
        {"representation-not-now", "guardian-too-old-a-child"},
    )


@pytest.mark.parametrize(
    "representation",
    [
        replace(given(), person="somebody"),
        replace(given(), representative="somebody"),
        Representation("r", MOTHER, CHILD, Kind.POWER),
        own(),
    ],
)
def test_what_is_about_others_opens_nothing(representation):
    assert told(representation) == (REFUSED, {"no-representation"})


def test_the_dead_log_in_nowhere():
    assert told(person=CHILD, born="1940-01-01", deceased=True) == (REFUSED, {"deceased"})


@pytest.mark.spec(PDL, "4 (section unverified)")
@pytest.mark.parametrize("row", [resource(), foreign(), resource(""), resource(type="lak")])
@pytest.mark.parametrize("block", [inner(UNIT), outer(PROVIDER), outer()])
def test_blocks_concern_staff_and_neither_the_patient_nor_whom_they_empowered(row, block):
    grown = {"born": "1990-01-01", "row": row, "stands": (block,)}
    assert told(person=CHILD, **grown) == (PERMITTED, {"own-information"})
    assert told(given(Kind.POWER), **grown) == (PERMITTED, {"power-of-attorney"})


@pytest.mark.spec(PDL, "4 (section unverified)")
@pytest.mark.parametrize(
    ("stands", "row", "expected"),
    [
        ((inner(UNIT),), resource(), (BLOCKED, {"inner-block"})),
        ((outer(PROVIDER),), resource(), (BLOCKED, {"outer-block"})),
        ((outer(),), foreign(), (BLOCKED, {"outer-block"})),
        ((outer(),), resource(), (PERMITTED, {"guardian"})),
        ((inner(UNIT, excluded=frozenset({"lak"})),), resource(type="lak"), (PERMITTED, {"guardian"})),
        ((inner(UNIT, revoked=act()),), resource(), (PERMITTED, {"guardian"})),
        ((inner(UNIT, lifts=(lift(),)),), resource(), (BLOCKED, {"inner-block"})),
        ((inner(UNIT), emergency(), consent(), relation()), resource(), (BLOCKED, {"inner-block"})),
        ((inner(UNIT, information=Period(None, NOW - 40 * 86_400)),), resource(), (PERMITTED, {"guardian"})),
    ],
)
def test_a_guardian_opens_nothing_that_a_child_has_blocked(stands, row, expected):
    assert told(given(), stands=stands, row=row) == expected


@pytest.mark.parametrize("purpose", [Purpose.QUALITY, Purpose.ADMINISTRATION, Purpose.CARE, "x"])
def test_a_purpose_makes_nobody_of_a_private_person_staff(purpose):
    assert told(given(), stands=(inner(UNIT),), purpose=purpose) == (BLOCKED, {"inner-block"})
    assert told(given(), purpose=purpose) == (PERMITTED, {"guardian"})


@pytest.mark.parametrize(
    ("providers", "row", "expected"),
    [
        ((provider(guardians_read=False),), resource(), (REFUSED, {"guardians-closed"})),
        ((provider(), provider(OTHER_PROVIDER, guardians_read=False)), resource(), (PERMITTED, {"guardian"})),
        ((provider(), provider(OTHER_PROVIDER, guardians_read=False)), foreign(), (REFUSED, {"guardians-closed"})),
        ((provider(),), foreign(), (REFUSED, {"guardians-closed"})),
    ],
)
def test_a_care_provider_may_let_no_guardian_read(providers, row, expected):
    assert told(given(), providers=providers, row=row) == expected
    assert told(given(Kind.POWER), providers=providers, row=row) == (PERMITTED, {"power-of-attorney"})
    assert told(person=CHILD, born="1990-01-01", providers=providers, row=row) == (PERMITTED, {"own-information"})


@pytest.mark.parametrize(
    ("row", "providers", "code"),
    [
        (resource(provider=""), OPEN, "provider-missing"),
        (resource(recorded=Period(NOW, NOW - 1)), OPEN, "inverted-period"),
        (foreign(), (provider(), provider(OTHER_PROVIDER, "tr")), "other-rules"),
    ],
)
def test_what_cannot_be_judged_is_refused_for_the_patient_too(row, providers, code):
    access, codes = told(person=CHILD, born="1990-01-01", row=row, providers=providers)
    assert access is REFUSED
    assert code in codes


def test_a_private_person_needs_neither_consent_nor_relation_and_they_open_nothing():
    grown = {"born": "1990-01-01", "row": foreign()}
    assert told(person=CHILD, **grown) == (PERMITTED, {"own-information"})
    assert told(stands=(consent(), relation(), emergency()), **grown) == (REFUSED, {"no-representation"})
