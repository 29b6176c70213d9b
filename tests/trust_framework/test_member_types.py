"""What each type of member, kind of entry and class of change needs."""

import pytest

from trust_framework.danger import Danger
from trust_framework.member_types import (
    EITHER,
    TWO_OPERATORS,
    TYPES,
    Document,
    MemberRole,
    MemberType,
    Purpose,
    fits,
    required,
    roles_of,
)

USERS, ISSUER, REGION = MemberType.USER_ORGANISATION, MemberType.E_ID_ISSUER, MemberType.REGIONAL_FEDERATION
CARE, DANGER = Danger.CAREFUL, Danger.DANGEROUS


def test_every_type_has_its_row():
    assert set(TYPES) == set(MemberType)


@pytest.mark.parametrize("type", MemberType)
@pytest.mark.parametrize("kind", ["member", "service", "identity_provider", "agreement", "policy"])
def test_what_is_not_harmless_needs_two_and_a_dangerous_change_two_of_the_federation(type, kind):
    assert required(type, kind, Danger.HARMLESS) == required(type, "other", Danger.HARMLESS)
    assert required(type, kind, Danger.HARMLESS).approvals == ()
    assert len(required(type, kind, CARE).approvals) == 2
    assert required(type, kind, DANGER).approvals == TWO_OPERATORS


@pytest.mark.parametrize(("type", "approvals"), [(USERS, EITHER), (ISSUER, TWO_OPERATORS), (REGION, TWO_OPERATORS)])
def test_members_on_whom_others_lean_approve_nothing_of_their_own(type, approvals):
    assert required(type, "service", CARE).approvals == approvals


@pytest.mark.parametrize(
    ("type", "kind", "danger", "purpose", "documents"),
    [
        (USERS, "service", CARE, Purpose.CHANGE, "agreement"),
        (USERS, "service", DANGER, Purpose.JOIN, "agreement attribute-reasons role test-login"),
        (USERS, "service", DANGER, Purpose.RESUME, "agreement"),
        (USERS, "service", DANGER, Purpose.LEAVE, ""),
        (USERS, "identity_provider", DANGER, Purpose.JOIN, "agreement role trust-declaration"),
        (USERS, "agreement", DANGER, Purpose.JOIN, ""),
        (
            USERS, "member", DANGER, Purpose.JOIN,
            "agreement representation risk-assessment security-contact trust-declaration",
        ),
        (USERS, "member", DANGER, Purpose.ADMIT, "representation risk-assessment security-contact trust-declaration"),
        (USERS, "member", DANGER, Purpose.RESUME, "agreement"),
        (USERS, "member", DANGER, Purpose.CHANGE, "security-contact trust-declaration"),
        (USERS, "member", CARE, Purpose.CHANGE, ""),
        (
            MemberType.SERVICE_PROVIDER, "member", DANGER, Purpose.JOIN,
            "agreement representation risk-assessment security-contact",
        ),
    ],
)  # fmt: skip
def test_the_documents(type, kind, danger, purpose, documents):
    assert sorted(required(type, kind, danger, purpose).documents) == documents.split()


@pytest.mark.spec("facts/threats", "FR-03")
@pytest.mark.parametrize("kind", ["member", "service", "identity_provider", "agreement"])
@pytest.mark.parametrize(
    ("danger", "purpose", "wanted"),
    [
        (DANGER, Purpose.JOIN, True),
        (DANGER, Purpose.CHANGE, True),
        (DANGER, Purpose.RESUME, True),
        (DANGER, Purpose.LEAVE, False),
        (CARE, Purpose.CHANGE, False),
        (Danger.HARMLESS, Purpose.CHANGE, False),
    ],
)
def test_a_dangerous_change_of_whatever_names_hosts_needs_proof_of_them(kind, danger, purpose, wanted):
    with_hosts = required(USERS, kind, danger, purpose, named_hosts=True).documents
    assert (Document.DOMAIN_PROOF in with_hosts) is wanted
    assert with_hosts - {Document.DOMAIN_PROOF} == required(USERS, kind, danger, purpose).documents


def test_a_member_is_what_its_type_may_be_and_it_chose():
    assert roles_of(USERS, [MemberRole.API_OWNER, MemberRole.E_ID_ISSUER]) == {MemberRole.API_OWNER}
    assert roles_of(USERS, []) == TYPES[USERS].roles
    assert roles_of(MemberType.AGENT, [MemberRole.API_OWNER]) == frozenset()


@pytest.mark.parametrize(
    ("kind", "role", "fit"),
    [
        ("service", MemberRole.E_SERVICE_OWNER, True),
        ("service", MemberRole.API_OWNER, True),
        ("service", MemberRole.IDENTITY_PROVIDER, False),
        ("identity_provider", MemberRole.E_ID_ISSUER, True),
        ("identity_provider", MemberRole.E_SERVICE_OWNER, False),
        ("agreement", MemberRole.E_SERVICE_OWNER, True),
    ],
)
def test_an_entry_takes_a_role(kind, role, fit):
    assert fits(kind, frozenset({role})) is fit


def test_documents_have_a_word_each():
    assert len({document.value for document in Document}) == len(Document)
