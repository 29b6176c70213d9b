"""A change of policies or agreements is tried over all services before anybody says yes to it."""

import time

from tests.support.trust import LOA3, NOW, party
from trust_framework.agreements import Agreement
from trust_framework.dry_run import Impact, Terms, impacts
from trust_framework.policies import NO_POLICIES, Audience, Effect, Needs, Policies, Policy, Rule


def policies(**rules: Rule) -> Policies:
    return Policies(tuple(Policy(name, one) for name, one in rules.items()))


def allow(*names: str, to=Audience(everyone=True), **needs) -> Rule:  # noqa: B008  # a value that never changes
    return Rule(Effect.ALLOW, to, frozenset(names), needs=Needs(**needs))


NOTHING = Terms(NO_POLICIES, lambda _: ())
SERVICES = (party("sn", "mail", id="one"), party("sn", id="two"), party("givenName", id="three"))


def test_no_change_touches_nobody():
    assert impacts(SERVICES, NOTHING, NOTHING, NOW) == ()


def test_who_loses_what_is_told():
    only_one = Terms(policies(R1=allow("sn", to=Audience(services=frozenset({"one"})))), lambda _: ())
    found = impacts(SERVICES, NOTHING, only_one, NOW)
    assert found == (Impact("one", (), (), ("sn",)), Impact("two", ("sn",), (), ()))
    assert impacts(SERVICES, only_one, NOTHING, NOW)[1] == Impact("two", (), ("sn",), ())


def test_consent_and_another_rule_are_other_conditions_and_no_loss():
    asking = Terms(policies(R1=allow("givenName", consent=True)), lambda _: ())
    assert impacts(SERVICES, NOTHING, asking, NOW) == (Impact("three", (), (), ("givenName",)),)


def test_a_level_that_the_service_takes_is_no_loss_and_one_that_it_does_not_is():
    low, high = (Terms(policies(R1=allow("sn", level=n)), lambda _: ()) for n in (3, 4))
    assert [found.lost for found in impacts(SERVICES[1:2], NOTHING, low, NOW)] == [()]
    assert [found.lost for found in impacts(SERVICES[1:2], NOTHING, high, NOW)] == [("sn",)]
    assert [f.lost for f in impacts((party("sn", id="none", levels=()),), NOTHING, low, NOW)] == [("sn",)]


def test_the_end_of_an_agreement_is_a_change_like_any_other():
    holds, ended = (Agreement("A", frozenset({"one"}), frozenset({"mail"}), 0, until) for until in (NOW + 1, NOW))
    before = Terms(NO_POLICIES, lambda service: (holds,) if service == "one" else ())
    after = Terms(NO_POLICIES, lambda service: (ended,) if service == "one" else ())
    assert impacts(SERVICES, before, after, NOW) == (Impact("one", ("mail",), (), ()),)


def test_ten_thousand_services_are_tried_in_a_moment():
    many = tuple(party("sn", "mail", "givenName", id=f"s{n}", levels=(LOA3,)) for n in range(10_000))
    named = frozenset(f"s{n}" for n in range(0, 10_000, 100))
    after = Terms(policies(R1=allow("sn", to=Audience(services=named)), R2=allow("mail", level=2)), lambda _: ())
    began = time.process_time()
    found = impacts(many, NOTHING, after, NOW)
    assert sum("sn" in one.lost for one in found) == 9_900
    assert time.process_time() - began < 5  # seconds of CPU, ten times what it takes: against a quadratic one only
