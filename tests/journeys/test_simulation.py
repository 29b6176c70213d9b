"""A simulation is what a real login would come to, attribute by attribute, whatever the rules, the agreement and the person."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.audit import trace
from broker.login.simulation import Supposed, case_of, result_of, simulate
from tests.support.world import LEVEL2, LEVEL3, MEMBER, NOW, PERSONS, client, federation
from trust_framework.case import AskCommission, AskConsent, RequestedAttribute
from trust_framework.decide import Released, decide
from trust_framework.policies import NO_POLICIES

NAMES = ["givenName", "sn", "displayName", "mail", "dateOfBirth"]
MINE = "https://federation.example/ec/mine"
SCOPE = "openid profile email offline_access"

rules = st.fixed_dictionaries(
    {
        "effect": st.sampled_from(["allow", "allow", "deny"]),
        "to": st.sampled_from([{"all": "true"}, {"services": ["rp"]}, {"services": ["other"]}, {"members": [MEMBER]}]),
        "attributes": st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True),
    },
    optional={
        "needs": st.fixed_dictionaries(
            {},
            optional={"level": st.sampled_from(["2", "3"]), "agreement": st.just("true"), "consent": st.just("true")},
        )
    },
)
agreements = st.fixed_dictionaries(
    {
        "attributes": st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True),
        "from": st.just("2026-01-01"),
        "until": st.sampled_from(["2026-06-30", "2030-12-31"]),
    }
)


categories = st.fixed_dictionaries(
    {
        "uri": st.sampled_from([MINE, "https://federation.example/ec/other"]),
        "attributes": st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True),
    }
)


def document(of_rules, of_agreements, of_categories, attributes, consent):
    policies = [{"id": f"R{n}", **one} for n, one in enumerate(of_rules)]
    for one in policies:
        if one["effect"] == "deny":
            one.pop("needs", None)
    shared = [{"id": f"A{n}", "services": ["rp"], **one} for n, one in enumerate(of_agreements)]
    rp = {**client("rp", scope=SCOPE, attributes=attributes, consent=consent), "entity_categories": [MINE]}
    more = {"policies": policies, "agreements": shared, "entity_categories": of_categories}
    return federation(rp, client("other"), **more)


def person_of(world, name):
    """The register's id of a persona: by a login of another service, whose code nobody redeems."""
    world.code(client_id="other", login_hint=f"test:{name}")
    return world.events("oidc.code-issued")[-1]["person"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(rules, max_size=3),
    st.lists(agreements, max_size=2),
    st.lists(categories, max_size=2),
    st.lists(st.sampled_from(NAMES), min_size=1, unique=True),
    st.sampled_from(["never", "ask"]),
    st.sampled_from(["anna", "bo"]),
    st.sampled_from([LEVEL2, LEVEL3]),
)
def test_a_simulated_login_and_the_real_one_come_to_the_same(
    lasting, of_rules, of_agreements, of_categories, attributes, consent, name, level
):
    world = lasting
    world.reapply(document(of_rules, of_agreements, of_categories, attributes, consent))
    person = person_of(world, name)
    answer = world.browser().get(world.authorize_url(login_hint=f"test:{name};loa={level}", scope=SCOPE))
    assert answer.sent_back.get("code"), answer.text[:300]
    real = world.events("oidc.code-issued")[-1]

    wishes = tuple(RequestedAttribute(n) for n in asked(real))
    told = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in persona(name).items()}
    supposed = Supposed("rp", person, "test", level, requested=wishes, told=told, agrees=True)
    decision = simulate(supposed, world.clock(), world.app.on.services)

    assert isinstance(decision, Released)
    assert set(decision.attributes) == set(real.get("released", ()))
    assert json.loads(json.dumps(trace.rows(decision.trace))) == real["trace"]
    assert result_of(decision) == "released"


def asked(event) -> list[str]:
    """What the request asked for, in its order: the verdicts tell."""
    return [v.attribute for v in trace.verdicts(event["trace"]) if v.attribute and v.rule != "requested"]


def persona(name):
    return next({k: v for k, v in one.items() if k != "id"} for one in PERSONS if one["id"] == name)


@pytest.fixture(scope="module")
def lasting(lasting_worlds):
    return lasting_worlds.make(federation(client("rp"), client("other")))


def test_a_refusal_is_simulated_with_its_cause(worlds):
    world = worlds.make(federation(client("rp", attributes=["mail"], required=["mail"]), client("other")))
    supposed = Supposed("rp", person_of(world, "anna"), "test", LEVEL3)
    decision = simulate(supposed, NOW, world.app.on.services)
    assert result_of(decision) == "attr-missing"


@pytest.mark.parametrize(
    ("changes", "level", "result"),
    [
        ({}, LEVEL3, "released"),
        ({"levels": [LEVEL3]}, LEVEL2, "level-too-low"),
        ({"methods": ["test"]}, LEVEL3, "released"),
        ({"consent": "ask"}, LEVEL3, "consent-required"),
        ({"attributes": ["commissionName"]}, LEVEL3, "choice-required"),
    ],
)
def test_a_simulation_ends_as_a_login_would(worlds, changes, level, result):
    commissions = [
        {
            "hsa_id": f"SE2321000016-C{n}",
            "commissionName": f"Uppdrag {n}",
            "commissionPurpose": "Vård och behandling",
            "healthCareProviderHsaId": "SE2321000016-1000",
            "healthCareProviderName": "Region Exempel",
            "healthcareProviderId": "2321000016",
        }
        for n in (1, 2)
    ]
    staff = [{"person": "anna", "hsa_id": "SE2321000016-E1", "commissions": commissions}]
    world = worlds.make(federation(client("rp", **changes), client("other"), staff=staff))
    supposed = Supposed("rp", person_of(world, "anna"), "test", level)
    on = world.app.on.services
    assert result_of(simulate(supposed, NOW, on)) == result


def test_another_set_of_policies_can_be_supposed(worlds):
    denied = [{"id": "R1", "effect": "deny", "to": {"all": "true"}, "attributes": ["sn"]}]
    world = worlds.make(federation(client("rp"), client("other"), policies=denied))
    supposed, on = Supposed("rp", person_of(world, "anna"), "test", LEVEL3), world.app.on.services
    assert "sn" not in simulate(supposed, NOW, on).attributes
    assert "sn" in simulate(supposed, NOW, on, NO_POLICIES).attributes


def test_the_person_who_agrees_gets_through_and_nothing_is_recorded(worlds):
    world = worlds.make(federation(client("rp", consent="ask"), client("other")))
    on, person = world.app.on.services, person_of(world, "anna")
    before = world.store.commits
    assert isinstance(simulate(Supposed("rp", person, "test", LEVEL3), NOW, on), AskConsent)
    assert isinstance(simulate(Supposed("rp", person, "test", LEVEL3, agrees=True), NOW, on), Released)
    assert world.store.commits == before
    assert not isinstance(decide(case_of(Supposed("rp", "nobody", "test", LEVEL3), NOW, on), NOW), AskCommission)
