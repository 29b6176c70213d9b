"""A detail of an entity category goes to the services that have the category, and to no others, whatever else would let it go."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.trust import LOA3, NOW, case, identity, party, wanted
from tests.trust_framework.test_decide_properties import agreed, cases
from trust_framework.agreements import Agreement
from trust_framework.attributes import CATALOGUE
from trust_framework.decide import Released, decide
from trust_framework.dry_run import Impact, Terms, impacts
from trust_framework.entity_categories import UNBOUND, Categories
from trust_framework.explanation import Reader, explained
from trust_framework.policies import NO_POLICIES, Audience, Effect, Policies, Policy, Rule

PNR = "http://id.elegnamnden.se/ec/1.0/loa3-pnr"
NAME = "http://id.swedenconnect.se/ec/1.0/loa3-name"
BOUND = Categories({PNR: frozenset({"sn", "personalIdentityNumber"}), NAME: frozenset({"sn"})})
AGREED = Agreement("A-1", frozenset({"provportalen"}), frozenset({"sn"}), NOW - 1, NOW + 1)
LAPSED = replace(AGREED, valid_until=NOW)
EVERYONE = Policies((Policy("R1", Rule(Effect.ALLOW, Audience(everyone=True), frozenset({"sn"}))),))


def said(name="sn", of=BOUND, has=(), **more):
    """(outcome, rule, note, basis) of a detail."""
    service = party("sn", "givenName", "personalIdentityNumber", categories=frozenset(has), **more.pop("service", {}))
    decision = decide(case(service, wanted(name), categories=of, **more), NOW)
    verdict = next(v for v in decision.trace if v.attribute == name)
    return verdict.outcome, verdict.rule, verdict.note, verdict.basis


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"of": UNBOUND}, ("released", "registered", "", "")),
        ({"name": "givenName"}, ("released", "registered", "", "")),
        ({"has": {PNR}}, ("released", "category", "", "")),
        ({"has": {NAME}}, ("released", "category", "", "")),
        ({"has": {NAME, "urn:other"}}, ("released", "category", "", "")),
        ({"has": {"urn:other"}}, ("not-allowed", "category", PNR, "")),
        ({}, ("not-allowed", "category", PNR, "")),
        ({"name": "personalIdentityNumber", "has": {NAME}}, ("not-allowed", "category", PNR, "")),
        ({"name": "personalIdentityNumber", "has": {PNR}}, ("released", "category", "", "")),
        ({"service": {"declared": frozenset({PNR})}}, ("not-allowed", "category", PNR, "")),
        ({"agreements": (AGREED,)}, ("not-allowed", "category", PNR, "")),
        ({"policies": EVERYONE}, ("not-allowed", "category", PNR, "")),
        ({"has": {PNR}, "policies": EVERYONE}, ("released", "policy", "", "R1/1")),
        ({"has": {PNR}, "agreements": (AGREED,)}, ("released", "category", "", "A-1/1")),
        ({"has": {PNR}, "agreements": (LAPSED,)}, ("no-agreement", "agreement", "expired", "A-1/1")),
    ],
)  # fmt: skip
def test_a_detail_of_a_category_goes_within_it_and_as_everything_else_lets_it(given, verdict):
    assert said(**given) == verdict


def test_what_is_not_asked_for_or_not_registered_is_told_as_that_first():
    decision = decide(case(party("sn", "mail"), wanted("title"), identity(LOA3), categories=BOUND), NOW)
    told = {v.attribute: v.rule for v in decision.trace if v.attribute}
    assert told == {"title": "registered", "sn": "requested", "mail": "requested"}


def test_the_two_verdicts_are_told_in_words():
    words = {}
    for has in ((), (PNR,)):
        service = party("sn", categories=frozenset(has))
        trace = decide(case(service, wanted("sn"), categories=BOUND), NOW).trace
        for language in ("sv", "en"):
            words[bool(has), language] = explained(trace, "released", Reader.TEAM, language, {}).lines[0].because
    assert words == {
        (False, "sv"): f"den hör till en entitetskategori som tjänsten inte har ({PNR})",
        (False, "en"): f"it belongs to an entity category that the service does not have ({PNR})",
        (True, "sv"): "begärd, och hör till tjänstens entitetskategori",
        (True, "en"): "requested, and belongs to the service's entity category",
    }


def test_a_dry_run_tells_what_categories_would_do():
    services = (party("sn", "mail"), party("sn", id="other", categories=frozenset({NAME})))
    free, bound = (Terms(NO_POLICIES, lambda _: (), of) for of in (UNBOUND, BOUND))
    assert impacts(services, free, bound, NOW) == (
        Impact("provportalen", ("sn",), (), ()),
        Impact("other", (), (), ("sn",)),
    )


details = st.frozensets(st.sampled_from(["sn", "mail", "givenName", "title", "commissionPurpose"]), min_size=1)
some_categories = st.dictionaries(st.sampled_from([PNR, NAME, "urn:c"]), details, max_size=3).map(Categories)
some_had = st.frozensets(st.sampled_from([PNR, NAME, "urn:c"]))
many = settings(max_examples=100, deadline=None)


@many
@given(cases, some_categories, some_had)
def test_categories_only_ever_take_away_and_nothing_goes_outside_them(one, of, had):
    one = replace(one, party=replace(one.party, categories=had))
    free, bound = decide(agreed(one), NOW), decide(agreed(replace(one, categories=of)), NOW)
    outside = {name for name in CATALOGUE if of.bound(name) and of.of[name].isdisjoint(had)}
    assert outside.isdisjoint(getattr(bound, "attributes", ()))
    if isinstance(bound, Released) and isinstance(free, Released):
        assert set(bound.attributes) <= set(free.attributes)
