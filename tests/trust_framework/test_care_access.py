"""How rulings come of rules: what closes beats what permits, the worst that closes is the answer, nothing is refused."""

from itertools import permutations

import pytest

from tests.support.care import NOW, NURSE, facts, provider, question, resource
from trust_framework.access_facts import Eyes, FieldType
from trust_framework.care_access import (
    HOLDS,
    NOTHING,
    Access,
    Asking,
    CareRule,
    Ground,
    RuleSet,
    Ruling,
    decide,
    more,
    seen,
)
from trust_framework.rules import SETS

WORSE_AND_WORSE = [
    Access.PERMITTED,
    Access.NEEDS_RELATION,
    Access.NEEDS_CONSENT,
    Access.NEEDS_EMERGENCY,
    Access.BLOCKED,
    Access.REFUSED,
]


def rule(access, says=HOLDS, hides=False):
    name = str(access)
    return CareRule(name, access, f"code-{name}", f"source-{name}", lambda asking, row: says, hides)


def ruled(*rules):
    (found,) = decide(question(), facts(), RuleSet("x", {}, rules, Asking), NOW)
    return found


def test_what_no_rule_permits_is_refused():
    unpermitted = Ruling("1", Access.REFUSED, (Ground("default", "not-permitted"),))
    assert ruled() == unpermitted
    assert ruled(rule(Access.PERMITTED, NOTHING)) == unpermitted


def test_a_remark_permits_nothing():
    found = ruled(rule(None))
    assert found.access is Access.REFUSED
    assert [ground.code for ground in found.grounds] == ["code-None", "not-permitted"]


@pytest.mark.parametrize("access", WORSE_AND_WORSE)
def test_the_worst_is_the_answer_in_every_order(access):
    milder = [rule(each) for each in WORSE_AND_WORSE[: WORSE_AND_WORSE.index(access)][-2:]]
    for order in permutations([rule(access), *milder]):
        assert ruled(*order).access is access


def test_a_ruling_that_permits_tells_why_and_one_that_does_not_tells_only_that():
    both = ruled(rule(Access.PERMITTED), rule(None), rule(Access.BLOCKED), rule(Access.NEEDS_CONSENT))
    assert [ground.rule for ground in both.grounds] == ["None", "blocked", "needs-consent"]
    assert [ground.rule for ground in ruled(rule(Access.PERMITTED), rule(None)).grounds] == ["permitted", "None"]


def test_a_rule_gives_a_ground_for_each_thing_it_is_about():
    found = ruled(rule(Access.BLOCKED, ("a", "b")))
    assert found.grounds == tuple(Ground("blocked", "code-blocked", "source-blocked", about) for about in "ab")


def test_what_is_hidden_is_told_to_nobody_and_has_no_other_ground():
    hidden = ruled(rule(Access.PERMITTED), rule(Access.BLOCKED), rule(Access.REFUSED, ("order",), hides=True))
    assert (hidden.access, hidden.hidden) == (Access.REFUSED, True)
    assert [ground.about for ground in hidden.grounds] == ["order"]
    shown = ruled(rule(Access.PERMITTED))
    assert seen([hidden, shown, hidden]) == (shown,)


def test_each_resource_has_its_ruling_in_the_questions_order():
    rows = [resource(id=str(n)) for n in (3, 1, 2, 1)]
    assert [r.resource for r in decide(question(*rows), facts(), SETS["se"], NOW)] == ["3", "1", "2", "1"]


def test_a_provider_that_nobody_knows_has_the_strictest_switches():
    known = facts(providers=(provider(relation_needed=False, outer_lift_by_others=True),))
    strict = known.switches("SE2321000032-X")
    assert (strict.relation_needed, strict.outer_lift_by_others, strict.guardians_read) == (True, False, False)
    assert known.switches("SE2321000016-A").outer_lift_by_others


@pytest.mark.parametrize(("rules", "other"), [("se", "tr"), ("tr", "se")])
def test_a_set_says_nothing_of_what_a_provider_under_other_rules_has_recorded(rules, other):
    def told(of):
        known = facts(providers=(provider("SE2321000032-X", rules=of),))
        (found,) = decide(question(resource(provider="SE2321000032-X")), known, SETS[rules], NOW)
        return found.access is Access.REFUSED and "other-rules" in {ground.code for ground in found.grounds}

    assert (told(rules), told(other)) == (False, True)


def test_facts_of_a_set_are_of_its_type_or_missing():
    assert more(facts(), "x", NURSE) == NURSE
    assert more(facts(more={"x": "y"}), "x", "") == "y"
    with pytest.raises(TypeError, match="x: int is no str"):
        more(facts(more={"x": 1}), "x", "")


def test_every_set_has_its_names_and_every_row_a_source_and_an_id_of_its_own():
    assert set(SETS) == {"se", "tr"}
    for id_, each in SETS.items():
        assert each.id == id_
        assert set(each.names) == {"sv", "en"}
        ids = [row.id for row in each.rules]
        assert len(ids) == len(set(ids))
        assert all(row.code and row.source and row.predicate.__doc__ for row in each.rules)


@pytest.mark.parametrize("rules", SETS.values(), ids=SETS)
def test_every_kind_of_fact_is_whole(rules):
    kinds = {kind.id: kind for kind in rules.kinds}
    assert len(kinds) == len(rules.kinds)
    assert (rules.gather is None) == (not kinds)
    for kind in rules.kinds:
        fields = {field.name: field for field in kind.fields}
        assert len(fields) == len(kind.fields)
        assert kind.about
        assert kind.source
        assert all((field.of in kinds) == (field.type is FieldType.FACT) for field in kind.fields)
        assert (kind.begun is Eyes.CODE) == (kind.code_for != "")
        assert kind.code_for == "" or fields[kind.code_for].type is FieldType.EMPLOYEE
        assert rules.kind(kind.id) is kind
    assert rules.kind("none") is None
