"""What holds for every case and every order of the rules."""

from dataclasses import replace
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.trust import (
    ASKED_AT,
    CARE,
    COORDINATION_NUMBER,
    LOA2,
    LOA3,
    NONRESIDENT3,
    PERSONAL_NUMBER,
    commission,
    employment,
    member,
)
from trust_framework import decide as deciding
from trust_framework import loa
from trust_framework.agreements import Agreement
from trust_framework.attributes import CATALOGUE
from trust_framework.decide import AskConsent, Case, Refused, Released, RequestedAttribute, Wanted, decide
from trust_framework.identity import Identity, Subject
from trust_framework.members import ConsentPolicy, RelyingParty, State
from trust_framework.persons import Person

NAMES = [
    "givenName", "sn", "displayName", "personalIdentityNumber", "coordinationNumber", "mail", "employeeHsaId", "title",
    "commissionPurpose", "commissionHsaId", "allCommissions", "levelOfAssurance", "dateOfBirth", "shoeSize",
]  # fmt: skip
VALUES = ["Anna", CARE, PERSONAL_NUMBER, COORDINATION_NUMBER, "SE2321000016-E1", "SE2321000016-C1", ""]
LEVELS = [LOA3, LOA2, NONRESIDENT3, "urn:unknown"]


def mostly(usual, other):
    """The usual, and now and then the other: else nearly every case would be stopped by the first rules."""
    return st.sampled_from(range(8)).flatmap(lambda n: other if n == 5 else st.just(usual))


rarely = mostly(usual=False, other=st.just(value=True))
names = st.sampled_from(NAMES)
some_names = st.frozensets(names, max_size=10)
levels = mostly((), st.lists(st.sampled_from(LEVELS), max_size=3).map(tuple))
values = st.lists(st.sampled_from(VALUES), max_size=2).map(tuple)
attributes = st.dictionaries(names, values, max_size=10)
moments = st.integers(ASKED_AT - 1000, ASKED_AT + 1000)
states = mostly(State.ACTIVE, st.sampled_from(State))

parties = st.builds(
    RelyingParty,
    id=st.just("p"),
    member=states.map(member),
    names=st.just({"sv": "P"}),
    levels=mostly(tuple(LEVELS), levels),
    methods=mostly((), st.lists(st.sampled_from(["card", "bankid"]), max_size=1).map(tuple)),
    attributes=mostly(frozenset(NAMES), some_names),
    required=mostly(frozenset(), st.frozensets(names, max_size=2)),
    consent=st.sampled_from(ConsentPolicy),
    state=states,
    accepts_coordination_number=st.booleans(),
)
wishes = st.builds(RequestedAttribute, names, st.booleans(), mostly((), values), rarely)
demands = st.builds(
    Wanted,
    levels=levels,
    requested=st.lists(wishes, max_size=8).map(tuple),
    asked_at=st.just(ASKED_AT),
    essential_level=st.booleans(),
    force=rarely,
    passive=rarely,
    max_age=mostly(None, st.integers(-1, 1000)),
)
identities = st.builds(
    Identity,
    method=st.just("card"),
    subject=st.just(Subject("i", "f", "v")),
    level=st.sampled_from(LEVELS),
    authenticated_at=moments,
    attributes=attributes,
)
staff = st.lists(
    st.builds(
        lambda commissions, number: employment(*commissions, number=number, title="Läkare"),
        st.lists(
            st.builds(commission, st.integers(1, 3), st.sampled_from([CARE, "x"]), unit=st.booleans()), max_size=2
        ),
        st.integers(1, 2),
    ),
    max_size=2,
).map(tuple)
agreements = st.lists(
    st.builds(Agreement, st.just("A"), st.just(frozenset({"p"})), some_names, moments, moments), max_size=1
).map(tuple)
cases = st.builds(
    Case,
    party=parties,
    wanted=demands,
    identity=identities,
    person=st.builds(Person, st.just("x"), attributes, st.booleans(), rarely),
    staff=staff,
    commission=st.sampled_from([None, "SE2321000016-C1", "SE2321000016-C2", "SE2321000016-E1", "x"]),
    unattended=rarely,
    agreements=agreements,
    directory_answered=mostly(usual=True, other=st.booleans()),
)
orders = st.permutations(deciding.RULES).map(tuple)

many = settings(max_examples=120, deadline=None)


def agreed(case: Case) -> Case:
    """The same case, the person having said yes to what is asked: so that more cases come to a release."""
    decision = decide(case, ASKED_AT)
    return replace(case, agreed=decision.shown) if isinstance(decision, AskConsent) else case


def decided(case: Case, now: int, order) -> object:
    with patch.object(deciding, "RULES", order):
        return decide(case, now)


def test_the_cases_that_are_tried_come_to_every_kind_of_decision():
    met = set()

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(cases)
    def meet(case):
        decision = decide(agreed(case), ASKED_AT)
        met.add((type(decision).__name__, bool(getattr(decision, "attributes", ()))))

    meet()
    assert met >= {
        ("Released", True),
        ("Released", False),
        ("AskCommission", False),
        ("StepUp", False),
        ("Refused", False),
    }


@many
@given(cases, moments, orders)
def test_no_order_of_rules_releases_what_was_not_asked_for_or_not_registered(case, now, order):
    decision = decided(agreed(case), now, order)
    if isinstance(decision, Released):
        asked = {wish.name for wish in case.wanted.requested}
        assert set(decision.attributes) <= asked & case.party.attributes & set(CATALOGUE)
        assert all(decision.attributes.values())


@many
@given(cases, moments, orders)
def test_no_order_of_rules_releases_without_the_level_or_to_the_stopped(case, now, order):
    decision = decided(agreed(case), now, order)
    if isinstance(decision, Released):
        assert case.identity.level in case.party.levels
        assert not case.wanted.levels or not case.wanted.essential_level or case.identity.level in case.wanted.levels
        assert {case.party.state, case.party.member.state} == {State.ACTIVE}
        assert not case.person.blocked
        assert not case.wanted.force or case.identity.authenticated_at >= case.wanted.asked_at


@many
@given(cases, moments, orders)
def test_what_is_released_does_not_depend_on_the_order(case, now, order):
    settled = agreed(case)
    usual, other = decide(settled, now), decided(settled, now, order)
    assert isinstance(usual, Released) == isinstance(other, Released)
    if isinstance(usual, Released) and isinstance(other, Released):
        assert usual.attributes == other.attributes


@many
@given(cases, moments)
def test_the_same_case_is_always_decided_in_the_same_way(case, now):
    assert decide(case, now) == decide(case, now)


@many
@given(cases, moments)
def test_nobody_is_asked_when_nobody_may_be(case, now):
    decision = decide(case, now)
    if case.unattended or case.wanted.passive:
        assert isinstance(decision, Released | Refused)


@many
@given(cases, moments)
def test_a_protected_person_and_a_nonresident_level_hold_in_every_case(case, now):
    decision = decide(agreed(case), now)
    told = getattr(decision, "attributes", {})
    assert not case.person.protected or not any(CATALOGUE[name].contact for name in told)
    assert not loa.nonresident(case.identity.level) or not any(CATALOGUE[name].swedish_number for name in told)
    assert not {"personalIdentityNumber", "coordinationNumber"} <= set(told)
