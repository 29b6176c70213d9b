"""Members in the federation file: what they are, who acts for them, and the people with roles."""

from datetime import date

import pytest

from broker.federation.faults import BadFederation
from broker.federation.reading import loaded
from tests.support import federation as good
from tests.support.trust import ORG
from trust_framework.days import day_after
from trust_framework.members import State
from trust_framework.roles import Role

FULL = {
    "org": ORG,
    "name": {"sv": "Region Exempel"},
    "state": "suspended",
    "reason": "Granskningen är försenad.\nRing oss.",
    "type": "e-id-issuer",
    "roles": ["identity-provider"],
    "contacts": {"security": {"name": "Säkerhet", "mail": "sec@example.se", "confirmed": "2026-11-01"}},
    "trust_declarations": [
        {"level": "http://id.elegnamnden.se/loa/1.0/loa3", "reviewer": "Granskningsnämnden", "expires": "2027-01-31"}
    ],
    "risk_assessment": {"made": "2026-02-01", "by": "Säkerhetsgruppen", "again": "2027-01-31"},
    "agents": [{"org": "5560360793", "until": "2027-01-31"}],
}


@pytest.fixture
def folder(tmp_path):
    return good.folder(tmp_path / "federation")


def faults(folder, **changes):
    with pytest.raises(BadFederation) as told:
        good.read(folder, {**good.content(), **changes})
    return [str(fault).partition(": ")[2] for fault in told.value.faults]


def test_a_member_says_what_it_is_and_its_state_stops_its_services(folder):
    content = {**good.content(), "members": [FULL]}
    document = good.read(folder, content)
    assert document.content["members"] == [FULL]
    member = loaded(document.content, good.settings()).parties["boka"].member
    assert (member.state, member.reassess_by) == (State.SUSPENDED, day_after(date(2027, 1, 31)))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"state": "test"}, "state: test is no state of a member in the register"),
        ({"state": "application"}, "state: application is no state of a member in the register"),
        ({"roles": ["api-owner"]}, "roles: a e-id-issuer is never api-owner"),
        ({"roles": ["king"]}, "Input should be"),
        ({"contacts": {"security": {"name": "x", "mail": "not mail"}}}, "is no mail address"),
        ({"contacts": {"security": {"name": "x", "mail": "a@b.se\u202e"}}}, "is no mail address"),
        ({"contacts": {"security": {"name": "x\x07", "mail": "a@b.se"}}}, "has a control or direction character"),
        ({"reason": "a\u202eb"}, "has a control or direction character"),
        ({"agents": [{"org": "5560360794", "until": "2027-01-31"}]}, "is no organisation number"),
        ({"agents": [{"org": "5560360793", "until": "never"}]}, "is not a day"),
        ({"agents": [{"org": "5560360793", "until": "2027-01-31", "roles": ["owner"]}]}, "Input should be"),
        ({"trust_declarations": [{"level": "urn:x", "reviewer": "x", "expires": "2027-01-31"}]}, "is no level"),
        ({"risk_assessment": {"made": "2026-02-01", "by": "x"}}, "is missing"),
        ({"risk_assessment": {"made": "2026-02-01", "by": "x", "again": "soon"}}, "is not a day"),
        ({"admin": True}, "is not a key that may stand here"),
    ],
)
def test_what_a_member_cannot_say(folder, change, fault):
    (told,) = faults(folder, members=[{**FULL, **change}])
    assert fault in told


@pytest.mark.parametrize("state", ["application", "review", "approved"])
def test_states_of_members_are_none_of_services(folder, state):
    services = good.content()["services"]
    services[0]["state"] = state
    assert f"{state} is no state of a service" in faults(folder, services=services)[0]


def test_a_provider_of_a_member_stops_with_it(folder):
    content = good.content()
    content["identity_providers"][0]["member"] = ORG
    assert loaded(good.read(folder, content).content, good.settings()).providers["region"].state is State.ACTIVE
    content["members"][0]["state"] = "approved"
    assert loaded(good.read(folder, content).content, good.settings()).providers["region"].state is State.SUSPENDED
    content["identity_providers"][0]["member"] = "5560360793"
    assert (
        "no member has the organisation number" in faults(folder, identity_providers=content["identity_providers"])[0]
    )


class TestRoles:
    def test_people_have_roles_in_the_federation_and_in_members(self, folder):
        roles = [{"person": "anna", "role": "operator"}, {"person": "anna", "org": ORG, "role": "owner"}]
        document = good.read(folder, {**good.content(), "roles": roles})
        listed = {each.roles for each in document.listed}
        assert listed == {(("federation", Role.OPERATOR), (ORG, Role.OWNER)), ()}
        assert "roles" not in document.content

    @pytest.mark.parametrize(
        ("role", "fault"),
        [
            ({"person": "nobody", "role": "operator"}, "no person has the id nobody"),
            ({"person": "anna", "role": "owner"}, "role: owner is no role in the federation"),
            ({"person": "anna", "org": ORG, "role": "operator"}, "role: operator is no role of a member"),
            ({"person": "anna", "org": "5560360793", "role": "owner"}, "no member has the organisation number"),
            ({"person": "anna", "role": "king"}, "Input should be"),
        ],
    )
    def test_roles_that_nobody_can_have(self, folder, role, fault):
        assert fault in faults(folder, roles=[role])[0]

    def test_a_role_is_given_once(self, folder):
        role = {"person": "anna", "role": "operator"}
        assert "belongs to another entry already" in faults(folder, roles=[role, role])[0]
