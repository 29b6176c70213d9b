"""Facts that a rule set names: when one holds and counts, and which code opens one."""

from dataclasses import replace

import pytest

from tests.support import care_values as a
from tests.support.databases import NOW
from trust_framework.access_facts import (
    CODE_SECONDS,
    CODE_TRIES,
    Entering,
    Eyes,
    FactKind,
    Place,
    Reach,
    code_refusal,
    counting,
    never,
    one_at_a_time,
    one_for_each,
    right_code,
)
from trust_framework.care import Patient

KIND = FactKind("kind", "", "")
CODE = FactKind("code", "", "", begun=Eyes.CODE, code_for="physician")
ASKED = a.fact(kind="code", says={"physician": a.DOCTOR}, code="hash", code_at=NOW, tries=0)


@pytest.mark.parametrize(
    ("since", "until", "confirmed", "holds"),
    [
        (NOW, None, None, True),
        (NOW + 1, None, None, False),
        (NOW - 9, NOW + 1, None, True),
        (NOW - 9, NOW, None, False),
        (NOW, NOW, None, False),
        (NOW - 9, None, a.act(NOW), True),
        (NOW - 9, None, a.act(NOW + 1), False),
        (NOW + 1, None, a.act(NOW - 9), False),
    ],
)
def test_a_fact_holds_from_when_all_agreed_until_just_before_its_end(since, until, confirmed, holds):
    assert a.fact(since=since, until=until, confirmed=confirmed).holds(NOW) is holds


HERE = Place(a.PROVIDER)
OTHERS = Place(a.OTHER_PROVIDER)


@pytest.mark.parametrize(
    ("kind", "confirmed", "at", "counts"),
    [
        (KIND, None, OTHERS, True),
        (replace(KIND, reach=Reach.INSIDE), None, OTHERS, False),
        (replace(KIND, reach=Reach.INSIDE), None, Place(a.OTHER_PROVIDER, frozenset({a.PROVIDER})), False),
        (replace(KIND, reach=Reach.INSIDE), None, HERE, True),
        (replace(KIND, reach=Reach.AUTHORITY), None, HERE, True),
        (replace(KIND, reach=Reach.AUTHORITY), None, OTHERS, False),
        (replace(KIND, reach=Reach.AUTHORITY), None, Place(a.OTHER_PROVIDER, frozenset({a.OTHER_PROVIDER})), False),
        (replace(KIND, reach=Reach.AUTHORITY), None, Place(a.OTHER_PROVIDER, frozenset({a.PROVIDER})), True),
        (replace(KIND, begun=Eyes.TWO), None, HERE, False),
        (replace(KIND, begun=Eyes.TWO), a.act(), HERE, True),
        (CODE, None, HERE, False),
    ],
)
def test_a_fact_counts_once_agreed_and_where_its_kind_says(kind, confirmed, at, counts):
    fact = a.fact(kind=kind.id, confirmed=confirmed)
    assert counting((fact,), {kind.id: kind}, at) == {kind.id: [fact] if counts else []}


def test_a_fact_of_no_known_kind_counts_for_nothing():
    assert counting((a.fact(kind="gone"),), {"kind": KIND}, HERE) == {"kind": []}


def test_what_a_fact_says_is_read_by_name():
    fact = a.fact(
        says={"person": {"person": "p9"}, "several": [{"person": "p1"}, {"person": "p2"}], "words": ["a", "b"]}
    )
    assert (fact.person("person"), fact.person("nobody")) == ("p9", "")
    assert (fact.persons("several"), fact.persons("nobody")) == ({"p1", "p2"}, frozenset())
    assert (fact.words("words"), fact.words("none")) == ({"a", "b"}, frozenset())


@pytest.mark.parametrize(
    ("refusal", "others", "why"),
    [
        (never, (a.fact(),), None),
        (one_at_a_time, (), None),
        (one_at_a_time, (a.fact(says={"place": "elsewhere"}),), "already-one"),
        (one_for_each("place"), (a.fact(says={"place": "elsewhere"}),), None),
        (one_for_each("place"), (a.fact(),), "already-one"),
    ],
)
def test_another_of_its_kind_may_stand_in_the_way(refusal, others, why):
    assert refusal(Entering(a.fact(), Patient("p1"), others, NOW)) == why


@pytest.mark.spec("facts/threats", "IS-14")
@pytest.mark.parametrize(
    ("changed", "by", "via", "why"),
    [
        ({}, a.DOCTOR, "journal", None),
        ({"code_at": NOW - CODE_SECONDS + 1}, a.DOCTOR, "journal", None),
        ({"code_at": NOW - CODE_SECONDS}, a.DOCTOR, "journal", "code-too-old"),
        ({"code_at": NOW + 1}, a.DOCTOR, "journal", "code-too-old"),
        ({"code_at": None}, a.DOCTOR, "journal", "no-code"),
        ({"tries": CODE_TRIES - 1}, a.DOCTOR, "journal", None),
        ({"tries": CODE_TRIES}, a.DOCTOR, "journal", "too-many-tries"),
        ({"confirmed": a.act()}, a.DOCTOR, "journal", "code-used"),
        ({}, a.NURSE, "journal", "code-of-somebody-else"),
        ({}, "", "journal", "code-of-somebody-else"),
        ({"says": {"physician": ""}}, "", "journal", "code-of-somebody-else"),
        ({}, a.DOCTOR, "other", "code-of-somebody-else"),
    ],
)
def test_a_code_is_for_one_person_and_system_once_for_five_minutes_and_five_tries(changed, by, via, why):
    assert code_refusal(replace(ASKED, **changed), CODE, by, via, NOW) == why


@pytest.mark.parametrize(("kept", "given", "right"), [("hash", "hash", True), ("hash", "hasH", False), ("", "", False)])
def test_only_the_code_that_was_made_is_right(kept, given, right):
    assert right_code(replace(ASKED, code=kept), given) is right
