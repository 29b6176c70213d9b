"""Release policies: what they allow, deny and need, by service and detail; and that without any nothing changes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.trust import LOA2, LOA3, NOW, ORG, case, identity, member, party, wanted, wish
from tests.trust_framework.test_decide_properties import agreed, cases
from trust_framework.agreements import Agreement
from trust_framework.decide import AskConsent, Outcome, Refused, Released, decide
from trust_framework.members import ConsentPolicy, Profile
from trust_framework.policies import Audience, Effect, Needs, Policies, Policy, Rule

PNR1 = "http://id.elegnamnden.se/ap/1.0/pnr-01"
CARE = "http://id.swedenconnect.se/ec/1.0/loa3-hsaid"
EVERYONE = Audience(everyone=True)


def rule(*names: str, effect: Effect = Effect.ALLOW, to: Audience = EVERYONE, **more) -> Rule:
    return Rule(effect, to, frozenset(names), **more)


def policies(**rules: Rule) -> Policies:
    return Policies(tuple(Policy(name, one) for name, one in rules.items()))


def said(of: Policies, to=None, name: str = "sn", **more):
    """(outcome, rule, note, basis) of a detail, and whether it goes."""
    service = to or party("sn", "mail", "givenName")
    decision = decide(case(service, wanted(name), policies=of, **more), NOW)
    verdict = next(v for v in decision.trace if v.attribute == name)
    return verdict.outcome, verdict.rule, verdict.note, verdict.basis


def test_what_no_policy_names_follows_the_services_terms():
    assert said(policies(R1=rule("mail"))) == ("released", "registered", "", "")


def test_what_a_policy_allows_goes_and_says_by_which_version():
    assert said(policies(R3=rule("sn", version=2))) == ("released", "policy", "", "R3/2")


@pytest.mark.parametrize(
    "to",
    [
        Audience(services=frozenset({"provportalen"})),
        Audience(members=frozenset({ORG})),
        Audience(categories=frozenset({CARE, "urn:other"})),
        Audience(member_types=frozenset({"user-organisation"})),
        Audience(services=frozenset({"annan"}), members=frozenset({ORG})),
    ],
)
def test_a_policy_is_about_the_services_that_any_of_its_lists_names(to):
    inside = party("sn", categories=frozenset({CARE}), member=replace(member(), types=frozenset({"user-organisation"})))
    outside = party("sn", id="annat", member=replace(member(), org="5560360793"))
    assert said(policies(R1=rule("sn", to=to)), inside)[0] == "released"
    assert said(policies(R1=rule("sn", to=to)), outside) == ("not-allowed", "policy", "audience", "R1/1")


def test_a_detail_of_an_attribute_set_is_named_by_the_set():
    assert said(policies(R1=Rule(Effect.DENY, EVERYONE, sets=frozenset({PNR1}))))[0] == "not-allowed"


def test_a_policy_that_denies_wins_over_any_that_allows():
    both = policies(R1=rule("sn"), R2=rule("sn", effect=Effect.DENY))
    assert said(both) == ("not-allowed", "policy", "denied", "R2/1")


def test_a_policy_that_denies_somebody_else_leaves_the_detail_to_the_services_terms():
    others = policies(R2=rule("sn", effect=Effect.DENY, to=Audience(services=frozenset({"annan"}))))
    assert said(others) == ("released", "registered", "", "")


AGREEMENT = Agreement("A-1", frozenset({"provportalen"}), frozenset({"sn"}), 0, NOW + 1)


@pytest.mark.parametrize(
    ("needs", "more", "expected"),
    [
        (Needs(level=3), {}, ("released", "policy", "", "R1/1")),
        (Needs(level=4), {}, ("level-too-low", "policy", "4", "R1/1")),
        (Needs(agreement=True), {}, ("no-agreement", "policy", "missing", "R1/1")),
        (Needs(agreement=True), {"agreements": (AGREEMENT,)}, ("released", "policy", "", "R1/1 A-1/1")),
        (
            Needs(agreement=True),
            {"agreements": (replace(AGREEMENT, valid_until=NOW),)},
            ("no-agreement", "agreement", "expired", "R1/1 A-1/1"),
        ),
        (Needs(), {"agreements": (AGREEMENT,)}, ("released", "policy", "", "R1/1 A-1/1")),
        (
            Needs(),
            {"agreements": (replace(AGREEMENT, valid_until=NOW),)},
            ("no-agreement", "agreement", "expired", "R1/1 A-1/1"),
        ),
        (Needs(profile=Profile.DEFAULT), {}, ("released", "policy", "", "R1/1")),
        (Needs(profile=Profile.SWEDEN_CONNECT), {}, ("not-allowed", "policy", "profile", "R1/1")),
        (Needs(consent=True), {}, ("consent-missing", "consent", "", "R1/1")),
    ],
)
def test_what_a_policy_needs_must_hold(needs, more, expected):
    assert said(policies(R1=rule("sn", needs=needs)), **more) == expected


def test_one_of_several_that_allow_is_enough_and_one_that_asks_nobody_comes_first():
    strict, asking, free = rule("sn", needs=Needs(level=4)), rule("sn", needs=Needs(consent=True)), rule("sn")
    assert said(policies(R1=strict, R2=asking, R3=free)) == ("released", "policy", "", "R3/1")
    assert said(policies(R1=strict, R2=asking))[0] == "consent-missing"


def test_of_several_that_fail_the_one_that_is_easiest_to_help_is_told():
    profile, level = Needs(profile=Profile.FAPI2), Needs(level=4)
    assert said(policies(R1=rule("sn", needs=profile), R2=rule("sn", needs=level)))[3] == "R2/1"


def test_the_person_is_asked_when_a_policy_wants_consent_and_told_what_goes():
    asking = policies(R1=rule("sn", needs=Needs(consent=True)))
    asked = decide(case(party("sn", "givenName"), wanted("sn", "givenName"), policies=asking), NOW)
    assert isinstance(asked, AskConsent)
    assert set(asked.attributes) == {"sn", "givenName"}
    yes = decide(case(party("sn", "givenName"), wanted("sn", "givenName"), policies=asking, agreed=asked.shown), NOW)
    assert isinstance(yes, Released)
    assert isinstance(decide(case(party("sn"), wanted("givenName"), policies=asking), NOW), Released)


@pytest.mark.parametrize("held", [rule("sn", effect=Effect.DENY), rule("sn", needs=Needs(level=4))])
def test_a_required_detail_that_a_policy_holds_back_refuses(held):
    decision = decide(case(party("sn"), wanted(wish("sn", required=True)), policies=policies(R1=held)), NOW)
    assert isinstance(decision, Refused)
    assert decision.reason.code == "attr-not-allowed"


def test_a_held_back_detail_asks_nobody_to_choose_a_commission():
    none = policies(R1=rule("commissionPurpose", effect=Effect.DENY))
    decision = decide(case(party("commissionPurpose"), wanted("commissionPurpose"), policies=none), NOW)
    assert isinstance(decision, Released)


# --- versions


@pytest.mark.parametrize(("since", "outcome"), [(NOW + 1, "released"), (NOW, "not-allowed")])
def test_a_rule_and_the_one_that_follows_it_count_from_their_first_day(since, outcome):
    coming = rule("sn", effect=Effect.DENY, version=2, since=since)
    assert said(Policies((Policy("R1", rule("sn"), coming),)))[0] == outcome
    assert said(Policies((Policy("R1", coming),)))[0] == outcome


def test_a_detail_that_the_next_version_names_first_is_free_until_then():
    coming = Policy("R1", rule("mail"), rule("sn", effect=Effect.DENY, version=2, since=NOW + 1))
    assert said(Policies((coming,))) == ("released", "registered", "", "")


@pytest.mark.parametrize(
    ("of", "asks"),
    [
        (policies(), False),
        (policies(R1=rule("sn")), False),
        (policies(R1=rule("sn", needs=Needs(consent=True))), True),
        (policies(R1=rule("mail", needs=Needs(consent=True))), False),
        (policies(R1=rule("sn", to=Audience(services=frozenset({"x"})), needs=Needs(consent=True))), False),
        (Policies((Policy("R1", rule("sn"), rule("sn", needs=Needs(consent=True), since=NOW)),)), True),
    ],
)
def test_consents_on_record_matter_when_some_rule_may_want_one(of, asks):
    assert of.asks(party("sn"), ("sn",)) is asks


# --- whatever the rules

names = st.frozensets(st.sampled_from(["sn", "mail", "givenName", "title", "commissionPurpose"]), min_size=1)
audiences = st.one_of(
    st.just(EVERYONE), st.builds(Audience, services=st.frozensets(st.sampled_from(["p", "q"]), min_size=1))
)
needs = st.builds(Needs, st.integers(0, 4), st.booleans(), st.booleans(), st.sampled_from([None, Profile.FAPI2]))
rules = st.builds(Rule, st.sampled_from(Effect), audiences, names, needs=needs)
some_policies = st.lists(rules, max_size=4).map(
    lambda found: Policies(tuple(Policy(f"R{n}", one) for n, one in enumerate(found)))
)
many = settings(max_examples=150, deadline=None)


@many
@given(cases, some_policies)
def test_no_policy_lets_anything_go_that_would_not_go_without_it(one, of):
    free, bound = decide(agreed(one), NOW), decide(agreed(replace(one, policies=of)), NOW)
    if isinstance(bound, Released) and isinstance(free, Released):
        assert set(bound.attributes) <= set(free.attributes)


@many
@given(cases, some_policies)
def test_what_a_policy_denies_goes_in_no_case(one, of):
    decision = decide(agreed(replace(one, policies=of)), NOW)
    denied = {
        name
        for policy in of.all
        if policy.rule.effect is Effect.DENY and policy.rule.audience.has(one.party)
        for name in policy.rule.names
    }
    assert denied.isdisjoint(getattr(decision, "attributes", ()))


@many
@given(cases, some_policies)
def test_every_attribute_has_one_verdict_out_of_the_closed_set(one, of):
    decision = decide(replace(one, policies=of), NOW)
    told = [v.attribute for v in decision.trace if v.attribute]
    assert len(told) == len(set(told))
    assert {v.outcome for v in decision.trace} <= set(Outcome)


def test_a_consent_that_the_service_itself_asks_for_stays():
    to = party("sn", consent=ConsentPolicy.ASK)
    assert isinstance(decide(case(to, wanted("sn"), identity(LOA3), policies=policies(R1=rule("sn"))), NOW), AskConsent)


def test_a_login_of_a_lower_level_gets_less():
    of = policies(R1=rule("sn", needs=Needs(level=3)))
    decision = decide(case(party("sn", "mail"), wanted("sn", levels=()), identity(LOA2), policies=of), NOW)
    assert isinstance(decision, Released)
    assert decision.attributes == {}
