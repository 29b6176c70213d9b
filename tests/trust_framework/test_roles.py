"""Roles: what each may do, where, and who may give them."""

import pytest

from trust_framework.roles import (
    FEDERATION,
    IN_FEDERATION,
    IN_MEMBER,
    Action,
    Actor,
    Role,
    RoleGrant,
    active,
    allowed,
    may,
    may_grant,
)

OURS, THEIRS = "5560360793", "2120000142"
NOW = 1_795_600_000


def actor(*roles: tuple[str, Role], person: str = "anna") -> Actor:
    return Actor(person, "Anna", tuple(RoleGrant(person, org, role, "bo", NOW) for org, role in roles))


@pytest.mark.spec("AD", "03")
@pytest.mark.parametrize("action", sorted(set(Action) - {Action.ENTER}))
def test_a_person_without_a_role_may_do_nothing_but_enter(action: Action):
    assert may(actor(), Action.ENTER, OURS)
    assert not may(actor(), action, OURS)
    assert not may(actor(), action, FEDERATION)


@pytest.mark.parametrize("role", sorted(IN_MEMBER))
@pytest.mark.parametrize("action", sorted(set(Action) - {Action.ENTER}))
def test_a_role_in_one_organisation_reaches_no_other_and_not_the_federation(role: Role, action: Action):
    holder = actor((OURS, role))

    assert may(holder, action, OURS) == (action in IN_MEMBER[role])
    assert not may(holder, action, THEIRS)
    assert not may(holder, action, FEDERATION)


@pytest.mark.parametrize("role", sorted(IN_FEDERATION))
@pytest.mark.parametrize("action", sorted(set(Action) - {Action.ENTER}))
def test_a_role_in_the_federation_reaches_every_member(role: Role, action: Action):
    holder = actor((FEDERATION, role))

    assert may(holder, action, FEDERATION) == may(holder, action, OURS) == (action in IN_FEDERATION[role])


def test_a_role_that_has_no_place_where_it_was_given_allows_nothing():
    assert not allowed(Role.OPERATOR, OURS)
    assert not allowed(Role.OWNER, FEDERATION)


def test_an_operator_neither_edits_a_members_service_nor_signs_for_it():
    operator = actor((FEDERATION, Role.OPERATOR))

    assert not any(may(operator, a, OURS) for a in (Action.EDIT, Action.SUBMIT, Action.SIGN, Action.APPROVE_OWN))


def test_a_grant_ends_at_its_time_and_not_before():
    lasting = RoleGrant("anna", OURS, Role.OWNER, "bo", NOW)
    ending = RoleGrant("anna", OURS, Role.READER, "bo", NOW, until=NOW + 10)

    assert active((lasting, ending), NOW + 9) == (lasting, ending)
    assert active((lasting, ending), NOW + 10) == (lasting,)


def test_an_actor_knows_the_own_organisations_and_the_roles_in_each():
    someone = actor((OURS, Role.OWNER), (FEDERATION, Role.READER), (OURS, Role.TECHNICAL), (THEIRS, Role.READER))

    assert someone.orgs == (OURS, THEIRS)
    assert someone.roles(OURS) == {Role.OWNER, Role.TECHNICAL}
    assert someone.roles("none") == frozenset()


@pytest.mark.spec("AD", "03")
@pytest.mark.parametrize(
    ("held", "person", "role", "org", "granted"),
    [
        ((OURS, Role.OWNER), "bo", Role.TECHNICAL, OURS, True),
        ((OURS, Role.OWNER), "bo", Role.OWNER, OURS, True),
        ((OURS, Role.OWNER), "anna", Role.TECHNICAL, OURS, False),
        ((OURS, Role.OWNER), "bo", Role.TECHNICAL, THEIRS, False),
        ((OURS, Role.OWNER), "bo", Role.OPERATOR, OURS, False),
        ((OURS, Role.OWNER), "bo", Role.READER, FEDERATION, False),
        ((OURS, Role.TECHNICAL), "bo", Role.READER, OURS, False),
        ((FEDERATION, Role.OPERATOR), "bo", Role.OPERATOR, FEDERATION, True),
        ((FEDERATION, Role.OPERATOR), "bo", Role.READER, FEDERATION, True),
        ((FEDERATION, Role.OPERATOR), "bo", Role.OWNER, OURS, True),
        ((FEDERATION, Role.OPERATOR), "anna", Role.OWNER, OURS, False),
        ((FEDERATION, Role.OPERATOR), "bo", Role.SECURITY_OFFICER, FEDERATION, False),
        ((FEDERATION, Role.OPERATOR), "bo", Role.OWNER, FEDERATION, False),
        ((FEDERATION, Role.SECURITY_OFFICER), "bo", Role.SECURITY_OFFICER, FEDERATION, False),
        ((FEDERATION, Role.READER), "bo", Role.READER, FEDERATION, False),
    ],
)
def test_a_role_is_given_by_who_may_and_never_to_oneself(held, person, role, org, granted):
    assert may_grant(actor(held), person, role, org) == granted
